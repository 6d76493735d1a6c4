"""Makes a generator of src/ganvas/generators anew: trained, measured, with its card.

    python -m assets.make_pretrained                       says which there are, and their commands
    python -m assets.make_pretrained digits                trains it with the command of its recipe
    python -m assets.make_pretrained digits --from RUN     takes a finished run of such data

Of the run it keeps the networks that the game generates with, in float16 where that shows in no
picture (`SAME` dB), and measures what is kept. With --from the card has the command of that run, as
its config.json tells it: the game and its options need not be those of the recipe. The seconds are
those that the run counted; --hardware says on what, if it was not this machine.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import math
import os
import platform
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from assets.card import card, deviations, figures, page
from assets.recipes import RECIPES, Recipe
from PIL.Image import Image as Picture
from safetensors.torch import save_file
from torch import Tensor

from ganvas import auto, data
from ganvas.cli import main as command_line
from ganvas.core import Settings, UsageError, registry
from ganvas.core.absent import leave_out, networks
from ganvas.core.chance import Chance
from ganvas.core.checkpoint import WEIGHTS
from ganvas.core.files import write_whole
from ganvas.core.plan import Plan
from ganvas.core.run import CONFIG, Run
from ganvas.metrics.evaluation import evaluate
from ganvas.metrics.sides import Wish
from ganvas.tools.pretrained import CARD, GRID, HOME, INDEX
from ganvas.watch.scenes import scene

PAGE = Path(__file__).parents[1] / "docs" / "pretrained.md"
SAME = 45.0
"""PSNR in dB from which pictures of float16 and of float32 count as the same."""
ROWS = 64
"""Held-out rows of which pictures are made for the grid, where a game makes them of pictures."""


def main() -> None:
    """Makes what was asked for, or says what there is to make."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("name", nargs="?", choices=[*RECIPES], help="which; lists them if none")
    parser.add_argument("--from", dest="run", type=Path, help="a finished run to take")
    parser.add_argument("--hardware", default=here(), help=f"what it was trained on ({here()})")
    given = parser.parse_args()
    if given.name is None:
        for name, recipe in RECIPES.items():
            print(f"{name:<14}{recipe.command}")
        return
    recipe = RECIPES[given.name]
    run = Run(given.run) if given.run else trained(given.name, recipe)
    make(given.name, recipe, run, given.hardware)


def here() -> str:
    """This machine, as cards put it."""
    n = torch.get_num_threads()
    return f"{n} thread{'s' * (n > 1)} of a CPU ({platform.machine()})"


def trained(name: str, recipe: Recipe) -> Run:
    """A run by the recipe's command, in runs/make-NAME.

    Raises:
        SystemExit: if it failed.
    """
    folder = Path("runs") / f"make-{name}"
    if code := command_line([*shlex.split(recipe.command)[1:], "--out", str(folder)]):
        raise SystemExit(code)
    return Run(folder)


def make(name: str, recipe: Recipe, run: Run, hardware: str) -> None:
    """Writes a generator's folder, which takes the place of the one before, and its line.

    Raises:
        SystemExit: if the run learned from other data than the recipe's.
    """
    if not run.plan.rounds and not run.plan.minutes:  # it may have gone on for longer than asked
        length = {**run.plan.config, "images": run.clock.images}
        run.plan = dataclasses.replace(run.plan, config=length)
    command = command_of(run.plan)
    if data_of(command) != data_of(recipe.command):
        raise SystemExit(f"{run.folder} is of another recipe: {command}; not {recipe.command}")
    draft = HOME / f".{name}.draft"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        same = keep(name, run, draft)
        kept = Run(draft)
        found = evaluate(kept, Wish(features=recipe.features))
        more = recipe.more(kept) if recipe.more else {}
        drawn(kept).save(draft / GRID, optimize=True)
        facts = facts_of(kept, command, hardware, same)
        of_game = sys.modules[type(kept.game).__module__].__doc__ or ""
        about = {
            "data": recipe.about,
            "figures": figures(found, more, recipe.features),
            "limits": recipe.limits,
            "deviations": deviations(of_game, run.plan.game),
        }
        text = card(name, makes=recipe.makes, uses=uses(name, kept), facts=facts, **about)
        (draft / CARD).write_text(text, "utf-8")
        shutil.rmtree(HOME / name, ignore_errors=True)
        os.replace(draft, HOME / name)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    enter(name, recipe, run.plan.game, {**found.figures, **more}[recipe.figure])


# -- the run ---------------------------------------------------------------------------------------


def command_of(plan: Plan) -> str:
    """What one types to train the same."""
    preset = registry.preset_of(registry.find(plan.game), plan.preset)
    usual = registry.config_of(registry.find(plan.game)).build(**preset.config).to_json()
    usual = json.loads(json.dumps(usual))
    about = {"data": plan.data["source"]}
    about |= {key: plan.data[key] for key in ("partner", "to") if key in plan.data}
    about |= {"size": plan.data["size"]} if plan.data.get("size") else {}
    about |= {"preset": plan.preset} if plan.preset != "default" else {}
    about |= {"seed": plan.seed} if plan.seed else {}
    about |= {"steps": plan.rounds} if plan.rounds else {}
    about |= {"minutes": plan.minutes} if plan.minutes else {}
    about |= {name: value for name, value in plan.config.items() if value != usual.get(name)}
    compute = Settings().to_json()
    about |= {k: v for k, v in plan.settings.items() if v != compute[k] and k != "device"}
    return shlex.join(["ganvas", "train", plan.game, *auto.words(about)])


def data_of(command: str) -> dict[str, str]:
    """What of a command says what is learned from."""
    words = shlex.split(command)
    return {o: words[words.index(o) + 1] for o in ("--data", "--partner", "--size") if o in words}


def real_rows(plan: Plan) -> dict[str, Tensor]:
    """Some held-out rows, drawn as `ganvas sample` draws them: by field."""
    rows: dict[str, Tensor] = {}
    for table in data.held_out(plan.data).tables:
        order = torch.randperm(len(table), generator=Chance("real", 0).generator())
        rows |= table.fetch(order[:ROWS])
    return rows


def drawn(run: Run) -> Picture:
    """A grid of what a run makes, with seed 0."""
    rows = real_rows(run.plan)
    draw = scene(run.game, rows)
    assert draw is not None
    picture = draw(run.game)
    assert isinstance(picture, Picture)
    return picture


def samples(run: Run) -> Tensor:
    """What it makes, of held-out rows where it makes it of pictures."""
    rows = real_rows(run.plan)
    given = {name: rows[name] for name, space in run.game.inputs.items() if not space.prior}
    return run.sample(min([ROWS, *map(len, given.values())]), **given)


# -- what is kept of it ----------------------------------------------------------------------------


def keep(name: str, run: Run, folder: Path) -> tuple[torch.dtype, float]:
    """Writes config.json and weights.safetensors, with what generates.

    Returns:
        The type of the weights, and how near that keeps the pictures to the run's: PSNR in dB.
    """
    absent = [network for network in networks(run.game) if not plays(run, network)]
    origin = {"pretrained": name, "absent": absent}
    plan = dataclasses.replace(run.plan, origin=origin)
    config = json.dumps(vars(plan), indent=2, ensure_ascii=False)
    (folder / CONFIG).write_text(config + "\n", "utf-8")
    about = {key: getattr(plan, key) for key in ("game", "config", "spaces")}
    says = json.dumps({**about, "clock": run.clock.to_json()}, sort_keys=True)
    true = samples(run)
    for dtype in (torch.float16, torch.float32):
        state = {
            key: (x.to(dtype) if x.is_floating_point() else x).contiguous()
            for key, x in run.game.state_dict().items()
            if not key.startswith(tuple(f"{network}." for network in absent))
        }
        save_file(state, folder / WEIGHTS, metadata={"ganvas": says})
        (folder / WEIGHTS).chmod(0o644)
        error = (samples(Run(folder)) - true).double().pow(2).mean()
        near = math.inf if error == 0 else float(10 * torch.log10(4 / error))
        if near > SAME:
            break
    return dtype, near


def plays(run: Run, network: str) -> bool:
    """Whether a network is needed for what the game makes, either way."""
    game = Run(run.folder).game
    leave_out(game, [network], "it")
    rows = real_rows(run.plan)
    try:
        game.sample(2, **{k: rows[k][:2] for k, space in game.inputs.items() if not space.prior})
        for way in [way for way in game.directions().values() if not way.also]:
            with torch.no_grad():
                way.make(rows[way.field][:2])
    except (UsageError, AttributeError, AssertionError):
        return True
    return False


# -- what is said of it ----------------------------------------------------------------------------


def uses(name: str, run: Run) -> list[str]:
    """Commands to begin with."""
    if run.game.directions():
        return [
            f"ganvas translate pretrained:{name} INPUT OUTPUT",
            f"ganvas sample pretrained:{name} -n 16 -o {name}.png",
        ]
    return [f"ganvas sample pretrained:{name} -n 64 -o {name}.png"]


def facts_of(
    run: Run, command: str, hardware: str, same: tuple[torch.dtype, float]
) -> dict[str, str]:
    """What stands in the table of the card."""
    paper = run.game.paper
    players = [player for name, player in run.game.players.items()]
    n = sum(x.numel() for player in players for x in player.best.parameters())
    average = any(player.average is not None and player.ema for player in players)
    dtype, near = same
    clock, versions = run.clock, run.plan.versions
    size = (run.folder / WEIGHTS).stat().st_size / 1e6
    kind = str(dtype).removeprefix("torch.")
    return {
        "game": f"`{run.plan.game}`: {paper.authors} {paper.year}, [{paper.title}]({paper.url})",
        "takes": "; ".join(f"{name}: {space}" for name, space in run.game.inputs.items()),
        "makes": str(run.game.output),
        "weights": f"{n:,} parameters"
        + (", the moving average" if average else "")
        + f"; {kind}, {size:.1f} MB"
        + (
            f" (pictures within {near:.0f} dB of those of float32)"
            if dtype != torch.float32
            else ""
        ),
        "trained by": f"`{command}`",
        "saw": f"{clock.images:,} images in {clock.round:,} rounds, {clock.seconds:,.0f} s",
        "on": f"{hardware}; Python {versions['python']}, torch {versions['torch']}",
        "absent": ", ".join(f"`{network}`" for network in run.plan.absent) or "nothing",
    }


def enter(name: str, recipe: Recipe, game: str, figure: Mapping[str, Any]) -> None:
    """Puts a generator into the index, with the SHA-256 of its files, and into the page."""
    told = {"title": figure["title"], "value": round(figure["value"], 4)}
    file = HOME / INDEX
    index = json.loads(file.read_text("utf-8")) if file.exists() else {}
    index[name] = {
        "game": game,
        "makes": recipe.makes,
        "licence": recipe.licence,
        "figure": {**told, "better": figure["better"]},
        "files": {path.name: digest(path) for path in sorted((HOME / name).iterdir())},
    }
    index = {key: index[key] for key in sorted(index)}
    write_whole(file, json.dumps(index, indent=1, ensure_ascii=False) + "\n")
    write_whole(PAGE, page(PAGE.read_text("utf-8"), index))


def digest(path: Path) -> dict[str, Any]:
    """What the index says of a file."""
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


if __name__ == "__main__":
    main()

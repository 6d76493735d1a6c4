"""`ganvas train GAME` and `ganvas train --resume RUN`."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ganvas import api, auto
from ganvas import data as sources
from ganvas.cli.drawings import example
from ganvas.cli.hints import shown
from ganvas.cli.options import (
    JSON,
    Option,
    flags_of,
    options_of,
    parse,
    refuse,
    size_of,
    take,
    value_of,
)
from ganvas.cli.pages import HELP, PAGES
from ganvas.cli.printing import is_first, table
from ganvas.core import GameError, Settings, UsageError, parallel, registry
from ganvas.core.config import Options
from ganvas.core.config import groups as config_groups
from ganvas.core.run import Run
from ganvas.machine import Machine
from ganvas.tricks.options import DuelConfig
from ganvas.watch import OnCollapse, files, log
from ganvas.watch.evidence import Evidence
from ganvas.watch.verdicts import Finding, judge

RESUME = "--resume"
DATA = "A built-in source (ganvas data list) or a folder of images."
FEW = ("labels_per_class", "label_draw")
"""Options of games that learn from few labels."""
BETWEEN = ("partner", "to")
"""Options of games from one side to another."""
IMAGES = "... or after so many real images, repeats counted ..."


@dataclass(frozen=True)
class Start(Options):
    """What a new run may be given beside the game's own options."""

    data: str | None = None
    size: int | tuple[int, ...] | None = None
    """Of the images: 32 for squares, 24x32 for height x width; the preset's unless given."""
    channels: int | None = None
    """1 grey, 3 RGB, 4 RGBA; what the data has unless given."""
    fit: Literal["crop", "pad", "stretch"] = "crop"
    """How images of another shape become that size."""
    labels_per_class: int | None = None
    """So many rows of each class come with their label, all others without (default: 10)."""
    label_draw: int | None = None
    """Decides which rows keep their label (default: 0)."""
    partner: str | None = None
    """Makes the input of single pictures: grey, edges, smaller:4, holed ... (ganvas data list)."""
    to: Literal["A", "B"] = "B"
    """Which of two sides is to be made."""
    out: str | None = None
    """The run's folder; a new one below runs/ unless given."""
    preset: str = "default"
    """Which size: default, or paper for the paper's own."""
    seed: int = 0
    """Decides everything that is drawn."""


@dataclass(frozen=True)
class GoOn(Options):
    """What `--resume` allows beside a new length."""

    resume: str = ""
    """The run's folder."""
    from_: int | None = None
    """Go back to the checkpoint of this round first."""


@dataclass(frozen=True)
class Length(Options):
    """How long a run is, and how much is said of it."""

    steps: int | None = None
    """End after so many rounds ..."""
    images: int | None = None
    minutes: float | None = None
    """... or after so many minutes."""
    save_every: float = 30.0
    """Seconds between checkpoints."""
    evaluate_every: int | None = None
    """Rounds between measurements (ganvas evaluate); RUN/best keeps the best state."""
    metrics: tuple[str, ...] | None = None
    """The figures measured then, the deciding one first; all usual ones that fit unless given."""
    on_collapse: OnCollapse = "warn"
    """What to do once mode collapse is likely: say so, end the run, or go back to before it."""
    quiet: bool = False
    """No progress bar."""
    json: bool = False
    """Print the result as one JSON object."""


def main(words: Sequence[str]) -> None:
    """Trains, and says where the results are and what to type next.

    Raises:
        UsageError: for wrong options.
        GanvasError: if the training failed.
    """
    name, rest = _game_in(words)
    resumes = any(word.split("=")[0] == RESUME for word in rest)
    if set(rest) & set(HELP) and (name in (None, auto.AUTO) or resumes):
        print(PAGES["train"], end="")
        return
    if resumes:
        run = _go_on(name, rest)
    elif name is None:
        raise UsageError(f"train which game? there are: {', '.join(registry.names())}; or auto")
    else:
        run = _begin(name, rest)
    parallel.leave()
    if is_first():
        print(json.dumps(result(run), ensure_ascii=False) if JSON in rest else told(run))


def _game_in(words: Sequence[str]) -> tuple[str | None, list[str]]:
    """The game among the words, and the other words."""
    general = [o for options in (Start, GoOn, Length, Settings) for o in options_of(options())]
    name, rest = take(words, [*flags_of(general), *HELP])
    if name is not None:
        return name, rest
    # It may stand behind a flag of its own, which one cannot know before one knows the game.
    valued = {option.word for option in general} - set(flags_of(general))
    name, rest = take(words, [word for word in words if word not in valued])
    return (name, rest) if name in (*registry.names(), auto.AUTO) else (None, list(words))


def _begin(name: str, words: Sequence[str]) -> Run:
    """A new run."""
    if any(word.split("=")[0] == "--from" for word in words):
        raise UsageError("--from goes with --resume: ganvas train --resume RUN --from ROUND")
    facts = None
    if name == auto.AUTO:
        if not (source := value_of("--data", words, "")):
            raise UsageError(auto.NO_DATA)
        facts = sources.facts_of(source)
        name = auto.game_for(facts)[0]
    groups = options(name, value_of("--preset", words, "default"))
    paper = registry.find(name).paper
    about = f"Trains {name}: {paper.title} ({paper.year})"
    values = parse(f"train {name}", about, groups, words, elsewhere=_for_others(name))
    compute = {option.name: values.pop(option.name) for option in groups["computing"]}
    del values["json"]
    settings = Settings.build(**compute)
    if facts is not None:
        given = {option: values[option] for option in values if _typed(option, words)}
        choice = auto.choose(facts, Machine.here(settings), given)
        values |= choice.values
        if not values["quiet"]:
            auto.tell(choice, words)
    return api.train(name, settings=settings, **values)


def _typed(option: str, words: Sequence[str]) -> bool:
    """Whether an option is among the words."""
    there = {word.split("=")[0].replace("_", "-") for word in words}
    return f"--{option.replace('_', '-')}" in there


def options(name: str, preset: str) -> dict[str, list[Option]]:
    """All options of `ganvas train` for a game, by group, with the preset's values as defaults.

    Raises:
        UsageError: for an unknown game or preset.
        GameError: if the game's config takes the name of another option.
    """
    game = registry.find(name)
    chosen = registry.preset_of(game, preset)
    config = registry.config_of(game).build(**chosen.config)
    start = options_of(
        Start(preset=preset),
        but=[
            *(() if "few" in registry.needs(game) else FEW),
            *(() if "y" in registry.needs(game) else BETWEEN),
        ],
        data={"value": "SOURCE|FOLDER", "help": f"{DATA} (default: {chosen.data})"},
        size={"read": size_of, "value": "N|HxW"},
        out={"value": "RUN"},
    )
    length = options_of(Length(), images={"help": f"{IMAGES} (default: {config.images})"})
    groups = {
        "run": [*start, *length],
        "computing": options_of(Settings()),
    }
    kinds = config_groups(type(config))
    for group in dict.fromkeys(["game", *kinds.values()]):
        others = [name for name, of in kinds.items() if of != group]
        groups[group] = options_of(config, but=["images", *others])
    names = [option.name for group in groups.values() for option in group]
    if twice := {name for name in names if names.count(name) > 1}:
        raise GameError(f"the config of {name} takes the name of another option: {min(twice)}")
    return groups


def _for_others(name: str) -> dict[str, str]:
    """Why options of other games do not fit this one, by option."""
    why = f"it is a trick for rounds of two sides, and {name} plays a round of its own"
    tricks = {option.word: why for option in options_of(DuelConfig()) if option.name != "batch"}
    few = f"{name} does not learn from few labels among many pictures, as sgan does"
    between = f"{name} does not learn from one side to another, as pix2pix does"
    of_others = {**dict.fromkeys(FEW, few), **dict.fromkeys(BETWEEN, between)}
    return {**tricks, **{f"--{field.replace('_', '-')}": why for field, why in of_others.items()}}


def _go_on(name: str | None, words: Sequence[str]) -> Run:
    """A run that is there already, from where it stands."""
    folder = value_of(RESUME, words, "")
    if not folder or folder.startswith("-"):
        raise UsageError("--resume needs the folder of a run: ganvas train --resume RUN")
    run = Run(folder)
    if name not in (None, run.plan.game):
        raise UsageError(f"{run.folder} is a run of {run.plan.game}, not of {name}")
    allowed = [*options_of(GoOn()), *options_of(Length())]
    known = {option.word for option in allowed}
    for word in (word.split("=")[0].replace("_", "-") for word in words if word.startswith("--")):
        if word in known:
            continue
        groups = options(run.plan.game, run.plan.preset)
        if word in {option.word for group in groups.values() for option in group}:
            raise UsageError(
                f"{word} contradicts --resume: a run goes on with the game, the data and the "
                f"options that it began with; only {', '.join(sorted(known - {RESUME}))} may be new"
            )
        refuse([word], known, "train --resume")
    values = parse("train --resume RUN", "Goes on with a run.", {"run": allowed}, words)
    del values["json"]
    return api.resume(values.pop("resume"), at=values.pop("from_"), **values)


def result(run: Run) -> dict[str, Any]:
    """What became of a run, as plain values."""
    lines = [line for line in log.read(run.folder) if "trouble" not in line]
    when = ("round", "images", "seconds", "stage")
    return {
        "run": str(run.folder),
        "game": run.plan.game,
        "rounds": run.clock.round,
        "images": run.clock.images,
        "seconds": round(run.clock.seconds, 3),
        "ended": run.ended,
        "findings": [found.to_json() for found in findings(run)],
        "figures": {k: v for k, v in (lines or [{}])[-1].items() if k not in when},
        **{word: str(path) for word, path in products(run).items()},
    }


def findings(run: Run) -> list[Finding]:
    """What the referee found wrong with a run."""
    return judge(Evidence.of(run.folder))


def products(run: Run) -> dict[str, Path]:
    """What there is to look at: the last picture and the report."""
    there = {"report": run.folder / "report.html"}
    if frames := files.frames(run.folder):
        there = {"picture": frames[-1], **there}
    return {word: path for word, path in there.items() if path.exists()}


def told(run: Run) -> str:
    """What became of a run, where the results are, and what to type next."""
    clock, folder = run.clock, shlex.quote(str(run.folder))
    rows = [("run", str(run.folder)), *((w, str(path)) for w, path in products(run).items())]
    if found := findings(run):
        rows += [("referee", f"{found[0].title} ({found[0].word}): ganvas doctor {folder}")]
    sample = f"ganvas sample {folder} -n 64 -o {example(run.game.output)}"
    if run.ended == "done":
        how = f"done after round {clock.round:,}"
        rows += [("next", sample), ("", f"ganvas train --resume {folder} {longer(run)}")]
    else:
        how = f"{run.ended} after round {clock.round:,}; everything is saved"
        rows += [("go on", f"ganvas train --resume {folder}"), ("next", sample)]
    seen = f"{clock.images:,} images, {clock.seconds:.0f} s"
    return f"{run.plan.game}: {how} ({seen})\n{table(rows, whole=True)}"


def longer(run: Run) -> str:
    """The option that makes a run that is done twice as long."""
    clock = run.clock
    if clock.goal_seconds is not None:
        return f"--minutes {shown(2 * clock.goal_seconds / 60)}"
    if clock.goal_rounds is not None:
        return f"--steps {2 * clock.goal_rounds}"
    return f"--images {2 * clock.goal_images}"

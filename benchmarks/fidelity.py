"""Which game draws emoji best in twenty minutes of a core, and is it well all the while?

    python -m benchmarks.fidelity                   every game, seed 0
    python -m benchmarks.fidelity r3gan dcgan       some of them
    python -m benchmarks.fidelity --table           what was measured, the best first

Each trains with its default on emoji of 32x32 pixels (RGB on white), with their nine groups as
labels where its default takes any, for `MINUTES` of a thread. `frechet`, `precision` and `recall`
compare 2,000 samples with the emoji that were held back (one in six kins), in the features of a
network with random weights. `groups` is the Fréchet distance in the features of a classifier that
learned the groups: it knows what a picture is of, and hardly sees noise or blur (`spoilt`).
`findings` are what the referee says of the run at its end.

Prints a line for each run, keeps it in results/GAME.json, and draws docs/images/fidelity/GAME.png.
OMP_NUM_THREADS=1 makes two at a time fair.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from benchmarks import kept
from torch import Tensor

from ganvas.core import registry
from ganvas.core.run import Run
from ganvas.data import held_out, load
from ganvas.metrics.evaluation import evaluate_game
from ganvas.metrics.sides import Wish
from ganvas.watch.pictures import grid
from ganvas.watch.second_look import evidence_of
from ganvas.watch.verdicts import judge

PART, MINUTES, SIZE = "fidelity", 20, 32
GAMES = [
    *("r3gan", "stylegan2", "stylegan", "biggan", "biggan_deep", "sagan", "sngan"),
    *("dcgan", "wgan_gp", "progan"),
]
"""Those of high fidelity, and three before them."""
PICTURES, SHOWN = Path(__file__).parent.parent / "docs" / "images" / "fidelity", 6
"""Where samples of seed 0 are shown, not chosen: so many rows of so many."""
FIGURES = {"frechet": ".3f", "precision": ".3f", "recall": ".3f", "groups": ".2f", "images": ",.0f"}


def measured(name: str, seed: int, folder: Path) -> kept.Row:
    """One run, its figures, and what the referee says of it."""
    asked = {"data": "emoji", "size": SIZE, "channels": 3, "minutes": MINUTES}
    run = kept.trained(folder, name, seed=seed, **asked)
    if seed == 0:
        picture(run.sample(SHOWN**2), name)
        table = held_out(run.plan.data).tables[0]
        some = torch.randperm(len(table), generator=torch.Generator().manual_seed(0))[: SHOWN**2]
        picture(table.fetch(some)["x"], "real")
    return {
        "seed": seed,
        "seconds": round(run.clock.seconds, 1),
        "rounds": run.clock.round,
        "images": run.clock.images,
        **figures_of(run),
        "findings": ", ".join(found.trouble for found in judge(evidence_of(run)[0])),
    }


def picture(x: Tensor, name: str) -> None:
    """A square of `SHOWN`² emoji, for the page."""
    PICTURES.mkdir(exist_ok=True)
    grid(x, SHOWN).save(PICTURES / f"{name}.png", optimize=True)


def figures_of(run: Run) -> dict[str, float]:
    """How near a run's samples are to the emoji that were held back."""
    real = load("emoji", size=SIZE, channels=3, split="train").to_json()
    wish = Wish(metrics=["fid", "precision", "recall"], features="random")
    seen = evaluate_game(run.game, real, wish).figures
    named = evaluate_game(run.game, real, Wish(metrics=["fid"], features="classifier")).figures
    found = {"frechet": seen["fid"], "precision": seen["precision"], "recall": seen["recall"]}
    found["groups"] = named["fid"]
    return {name: round(about["value"], 4) for name, about in found.items()}


def table() -> Iterator[str]:
    """All games, the best first."""
    yield f"{PART:<14}" + "".join(f"{name:>12}" for name in FIGURES) + "   the referee"
    there = kept.those_with(PART, registry.names())
    for name in sorted(there, key=lambda game: kept.read(game)[PART]["rows"][0]["frechet"]):
        cells = [kept.cell(name, PART, figure, form) for figure, form in FIGURES.items()]
        said = {row["findings"] for row in kept.rows(name, PART)} - {""}
        told = "; ".join(sorted(said)) or "silent"
        yield f"{name:<14}" + "".join(f"{cell:>12}" for cell in cells) + f"   {told}"


if __name__ == "__main__":
    what = __doc__.splitlines()[0]
    kept.measure("python -m benchmarks.fidelity", what, PART, GAMES, measured, table)

"""Does a printed character follow from a written one? Retrieval among held-out characters.

    python -m benchmarks.glyphs                   seeds 0, 1, 2
    python -m benchmarks.glyphs pix2pix           some of them
    python -m benchmarks.glyphs --table           what was measured

Each game learns from Kai (x) to Ming (y): pix2pix from pairs, the others from two sets that have no
character in common. Then 500 characters that nobody has seen in either typeface are translated, and
each translation seeks its own among the 500 real ones in Ming: the nearest in pixels (L2), by the
angle between pixels less each picture's mean (cosine), and in the features of a small network with
random weights, always the same (`ganvas.metrics.features.Random`, L2). The share that is found is
given, and that which the written characters themselves find, translated by nobody. `back` is the
other direction, for games that have one, by L2 in pixels. Prints a line for each run and keeps it
in results/GAME.json; a grid of written, made and true characters lies in the run's folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from benchmarks import kept
from torch import Tensor

import ganvas
from ganvas import data
from ganvas.core import Image
from ganvas.metrics.features import Random
from ganvas.watch.pictures import grid

PART, AMONG, SIZE, SHOWN = "glyphs", 500, 32, 24
GAMES: dict[str, dict[str, Any]] = {
    "pix2pix": {"batch": 16, "images": 96_000, "width": 24, "norm": "batch", "noise": 0.0},
    "cyclegan": {"batch": 4, "images": 32_000, "blocks": 4, "lr": "4e-4@0 4e-4@0.5 0@1"},
    "discogan": {"images": 192_000, "lr": "5e-4@0 5e-4@0.5 0@1"},
}
"""What differs from each game's default."""


def held_out() -> dict[str, Tensor]:
    """The characters to be translated (x) and to be found (y), row by row."""
    table = data.load("glyphs", size=SIZE, split="test", fields=("x", "y"), paired=True).tables[0]
    return table.fetch(torch.arange(AMONG))


def found(made: Tensor, true: Tensor, seen: Callable[[Tensor], Tensor]) -> float:
    """The share of pictures (n, ...) whose nearest of the true ones has their number."""
    nearest = torch.cdist(seen(made), seen(true)).argmin(1)
    return float((nearest == torch.arange(len(made))).double().mean())


def pixels(x: Tensor) -> Tensor:
    return x.flatten(1)


def centred(x: Tensor) -> Tensor:
    """Of length 1: their L2 distances are ordered as their angles are."""
    return torch.nn.functional.normalize(pixels(x) - pixels(x).mean(1, keepdim=True))


def measured(name: str, seed: int, folder: Path) -> kept.Row:
    """One run, and how many characters its translations find."""
    config = GAMES[name]
    run = ganvas.train(name, data="glyphs", size=SIZE, seed=seed, out=folder, quiet=True, **config)
    x, y = held_out().values()
    made = run.sample(AMONG, x=x)
    grid(torch.stack([x, made, y], 1)[:SHOWN].flatten(0, 1), 12, group=3).save(
        folder / "held-out.png"
    )
    spaces = {"pixels": pixels, "cosine": centred, "features": Random(Image(*x.shape[1:]))}
    figures = {f"found by {space}": found(made, y, seen) for space, seen in spaces.items()}
    figures |= {f"written, by {space}": found(x, y, seen) for space, seen in spaces.items()}
    if "x" in run.game.directions():
        with torch.no_grad(), run.game.showing():
            figures["back, by pixels"] = found(run.game.back(y), x, pixels)
    return {
        "seed": seed,
        "rounds": run.clock.round,
        "seconds": round(run.clock.seconds, 1),
        **{figure: round(value, 4) for figure, value in figures.items()},
        "L1 to the truth / range": round(float((made - y).abs().mean()) / 2, 4),
    }


def table() -> Iterator[str]:
    """Mean and standard deviation of all that were measured."""
    for game in kept.those_with(PART, GAMES):
        name = game
        for figure in kept.figures(game, PART):
            yield f"{name:<12}{figure:<26}{kept.cell(game, PART, figure, '.4g')}"
            name = ""


if __name__ == "__main__":
    what = __doc__.splitlines()[0]
    kept.measure("python -m benchmarks.glyphs", what, PART, [*GAMES], measured, table)

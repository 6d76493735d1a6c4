"""What do the games that restore bring back? Photographs, enlarged, sharpened, and with holes.

    python -m benchmarks.restore                   every game with its default, seeds 0, 1, 2
    python -m benchmarks.restore srresnet srgan    some of them
    python -m benchmarks.restore --table           what was measured

Each learns from patches of `photos` of 64 pixels with the partner of its preset, and restores those
of the stripes that were held back. `PSNR` is the mean over pictures; `gain` is by how much it is
above that of the input: of smaller pictures, the better of the two bicubic enlargements (Keys's
with a = -1/2, and torch's with -3/4); of holes, the mean colour around them. `gain on known` is the
same on as many of the pictures that were learned from. `distance` is how unlike results are to the
truth for somebody who looks at what things are made of (`onlooker.py`, in the manner of LPIPS); `of
the input` is beside it. `detail` is the mean slope of the results in parts of the truth's: below 1
where they are blurred.

Prints a line for each run and keeps it in results/GAME.json.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from benchmarks import kept, onlooker
from torch import Tensor
from torch.nn.functional import interpolate

from ganvas import data
from ganvas.core import registry
from ganvas.data.source import Split
from ganvas.metrics import psnr
from ganvas.nets.superres import enlarged
from ganvas.watch.pictures import grid

PART, GAMES = "restore", ("srcnn", "srresnet", "srgan", "deblurgan", "context")
SIZE, SHOWN = 64, 24
VARIANTS: dict[str, dict[str, Any]] = {
    "deblurgan:longer": {"images": 96_000},
    "deblurgan:stronger": {"partner": "blurred:31"},
}
"""Does more of the same help? And what if the camera moved twice as far?"""


def measured(name: str, seed: int, folder: Path) -> kept.Row:
    """One run, held against the truth; a grid of input, result and truth in its folder."""
    more, name = VARIANTS.get(name, {}), name.partition(":")[0]
    partner = more.get("partner", registry.find(name).presets["default"].partner)
    run = kept.trained(folder, name, data="photos", seed=seed, **more)
    x, y = pairs(partner, "test")
    made, _ = run.game.sample(len(x), seed=seed, x=x)
    before = as_large(x, y)
    _show(folder / "grid.png", x, made, y)
    known_x, known_y = pairs(partner, "train", len(x))
    known, _ = run.game.sample(len(known_x), seed=seed, x=known_x)
    figures = {
        "PSNR": psnr(made, y).mean(),
        "gain": (psnr(made, y) - psnr(before, y)).mean(),
        "gain on known": (psnr(known, known_y) - psnr(as_large(known_x, known_y), known_y)).mean(),
        "distance": onlooker.distances(made, y).mean(),
        "of the input": onlooker.distances(before, y).mean(),
        "detail": slope(made) / slope(y),
        "seconds": run.clock.seconds,
    }
    return {"seed": seed, **{name: round(float(value), 4) for name, value in figures.items()}}


def pairs(partner: str, split: Split, n: int | None = None) -> tuple[Tensor, Tensor]:
    """What a game is given of `photos`, and what it is to restore: `n` of them, far apart."""
    table = data.load(
        "photos", size=SIZE, fields=("x", "y"), paired=True, partner=partner, split=split
    ).tables[0]
    rows = table.fetch(torch.linspace(0, len(table) - 1, n or len(table)).long())
    return rows["x"], rows["y"]


def as_large(x: Tensor, y: Tensor) -> Tensor:
    """The input as a result: as it is; holes in the mean colour around them; or bicubic."""
    if x.shape == y.shape:
        return x
    if x.shape[1] > y.shape[1]:
        colours, known = x[:, :-1], (x[:, -1:] + 1) / 2
        mean = (known * colours).sum((2, 3), keepdim=True) / known.sum((2, 3), keepdim=True)
        return known * colours + (1 - known) * mean
    both = (enlarged(x, y.shape[2] // x.shape[2]), interpolate(x, y.shape[2:], mode="bicubic"))
    return max((way.clamp(-1, 1) for way in both), key=lambda way: float(psnr(way, y).mean()))


def slope(y: Tensor) -> Tensor:
    """The mean difference between neighbouring pixels."""
    return y.diff(dim=2).abs().mean() + y.diff(dim=3).abs().mean()


def _show(file: Path, x: Tensor, made: Tensor, y: Tensor) -> None:
    rows = torch.linspace(0, len(x) - 1, SHOWN).long()
    near = interpolate(x[rows, : y.shape[1]], y.shape[2:])
    tiles = torch.stack([near, made[rows], y[rows]], 1).flatten(0, 1)
    grid(tiles, 9, group=3, header=["input", "output", "truth"] * 3).save(file)


def table() -> Iterator[str]:
    """Mean and standard deviation of all that were measured."""
    figures = {
        "PSNR": ".2f",
        "gain": ".2f",
        "gain on known": ".2f",
        "distance": ".3f",
        "of the input": ".3f",
        "detail": ".2f",
        "seconds": ".0f",
    }
    yield f"{PART:<18}" + "".join(f"{figure:>15}" for figure in figures)
    for name in (*GAMES, *VARIANTS):
        game, _, where = name.partition(":")
        part = f"{PART} of {where}" if where else PART
        if part in kept.read(game):
            cells = [kept.cell(game, part, figure, form) for figure, form in figures.items()]
            yield f"{name:<18}" + "".join(f"{cell:>15}" for cell in cells)


if __name__ == "__main__":
    what = __doc__.splitlines()[0]
    kept.measure("python -m benchmarks.restore", what, PART, (*GAMES, *VARIANTS), measured, table)

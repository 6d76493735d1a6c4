"""How well are holes filled by a generator that has never seen one?

    python -m benchmarks.repair                   the digits, seeds 0, 1, 2
    python -m benchmarks.repair --seeds 0         some of it
    python -m benchmarks.repair --table           what was measured

A hundred digits that were held back (a seed decides which) lose the middle half of their pixels,
the middle quarter, or 80 % of them here and there, and are filled by `pretrained:digits`, the
generator that comes with ganvas, with the defaults of `ganvas edit RUN inpaint`, but without a
clock. Of what is filled in the middle the mean square error is told (pixels go from -1 to 1),
beside that of filling with the mean value of the training digits and with their mean picture;
`part` is the first as a part of the second. Of scattered pixels the PSNR of the whole picture is
told, beside that of taking each from the nearest known pixel; `gain` is the difference, in dB.

Prints a line for each seed and keeps it in results/dcgan.json.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import torch
from benchmarks import kept
from torch import Tensor

import ganvas
from ganvas import data
from ganvas.core import Game
from ganvas.tools.aim import psnr_of
from ganvas.tools.holes import hole_of
from ganvas.tools.inpainting import TYPICAL, inpaint
from ganvas.tools.projection import Search
from ganvas.watch.pictures import grid

PART, NAME, DIGITS = "repair", "dcgan:digits", 100
MIDDLES, SCATTERED = ("centre:50%", "centre:25%"), "random:80%"
SHOWN = 10


def measured(name: str, seed: int, folder: Path) -> kept.Row:
    """All digits of a seed; the first of them as a picture in the folder's place."""
    run = ganvas.pretrained("digits", folder / "digits")
    table = data.held_out(run.plan.data).tables[0]
    order = torch.randperm(len(table), generator=torch.Generator().manual_seed(seed))
    digits = table.fetch(order[:DIGITS])["x"]
    known = data.reload(run.plan.data).tables[0]
    seen = known.fetch(torch.arange(len(known)))["x"]
    began, row, rows = time.process_time(), {"seed": seed}, [digits[:SHOWN]]
    for word in MIDDLES:
        holes = torch.stack([hole_of(word, (16, 16), seed)] * DIGITS)
        filled = _filled(run.game, digits, holes)
        means = seen.mean().expand_as(digits), seen.mean(0).expand_as(digits)
        at = holes[:, None]
        errors = [(x - digits)[at].square().mean() for x in (filled, *means)]
        ours, by_value, by_picture = (float(error) for error in errors)
        row |= {f"{word} error": ours, f"{word} part": ours / by_value}
        row |= {f"{word} mean value": by_value, f"{word} mean picture": by_picture}
        rows += [torch.where(at, 0.0, digits)[:SHOWN], filled[:SHOWN]]
    holes = torch.stack([hole_of(SCATTERED, (16, 16), 1000 * seed + i) for i in range(DIGITS)])
    filled, near = _filled(run.game, digits, holes), nearest(digits, holes)
    ours, theirs = (_psnr(x, digits) for x in (filled, near))
    row |= {f"{SCATTERED} PSNR": ours, f"{SCATTERED} nearest": theirs}
    row |= {f"{SCATTERED} gain": ours - theirs}
    rows += [x[:SHOWN] for x in (torch.where(holes[:, None], 0.0, digits), near, filled)]
    row["seconds each"] = (time.process_time() - began) / (3 * DIGITS)
    grid(torch.cat(rows), SHOWN, min_tile=48).save(folder / "repair.png")
    return {k: round(float(v), 4) if k != "seed" else v for k, v in row.items()}


def _filled(game: Game, pictures: Tensor, holes: Tensor) -> Tensor:
    search = Search(seconds=None, typical=TYPICAL)
    pairs = zip(pictures, holes, strict=True)
    return torch.stack([inpaint(game, x, hole, search).picture for x, hole in pairs])


def nearest(pictures: Tensor, holes: Tensor) -> Tensor:
    """Pictures (n, channels, h, w) whose missing pixels are the nearest known ones."""
    made = pictures.clone()
    for x, hole in zip(made, holes, strict=True):
        missing, there = hole.nonzero(), (~hole).nonzero()
        closest = torch.cdist(missing.float(), there.float()).argmin(1)
        x[:, missing[:, 0], missing[:, 1]] = x[:, there[closest, 0], there[closest, 1]]
    return made


def _psnr(made: Tensor, truth: Tensor) -> float:
    errors = (made - truth).square().flatten(1).mean(1).tolist()
    return sum(psnr_of(error) for error in errors) / len(errors)


def table() -> Iterator[str]:
    """Mean and standard deviation of all that were measured."""
    game, _, source = NAME.partition(":")
    part = f"{PART} of {source}"
    for figure in kept.figures(game, part) if kept.rows(game, part) else ():
        yield f"{figure:<26}{kept.cell(game, part, figure, '.3f')}"


if __name__ == "__main__":
    what = __doc__.splitlines()[0]
    kept.measure("python -m benchmarks.repair", what, PART, [NAME], measured, table)

"""How near does projection come, and how long does it take?

    python -m benchmarks.projection                   every run below, seeds 0, 1, 2
    python -m benchmarks.projection dcgan:emoji       some of them
    python -m benchmarks.projection --keep runs/      with the runs that are there already
    python -m benchmarks.projection --table           what was measured

Of each run four pictures that it draws itself, from points that nobody knows any more, and four
of its data that were held back are looked for, in z, and in w and w+ where there are styles. All by
the defaults of `ganvas edit RUN project`, but without a clock: 400 steps at most, until 40 dB.
`drawn z` and `real z` are the mean PSNR in dB, `least z` the worst of the four drawn ones,
`seconds z` what a drawn picture and `seconds real z` what a real one takes of one core on average.

`emoji-64` and `emoji-styles` are generators that come with ganvas; the others are trained first.

Prints a line for each run and keeps it in results/GAME.json.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from benchmarks import kept
from torch import Tensor

import ganvas
from ganvas import data
from ganvas.core import Game, Styled
from ganvas.tools.projection import Search, project
from ganvas.tools.still import Name

PART, PICTURES = "projection", 4
RECIPES: dict[str, dict[str, Any] | None] = {
    "dcgan:digits": {},
    "dcgan:emoji": {"size": 32, "images": 60_000},
    "stylegan2:digits": {},
    "r3gan:digits": {},
    "r3gan:emoji-64": None,
    "stylegan2:emoji-styles": None,
}
"""How each is trained, beside its defaults; None: it comes with ganvas."""
DRAWN_BY = 99
"""The seed of the pictures that are drawn; none of those that projection draws from."""


def measured(name: str, seed: int, folder: Path) -> kept.Row:
    """One run: trained, unless it is there, and eight pictures of each kind looked for."""
    game, _, source = name.partition(":")
    if (folder / "config.json").exists():
        run = ganvas.load(folder)
    elif (recipe := RECIPES[name]) is None:
        run = ganvas.pretrained(source, folder)
    else:
        run = ganvas.train(game, data=source, seed=seed, out=folder, quiet=True, **recipe)
    drawn = run.sample(PICTURES, seed=DRAWN_BY)
    table = data.held_out(run.plan.data).tables[0]
    order = torch.randperm(len(table), generator=torch.Generator().manual_seed(DRAWN_BY))
    real = table.fetch(order[:PICTURES])["x"]
    row: kept.Row = {"seed": seed}
    spaces: list[Name] = ["z", "w", "w+"] if isinstance(run.game, Styled) else ["z"]
    for space in spaces:
        found, seconds = _found(run.game, drawn, space)
        row |= {f"drawn {space}": found.mean(), f"least {space}": found.min()}
        row[f"seconds {space}"] = seconds
        found, seconds = _found(run.game, real, space)
        row |= {f"real {space}": found.mean(), f"seconds real {space}": seconds}
    return {k: round(float(v), 3) if k != "seed" else v for k, v in row.items()}


def _found(game: Game, pictures: Tensor, space: Name) -> tuple[Tensor, float]:
    """The PSNR of each picture, and the seconds of a core for one."""
    began = time.process_time()
    found = [project(game, x, Search(seconds=None), space=space).psnr for x in pictures]
    return torch.tensor(found), (time.process_time() - began) / len(pictures)


def table() -> Iterator[str]:
    """Mean and standard deviation of all that were measured."""
    for name in RECIPES:
        game, _, source = name.partition(":")
        part = f"{PART} of {source}"
        for i, figure in enumerate(kept.figures(game, part) if kept.rows(game, part) else ()):
            yield f"{name if i == 0 else '':<25}{figure:<18}{kept.cell(game, part, figure, '.2f')}"


if __name__ == "__main__":
    what = __doc__.splitlines()[0]
    kept.measure("python -m benchmarks.projection", what, PART, [*RECIPES], measured, table)

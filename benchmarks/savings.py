"""Do lazy penalties, fused optimisers and joint batches save what they should?

    python -m benchmarks.savings --seeds 0                     all of them
    python -m benchmarks.savings stylegan2:lazy --seeds 0      some of them
    python -m benchmarks.savings --table                       what was measured

    lazy     penalties every so many rounds (the paper: 16), against every round
    fused    torch's fused Adam, against its plain one
    joint    D sees real and made pictures in one pass, against one after the other

StyleGAN2 for 64x64 pixels with an eighth of the paper's feature maps, batches of 8. Cycles with the
saving and without take turns in one process; `time` is the median of the seconds with it over those
without, and `predicted` the same of the floating point operations, of which the optimiser has none.

Prints a line for each and keeps it in results/stylegan2.json.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from benchmarks import kept
from benchmarks.speed import Operations, play

from ganvas.core import Image, Trainer, registry
from ganvas.testing import StandIn

PART, TURNS, BATCH, SIZE = "savings", 3, 8, 64
EVERY = 16
"""Rounds of a cycle."""
PLAIN: dict[str, Any] = {"base": 4096, "widest": 64, "batch": BATCH}
NAMES = {
    "stylegan2:lazy": ({}, {"penalty_every": 1, "path_every": 1}),
    "stylegan2:fused": ({}, {}),
    "stylegan2:joint": ({"joint_batches": True}, {}),
}
"""What is given with the saving, and what without."""


def trainer_of(given: dict[str, Any], fused: bool) -> Trainer:
    """The game with options of its own, ready to play."""
    torch.manual_seed(0)
    space = Image(3, SIZE, SIZE)
    game = registry.make("stylegan2", preset="paper", spaces={"x": space}, **PLAIN, **given)
    trainer = Trainer(game, [StandIn({"x": space}, 2 * BATCH)])
    for optimiser in trainer.optimisers.values():
        for group in optimiser.param_groups:
            group["fused"] = fused
    return trainer


def measured(name: str, seed: int, folder: Path) -> kept.Row:
    """The part of the time and of the operations that is left with a saving."""
    del folder
    which = name.partition(":")[2]
    both = [trainer_of(given, i == 0 or which != "fused") for i, given in enumerate(NAMES[name])]
    counted = [_counted(trainer) for trainer in both]
    ratios = []
    for _ in range(TURNS):
        with_it, without = (play(trainer, EVERY) for trainer in both)
        ratios.append(with_it / without)
    return {
        "seed": seed,
        "time": round(statistics.median(ratios), 3),
        "least": round(min(ratios), 3),
        "most": round(max(ratios), 3),
        "predicted": round(counted[0] / counted[1], 3),
    }


def _counted(trainer: Trainer) -> int:
    """Floating point operations of a cycle."""
    with Operations() as counted:
        play(trainer, EVERY)
    return counted.total


def table() -> Iterator[str]:
    """Each saving."""
    figures = ("time", "least", "most", "predicted")
    yield f"{'left with it':<18}" + "".join(f"{figure:>12}" for figure in figures)
    for name in NAMES:
        game, _, which = name.partition(":")
        part = f"{PART} of {which}"
        if kept.rows(game, part):
            cells = "".join(f"{kept.cell(game, part, figure, '.2f'):>12}" for figure in figures)
            yield f"{name:<18}{cells}"


if __name__ == "__main__":
    what = __doc__.splitlines()[0]
    kept.measure("python -m benchmarks.savings", what, PART, [*NAMES], measured, table)

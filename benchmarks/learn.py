"""What do the games reach? Each is trained with its default, as a newcomer would, and measured.

    python -m benchmarks.learn              every game that has figures of its own, seeds 0, 1, 2
    python -m benchmarks.learn vae demo     some of them
    python -m benchmarks.learn --seeds 0

Prints a line for each run and keeps it in results/GAME.json. Two hours on two cores.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks import kept
from benchmarks.measures import MEASURES

PART = "by default"


def measured(name: str, seed: int, folder: Path) -> kept.Row:
    """One run's figures."""
    figures = MEASURES[name](folder, seed)
    return {"seed": seed, **{k: round(float(v), 4) for k, v in figures.items()}}


def table() -> Iterator[str]:
    """Mean and standard deviation of each game's figures."""
    for game in kept.those_with(PART, MEASURES):
        name = game
        for figure in kept.figures(game, PART):
            yield f"{name:<13}{figure:<40}{kept.cell(game, PART, figure, '.4g')}"
            name = ""


if __name__ == "__main__":
    what = __doc__.splitlines()[0]
    kept.measure("python -m benchmarks.learn", what, PART, [*MEASURES], measured, table)

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
    for name in MEASURES:
        rows = kept.rows(name, PART)
        found = kept.read(name).get(PART, {})
        mean, off = found.get("mean", rows and rows[0]), found.get("deviation", {})
        for figure in [k for k, v in (mean or {}).items() if isinstance(v, int | float)]:
            spread = f" ± {off[figure]:.2g}" if off.get(figure) else ""
            if figure != "seed":
                yield f"{name:<13}{figure:<40}{mean[figure]:>9.4g}{spread}"
                name = ""


if __name__ == "__main__":
    what = __doc__.splitlines()[0]
    kept.measure("python -m benchmarks.learn", what, PART, [*MEASURES], measured, table)

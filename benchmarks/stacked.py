"""Who finds 1,000 modes? Three digits on top of each other, the colours of one picture.

    python -m benchmarks.stacked                  seeds 0, 1, 2
    python -m benchmarks.stacked pacgan           some of them
    python -m benchmarks.stacked --table          what was measured

DCGAN as in its paper (no penalty, batch norm in D), the same with packs of two (PacGAN, Lin et al.
2018, section 4.2), and the relativistic game with R1 and R2 (Huang et al. 2024, section 2). All
play as many rounds with generators of the same size. A classifier names the digit in each channel
of 26,000 samples; a mode is found if it comes at all. `reverse KL` is the distance of the modes
from uniform, in nats. Prints a line for each run and keeps it in results/GAME.json.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import kept

import ganvas
from ganvas.watch.pictures import grid

PART, ROUNDS, SAMPLES = "stacked", 8_000, 26_000
SHARED: dict[str, Any] = {"batch": 64, "noise": 64, "width": 32, "ema": 0.999}
GAMES: dict[str, dict[str, Any]] = {
    "dcgan": {"penalty": (), "penalty_weight": None, "lr": 2e-4, "beta1": 0.5},
    "pacgan": {"pack": 2, "lr": 2e-4, "beta1": 0.5},
    "relativistic": {"loss": "relativistic", "lr": 1e-3, "beta1": 0.0},
}
"""What differs from each game's default."""


def measured(name: str, seed: int, folder: Path) -> kept.Row:
    """One run, and how many modes its samples have."""
    config = {**SHARED, **GAMES[name]}
    run = ganvas.train(
        name, data="stacked", size=16, steps=ROUNDS, seed=seed, out=folder, quiet=True, **config
    )
    grid(run.sample(64), 8).save(folder / "grid.png")
    found = ganvas.evaluate(run, metrics=["stacked_modes"], n=SAMPLES).figures["stacked_modes"]
    return {
        "seed": seed,
        "rounds": run.clock.round,
        "seconds": round(run.clock.seconds, 1),
        "modes": int(found["value"]),
        "reverse KL": found["protocol"]["reverse KL against uniform"],
    }


def table() -> Iterator[str]:
    """Mean and standard deviation of all that were measured."""
    return kept.columns(PART, GAMES, {"modes": ".0f", "reverse KL": ".2f"})


if __name__ == "__main__":
    what = __doc__.splitlines()[0]
    kept.measure("python -m benchmarks.stacked", what, PART, [*GAMES], measured, table)

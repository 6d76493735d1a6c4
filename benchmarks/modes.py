"""Who finds the modes of a 5x5 grid of Gaussians? GAN, and four that were made to find more.

    python -m benchmarks.modes                    seeds 0, 1, 2
    python -m benchmarks.modes gan pacgan         some of them
    python -m benchmarks.modes --table            what was measured

All play the same number of rounds, one step of G each, with dense networks without batch norm (G
has two hidden layers of 128, WGAN-GP's three), Adam at rates that fall to 0 and no moving average;
z has 2 numbers. Figures are of 2,500 samples, as in VEEGAN (Srivastava et al. 2017): a sample is
good within 3 standard deviations of a mode, and a mode is found with a tenth of its fair share of
good samples (`modes`), or with one (`touched`, as the papers count). Prints a line for each run and
keeps it in results/GAME.json.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import kept

import ganvas
from ganvas.metrics.toy import modes_covered, share_of_good_samples

PART, ROUNDS = "grid25", 25_000
FALLING = "2e-3@0 2e-3@0.5 0@1"
ADAM: dict[str, Any] = {"batch": 128, "lr": FALLING, "noise": 2, "hidden": 128, "ema": None}
GAMES: dict[str, dict[str, Any]] = {
    "gan": {**ADAM, "units": 64, "pieces": 2},
    "pacgan": {**ADAM, "layers": 2, "units": 64, "pieces": 2, "layers_d": 2},
    "ali": ADAM,
    "unrolled": {**ADAM, "lr_d": "4e-4@0 4e-4@0.5 0@1"},
    "wgan_gp": ADAM,
}
"""What differs from each game's default."""


def measured(name: str, seed: int, folder: Path) -> kept.Row:
    """One run, and what its samples are like."""
    config = GAMES[name]
    run = ganvas.train(
        name, data="grid25", steps=ROUNDS, seed=seed, out=folder, quiet=True, **config
    )
    if run.clock.round < ROUNDS:
        raise SystemExit(f"{name}, seed {seed}: stopped in round {run.clock.round}, not measured")
    x = run.sample(2500, seed=1)
    return {
        "seed": seed,
        "rounds": run.clock.round,
        "seconds": round(run.clock.seconds, 1),
        "modes": modes_covered(x, "grid25"),
        "touched": modes_covered(x, "grid25", fewest=1),
        "good share": round(share_of_good_samples(x, "grid25"), 4),
        "weights of G": _size(run.game.G.net),
    }


def _size(net: Any) -> int:
    return sum(p.numel() for p in net.parameters())


def table() -> Iterator[str]:
    """Mean and standard deviation of all that were measured."""
    return kept.columns(PART, GAMES, {"modes": ".1f", "touched": ".1f", "good share": ".3f"})


if __name__ == "__main__":
    what = __doc__.splitlines()[0]
    kept.measure("python -m benchmarks.modes", what, PART, [*GAMES], measured, table)

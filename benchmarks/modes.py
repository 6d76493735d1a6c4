"""Who finds the modes of a 5x5 grid of Gaussians? GAN, and four that were made to find more.

    python -m benchmarks.modes                    seeds 0, 1, 2
    python -m benchmarks.modes gan pacgan         some of them
    python -m benchmarks.modes --seeds 0 --rounds 1000

All play the same number of rounds, one step of G each, with dense networks of about the same size
without batch norm, Adam at rates that fall to 0 and no moving average; z has 2 numbers. Figures are
of 2,500 samples, as in VEEGAN (Srivastava et al. 2017): a sample is good within 3 standard
deviations of a mode, and a mode is found with a tenth of its fair share of good samples (`modes`),
or with one (`touched`, as the papers count). Prints a line for each run and keeps all in
results/modes.json, with mean and standard deviation over the seeds. In the default 2,500 rounds
nobody has settled: they say how fast a game learns, not who collapses. The papers play ten times as
many and more.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.classics import keep_row

import ganvas
from ganvas.metrics.toy import modes_covered, share_of_good_samples

RESULTS = Path(__file__).parent.parent / "results" / "modes.json"
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


def measured(name: str, seed: int, rounds: int, folder: Path) -> dict[str, object]:
    """One run, and what its samples are like."""
    shutil.rmtree(folder, ignore_errors=True)
    config = GAMES[name]
    run = ganvas.train(
        name, data="grid25", steps=rounds, seed=seed, out=folder, quiet=True, **config
    )
    if run.clock.round < rounds:
        raise SystemExit(f"{name}, seed {seed}: stopped in round {run.clock.round}, not measured")
    x = run.sample(2500, seed=1)
    return {
        "game": name,
        "seed": seed,
        "rounds": run.clock.round,
        "training seconds": round(run.clock.seconds, 1),
        "modes": modes_covered(x, "grid25"),
        "touched": modes_covered(x, "grid25", fewest=1),
        "good share": round(share_of_good_samples(x, "grid25"), 4),
        "weights of G": _size(run.game.G.net),
    }


def _size(net: Any) -> int:
    return sum(p.numel() for p in net.parameters())


def summarise(results: Path) -> None:
    """Adds mean and standard deviation over the seeds of each game to a file of results."""
    report = json.loads(results.read_text())
    report["mean and deviation"] = {}
    for name in GAMES:
        rows = [row for row in report["rows"] if row["game"] == name]
        if len(rows) > 1:
            report["mean and deviation"][name] = {
                key: [round(f([row[key] for row in rows]), 4) for f in _MEAN_AND_DEVIATION]
                for key in ("modes", "touched", "good share")
            }
    results.write_text(json.dumps(report, indent=2) + "\n")


_MEAN_AND_DEVIATION = (statistics.mean, statistics.stdev)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("games", nargs="*", help=f"some of: {', '.join(GAMES)}; all if none")
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--rounds", type=int, default=2500)
    parser.add_argument("--keep", type=Path, help="a folder to keep the runs in, to look at them")
    options = parser.parse_args()
    names = options.games or list(GAMES)
    if unknown := set(names) - set(GAMES):
        parser.error(f"nothing is measured for {', '.join(sorted(unknown))}")
    keep = options.keep or Path(tempfile.mkdtemp())
    command = f"python -m benchmarks.modes --rounds {options.rounds}"
    for name in names:
        for seed in options.seeds:
            row = measured(name, seed, options.rounds, keep / f"{name}-{seed}")
            print(json.dumps(row), flush=True)
            keep_row(RESULTS, command, row, ("game", "seed"))
            summarise(RESULTS)
    if options.keep is None:
        shutil.rmtree(keep)


if __name__ == "__main__":
    main()

"""What does a Fréchet distance cost? Ours against scipy's matrix square root, and its memory.

    python benchmarks/frechet.py        prints and writes results/frechet.json

Two covariances of 2,048 features, as many as Inception has, from 4,096 rows each. The two sides
take turns in one process; the figure is the ratio of the medians. Memory is the peak of a process
that streams 2,000 or 20,000 rows of such features on either side and takes their distance.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import scipy
import torch
from scipy.linalg import sqrtm

from ganvas.metrics.frechet import Moments, frechet_distance

RESULTS = Path(__file__).parent.parent / "results" / "frechet.json"
FEATURES, ROWS, BATCH = 2048, 4096, 250


def cloud(n: int, seed: int) -> Moments:
    """Moments of rows whose features are unequal and go together."""
    draws = torch.Generator().manual_seed(seed)
    mix = torch.randn(FEATURES, FEATURES, generator=draws) / FEATURES**0.5
    mix *= torch.logspace(0, -2, FEATURES)
    found = Moments(FEATURES)
    for start in range(0, n, BATCH):
        found.add(torch.randn(min(BATCH, n - start), FEATURES, generator=draws) @ mix)
    return found


def by_scipy(a: Moments, b: Moments) -> float:
    """The definition."""
    c1, c2 = a.covariance.numpy(), b.covariance.numpy()
    root = np.asarray(sqrtm(c1 @ c2))
    apart = float((a.mean - b.mean).square().sum())
    return apart + float(np.trace(c1) + np.trace(c2) - 2 * np.trace(root).real)


def ours(a: Moments, b: Moments) -> float:
    return frechet_distance(a.mean, a.covariance, b.mean, b.covariance)


def peak(rows: int) -> float:
    """MiB at most of a process that streams so many rows of either side."""
    done = subprocess.run(
        [sys.executable, __file__, "--stream", str(rows)], check=True, stdout=subprocess.PIPE
    )
    return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--stream", type=int, help="only stream so many rows and print the peak")
    options = parser.parse_args()
    if options.stream:
        ours(cloud(options.stream, 0), cloud(options.stream, 1))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    a, b = cloud(ROWS, 0), cloud(ROWS, 1)
    times: dict[str, list[float]] = {"ours": [], "scipy": []}
    values: dict[str, float] = {}
    for pair in range(options.pairs):
        sides = [("ours", ours), ("scipy", by_scipy)]
        for name, side in sides if pair % 2 else sides[::-1]:
            began = time.perf_counter()
            values[name] = side(a, b)
            times[name].append(time.perf_counter() - began)
    medians = {name: statistics.median(found) for name, found in times.items()}
    report = {
        "command": "python benchmarks/frechet.py",
        "torch": torch.__version__,
        "scipy": scipy.__version__,
        "python": platform.python_version(),
        "threads": torch.get_num_threads(),
        "features": FEATURES,
        "ours_s": round(medians["ours"], 3),
        "scipy_sqrtm_s": round(medians["scipy"], 3),
        "ratio": round(medians["ours"] / medians["scipy"], 4),
        "relative_difference": abs(values["ours"] / values["scipy"] - 1),
        "pairs": options.pairs,
        "peak_mib": {str(rows): round(peak(rows), 1) for rows in (2_000, 20_000)},
    }
    print(json.dumps(report, indent=2))
    RESULTS.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()

"""What do the games between GAN and WGAN reach? Each is trained with its default and measured.

    python -m benchmarks.classics                 all of them, seeds 0, 1, 2
    python -m benchmarks.classics cogan           some of them
    python -m benchmarks.classics --seeds 0

Prints a line for each run and keeps all in results/classics.json.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from sklearn.neural_network import MLPClassifier
from tests.judge import Judge
from torch import Tensor

import ganvas
from ganvas import data
from ganvas.core.run import Run
from ganvas.data.pictures import edges
from ganvas.watch.pictures import grid

RESULTS = Path(__file__).parent.parent / "results" / "classics.json"
Figures = dict[str, float]


def ebgan(folder: Path, seed: int) -> Figures:
    """Energies of held-out digits and of samples beside the margin; what the judge says."""
    run = ganvas.train("ebgan", seed=seed, out=folder, quiet=True)
    game, x = run.game, run.sample(1000)
    real, _ = _digits(x.shape[-1], "test")
    with torch.no_grad():
        energies = [float(-game.judge(v).mean()) for v in (real, x)]
    verdict = Judge(x.shape[-1])(x)
    last = json.loads((folder / "stats.jsonl").read_text().splitlines()[-1])
    return {
        **_cost(run),
        "margin": game.config.margin,
        "energy of held-out digits": energies[0],
        "energy of samples": energies[1],
        "D(x) in training, at last": last["D(x)"],
        "D(G(z)) in training, at last": last["D(G(z))"],
        "confidence": verdict.confidence,
        "rarest class": verdict.fewest,
    }


def cogan(folder: Path, seed: int) -> Figures:
    """How often two judges, of digits and of edges, read the same digit in both of a pair.

    Both learn from real digits that the game has not seen. Chance would be a tenth.
    """
    run = ganvas.train("cogan", seed=seed, out=folder, quiet=True)
    z = torch.randn(2000, *run.game.inputs["z"].shape, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        x, y = run.game.pair(z)
    digits = Judge(x.shape[-1])
    real, label = _digits(x.shape[-1], "test")
    of_edges = MLPClassifier((128,), max_iter=300, random_state=0)
    of_edges.fit(edges(real).flatten(1).numpy(), label.numpy())
    seen, its_label = _digits(x.shape[-1], "train")
    right = of_edges.predict(edges(seen).flatten(1).numpy()) == its_label.numpy()
    names = digits.names(x), of_edges.predict(y.flatten(1).numpy())
    ceiling = of_edges.predict(edges(x).flatten(1).numpy())
    shown = torch.stack([x, y], 1)[:32].flatten(0, 1)
    grid(shown, 8, group=2).save(folder / "pairs.png")
    verdict = digits(x)
    return {
        **_cost(run),
        "pairs of the same digit": float((names[0] == names[1]).mean()),
        "the same, were y the edges of x": float((names[0] == ceiling).mean()),
        "judge of edges is right on real ones": float(right.mean()),
        "L1 of y to the edges of x / range": float((y - edges(x)).abs().mean()) / 2,
        "confidence": verdict.confidence,
        "rarest class": verdict.fewest,
    }


def ali(folder: Path, seed: int) -> Figures:
    """Held-out digits through E and G: what comes back, and whether it is the same digit."""
    run = ganvas.train("ali", seed=seed, out=folder, quiet=True)
    return {**_cost(run), **_copies(run, folder)}


def autoencoder(folder: Path, seed: int) -> Figures:
    """Held-out digits through the code."""
    run = ganvas.train("autoencoder", seed=seed, out=folder, quiet=True)
    return {**_cost(run), **_copies(run, folder)}


def _copies(run: Run, folder: Path) -> Figures:
    size = run.game.output.height
    real, label = _digits(size, "test")
    with torch.no_grad():
        copies = run.game.reconstruct(real)
    mean = _digits(size, "train")[0].mean(0)
    judge = Judge(size, swapped=True)
    verdict = judge(run.sample(1000))
    grid(torch.stack([real, copies], 1)[:32].flatten(0, 1), 8, group=2).save(folder / "copies.png")
    return {
        "mean's error / ours": float(
            (real - mean).square().mean() / (real - copies).square().mean()
        ),
        "copies that are the same digit": float((judge.names(copies) == label.numpy()).mean()),
        "confidence in samples": verdict.confidence,
        "rarest class": verdict.fewest,
    }


def _digits(size: int, split: str) -> tuple[Tensor, Tensor]:
    table = data.load("digits", size=size, split=split, fields=("x", "label")).tables[0]
    rows = table.fetch(torch.arange(len(table)))
    return rows["x"], rows["label"]


def _cost(run: Run) -> Figures:
    return {"training seconds": run.clock.seconds, "rounds": run.clock.round}


MEASURES: dict[str, Callable[[Path, int], Figures]] = {
    f.__name__: f for f in (ebgan, cogan, ali, autoencoder)
}


def keep_row(results: Path, command: str, row: dict[str, object], same: tuple[str, ...]) -> None:
    """Puts a row into a file of results, in place of the one of the same game and seed."""
    before = json.loads(results.read_text())["rows"] if results.exists() else []
    rows = [old for old in before if any(old[key] != row[key] for key in same)]
    report = {
        "command": command,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "threads": torch.get_num_threads(),
        "rows": [*rows, row],
    }
    results.write_text(json.dumps(report, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("games", nargs="*", help=f"some of: {', '.join(MEASURES)}; all if none")
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--keep", type=Path, help="a folder to keep the runs in, to look at them")
    options = parser.parse_args()
    names = options.games or list(MEASURES)
    if unknown := set(names) - set(MEASURES):
        parser.error(f"nothing is measured for {', '.join(sorted(unknown))}")
    keep = options.keep or Path(tempfile.mkdtemp())
    for name in names:
        for seed in options.seeds:
            folder = keep / f"{name}-{seed}"
            shutil.rmtree(folder, ignore_errors=True)
            figures = {
                k: round(float(np.float64(v)), 4) for k, v in MEASURES[name](folder, seed).items()
            }
            row: dict[str, object] = {"game": name, "seed": seed, **figures}
            print(json.dumps(row), flush=True)
            keep_row(RESULTS, "python -m benchmarks.classics", row, ("game", "seed"))
    if options.keep is None:
        shutil.rmtree(keep)


if __name__ == "__main__":
    main()

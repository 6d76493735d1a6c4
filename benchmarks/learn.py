"""What do the games reach? Each is trained with its default, as a newcomer would, and measured.

    python -m benchmarks.learn              every game that is listed, seeds 0, 1, 2
    python -m benchmarks.learn vae demo     some of them
    python -m benchmarks.learn --seeds 0

Prints a line for each run and keeps all in results/learn.json. An hour on two cores.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from tests.judge import Judge

import ganvas
from ganvas import data
from ganvas.core import UsageError
from ganvas.core.run import Run
from ganvas.metrics.toy import modes_covered, share_of_good_samples
from ganvas.watch.pictures import grid

RESULTS = Path(__file__).parent.parent / "results" / "learn.json"
Figures = dict[str, float]


def demo(folder: Path, seed: int) -> Figures:
    """The command itself, timed; what two judges, one of each half, say of its 1,000 digits."""
    if seed:
        raise UsageError("the demo has one seed")
    began = time.perf_counter()
    ganvas_ = Path(sys.executable).with_name("ganvas")
    said = subprocess.run(
        [ganvas_, "demo", "--json", "--out", folder], check=True, stdout=subprocess.PIPE
    )
    seconds = time.perf_counter() - began
    told = json.loads(said.stdout)
    x = np.load(told["samples"])["samples"].astype(np.float32) / 127.5 - 1
    verdict, swapped = (
        Judge(swapped=s)(torch.from_numpy(x[:, None, ..., 0])) for s in (False, True)
    )
    return {
        "wall seconds": seconds,
        "training seconds": told["seconds"],
        "rounds": told["rounds"],
        "confidence": verdict.confidence,
        "confidence, halves swapped": swapped.confidence,
        "rarest class": min(verdict.fewest, swapped.fewest),
        "unique": verdict.unique,
    }


def wgan_gp(folder: Path, seed: int) -> Figures:
    """ring8 in a minute."""
    run = ganvas.train("wgan_gp", data="ring8", minutes=1, seed=seed, out=folder)
    x = run.sample(10_000)
    return {
        **_cost(run),
        "modes": modes_covered(x, "ring8"),
        "share within 3 std": share_of_good_samples(x, "ring8"),
    }


def seqgan(folder: Path, seed: int) -> Figures:
    """The oracle's opinion at the end of likelihood pretraining, and at the end of the run.

    Means of the last five measurements of 1,000 sentences each.
    """
    run = ganvas.train("seqgan", seed=seed, out=folder)
    lines = [json.loads(line) for line in (folder / "stats.jsonl").read_text().splitlines()]
    nll = {
        stage: [
            line["oracle nll"] for line in lines if line["stage"] == stage and "oracle nll" in line
        ]
        for stage in ("maximum likelihood", "adversarial")
    }
    return {**_cost(run), **{f"oracle nll, {s}": float(np.mean(n[-5:])) for s, n in nll.items()}}


def infogan(folder: Path, seed: int) -> Figures:
    """How often the category names the digit, the two matched one to one."""
    run = ganvas.train("infogan", seed=seed, out=folder)
    x, inputs = run.sample_with_inputs(2000)
    held = data.load("digits", size=x.shape[-1], split="test", fields=("x", "label")).tables[0]
    rows = held.fetch(torch.arange(len(held)))
    with torch.no_grad():
        found = run.game.recognise(rows["x"])[0].argmax(1)
    made = _matched(inputs["category"].numpy(), Judge(x.shape[-1], swapped=True).names(x))
    read = _matched(found.numpy(), rows["label"].numpy())
    return {**_cost(run), "category names the drawn digit": made, "the held-out real digit": read}


def _matched(category: np.ndarray, digit: np.ndarray) -> float:
    counts = np.zeros((10, 10))
    np.add.at(counts, (category, digit), 1)
    return float(counts[linear_sum_assignment(-counts)].sum() / len(digit))


def vae(folder: Path, seed: int) -> Figures:
    """Squared error of the per-pixel mean over that of the reconstructions; the bound."""
    run = ganvas.train("vae", seed=seed, out=folder)
    size = run.game.output.height
    real = _rows("digits", size, "train")["x"].mean(0)
    x = _rows("digits", size, "test")["x"]
    with torch.no_grad():
        error = (run.game.reconstruct(x) - x).square().mean()
    lines = [json.loads(line) for line in (folder / "stats.jsonl").read_text().splitlines()]
    return {
        **_cost(run),
        "mean's error / ours": float((x - real).square().mean() / error),
        "-elbo at first": -lines[0]["elbo"],
        "-elbo at last": -lines[-1]["elbo"],
    }


def cyclegan(folder: Path, seed: int) -> Figures:
    """Digits to negatives and back: mean distance, as a share of the range of a pixel."""
    run = ganvas.train("cyclegan", seed=seed, out=folder)
    rows = _rows(run.plan.data["source"], run.game.output.height, "test")
    game = run.game
    with torch.no_grad():
        there, back = game.G.best(rows["x"]), game.F.best(rows["y"])
        x, y = game.F.best(there), game.G.best(back)
    both = torch.cat([(x - rows["x"]).abs().flatten(1), (y - rows["y"]).abs().flatten(1)])
    translated = torch.cat(
        [(there + rows["x"]).abs().flatten(1), (back + rows["y"]).abs().flatten(1)]
    )
    shown = torch.stack([rows["x"], there, x], 1)[:32].flatten(0, 1)
    grid(shown, 12).save(folder / "cycle.png")
    return {
        **_cost(run),
        "L1 after the cycle / range": float(both.mean()) / 2,
        "L1 to the true negative / range": float(translated.mean()) / 2,
    }


def cgan(folder: Path, seed: int) -> Figures:
    """How often the judge reads the label that was asked for."""
    run = ganvas.train("cgan", seed=seed, out=folder)
    x, inputs = run.sample_with_inputs(2000)
    right = Judge(x.shape[-1]).names(x) == inputs["label"].numpy()
    return {**_cost(run), "label that was asked for": right.mean()}


def digits(name: str, folder: Path, seed: int) -> Figures:
    """What the judge says of a game's digits."""
    run = ganvas.train(name, data="digits", seed=seed, out=folder)
    x = run.sample(1000)
    verdict = Judge(x.shape[-1])(x)
    return {
        **_cost(run),
        "confidence": verdict.confidence,
        "rarest class": verdict.fewest,
        "unique": verdict.unique,
    }


def _rows(source: str, size: int, split: str) -> dict[str, torch.Tensor]:
    tables = data.load(source, size=size, split=split, fields=("x", "y")).tables
    rows: dict[str, torch.Tensor] = {}
    for table in tables:
        rows |= table.fetch(torch.arange(min(len(t) for t in tables)))
    return rows


def _cost(run: Run) -> Figures:
    return {"training seconds": run.clock.seconds, "rounds": run.clock.round}


MEASURES: dict[str, Callable[[Path, int], Figures]] = {
    **{f.__name__: f for f in (demo, wgan_gp, seqgan, infogan, vae, cyclegan, cgan)},
    **{name: partial(digits, name) for name in ("gan", "wgan", "began", "progan")},
}


def measured(names: list[str], seeds: list[int], keep: Path) -> Iterator[dict[str, object]]:
    """One run after another."""
    for name in names:
        for seed in seeds:
            if name == "demo" and seed:
                continue
            folder = keep / f"{name}-{seed}"
            shutil.rmtree(folder, ignore_errors=True)
            figures = {k: round(float(v), 4) for k, v in MEASURES[name](folder, seed).items()}
            yield {"game": name, "seed": seed, **figures}


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
    for row in measured(names, options.seeds, keep):
        print(json.dumps(row), flush=True)
        same = (row["game"], row["seed"])
        before = json.loads(RESULTS.read_text())["rows"] if RESULTS.exists() else []
        rows = [old for old in before if (old["game"], old["seed"]) != same]
        report = {
            "command": "python -m benchmarks.learn",
            "torch": torch.__version__,
            "python": platform.python_version(),
            "threads": torch.get_num_threads(),
            "rows": [*rows, row],
        }
        RESULTS.write_text(json.dumps(report, indent=2) + "\n")
    if options.keep is None:
        shutil.rmtree(keep)


if __name__ == "__main__":
    main()

"""What to ask of each game that was trained with its default: figures of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from sklearn.svm import SVC
from tests.judge import Judge
from torch import Tensor

import ganvas
from ganvas import data
from ganvas.core.run import Run
from ganvas.data.pictures import edges
from ganvas.metrics.toy import modes_covered, share_of_good_samples
from ganvas.watch.pictures import grid

Figures = dict[str, float]


def demo(folder: Path, _: int) -> Figures:
    """The command itself, timed; what two judges, one of each half, say of its 1,000 digits."""
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
    run = ganvas.train("wgan_gp", data="ring8", minutes=1, seed=seed, out=folder, quiet=True)
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
    run = ganvas.train("seqgan", seed=seed, out=folder, quiet=True)
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
    run = ganvas.train("infogan", seed=seed, out=folder, quiet=True)
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
    run = ganvas.train("vae", seed=seed, out=folder, quiet=True)
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
    run = ganvas.train("cyclegan", seed=seed, out=folder, quiet=True)
    rows = _rows(run.plan.data["source"], run.game.output.height, "test", ("x", "y"))
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


def labelled(name: str, folder: Path, seed: int) -> Figures:
    """How often the judge reads the label that was asked for."""
    run = ganvas.train(name, seed=seed, out=folder, quiet=True)
    x, inputs = run.sample_with_inputs(2000)
    right = Judge(x.shape[-1]).names(x) == inputs["label"].numpy()
    verdict = Judge(x.shape[-1], swapped=True)(x)
    return {**_cost(run), "label that was asked for": right.mean(), "unique": verdict.unique}


def digits(name: str, folder: Path, seed: int) -> Figures:
    """What the judge says of a game's digits."""
    run = ganvas.train(name, data="digits", seed=seed, out=folder, quiet=True)
    x = run.sample(1000)
    verdict = Judge(x.shape[-1])(x)
    return {
        **_cost(run),
        "confidence": verdict.confidence,
        "rarest class": verdict.fewest,
        "unique": verdict.unique,
    }


def ebgan(folder: Path, seed: int) -> Figures:
    """Energies of held-out digits and of samples beside the margin; what the judge says."""
    run = ganvas.train("ebgan", seed=seed, out=folder, quiet=True)
    game, x = run.game, run.sample(1000)
    real = _rows("digits", x.shape[-1], "test")["x"]
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
    real, label = _rows("digits", x.shape[-1], "test").values()
    of_edges = SVC(C=10.0)
    of_edges.fit(edges(real).flatten(1).numpy(), label.numpy())
    seen, its_label = _rows("digits", x.shape[-1], "train").values()
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
    real, label = _rows("digits", size, "test").values()
    with torch.no_grad():
        copies = run.game.reconstruct(real)
    mean = _rows("digits", size, "train")["x"].mean(0)
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


def _rows(
    source: str, size: int, split: str, fields: tuple[str, ...] = ("x", "label")
) -> dict[str, Tensor]:
    tables = data.load(source, size=size, split=split, fields=fields).tables
    rows: dict[str, Tensor] = {}
    for table in tables:
        rows |= table.fetch(torch.arange(min(len(t) for t in tables)))
    return rows


def _cost(run: Run) -> Figures:
    return {"training seconds": run.clock.seconds, "rounds": run.clock.round}


MEASURES: dict[str, Callable[[Path, int], Figures]] = {
    **{f.__name__: f for f in (demo, wgan_gp, seqgan, infogan, vae, cyclegan)},
    **{f.__name__: f for f in (ebgan, cogan, ali, autoencoder)},
    **{name: partial(labelled, name) for name in ("cgan", "acgan")},
    **{name: partial(digits, name) for name in ("gan", "wgan", "began", "progan")},
}

"""What are pictures without labels worth? Games with 10 labels of each digit, against labels alone.

    python -m benchmarks.semi              draws 0 to 4 of both games and of both classifiers alone
    python -m benchmarks.semi --games sgan --draws 0

Each game is trained with its default on digits of 16x16, and its classifier names the 896 digits
that were held back. Against it stands the same network, trained on the same 100 pictures alone with
the same optimiser (Adam, momentum 0.5); its rate, its steps, whether the moving average is shown
and whether the network's own noise layers are on are the best of a grid on draws 10 to 12, as read
off the held-out digits: better than anybody could choose it. The games were tuned on these draws
too; the draws that are reported were not looked at before. Neither has any other augmentation.

Prints a line for each draw and keeps all in results/semi.json. A quarter of an hour on a free core.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

import ganvas
from ganvas import data
from ganvas.core.registry import make

RESULTS = Path(__file__).parent.parent / "results" / "semi.json"
GAMES = ("feature_matching", "sgan")
TUNED_ON, PER_CLASS, SIZE = (10, 11, 12), 10, 16
STEPS = (30, 100, 300, 1000)
RATES = {"feature_matching": (3e-4, 1e-3, 3e-3), "sgan": (1e-3, 3e-3, 1e-2, 3e-2)}
"""Of the classifiers alone; sgan's, whose weights begin small, wants larger ones."""
Net = Callable[[Tensor], Tensor]


def few_rows(draw: int) -> dict[str, Tensor]:
    """The labelled pictures of a draw, the only ones."""
    fields = ("x", "few", "label")
    source = data.load(
        "digits", size=SIZE, fields=fields, labels_per_class=PER_CLASS, label_draw=draw
    )
    table = source.tables[1]
    return table.fetch(torch.arange(len(table)))


def accuracy(classify: Net) -> float:
    """On the digits that were held back."""
    table = data.load("digits", size=SIZE, split="test", fields=("x", "label")).tables[0]
    rows = table.fetch(torch.arange(len(table)))
    with torch.no_grad():
        return float((classify(rows["x"]).argmax(1) == rows["label"]).double().mean())


def classifier(game: str, few: Tensor, *, noise: bool) -> tuple[nn.Module, Net]:
    """A game's untrained classifier, and its logits in training."""
    net = make(game).D.net
    if game == "feature_matching":
        net.calibrate(few, torch.randn, lambda value: value)
        normal = torch.randn if noise else None
        return net, lambda x: net(x, normal)[0]
    net.head[1].p = net.head[1].p if noise else 0.0
    return net, lambda x: net(x)[:, :-1]


def alone(game: str, draw: int, lr: float, noise: bool, steps: int) -> dict[str, float]:
    """The accuracy of a classifier after some numbers of steps, and of its moving average."""
    torch.manual_seed(draw)
    rows = few_rows(draw)
    net, logits = classifier(game, rows["few"], noise=noise)
    average, found = copy.deepcopy(net), {}
    learns = [p for p in net.parameters() if p.requires_grad]
    optimiser = torch.optim.Adam(learns, lr, (0.5, 0.999), fused=True)
    for step in range(1, steps + 1):
        optimiser.zero_grad()
        cross_entropy(logits(rows["few"]), rows["label"]).backward()
        optimiser.step()
        weight = 1 - min(0.99, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(net.parameters()), weight)
        if step in STEPS:
            for word, one in (("last", net), ("average", average)):
                found[f"{step} {word}"] = accuracy(shown(game, one.eval()))
            net.train()
    return found


def shown(game: str, net: nn.Module) -> Net:
    """What a trained classifier says, without noise."""
    return (lambda x: net(x)[0]) if game == "feature_matching" else (lambda x: net(x)[:, :-1])


def tuned(game: str) -> dict[str, Any]:
    """The best way to train a game's classifier on labels alone, in the mean over draws."""
    best: dict[str, Any] = {"accuracy": 0.0}
    for lr, noise in itertools.product(RATES[game], (True, False)):
        draws = [alone(game, draw, lr, noise, max(STEPS)) for draw in TUNED_ON]
        for word in draws[0]:
            mean = statistics.mean(found[word] for found in draws)
            if mean > best["accuracy"]:
                steps, weights = word.split()
                about = {"lr": lr, "noise": noise, "steps": int(steps), "weights": weights}
                best = {**about, "accuracy": mean}
    return best


def trained(game: str, draw: int) -> dict[str, Any]:
    """A game with the labels of a draw: what it reaches, and what it takes."""
    with tempfile.TemporaryDirectory() as folder:
        few = {"labels_per_class": PER_CLASS, "label_draw": draw}
        began = time.process_time()
        run = ganvas.train(
            game, data="digits", size=SIZE, seed=draw, out=Path(folder) / "run", quiet=True, **few
        )
        cpu = time.process_time() - began
        found = ganvas.evaluate(run, metrics=["test_accuracy"]).figures["test_accuracy"]
        clock = run.clock
    seconds = {"wall seconds": round(clock.seconds, 1), "cpu seconds": round(cpu, 1)}
    return {"accuracy": found["value"], "standard error": found["error"], **seconds}


def measured(game: str, draws: list[int]) -> dict[str, Any]:
    """A game and its classifier alone, over draws."""
    recipe = tuned(game)
    print(json.dumps({"game": game, "labels alone, tuned": recipe}), flush=True)
    rows = []
    for draw in draws:
        ways = alone(game, draw, recipe["lr"], recipe["noise"], recipe["steps"])
        row = {"draw": draw, "labels alone": ways[f"{recipe['steps']} {recipe['weights']}"]}
        rows.append({**row, **trained(game, draw)})
        print(json.dumps({"game": game, **rows[-1]}), flush=True)
    sides = {word: [row[word] for row in rows] for word in ("accuracy", "labels alone")}
    gain = [with_ - without for with_, without in zip(*sides.values(), strict=True)]
    spread = {word: _spread(values) for word, values in {**sides, "gain": gain}.items()}
    return {**spread, "labels alone, tuned": recipe, "draws": rows}


def _spread(values: list[float]) -> dict[str, float]:
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return {"mean": round(statistics.mean(values), 4), "deviation": round(deviation, 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--games", nargs="*", default=GAMES, choices=GAMES)
    parser.add_argument("--draws", nargs="*", type=int, default=[0, 1, 2, 3, 4])
    options = parser.parse_args()
    for game in options.games:
        found = measured(game, options.draws)
        print(json.dumps({"game": game, "gain": found["gain"]}), flush=True)
        before = json.loads(RESULTS.read_text())["games"] if RESULTS.exists() else {}
        report = {
            "command": "python -m benchmarks.semi",
            "torch": torch.__version__,
            "python": platform.python_version(),
            "threads": torch.get_num_threads(),
            "labels per class": PER_CLASS,
            "games": {**before, game: found},
        }
        RESULTS.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()

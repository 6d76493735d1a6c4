"""A classifier of a labelled source: the feature space wherever nothing can be downloaded.

The literature measures games on MNIST in the features of a network trained on MNIST, where
Inception's, made for photographs, say little. Ours is trained once for each source and size, in
one thread and with fixed draws, so that the same machine always makes the same, and is kept in the
cache. How many of the held-out rows it names rightly is part of its protocol.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ganvas.core import Image, Label, UsageError
from ganvas.core.chance import seed_of
from ganvas.data import Source, load
from ganvas.metrics.cache import find, keep, sha256_of
from ganvas.metrics.features import Features, Trunk

RECIPE = {"version": 2, "batch": 64, "lr": 2e-3, "noise": 0.1, "shift": 0.1, "ema": 0.98}
"""Whatever changes what is learned has a place here: it names the file in the cache."""
EPOCHS, LEAST, MOST = 25, 350, 4_000
"""So many times each row is seen, but in no fewer and no more steps than these."""


class Network(nn.Module):
    """Pictures (n, channels, h, w) -> logits (n, classes), by way of 64 features."""

    def __init__(self, space: Image, classes: int) -> None:
        super().__init__()
        self.trunk, self.out = Trunk(space), nn.Linear(64, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.trunk(x))


class Classifier(Features):
    """The penultimate layer of a network that was trained to name the classes.

    Args:
        source: the rows to learn from, with labels.

    Raises:
        UsageError: if the source has no labels, or all rows have the same.
    """

    name = "classifier"
    dims = 64

    def __init__(self, source: Source) -> None:
        spaces = source.tables[0].spaces
        x, label = spaces["x"], spaces.get("label")
        if not isinstance(x, Image) or not isinstance(label, Label):
            raise UsageError(f"{source.name} has no labels to train a classifier on")
        self.classes = label.classes
        parts = {"data": source.fingerprint, "space": x.to_json(), **RECIPE}
        found = find("classifier", parts)
        weights, self.about = found or _made(source, x, label)
        if found is None:
            keep("classifier", parts, weights, self.about)
        with torch.device("meta"):  # it draws no first weights
            self.net = Network(x, label.classes)
        self.net.load_state_dict(weights, assign=True)
        self.net.eval().requires_grad_(False)
        self.weights = sha256_of(weights)

    def __call__(self, x: Tensor) -> Tensor:
        return self.net.trunk(x.float())

    def probabilities(self, x: Tensor) -> Tensor:
        return self.net(x.float()).softmax(1)

    def protocol(self) -> dict[str, Any]:
        return {**super().protocol(), **self.about}


class Stacked(Features):
    """The classifier of digits on each of the three channels, its features one behind the other."""

    name = "classifier"
    dims = 3 * Classifier.dims

    def __init__(self, source: Source) -> None:
        given = {key: source.given[key] for key in ("size", "fit", "split")}
        self.digits = Classifier(load("digits", **given))
        self.weights = self.digits.weights

    def __call__(self, x: Tensor) -> Tensor:
        return self.digits(_apart(x)).view(len(x), -1)

    def names(self, x: Tensor) -> Tensor:
        return self.digits.names(_apart(x)).view(len(x), 3)

    def protocol(self) -> dict[str, Any]:
        return {**super().protocol(), "of": "each channel", **self.digits.about}


def _apart(x: Tensor) -> Tensor:
    """(n, 3, h, w) -> (3n, 1, h, w)."""
    return x.flatten(0, 1)[:, None]


def _made(source: Source, space: Image, label: Label) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The trained weights, and how good they are."""
    table = source.tables[0]
    rows = table.fetch(torch.arange(min(len(table), 10_000)))
    if len(rows["label"].unique()) < 2:
        raise UsageError(f"all rows of {source.name} have one label: nothing tells them apart")
    with _alone(), torch.enable_grad():
        torch.manual_seed(0)
        trained = _trained(Network(space, label.classes), source, seed_of("classifier"))
    return dict(trained.state_dict()), _accuracy(trained, source)


@contextmanager
def _alone() -> Iterator[None]:
    """One thread and generators of its own: the same sums in the same order, every time."""
    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)


def _trained(net: Network, source: Source, seed: int) -> Network:
    """Adam on cross entropy, with shifted and noisy rows; returns the average of the weights."""
    table, batch = source.tables[0], int(RECIPE["batch"])
    steps = min(MOST, max(LEAST, EPOCHS * len(table) // batch))
    draws = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(net.parameters(), RECIPE["lr"], weight_decay=1e-3, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RECIPE["lr"], total_steps=steps)
    average = copy.deepcopy(net)
    net.train()
    for _ in range(steps):
        rows = table.fetch(torch.randint(len(table), (batch,), generator=draws))
        loss = cross_entropy(net(_disturbed(rows["x"], draws)), rows["label"])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            torch._foreach_lerp_(
                list(average.parameters()), list(net.parameters()), 1 - RECIPE["ema"]
            )
    return average.eval()


def _disturbed(x: Tensor, draws: torch.Generator) -> Tensor:
    """The pictures, moved a little and with some noise."""
    most = [max(1, round(RECIPE["shift"] * side)) for side in x.shape[2:]]
    dy, dx = (int(torch.randint(-m, m + 1, (), generator=draws)) for m in most)
    moved = torch.roll(x, (dy, dx), (2, 3))
    return moved + RECIPE["noise"] * torch.randn(x.shape, generator=draws)


@torch.no_grad()
def _accuracy(net: Network, source: Source) -> dict[str, Any]:
    """The share of rows that the classifier names rightly, of held-out ones if there are any."""
    split = "test"
    try:
        same = {k: source.given[k] for k in ("size", "channels", "fit")}
        held = load(source.given["source"], **same, split="test", fields=("x", "label"))
    except UsageError:
        held, split = source, "train"
    table, right = held.tables[0], 0
    for numbers in torch.arange(len(table)).split(512):
        rows = table.fetch(numbers)
        right += int((net(rows["x"]).argmax(1) == rows["label"]).sum())
    return {f"accuracy on {split} rows": round(right / len(table), 4)}

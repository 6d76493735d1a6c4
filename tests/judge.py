"""A judge of digits who has nothing to do with any GAN: a classifier of real ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.neural_network import MLPClassifier
from torch import Tensor

from ganvas import data


@dataclass(frozen=True)
class Verdict:
    """What the judge says of generated digits."""

    confidence: float
    """Its mean confidence, as a share of its confidence in real digits that it has not seen."""
    fewest: int
    """How often the rarest class comes."""
    unique: int
    """How many of the pictures differ from all others."""


class Judge:
    """Learned from the half of the real digits that no GAN here is trained on (`split="test"`).

    Args:
        swapped: learn from the other half instead; then it must not think otherwise.
    """

    def __init__(self, size: int = 16, *, swapped: bool = False) -> None:
        halves = [_digits(size, split) for split in ("test", "train")]
        (x, labels), (others, _) = reversed(halves) if swapped else halves
        self.net = MLPClassifier((128,), max_iter=300, random_state=0).fit(x, labels)
        self.real = float(self.net.predict_proba(others).max(1).mean())

    def names(self, x: Tensor) -> np.ndarray:
        """The digit in each of (n, 1, size, size)."""
        return self.net.predict(_flat(x))

    def __call__(self, x: Tensor) -> Verdict:
        probability = self.net.predict_proba(_flat(x))
        counts = np.bincount(probability.argmax(1), minlength=10)
        return Verdict(
            float(probability.max(1).mean()) / self.real,
            int(counts.min()),
            len(torch.unique(x.flatten(1), dim=0)),
        )


def _digits(size: int, split: str) -> tuple[np.ndarray, np.ndarray]:
    table = data.load("digits", size=size, split=split, fields=("x", "label")).tables[0]
    rows = table.fetch(torch.arange(len(table)))
    return _flat(rows["x"]), rows["label"].numpy()


def _flat(x: Tensor) -> np.ndarray:
    return x.flatten(1).numpy()

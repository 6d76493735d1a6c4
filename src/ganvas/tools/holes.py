"""Holes by a word, for pictures that have none: `centre:50%`, `random:80%`."""

from __future__ import annotations

import re
from collections.abc import Callable

import torch
from torch import Tensor

from ganvas.core import Chance, UsageError
from ganvas.core.errors import did_you_mean

Size = tuple[int, int]


def centre(size: Size, share: float, seed: int) -> Tensor:
    """A hole in the middle, in the shape of the picture: (h, w), bool."""
    where = torch.zeros(size, dtype=torch.bool)
    h, w = (min(side, max(1, round(side * share**0.5))) for side in size)
    top, left = (size[0] - h) // 2, (size[1] - w) // 2
    where[top : top + h, left : left + w] = True
    return where


def random(size: Size, share: float, seed: int) -> Tensor:
    """Pixels here and there, drawn by a seed: (h, w), bool."""
    pixels = size[0] * size[1]
    order = Chance("hole", seed).uniform(1, pixels)[0].argsort()
    where = torch.zeros(pixels, dtype=torch.bool)
    where[order[: round(pixels * share)]] = True
    return where.view(size)


KINDS: dict[str, tuple[Callable[[Size, float, int], Tensor], int]] = {
    "centre": (centre, 50),
    "random": (random, 80),
}
"""Each kind of hole, and how much is missing unless it is said, in per cent."""


def hole_of(word: str, size: Size, seed: int = 0) -> Tensor:
    """The hole that a word means: (h, w), bool.

    Args:
        word: `centre` or `random`, and how much of the picture is missing, in per cent of its area;
            `centre` alone is 50 %, `random` alone 80 %.
        size: (h, w).
        seed: decides what is drawn.

    Raises:
        UsageError: if it means none, or nothing would be left.
    """
    kind, _, much = word.partition(":")
    if kind not in KINDS:
        raise did_you_mean(kind, KINDS, "kind of hole")
    draw, usual = KINDS[kind]
    number = re.fullmatch(r"(\d+(?:\.\d+)?)%", much or f"{usual}%")
    share = float(number[1]) / 100 if number else 0.0
    if not 0 < share < 1:
        raise UsageError(
            f"how much is missing? {kind}:50% is half of the picture's area; not {word!r}"
        )
    where = draw(size, share, seed)
    if not where.any() or where.all():
        many = "nothing" if not where.any() else "all"
        raise UsageError(f"of {size[1]}x{size[0]} pixels, {word} is {many}: take another share")
    return where

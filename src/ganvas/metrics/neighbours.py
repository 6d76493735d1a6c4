"""Nearest neighbours among many rows, a block at a time."""

from __future__ import annotations

import torch
from torch import Tensor

BLOCK = 1_024
"""Rows whose distances to all others are in memory at once."""


def distances(a: Tensor, b: Tensor) -> Tensor:
    """Euclidean distances in float64: a (n, d), b (m, d) -> (n, m).

    By way of a matrix product, after centring, which keeps what cancels small.
    """
    a, b = a.double(), b.double()
    centre = b.mean(0)
    a, b = a - centre, b - centre
    squares = a.square().sum(1)[:, None] + b.square().sum(1) - 2 * a @ b.T
    return squares.clamp_min_(0).sqrt_()


def nearest(a: Tensor, b: Tensor, k: int = 1, *, same: bool = False) -> Tensor:
    """The distances from each of a (n, d) to its k nearest of b (m, d), ascending: (n, k).

    Args:
        same: b is a: a row is not its own neighbour.
    """
    found = []
    for start in range(0, len(a), BLOCK):
        apart = distances(a[start : start + BLOCK], b)
        if same:
            rows = torch.arange(len(apart))
            apart[rows, rows + start] = torch.inf
        found.append(apart.topk(min(k, len(b)), largest=False, sorted=True).values)
    return torch.cat(found)

"""Networks without convolutions: for points, and for pictures taken as plain vectors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn


class Maxout(nn.Module):
    """Each unit is the largest of several linear functions (Goodfellow et al. 2013).

    (n, inputs) -> (n, units); arXiv:1302.4389, eq. 2.
    """

    def __init__(self, inputs: int, units: int, pieces: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, units * pieces)
        self.units = units

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x).unflatten(-1, (self.units, -1)).amax(-1)


class MLP(nn.Module):
    """(n, *in_shape) -> (n, *out_shape) through hidden layers of ReLU units.

    Args:
        in_shape, out_shape: shapes without the batch; () is one number for each row.
        hidden: units of each hidden layer.
        dropout: share of the hidden units that are dropped.
        squash: whether a tanh ends it, for pictures in [-1, 1].
    """

    def __init__(
        self,
        in_shape: Sequence[int],
        out_shape: Sequence[int],
        hidden: Sequence[int],
        *,
        dropout: float = 0.0,
        squash: bool = False,
    ) -> None:
        super().__init__()
        self.out_shape = tuple(out_shape)
        sizes = [math.prod(in_shape), *hidden]
        layers: list[nn.Module] = []
        for before, after in pairwise(sizes):
            layers += [nn.Linear(before, after), nn.ReLU(inplace=True)]
            layers += [nn.Dropout(dropout)] if dropout > 0 else []
        layers += [nn.Linear(sizes[-1], math.prod(out_shape))]
        self.layers = nn.Sequential(*layers, *([nn.Tanh()] if squash else []))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x.flatten(1)).reshape(-1, *self.out_shape)

"""Convolutions that are told a label: as one more plane beside the picture.

Denton et al. 2015, arXiv:1506.05751, section 4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Planes(nn.Module):
    """Layers over planes (n, ·, h, w); with classes, of y (n, classes) a layer makes one more."""

    def __init__(self, layers: Sequence[nn.Module], classes: int, size: Sequence[int]) -> None:
        super().__init__()
        self.size, self.layers = size, nn.Sequential(*layers)
        self.plane = nn.Linear(classes, math.prod(size)) if classes else None

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        if self.plane is not None:
            x = torch.cat([x, self.plane(y).relu().view(-1, 1, *self.size)], 1)
        return self.layers(x)

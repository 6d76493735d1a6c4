"""Where pictures have holes."""

from __future__ import annotations

import torch
from torch import Tensor

MIDDLE = 7 / 16
"""Of each side; that of the released code of Pathak et al. 2016: 56 of 128 pixels."""


def middle(height: int, width: int) -> Tensor:
    """An alpha channel (1, height, width): -1 in the middle, 1 around it."""
    alpha = torch.ones(1, height, width)
    top, left = (round(side * (1 - MIDDLE) / 2) for side in (height, width))
    alpha[:, top : height - top, left : width - left] = -1
    return alpha

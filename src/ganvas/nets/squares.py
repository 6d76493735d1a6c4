"""Squares cut out of pictures, each at a place of its own."""

from __future__ import annotations

import torch
from torch import Tensor


def within(there: Tensor, side: int, draws: Tensor) -> Tensor:
    """Where squares begin that lie in a part of their picture: (n, 2), top and left.

    Args:
        there: that part, (n, h, w), true in a rectangle; if it is smaller than a square, the square
            begins with it, but never leaves the picture.
        side: of the squares, in pixels.
        draws: uniform in [0, 1), (n, 2).
    """
    corners = []
    for axis, draw in ((2, draws[:, 0]), (1, draws[:, 1])):
        seen = there.any(axis)
        room = (seen.sum(1) - side + 1).clamp(min=1)
        corner = seen.int().argmax(1) + (draw * room).long()
        corners.append(corner.clamp(max=seen.shape[1] - side))
    return torch.stack(corners, 1)


def squares(x: Tensor, corners: Tensor, side: int) -> Tensor:
    """Of each of x (n, channels, h, w) the square that begins there: (n, channels, side, side)."""
    along = torch.arange(side, device=x.device)
    rows, columns = (corners[:, axis, None] + along for axis in (0, 1))
    picture = torch.arange(len(x), device=x.device)[:, None, None]
    return x.permute(0, 2, 3, 1)[picture, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)

"""The outlines of pictures: dark lines of one pixel on white, as one would draw them with a pen.

A line is where colours change more than on either side of it (the gradient is that of Di Zenzo,
1986, in which channels do not cancel out), and change much, or less but in one line with a place
where they do (Canny, 1986).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import conv2d, max_pool2d, pad

BLUR = 0.8
"""Standard deviation, in pixels, of the blur that comes first: what is finer is no outline."""
STRONG, WEAK = 0.12, 0.05
"""Change of colour at a line; 1 is that from black to white in one channel, at a sharp step."""
ACROSS = ((0, 1), (1, 1), (1, 0), (1, -1))
"""Steps (down, right) to the next pixel across a line, for gradients turned by 0, 45, 90, 135°."""


def outlines(x: Tensor) -> Tensor:
    """Pictures (n, 1, 3 or 4, h, w) in [-1, 1] -> their outlines (n, 1, h, w), -1 on 1."""
    size, turn = _gradient(over_white(x))
    ridge = _ridge(size, turn)
    line, joined = ridge & (size > STRONG), ridge & (size > WEAK)
    while not torch.equal(line, grown := joined & (max_pool2d(line.float(), 3, 1, 1) > 0)):
        line = grown
    return 1 - 2 * line.float()


def over_white(x: Tensor) -> Tensor:
    """Pictures without transparency: what has it is laid over white."""
    if x.shape[1] != 4:
        return x
    return 1 - (1 - x[:, :3]) * (x[:, 3:] + 1) / 2


def _gradient(x: Tensor) -> tuple[Tensor, Tensor]:
    """How much, and in which direction (radians, from the x axis down), colours change most.

    Both are (n, 1, h, w). Channels pull together whether they become lighter or darker.
    """
    reach = math.ceil(3 * BLUR)
    at = torch.arange(-reach, reach + 1, dtype=x.dtype)
    bell = torch.exp(-(at**2) / (2 * BLUR**2))
    bell, slope = bell / bell.sum(), -at * bell / bell.sum() / BLUR**2
    flat = pad(x.flatten(0, 1)[:, None], (reach,) * 4, mode="replicate")
    steps = [
        conv2d(conv2d(flat, across.view(1, 1, 1, -1)), down.view(1, 1, -1, 1)).view(x.shape)
        for across, down in ((-slope, bell), (bell, -slope))
    ]
    gx, gy = (step * math.sqrt(math.pi / 2) * BLUR for step in steps)  # 1 at the sharpest step
    xx, xy, yy = ((a * b).sum(1, keepdim=True) for a, b in ((gx, gx), (gx, gy), (gy, gy)))
    root = torch.sqrt((xx - yy) ** 2 + 4 * xy**2)
    return torch.sqrt((xx + yy + root) / 2), torch.atan2(2 * xy, xx - yy) / 2


def _ridge(size: Tensor, turn: Tensor) -> Tensor:
    """Where no neighbour across the line has a larger gradient: (n, 1, h, w) bool."""
    height, width = size.shape[2:]
    around = pad(size, (1, 1, 1, 1))
    nearest = torch.round(turn / (math.pi / 4)).long() % 4
    ridge = torch.zeros_like(size, dtype=torch.bool)
    for which, (down, right) in enumerate(ACROSS):
        before, after = (
            around[..., 1 + s * down : 1 + s * down + height, 1 + s * right : 1 + s * right + width]
            for s in (-1, 1)
        )
        ridge |= (nearest == which) & (size > before) & (size >= after)
    return ridge

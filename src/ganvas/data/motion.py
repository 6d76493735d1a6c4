"""Blur as a moving camera makes it: kernels from random trajectories.

Kupyn et al. 2018, arXiv:1711.07064, algorithm 1, after Boracchi & Foi 2012. A point moves at a
constant speed; at every step a Gaussian push and a pull back to where it began turn it a little,
and now and then a shake reverses it. How long it was at a pixel is the weight of that pixel.
"""

from __future__ import annotations

import cmath
import math

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

STEPS = 2000
"""M, of a trajectory."""
LENGTH = 60.0
"""L_max, of a trajectory, in pixels; others have the shape of one so long, made smaller."""
SHAKE = 0.005
"""p_s: how much the speed is disturbed at each step."""
INERTIA, REVERSAL, GAUSSIAN = 0.7, 0.2, 10.0
"""Most that I, p_b and p_g may be; each trajectory draws its own, uniformly.

p_s and p_g are those of the authors' code, which makes paths as the paper shows them; with those
that it prints, 0.001 and 0.7, nearly all paths are hairpins.
"""


def trajectory(draws: torch.Generator) -> Tensor:
    """A random path of length `LENGTH`: (STEPS, 2), in pixels, from (0, 0)."""
    inertia, reversal, gaussian, angle = torch.rand(4, generator=draws).tolist()
    inertia, reversal, gaussian = INERTIA * inertia, REVERSAL * reversal, GAUSSIAN * gaussian
    shakes = (torch.rand(STEPS - 1, generator=draws) < reversal * SHAKE).tolist()
    turns = torch.rand(STEPS - 1, generator=draws).tolist()
    pushes = torch.view_as_complex(torch.randn(STEPS - 1, 2, generator=draws)).tolist()

    pace = LENGTH / (STEPS - 1)
    v, at = cmath.rect(pace, 2 * math.pi * angle), 0j
    path = [at]
    for shake, turn, push in zip(shakes, turns, pushes, strict=True):
        dv = SHAKE * pace * (gaussian * push - inertia * at)
        if shake:
            dv += 2 * v * cmath.exp(1j * (math.pi + turn - 0.5))
        v += dv
        v *= pace / abs(v)
        at += v
        path.append(at)
    return torch.view_as_real(torch.tensor(path, dtype=torch.complex64))


def side(length: float) -> int:
    """Pixels on each side of a kernel that holds every path of a length."""
    # No point of a path is further from its centre of mass than half its length.
    return 2 * math.ceil(length / 2) + 3


def kernel(path: Tensor, length: float) -> Tensor:
    """How long a path was at each pixel: (k, k), adding to 1, its centre of mass in the middle.

    Args:
        path: (STEPS, 2), in pixels, of length `LENGTH`.
        length: to which it is brought; k is its `side`.
    """
    k = side(length)
    at = (path - path.mean(0)) * (length / LENGTH) + k // 2
    corner = at.floor()
    near = at - corner
    weights = torch.zeros(k * k)
    for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
        part = torch.where(torch.tensor([down, right]) > 0, near, 1 - near).prod(1)
        place = (corner[:, 0] + down) * k + corner[:, 1] + right
        weights.index_add_(0, place.long(), part)
    return (weights / len(path)).view(k, k)


def blurred(y: Tensor, kernels: Tensor) -> Tensor:
    """Pictures (n, c, h, w), each convolved with its kernel (n, k, k); their borders go on."""
    n, c, h, w = y.shape
    around = (kernels.shape[1] // 2,) * 4
    each = kernels.flip(1, 2).repeat_interleave(c, 0)[:, None]
    wide = pad(y, around, mode="replicate").view(1, n * c, h + 2 * around[0], w + 2 * around[0])
    return conv2d(wide, each.to(y), groups=n * c).view(n, c, h, w)

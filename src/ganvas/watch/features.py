"""Samples as vectors in which a distance means something, and what distances tell."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, interpolate

from ganvas.core import Image, Space, Tokens

SIDE = 16
"""Pixels: pictures are compared at this size at most, where a shift by a pixel weighs little."""
WORD = 16
"""Numbers that stand for a word; drawn at random, any two words are about equally far apart."""
EXACT = 8
"""Up to so many coordinates distances are exact: rounding would hide that two points are one."""


def vectors(x: Tensor, space: Space, side: int = 1) -> Tensor:
    """Samples (n, ...) as vectors (n, d): small pictures, points, or words by place.

    Args:
        x: the samples.
        space: where they lie.
        side: of squares of pixels whose mean is to stand for them.
    """
    match space:
        case Image(_, height, width):
            room = (min(SIDE, height // side), min(SIDE, width // side))
            if room != (height, width):
                x = adaptive_avg_pool2d(x.float(), room)
        case Tokens(vocabulary, length):
            words = torch.randn(vocabulary, WORD, generator=torch.Generator().manual_seed(0))
            x = words[x] / (2 * WORD * length) ** 0.5
    return x.float().flatten(1)


def grain(x: Tensor) -> int:
    """The side of the equal squares that pictures (n, channels, h, w) consist of: 1, 2, 4 ...

    A game that grows shows small pictures enlarged, of 4 squares across at least; nobody can ask
    them for finer detail.
    """
    side = 1
    while all(size % (2 * side) == 0 and size >= 8 * side for size in x.shape[2:]):
        small = avg_pool2d(x.float(), 2 * side)
        if not torch.allclose(interpolate(small, scale_factor=2 * side), x.float(), atol=1e-3):
            break
        side *= 2
    return side


def distances(a: Tensor, b: Tensor) -> Tensor:
    """Between vectors (n, d) and (m, d): (n, m)."""
    exact = a.shape[1] <= EXACT
    mode = "donot_use_mm_for_euclid_dist" if exact else "use_mm_for_euclid_dist_if_necessary"
    return torch.cdist(a, b, compute_mode=mode)


def within(d: Tensor) -> float:
    """The mean distance between two different ones, from all their distances (n, n)."""
    n = len(d)
    return float(d.sum() / max(1, n * (n - 1)))


def alone(d: Tensor) -> Tensor:
    """Distances (n, n) in which nobody is near to itself."""
    return d.clone().fill_diagonal_(torch.inf)


def contrasts(d: Tensor) -> Tensor:
    """How far the nearest row is, as a part of how far the next is: (n, rows) -> (n,) in [0, 1].

    Near 0 for a copy; near 1 for what is new, and for a blurred picture, which is near to many.
    """
    two = d.topk(2, dim=1, largest=False).values
    return two[:, 0] / two[:, 1].clamp_min(1e-30)


def copies(d: Tensor) -> float:
    """The share of samples that are much nearer to one row than to any other: (n, rows) -> share.

    By the rule of Yoon et al. 2023 a copy is less than a third as far from the nearest row as from
    the next.
    """
    return float((contrasts(d) < 1 / 3).double().mean())


def centres(x: Tensor, k: int, rounds: int = 8) -> Tensor:
    """The centres of k heaps of vectors (n, d), by Lloyd's algorithm: (k, d)."""
    found = x[torch.arange(k) * len(x) // k].clone()
    for _ in range(rounds):
        nearest = distances(x, found).argmin(1)
        sums = torch.zeros_like(found).index_add_(0, nearest, x)
        counts = torch.bincount(nearest, minlength=k)
        full = counts > 0
        found[full] = sums[full] / counts[full, None]
    return found


def shares(numbers: Tensor, k: int) -> list[float]:
    """How the numbers 0 .. k-1 (n,) are spread: the share of each."""
    counts = torch.bincount(numbers, minlength=k)
    return [round(float(c) / max(1, len(numbers)), 4) for c in counts]


def wins(a: Tensor, b: Tensor) -> float:
    """How often a score of `a` is above one of `b`, ties half: the area under the ROC curve."""
    over = (a[:, None] > b).double() + 0.5 * (a[:, None] == b).double()
    return float(over.mean())


def largest_singular(weight: Tensor, v: Tensor, steps: int) -> tuple[float, Tensor]:
    """The largest singular value of a weight as a matrix (outputs, rest), by power iteration.

    Args:
        weight: a layer's; a convolution's kernel is flattened, as in BigGAN's analysis.
        v: where to begin, (rest,); the better, the fewer steps it takes.
        steps: of the iteration.

    Returns:
        The value, and the v to begin with next time.
    """
    matrix = weight.detach().float().flatten(1)
    for _ in range(steps):
        u = matrix @ v
        if not bool(u.any()):  # layers may begin as 0; from a v of 0 there would be no way back
            return 0.0, v
        v = matrix.T @ (u / u.norm().clamp_min(1e-30))
        v = v / v.norm().clamp_min(1e-30)
    return float((matrix @ v).norm()), v

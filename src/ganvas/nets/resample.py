"""FIR resampling: pictures of half or twice the size, low-pass filtered so that nothing aliases.

The filter is separable, its taps sum to 1, and beyond the border there is nothing (zeros):

    down(x) = every second of (k * x),    up(x) = 4 k * (x with zeros between its pixels),

for a factor of 2, centred, so that `up` is the transpose of `down` times its gain of 4 (Karras et
al. 2020, arXiv:1912.04958; Zhang 2019, arXiv:1904.11486). All is linear in x, so it can be
differentiated as often as wanted.

Up to `MATRIX` pixels a side, each direction is one product with a banded matrix: on one core 2 to 9
times as fast as a depthwise convolution when it is differentiated twice at 16 to 64 pixels, and as
fast at 256. The work of a product grows with the side, so larger pictures take the convolution.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import conv2d, conv_transpose2d, pad

from ganvas.core.errors import UsageError

TAPS = (1, 3, 3, 1)
"""Bilinear interpolation by a factor of 2; a cubic B-spline's taps too."""
MATRIX = 256
"""The longest side that is filtered by a matrix product."""


def kernel(taps: Sequence[float] = TAPS) -> Tensor:
    """The filter over both sides: the outer product of the taps with themselves, of sum 1."""
    return _kernel(taps).float()


def blurred(x: Tensor, taps: Sequence[float] = TAPS) -> Tensor:
    """Filtered: (n, c, h, w) -> (n, c, h, w)."""
    return down(x, taps, 1)


def down(x: Tensor, taps: Sequence[float] = TAPS, factor: int = 2) -> Tensor:
    """Filtered, then every second (or `factor`-th) pixel: (n, c, h, w) -> (n, c, h/2, w/2).

    Raises:
        UsageError: if a side is no multiple of the factor.
    """
    h, w = x.shape[2:]
    if h % factor or w % factor:
        raise UsageError(f"{h}x{w} pixels cannot be divided by {factor}; both sides must be able")
    if max(h, w) <= MATRIX:
        rows, columns = _matrices(x, h, w, taps, factor)
        return rows @ x @ columns.T
    before, after = _margins(len(taps), factor)
    x = pad(x, (before, after, before, after))
    return conv2d(x, _depthwise(x, taps), stride=factor, groups=x.shape[1])


def up(x: Tensor, taps: Sequence[float] = TAPS, factor: int = 2) -> Tensor:
    """Zeros put between the pixels, then filtered: (n, c, h, w) -> (n, c, 2h, 2w).

    What was constant stays so, away from the border: the filter has a gain of factor².
    """
    h, w = (factor * side for side in x.shape[2:])
    if max(h, w) <= MATRIX:
        rows, columns = _matrices(x, h, w, taps, factor)
        return factor * rows.T @ x @ (factor * columns)
    before, after = _margins(len(taps), factor)
    weight = factor**2 * _depthwise(x, taps)
    x = conv_transpose2d(x, weight, stride=factor, groups=x.shape[1])
    return pad(x, (-before, -after, -before, -after))


def _kernel(taps: Sequence[float]) -> Tensor:
    line = torch.tensor(taps, dtype=torch.float64, device="cpu")
    return torch.outer(line, line) / line.sum().square()


def _margins(taps: int, factor: int) -> tuple[int, int]:
    """Zeros before the first and after the last pixel, so that the filter stays centred."""
    return (taps - factor + 1) // 2, (taps - factor) // 2


def _depthwise(x: Tensor, taps: Sequence[float]) -> Tensor:
    """The filter for each of the maps of x: (c, 1, k, k)."""
    return _kernel(taps).to(x).expand(x.shape[1], 1, -1, -1)


def _matrices(
    x: Tensor, h: int, w: int, taps: Sequence[float], factor: int
) -> tuple[Tensor, Tensor]:
    """What filters the columns of (h, w) pixels and what filters the rows, of x's kind.

    A compiler keeps constants itself, and warns of caches.
    """
    make = _matrix if torch.compiler.is_compiling() else _kept
    more = (tuple(taps), factor, x.dtype, x.device)
    return make(h, *more), make(w, *more)


def _matrix(
    side: int, taps: tuple[float, ...], factor: int, dtype: torch.dtype, device: torch.device
) -> Tensor:
    """Filters and thins a line: (side/factor, side). Row i has the taps around factor · i."""
    before, _ = _margins(len(taps), factor)
    line = torch.tensor([tap / sum(taps) for tap in taps], dtype=dtype, device=device)
    here = torch.arange(side, device=device)
    tap = here - factor * here[: side // factor, None] + before
    within = (tap >= 0) & (tap < len(taps))
    return within * line[tap.clamp(0, len(taps) - 1)]


@lru_cache(maxsize=256)
def _kept(
    side: int, taps: tuple[float, ...], factor: int, dtype: torch.dtype, device: torch.device
) -> Tensor:
    with torch.inference_mode(False):
        return _matrix(side, taps, factor, dtype, device)

"""Pictures at half and at twice their size: the operators d and u of a Laplacian pyramid."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import interpolate


def doubled(x: Tensor) -> Tensor:
    """(n, channels, h, w) twice as large, smoothly."""
    return interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def halved(x: Tensor, times: int = 1) -> Tensor:
    """Half as large, so many times, each time blurred first by a triangle four pixels wide."""
    for _ in range(times):
        size = (x.shape[-2] // 2, x.shape[-1] // 2)
        x = interpolate(x, size, mode="bilinear", align_corners=False, antialias=True)
    return x

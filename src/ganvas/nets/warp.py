"""Pictures bent out of shape."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, interpolate


def bent(x: Tensor, by: Tensor) -> Tensor:
    """Pictures (n, channels, h, w) warped smoothly: a grid of points is moved, and all between.

    Args:
        by: how far each point is moved, right and down, in parts of the sides: (n, 2, ·, ·); what
            all points of a picture have in common is left out.
    """
    off = 2 * interpolate(by - by.mean((2, 3), keepdim=True), x.shape[2:], mode="bicubic")
    still = torch.eye(2, 3, dtype=x.dtype, device=x.device).expand(len(x), 2, 3)
    grid = affine_grid(still, list(x.shape), align_corners=False) + off.permute(0, 2, 3, 1)
    return grid_sample(x, grid, padding_mode="border", align_corners=False)

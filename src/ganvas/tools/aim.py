"""What is looked for: how far pictures are from a given one."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import Tensor
from torch.nn.functional import avg_pool2d

COARSEST = 4
"""Pixels of the shorter side below which differences are no longer looked at."""


class Aim:
    """How far pictures are from the one that is looked for.

    Args:
        target: (channels, h, w).
        weight: of each pixel, (h, w); 1 if None.
        scales: whether differences count also when seen at a half, a quarter ... of the size.
        prior: something else that counts, of pictures: (n,).
    """

    def __init__(
        self,
        target: Tensor,
        weight: Tensor | None = None,
        *,
        scales: bool = False,
        prior: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        self.target, self.scales, self.prior = target, scales, prior
        whole = target.new_ones(target.shape[1:]) if weight is None else weight
        self.share = (whole / whole.mean()).sqrt()

    def __call__(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """What is to be small, and the mean square error: (n,), (n,)."""
        off = self.share * (pictures - self.target)
        total = error = off.square().flatten(1).mean(1)
        while self.scales and min(off.shape[2:]) >= 2 * COARSEST:
            off = avg_pool2d(off, 2)
            total = total + off.square().flatten(1).mean(1)
        return (total if self.prior is None else total + self.prior(pictures)), error.detach()


def psnr_of(error: float) -> float:
    """Of a mean square error between pictures in [-1, 1], in dB."""
    return 10 * math.log10(4 / max(error, 1e-15)) if error < math.inf else -math.inf

"""The parts of ProGAN that its successors kept (Karras et al. 2018, arXiv:1710.10196)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d


class Conv(nn.Conv2d):
    """A convolution with an equalised learning rate: N(0, 1) weights, scaled when used (4.1)."""

    def __init__(
        self, before: int, after: int, kernel: int, padding: int = 0, gain: float = math.sqrt(2)
    ) -> None:
        super().__init__(before, after, kernel, padding=padding)
        self.scale = _equalise(self, gain)

    def forward(self, x: Tensor) -> Tensor:
        return conv2d(x, self.weight * self.scale, self.bias, padding=self.padding)


class Unfold(nn.ConvTranspose2d):
    """(n, before, 1, 1) -> (n, after, 4, 4), with an equalised learning rate."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(before, after, 4)
        self.scale = _equalise(self, math.sqrt(2))

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        return conv_transpose2d(x, self.weight * self.scale, self.bias)


def _equalise(layer: nn.Conv2d | nn.ConvTranspose2d, gain: float) -> float:
    """Weights from N(0, 1), no bias; returns He's constant gain / sqrt(fan in)."""
    assert layer.bias is not None
    nn.init.normal_(layer.weight)
    nn.init.zeros_(layer.bias)
    return gain / math.sqrt(layer.weight.numel() / layer.bias.numel())


def pixel_norm(x: Tensor) -> Tensor:
    """Feature vectors of mean square 1: x / sqrt(mean x² + 1e-8) at each pixel (section 4.2)."""
    return x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()


class MinibatchDeviation(nn.Module):
    """Appends a map of how much the images of a group of four differ (section 3).

    (n, c, h, w) -> (n, c + 1, h, w). Deviations are averaged over features and pixels.
    """

    batch_statistics = True

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        size = next(size for size in (4, 3, 2, 1) if n % size == 0)
        groups = x.float().view(size, n // size, c, h, w)
        deviation = (groups.var(0, correction=0) + 1e-8).sqrt().mean((1, 2, 3))
        return torch.cat([x, deviation.to(x).repeat(size).view(n, 1, 1, 1).expand(n, 1, h, w)], 1)

"""The parts of ProGAN that its successors kept (Karras et al. 2018, arXiv:1710.10196)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, linear

Sides = int | tuple[int, int]


class Conv(nn.Conv2d):
    """A convolution with an equalised learning rate: N(0, 1) weights, scaled when used (4.1)."""

    def __init__(
        self,
        before: int,
        after: int,
        kernel: Sides,
        padding: int = 0,
        gain: float = math.sqrt(2),
        bias: bool = True,
    ) -> None:
        super().__init__(before, after, kernel, padding=padding, bias=bias)
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


class Dense(nn.Linear):
    """A linear map with an equalised learning rate, perhaps with another rate.

    Args:
        before, after: features.
        gain: of He's constant.
        rate: the learning rate of this layer, relative to that of all (Karras et al. 2019,
            arXiv:1812.04948, appendix C): what is learned is the weights and biases by `rate`.
        start: the bias at first; None for no bias.
    """

    def __init__(
        self,
        before: int,
        after: int,
        gain: float = math.sqrt(2),
        rate: float = 1.0,
        start: float | None = 0.0,
    ) -> None:
        super().__init__(before, after, bias=start is not None)
        nn.init.normal_(self.weight, std=1 / rate)
        if start is not None:
            nn.init.constant_(self.bias, start / rate)
        self.scale, self.rate = gain / math.sqrt(before) * rate, rate

    def forward(self, x: Tensor) -> Tensor:
        bias = self.bias if self.bias is None or self.rate == 1 else self.bias * self.rate
        return linear(x, self.weight * self.scale, bias)


def _equalise(layer: nn.Conv2d | nn.ConvTranspose2d, gain: float) -> float:
    """Weights from N(0, 1), no bias; returns He's constant gain / sqrt(fan in)."""
    nn.init.normal_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return gain / math.sqrt(layer.weight.numel() / layer.out_channels)


def is_equalised(layer: nn.Module) -> bool:
    """Whether a layer has an equalised learning rate."""
    return isinstance(layer, Conv | Unfold | Dense)


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

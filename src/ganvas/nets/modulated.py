"""Modulated convolution (Karras et al. 2020, arXiv:1912.04958, section 2.2).

A style scales each input map of a convolution; then each output map is divided by the deviation
that it would have if the inputs were independent with variance 1:

    w' = s_i w,    w'' = w' / sqrt(sum over i and k of w'^2 + 1e-8)              (eq. 1 and 3)

Since a convolution is linear, it is the same to scale what goes in and what comes out, and to share
the weights between all samples: one ordinary convolution, for a batch of any size.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from ganvas.nets.equalised import Dense
from ganvas.nets.strided import conv_up


def modulated_conv(
    x: Tensor, weight: Tensor, style: Tensor, demodulate: bool = True, *, up: bool = False
) -> Tensor:
    """Convolves with weights that are each sample's own; the size stays, or doubles with `up`.

    Args:
        x: (n, before, h, w).
        weight: (after, before, k, k), k odd; 3 with `up`.
        style: s, (n, before).
        demodulate: whether the output maps are brought back to variance 1.
        up: whether x is first enlarged; see `conv_up`.
    """
    scaled = x * style[:, :, None, None]
    y = conv_up(scaled, weight) if up else conv2d(scaled, weight, padding=weight.shape[2] // 2)
    if not demodulate:
        return y
    power = style.square() @ weight.square().sum((2, 3)).T  # (n, after)
    return y * (power + 1e-8).rsqrt()[:, :, None, None]


class ModulatedConv(nn.Module):
    """A modulated convolution with a bias and its style's affine map, all equalised.

    x (n, before, h, w), w (n, width) -> (n, after, h, w), or twice the size with `up`.
    """

    def __init__(
        self,
        before: int,
        after: int,
        kernel: int,
        width: int,
        *,
        demodulate: bool = True,
        up: bool = False,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(after, before, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(after))
        self.style = Dense(width, before, gain=1, start=1.0)
        self.scale = 1 / math.sqrt(before * kernel**2)
        self.demodulate, self.up = demodulate, up

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        weight = self.weight * self.scale
        y = modulated_conv(x, weight, self.style(w), self.demodulate, up=self.up)
        return y + self.bias[:, None, None]

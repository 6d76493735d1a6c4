"""Discriminators of patches at several scales (Wang et al. 2018, arXiv:1711.11585, section 3.2)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d
from torch.nn.utils.parametrizations import spectral_norm

from ganvas.nets.initial import normal_
from ganvas.nets.translation import PatchDiscriminator


def reduced(x: Tensor) -> Tensor:
    """(n, channels, h, w) at half its size: the mean around every second pixel."""
    return avg_pool2d(x, 3, 2, 1, count_include_pad=False)


class MultiscaleDiscriminator(nn.Module):
    """x (n, channels, h, w) -> for each scale, what each layer makes of it; the last are scores.

    The first network sees the picture itself, each other one half of what the one before it sees.

    Args:
        channels: of x.
        width: feature maps of the first layer of each network.
        layers: of each network, which decide the size of its patches; see `PatchDiscriminator`.
        scales: how many networks there are.
        spectral: whether the weights of all layers but the first and the last have spectral norm 1.
    """

    def __init__(
        self, channels: int, width: int, layers: int, scales: int, *, spectral: bool = False
    ) -> None:
        super().__init__()
        nets = [PatchDiscriminator(channels, width, layers, padding=2) for _ in range(scales)]
        self.scales = nn.ModuleList(net.apply(normal_) for net in nets)
        for net in nets if spectral else []:
            for conv in [layer for layer in net.layers if isinstance(layer, nn.Conv2d)][1:-1]:
                spectral_norm(conv)

    def forward(self, x: Tensor, finest: int = 0) -> list[list[Tensor]]:
        """What the networks say, from the `finest` on, of an x of that one's size."""
        said = []
        for net in list(self.scales)[finest:]:
            assert isinstance(net, PatchDiscriminator)
            said.append(net.heard(x))
            x = reduced(x)
        return said


def scores_of(said: Sequence[Sequence[Tensor]]) -> Tensor:
    """The mean score of each row over all patches of a scale, then over scales: (n,)."""
    return torch.stack([layers[-1].flatten(1).mean(1) for layers in said]).mean(0)

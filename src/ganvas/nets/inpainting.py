"""The networks of the context encoder (Pathak et al. 2016, arXiv:1604.07379)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn


class ChannelWise(nn.Module):
    """Each feature map, fully connected to itself: (n, maps, h, w) -> the same (section 3.1)."""

    def __init__(self, maps: int, height: int, width: int) -> None:
        super().__init__()
        size = height * width
        self.weight = nn.Parameter(torch.randn(maps, size, size) * size**-0.5)
        self.bias = nn.Parameter(torch.zeros(maps, size))

    def forward(self, x: Tensor) -> Tensor:
        seen = torch.einsum("nms,mst->nmt", x.flatten(2), self.weight) + self.bias
        return seen.view_as(x)


def chain(maps: Sequence[int]) -> list[nn.Module]:
    """Convolutions that halve a picture each time; the first without batch norm."""
    layers: list[nn.Module] = [nn.Conv2d(maps[0], maps[1], 4, 2, 1), nn.LeakyReLU(0.2)]
    for before, after in pairwise(maps[1:]):
        layers += [nn.Conv2d(before, after, 4, 2, 1, bias=False)]
        layers += [nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
    return layers


class Discriminator(nn.Module):
    """y (n, maps[0], base·2^k) -> logit (n,), where there are k more maps."""

    def __init__(self, maps: Sequence[int], base: tuple[int, int]) -> None:
        super().__init__()
        self.layers = nn.Sequential(*chain(maps), nn.Conv2d(maps[-1], 1, base))

    def forward(self, y: Tensor) -> Tensor:
        return self.layers(y).flatten()


class Encoder(nn.Module):
    """(n, channels, base·2^k) -> the same size; or, where `centre`, half of it.

    Args:
        maps: channels, and the feature maps of the k layers that halve the picture.
        base: height and width of the smallest feature maps.
        bottleneck: units between the halves; 0 for the channel-wise layer.
    """

    def __init__(
        self, maps: Sequence[int], base: tuple[int, int], bottleneck: int, centre: bool
    ) -> None:
        super().__init__()
        inmost = maps[-1]
        if bottleneck:
            middle = [nn.Conv2d(inmost, bottleneck, base, bias=False), nn.BatchNorm2d(bottleneck)]
            middle += [nn.LeakyReLU(0.2)]
            middle += [nn.ConvTranspose2d(bottleneck, inmost, base, bias=False)]
        else:
            middle = [ChannelWise(inmost, *base), nn.Conv2d(inmost, inmost, 1, bias=False)]
        up: list[nn.Module] = [nn.BatchNorm2d(inmost), nn.ReLU()]
        shown = [*maps[:1], *maps[2:]] if centre else maps
        for after, before in reversed(list(pairwise(shown[1:]))):
            up += [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False)]
            up += [nn.BatchNorm2d(after), nn.ReLU()]
        up += [nn.ConvTranspose2d(shown[1], shown[0], 4, 2, 1), nn.Tanh()]
        self.layers = nn.Sequential(*chain(maps), *middle, *up)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)

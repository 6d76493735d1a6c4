"""The convolutional pair of DCGAN (Radford et al. 2015, arXiv:1511.06434), which others play too.

Between k = log2(side / base) doublings and halvings, strided convolutions do all the resampling.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from torch import Tensor, nn

Norm = Callable[[int], nn.Module]
"""Makes a normalisation layer for a number of feature maps."""


def layer_norm(maps: int) -> nn.Module:
    """Layer normalisation of each image by itself, with a scale and a shift for each map."""
    return nn.GroupNorm(1, maps)


class DCGANGenerator(nn.Module):
    """z (n, noise) -> x (n, channels, base·2^k), with values in [-1, 1].

    Args:
        noise: size of z.
        width: feature maps beside the image; each halving of the size doubles them.
        channels: channels of x.
        doublings: k.
        base: height and width of the smallest feature maps.
        norm: normalises the feature maps; None leaves it out.
        bias: whether the layers without a norm have a bias.
    """

    def __init__(
        self,
        noise: int,
        width: int,
        channels: int,
        doublings: int,
        *,
        base: tuple[int, int] = (4, 4),
        norm: Norm | None = nn.BatchNorm2d,
        bias: bool = True,
    ) -> None:
        super().__init__()
        maps = [width * 2**i for i in reversed(range(doublings))]
        biased = bias and norm is None

        def active(maps: int) -> list[nn.Module]:
            return [*([norm(maps)] if norm else []), nn.ReLU(inplace=True)]

        layers: list[nn.Module] = [nn.ConvTranspose2d(noise, maps[0], base, bias=biased)]
        for before, after in pairwise(maps):
            layers += active(before)
            layers += [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=biased)]
        layers += active(maps[-1])
        layers += [nn.ConvTranspose2d(maps[-1], channels, 4, 2, 1, bias=bias), nn.Tanh()]
        self.layers = nn.Sequential(*layers)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z[:, :, None, None])


class DCGANDiscriminator(nn.Module):
    """x (n, channels, base·2^k) -> score (n,), unbounded.

    Args:
        width: feature maps beside the image; each halving of the size doubles them.
        channels: channels of x.
        halvings: k.
        base: height and width of the smallest feature maps.
        norm: normalises all feature maps but the first ones; None leaves it out.
        bias: whether the layers without a norm have a bias.
    """

    def __init__(
        self,
        width: int,
        channels: int,
        halvings: int,
        *,
        base: tuple[int, int] = (4, 4),
        norm: Norm | None = None,
        bias: bool = True,
    ) -> None:
        super().__init__()
        maps = [channels, *(width * 2**i for i in range(halvings))]
        layers: list[nn.Module] = []
        for i, (before, after) in enumerate(pairwise(maps)):
            normed = norm is not None and i > 0  # section 3: no norm on D's input layer
            layers += [nn.Conv2d(before, after, 4, 2, 1, bias=bias and not normed)]
            layers += [norm(after)] if norm and normed else []
            layers += [nn.LeakyReLU(0.2, inplace=True)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(maps[-1], 1, base, bias=bias))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).flatten()

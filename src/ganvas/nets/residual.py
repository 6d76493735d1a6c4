"""The residual networks of SNGAN (Miyato et al. 2018, arXiv:1802.05957, appendix B.4).

SAGAN and BigGAN build on them (Zhang et al. 2019, arXiv:1805.08318; Brock et al. 2019,
arXiv:1809.11096).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from ganvas.nets.attention import SelfAttention
from ganvas.nets.conditional import ProjectedScore
from ganvas.nets.dcgan import Norm


def doubled(x: Tensor) -> Tensor:
    """Twice as large: each pixel becomes a square."""
    return interpolate(x, scale_factor=2, mode="nearest")


class UpBlock(nn.Module):
    """(n, before, h, w) -> (n, after, 2h, 2w): norm, ReLU, up, conv, norm, ReLU, conv; beside a
    shortcut up, conv 1x1.

    Args:
        before, after: feature maps.
        norm: makes a normalisation, which is called with the maps and with what the block is given.
    """

    def __init__(self, before: int, after: int, norm: Norm = nn.BatchNorm2d) -> None:
        super().__init__()
        self.norms = nn.ModuleList([norm(before), norm(after)])
        self.convs = nn.ModuleList(
            [nn.Conv2d(before, after, 3, 1, 1), nn.Conv2d(after, after, 3, 1, 1)]
        )
        self.shortcut = nn.Conv2d(before, after, 1)

    def forward(self, x: Tensor, *given: Tensor) -> Tensor:
        h = self.convs[0](doubled(self.norms[0](x, *given).relu()))
        h = self.convs[1](self.norms[1](h, *given).relu())
        # Of equal pixels the 1x1 convolution is equal, so it may come first, at a quarter the cost.
        return h + doubled(self.shortcut(x))


class DownBlock(nn.Module):
    """(n, before, h, w) -> (n, after, h/2, w/2): ReLU, conv, ReLU, conv, pool; beside a shortcut
    conv 1x1, pool.

    Args:
        before, after: feature maps.
        down: whether it pools. If it neither does nor changes the number of maps, the shortcut is
            the identity.
        first: whether it sees pictures, and so begins without a ReLU.
    """

    def __init__(self, before: int, after: int, *, down: bool = True, first: bool = False) -> None:
        super().__init__()
        self.down, self.first = down, first
        self.convs = nn.ModuleList(
            [nn.Conv2d(before, after, 3, 1, 1), nn.Conv2d(after, after, 3, 1, 1)]
        )
        self.shortcut = nn.Conv2d(before, after, 1) if down or before != after else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        h = self.convs[1](self.convs[0](x if self.first else x.relu()).relu())
        # The 1x1 convolution of a mean is the mean of the convolutions, at a quarter of the cost.
        return self._pooled(h) + self.shortcut(self._pooled(x))

    def _pooled(self, x: Tensor) -> Tensor:
        return avg_pool2d(x, 2) if self.down else x


def glorot_(module: nn.Module) -> None:
    """Weights of Glorot & Bengio (2010), √2 times as large in residual branches, and biases 0.

    For use with `net.apply`.
    """
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Embedding):
        nn.init.xavier_uniform_(module.weight)
    elif isinstance(module, UpBlock | DownBlock):
        for conv in module.convs:
            assert isinstance(conv, nn.Conv2d)
            nn.init.xavier_uniform_(conv.weight, math.sqrt(2))


class ResNetGenerator(nn.Module):
    """z (n, noise), and what its norms are given -> x (n, channels, base·2^k) in [-1, 1].

    Args:
        noise: size of z.
        maps: feature maps at base, base·2 ... base·2^k.
        channels: of x.
        base: height and width of the smallest feature maps.
        norm: makes the normalisations of the blocks.
        attend: before which block there is self-attention; None: nowhere.
    """

    def __init__(
        self,
        noise: int,
        maps: Sequence[int],
        channels: int,
        *,
        base: tuple[int, int] = (4, 4),
        norm: Norm = nn.BatchNorm2d,
        attend: int | None = None,
    ) -> None:
        super().__init__()
        self.shape = (maps[0], *base)
        self.enter = nn.Linear(noise, math.prod(self.shape))
        self.blocks = nn.ModuleList(UpBlock(a, b, norm) for a, b in pairwise(maps))
        self.attend = attend
        self.attention = None if attend is None else SelfAttention(maps[attend])
        last = nn.Conv2d(maps[-1], channels, 3, 1, 1)
        self.leave = nn.Sequential(nn.BatchNorm2d(maps[-1]), nn.ReLU(inplace=True), last, nn.Tanh())

    def forward(self, z: Tensor, *given: Tensor) -> Tensor:
        h = self.enter(z).unflatten(1, self.shape)
        for number, block in enumerate(self.blocks):
            if self.attention is not None and number == self.attend:
                h = self.attention(h)
            h = block(h, *given)
        return self.leave(h)


class ResNetDiscriminator(nn.Module):
    """x (n, channels, h, w), and its class (n,) if there are classes -> score (n,).

    The features that the score is made of are sums over all pixels.

    Args:
        channels: of x.
        maps: feature maps that each block makes.
        halvings: how many of the blocks pool, the first ones.
        classes: 0: nobody is told a class.
        attend: before which block there is self-attention; None: nowhere.
    """

    def __init__(
        self,
        channels: int,
        maps: Sequence[int],
        halvings: int,
        *,
        classes: int = 0,
        attend: int | None = None,
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            DownBlock(a, b, down=i < halvings, first=i == 0)
            for i, (a, b) in enumerate(pairwise([channels, *maps]))
        )
        self.attend = attend
        self.attention = None if attend is None else SelfAttention(maps[attend - 1])
        self.head = ProjectedScore(maps[-1], classes)

    def features(self, x: Tensor) -> Tensor:
        """What the score is made of: (n, maps)."""
        for number, block in enumerate(self.blocks):
            if self.attention is not None and number == self.attend:
                x = self.attention(x)
            x = block(x)
        return x.relu().sum((2, 3))

    def forward(self, x: Tensor, *label: Tensor) -> Tensor:
        return self.head(self.features(x), *label)

"""A generator that is told a picture at every norm (Park et al. 2019, arXiv:1903.07291)."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu
from torch.nn.utils.parametrizations import spectral_norm

from ganvas.nets.translation import Norm


class SPADENorm(nn.Module):
    """h (n, maps, ·, ·), normalised, then scaled and shifted as x (n, before, h, w) says."""

    def __init__(self, maps: int, before: int, hidden: int, norm: Norm) -> None:
        super().__init__()
        kind = nn.BatchNorm2d if norm == "batch" else nn.InstanceNorm2d
        self.norm = kind(maps, affine=False)
        self.shared = nn.Sequential(nn.Conv2d(before, hidden, 3, 1, 1), nn.ReLU())
        self.scale = nn.Conv2d(hidden, maps, 3, 1, 1)
        self.shift = nn.Conv2d(hidden, maps, 3, 1, 1)

    def forward(self, h: Tensor, x: Tensor) -> Tensor:
        told = self.shared(interpolate(x, h.shape[2:]))
        return self.norm(h) * (1 + self.scale(told)) + self.shift(told)


class SPADEBlock(nn.Module):
    """A residual block of which every norm is a SPADE: h (n, before, ·, ·) -> (n, after, ·, ·).

    Where the number of maps changes, what is added is convolved too (figure 4).
    """

    def __init__(self, before: int, after: int, of: int, hidden: int, norm: Norm) -> None:
        super().__init__()
        middle = min(before, after)
        sizes = [(before, middle, 3), (middle, after, 3)]
        sizes += [(before, after, 1)] if before != after else []
        self.norms = nn.ModuleList(SPADENorm(a, of, hidden, norm) for a, _, _ in sizes)
        self.convs = nn.ModuleList(nn.Conv2d(a, b, k, 1, k // 2, bias=k > 1) for a, b, k in sizes)

    def forward(self, h: Tensor, x: Tensor) -> Tensor:
        skip = self.convs[2](self.norms[2](h, x)) if len(self.convs) == 3 else h
        for norm, conv in zip(self.norms[:2], self.convs, strict=False):
            h = conv(leaky_relu(norm(h, x), 0.2))
        return skip + h

    def bound(self) -> None:
        """Gives all its convolutions spectral norm 1, but for those inside of its norms."""
        for conv in self.convs:
            spectral_norm(conv)


class SPADEGenerator(nn.Module):
    """x (n, of, h, w), z (n, noise) or None -> (n, after, h, w).

    Args:
        base: height and width of the first maps, those of x / 2^doublings.
        noise: size of z; 0 to begin with x, made small.
    """

    def __init__(
        self,
        of: int,
        after: int,
        width: int,
        base: tuple[int, int],
        doublings: int,
        *,
        noise: int,
        hidden: int,
        norm: Norm,
    ) -> None:
        super().__init__()
        self.base, self.first = base, 16 * width
        cells = self.first * base[0] * base[1]
        self.start = nn.Linear(noise, cells) if noise else nn.Conv2d(of, self.first, 3, 1, 1)
        times = [16, 16, 16, 16, 8, 4, 2, 1, 0.5][: 8 + (doublings == 7)]
        maps = [int(width * each) for each in times]
        self.blocks = nn.ModuleList(SPADEBlock(a, b, of, hidden, norm) for a, b in pairwise(maps))
        self.doubled = [False, doublings > 4, doublings > 5, *[True] * 5]
        self.last = nn.Conv2d(maps[-1], after, 3, 1, 1)

    def forward(self, x: Tensor, z: Tensor | None = None) -> Tensor:
        if z is None:
            h = self.start(interpolate(x, self.base))
        else:
            h = self.start(z).view(-1, self.first, *self.base)
        for block, doubled in zip(self.blocks, self.doubled, strict=False):
            h = block(interpolate(h, scale_factor=2.0) if doubled else h, x)
        return self.last(leaky_relu(h, 0.2)).tanh()

    def bound(self) -> None:
        """Gives the convolutions of its blocks spectral norm 1."""
        for block in self.blocks:
            assert isinstance(block, SPADEBlock)
            block.bound()

"""What networks that grow have in common (Karras et al. 2018, arXiv:1710.10196, section 2).

The sides of level i are base · 2^i. While a level is faded in, α rises from 0 to 1, and what is
made and what is seen are blends of it and the level below. A place is a level and its α.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from ganvas.core.clock import Clock
from ganvas.core.game import Play, Stage
from ganvas.nets.equalised import Conv, MinibatchDeviation

Place = tuple[int, float]
Sides = tuple[int, int]


def up(x: Tensor, factor: int = 2) -> Tensor:
    """Larger by a factor: each pixel becomes a square."""
    return interpolate(x, scale_factor=factor, mode="nearest") if factor > 1 else x


def down(x: Tensor, factor: int = 2) -> Tensor:
    """Smaller by a factor: each square becomes its mean."""
    return avg_pool2d(x, factor) if factor > 1 else x


@dataclass(frozen=True)
class Growth:
    """From the level `first` to the level `top`."""

    base: Sides
    """Height and width at level 0."""
    top: int
    first: int = 0

    def size(self, level: int) -> Sides:
        """Height and width at a level."""
        return self.base[0] << level, self.base[1] << level

    def stages(self, play: Play, batches: Sequence[int], last: float) -> list[Stage]:
        """4x4, 8x8 fade, 8x8, 16x16 fade ...; Adam begins anew with each.

        Args:
            play: a round.
            batches: of each level, from level 0; levels beyond have the config's.
            last: how long the last stage is, compared to each of the others.
        """
        found = []
        for number in range(2 * (self.top - self.first) + 1):
            level, fading = self.first + (number + 1) // 2, number % 2 == 1
            height, width = self.size(level)
            batch = batches[level] if level < len(batches) else None
            share = last if number == 2 * (self.top - self.first) else 1.0
            name = f"{height}x{width}" + (" fade" if fading else "")
            found.append(Stage(name, play, share, batch, fresh=True))
        return found

    def place(self, clock: Clock) -> Place:
        """The level of the current stage, and how far (α) it has been faded in."""
        number = max(0, clock.stage)
        level = self.first + (number + 1) // 2
        return level, clock.stage_progress if number % 2 else 1.0

    def seen(self, x: Tensor, level: int, alpha: float = 1.0) -> Tensor:
        """Full pictures, reduced to a place: at α = 0 they show what the level below shows."""
        x = down(x, 2 ** (self.top - level))
        return x if alpha == 1 else up(down(x)).lerp(x, alpha)

    def enlarged(self, x: Tensor, level: int) -> Tensor:
        """Pictures of a level in the full size."""
        return up(x, 2 ** (self.top - level))


class ToImage(nn.ModuleList):
    """Feature maps -> pictures: one 1x1 convolution for each level."""

    def __init__(self, maps: Sequence[int], channels: int) -> None:
        super().__init__(Conv(m, channels, 1, gain=1) for m in maps)

    def forward(self, h: Tensor, before: Tensor, level: int, alpha: float = 1.0) -> Tensor:
        """Of the maps h of a level and those of the one below, which are not used at α = 1."""
        x: Tensor = self[level](h)
        return x if alpha == 1 else up(self[level - 1](before)).lerp(x, alpha)


class GrowingDiscriminator(nn.Module):
    """x (n, channels, *the sides of a level) -> score (n,).

    Args:
        maps: feature maps at each level.
        widest: those at the end, at 1x1.
        channels: of x.
        base: height and width at level 0.
        smaller: halves the size at the end of a block.
    """

    def __init__(
        self,
        maps: Sequence[int],
        widest: int,
        channels: int,
        base: Sides = (4, 4),
        smaller: Callable[[], nn.Module] = lambda: nn.AvgPool2d(2),
    ) -> None:
        super().__init__()
        self.from_image = nn.ModuleList(
            nn.Sequential(Conv(channels, m, 1), nn.LeakyReLU(0.2)) for m in maps
        )
        self.blocks = nn.ModuleList(
            nn.Sequential(
                Conv(b, b, 3, 1), nn.LeakyReLU(0.2), Conv(b, a, 3, 1), nn.LeakyReLU(0.2), smaller()
            )
            for a, b in pairwise(maps)
        )
        self.last = nn.Sequential(
            MinibatchDeviation(),
            Conv(maps[0] + 1, maps[0], 3, 1),
            nn.LeakyReLU(0.2),
            Conv(maps[0], widest, base),
            nn.LeakyReLU(0.2),
            Conv(widest, 1, 1, gain=1),
        )

    def forward(self, x: Tensor, level: int, alpha: Tensor | float = 1.0) -> Tensor:
        h = self.from_image[level](x)
        for i in reversed(range(level)):
            h = self.blocks[i](h)
            if i == level - 1 and (isinstance(alpha, Tensor) or alpha < 1):
                h = self.from_image[i](down(x)).lerp(h, alpha)
        return self.last(h).flatten()

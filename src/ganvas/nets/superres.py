"""Enlarging pictures: bicubic, and the residual network of SRResNet and SRGAN."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn
from torch.nn.functional import interpolate

from ganvas.core.errors import UsageError
from ganvas.core.space import Image

SCALES = (2, 3, 4, 8)
"""By how much a picture can be enlarged."""
Norm = Literal["batch", "none"]


def scale_of(game: str, x: Image, y: Image) -> int:
    """By how much y is larger than x, on both sides.

    Args:
        game: who asks, for the error.

    Raises:
        UsageError: if it is by no number of `SCALES`, or not the same on both sides.
    """
    for scale in SCALES:
        if (y.height, y.width) == (scale * x.height, scale * x.width):
            return scale
    *most, last = SCALES
    raise UsageError(
        f"{game} makes pictures {', '.join(map(str, most))} or {last} times as large, not "
        f"{y.height}x{y.width} of {x.height}x{x.width}; small ones are made of large ones with "
        f"--partner smaller:{last // 2}"
    )


def refuse_other_channels(game: str, x: Image, y: Image) -> None:
    """Raises a UsageError where nothing of x can be added to what becomes y."""
    if x.channels != y.channels:
        raise UsageError(
            f"{game} adds to its input, which must have the channels of what it makes, "
            f"{y.channels}, not {x.channels}; say --no-base to make all of it"
        )


def enlarged(x: Tensor, scale: int) -> Tensor:
    """Pictures enlarged by the usual bicubic kernel: (n, c, h, w) -> (n, c, scale·h, scale·w)."""
    # Antialiasing does nothing to what grows, but chooses Keys's kernel with a = -1/2, which is
    # what papers call bicubic; without it torch takes a = -3/4.
    size = (scale * x.shape[2], scale * x.shape[3])
    return interpolate(x, size, mode="bicubic", antialias=True)


def normalised(maps: int, norm: Norm) -> list[nn.Module]:
    """A layer of batch norm, or none."""
    return [nn.BatchNorm2d(maps)] if norm == "batch" else []


class ResidualBlock(nn.Module):
    """(n, maps, h, w) -> the same: x and, added to it, two convolutions of it."""

    def __init__(self, maps: int, norm: Norm) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(maps, maps, 3, 1, 1, bias=norm == "none"),
            *normalised(maps, norm),
            nn.PReLU(),
            nn.Conv2d(maps, maps, 3, 1, 1, bias=norm == "none"),
            *normalised(maps, norm),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


class Enlarger(nn.Module):
    """x (n, before, h, w) -> (n, after, scale·h, scale·w), any size (Ledig et al. 2017, figure 4).

    All but the last layers work at the small size, and pixel shuffle lays `step`² maps out as one
    of `step` times the size: twice by 2 for a scale of 4.

    Args:
        before, after: channels.
        width: feature maps.
        blocks: how many residual blocks.
        scale: one of `SCALES`.
        norm: what follows the convolutions of the blocks.
        base: whether it only makes what is to be added to the bicubic enlargement; then it begins
            with nothing, and `before` and `after` are equal.
    """

    def __init__(
        self,
        before: int,
        after: int,
        width: int,
        blocks: int,
        scale: int,
        *,
        norm: Norm = "batch",
        base: bool = False,
    ) -> None:
        super().__init__()
        self.scale, self.base = scale, base
        self.enter = nn.Sequential(nn.Conv2d(before, width, 9, 1, 4), nn.PReLU())
        self.body = nn.Sequential(
            *(ResidualBlock(width, norm) for _ in range(blocks)),
            nn.Conv2d(width, width, 3, 1, 1, bias=norm == "none"),
            *normalised(width, norm),
        )
        steps = [3] if scale == 3 else [2] * (scale.bit_length() - 1)
        up: list[nn.Module] = []
        for step in steps:
            up += [nn.Conv2d(width, width * step**2, 3, 1, 1), nn.PixelShuffle(step), nn.PReLU()]
        last = nn.Conv2d(width, after, 9, 1, 4)
        if base:
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)  # type: ignore[arg-type]
        self.up = nn.Sequential(*up, last)

    def forward(self, x: Tensor) -> Tensor:
        h = self.enter(x)
        made = self.up(h + self.body(h))
        return made + enlarged(x, self.scale) if self.base else made

"""A picture in overlapping tiles, and what was made of them as one picture without seams.

Two tiles have a strip in common. A third of it, at the rim of each, is thrown away: there a network
saw the end of its tile and not what lies beyond. In the middle third one passes smoothly into the
other, with weights sin² and cos², which add to 1. So what is made is exactly what the network makes
of the whole picture if it looks no further than that third, and has no visible seam if it does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor

Make = Callable[[Tensor], Tensor]
"""(n, c, h, w) -> (n, k, scale·h, scale·w)."""
Size = tuple[int, int]
"""(height, width) in pixels."""


@dataclass(frozen=True)
class Cut:
    """How a picture is cut."""

    tile: Size
    overlap: Size
    """Pixels that neighbours have in common, at least."""
    step: int = 1
    """Tiles begin at multiples of this. The sides of the tiles and of the picture are some too."""
    scale: int = 1
    """How many times as large what is made is."""

    def starts(self, size: Size) -> tuple[list[int], list[int]]:
        """The upper and the left ends of the tiles of a picture."""
        rows, columns = (
            _starts(*lengths, self.step)
            for lengths in zip(size, self.tile, self.overlap, strict=True)
        )
        return rows, columns


def _starts(length: int, tile: int, overlap: int, step: int) -> list[int]:
    """Where tiles begin along a side, spread evenly."""
    free, most = (length - tile) // step, max(1, (tile - overlap) // step)
    if free <= 0:
        return [0]
    n = math.ceil(free / most)
    return [i * free // n * step for i in range(n + 1)]


def windows(starts: list[int], tile: int, overlap: int) -> Iterator[Tensor]:
    """The weights of each tile along a side: (tile,)."""
    third = overlap / 3
    inside = (torch.arange(tile) + 0.5 - third) / max(third, 1e-9)
    rise = (inside.clamp(0, 1) * math.pi / 2).sin().square()
    for i in range(len(starts)):
        window = torch.ones(tile)
        window = window if i == 0 else window * rise
        yield window if i == len(starts) - 1 else window * rise.flip(0)


def places(cut: Cut, size: Size) -> Iterator[tuple[int, int, Tensor]]:
    """Each tile's upper and left end, and how much each pixel counts that is made of it.

    Over all tiles that lie on a pixel, these shares (scale·height, scale·width) add to 1.
    """
    s, (rows, columns) = cut.scale, cut.starts(size)
    down, across = (
        _shares([s * start for start in starts], s * length, s * tile, s * overlap)
        for starts, length, tile, overlap in zip(
            (rows, columns), size, cut.tile, cut.overlap, strict=True
        )
    )
    for top, vertical in zip(rows, down, strict=True):
        for left, horizontal in zip(columns, across, strict=True):
            yield top, left, vertical[:, None] * horizontal


def _shares(starts: list[int], length: int, tile: int, overlap: int) -> list[Tensor]:
    """Windows divided by their sum, which more than two tiles that meet may let exceed 1."""
    total, found = torch.zeros(length), list(windows(starts, tile, overlap))
    for start, window in zip(starts, found, strict=True):
        total[start : start + tile] += window
    return [w / total[s : s + tile] for s, w in zip(starts, found, strict=True)]


def tiled(make: Make, x: Tensor, cut: Cut, batch: int, tell: Callable[[int], None]) -> Tensor:
    """What a network makes of a picture, tile by tile.

    Args:
        make: the network.
        x: the picture, (c, height, width), no smaller than a tile.
        cut: how to cut it.
        batch: how many tiles at a time.
        tell: is told how many tiles were just done.

    Returns:
        (k, scale·height, scale·width).
    """
    (height, width), (h, w), s = x.shape[1:], cut.tile, cut.scale
    found = places(cut, (height, width))
    out: Tensor | None = None
    while some := list(islice(found, batch)):
        made = make(torch.stack([x[:, top : top + h, left : left + w] for top, left, _ in some]))
        if out is None:
            out = made.new_zeros(made.shape[1], s * height, s * width)
        for (top, left, share), tile in zip(some, made, strict=True):
            there = out[:, s * top : s * (top + h), s * left : s * (left + w)]
            there.addcmul_(tile, share.to(tile))
        tell(len(some))
    assert out is not None
    return out


def reflected(x: Tensor, size: Size) -> Tensor:
    """A picture (c, h, w) that goes on, mirrored, below and to the right: (c, *size).

    As often as it takes: unlike torch's padding, which mirrors no more than there is.
    """
    rows, columns = (_mirrored(*pair, x.device) for pair in zip(x.shape[1:], size, strict=True))
    if size == tuple(x.shape[1:]):
        return x
    return x.index_select(1, rows).index_select(2, columns)


def _mirrored(length: int, to: int, device: torch.device) -> Tensor:
    """0 1 2 ... length-1 ... 2 1 0 1 2 ...: `to` numbers."""
    round_trip = max(1, 2 * length - 2)
    there = torch.arange(to, device=device) % round_trip
    return torch.where(there < length, there, round_trip - there)

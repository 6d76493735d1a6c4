"""A patch of each picture's own texture on transparent ground: the field `texture`.

A square of a quarter to two fifths of the shorter side, at its place in the picture. Of `TRIES`
places it lies at that of most contrast, since plain ground shows no texture. What is drawn depends
on the row alone; training meets each picture in `VARIANTS` ways, what is held back comes once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from ganvas.core import Image, Space, Table, UsageError
from ganvas.core.chance import seed_of
from ganvas.data.source import Source, fingerprint

FIELD = "texture"
VARIANTS = 8
TRIES = 4
LEAST, MOST = 0.25, 0.4
"""Of the shorter side of the picture."""


class Textured:
    """The same rows, each with a patch of its picture.

    Args:
        table: rows with a picture.
        of: the field of the picture.
        times: how often each row comes, every time with another patch.
    """

    def __init__(self, table: Table, of: str, times: int = 1) -> None:
        self.table, self.of, self.times, self.slow = table, of, times, table.slow
        y = table.spaces[of]
        if not isinstance(y, Image) or y.channels not in (1, 3) or min(y.height, y.width) < 8:
            raise UsageError(
                f"a patch of texture is taken from pictures of 8x8 pixels and more, with 1 or 3 "
                f"channels, not from {y}"
            )
        texture = Image(y.channels + 1, y.height, y.width)
        self.spaces: Mapping[str, Space] = {**table.spaces, FIELD: texture}

    def __len__(self) -> int:
        return len(self.table) * self.times

    def fetch(self, rows: Tensor) -> dict[str, Tensor]:
        """The rows of these numbers."""
        of, turns = rows % len(self.table), rows // len(self.table)
        got = self.table.fetch(of)
        patches = [
            patch(y, torch.Generator().manual_seed(seed_of(FIELD, *place)))
            for y, *place in zip(got[self.of], of.tolist(), turns.tolist(), strict=True)
        ]
        return {**got, FIELD: torch.stack(patches)}


def patch(y: Tensor, draws: torch.Generator) -> Tensor:
    """A square of y (channels, h, w) at its place, the rest transparent: (channels + 1, h, w)."""
    height, width = y.shape[1:]
    share, *places = torch.rand(1 + 2 * TRIES, generator=draws).tolist()
    side = round(min(height, width) * (LEAST + (MOST - LEAST) * share))
    best, most = (0, 0), -1.0
    for v, h in zip(places[::2], places[1::2], strict=True):
        top, left = round(v * (height - side)), round(h * (width - side))
        contrast = float(y[:, top : top + side, left : left + side].std((1, 2)).sum())
        if contrast > most:
            best, most = (top, left), contrast
    here = (..., slice(best[0], best[0] + side), slice(best[1], best[1] + side))
    texture = y.new_full((len(y) + 1, height, width), -1.0)
    texture[:-1][here], texture[-1][here] = y[here], 1.0
    return texture


def textured(source: Source) -> Source:
    """A source of pictures with a patch of each in the field `texture`: of y if it has one, or x.

    Raises:
        UsageError: if it has no pictures to take patches from.
    """
    of = "y" if "y" in source.spaces else "x"
    times = VARIANTS if source.given["split"] == "train" else 1
    tables = [Textured(t, of, times) if of in t.spaces else t for t in source.tables]
    digest = fingerprint([source.fingerprint, FIELD, str(times)])
    return replace(source, tables=tables, fingerprint=digest)

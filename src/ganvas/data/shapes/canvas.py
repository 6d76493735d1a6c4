"""Painting without jagged edges: pixels, and for each of them what it shows.

The shorter side of a canvas has the length 1, whatever its pixels; x points right, y down. A part
is painted with the share of each pixel that it covers; it is what a pixel shows if it covers more
than half of it. So a picture and its label map are one drawing, and agree exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""
Colour = tuple[float, float, float]
"""Red, green, blue, each 0..1."""
Draws = np.random.Generator


class Canvas:
    """A picture to be painted.

    Args:
        height, width: in pixels.
    """

    def __init__(self, height: int, width: int) -> None:
        self.pixel = 1 / min(height, width)
        self.rgb = np.zeros((height, width, 3), np.float32)
        self.kinds = np.zeros((height, width), np.uint8)
        self.x = (np.arange(width, dtype=np.float32)[None] + 0.5) * self.pixel
        """Where the pixels have their centres: (1, width)."""
        self.y = (np.arange(height, dtype=np.float32)[:, None] + 0.5) * self.pixel
        """Likewise, (height, 1)."""

    @property
    def box(self) -> Box:
        """All of it."""
        height, width = self.kinds.shape
        return 0.0, 0.0, width * self.pixel, height * self.pixel

    def part(self, box: Box, margin: float = 0.0) -> Patch:
        """What lies in a box and, if asked for, in a margin around it."""
        return Patch(self, box, margin)

    def picture(self) -> NDArray[np.uint8]:
        """What was painted: (height, width, 3), 0..255."""
        return (self.rgb.clip(0, 1) * 255).round().astype(np.uint8)


class Patch:
    """A rectangle of a canvas; what is painted in it, the canvas shows.

    `x` (1, w) and `y` (h, 1) are where its pixels have their centres.
    """

    def __init__(self, canvas: Canvas, box: Box, margin: float) -> None:
        left, top, right, bottom = box
        self.box, self.pixel = box, canvas.pixel
        height, width = canvas.kinds.shape
        rows = self._pixels(top - margin, bottom + margin, height)
        columns = self._pixels(left - margin, right + margin, width)
        self.rgb, self.kinds = canvas.rgb[rows, columns], canvas.kinds[rows, columns]
        self.x, self.y = canvas.x[:, columns], canvas.y[rows]

    def _pixels(self, begin: float, end: float, most: int) -> slice:
        first = min(most, max(0, math.floor(begin / self.pixel)))
        return slice(first, max(first, min(most, math.ceil(end / self.pixel))))

    @property
    def across(self) -> Floats:
        """From 0 at the left of the box to 1 at its right: (1, w)."""
        return (self.x - self.box[0]) / (self.box[2] - self.box[0])

    @property
    def down(self) -> Floats:
        """From 0 at the top of the box to 1 at its bottom: (h, 1)."""
        return (self.y - self.box[1]) / (self.box[3] - self.box[1])

    # -- how much of each pixel is covered ---------------------------------------------------------

    @cached_property
    def whole(self) -> Floats:
        """By the patch's own box: (h, w)."""
        return self.inside(self.box)

    def inside(self, box: Box) -> Floats:
        """By a box: (h, w)."""
        left, top, right, bottom = box
        return self._between(self.y, top, bottom) * self._between(self.x, left, right)

    def shadowed(self, soft: float) -> Floats:
        """By the patch's box with blurred edges: (h, w)."""
        left, top, right, bottom = self.box
        rows = self.within(np.maximum(top - self.y, self.y - bottom), soft)
        return rows * self.within(np.maximum(left - self.x, self.x - right), soft)

    def _between(self, at: Floats, begin: float, end: float) -> Floats:
        half = self.pixel / 2
        return unit((np.minimum(at + half, end) - np.maximum(at - half, begin)) / self.pixel)

    def within(self, distance: Floats, soft: float = 0.0) -> Floats:
        """By where a distance is negative; `soft` is the width of a blurred edge."""
        return unit(0.5 - distance / max(self.pixel, soft))

    def lines(self, at: Floats, pitch: float, thickness: float) -> Floats:
        """By lines that begin wherever `at` is a multiple of `pitch`."""

        def before(end: Floats) -> Floats:
            whole = np.floor(end / pitch)
            return whole * thickness + np.minimum(end - whole * pitch, thickness)

        half = self.pixel / 2
        return (before(at + half) - before(at - half)) / self.pixel

    def arch(self) -> Floats:
        """By the patch's box with a round top."""
        left, top, right, _ = self.box
        radius = (right - left) / 2
        round_ = self.within(np.hypot(self.x - left - radius, self.y - top - radius) - radius)
        return self.whole * np.where(self.y < top + radius, round_, 1)

    def polygon(self, corners: Floats) -> Floats:
        """The distance to a polygon (n, 2), negative within it: (h, w)."""
        nearest = np.full((self.y.size, self.x.size), np.inf, np.float32)
        within = np.zeros(nearest.shape, bool)
        ends = np.roll(corners, -1, 0).tolist()
        for (ax, ay), (bx, by) in zip(corners.tolist(), ends, strict=True):
            ex, ey, x, y = bx - ax, by - ay, self.x - ax, self.y - ay
            if not ex and not ey:  # a corner that is there twice
                continue
            along = unit((x * ex + y * ey) / (ex * ex + ey * ey))
            nearest = np.minimum(nearest, (x - ex * along) ** 2 + (y - ey * along) ** 2)
            if ey:  # does a ray to the right cross this side?
                crosses = ((y >= 0) != (y >= ey)) & (x < ex * y / ey)
                within ^= crosses
        return np.sqrt(nearest) * np.where(within, -1, 1)

    # -- texture -----------------------------------------------------------------------------------

    def noise(self, draws: Draws, frequency: float) -> Floats:
        """Smooth noise in 0..1, with so many hills to the unit: (h, w)."""
        left, top, right, bottom = self.box
        rows = int(np.ceil((bottom - top) * frequency)) + 2
        columns = int(np.ceil((right - left) * frequency)) + 2
        lattice = draws.random((rows, columns), dtype=np.float32)
        across = _smooth((self.x[0] - left) * frequency, columns)
        return _smooth((self.y[:, 0] - top) * frequency, rows) @ lattice @ across.T

    # -- paint -------------------------------------------------------------------------------------

    def paint(self, cover: Floats, colour: Colour | Floats, kind: int | None = None) -> None:
        """Paints what is covered; it shows `kind` from now on, if that is given."""
        self.rgb += cover[..., None] * (np.asarray(colour, np.float32) - self.rgb)
        if kind is not None:
            self.mark(cover, kind)

    def mark(self, cover: Floats, kind: int) -> None:
        """Says what is covered to show `kind`, whatever it looks like."""
        self.kinds[cover > 0.5] = kind

    def shade(self, cover: Floats, light: float | Floats) -> None:
        """Multiplies the light of what is covered."""
        self.rgb *= (1 + cover * (light - 1))[..., None]


def _smooth(at: Floats, knots: int) -> Floats:
    """The weights of the knots 0, 1 ... at some places (n,), as (n, knots)."""
    at = np.minimum(np.maximum(at, 0), knots - 1.001)
    first = at.astype(np.int64)
    part = at - first
    part = part * part * (3 - 2 * part)
    weights = np.zeros((len(at), knots), np.float32)
    rows = np.arange(len(at))
    weights[rows, first], weights[rows, first + 1] = 1 - part, part
    return weights


def unit(x: Floats) -> Floats:
    """What is below 0 or above 1 becomes 0 or 1; a good deal faster than `clip`."""
    return np.minimum(np.maximum(x, 0), 1)


def fading(distance: Floats, length: float) -> Floats:
    """From 1, where a distance is 0 or less, towards 0: a third is left after a length."""
    return np.exp(np.maximum(distance, 0) / -length)


def lit(colour: Colour | Floats, light: Floats) -> Floats:
    """A colour, or a picture (h, w, 3), in some light: (h, w) -> (h, w, 3)."""
    return np.asarray(colour, np.float32) * light[..., None]


def mixed(a: Colour | Floats, b: Colour | Floats, share: float | Floats) -> Floats:
    """Between two colours: `share` of b, (...) -> (..., 3)."""
    first, second = np.asarray(a, np.float32), np.asarray(b, np.float32)
    return first + np.asarray(share, np.float32)[..., None] * (second - first)


def chosen(draws: Draws, among: Sequence[str]) -> str:
    """One of some words."""
    return among[int(draws.integers(len(among)))]

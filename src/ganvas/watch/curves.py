"""Curves over the images seen, as SVG that stands on its own in a page."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

Points = list[tuple[float, float]]
"""(images seen, value), oldest first."""

WIDTH, HEIGHT = 560, 250
LEFT, RIGHT, TOP, BOTTOM = 58, 10, 10, 30
"""What the labels of the axes take from the picture."""
BINS = 250
"""Longer curves are drawn as the means of so many stretches, over a pale original."""
HUES = 8
"""Colours that the page defines, as --c0 to --c7."""


@dataclass(frozen=True)
class Mark:
    """Something that happened at a time: a stage that began, or trouble."""

    at: float
    word: str
    kind: str = "stage"


@dataclass(frozen=True)
class Scale:
    """From values to pixels."""

    low: float
    high: float
    first: float
    last: float
    log: bool = False

    def __call__(self, value: float) -> float:
        value, low, high = (
            map(math.log10, (max(value, 1e-300), self.low, self.high))
            if self.log
            else (value, self.low, self.high)
        )
        return self.first + (value - low) / (high - low) * (self.last - self.first)

    def ticks(self) -> list[float]:
        """Round values across the scale, about five."""
        if self.log:
            first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
            step = max(1, math.ceil((last - first) / 5))
            found = [10.0**e for e in range(first, last + 1, step)]
        else:
            rough = (self.high - self.low) / 5
            unit = 10 ** math.floor(math.log10(rough))
            step_size = unit * min((s for s in (1, 2, 5, 10) if s * unit >= rough), default=10)
            first = math.ceil(self.low / step_size - 1e-9)
            found = [i * step_size for i in range(first, math.floor(self.high / step_size) + 1)]
        return [v for v in found if self.low * (1 - 1e-9) <= v <= self.high * (1 + 1e-9) or v == 0]


def chart(title: str, curves: Mapping[str, Points], marks: Sequence[Mark] = ()) -> str:
    """A figure with a title, a legend that tells the last values, and the curves.

    Args:
        title: what the curves have in common.
        curves: points by name; all finite, and at least one curve with at least one point.
        marks: vertical lines.
    """
    xs = [x for points in curves.values() for x, _ in points]
    start, end = min(xs), max(xs)
    x = Scale(start, end if end > start else start + 1, LEFT, WIDTH - RIGHT)
    y = _vertical(curves)
    drawn = [_axes(x, y), *(_mark(mark, x) for mark in marks if start <= mark.at <= end)]
    drawn += [_curve(i % HUES, points, x, y) for i, points in enumerate(curves.values())]
    cut = any(not y.low <= v <= y.high for points in curves.values() for _, v in points)
    note = " · log scale" * y.log + " · peaks beyond the axis are cut off" * cut
    data = {
        "curves": [[name, *_shortened(points)] for name, points in curves.items()],
        "x": [x.low, x.high, LEFT, WIDTH - RIGHT],
    }
    return (
        f'<figure class="chart"><figcaption><b>{escape(title)}</b><small>{note}</small>'
        f"{_legend(curves)}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" data-curves="{escape(json.dumps(data))}">'
        f'<clipPath id="c{id(curves)}"><rect x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - RIGHT}" '
        f'height="{HEIGHT - TOP - BOTTOM}"/></clipPath>{"".join(drawn)}</svg></figure>'
    ).replace("<!clip>", f'clip-path="url(#c{id(curves)})"')

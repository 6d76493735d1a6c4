"""Curves over the images seen, as SVG that needs nothing but the page's colours."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

Curve = list[tuple[float, float]]
"""(images seen, value), oldest first, all finite."""
Stretch = tuple[float, float, float, float]
"""(images seen, mean, lowest, highest) of a part of a curve."""

WIDTH, HEIGHT = 560, 240
LEFT, RIGHT, TOP, BOTTOM = 54, 8, 18, 36
"""What the labels of the axes take from the picture, in pixels."""
BINS = 240
"""Longer curves are drawn as the means of so many stretches, over a band of all values."""
HUES = 8
"""Colours that the page defines: --c0 to --c7."""


@dataclass(frozen=True)
class Mark:
    """Something that happened at a time: a stage that began, or trouble."""

    at: float
    word: str
    trouble: bool = False


@dataclass(frozen=True)
class Scale:
    """From the values low..high to the pixels first..last."""

    low: float
    high: float
    first: float
    last: float
    log: bool = False

    def __call__(self, value: float) -> float:
        if self.log:
            part = math.log(max(value, 1e-300) / self.low) / math.log(self.high / self.low)
        else:
            part = (value - self.low) / (self.high - self.low)
        return self.first + part * (self.last - self.first)

    def ticks(self) -> list[float]:
        """About five round values across the scale."""
        if self.log:
            low, high = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
            return [10.0**e for e in range(low, high + 1, max(1, (high - low + 3) // 5))]
        rough = (self.high - self.low) / 5
        unit = 10.0 ** math.floor(math.log10(rough))
        step = min(m * unit for m in (1, 2, 5, 10) if m * unit >= rough * 0.999)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [i * step for i in range(first, last + 1)]


def chart(
    title: str,
    curves: Mapping[str, Curve],
    marks: Sequence[Mark] = (),
    span: tuple[float, float] | None = None,
) -> str:
    """A figure: title, legend with the last values, axes and curves.

    Args:
        title: what the curves have in common.
        curves: by name; at least one, none empty.
        marks: vertical lines.
        span: lowest and highest value of the axis; what suits the values if None.
    """
    times = [at for curve in curves.values() for at, _ in curve]
    start, end = min(0.0, *times), max(times)
    x = Scale(start, end if end > start else start + 1, LEFT, WIDTH - RIGHT)
    y, cut = _vertical([value for curve in curves.values() for _, value in curve], span)
    short = {name: _stretches(curve, x) for name, curve in curves.items()}
    lines = [_line(i, stretches, x, y) for i, stretches in enumerate(short.values())]
    note = ", log scale" * y.log + ", peaks beyond the axis cut off" * cut
    data = {"x": [x.low, x.high], "curves": [[s[:2] for s in c] for c in short.values()]}
    plot = f'x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - RIGHT}" height="{HEIGHT - TOP - BOTTOM}"'
    view = f"{LEFT} {TOP} {WIDTH - LEFT - RIGHT} {HEIGHT - TOP - BOTTOM}"
    return (
        f'<figure class="chart"><figcaption><b>{escape(title)}</b><small>{note}</small>'
        f"{_legend(curves)}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" data-curves="{escape(json.dumps(data))}" '
        f'data-plot="{LEFT} {WIDTH - RIGHT}" role="img" aria-label="{escape(title)}">'
        f'{_axes(x, y)}{_marks(marks, x)}<svg {plot} viewBox="{view}">{"".join(lines)}</svg>'
        f'<line class="cursor" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/></svg></figure>'
    )


def short_number(value: float) -> str:
    """In three digits, with k, M or G for what is large."""
    if abs(value) < 9999.5:
        return f"{value:.0f}" if abs(value) >= 999.5 else f"{value:.3g}"
    return _with_unit(value, abs(value))


def _with_unit(value: float, largest: float) -> str:
    """A number in the unit that suits the largest beside it."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if largest >= 0.9995 * limit:
            return f"{value / limit:.3g}{unit}" if value else "0"
    return f"{value:.3g}"


def _vertical(values: list[float], span: tuple[float, float] | None) -> tuple[Scale, bool]:
    """The vertical scale, and whether it leaves out a few far values."""
    if span is not None:
        return Scale(*span, HEIGHT - BOTTOM, TOP), False
    ranked = sorted(values)
    low, high, n = ranked[0], ranked[-1], len(ranked)
    if low > 0 and high > 300 * low:
        return Scale(low / 1.3, high * 1.3, HEIGHT - BOTTOM, TOP, log=True), False
    inner = ranked[n // 50], ranked[-1 - n // 50]
    cut = n >= 50 and high - low > 4 * (inner[1] - inner[0]) > 0
    if cut:
        room = (inner[1] - inner[0]) / 2
        low, high = max(low, inner[0] - room), min(high, inner[1] + room)
    if 0 < low < 0.4 * high:
        low = 0.0
    room = 0.06 * (high - low) or 0.1 * abs(high) or 0.5
    bottom = low if low == 0 else low - room
    return Scale(bottom, high + room, HEIGHT - BOTTOM, TOP), cut


def _stretches(curve: Curve, x: Scale) -> list[Stretch]:
    """The stretches of a curve; each point is one if it is short."""
    if len(curve) <= BINS:
        return [(at, _rounded(v), v, v) for at, v in curve]
    bins: dict[int, Curve] = {}
    for at, v in curve:
        bins.setdefault(int((at - x.low) / (x.high - x.low) * BINS), []).append((at, v))
    found = []
    for points in bins.values():
        values = [v for _, v in points]
        mean = _rounded(sum(values) / len(values))
        found.append((points[len(points) // 2][0], mean, min(values), max(values)))
    return found


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _line(number: int, stretches: list[Stretch], x: Scale, y: Scale) -> str:
    """A curve: the mean as a line, and the range of values as a band."""
    hue, dash = number % HUES, ' stroke-dasharray="5 3"' * (number >= HUES)
    style = f'style="--c:var(--c{hue})"'
    if len(stretches) == 1:
        at, value = stretches[0][:2]
        return f'<circle class="dot" {style} cx="{x(at):.1f}" cy="{y(value):.1f}" r="3"/>'
    mean = " ".join(f"{x(at):.1f},{y(v):.1f}" for at, v, _, _ in stretches)
    line = f'<polyline class="line" {style}{dash} points="{mean}"/>'
    if all(low == high for _, _, low, high in stretches):
        return line
    above = [f"{x(at):.1f},{y(high):.1f}" for at, _, _, high in stretches]
    below = [f"{x(at):.1f},{y(low):.1f}" for at, _, low, _ in reversed(stretches)]
    return f'<polygon class="band" {style} points="{" ".join(above + below)}"/>{line}'


def _axes(x: Scale, y: Scale) -> str:
    parts, largest = [], max(map(abs, y.ticks()), default=0.0)
    for value in y.ticks():
        at = y(value)
        parts.append(f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at}" y2="{at}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">')
        unit = abs(value) if y.log else largest
        parts.append(f"{_with_unit(_rounded(value), unit)}</text>")
    for value in x.ticks():
        parts.append(f'<text x="{x(value):.1f}" y="{HEIGHT - BOTTOM + 15}" text-anchor="middle">')
        parts.append(f"{_with_unit(value, x.high)}</text>")
    parts.append(f'<text class="axis" x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" text-anchor="end">')
    return "".join([*parts, "images seen</text>"])


def _marks(marks: Sequence[Mark], x: Scale) -> str:
    """Vertical lines; with their words where there is room for them."""
    parts, shown = [], [mark for mark in marks if x.low <= mark.at <= x.high]
    ends = [x(mark.at) for mark in shown[1:]] + [x.last]
    for mark, end in zip(shown, ends, strict=False):
        at, kind = x(mark.at), "trouble" if mark.trouble else "stage"
        parts.append(f'<g class="{kind}"><title>{escape(mark.word)}</title>')
        parts.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP - 3}" y2="{HEIGHT - BOTTOM}"/>')
        if not mark.trouble and end - at > 6 * len(mark.word):
            parts.append(f'<text x="{at:.1f}" y="{TOP - 5}">{escape(mark.word)}</text>')
        parts.append("</g>")
    return "".join(parts)


def _legend(curves: Mapping[str, Curve]) -> str:
    """The names in their colours, with the last values; the page's script shows others there."""
    entries = [
        f'<span class="key" style="--c:var(--c{i % HUES})">{escape(name)} '
        f"<output>{short_number(_rounded(curve[-1][1]))}</output></span>"
        for i, (name, curve) in enumerate(curves.items())
    ]
    return f'<span class="legend">{"".join(entries)}<span class="at"></span></span>'

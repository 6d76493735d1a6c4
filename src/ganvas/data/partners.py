"""Pairs out of single pictures: beside each picture y what became of it, x, by a known change.

    grey          without colour
    edges         its outlines: thin dark lines on white, as one would draw them
    negative      light for dark
    smaller:N     reduced to an N-th of its sides, bicubic and antialiased
    holed[:A]     with a rectangle of A of its area cut out, somewhere; x says where, by its alpha
    holed:centre  with the middle cut out, 7/16 of either side
    blurred[:L]   as a camera sees it that moves along a random path of L pixels

What is drawn, where the hole lies or how the camera moves, depends on the row alone. So that
training sees more than one hole in each picture it meets each in `VARIANTS` ways; what is held back
comes once. A camera shakes in any direction, so for `blurred` these ways show the picture in all
positions that a square has, turned and mirrored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ganvas.core import Image, Space, Table, UsageError
from ganvas.core.chance import seed_of
from ganvas.core.errors import did_you_mean
from ganvas.data import motion
from ganvas.data.outlines import outlines
from ganvas.data.source import Source, fingerprint
from ganvas.nets.holes import middle

VARIANTS = 8
HOLE = 0.25
BLUR = 15
LUMA = (0.299, 0.587, 0.114)
"""Of red, green, blue (ITU-R BT.601)."""

Draws = list[torch.Generator]
"""For each picture what decides its change."""


@dataclass(frozen=True)
class Partner:
    """A way to make x of y."""

    words: str
    """As it was asked for."""
    space: Callable[[Image], Image]
    """Of x, where y is of the space given; raises UsageError if it cannot be."""
    make: Callable[[Tensor, Draws], Tensor]
    """y (n, *y.shape) -> x (n, *x.shape), both in [-1, 1]."""
    drawn: bool = False
    """Whether it can be done to one picture in several ways."""
    turned: bool = False
    """Whether these show the picture in other positions too, since it knows no up and down."""


def parse(words: str) -> Partner:
    """The partner of this name, with its number behind a colon if it takes one.

    Raises:
        UsageError: if there is none, or the number makes no sense.
    """
    name, colon, number = words.partition(":")
    if words in SPECIAL:
        return replace(SPECIAL[words](), words=words)
    if name not in KINDS:
        raise did_you_mean(name, list(KINDS), "partner")
    kind, usual, fewest, most = KINDS[name]
    if usual is None:
        if colon:
            raise UsageError(f"--partner {name} takes no number, not {words!r}")
        return replace(kind(), words=words)
    try:
        value = float(number) if colon else float(usual)
    except ValueError:
        value = float("nan")
    if not fewest <= value <= most:
        raise UsageError(
            f"--partner {name}:N takes a number from {fewest:g} to {most:g}, not {number!r}"
        )
    return replace(kind(value), words=words)


def partnered(source: Source, words: str, *, paired: bool) -> Source:
    """A source of single pictures as one of pairs: x is made of y.

    Args:
        source: with pictures in `x` of its only table.
        words: which partner.
        paired: whether both are of one row; else the x of one half of the pictures, and as y the
            other half, are two tables of which no two rows belong together.

    Raises:
        UsageError: if the source has two sides already, no pictures, or none of the right kind.
    """
    partner = parse(words)
    if "y" in source.spaces:
        raise UsageError(
            f"{source.name} has two sides of its own: --partner makes another of single pictures"
        )
    table, y = source.tables[0], source.spaces["x"]
    if not isinstance(y, Image):
        raise UsageError(f"--partner {words} is for pictures, and {source.name} has {y}")
    times = VARIANTS if partner.drawn and source.given["split"] == "train" else 1
    if paired:
        tables: list[Table] = [Partnered(table, partner, ("x", "y"), times=times)]
    else:
        rows = torch.arange(len(table))
        tables = [
            Partnered(table, partner, ("x",), rows[0::2], times),
            Partnered(table, partner, ("y",), rows[1::2]),
        ]
    how = ["turned"] if partner.turned and times > 1 else []
    digest = fingerprint([source.fingerprint, words, str(paired), str(times), *how])
    given = {**source.given, "partner": words}
    return replace(source, tables=tables, given=given, fingerprint=digest)


class Partnered:
    """A table of pictures with what became of them.

    Args:
        table: the pictures, in its field `x`.
        partner: what becomes of them.
        fields: which of `x` (what they became) and `y` (they themselves) it has.
        rows: which pictures; all if None.
        times: how often each comes, every time changed another way.
    """

    def __init__(
        self,
        table: Table,
        partner: Partner,
        fields: tuple[str, ...],
        rows: Tensor | None = None,
        times: int = 1,
    ) -> None:
        self.table, self.partner, self.times, self.slow = table, partner, times, table.slow
        self.rows = torch.arange(len(table)) if rows is None else rows
        y = table.spaces["x"]
        assert isinstance(y, Image)
        sides: dict[str, Space] = {"x": partner.space(y), "y": y}
        self.spaces: Mapping[str, Space] = {field: sides[field] for field in fields}

    def __len__(self) -> int:
        return len(self.rows) * self.times

    def fetch(self, rows: Tensor) -> dict[str, Tensor]:
        """The rows of these numbers."""
        of = self.rows[rows % len(self.rows)]
        y, turns = self.table.fetch(of)["x"], (rows // len(self.rows)).tolist()
        if self.partner.turned:
            y = torch.stack([position(each, turn) for each, turn in zip(y, turns, strict=True)])
        got = {"y": y}
        if "x" in self.spaces:
            draws = [_draws(row, turn) for row, turn in zip(of.tolist(), turns, strict=True)]
            got["x"] = self.partner.make(y, draws if self.partner.drawn else [])
        return {field: got[field] for field in self.spaces}


def position(y: Tensor, number: int) -> Tensor:
    """A picture (c, h, w) in one of its eight positions, or of its four if it is no square."""
    square = y.shape[1] == y.shape[2]
    mirrored, quarters = number % 2, number // 2 % 4
    y = y.flip(2) if mirrored else y
    return y.rot90(quarters if square else 2 * (quarters % 2), (1, 2))


def _draws(row: int, turn: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed_of("partner", row, turn))


# -- the kinds -----------------------------------------------------------------------------------


def _grey() -> Partner:
    def space(y: Image) -> Image:
        if y.channels != 3:
            raise UsageError(f"--partner grey takes the colour of RGB pictures, not of {y}")
        return Image(1, y.height, y.width)

    return Partner("", space, lambda y, _: luma(y))


def _edges() -> Partner:
    return Partner("", lambda y: Image(1, y.height, y.width), lambda y, _: outlines(y))


def _negative() -> Partner:
    return Partner("", lambda y: y, lambda y, _: -y)


def _smaller(times: float) -> Partner:
    n = int(times)
    if n != times:
        raise UsageError(f"--partner smaller:N takes a whole number, not {times:g}")

    def space(y: Image) -> Image:
        if y.height % n or y.width % n:
            raise UsageError(
                f"--partner smaller:{n} needs sides that are multiples of {n}, not "
                f"{y.height}x{y.width}; take another --size"
            )
        return Image(y.channels, y.height // n, y.width // n)

    return Partner("", space, lambda y, _: reduced(y, n))


def _holed(area: float) -> Partner:
    def make(y: Tensor, draws: Draws) -> Tensor:
        return cut(y, torch.stack([_hole(y.shape[2], y.shape[3], area, each) for each in draws]))

    return Partner("", _with_alpha, make, drawn=True)


def _holed_centre() -> Partner:
    return Partner("", _with_alpha, lambda y, _: cut(y, middle(y.shape[2], y.shape[3])))


def _with_alpha(y: Image) -> Image:
    return Image(_opaque("holed", y).channels + 1, y.height, y.width)


def _opaque(name: str, y: Image) -> Image:
    if y.channels not in (1, 3):
        raise UsageError(f"--partner {name} takes pictures without transparency, not {y}")
    return y


def cut(y: Tensor, alpha: Tensor) -> Tensor:
    """Pictures (n, c, h, w) with holes: (n, c + 1, h, w), black where alpha (.., 1, h, w) is -1."""
    alpha = alpha.expand(len(y), 1, *y.shape[2:])
    return torch.cat([torch.where(alpha > 0, y, -1.0), alpha], 1)


def _hole(height: int, width: int, area: float, draws: torch.Generator) -> Tensor:
    """An alpha channel (1, height, width): -1 in a rectangle, 1 around it."""
    ratio, top, left = torch.rand(3, generator=draws).tolist()
    longer = 0.75 + 0.5 * ratio
    h = min(height - 2, max(1, round(height * area**0.5 * longer)))
    w = min(width - 2, max(1, round(width * area**0.5 / longer)))
    alpha = torch.ones(1, height, width)
    y, x = round(1 + top * (height - 2 - h)), round(1 + left * (width - 2 - w))
    alpha[:, y : y + h, x : x + w] = -1
    return alpha


def _blurred(length: float) -> Partner:
    def make(y: Tensor, draws: Draws) -> Tensor:
        kernels = [motion.kernel(motion.trajectory(each), length) for each in draws]
        return motion.blurred(y, torch.stack(kernels)).clamp(-1, 1)

    return Partner("", lambda y: _opaque("blurred", y), make, drawn=True, turned=True)


def luma(y: Tensor) -> Tensor:
    """The brightness of pictures: (n, channels, h, w) -> (n, 1, h, w)."""
    if y.shape[1] < 3:
        return y[:, :1]
    return (y[:, :3] * y.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)


def reduced(y: Tensor, times: int) -> Tensor:
    """Pictures at a part of their sides: (n, c, times·h, times·w) -> (n, c, h, w), bicubic."""
    size = (y.shape[2] // times, y.shape[3] // times)
    return interpolate(y, size, mode="bicubic", antialias=True).clamp(-1, 1)


KINDS: dict[str, tuple[Callable[..., Partner], float | None, float, float]] = {
    "grey": (_grey, None, 0, 0),
    "edges": (_edges, None, 0, 0),
    "negative": (_negative, None, 0, 0),
    "smaller": (_smaller, 4, 2, 16),
    "holed": (_holed, HOLE, 0.01, 0.9),
    "blurred": (_blurred, BLUR, 1, 200),
}
"""What makes each; its usual number, or None if it takes none; the least and the greatest."""
SPECIAL: dict[str, Callable[[], Partner]] = {"holed:centre": _holed_centre}
"""Those that have a word where others of their kind have a number."""


def words() -> list[str]:
    """All partners as they are typed."""
    plain = [name if kind[1] is None else f"{name}:N" for name, kind in KINDS.items()]
    return [*plain, *SPECIAL]

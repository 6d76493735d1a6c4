"""How things are put for people: bold on a terminal, nothing but text in a pipe."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Collection, Sequence
from itertools import groupby
from textwrap import wrap

from ganvas.core import Space

PIPE_WIDTH = 200
"""Columns where there is no terminal: one thing a line, for grep."""


def width() -> int:
    """Columns of the terminal, or of a pipe."""
    fallback = 80 if sys.stdout.isatty() else PIPE_WIDTH
    return max(40, shutil.get_terminal_size((fallback, 24)).columns)


def bold(text: str) -> str:
    """The text, in bold where there is a terminal that may be coloured."""
    plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    return text if plain or not text else f"\x1b[1m{text}\x1b[0m"


def table(
    rows: Sequence[Sequence[str]],
    *,
    right: Collection[int] = (),
    indent: int = 0,
    cut: bool = False,
) -> str:
    """Rows as lines with aligned columns, the first in bold; the last is as wide as there is room.

    Args:
        rows: the words of each row; all rows have as many.
        right: numbers of the columns that are flush right.
        indent: spaces before each line.
        cut: shorten the last column to its line, instead of going on below.
    """
    last = len(rows[0]) - 1
    widths = [max(len(row[i]) for row in rows) for i in range(last)]
    before = indent + sum(w + 2 for w in widths)
    room = max(20, width() - before)
    lines = []
    for row in rows:
        cells = [
            word.rjust(w) if i in right else word.ljust(w)
            for i, (word, w) in enumerate(zip(row, widths, strict=False))
        ]
        head = " " * indent + "".join(
            (bold(cell) if i == 0 else cell) + "  " for i, cell in enumerate(cells)
        )
        text = row[last]
        if cut:
            parts = [text if len(text) <= room else text[: room - 3] + "..."]
        else:
            parts = wrap(text, room, break_on_hyphens=False) or [""]
        lines += [head + parts[0], *(" " * before + part for part in parts[1:])]
    return "\n".join(line.rstrip() for line in lines)


def paragraph(text: str) -> str:
    """Prose, in lines that are read with ease."""
    return "\n".join(wrap(text, min(100, width()), break_on_hyphens=False))


def full(space: Space) -> str:
    """A space with all that it knows, such as `image, channels 1, height 16, width 16`."""
    fields = space.to_json()
    known = {k: v for k, v in fields.items() if k != "kind" and v != ()}
    return ", ".join([fields["kind"].lower(), *(f"{k} {_short(v)}" for k, v in known.items())])


def _short(value: object) -> str:
    if not isinstance(value, tuple):
        return str(value)
    more = " ..." if len(value) > 10 else ""
    return " ".join(map(str, value[:10])) + more


def in_turn(moves: Sequence[str]) -> str:
    """Moves in order, repeats counted: `5 x C, then G`."""
    counted = [(name, len(list(same))) for name, same in groupby(moves)]
    return ", then ".join(name if n == 1 else f"{n} x {name}" for name, n in counted)


def is_first() -> bool:
    """Whether this process may print: the only one, or the first under `torchrun`."""
    return os.environ.get("RANK", "0") == "0"

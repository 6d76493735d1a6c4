"""How things are put for people: bold on a terminal, nothing but text in a pipe."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from textwrap import wrap
from typing import Any

from ganvas.core import Space

PIPE_WIDTH = 200
"""Columns where there is no terminal: one thing a line, for grep."""
NARROW = 40
"""The least columns in which prose stands beside something else."""


def columns() -> int:
    """Columns of the terminal, or of a pipe."""
    fallback = 80 if sys.stdout.isatty() else PIPE_WIDTH
    return max(40, shutil.get_terminal_size((fallback, 24)).columns)


def bold(text: str) -> str:
    """The text, in bold where there is a terminal that may be coloured."""
    plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    return text if plain or not text.strip() else f"\x1b[1m{text}\x1b[0m"


def table(
    rows: Sequence[Sequence[str]],
    *,
    right: Collection[int] = (),
    indent: int = 0,
    cut: bool = False,
    whole: bool = False,
) -> str:
    """Rows as lines with aligned columns, the first in bold; the last takes the room there is.

    If that is little, it goes below the others, on lines of its own.

    Args:
        rows: the words of each row; all rows have as many.
        right: numbers of the columns that are flush right.
        indent: spaces before each line.
        cut: shorten the last column to its line instead, and leave it out where that is nothing.
        whole: leave it whole: paths and commands are there to be copied.
    """
    *widths, _ = (max(len(row[i]) for row in rows) for i in range(len(rows[0])))
    margin = indent + sum(width + 2 for width in widths)
    below = margin > columns() - NARROW and not cut
    if below:
        margin = indent + 4
    room = columns() - margin if cut else max(20, columns() - margin)
    lines = []
    for *words, text in rows:
        cells = [
            word.rjust(width) if i in right else word.ljust(width)
            for i, (word, width) in enumerate(zip(words, widths, strict=True))
        ]
        head = " " * indent + "  ".join([bold(cells[0]), *cells[1:], ""])
        short = text if len(text) <= room else text[: room - 3] + "..." if room >= 12 else ""
        parts = [text] if whole else [short] if cut else wrap(text, room, break_on_hyphens=False)
        if parts and not below:
            head += parts.pop(0)
        lines += [head, *(" " * margin + part for part in parts)]
    return "\n".join(line.rstrip() for line in lines)


def paragraph(text: str) -> str:
    """Prose, in lines that are read with ease."""
    return "\n".join(wrap(text, min(100, columns()), break_on_hyphens=False))


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


@contextmanager
def naming(*, quiet: bool = False) -> Iterator[Callable[[float, str], None]]:
    """A bar on stderr that names the file at hand, if a terminal is there to show it.

    Gives a function that is told which part is done, 0 to 1, and of which file.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.markup import escape

    with _bar() as bar:
        task = bar.add_task("", total=1.0)
        yield lambda done, name: bar.update(
            task, completed=done, description=escape(Path(name).name)
        )


@contextmanager
def working(what: str, *, quiet: bool = False) -> Iterator[Callable[[float], None]]:
    """A bar on stderr while something takes its time, if a terminal is there to show it.

    Gives a function that is told which part is done, 0 to 1.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    with _bar() as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda done: bar.update(task, completed=done)


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)

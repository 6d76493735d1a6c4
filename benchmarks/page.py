"""Writes the tables of docs/measured.md anew, from what is kept in results/.

    python -m benchmarks.page

A test holds the page to the results, so it is to be written anew whenever something was measured.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks import domains, facades, glyphs, lapgan, learn, modes, race, restore, stacked

PAGE = Path(__file__).parent.parent / "docs" / "measured.md"
TABLES: dict[str, Callable[[], Iterable[str]]] = {
    "modes": modes.table,
    "stacked": stacked.table,
    "lapgan": lapgan.table,
    "facades": facades.table,
    "glyphs": glyphs.table,
    "restore": restore.table,
    "domains": domains.table,
    "race": race.table,
    "learn": learn.table,
}


def filled(text: str) -> str:
    """A page whose blocks that begin with a benchmark's --table hold that table."""
    for name, table in TABLES.items():
        begin = f"    $ python -m benchmarks.{name} --table\n"
        lines = "".join(f"    {line}\n" for line in table())
        block = re.compile(re.escape(begin) + r"(?:    .*\n)*")
        text, times = block.subn(lambda _, new=begin + lines: new, text)
        if times != 1:
            raise SystemExit(f"{PAGE.name} has {times} tables of {name}, not one")
    return text


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text("utf-8")), "utf-8")

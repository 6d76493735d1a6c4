"""Writes the tables of the pages in docs/ anew, from what is kept in results/.

    python -m benchmarks.page

A test holds the pages to the results: they are to be written anew whenever something was measured.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks import (
    ablations,
    domains,
    edits,
    facades,
    fidelity,
    glyphs,
    lapgan,
    learn,
    modes,
    projection,
    race,
    repair,
    restore,
    savings,
    spectra,
    speed,
    spoilt,
    stacked,
    studio,
    truncation,
)

DOCS = Path(__file__).parent.parent / "docs"
Table = Callable[[], Iterable[str]]
PAGES: dict[str, dict[str, Table]] = {
    "measured.md": {
        "modes": modes.table,
        "stacked": stacked.table,
        "lapgan": lapgan.table,
        "facades": facades.table,
        "glyphs": glyphs.table,
        "restore": restore.table,
        "domains": domains.table,
        "race": race.table,
        "learn": learn.table,
    },
    "biggan.md": {"truncation": truncation.table, "spectra": spectra.table},
    "edit.md": {
        "projection": projection.table,
        "repair": repair.table,
        "edits": edits.table,
    },
    "fidelity.md": {
        "fidelity": fidelity.table,
        "ablations": ablations.table,
        "speed": speed.table,
        "savings": savings.table,
    },
    "figures.md": {"spoilt": spoilt.table},
    "studio.md": {"studio": studio.table},
}
"""Which tables stand on which page."""


def filled(text: str, page: str) -> str:
    """A page whose blocks that begin with a benchmark's --table hold that table."""
    for name, table in PAGES[page].items():
        begin = f"    $ python -m benchmarks.{name} --table\n"
        lines = "".join(f"    {line}\n" for line in table())
        block = re.compile(re.escape(begin) + r"(?:    .*\n)*")
        text, times = block.subn(lambda _, new=begin + lines: new, text)
        if times != 1:
            raise SystemExit(f"{page} has {times} tables of {name}, not one")
    return text


if __name__ == "__main__":
    for page in PAGES:
        file = DOCS / page
        file.write_text(filled(file.read_text("utf-8"), page), "utf-8")

"""`human.jsonl`: who judged what, a line of JSON for each fact, never rewritten.

Three kinds of lines, told apart by `kind`:

set      images that were served: which run, weights, seed; `salt` makes their names and orders
rater    somebody who has begun
answer   one judgement; a later one of the same rater on the same image takes its place
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LEDGER = "human.jsonl"

Line = dict[str, Any]

FORMS: dict[str, dict[str, type]] = {
    "set": {"set": str, "salt": str, "n": int, "about": dict},
    "rater": {"rater": str},
    "answer": {
        "set": str,
        "rater": str,
        "image": str,
        "real": bool,
        "machine": bool,
        "rating": int,
    },
}
"""For each kind of line, what it must hold."""


def append(folder: Path, line: Line) -> Line:
    """Adds a line, with the time; it is on disk when this returns.

    A line that was torn before, by a kill or a full disk, is left as it is: this one begins anew.

    Raises:
        OSError: if it cannot be written.
    """
    line = {"kind": line["kind"], "when": datetime.now(UTC).isoformat(timespec="seconds"), **line}
    with (folder / LEDGER).open("a+b") as file:
        if end := file.seek(0, os.SEEK_END):
            file.seek(end - 1)
        torn = bool(end) and file.read(1) != b"\n"
        text = json.dumps(line, ensure_ascii=False) + "\n"
        file.write(b"\n" * torn + text.encode())
        file.flush()
        os.fsync(file.fileno())
    return line


def read(folder: Path) -> list[Line]:
    """The lines, oldest first; what is none, such as a torn one, is passed over."""
    file, lines = folder / LEDGER, []
    if not file.is_file():
        return []
    for text in file.read_text("utf-8", errors="replace").split("\n"):
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if _is_one(line):
            lines.append(line)
    return lines


def _is_one(line: Any) -> bool:
    if not isinstance(line, dict) or not isinstance(line.get("kind"), str):
        return False
    form = FORMS.get(line["kind"])
    if form is None or any(type(line.get(name)) is not kind for name, kind in form.items()):
        return False
    return line["kind"] != "answer" or 1 <= line["rating"] <= 5

"""Files of JSON lines that grow with a run: what is torn or late is taken out again."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from ganvas.core import Trainer
from ganvas.core.files import write_whole

Line = dict[str, Any]
"""An object that says at least its `round`."""


class Lines:
    """Appends lines to a file.

    Args:
        file: where they are.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._torn = False

    def append(self, line: Line) -> None:
        """Adds a line. If the last one was torn by an error, it begins on a line of its own.

        Raises:
            OSError: if it cannot be written.
        """
        start = "\n" if self._torn else ""
        self._torn = True
        with self.file.open("a", encoding="utf-8") as file:
            file.write(start + json.dumps(line, ensure_ascii=False) + "\n")
        self._torn = False

    def cut(self, at: int) -> list[Line]:
        """Removes what is later than round `at`, and a line that was torn by a kill.

        Returns:
            What remains.

        Raises:
            OSError: if it cannot be written; what was there before is still there.
        """
        lines = [line for line in read(self.file) if line["round"] <= at]
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        if not self.file.exists() or self.file.read_bytes() != text.encode():
            write_whole(self.file, text)
        return lines


def read(file: Path) -> list[Line]:
    """The lines of a file, oldest first; none if there is no such file.

    What is no line with a round, such as one torn by a kill, is passed over.
    """
    lines: list[Line] = []
    if not file.is_file():
        return lines
    for text in file.read_text("utf-8", errors="replace").split("\n"):
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(line, dict) and isinstance(line.get("round"), int):
            lines.append(line)
    return lines


def when(trainer: Trainer) -> Line:
    """Where a run stands, as a line begins."""
    clock = trainer.clock
    return {"round": clock.round, "images": clock.images, "seconds": round(clock.seconds, 3)}


def plain(value: float) -> float | None:
    """Six digits are plenty for a curve; JSON has no NaN and no infinity."""
    return float(f"{value:.6g}") if math.isfinite(value) else None

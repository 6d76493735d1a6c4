"""Writes down the figures of a run, a line of JSON at a time."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any

from ganvas.core import Diverged, Trainer
from ganvas.core.files import write_whole
from ganvas.watch.decoration import Decoration

STATS = "stats.jsonl"


class Log(Decoration):
    """Appends lines to `stats.jsonl`: round, images, seconds, stage and the mean of each figure.

    It is the one listener that asks the trainer for its figures; the others read `latest`. The
    first and the last round always get a line. After a resume, or when the trainer went back,
    lines later than its round are removed, so that no curve doubles back.

    Args:
        folder: the run's folder.
        every: seconds between lines at first; a run of T seconds writes one each T/1000 seconds,
            so that no run, however long, writes more than some thousand lines.
    """

    def __init__(self, folder: Path, every: float = 0.25) -> None:
        self.file, self.every = folder / STATS, every
        self.latest: dict[str, Any] = {}
        """The last line written."""
        self._due = 0.0
        self._torn = False

    def begin(self, trainer: Trainer) -> None:
        with self.attempt(f"write {self.file}"):
            self._cut(trainer.clock.round)

    def after_round(self, trainer: Trainer) -> None:
        if time.monotonic() >= self._due:
            self._note(trainer)
            self._due = time.monotonic() + max(self.every, trainer.clock.seconds / 1000)

    def trouble(self, trainer: Trainer, error: Diverged) -> None:
        with self.attempt(f"write {self.file}"):
            self._cut(trainer.clock.round)
            self._append({**_when(trainer), "trouble": str(error)})

    def end(self, trainer: Trainer, reason: str) -> None:
        if self.latest.get("round") != trainer.clock.round:
            self._note(trainer)

    def _note(self, trainer: Trainer) -> None:
        figures = trainer.figures()
        if not figures:
            return
        when = {**_when(trainer), "stage": trainer.game.stage.name}
        # No figure, whatever its name, may stand where the time is written.
        self.latest = when | {name: _plain(value) for name, value in figures.items()} | when
        with self.attempt(f"write {self.file}"):
            self._append(self.latest)

    def _append(self, line: dict[str, Any]) -> None:
        """Adds a line. If the last one was torn by an error, it begins on a line of its own."""
        start = "\n" if self._torn else ""
        self._torn = True
        with self.file.open("a", encoding="utf-8") as file:
            file.write(start + json.dumps(line, ensure_ascii=False) + "\n")
        self._torn = False

    def _cut(self, at: int) -> None:
        """Removes what is later than round `at`, and a line that was torn by a kill."""
        lines = [line for line in read(self.file.parent) if line["round"] <= at]
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        if not self.file.exists() or self.file.read_bytes() != text.encode():
            write_whole(self.file, text)


def _when(trainer: Trainer) -> dict[str, Any]:
    clock = trainer.clock
    return {"round": clock.round, "images": clock.images, "seconds": round(clock.seconds, 3)}


def _plain(value: float) -> float | None:
    """Six digits are plenty for a curve; JSON has no NaN and no infinity."""
    return float(f"{value:.6g}") if math.isfinite(value) else None


def read(folder: Path) -> list[dict[str, Any]]:
    """The lines of a run's `stats.jsonl`, oldest first; none if there is no such file.

    What is no line of figures, such as one torn by a kill, is passed over.
    """
    file, lines = folder / STATS, []
    if not file.is_file():
        return []
    for text in file.read_text("utf-8", errors="replace").split("\n"):
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(line, dict) and isinstance(line.get("round"), int):
            lines.append(line)
    return lines

"""Writes down the figures of a run, a line of JSON at a time."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ganvas.core import GanvasError, Trainer
from ganvas.watch import lines
from ganvas.watch.decoration import Decoration
from ganvas.watch.lines import Line, Lines, plain, when

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
        self.written: list[Line] = []
        """All lines of the run, as far as they still hold."""
        self._due = 0.0
        self._lines = Lines(self.file)

    def begin(self, trainer: Trainer) -> None:
        with self.attempt(f"write {self.file}"):
            self.written = self._lines.cut(trainer.clock.round)

    def after_round(self, trainer: Trainer) -> None:
        if time.monotonic() >= self._due:
            self._note(trainer)
            self._due = time.monotonic() + max(self.every, trainer.clock.seconds / 1000)

    def trouble(self, trainer: Trainer, error: GanvasError) -> None:
        with self.attempt(f"write {self.file}"):
            self.written = self._lines.cut(trainer.clock.round)
            self.written.append(
                {**when(trainer), "trouble": str(error), "kind": type(error).__name__}
            )
            self._lines.append(self.written[-1])

    def end(self, trainer: Trainer, reason: str) -> None:
        if self.latest.get("round") != trainer.clock.round:
            self._note(trainer)

    def _note(self, trainer: Trainer) -> None:
        figures = trainer.figures()
        if not figures:
            return
        now = {**when(trainer), "stage": trainer.game.stage.name}
        # No figure, whatever its name, may stand where the time is written.
        self.latest = now | {name: plain(value) for name, value in figures.items()} | now
        self.written.append(self.latest)
        with self.attempt(f"write {self.file}"):
            self._lines.append(self.latest)


def read(folder: Path) -> list[dict[str, Any]]:
    """The lines of a run's `stats.jsonl`, oldest first; none if there is no such file.

    What is no line of figures, such as one torn by a kill, is passed over.
    """
    return lines.read(folder / STATS)

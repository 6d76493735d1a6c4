"""Keeps the state of a run on disk."""

from __future__ import annotations

import time

from ganvas.core import GanvasError, Listener, Trainer
from ganvas.core.checkpoint import kept_rounds
from ganvas.core.run import Run


class Checkpoints(Listener):
    """Saves at the beginning, every so many seconds, and at the end.

    Args:
        run: where to.
        every: seconds between saves.
    """

    def __init__(self, run: Run, every: float = 30.0) -> None:
        self.run, self.every = run, every
        self._saved = time.monotonic()
        self._round = -1

    def begin(self, trainer: Trainer) -> None:
        rounds = [int(folder.name) for folder in kept_rounds(self.run.folder)]
        if trainer.clock.round in rounds:
            self._round = trainer.clock.round
        else:
            self._save(trainer)

    def after_round(self, trainer: Trainer) -> None:
        if time.monotonic() - self._saved > self.every:
            self._save(trainer)

    def trouble(self, trainer: Trainer, error: GanvasError) -> None:
        self._save(trainer)  # the good state that the run went back to

    def end(self, trainer: Trainer, reason: str) -> None:
        if trainer.clock.round != self._round:
            self._save(trainer)

    def _save(self, trainer: Trainer) -> None:
        if trainer.is_finite():
            self.run.save(trainer)
            self._round = trainer.clock.round
        self._saved = time.monotonic()

"""A run from its first round here to its last: who watches it, and how a signal ends it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, get_args

import torch
from torch import Tensor

from ganvas import data, watch
from ganvas.core import Diverged, Game, Listener, Trainer, UsageError, parallel, registry
from ganvas.core.run import Run
from ganvas.metrics.evaluation import fitting
from ganvas.metrics.sides import Wish
from ganvas.watch.checkpoints import Checkpoints
from ganvas.watch.evaluator import Evaluator


@dataclass(frozen=True)
class Watching:
    """How a run is watched: the arguments of `ganvas.train` that are about it.

    Raises:
        UsageError: if they contradict each other.
    """

    save_every: float
    evaluate_every: int | None
    metrics: Sequence[str] | None
    on_collapse: watch.OnCollapse
    quiet: bool

    def __post_init__(self) -> None:
        if self.on_collapse not in (known := get_args(watch.OnCollapse)):
            wanted = " or ".join(known)
            raise UsageError(f"on_collapse must be {wanted}, not {self.on_collapse!r}")
        if self.on_collapse == "rollback" and parallel.expected() > 1:
            raise UsageError("several processes cannot be rolled back; take --on-collapse stop")
        if self.evaluate_every is None and self.metrics is not None:
            raise UsageError("--metrics names what --evaluate-every measures: give both")
        if self.evaluate_every is not None and self.evaluate_every < 1:
            every = self.evaluate_every
            raise UsageError(f"--evaluate-every must be at least 1 round, not {every}")

    def check(self, game: Game, trained_on: Mapping[str, Any]) -> None:
        """Says which figures cannot be, before anything is written.

        Args:
            trained_on: the `to_json` of the game's data.

        Raises:
            UsageError: if one of the metrics does not fit the game.
        """
        if self.evaluate_every is not None:
            fitting(game, trained_on, Wish(metrics=self.metrics))

    def listeners(self, run: Run) -> list[Listener]:
        """All that watches a run, in an order in which each finds what it reads."""
        evaluators: list[Listener] = []
        if self.evaluate_every is not None:
            evaluators = [Evaluator(run, self.evaluate_every, self.metrics)]
        shown = held_out_pairs(run) if registry.find(run.plan.game).paired else None
        usual = watch.listeners(run.folder, shown, on_collapse=self.on_collapse, quiet=self.quiet)
        return [Checkpoints(run, self.save_every), *evaluators, *usual]


def held_out_pairs(run: Run) -> dict[str, Tensor] | None:
    """Pairs to draw that a run does not learn from; None if none are held back.

    A picture beside its truth shows something only where the truth was not seen before.
    """
    held = data.held_out(run.plan.data)
    if held.given["split"] != "test":
        return None
    (table,) = held.tables
    n = min(len(table), 96)
    return table.fetch(torch.arange(n) * len(table) // n)


def play(trainer: Trainer, run: Run | None, folder: Path, how: Watching) -> Run:
    """Lets the trainer run to its end; `run` is None in the processes that do not write.

    Raises:
        GanvasError: if the training failed; what was saved is in the folder.
    """
    if run is not None:
        trainer.listeners = how.listeners(run)
    try:
        with stopped_by_signals(trainer):
            reason = trainer.run()
    except Diverged as error:
        raise Diverged(f"{error}; the run is {folder}") from error
    parallel.wait()
    finished = Run(folder)
    finished.ended = reason
    return finished


@contextmanager
def stopped_by_signals(trainer: Trainer) -> Iterator[None]:
    """SIGINT and SIGTERM end the run after its round; a second one ends it at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        if trainer.stopping is not None:
            signal.default_int_handler(number, frame)
        trainer.stopping = f"stopped by {signal.Signals(number).name}"

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

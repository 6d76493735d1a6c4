"""Measures a run while it trains, and keeps the state that measured best."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace

from ganvas.core import GanvasError, Trainer
from ganvas.core.run import CONFIG, Run
from ganvas.metrics import scores
from ganvas.metrics.evaluation import evaluate_game
from ganvas.metrics.scores import Scores
from ganvas.metrics.sides import Wish
from ganvas.watch.decoration import Decoration

BEST = "best"


class Evaluator(Decoration):
    """Measures every so many rounds and at the end: into scores.json, and so onto the curves.

    The state whose first figure is best is kept in `RUN/best`, a run of its own: it can be sampled,
    evaluated and gone on with. Samples are drawn as for `ganvas sample`, apart from the draws of
    the training, which goes on as if nobody had looked.

    Args:
        run: the run.
        every: rounds between measurements.
        metrics: names of figures, the deciding one first; all usual ones that fit if None.
    """

    def __init__(self, run: Run, every: int, metrics: Sequence[str] | None = None) -> None:
        self.run, self.every, self.wish = run, every, Wish(metrics=metrics)
        self.home = run.folder / BEST
        self._best: Scores | None = None
        self._measured = -1

    def begin(self, trainer: Trainer) -> None:
        with self.attempt("read earlier scores"):
            self._forget_after(trainer.clock.round)

    def after_round(self, trainer: Trainer) -> None:
        if trainer.clock.round % self.every == 0:
            self._measure(trainer)

    def trouble(self, trainer: Trainer, error: GanvasError) -> None:
        with self.attempt("remove scores"):
            self._forget_after(trainer.clock.round)

    def end(self, trainer: Trainer, reason: str) -> None:
        if self._measured != trainer.clock.round and trainer.is_finite():
            self._measure(trainer)

    def _measure(self, trainer: Trainer) -> None:
        clock = trainer.clock
        with self.attempt("measure"):
            found = evaluate_game(trainer.game, self.run.plan.data, self.wish)
            found = replace(
                found,
                of=str(self.run.folder),
                round=clock.round,
                images=clock.images,
                trained=round(clock.seconds, 3),
            )
            scores.write(self.run.folder, found)
            self._measured = clock.round
            if self._best is None or _beats(found, self._best):
                self._keep(trainer, found)

    def _keep(self, trainer: Trainer, found: Scores) -> None:
        """Makes the present state the best."""
        if not (self.home / CONFIG).exists():
            shutil.rmtree(self.home, ignore_errors=True)
            Run.create(self.home, self.run.plan)
        Run(self.home).save(trainer, keep=1)
        (self.home / scores.FILE).unlink(missing_ok=True)
        scores.write(self.home, replace(found, of=str(self.home)))
        self._best = found

    def _forget_after(self, at: int) -> None:
        """Removes what was measured later than round `at`; finds the best of the rest."""
        scores.forget_after(self.run.folder, at)
        earlier = scores.read(self.home)
        if earlier and earlier[-1].round > at:
            shutil.rmtree(self.home)  # it will come anew, if it was no accident
            earlier = []
        self._best = earlier[-1] if earlier else None


def _beats(new: Scores, old: Scores) -> bool:
    """Whether the first figure of `new` is better than that of `old`."""
    name, about = next(iter(new.figures.items()))
    if name not in old.figures or new.protocol != old.protocol:
        return True
    value, before = about["value"], old.figures[name]["value"]
    return value > before if about["better"] == "higher" else value < before

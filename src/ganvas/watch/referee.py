"""Watches a run for trouble, at a price that is kept, and says what it sees and what may help."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from statistics import median
from typing import Any, Literal

from torch import Tensor

from ganvas.core import Collapsed, GanvasError, Trainer
from ganvas.core.checkpoint import State
from ganvas.watch.decoration import Decoration
from ganvas.watch.evidence import LOOKS, Evidence, about
from ganvas.watch.eye import Eye, some_rows
from ganvas.watch.lines import Line, Lines, when
from ganvas.watch.log import Log
from ganvas.watch.verdicts import COLLAPSES, Finding, judge

OnCollapse = Literal["warn", "stop", "rollback"]

SHARE = 0.015
"""Of the run's time. It ends below 2 % even if the last look takes much longer than was to be
expected, on a machine that is busy with something else."""
EVERY, MOST = 0.25, 400
"""Seconds between looks at least; and no more than about so many looks in a run."""
ENOUGH = 0.8
"""So sure of a collapse a referee must be to end a run, or to take it back."""
ROLLBACKS, KEPT = 3, 3
"""How often a run is taken back before it is ended; and how many states are kept for that."""


class Account:
    """What looking has cost, and whether the next look can be paid for.

    Args:
        share: of the run's time.
    """

    def __init__(self, share: float = SHARE) -> None:
        self.share = share
        self.spent = 0.0
        self._prices: deque[float] = deque(maxlen=3)

    @property
    def price(self) -> float:
        """What the next look will cost: as much as the last ones; the very first costs double."""
        return median(self._prices) / (2 if len(self._prices) == 1 else 1) if self._prices else 0.0

    def add(self, seconds: float, price: float | None = None) -> None:
        """So much was spent, `price` of it (or all) on looking, the rest on what is done once."""
        self.spent += seconds
        self._prices.append(seconds if price is None else price)

    def allows(self, elapsed: float, looks: int) -> bool:
        """Whether so many more looks are within the share of the time elapsed."""
        return self.spent + looks * self.price <= self.share * elapsed


class Referee(Decoration):
    """Looks at the game now and then, appends what it sees to `referee.jsonl`, and judges.

    The first look is before the first round, the last one at the end; how often it looks between
    them follows from what a look costs.

    Args:
        folder: the run's folder.
        log: has the figures.
        on_collapse: what to do once mode collapse is likely: say so, end the run, or take it back
            to before the collapse, to go on with other draws (three times, then it ends). When
            looks happen depends on the machine's speed, so a run that was taken back cannot be
            repeated exactly.
    """

    def __init__(self, folder: Path, log: Log, on_collapse: OnCollapse = "warn") -> None:
        self.folder, self.log, self.on_collapse = folder, log, on_collapse
        self.account = Account()
        self.findings: list[Finding] = []
        """What there is to say now, causes first."""
        self._lines, self._looks = Lines(folder / LOOKS), list[Line]()
        self._eye: Eye | None = None
        self._told: set[str] = set()
        self._states: list[State] = []
        self._due = 0.0
        self._back = 0

    def news(self) -> list[Finding]:
        """The findings that nobody asked for before: each trouble is told once."""
        fresh = [found for found in self.findings if found.trouble not in self._told]
        self._told |= {found.trouble for found in fresh}
        return fresh

    def begin(self, trainer: Trainer) -> None:
        began = time.perf_counter()
        with self.attempt("watch for trouble"):
            self._forget_after(trainer)
            data = about(self.folder).get("data")
            source = data.get("source") if isinstance(data, dict) else None
            self._eye = Eye(trainer.game, some_rows(trainer.stream.tables), source)
        self._look(trainer, began)

    def after_round(self, trainer: Trainer) -> None:
        seconds = trainer.clock.seconds
        # One look is for now, the other for the end of the run.
        if seconds >= self._due and self.account.allows(seconds, looks=2):
            self._look(trainer, time.perf_counter())
            self._act(trainer)

    def trouble(self, trainer: Trainer, error: GanvasError) -> None:
        with self.attempt("watch for trouble"):
            self._forget_after(trainer)
            self._judge(trainer)

    def end(self, trainer: Trainer, reason: str) -> None:
        seen = self._looks and self._looks[-1]["round"] == trainer.clock.round
        if not seen and self.account.allows(trainer.clock.seconds, looks=1):
            self._look(trainer, time.perf_counter())
        else:
            with self.attempt("watch for trouble"):
                self._judge(trainer)

    def _look(self, trainer: Trainer, began: float) -> None:
        with self.attempt("watch for trouble"):
            if self._eye is None:
                return
            ready = time.perf_counter()
            seen = self._eye.look(trainer.game)
            spent = self.account.spent + time.perf_counter() - began
            line = {**when(trainer), "spent": round(spent, 4), **seen}
            self._lines.append(line)
            self._looks.append(line)
            self._judge(trainer)
            self._keep(trainer)
            now = time.perf_counter()
            self.account.add(now - began, price=now - ready)
        seconds = trainer.clock.seconds
        self._due = seconds + max(EVERY, seconds / MOST)

    def _judge(self, trainer: Trainer) -> None:
        config = trainer.game.config.to_json()
        self.findings = judge(Evidence(self.log.written, self._looks, config))

    def _forget_after(self, trainer: Trainer) -> None:
        """Takes out what was seen later than where the run stands."""
        self._looks = self._lines.cut(trainer.clock.round)
        self.account.spent = self._looks[-1].get("spent", 0.0) if self._looks else 0.0
        self._due = 0.0
        if self._eye is not None:
            self._eye.forget()

    # -- what to do about it -------------------------------------------------------------------

    def _collapse(self) -> Finding | None:
        """The collapse that is sure enough to act on."""
        for found in self.findings:
            if found.trouble in COLLAPSES and found.sure >= ENOUGH:
                return found
        return None

    def _keep(self, trainer: Trainer) -> None:
        """Keeps the state of a run that shows no collapse, to return to; those far apart stay."""
        if self.on_collapse != "rollback" or any(f.trouble in COLLAPSES for f in self.findings):
            return
        self._states.append(State(**_parked(vars(trainer.state()))))
        if len(self._states) > KEPT:
            seen = [_images(state) for state in self._states]
            near = [seen[i + 1] / max(1, seen[i - 1]) for i in range(1, len(seen) - 1)]
            self._states.pop(1 + near.index(min(near)))

    def _act(self, trainer: Trainer) -> None:
        found = self._collapse()
        if found is None or self.on_collapse == "warn" or trainer.stopping is not None:
            return
        before = [state for state in self._states if _images(state) < found.since]
        if self.on_collapse == "rollback" and before and self._back < ROLLBACKS:
            self._back += 1
            self._states = before if self._back == 1 else before[:-1] or before
            trainer.go_back(self._states[-1], Collapsed(f"{found.title}: {found.seen}"))
            return
        again = f" again after {self._back} rollbacks" if self._back else ""
        trainer.stopping = f"stopped for {found.title}{again}"


def _images(state: State) -> int:
    return state.rest["clock"]["images"]


def _parked(value: Any) -> Any:
    """A copy of a state in the memory of the CPU."""
    match value:
        case Tensor():
            return value.detach().to("cpu", copy=True)
        case dict():
            return {key: _parked(item) for key, item in value.items()}
        case list() | tuple():
            return type(value)(_parked(item) for item in value)
    return value

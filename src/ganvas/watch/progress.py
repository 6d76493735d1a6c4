"""Shows on the terminal how far a run is."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ganvas.core import GanvasError, Trainer
from ganvas.watch.curves import short_number
from ganvas.watch.decoration import Decoration
from ganvas.watch.log import Log
from ganvas.watch.referee import Referee
from ganvas.watch.telling import line

REFRESH, LINES = 0.25, 10.0
"""Seconds between refreshes of the bar; between lines, where there is no terminal."""
WINDOW = 60
"""The speed is that of so many refreshes."""


class Progress(Decoration):
    """A bar on stderr; where stderr is no terminal, a line now and then.

    Args:
        log: has the latest losses.
        console: where to write; stderr if None.
        referee: has found what is wrong, if anything is.
    """

    def __init__(
        self, log: Log, console: Console | None = None, referee: Referee | None = None
    ) -> None:
        self.log, self.referee = log, referee
        self.console = console or Console(stderr=True)
        self._every = REFRESH if self.console.is_terminal else LINES
        self._live: Live | None = None
        self._due = 0.0
        self._shown = -1
        self._past: deque[tuple[float, int, float]] = deque(maxlen=WINDOW)

    def begin(self, trainer: Trainer) -> None:
        self._look(trainer)
        self._due = time.monotonic() + self._every
        if self.console.is_terminal:
            self._live = Live(
                self._drawn(trainer), console=self.console, auto_refresh=False,
                redirect_stdout=False,
            )  # fmt: skip
            self._live.start(refresh=True)

    def after_round(self, trainer: Trainer) -> None:
        if time.monotonic() >= self._due:
            with self.attempt("show progress"):  # the terminal may be gone
                self._show(trainer)
            self._due = time.monotonic() + self._every

    def trouble(self, trainer: Trainer, error: GanvasError) -> None:
        self._past.clear()
        back = f"went back to round {trainer.clock.round:,}"
        warning = Text.assemble(("! ", "bold yellow"), (f"{back}: {error}", "yellow"))
        with self.attempt("show progress"):
            self.console.print(warning, soft_wrap=True)

    def end(self, trainer: Trainer, reason: str) -> None:
        if self._shown != trainer.clock.round:
            with self.attempt("show progress"):
                self._show(trainer)

    def close(self) -> None:
        if self._live is not None:
            with self.attempt("show progress"):
                self._live.stop()  # or the cursor would stay hidden
            self._live = None

    def _show(self, trainer: Trainer) -> None:
        self._look(trainer)
        self._shown = trainer.clock.round
        for found in self.referee.news() if self.referee else ():
            if self._live is None:
                self.console.print(line(found), soft_wrap=True)
        if self._live is not None:
            self._live.update(self._drawn(trainer), refresh=True)
        else:
            facts = " · ".join([_percent(trainer), *self._facts(trainer)])
            losses = "  ".join(f"{name} {value}" for name, value in _losses(self.log.latest))
            told = f"{trainer.game.name}  {facts} · {losses}"
            self.console.print(Text(told), soft_wrap=True)

    def _look(self, trainer: Trainer) -> None:
        clock = trainer.clock
        self._past.append((time.monotonic(), clock.images, clock.progress))

    def _drawn(self, trainer: Trainer) -> Group:
        """The bar, below it the facts and the losses, and what the referee finds."""
        done, left = trainer.clock.progress, self._left()
        bar = Table.grid(padding=(0, 1), expand=True)
        for ratio in (None, 1, None, None):
            bar.add_column(ratio=ratio, no_wrap=True)
        bar.add_row(
            Text(trainer.game.name, "bold"),
            ProgressBar(total=1.0, completed=done, complete_style="cyan", finished_style="green"),
            Text(_percent(trainer).rjust(5)),
            Text(left.rjust(10), "dim"),
        )
        losses = [
            part
            for name, value in _losses(self.log.latest)
            for part in ((f"  {name} ", "dim"), (value, "cyan"))
        ]
        facts = (" · ".join(self._facts(trainer, left=False)), "dim")
        found = [line(found) for found in self.referee.findings] if self.referee else []
        below = [Text.assemble(facts, *losses), *found]
        for text in below:
            text.no_wrap, text.overflow = True, "ellipsis"
        return Group(bar, *below)

    def _facts(self, trainer: Trainer, *, left: bool = True) -> list[str]:
        clock, stages = trainer.clock, trainer.game.stages()
        stage = f"stage {clock.stage + 1}/{len(stages)} {trainer.game.stage.name}"
        facts = [
            stage if len(stages) > 1 and clock.stage >= 0 else "",
            f"round {clock.round:,}",
            f"{clock.images:,} images",
            f"{speed:,.0f} images/s" if (speed := self._speed()) else "",
            self._left() if left else "",
        ]
        return [fact for fact in facts if fact]

    def _speed(self) -> float | None:
        """Images per second, lately."""
        (then, before, _), (now, after, _) = self._past[0], self._past[-1]
        return (after - before) / (now - then) if now > then and after > before else None

    def _left(self) -> str:
        """The time that remains at the present speed."""
        (then, _, before), (now, _, after) = self._past[0], self._past[-1]
        if after <= before or after >= 1:
            return ""
        return f"{duration((1 - after) * (now - then) / (after - before))} left"


def _percent(trainer: Trainer) -> str:
    return f"{int(100 * trainer.clock.progress)} %"


def duration(seconds: float) -> str:
    """Such as 42 s, 3:05, 1:02:03 or 2 d 4 h."""
    s = round(seconds)
    if s < 60:
        return f"{s} s"
    if s < 3600:
        return f"{s // 60}:{s % 60:02d}"
    if s < 86400:
        return f"{s // 3600}:{s // 60 % 60:02d}:{s % 60:02d}"
    return f"{s // 86400} d {s // 3600 % 24} h"


def _losses(latest: dict[str, Any]) -> list[tuple[str, str]]:
    """The loss of each player or team of players, in three digits."""
    losses = [(k.removeprefix("loss/"), v) for k, v in latest.items() if k.startswith("loss/")]
    return [
        (name, "not finite" if value is None else short_number(value)) for name, value in losses
    ]

"""One thread does all the work, a step of each person's jobs in turn.

So no two steps ever share a model, and nobody waits longer than one step of somebody else. A job
that a newer one of the same key has overtaken is given up before its next step.
"""

from __future__ import annotations

import json
import struct
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import GeneratorType
from typing import Any

from ganvas.studio.doing import KNOWN, Ask, Said, Shown, Wrong
from ganvas.studio.session import Session
from ganvas.studio.wording import told

MOST = 64
"""Open jobs of a session."""
IDLE = 0.5


@dataclass
class Job:
    """A request that is being answered."""

    ask: Ask
    steps: Iterator[Any] | None = None
    """None before the first step."""
    given_up: bool = False


class Bench:
    """Plays the steps of all sessions' jobs.

    Args:
        prepare: is called by the thread before all else; slow imports have their place there.
    """

    def __init__(self, prepare: Callable[[], None] = lambda: None) -> None:
        self._prepare = prepare
        self._changed = threading.Condition()
        self._sessions: list[Session] = []
        self._leaving: list[Job] = []
        self._over = False
        self.ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ganvas-bench", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends after the step at hand."""
        with self._changed:
            self._over = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def add(self, ask: Ask) -> None:
        """A new request; those of the same key are given up."""
        session = ask.session
        with self._changed:
            if session.closed:
                return
            if ask.key is not None:
                self._give_up(session, lambda job: job.ask.key == ask.key)
            if ask.id in session.jobs:
                _tell(session, ask.id, **told(Wrong("this number is taken")))
                return
            if len(session.jobs) >= MOST:
                _tell(session, ask.id, **told(Wrong("too many requests at once")))
                return
            session.jobs[ask.id] = Job(ask)
            if session not in self._sessions:
                self._sessions.append(session)
            self._changed.notify()

    def drop(self, session: Session, key: str | None = None) -> None:
        """Gives up the jobs of a key, or all."""
        with self._changed:
            self._give_up(session, lambda job: key is None or job.ask.key == key)

    def forget(self, session: Session) -> None:
        """Closes a session: its jobs are given up, and what it kept is let go."""
        with self._changed:
            self._give_up(session, lambda _: True)
            if session in self._sessions:
                self._sessions.remove(session)
            session.close()

    def look(self) -> None:
        """Something may have become possible: somebody has read, or come back."""
        with self._changed:
            self._changed.notify()

    def _give_up(self, session: Session, which: Callable[[Job], bool]) -> None:
        for job in [job for job in session.jobs.values() if which(job)]:
            del session.jobs[job.ask.id]
            job.given_up = True
            self._leaving.append(job)
            _tell(session, job.ask.id, dropped=True)
        self._changed.notify()

    # -- the thread ------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._prepare()
        except Exception:  # every request will say so
            traceback.print_exc()
        self.ready.set()
        while True:
            with self._changed:
                while not self._over and not self._leaving and self._next() is None:
                    self._changed.wait(IDLE)
                leaving, self._leaving = self._leaving, []
                chosen = None if self._over else self._next(take=True)
            for job in leaving:
                _end(job)
            leaving.clear()
            if self._over:
                return
            if chosen is not None:
                self._play(chosen)
                chosen = None

    def _next(self, take: bool = False) -> Job | None:
        """The job whose turn it is; if it is taken, its session and it go to the end of the row."""
        for session in self._sessions:
            if session.there and not session.full and session.jobs:
                job = next(iter(session.jobs.values()))
                if take:
                    self._sessions.remove(session)
                    self._sessions.append(session)
                    session.jobs.move_to_end(job.ask.id)
                return job
        return None

    def _play(self, job: Job) -> None:
        """One step."""
        ask = job.ask
        try:
            if job.steps is None:
                value = _function(ask.do)(ask)
                if not isinstance(value, GeneratorType):
                    self._done(job, value)
                    return
                job.steps = value
            self._say(ask, next(job.steps))
        except StopIteration as end:
            self._done(job, end.value)
        except Exception as error:
            self._done(job, None, _foreseen(error, ask.do))

    def _say(self, ask: Ask, found: Said | Shown | None) -> None:
        if isinstance(found, Said):
            _tell(ask.session, ask.id, part=dict(found.about))
        elif isinstance(found, Shown):
            ask.session.say(_framed({"id": ask.id, "part": found.part, **found.about}, found))

    def _done(self, job: Job, value: Any, error: Exception | None = None) -> None:
        with self._changed:
            job.ask.session.jobs.pop(job.ask.id, None)
        if job.given_up:
            return  # it was told
        if error is None:
            _tell(job.ask.session, job.ask.id, ok=dict(value or {}))
        else:
            _tell(job.ask.session, job.ask.id, **told(error))


def _function(name: str) -> Callable[[Ask], Any]:
    if name not in KNOWN:
        raise Wrong("nothing here does {name}", name=repr(name[:60]))
    return KNOWN[name]


def _end(job: Job) -> None:
    if isinstance(job.steps, GeneratorType):
        try:
            job.steps.close()
        except Exception:
            traceback.print_exc()
    job.steps = None


def _foreseen(error: Exception, what: str) -> Exception:
    """An error that the page may be told; one that nobody foresaw goes to the log, whole."""
    from ganvas.core.errors import GanvasError

    if isinstance(error, GanvasError | Wrong):
        return error
    print(f"{what} failed:", file=sys.stderr)
    traceback.print_exception(error)
    kind = type(error).__name__
    return Wrong("{kind}: this should not happen; the server's terminal says more", kind=kind)


def _tell(session: Session, id: int, **values: Any) -> None:
    session.say(json.dumps({"id": id, **values}, ensure_ascii=False))


def _framed(head: dict[str, Any], found: Shown) -> bytes:
    """4 bytes with the length of a head, the head as JSON, the picture."""
    words = json.dumps(head, ensure_ascii=False).encode()
    return struct.pack(">I", len(words)) + words + found.content

"""Trainings that were begun in the Studio: each a process of its own, `ganvas train`.

Such a process belongs to nobody's tab. Beside the run, in `.studio`, lies what it said and who
began it; the process holds a lock on the former as long as it lives, so that a Studio that begins
anew finds those that still run. Whoever began a training, and nobody else, may pause it.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from ganvas.studio.doing import Wrong
from ganvas.studio.wording import Words

HIDDEN, CONFIG = ".studio", "config.json"
RESERVED = "lab"
"""What the page calls another thing."""
NAME = re.compile(r"\w[\w .+-]{0,59}(?<![ .])")
MOST, MINE = 4, 2
"""Trainings at a time, of all people and of one."""
PATIENCE = 60.0
"""Seconds in which a training may end its round and save, when the Studio ends."""
SAID = 20_000
"""Characters of what a training said that are read, the last ones."""

State = Literal["starting", "running", "ending", "paused", "stopped", "done", "failed"]


@dataclass
class Record:
    """What is written down of a training, beside what the run itself says."""

    owner: str
    """The SHA-256 of what its owner's browser says."""
    about: dict[str, Any]
    """What was asked for, for the page."""
    pid: int = 0
    wish: Literal["", "paused", "stopped"] = ""
    """Why it was told to end."""
    began: float = field(default_factory=time.time)


class Training:
    """One of them.

    Args:
        home: the folder of runs.
        name: its name, which is that of the run's folder.
    """

    def __init__(self, home: Path, name: str, record: Record) -> None:
        self.name, self.folder, self.record = name, home / name, record
        self.log = home / HIDDEN / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    # -- the process -----------------------------------------------------------------------------

    def play(self, words: Sequence[str]) -> None:
        """Starts `ganvas train` with these words.

        Raises:
            OSError: if it cannot be started.
        """
        with self.log.open("wb") as log:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ganvas", "train", *words],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,  # Ctrl-C is for the Studio, which then saves all
            )  # fmt: skip
        self.record.pid, self.record.wish = self._process.pid, ""
        self.keep()

    def end(self, wish: Literal["", "paused", "stopped"] = "") -> None:
        """Asks the process to end after its round, and to save."""
        if wish:
            self.record.wish = wish
            self.keep()
        if self.alive and self.record.pid > 1:
            with suppress(ProcessLookupError):
                os.kill(self.record.pid, signal.SIGTERM)

    @property
    def alive(self) -> bool:
        """Whether the process is there, be it a child of this one or of a Studio before it."""
        if self._process is not None:
            return self._process.poll() is None
        try:
            with self.log.open("rb") as log:
                fcntl.flock(log, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    # -- what became of it -----------------------------------------------------------------------

    @property
    def exists(self) -> bool:
        """Whether there is a run yet."""
        return (self.folder / CONFIG).is_file()

    def state(self, done: bool) -> State:
        """Where it stands.

        Args:
            done: whether the run has reached its goal.
        """
        if self.alive:
            if not self.exists:
                return "starting"
            return "ending" if self.record.wish else "running"
        if not self.exists:
            return "stopped" if self.record.wish else "failed"
        if done:
            return "done"
        if self.record.wish == "" and self._process is not None and self._process.poll():
            return "failed"
        return "stopped" if self.record.wish == "stopped" else "paused"

    def said(self) -> str:
        """What the process said, as on a terminal."""
        try:
            return self.log.read_bytes()[-SAID:].decode("utf-8", "replace")
        except OSError:
            return ""

    def complaint(self) -> Words:
        """Why it failed: the command line's own message."""
        lines = self.said().strip().splitlines()
        errors = [line for line in lines if line.startswith("ganvas: error: ")]
        if not lines:
            return Words("it ended without a word")
        found = errors[-1] if errors else lines[-1]
        return Words("{error}", error=found.removeprefix("ganvas: error: "))

    def keep(self) -> None:
        """Writes down what is to be known after the Studio has ended."""
        file = self.log.with_suffix(".json")
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(self.record), ensure_ascii=False), "utf-8")
        draft.replace(file)

    def belongs_to(self, owner: str) -> bool:
        """Whether somebody is the one who began it."""
        return bool(owner) and self.record.owner == hashed(owner)


class Trainings:
    """All that were begun in a folder of runs.

    Args:
        home: the folder; it is made when the first one begins.
    """

    def __init__(self, home: Path) -> None:
        self.home = home.expanduser().resolve()
        self._all: dict[str, Training] = {}
        for file in sorted((self.home / HIDDEN).glob("*.json")):
            if (record := _read(file)) is not None:
                self._all[file.stem] = Training(self.home, file.stem, record)

    def __iter__(self) -> Iterator[Training]:
        return iter(sorted(self._all.values(), key=lambda each: -each.record.began))

    def get(self, name: str) -> Training:
        """The training of a name.

        Raises:
            Wrong: if there is none.
        """
        if name not in self._all:
            raise Wrong("there is no training {name}", name=repr(name))
        return self._all[name]

    def mine(self, name: str, owner: str) -> Training:
        """The same, for whoever wants to change something.

        Raises:
            Wrong: if there is none, or it is somebody else's.
        """
        training = self.get(name)
        if not training.belongs_to(owner):
            template = "{name} is somebody else's: only who began it may pause or stop it"
            raise Wrong(template, name=name)
        return training

    def begin(
        self, name: str, words: Sequence[str], owner: str, about: Mapping[str, Any]
    ) -> Training:
        """Begins a training; `--out` is added to its words.

        Raises:
            Wrong: if the name is no good or taken, or too many run.
            OSError: if the folder cannot be written.
        """
        if not NAME.fullmatch(name) or name == RESERVED:
            raise Wrong(
                "a name is up to 60 letters, digits, spaces, and any of . _ + - (not {reserved})",
                reserved=RESERVED,
            )
        before = self._all.get(name)
        failed = before is not None and not before.alive and not before.exists
        if (self.home / name).exists() or (before is not None and not failed):
            raise Wrong("there is a run {name} already; take another name", name=name)
        if before is not None and not before.belongs_to(owner):
            raise Wrong("somebody else has taken the name {name}; take another", name=name)
        self._make_room(owner)
        (self.home / HIDDEN).mkdir(parents=True, exist_ok=True)
        training = Training(self.home, name, Record(hashed(owner), dict(about)))
        training.play([*words, "--out", str(training.folder)])
        self._all[name] = training
        return training

    def go_on(self, training: Training, words: Sequence[str] = ()) -> None:
        """Goes on with a training where it stands.

        Raises:
            Wrong: if it runs, has no run, or too many others run.
        """
        if training.alive:
            raise Wrong("{name} is running", name=training.name)
        if not training.exists:
            template = "{name} never began: there is nothing to go on with"
            raise Wrong(template, name=training.name)
        self._make_room("", training.record.owner)
        training.play(["--resume", str(training.folder), *words])

    def _make_room(self, owner: str, known: str = "") -> None:
        running = [each for each in self._all.values() if each.alive]
        mine = [each for each in running if each.record.owner == (known or hashed(owner))]
        if len(running) >= MOST or len(mine) >= MINE:
            raise Wrong(
                "{mine} of your trainings and {others} of others are running, and {most_mine} and "
                "{most} in all may; pause one first",
                mine=len(mine), others=len(running) - len(mine), most_mine=MINE, most=MOST,
            )  # fmt: skip

    def close(self) -> None:
        """Asks all to save and to end, and waits for them."""
        running = [each for each in self._all.values() if each.alive]
        if not running:
            return
        print(f"saving {', '.join(each.name for each in running)} ...", file=sys.stderr)
        for each in running:
            each.end()
        late = time.monotonic() + PATIENCE
        while any(each.alive for each in running) and time.monotonic() < late:
            time.sleep(0.05)


def hashed(owner: str) -> str:
    """What is kept of an owner's secret."""
    return sha256(owner.encode()).hexdigest()


def _read(file: Path) -> Record | None:
    """A record; None for what is none."""
    try:
        return Record(**json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None

"""What is to be seen of a training: all of it is read from the files of its run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ganvas.studio.trainings import CONFIG, Training
from ganvas.watch import files, log
from ganvas.watch.evidence import Evidence
from ganvas.watch.verdicts import judge, scope

LINES = 600
"""Of a curve that is sent whole, at most."""
NO_FIGURES = ("round", "images", "seconds", "stage")


class Seen:
    """What was read of a run last; it is read again when the file has changed."""

    def __init__(self, training: Training) -> None:
        self.training, self.folder = training, training.folder
        self._stamps: dict[str, Any] = {}
        self._lines: list[dict[str, Any]] = []
        self._troubles: list[dict[str, Any]] = []
        self._judged: dict[str, Any] = {"findings": [], "scope": ""}
        self._plan: dict[str, Any] = {}

    def _changed(self, *names: str) -> bool:
        """Whether one of these files is another one than at the last call."""
        key, stamp = " ".join(names), [_stamp(self.folder / name) for name in names]
        before, self._stamps[key] = self._stamps.get(key), stamp
        return before != stamp

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The figures, oldest first."""
        if self._changed(log.STATS):
            found = log.read(self.folder)
            self._lines = [line for line in found if "trouble" not in line]
            self._troubles = [line for line in found if "trouble" in line]
        return self._lines

    @property
    def last(self) -> dict[str, Any]:
        """The newest figures; nothing before there are any."""
        return self.lines[-1] if self.lines else {}

    @property
    def progress(self) -> float:
        """From 0 to 1, by the length that was asked for."""
        length, last = self.training.record.about.get("length") or {}, self.last
        if "minutes" in length:
            return min(1.0, float(last.get("seconds", 0)) / (60 * length["minutes"]))
        if "steps" in length:
            return min(1.0, float(last.get("round", 0)) / length["steps"])
        goal = length.get("images") or self.plan.get("config", {}).get("images")
        return min(1.0, float(last.get("images", 0)) / goal) if goal else 0.0

    @property
    def plan(self) -> dict[str, Any]:
        """The run's `config.json`; nothing before there is one."""
        if not self._plan:
            try:
                self._plan = dict(json.loads((self.folder / CONFIG).read_text("utf-8")))
            except (OSError, ValueError, TypeError):
                return {}
        return self._plan

    @property
    def room(self) -> str | None:
        """Where one goes with the run: to explore, or to translate; points and words go nowhere."""
        kinds = {k: space.get("kind") for k, space in self.plan.get("spaces", {}).items()}
        if kinds.get("x") != "Image":
            return None
        return (
            "translate"
            if kinds.get("y") == "Image" or self.plan["game"] == "stargan"
            else "explore"
        )

    @property
    def state(self) -> str:
        """Where the training stands. (0.9995: a clock in seconds is rounded in the log.)"""
        return self.training.state(self.progress >= 0.9995)

    def judged(self) -> dict[str, Any]:
        """The referee's findings, and what a verdict rests on."""
        if self._changed("referee.jsonl", log.STATS) and self.training.exists:
            evidence = Evidence.of(self.folder)
            found = [finding.to_json() for finding in judge(evidence)]
            self._judged = {"findings": found, "scope": scope(evidence)}
        return self._judged

    def brief(self, owner: str) -> dict[str, Any]:
        """What stands in the list of trainings."""
        about, state = self.training.record.about, self.state
        frames = self.frames()
        return {
            "name": self.training.name,
            "state": state,
            "mine": self.training.belongs_to(owner),
            "game": about.get("game"),
            "source": about.get("source"),
            "progress": self.progress,
            "images": self.last.get("images", 0),
            "frame": frames[-1] if frames else None,
            **({"why": self.training.complaint().to_json()} if state == "failed" else {}),
        }

    def whole(self, owner: str, since: int) -> dict[str, Any]:
        """All that the page of one training shows.

        Args:
            owner: who asks.
            since: so many images had been seen at the last line that is known already.
        """
        lines, marks = self.lines, [line["images"] for line in self.lines]
        new = since not in marks
        fresh = thinned(lines) if new else lines[marks.index(since) + 1 :]
        about = self.training.record.about
        return {
            **self.brief(owner),
            **self.judged(),
            "round": self.last.get("round", 0),
            "seconds": self.last.get("seconds", 0),
            "stage": self.last.get("stage"),
            "about": about,
            "room": self.room,
            "anew": new,
            "lines": [_figures(line) for line in fresh],
            "troubles": [{k: line[k] for k in ("images", "trouble")} for line in self._troubles],
            "frames": self.frames(),
            "scores": _scores(self.folder),
            "said": _told(self.training.said()),
        }

    def frames(self) -> list[int]:
        """The pictures that there are: how many images had been seen at each."""
        return [files.images_of(f) for f in files.frames(self.folder) if f.suffix == ".png"]


def thinned(lines: Sequence[dict[str, Any]], most: int = LINES) -> list[dict[str, Any]]:
    """Some of the lines, equally far apart, the last one among them."""
    if len(lines) <= most:
        return list(lines)
    return [lines[round(i * (len(lines) - 1) / (most - 1))] for i in range(most)]


def _figures(line: Mapping[str, Any]) -> dict[str, Any]:
    """How many images, and each figure."""
    figures = {k: v for k, v in line.items() if k not in NO_FIGURES and not isinstance(v, str)}
    return {"images": line["images"], **figures}


def _scores(folder: Path) -> list[dict[str, Any]]:
    """What was measured last."""
    try:
        last = json.loads((folder / "scores.json").read_text("utf-8"))
        last = last[-1] if isinstance(last, list) else last
        return [
            {k: about[k] for k in ("title", "value", "better")}
            for about in list(last["figures"].values())[:6]
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return []


def _told(said: str) -> list[str]:
    """What the process said of data and options, without the lines that report progress."""
    lines = [line.strip() for line in said.splitlines()]
    return [line for line in lines if line and " images · " not in line][:12]


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        about = file.stat()
    except OSError:
        return None
    return about.st_mtime_ns, about.st_size

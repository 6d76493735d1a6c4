"""The page that tells of a run: one file, which needs no other and asks for none."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from ganvas.core import GanvasError, Trainer, registry
from ganvas.core.files import write_whole
from ganvas.metrics import scores
from ganvas.metrics.scores import Scores
from ganvas.watch import log, scoreboard, sections, spectra, telling
from ganvas.watch.decoration import Decoration

REPORT = "report.html"


class Report(Decoration):
    """Writes the page at the beginning, now and then (1 % of the time at most), and at the end.

    Args:
        folder: the run's folder.
        every: seconds between two versions at least.
    """

    def __init__(self, folder: Path, every: float = 30.0) -> None:
        self.folder, self.every = folder, every
        self._due = 0.0

    def begin(self, trainer: Trainer) -> None:
        self._write()

    def after_round(self, trainer: Trainer) -> None:
        if time.monotonic() >= self._due:
            self._write()

    def end(self, trainer: Trainer, reason: str) -> None:
        self._write()

    def _write(self) -> None:
        began = time.monotonic()
        with self.attempt(f"write {self.folder / REPORT}"):
            write(self.folder)
        now = time.monotonic()
        self._due = now + max(self.every, 100 * (now - began))


def write(folder: Path) -> Path:
    """Writes `report.html` from the other files of a run's folder.

    Nothing in these files is trusted: whatever they hold is shown as text.

    Returns:
        The page.

    Raises:
        OSError: if the page cannot be written.
    """
    about, lines = _object(folder / "config.json"), log.read(folder)
    about = {"paper": _paper(about.get("game")), **about}
    body = [
        sections.head(about, lines),
        sections.troubles(lines),
        telling.section(folder),
        sections.samples(folder),
        scoreboard.measured(_scores(folder)),
        sections.curves(lines),
        spectra.section(folder),
        sections.figures(lines),
        sections.details(about),
    ]
    title = escape(f"{about.get('game', 'run')} · {folder.resolve().name}")
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_part('css')}</style></head><body>\n"
        + "\n".join(body)
        + f"<script>{_part('js')}</script></body></html>\n"
    )
    write_whole(folder / REPORT, page)
    return folder / REPORT


def _paper(game: Any) -> dict[str, Any] | None:
    """The paper of a game that this installation knows."""
    try:
        return asdict(registry.find(game).paper) if isinstance(game, str) else None
    except GanvasError:
        return None


def _scores(folder: Path) -> list[Scores]:
    try:
        return scores.read(folder)
    except GanvasError:
        return []


def _part(kind: str) -> str:
    return (files(__package__) / f"report.{kind}").read_text("utf-8")


def _object(file: Path) -> dict[str, Any]:
    """A JSON file's object; an empty one if there is none."""
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}

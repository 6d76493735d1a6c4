"""Opened runs, shared by all sessions: by name, the least recently used are let go."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ganvas.core import CheckpointError, Game, GanvasError, Image, UsageError
from ganvas.core import checkpoint as disk
from ganvas.core.checkpoint import WEIGHTS
from ganvas.core.clock import Clock
from ganvas.core.errors import did_you_mean
from ganvas.core.run import CONFIG, Run, load_weights
from ganvas.studio.wording import Words
from ganvas.tools import pretrained
from ganvas.tools.latent import Latent
from ganvas.tools.still import Name

T = TypeVar("T")
KEPT = 4
"""So many are held open."""
LATENTS = 32

Stamp = tuple[int, ...]


class Opened:
    """A run whose weights are in memory."""

    def __init__(self, name: str, run: Run, game: Game, stamp: Stamp) -> None:
        self.name, self.run, self.game, self.stamp = name, run, game, stamp
        self._latents: OrderedDict[tuple[Any, ...], Latent] = OrderedDict()
        self.found: dict[Any, Any] = {}
        """What takes long to find and stays the same as long as the weights do."""

    @property
    def makes(self) -> Image:
        """The pictures that it makes.

        Raises:
            UsageError: if it makes none.
        """
        if not isinstance(self.game.output, Image):
            kind = type(self.game.output).__name__.lower()
            raise UsageError(Words("{run} makes {kind}, and no pictures", run=self.name, kind=kind))
        return self.game.output

    def latent(self, space: Name | None = None, label: int | None = None, seed: int = 0) -> Latent:
        """Where its pictures come from.

        Raises:
            UsageError: if they come from pictures, or there is no such space or label.
        """
        key = (space, label, seed)
        if key not in self._latents:
            self._latents[key] = Latent(self.game, space, label, seed)
            if len(self._latents) > LATENTS:
                self._latents.popitem(last=False)
        self._latents.move_to_end(key)
        return self._latents[key]

    def once(self, key: Any, find: Callable[[], T]) -> T:
        """What takes long to find and stays the same as long as the weights do."""
        if key not in self.found:
            self.found[key] = find()
        return self.found[key]


class Shelf:
    """The runs that there are, and those that are open.

    Args:
        places: the folder of each run, by name. The generators that come along are there too.
        keep: how many are held open.
    """

    def __init__(self, places: Mapping[str, Path], keep: int = KEPT) -> None:
        self.keep = keep
        self.shipped = pretrained.shipped()
        self.places = {name: pretrained.HOME / name for name in self.shipped}
        for name, folder in places.items():
            self.add(folder, name)
        self._open: OrderedDict[tuple[str, int | None], Opened] = OrderedDict()

    def add(self, folder: Path, name: str | None = None) -> str:
        """A run more; the name by which it is known."""
        word = name or folder.name
        numbered = (f"{word}-{i}" for i in range(2, len(self.places) + 3))
        if word in self.places:
            word = next(other for other in numbered if other not in self.places)
        self.places[word] = folder
        return word

    def folder(self, name: str) -> Path:
        """Where a run lies.

        Raises:
            UsageError: if there is none of this name, or it has gone.
        """
        if name not in self.places:
            raise did_you_mean(name, self.places, "run")
        if not (self.places[name] / CONFIG).is_file():
            template = "the run {run} has gone: its folder is no longer there"
            raise UsageError(Words(template, run=name))
        return self.places[name]

    def open(self, name: str, at: int | None = None) -> Opened:
        """A run with its newest weights, or those `at` a round; read again if they change.

        Raises:
            UsageError: if there is none, or it has gone.
            CheckpointError: if it has no weights yet, or they are damaged.
        """
        folder, key = self.folder(name), (name, at)
        if at is not None and at not in self.rounds(name):
            template = "the run {run} keeps no state of round {round}, or no longer"
            raise UsageError(Words(template, run=name, round=at))
        file = _weights(folder, at)
        stamp = _stamp(folder / CONFIG) + _stamp(file)
        there = self._open.get(key)
        if there is None or there.stamp != stamp:
            self._open.pop(key, None)  # before the new one, which may be large
            there = None
            self._open[key] = Opened(name, *self._read(name, folder, at), stamp)
        self._open.move_to_end(key)
        while len(self._open) > self.keep:
            self._open.popitem(last=False)
        return self._open[key]

    def rounds(self, name: str) -> list[int]:
        """The rounds of which a run keeps states, the newest last."""
        return [int(kept.name) for kept in disk.kept_rounds(self.folder(name))]

    def _read(self, name: str, folder: Path, at: int | None) -> tuple[Run, Game]:
        if name in self.shipped and folder == pretrained.HOME / name:
            for file in (CONFIG, WEIGHTS):
                self.shipped[name].read(file)  # refuses what is not as it was measured
        run = Run(folder)
        try:
            return run, (run.game if at is None else _at(run, at))
        except (FileNotFoundError, NotADirectoryError) as error:
            gone = Words("the run {run} has gone while it was read", run=name)
            raise CheckpointError(gone) from error


def _at(run: Run, at: int) -> Game:
    """The game with the weights of an earlier round."""
    file = disk.locate(run.folder, at) / WEIGHTS
    weights, about = disk.read_weights(file)
    game = run.plan.build()
    load_weights(game, weights, file)
    game.clock = Clock(**about["clock"])
    for name, player in game.players.items():
        player.name = name
    return game.eval()


def _weights(folder: Path, at: int | None) -> Path:
    kept = disk.kept_rounds(folder)
    if at is None:
        return kept[-1] / WEIGHTS if kept else folder / WEIGHTS
    return folder / "checkpoints" / f"{at:08d}" / WEIGHTS


def _stamp(file: Path) -> Stamp:
    """What changes when a file does.

    Raises:
        GanvasError: if it cannot be read.
    """
    try:
        about = file.stat()
    except OSError as error:
        template = "{folder} has no {file} yet, or no longer ({why})"
        why = error.strerror or ""
        words = Words(template, folder=file.parent.name, file=file.name, why=why)
        raise GanvasError(words) from error
    return about.st_mtime_ns, about.st_size, about.st_ino

"""Pictures of what a run generates, from the same inputs all along."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from pathlib import Path

import torch
from PIL.Image import Image as Picture
from torch import Tensor

from ganvas.core import GanvasError, Points, Trainer
from ganvas.core.files import write_whole
from ganvas.watch.decoration import Decoration
from ganvas.watch.files import frames, images_of, open_picture
from ganvas.watch.pictures import animation, png
from ganvas.watch.scenes import Rows, Scene, real_scene, scene

KEPT = 36
"""So many previews a run keeps at most, whatever its length."""
GROWTH = 1.3
"""The next preview comes when the run has seen so many times the images ..."""
FIRST = 8
"""... but not before it has played so many more rounds ..."""
REST = 20.0
"""... nor before so many times the time that a preview takes; so they cost 5 % at most."""
PAUSE = 60.0
"""Seconds after which there is a preview in any case, for those who watch a long run."""
SIDE = 800
"""Pixels: larger frames are reduced for the animation."""


class Previews(Decoration):
    """Writes `samples/<images seen>.png` (`.txt` for sentences) now and then, and an animation.

    At the beginning, then at growing distances, and at the end; `samples/real.png` shows real
    rows in the same arrangement. When there are more than `KEPT`, those go that are closest to
    their neighbours, relative to how far the run was: what remains shows all of it.

    Args:
        folder: the run's folder.
        real: rows of real data, by field; drawn from the run's own tables if None.
    """

    def __init__(self, folder: Path, real: Mapping[str, Tensor] | None = None) -> None:
        self.folder, self.real = folder, real
        self._scene: Scene | None = None
        self._rested = self._paused = 0.0
        self._due = 0
        self._drawn = -1

    def begin(self, trainer: Trainer) -> None:
        with self.attempt("draw previews"):
            real = _some_rows(trainer) if self.real is None else self.real
            self._scene = scene(trainer.game, real)
            self._forget_after(trainer.clock.images)
            truth = real_scene(trainer.game, real)
            if truth is not None:
                self._write("real", truth)
        self._draw(trainer)
        self._rested = 0.0  # the first picture waited for imports and fonts

    def after_round(self, trainer: Trainer) -> None:
        now = time.monotonic()
        if now < self._rested:
            return
        if trainer.clock.images >= self._due or now >= self._paused:
            self._draw(trainer)

    def trouble(self, trainer: Trainer, error: GanvasError) -> None:
        with self.attempt("remove previews"):
            self._forget_after(trainer.clock.images)

    def end(self, trainer: Trainer, reason: str) -> None:
        if trainer.clock.images != self._drawn:
            self._draw(trainer)
        with self.attempt("write the animation"):
            self._animate()

    def _draw(self, trainer: Trainer) -> None:
        began, images = time.monotonic(), trainer.clock.images
        with self.attempt("draw a preview"):
            if self._scene is not None:
                self._write(f"{images:09d}", self._scene(trainer.game))
                self._thin()
        now = time.monotonic()
        self._drawn, self._rested, self._paused = images, now + REST * (now - began), now + PAUSE
        a_round = images // max(1, trainer.clock.round) or trainer.game.config.batch
        self._due = max(images + FIRST * a_round, int(GROWTH * images))

    def _write(self, name: str, drawn: Picture | str) -> None:
        if isinstance(drawn, str):
            write_whole(self.folder / "samples" / f"{name}.txt", drawn)
            return
        write_whole(self.folder / "samples" / f"{name}.png", png(drawn))

    def _thin(self) -> None:
        kept = frames(self.folder)
        while len(kept) > KEPT:
            seen = [images_of(frame) for frame in kept]
            closeness = [seen[i + 1] / max(1, seen[i - 1]) for i in range(1, len(seen) - 1)]
            kept.pop(1 + closeness.index(min(closeness))).unlink()

    def _forget_after(self, images: int) -> None:
        for frame in frames(self.folder):
            if images_of(frame) > images:
                frame.unlink()

    def _animate(self) -> None:
        pictures = [open_picture(f) for f in frames(self.folder) if f.suffix == ".png"]
        whole = [picture for picture in pictures if picture is not None]
        for picture in whole:
            picture.thumbnail((SIDE, SIDE))
        if len(whole) > 1:
            memory = io.BytesIO()
            animation(whole, memory, "GIF")
            write_whole(self.folder / "samples" / "animation.gif", memory.getvalue())


def _some_rows(trainer: Trainer) -> Rows:
    """Rows from all over the run's tables: a thousand points, or enough images for a grid."""
    rows: dict[str, Tensor] = {}
    for table in trainer.stream.tables:
        few = 96 if table.slow else 512
        wanted = 2000 if any(isinstance(s, Points) for s in table.spaces.values()) else few
        n = min(len(table), wanted)
        rows |= table.fetch(torch.arange(n) * len(table) // n)
    return rows

"""The same figures and pictures for TensorBoard, if it is installed."""

from __future__ import annotations

import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ganvas.core import Trainer
from ganvas.watch.decoration import Decoration
from ganvas.watch.files import frames, images_of, open_picture
from ganvas.watch.log import Log

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

EVERY, REST = 1.0, 100.0
"""Seconds between looks at what is new; or so many times what the last one took: 1 % of the run."""


def installed() -> bool:
    """Whether TensorBoard is there to be used; importing it takes long."""
    return find_spec("tensorboard") is not None


class TensorBoard(Decoration):
    """Writes scalars and previews to `tensorboard/`, over the images seen.

    Args:
        folder: the run's folder.
        log: has the figures.
    """

    def __init__(self, folder: Path, log: Log) -> None:
        self.folder, self.log = folder, log
        self._writer: SummaryWriter | None = None
        self._due = 0.0
        self._round = self._pictured = -1

    def begin(self, trainer: Trainer) -> None:
        with self.attempt("write for TensorBoard"):
            from torch.utils.tensorboard import SummaryWriter

            home, images = str(self.folder / "tensorboard"), trainer.clock.images
            self._writer = SummaryWriter(home, purge_step=images + 1 if images else None)

    def after_round(self, trainer: Trainer) -> None:
        began = time.monotonic()
        if began >= self._due:
            self._write()
            now = time.monotonic()
            self._due = now + max(EVERY, REST * (now - began))

    def end(self, trainer: Trainer, reason: str) -> None:
        self._write()

    def close(self) -> None:
        with self.attempt("write for TensorBoard"):
            if self._writer is not None:
                self._writer.close()

    def _write(self) -> None:
        line = self.log.latest
        with self.attempt("write for TensorBoard"):
            if self._writer is None:
                return
            if line and line["round"] != self._round:
                self._round = line["round"]
                for name, value in line.items():
                    if isinstance(value, float):
                        self._writer.add_scalar(name, value, line["images"])
            newest = [f for f in frames(self.folder)[-1:] if images_of(f) > self._pictured]
            for frame in newest:
                self._pictured = images_of(frame)
                self._write_preview(self._writer, frame)

    def _write_preview(self, writer: SummaryWriter, frame: Path) -> None:
        picture = open_picture(frame) if frame.suffix == ".png" else None
        if picture is not None:
            pixels = np.asarray(picture.convert("RGB"))
            writer.add_image("samples", pixels, images_of(frame), dataformats="HWC")
        elif frame.suffix == ".txt":
            text = frame.read_text("utf-8").replace("\n", "  \n")
            writer.add_text("samples", text, images_of(frame))

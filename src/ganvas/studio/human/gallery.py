"""The images that people judge: real ones that were held back, and generated ones."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ganvas import data
from ganvas.core import Image, Points, Space, Tokens, UsageError
from ganvas.core.chance import Chance
from ganvas.core.checkpoint import WEIGHTS
from ganvas.core.run import Run
from ganvas.metrics.sides import imitated
from ganvas.watch.pictures import grid

EXAMPLES = 12
"""Real images, at most, that are shown as such before the judging begins."""

WORDS: dict[type[Space], str] = {Points: "points", Tokens: "sentences"}


@dataclass(frozen=True)
class Gallery:
    """PNG files of one size, from one encoder: nothing but the pixels tells them apart."""

    real: list[bytes]
    made: list[bytes]
    """Generated, as many as real ones."""
    examples: list[bytes]
    """Other real images."""
    about: dict[str, Any]
    """What decides which images these are."""


def gallery(run: Run, n: int, seed: int) -> Gallery:
    """`n` real and `n` generated images of a run.

    Raises:
        UsageError: if the run makes no images, or its data is gone or has too few real ones.
        CheckpointError: if it has no weights yet, or they are damaged.
    """
    if n < 1:
        raise UsageError(f"cannot show {n} images of each kind; ask for at least 1")
    game = run.game
    if not isinstance(game.output, Image):
        raise UsageError(
            f"{run.folder} makes {WORDS.get(type(game.output), 'no images')}; people can judge "
            "runs that make images, such as one of `ganvas train dcgan --data digits`"
        )
    source = data.held_out(run.plan.data)
    real = _rows(run, source, imitated(game, source), game.output, n, seed, more=EXAMPLES)
    given = {
        name: _rows(run, source, name, space, n, seed)
        for name, space in game.inputs.items()
        if isinstance(space, Image)
    }
    made = run.sample(n, seed=seed, best=None, truncation=None, **given)
    about = {
        "game": run.plan.game,
        "data": source.name,
        "round": run.clock.round,
        "weights": _digest(run),
        "split": source.given["split"],
        "fingerprint": source.fingerprint,
        "n": n,
        "seed": seed,
    }
    return Gallery(_files(real[:n]), _files(made), _files(real[n:]), about)


def _rows(
    run: Run, source: data.Source, field: str, space: Space, n: int, seed: int, more: int = 0
) -> Tensor:
    """`n` rows of a field, and up to `more` others if there are."""
    table = next((t for t in source.tables if t.spaces.get(field) == space), None)
    if table is None:
        raise UsageError(f"the data of {run.folder} has no images like those that the run makes")
    if len(table) < n:
        part = "part that was held back" if source.given["split"] == "test" else "data"
        raise UsageError(
            f"cannot show {n} real images: the {part} of {source.name} has only {len(table)}; "
            f"ask for fewer with -n {len(table)}"
        )
    order = torch.randperm(len(table), generator=Chance("human", field, seed).generator())
    return table.fetch(order[: n + more])[field]


def _digest(run: Run) -> str:
    """What the weights are known by."""
    with (run.folder / WEIGHTS).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _files(images: Tensor) -> list[bytes]:
    """Each image as a PNG file of its own size."""
    files = []
    for image in images.split(1):
        file = io.BytesIO()
        grid(image, 1, gap=0, min_tile=1, limit=4096).save(file, "PNG")
        files.append(file.getvalue())
    return files

"""What a game is given to draw from: elements of its inputs, typed, read from files, or real."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor

from ganvas import data
from ganvas.core import DataError, Image, Space, UsageError
from ganvas.core.chance import Chance
from ganvas.core.run import Run
from ganvas.data.decode import Unreadable
from ganvas.data.images import load_picture
from ganvas.data.source import Fit


def elements(name: str, space: Space, text: str, run: Run) -> Tensor:
    """The elements that the value of an option names: (k, *space.shape).

    Raises:
        UsageError: if it names none.
        DataError: if it names a picture that cannot be read.
    """
    if isinstance(space, Image):
        return _pictures(Path(text).expanduser(), space, run.plan.data.get("fit", "crop"))
    try:
        return space.parse(text)
    except UsageError as error:
        raise UsageError(f"--{name}: {error}") from None


def _pictures(path: Path, space: Image, fit: Fit) -> Tensor:
    """The picture in a file, or all those in a folder, as the game takes them."""
    if path.is_dir():
        size = (space.height, space.width)
        source = data.load(path, size=size, channels=space.channels, fit=fit, split="all")
        for note in source.notes:
            print(note, file=sys.stderr)
        table = source.tables[0]
        return table.fetch(torch.arange(len(table)))["x"]
    if not path.exists():
        raise UsageError(f"there is no picture or folder {str(path)!r}")
    try:
        return load_picture(path, space, fit)[None]
    except Unreadable as error:
        raise DataError(f"cannot read the picture {path}: {error}") from None


def real_rows(run: Run, name: str, space: Space, n: int, seed: int) -> Tensor:
    """Up to `n` real elements for an input, from the part of the run's data that was held back.

    Where nothing was held back they come from what it was trained on.

    Raises:
        UsageError: if the data is gone, or has none.
    """
    source = data.held_out(run.plan.data)
    for field in (name, "x", "y"):
        for table in source.tables:
            if table.spaces.get(field) == space:
                order = torch.randperm(len(table), generator=Chance("real", seed).generator())
                return table.fetch(order[:n])[field]
    raise UsageError(f"the run's data has nothing for the input {name!r}; give --{name}")


def in_turn(rows: Tensor, n: int) -> Tensor:
    """`n` rows: those given, again and again."""
    return rows[torch.arange(n) % len(rows)]

"""What a game is given to draw from: elements of its inputs, typed, read from files, or real."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganvas import data
from ganvas.core import DataError, Image, Space, UsageError
from ganvas.core.chance import Chance
from ganvas.core.run import Run
from ganvas.data.decode import Unreadable, peek
from ganvas.data.examine import are_halves
from ganvas.data.images import load_picture
from ganvas.data.partners import luma
from ganvas.data.source import Side
from ganvas.tools import points


def elements(name: str, space: Space, text: str, run: Run) -> Tensor:
    """The elements that the value of an option names: (k, *space.shape).

    Raises:
        UsageError: if it names none.
        DataError: if it names a picture that cannot be read.
    """
    if isinstance(space, Image):
        return _pictures(Path(text).expanduser(), space, run)
    if text.endswith(points.ENDING):
        return _tensor(name, space, Path(text).expanduser())
    try:
        return space.parse(text)
    except UsageError as error:
        raise UsageError(f"--{name}: {error}") from None


def _tensor(name: str, space: Space, file: Path) -> Tensor:
    """The rows of an input in a file of points, which `ganvas edit` writes."""
    rows, about = points.tensors(file)
    if name not in rows:
        at = f"; its points are of {about['space']}" if "space" in about else ""
        raise UsageError(f"--{name}: {file} has no {name}, but {', '.join(sorted(rows))}{at}")
    if why := space.why_not(rows[name]):
        raise UsageError(f"--{name}: {file} holds no {space}: {why}")
    return rows[name]


def _pictures(path: Path, space: Image, run: Run) -> Tensor:
    """The picture in a file, or all those in a folder, as the game takes them.

    Of pairs, in two folders or beside each other, the side is taken that the run learned to take.
    """
    about, channels = run.plan.data, 4 if space.channels == 2 else space.channels
    shape = Image(channels, space.height, space.width)
    if path.is_dir():
        x = _folder(path, shape, about)
    elif path.exists():
        x = _file(path, shape, about)[None]
    else:
        raise UsageError(f"there is no picture or folder {str(path)!r}")
    return torch.cat([luma(x), x[:, 3:]], 1) if space.channels == 2 else x


def _folder(path: Path, shape: Image, about: Mapping[str, Any]) -> Tensor:
    given: dict[str, Any] = {"size": (shape.height, shape.width), "channels": shape.channels}
    apart = data.has_two_sides(path)
    beside = not apart and _pairs_beside(about) and data.has_two_sides(path, paired=True)
    if apart or beside:
        given |= {"fields": ("x", "y"), "paired": beside, "to": about.get("to", "B")}
    source = data.load(path, fit=about.get("fit", "crop"), split="all", **given)
    for note in source.notes:
        print(note, file=sys.stderr)
    table = next(table for table in source.tables if "x" in table.spaces)
    return table.fetch(torch.arange(len(table)))["x"]


def _file(path: Path, shape: Image, about: Mapping[str, Any]) -> Tensor:
    half: Side | None = None
    try:
        if _pairs_beside(about) and are_halves([peek(path)]) and shape.width != 2 * shape.height:
            half = "A" if about.get("to", "B") == "B" else "B"
            print(f"{path.name} shows A and B beside each other: {half} is taken", file=sys.stderr)
        return load_picture(path, shape, about.get("fit", "crop"), half)
    except Unreadable as error:
        raise DataError(f"cannot read the picture {path}: {error}") from None


def _pairs_beside(about: Mapping[str, Any]) -> bool:
    """Whether pictures twice as wide as high show two, to a run that learned from such data."""
    return bool(about.get("paired")) and "partner" not in about


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

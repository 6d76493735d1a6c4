"""What a source of data is: tables to train on, and what it takes to find them again."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import torch
from torch import Tensor

from ganvas.core import Image, Space, Table, UsageError

Fit = Literal["crop", "pad", "stretch"]
Split = Literal["train", "test", "all"]
Side = Literal["A", "B"]
"""Of two domains or of a pair: A is x and B is y, unless A is what is to be made."""
Size = tuple[int, int]
"""(height, width) in pixels."""

T = TypeVar("T")

MEMORY = 2 * 1024**3
"""Bytes of pictures that a source keeps decoded; what is larger is decoded again and again."""


@dataclass(frozen=True)
class About:
    """What there is to know about a built-in source before it is made."""

    name: str
    what: str
    origin: str
    spaces: Mapping[str, Space]
    rows: int
    """How many there are in all."""
    test: int = 0
    """How many of them are held back from training."""


@dataclass(frozen=True)
class Wish:
    """What was asked of a source: the arguments of `load`, checked."""

    size: Size | None = None
    channels: int | None = None
    fit: Fit = "crop"
    split: Split = "train"
    fields: tuple[str, ...] = ("x",)
    labels_per_class: int | None = None
    label_draw: int | None = None
    paired: bool = False
    partner: str | None = None
    to: Side = "B"

    @classmethod
    def of(
        cls,
        size: int | Sequence[int] | None,
        channels: int | None,
        fit: Fit,
        split: Split,
        fields: Collection[str],
        labels_per_class: int | None = None,
        label_draw: int | None = None,
        *,
        paired: bool = False,
        partner: str | None = None,
        to: Side = "B",
    ) -> Wish:
        """The arguments of `load`.

        Raises:
            UsageError: if one of them makes no sense.
        """
        pair: Size | None = None
        if size is not None:
            sides = (size, size) if isinstance(size, int) else tuple(size)
            if len(sides) != 2 or not all(isinstance(s, int) and s >= 1 for s in sides):
                raise UsageError(f"size must be pixels or (height, width), not {size!r}")
            pair = (sides[0], sides[1])
        if channels not in (None, 1, 3, 4):
            raise UsageError(f"channels must be 1 (grey), 3 (RGB) or 4 (RGBA), not {channels!r}")
        for name, value, known in (("fit", fit, Fit), ("split", split, Split), ("to", to, Side)):
            if value not in get_args(known):
                raise UsageError(f"{name} must be {' or '.join(get_args(known))}, not {value!r}")
        few = {"--labels-per-class": labels_per_class, "--label-draw": label_draw}
        if "few" not in fields and (asked := [k for k, v in few.items() if v is not None]):
            raise UsageError(f"{asked[0]} is for games that learn from few labels, as sgan does")
        if labels_per_class is not None and labels_per_class < 1:
            raise UsageError(f"--labels-per-class must be at least 1, not {labels_per_class}")
        if "y" not in fields and (partner is not None or to != "B"):
            option = f"--partner {partner}" if partner is not None else f"--to {to}"
            raise UsageError(f"{option} is for games that learn between two sides, as pix2pix does")
        few_labels = (labels_per_class, label_draw)
        return cls(pair, channels, fit, split, tuple(fields), *few_labels, paired, partner, to)


class Rows:
    """A table in memory.

    Args:
        spaces: what a row holds, by field.
        columns: a tensor (n, *shape) for each field. Pictures may be uint8, 0..255: they become
            [-1, 1] when they are fetched.
    """

    slow = False

    def __init__(self, spaces: Mapping[str, Space], columns: Mapping[str, Tensor]) -> None:
        self.spaces, self.columns = spaces, columns

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def fetch(self, rows: Tensor) -> dict[str, Tensor]:
        """The rows of these numbers: a (n, *shape) tensor for each field."""
        return {
            name: as_floats(column.index_select(0, rows))
            if isinstance(self.spaces[name], Image)
            else column.index_select(0, rows)
            for name, column in self.columns.items()
        }

    def without(self, field: str) -> Rows:
        """The same rows; what they have in this field is forgotten."""
        return Rows(less(self.spaces, field), less(self.columns, field))


def less(some: Mapping[str, T], field: str) -> dict[str, T]:
    """A mapping without one of its keys."""
    return {name: value for name, value in some.items() if name != field}


def as_floats(pixels: Tensor) -> Tensor:
    """uint8 pictures 0..255 as float32 in [-1, 1]; floats as they are."""
    return pixels.float().div_(127.5).sub_(1) if pixels.dtype == torch.uint8 else pixels


def as_bytes(pixels: Tensor) -> Tensor:
    """float32 pictures in [-1, 1] as uint8 0..255; the inverse of `as_floats`."""
    return pixels.add(1).mul_(127.5).round_().clamp_(0, 255).byte()


@dataclass
class Source:
    """Data to train on."""

    name: str
    """A short name, fit for a folder's."""
    tables: list[Table]
    given: dict[str, Any]
    """What `load` must be given to find the same data again."""
    fingerprint: str
    """SHA-256 of the data, in hex."""
    notes: list[str] = field(default_factory=list)
    """What was skipped or converted, in sentences for people."""

    @property
    def spaces(self) -> dict[str, Space]:
        """What a batch holds, by field."""
        return {name: space for table in self.tables for name, space in table.spaces.items()}

    @property
    def single(self) -> str | None:
        """Of two unpaired sides, x and y, the one that is a single row; None if none is."""
        sides = self.tables if {"x", "y"} <= self.spaces.keys() else []
        return next((f for t in sides if len(t) == 1 for f in "xy" if f in t.spaces), None)

    def to_json(self) -> dict[str, Any]:
        """What `ganvas.data.reload` needs: `load`'s arguments, the rows by field, fingerprint."""
        rows = {name: len(table) for table in self.tables for name in table.spaces}
        return {**self.given, "rows": rows, "fingerprint": self.fingerprint}


def given(source: str, wish: Wish, image: Image | None) -> dict[str, Any]:
    """`Source.given`, with the size and channels that were decided on."""
    return {
        "source": source,
        "size": None if image is None else [image.height, image.width],
        "channels": None if image is None else image.channels,
        "fit": wish.fit,
        "split": wish.split,
        "fields": list(wish.fields),
    }


def fingerprint(parts: Collection[Tensor | str | bytes]) -> str:
    """SHA-256 over tensors (their bytes, in order) and words, in hex."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, Tensor):
            data: Any = part.contiguous().numpy()
        else:
            data = part.encode() if isinstance(part, str) else part
        total.update(data)
    return total.hexdigest()


def listed(words: Sequence[str], most: int = 5) -> str:
    """The first few of many words, and how many more there are."""
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return "; ".join(words[:most]) + more


def inside(package: str, path: str) -> Path | None:
    """A file of an installed package, found without importing it; None if it is not there."""
    spec = find_spec(package)
    places = (spec and spec.submodule_search_locations) or []
    return next((Path(p) / path for p in places if (Path(p) / path).is_file()), None)

"""What is in a folder of images and what training would make of it, before anybody trains."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from ganvas.data.decode import DEEP
from ganvas.data.examine import Examination, are_halves, choose_size, examine
from ganvas.data.folder import Layout, survey
from ganvas.data.images import too_broken
from ganvas.data.notes import notes
from ganvas.data.pairs import pairing
from ganvas.data.source import MEMORY, Fit, Size, Wish


@dataclass(frozen=True)
class Pairs:
    """What belongs together in a folder, two by two."""

    layout: Literal["side-by-side", "domains"] | None
    """A and B beside each other in one picture, or in two folders; None if there are no sides."""
    number: int
    """How many pairs there are."""
    size: Size
    """(height, width) of each of the two."""
    unmatched: dict[str, list[str]]
    """Names that only one of two folders has."""
    trouble: str | None
    """Why a game would refuse them; None if it would not, or there are none."""


@dataclass(frozen=True)
class Would:
    """What training would make of a folder."""

    size: Size
    """(height, width)"""
    channels: int
    cut: float
    """The share of the pixels of an average image that `crop` cuts off."""
    labels: tuple[str, ...]
    """The names of the classes; none if there is only one."""
    domains: tuple[str, ...]
    """The folders that would be x and y for a game of two domains."""
    pairs: Pairs
    """What a game that learns from pairs would find."""
    megabytes: float
    """The memory that all the images take."""
    kept: bool
    """Whether they are kept in memory, or are decoded anew whenever they are needed."""


@dataclass(frozen=True)
class Report:
    """What is in a folder of images."""

    folder: str
    images: int
    """Files that are images by their names."""
    readable: int
    unreadable: dict[str, str]
    """Why, by file."""
    others: dict[str, int]
    """Files of other kinds, by their ending."""
    closed: list[str]
    """Folders that could not be opened."""
    sizes: dict[str, int]
    """Images of each size, HEIGHTxWIDTH, the most frequent first."""
    formats: dict[str, int]
    modes: dict[str, int]
    """Images of each mode that Pillow has for them, as L (grey), P (palette), I;16 (16 bit)."""
    grey: int
    """Images without colour, whatever their mode."""
    transparent: int
    """Images that are transparent somewhere."""
    deep: int
    """Images of more than 8 bits a pixel and channel."""
    frames: int
    """Images with several frames."""
    duplicates: list[list[str]]
    """Files that show exactly the same picture, group by group."""
    contradictions: int
    """How many of these groups lie in more than one class."""
    classes: dict[str, int]
    """Readable images of each class; empty if there are none."""
    test: bool
    """Whether a part of the folder is for testing."""
    would: Would | None
    """What training would make of it; None if nothing can be read."""
    notes: list[str]
    trouble: str | None
    """Why training would refuse it; None if it would not."""

    def to_json(self) -> dict[str, Any]:
        """The report as plain values."""
        return dataclasses.asdict(self)


def check(
    folder: str | Path,
    *,
    size: int | tuple[int, int] | None = None,
    channels: int | None = None,
    fit: Fit = "crop",
) -> Report:
    """Looks at every image of a folder, in all its parts.

    Args:
        folder: the folder.
        size, channels, fit: what the training will be given, as in `ganvas.data.load`.

    Raises:
        UsageError: if the folder is missing, or without images.
    """
    layout = survey(Path(folder).expanduser(), "all")
    return _report(layout, examine(layout, Wish.of(size, channels, fit, "all", ()), keep=False))


def _report(layout: Layout, found: Examination) -> Report:
    good, looks = [found.headers[i] for i in found.good], found.looks.values()
    twins, classes = found.twins(), _classes(layout, found)

    def short(i: int) -> str:
        return layout.short(layout.files[i])

    return Report(
        folder=str(layout.root),
        images=len(layout.files),
        readable=len(good),
        unreadable={short(i): why for i, why in found.broken.items()},
        others=dict(layout.others.most_common()),
        closed=layout.closed,
        sizes={f"{h}x{w}": n for (h, w), n in found.sizes().most_common()},
        formats=dict(Counter(header.kind for header in good).most_common()),
        modes=dict(Counter(header.mode for header in good).most_common()),
        grey=sum(look.grey for look in looks),
        transparent=sum(look.clear for look in looks),
        deep=sum(header.mode in DEEP for header in good),
        frames=sum(header.frames for header in good),
        duplicates=[list(map(short, group)) for group in twins],
        contradictions=sum(len({layout.group_of[i] for i in group}) > 1 for group in twins),
        classes=classes,
        test=layout.tested,
        would=_would(layout, found, tuple(classes)) if good else None,
        notes=notes(layout, found),
        trouble=too_broken(layout, found),
    )


def _classes(layout: Layout, found: Examination) -> dict[str, int]:
    """Good images by class, in the order of the classes; none if there are no classes."""
    if len(layout.groups) == 1:
        return {}
    counts = Counter(layout.group_of[i] for i in found.good)
    return {name: counts[i] for i, name in enumerate(layout.groups) if counts[i]}


def _would(layout: Layout, found: Examination, classes: tuple[str, ...]) -> Would:
    (height, width), channels = found.size, found.channels
    n = len(found.good) * channels * height * width
    cuts = [0.0]
    if found.wish.fit == "crop":
        shapes = found.sizes().elements()
        cuts = [1 - min(h * width, w * height) / max(h * width, w * height) for h, w in shapes]
    return Would(
        size=found.size,
        channels=channels,
        cut=sum(cuts) / len(cuts),
        labels=classes if len(classes) > 1 else (),
        domains=classes if len(classes) == 2 else (),
        pairs=_pairs(layout, found),
        megabytes=n / 2**20,
        kept=n <= MEMORY,
    )


def _pairs(layout: Layout, found: Examination) -> Pairs:
    headers = [found.headers[i] for i in found.good]
    if layout.sided:
        both = pairing(layout, found)
        unmatched = {side: names for side, names in both.alone.items() if names}
        return Pairs("domains", len(both.pairs), found.size, unmatched, both.trouble())
    if are_halves(headers):
        size = found.wish.size or choose_size([replace(h, width=h.width // 2) for h in headers])
        return Pairs("side-by-side", len(headers), size, {}, None)
    return Pairs(None, 0, found.size, {}, None)

"""What a source holds, found at the least cost: enough to choose a game and a size for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ganvas.core import DataError, Image, Label, Space
from ganvas.data.examine import choose_size, examine
from ganvas.data.folder import survey
from ganvas.data.images import too_broken
from ganvas.data.source import Wish

GLANCE = 8
"""Pixels to which pictures are decoded here: nobody will see them, and a JPEG is then faster."""


@dataclass(frozen=True)
class Facts:
    """What one may train on: the part of a source that is not held back."""

    spaces: Mapping[str, Space]
    """What it holds, by field, pictures at their own size; `y` for a second domain."""
    rows: int
    """How many there are, of each domain the smaller number."""
    rarest: int = 0
    """How many there are of the rarest class; 0 without labels."""
    mixed: bool = False
    """Whether pictures have sizes of their own; `spaces` then has a square of the usual side."""


def of_folder(folder: Path) -> Facts:
    """Decodes every picture of a folder, small.

    Raises:
        UsageError: if there are none.
        DataError: if more than half cannot be read.
    """
    layout = survey(folder, "train")
    found = examine(layout, Wish.of(GLANCE, None, "crop", "train", ()), keep=False)
    if why := too_broken(layout, found):
        raise DataError(why)
    height, width = choose_size([found.headers[i] for i in found.good])
    image = Image(found.channels, height, width)
    mixed = 2 * found.sizes().most_common(1)[0][1] <= len(found.good)
    counts = Counter(layout.group_of[i] for i in found.good)
    if len(counts) == 1:
        return Facts({"x": image}, len(found.good), mixed=mixed)
    rarest = min(counts.values())
    if layout.sided:
        return Facts({"x": image, "y": image}, rarest, mixed=mixed)
    names = list(layout.groups)
    label = Label(len(counts), tuple(names[i] for i in sorted(counts)))
    return Facts({"x": image, "label": label}, len(found.good), rarest, mixed)

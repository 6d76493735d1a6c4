"""Tables of pictures that are drawn when somebody asks for them, and maps of what they show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from weakref import WeakValueDictionary

import torch
from torch import Tensor

from ganvas.core import Image, Label, Space
from ganvas.data.partners import luma
from ganvas.data.shapes.canvas import Box, Canvas
from ganvas.data.source import MEMORY, as_floats, less

Plan = Any
"""All there is in a scene; it has a `caption()`."""


@dataclass(frozen=True)
class Kind:
    """A kind of scenes."""

    word: str
    what: str
    """It is, in a line."""
    plan: Callable[[int, Box], Plan]
    """The scene of a number, to fill a box."""
    paint: Callable[[Plan, Canvas], None]
    """Paints a scene."""
    kinds: Mapping[str, tuple[int, int, int]]
    """What a pixel may show, with its colour in the map."""
    paired: bool
    """Whether maps are worth having."""
    label_of: Callable[[Plan], int] | None = None
    labels: tuple[str, ...] = ()

    @property
    def label(self) -> Label:
        """The space of its labels."""
        return Label(len(self.labels), self.labels)


class Gallery:
    """The scenes of a kind at a size. Each is drawn when it is first asked for, and then kept.

    Tables of the same scenes share a gallery as long as one of them is there.

    Args:
        kind: what to draw.
        height, width: in pixels.
        scenes: how many there are; if they do not fit into `MEMORY`, none is kept.
    """

    _all: ClassVar[WeakValueDictionary[tuple[str, int, int], Gallery]] = WeakValueDictionary()

    def __init__(self, kind: Kind, height: int, width: int, scenes: int) -> None:
        self.kind, self.height, self.width = kind, height, width
        fits = scenes * height * width * 4 <= MEMORY
        self.kept = self._blank(scenes) if fits else None
        self.done = torch.zeros(scenes, dtype=torch.bool)

    @classmethod
    def of(cls, kind: Kind, height: int, width: int, scenes: int) -> Gallery:
        """The one that is there, or a new one."""
        key = kind.word, height, width
        found = cls._all.get(key)
        if found is None:
            found = cls._all[key] = cls(kind, height, width, scenes)
        return found

    def fetch(self, numbers: Tensor) -> dict[str, Tensor]:
        """`picture` (n, h, w, 3), `map` (n, h, w) and `label` (n,) of some scenes, as bytes."""
        if self.kept is None:
            fresh = self._blank(len(numbers))
            for place, number in enumerate(numbers.tolist()):
                self._draw(number, fresh, place)
            return fresh
        for number in numbers[~self.done[numbers]].unique().tolist():
            self._draw(number, self.kept, number)
            self.done[number] = True
        return {shows: column.index_select(0, numbers) for shows, column in self.kept.items()}

    def _blank(self, n: int) -> dict[str, Tensor]:
        size = (n, self.height, self.width)
        shapes = {"picture": (*size, 3), "map": size, "label": (n,)}
        return {shows: torch.empty(s, dtype=torch.uint8) for shows, s in shapes.items()}

    def _draw(self, number: int, into: Mapping[str, Tensor], place: int) -> None:
        canvas = Canvas(self.height, self.width)
        plan = self.kind.plan(number, canvas.box)
        self.kind.paint(plan, canvas)
        into["picture"][place] = torch.from_numpy(canvas.picture())
        into["map"][place] = torch.from_numpy(canvas.kinds)
        into["label"][place] = self.kind.label_of(plan) if self.kind.label_of else 0


class Drawn:
    """A table of scenes.

    Args:
        gallery: where they hang.
        channels: of pictures and maps.
        fields: what each field shows: `picture`, `map` or `label`.
        numbers: which scenes, (n,).
    """

    slow = True

    def __init__(
        self, gallery: Gallery, channels: int, fields: Mapping[str, str], numbers: Tensor
    ) -> None:
        self.gallery, self.channels, self.fields, self.numbers = gallery, channels, fields, numbers
        image = Image(channels, gallery.height, gallery.width)
        self.spaces: Mapping[str, Space] = {
            field: gallery.kind.label if shows == "label" else image
            for field, shows in fields.items()
        }
        self.palette = palette(gallery.kind.kinds, channels)

    def __len__(self) -> int:
        return len(self.numbers)

    def without(self, field: str) -> Drawn:
        """The same rows; what they have in this field is never shown."""
        return Drawn(self.gallery, self.channels, less(self.fields, field), self.numbers)

    def fetch(self, rows: Tensor) -> dict[str, Tensor]:
        """The rows of these numbers."""
        found = self.gallery.fetch(self.numbers[rows])
        return {field: self._shown(shows, found[shows]) for field, shows in self.fields.items()}

    def _shown(self, shows: str, rows: Tensor) -> Tensor:
        """Bytes as the table's spaces say."""
        if shows == "label":
            return rows.long()
        if shows == "map":
            return as_floats(self.palette[rows.long()].permute(0, 3, 1, 2).contiguous())
        picture = as_floats(rows.permute(0, 3, 1, 2).contiguous())
        if self.channels == 1:
            return luma(picture)
        opaque = torch.ones_like(picture[:, : self.channels - 3])
        return torch.cat([picture, opaque], 1)


def palette(kinds: Mapping[str, tuple[int, int, int]], channels: int = 3) -> Tensor:
    """The colour of each kind in a map: (kinds, channels) uint8. Greys are evenly spaced."""
    if channels == 1:
        return torch.linspace(0, 255, len(kinds)).round().byte()[:, None]
    colours = torch.tensor(list(kinds.values()), dtype=torch.uint8)
    return torch.cat([colours, torch.full_like(colours[:, : channels - 3], 255)], 1)

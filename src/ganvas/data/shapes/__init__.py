"""Made pictures that know what they show: scenes of coloured shapes, and fronts of houses.

    shapes            one to four things on a backdrop; the label is the colour of the main one
    shapes:colours    one thing, whose colour depends on nothing else: domains for translation
    shapes:facades    houses: walls, windows, shutters, balconies ... as the pix2pix paper has them

With two sides asked for, `shapes` and `shapes:facades` are pairs of a map of labels (x), where each
class has a colour of its own, and the picture (y). What a map shows, `classes_of` tells exactly.

A scene follows from its number alone and is drawn at the size that is asked for, when it is first
fetched.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from ganvas.core import Image, Space, UsageError
from ganvas.core.errors import did_you_mean
from ganvas.data.shapes import facade, materials, painters, scene
from ganvas.data.shapes.canvas import Canvas
from ganvas.data.shapes.drawings import Drawn, Gallery, Kind, palette
from ganvas.data.source import About, Source, Wish, as_floats, fingerprint, given

SIZE, ROWS, TEST = 64, 4500, 500
EDITION = 1
"""Of the drawing: to be raised when pictures come out otherwise, since runs know their data by it.

It stands for their bytes, of which the last bits differ between machines.
"""
PROOFS = 8
"""So many scenes tell whether the plans are still the same."""


def _label(made: scene.Scene) -> int:
    return COLOURS.index(made.main.colour)


COLOURS = tuple(scene.COLOURS)
KINDS = (
    Kind(
        "shapes",
        "coloured shapes on a backdrop (y), maps of what is where (x); shapes:colours has single "
        "ones of known colour, shapes:facades fronts of houses",
        scene.planned,
        scene.painted,
        scene.KINDS,
        paired=True,
        label_of=_label,
        labels=COLOURS,
    ),
    Kind(
        "shapes:colours",
        "one shape on a backdrop, labelled with its colour, of which nothing else tells",
        partial(scene.planned, alone=True),
        scene.painted,
        scene.KINDS,
        paired=False,
        label_of=_label,
        labels=COLOURS,
    ),
    Kind(
        "shapes:facades",
        f"fronts of houses (y) and maps of {len(materials.KINDS)} kinds of parts (x)",
        facade.planned,
        painters.painted,
        materials.KINDS,
        paired=True,
    ),
)
WORDS = {kind.word: kind for kind in KINDS}
PAIRED = tuple(word for word, kind in WORDS.items() if kind.paired)


def _kind(word: str) -> Kind:
    if word not in WORDS:
        raise did_you_mean(word, list(WORDS), "source")
    return WORDS[word]


def about(word: str) -> About:
    """What there is to know about a variant.

    Raises:
        UsageError: if there is none of this name.
    """
    kind, image = _kind(word), Image(3, SIZE, SIZE)
    spaces: dict[str, Space] = {"x": image}
    spaces |= {"y": image} if kind.paired else {"label": kind.label}
    return About(word, kind.what, "made", spaces, ROWS, TEST)


def make(word: str, wish: Wish) -> Source:
    """The pictures of a variant, or its pairs; `fit` plays no part.

    Unpaired, the maps are those of every other scene, and the pictures those of the rest. Who asks
    for one side only gets the pictures.
    """
    kind = _kind(word)
    height, width = wish.size or (SIZE, SIZE)
    image = Image(wish.channels or 3, height, width)
    numbers = torch.arange(ROWS)
    numbers = {"train": numbers[:-TEST], "test": numbers[-TEST:]}.get(wish.split, numbers)
    if not (kind.paired and "y" in wish.fields):
        label = {"label": "label"} if kind.labels else {}
        wanted = [({"x": "picture", **label}, numbers)]
    elif wish.paired:
        wanted = [({"x": "map", "y": "picture"}, numbers)]
    else:
        wanted = [({"x": "map"}, numbers[0::2]), ({"y": "picture"}, numbers[1::2])]
    gallery = Gallery.of(kind, height, width, ROWS)
    tables = [Drawn(gallery, image.channels, fields, some) for fields, some in wanted]
    rows = [f"{table.fields} {table.numbers.tolist()}" for table in tables]
    plans = [repr(kind.plan(number, Canvas(height, width).box)) for number in range(PROOFS)]
    digest = fingerprint([word, str(EDITION), repr(image), *rows, *plans])
    return Source(word.replace(":", "-"), [*tables], given(word, wish, image), digest)


def classes_of(x: Tensor, word: str = "shapes:facades") -> Tensor:
    """What each pixel of maps shows: (n, channels, h, w) in [-1, 1] -> (n, h, w) int64.

    Exact for maps; what a game has made becomes the class of the nearest colour.

    Raises:
        UsageError: if there is no such source, or its maps have other channels.
    """
    kind, channels = _kind(word), x.shape[1]
    if channels not in (1, 3, 4):
        raise UsageError(f"maps have 1, 3 or 4 channels, not {channels}")
    colours = as_floats(palette(kind.kinds, channels)).to(x)
    off = torch.stack([(x - c.view(1, -1, 1, 1)).square().sum(1) for c in colours])
    return off.argmin(0)


def kinds(word: str) -> tuple[str, ...]:
    """What the pixels of a source's maps may show; `classes_of` says which of these.

    Raises:
        UsageError: if there is no such source.
    """
    return tuple(_kind(word).kinds)

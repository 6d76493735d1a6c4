"""Patches of real photographs that lie in the wheels of scikit-image and scikit-learn.

    astronaut   Eileen Collins, NASA                        public domain
    cat         Chelsea, by Stéfan van der Walt             CC0
    coffee      a cup of espresso, by Rachel Michetti       CC0
    flower      a dahlia, by vultilion, on Flickr           CC BY 2.0
    rocket      Falcon 9 before its launch, by SpaceX       public domain
    temple      a tower in China, by danielbuechele, Flickr CC BY 2.0
    tissue      a stained section of a colon, by the CMMI   no known copyright restrictions

A patch is a square window of 64 or of 128 pixels, reduced to the size that was asked for; the
windows lie on a grid and overlap. They grow with the size, so that nothing is enlarged that need
not be. Of each photograph a stripe is held back: no pixel of it is in a training patch.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from ganvas.core import DataError, Image, Label, Space
from ganvas.data.pictures import shaped
from ganvas.data.source import (
    MEMORY,
    About,
    Fit,
    Rows,
    Source,
    Wish,
    as_floats,
    fingerprint,
    given,
    inside,
)


@dataclass(frozen=True)
class Photo:
    """A photograph: its file in a wheel, and where its held-back stripe begins and ends."""

    name: str
    package: str
    path: str
    held: tuple[float, float]
    """In parts of the width; chosen so that both parts show what the photograph is about."""


PHOTOS = (
    Photo("astronaut", "skimage", "data/astronaut.png", (0.7, 1.0)),
    Photo("cat", "skimage", "data/chelsea.png", (0.7, 1.0)),
    Photo("coffee", "skimage", "data/coffee.png", (0.7, 1.0)),
    Photo("flower", "sklearn", "datasets/images/flower.jpg", (0.5, 0.75)),
    Photo("rocket", "skimage", "data/rocket.jpg", (0.7, 1.0)),
    Photo("temple", "sklearn", "datasets/images/china.jpg", (0.35, 0.6)),
    Photo("tissue", "skimage", "data/ihc.png", (0.7, 1.0)),
)
WINDOWS = (64, 128)
"""Sides of the windows, in pixels of the photograph."""
STEPS = 30
"""The windows' grid has so many steps along the shorter side of a photograph."""

ABOUT = About(
    "photos",
    "patches of seven real photographs, RGB, 32x32; the label is the photograph",
    "astronaut, cat, coffee, rocket, tissue in scikit-image's wheel (public domain, CC0); flower "
    "(vultilion), temple (danielbuechele) in scikit-learn's (Flickr, CC BY 2.0)",
    {"x": Image(3, 32, 32), "label": Label(len(PHOTOS), tuple(p.name for p in PHOTOS))},
    8958,
    1831,
)


class Patches(Rows):
    """Windows of photographs, cut out and resized when they are fetched.

    Args:
        spaces: those of `x` and `label`.
        fit: how a square window gets another shape.
        box: the photograph, top, left and side of each, (n, 4).
    """

    def __init__(self, spaces: dict[str, Space], fit: Fit, box: Tensor) -> None:
        super().__init__(spaces, {"box": box})
        self.fit = fit

    def fetch(self, rows: Tensor) -> dict[str, Tensor]:
        image, box = self.spaces["x"], self.columns["box"].index_select(0, rows)
        assert isinstance(image, Image)
        x = torch.empty(len(rows), *image.shape)
        for side in box[:, 3].unique().tolist():
            here = (box[:, 3] == side).nonzero().flatten()
            cuts = [
                pixels(number, grey=image.channels == 1)[:, top : top + side, left : left + side]
                for number, top, left, _ in box[here].tolist()
            ]
            x[here] = shaped(as_floats(torch.stack(cuts)), image, self.fit)
        return {"x": x, "label": box[:, 0].clone()}


def about(name: str) -> About:
    """What there is to know about the patches."""
    return ABOUT


def make(name: str, wish: Wish) -> Source:
    """The patches at the size and with the channels that are wished for."""
    height, width = wish.size or ABOUT.spaces["x"].shape[1:]
    image = Image(wish.channels or 3, height, width)
    spaces: dict[str, Space] = {"x": image, "label": ABOUT.spaces["label"]}
    parts = ("train", "test") if wish.split == "all" else (wish.split,)
    found = [box for part in parts for box in boxes(part == "test", max(height, width))]
    table: Rows = Patches(spaces, wish.fit, torch.tensor(found))
    digest = fingerprint([repr(image), wish.fit, *map(content, range(len(PHOTOS))), repr(found)])
    if 4 * len(table) * torch.Size(image.shape).numel() <= MEMORY:
        table = Rows(spaces, table.fetch(torch.arange(len(table))))
    return Source(name, [table], given(name, wish, image), digest)


def boxes(test: bool, size: int) -> list[tuple[int, int, int, int]]:
    """The windows of a part, for pictures of `size` pixels: photograph, top, left, side."""
    found: dict[tuple[int, int, int, int], None] = {}  # ordered, each once
    for number, photo in enumerate(PHOTOS):
        height, width = pixels(number).shape[1:]
        begin, end = (round(width * at) for at in photo.held)
        stripes = [(begin, end)] if test else [(0, begin), (end, width)]
        for wanted in WINDOWS:
            for left, right in stripes:
                side = min(max(wanted, size * wanted // WINDOWS[0]), height, right - left)
                if side > 0:
                    grid = _grid(left, right, height, side, min(height, width) // STEPS)
                    found |= dict.fromkeys((number, *corner, side) for corner in grid)
    return list(found)


def _grid(left: int, right: int, height: int, side: int, step: int) -> Iterator[tuple[int, int]]:
    for top in range(0, height - side + 1, step):
        for at in range(left, right - side + 1, step):
            yield top, at


def content(number: int) -> bytes:
    """The file of a photograph.

    Raises:
        DataError: if it is not in the wheel.
    """
    photo = PHOTOS[number]
    file = inside(photo.package, photo.path)
    if file is None:
        wheel = {"skimage": "scikit-image", "sklearn": "scikit-learn"}[photo.package]
        raise DataError(f"{wheel} comes without {photo.path}; reinstall {wheel}")
    return file.read_bytes()


@lru_cache(maxsize=2 * len(PHOTOS))
def pixels(number: int, grey: bool = False) -> Tensor:
    """A photograph: (3, height, width) uint8, or (1, height, width) grey."""
    from PIL import Image as Picture  # which the other built-in sources do without

    with Picture.open(io.BytesIO(content(number))) as opened:
        plain = np.array(opened.convert("L" if grey else "RGB"))
    return torch.from_numpy(plain).view(*plain.shape[:2], -1).permute(2, 0, 1).contiguous()

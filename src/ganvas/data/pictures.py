"""Real pictures that come with the libraries: digits, faces, and what is made of digits."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate, max_pool2d, pad

from ganvas.core import DataError, Image, Label, Space, Table, UsageError
from ganvas.data.source import (
    MEMORY,
    About,
    Fit,
    Rows,
    Source,
    Wish,
    as_bytes,
    fingerprint,
    given,
    inside,
    less,
)

ABOUTS = {
    "digits": About(
        "digits",
        "real handwritten digits, grey, 8x8, with labels",
        "UCI Optical Recognition of Handwritten Digits, in scikit-learn's wheel",
        {"x": Image(1, 8, 8), "label": Label(10, tuple("0123456789"))},
        1797,
        896,
    ),
    "faces": About(
        "faces",
        "real faces, grey, 25x25; too few to hold any back",
        "a crop of Labeled Faces in the Wild, in scikit-image's wheel",
        {"x": Image(1, 25, 25)},
        100,
    ),
    "negatives": About(
        "negatives",
        "two unpaired domains: digits (x) and the negatives of other digits (y)",
        "made from digits",
        {"x": Image(1, 8, 8), "y": Image(1, 8, 8)},
        1797,
        896,
    ),
    "edges": About(
        "edges",
        "two unpaired domains: digits (x) and the edges of other digits (y)",
        "made from digits, after Liu & Tuzel 2016, arXiv:1606.07536",
        {"x": Image(1, 8, 8), "y": Image(1, 8, 8)},
        1797,
        896,
    ),
    "stacked": About(
        "stacked",
        "three digits in the three channels: 1,000 modes to be found, drawn once and for all",
        "made from digits, after Metz et al. 2016, arXiv:1611.02163",
        {"x": Image(3, 8, 8)},
        60_000,
        10_000,
    ),
}


class Resized(Rows):
    """Pictures that are resized when fetched: at some sizes, all of them would fill the memory."""

    def __init__(self, rows: Rows, spaces: dict[str, Space], fit: Fit) -> None:
        super().__init__(spaces, rows.columns)
        self.rows, self.fit = rows, fit

    def fetch(self, rows: Tensor) -> dict[str, Tensor]:
        got = self.rows.fetch(rows)
        for name, space in self.spaces.items():
            if isinstance(space, Image):
                got[name] = shaped(got[name], space, self.fit)
        return got

    def without(self, field: str) -> Resized:
        return Resized(self.rows.without(field), less(self.spaces, field), self.fit)


class Edged(Rows):
    """The edges of pictures, in a field of their own name.

    Args:
        rows: the pictures, in the field `x`.
        name: the field that they become.
    """

    def __init__(self, rows: Rows, name: str) -> None:
        super().__init__({name: rows.spaces["x"]}, rows.columns)
        self.rows, self.name = rows, name

    def fetch(self, rows: Tensor) -> dict[str, Tensor]:
        return {self.name: edges(self.rows.fetch(rows)["x"])}


class Stacked(Rows):
    """Pictures whose channels are three pictures of one channel each.

    Args:
        rows: the pictures of one channel.
        triples: their numbers, (n, 3).
    """

    def __init__(self, rows: Rows, space: Image, triples: Tensor) -> None:
        super().__init__({"x": space}, {"triple": triples})
        self.rows = rows

    def fetch(self, rows: Tensor) -> dict[str, Tensor]:
        triples = self.columns["triple"].index_select(0, rows)
        x = self.rows.fetch(triples.flatten())["x"]
        return {"x": x.view(-1, 3, *x.shape[2:])}


def _stacked(wish: Wish) -> Source:
    """Any three digits of a part together; every picture of `train` differs from those of `test`.

    Raises:
        UsageError: if other channels are wished for.
    """
    if wish.channels not in (None, 3):
        raise UsageError(f"stacked has a digit in each of 3 channels, not in {wish.channels}")
    about = ABOUTS["stacked"]
    digits = make("digits", replace(wish, channels=1))
    table = digits.tables[0]
    n = {"test": about.test, "all": about.rows}.get(wish.split, about.rows - about.test)
    draws = torch.Generator().manual_seed(len(table))
    triples = torch.randint(len(table), (n, 3), generator=draws)
    space = digits.spaces["x"]
    assert isinstance(space, Image)
    assert isinstance(table, Rows)
    image = Image(3, space.height, space.width)
    digest = fingerprint([digits.fingerprint, triples])
    return Source(
        "stacked", [Stacked(table, image, triples)], given("stacked", wish, image), digest
    )


def about(name: str) -> About:
    """What there is to know about one of these sources."""
    return ABOUTS[name]


def make(name: str, wish: Wish) -> Source:
    """A source of pictures at the size and with the channels that are wished for."""
    if name == "stacked":
        return _stacked(wish)
    if name == "faces":
        tables = [Rows(ABOUTS[name].spaces, {"x": _faces(wish.split)})]
    else:
        pixels, label, turn = _digits(wish.split)
        if name == "digits":
            tables = [Rows(ABOUTS[name].spaces, {"x": pixels, "label": label})]
        else:
            native = ABOUTS[name].spaces
            tables = [Rows({"x": native["x"]}, {"x": pixels[turn % 2 == 0]})]
            if "y" in wish.fields:
                others = pixels[turn % 2 == 1]
                # Edges are those of the size that is wished for: taken after it, from an x.
                y, of = ("y", -others) if name == "negatives" else ("x", others)
                tables.append(Rows({y: native["x"]}, {y: of}))
    found = sized(name, tables, wish)
    if name == "edges":
        found.fingerprint = fingerprint(["edges", found.fingerprint])
        found.tables[1:] = [Edged(t, "y") for t in found.tables[1:] if isinstance(t, Rows)]
    return found


def sized(name: str, tables: Sequence[Rows], wish: Wish) -> Source:
    """A source of pictures at the size and with the channels that are wished for.

    Args:
        name: as it is typed.
        tables: the pictures as they come, all of one space.
        wish: what was asked of the source.
    """
    native = next(space for space in tables[0].spaces.values() if isinstance(space, Image))
    height, width = wish.size or (native.height, native.width)
    image = Image(wish.channels or native.channels, height, width)
    digest = fingerprint([repr(image), wish.fit, *(c for t in tables for c in t.columns.values())])
    reshaped: list[Table] = [_resized(table, image, wish.fit) for table in tables]
    return Source(name.replace(":", "-"), reshaped, given(name, wish, image), digest)


def _resized(table: Rows, image: Image, fit: Fit) -> Rows:
    """Kept in memory, bytes as bytes, unless they are too many."""
    spaces = {k: image if isinstance(s, Image) else s for k, s in table.spaces.items()}
    if spaces == table.spaces:
        return table
    resized = Resized(table, spaces, fit)
    shown = [table.columns[f] for f, s in spaces.items() if isinstance(s, Image)]
    each = torch.Size(image.shape).numel() * sum(column.element_size() for column in shown)
    if each * len(table) > MEMORY:
        return resized
    parts = [
        {f: x if table.columns[f].dtype != torch.uint8 else as_bytes(x) for f, x in part.items()}
        for part in map(resized.fetch, torch.arange(len(table)).split(512))
    ]
    return Rows(spaces, {f: torch.cat([part[f] for part in parts]) for f in spaces})


def edges(x: Tensor) -> Tensor:
    """The morphological gradient: by how much 3x3 pixels differ, as pictures in [-1, 1].

    It is what the authors of CoGAN take for edges, a dilation less the picture, on both sides of
    an edge: on pictures as small as ours what a dilation adds is mostly lost in blur.
    """
    return max_pool2d(x, 3, 1, 1) + max_pool2d(-x, 3, 1, 1) - 1


def shaped(x: Tensor, image: Image, fit: Fit) -> Tensor:
    """Pictures (n, 1, 3 or 4, h, w) in [-1, 1] in the size and the channels of `image`.

    Smoothly: bilinear, and antialiased where they shrink. `pad` adds black, or nothing to what has
    transparency; a fourth channel that is new is opaque.
    """
    (h, w), (H, W) = x.shape[-2:], (image.height, image.width)
    if (h, w) != (H, W):
        scale = {"crop": max(H / h, W / w), "pad": min(H / h, W / w)}.get(fit)
        size = (H, W) if scale is None else (max(1, round(h * scale)), max(1, round(w * scale)))
        x = weighed(x) if x.shape[1] == 4 else x
        x = interpolate(x, size, mode="bilinear", antialias=True)
        x = unweighed(x) if x.shape[1] == 4 else x
        top, left = (H - size[0]) // 2, (W - size[1]) // 2  # negative where it is cropped
        x = pad(x, (left, W - size[1] - left, top, H - size[0] - top), value=-1.0)
    if image.channels == x.shape[1]:
        return x
    colour = x.expand(-1, 3, -1, -1)
    return colour if image.channels == 3 else torch.cat([colour, torch.ones_like(x[:, :1])], 1)


def weighed(x: Tensor) -> Tensor:
    """RGBA (n, 4, h, w) in [-1, 1] with colours that count as far as they are opaque, over black.

    So a mean over pixels does not show what colour lies hidden where nothing is to be seen.
    """
    return torch.cat([(x[:, :3] + 1) * (x[:, 3:] + 1) / 2 - 1, x[:, 3:]], 1)


def unweighed(x: Tensor) -> Tensor:
    """The inverse of `weighed`; black where nothing is to be seen."""
    opaque = (x[:, 3:] + 1) / 2
    colour = (x[:, :3] + 1) / opaque.clamp(min=1 / 510) - 1
    return torch.cat([colour.clamp(-1, 1), x[:, 3:]], 1)


def _digits(split: str) -> tuple[Tensor, Tensor, Tensor]:
    """Pixels (n, 1, 8, 8) in [-1, 1], classes (n,), and the turn of each within its class (n,).

    The digits of a class go to training and test by turns, which keeps the classes in proportion.
    """
    table = torch.from_numpy(_digits_table())
    pixels, label = table[:, :64].reshape(-1, 1, 8, 8), table[:, 64].long()
    turn = torch.zeros_like(label)
    for digit in range(10):
        turn[label == digit] = torch.arange(int((label == digit).sum()))
    keep = {"train": turn % 2 == 0, "test": turn % 2 == 1, "all": turn >= 0}[split]
    order = turn if split == "all" else turn // 2
    return pixels[keep].float() / 8 - 1, label[keep], order[keep]


def _digits_table() -> np.ndarray:
    """(1797, 65): 64 pixels of 0..16 and the class."""
    file = inside("sklearn", "datasets/data/digits.csv.gz")
    if file is not None:  # importing scikit-learn takes longer than all the rest
        with gzip.open(file) as opened:
            return np.loadtxt(opened, delimiter=",", dtype=np.uint8)
    from sklearn.datasets import load_digits

    pixels, label = load_digits(return_X_y=True)
    return np.column_stack([pixels, label]).astype(np.uint8)


def _faces(split: str) -> Tensor:
    """(100, 1, 25, 25) in [-1, 1]: the first half of the set; the other half is no faces."""
    if split == "test":
        raise UsageError("faces has no test part: 100 pictures are too few to hold any back")
    file = inside("skimage", "data/lfw_subset.npy")
    if file is None:
        raise DataError("scikit-image comes without lfw_subset.npy; reinstall scikit-image")
    faces = torch.from_numpy(np.load(file)[:100]).float()
    return faces[:, None] * 2 - 1

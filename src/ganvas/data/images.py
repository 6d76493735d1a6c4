"""A folder of images as a source: every file is decoded once, before anybody trains on it."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ganvas.core import DataError, Image, Label, Space, Table, UsageError
from ganvas.data import decode, examine, pairs, partners
from ganvas.data.decode import Unreadable
from ganvas.data.examine import Examination
from ganvas.data.folder import Layout, printable, survey
from ganvas.data.notes import named_broken, notes
from ganvas.data.source import (
    Fit,
    Rows,
    Side,
    Source,
    Wish,
    as_floats,
    fingerprint,
    given,
    less,
    listed,
)
from ganvas.data.tables import Halved, Zipped


class Files:
    """A table of images that are decoded when they are fetched: too many to be kept."""

    slow = True

    def __init__(
        self,
        spaces: Mapping[str, Space],
        files: list[Path],
        columns: Mapping[str, Tensor],
        found: Examination,
    ) -> None:
        self.spaces, self.files, self.columns, self.found = spaces, files, columns, found

    def __len__(self) -> int:
        return len(self.files)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(examine.workers(), "ganvas-decode")

    def fetch(self, rows: Tensor) -> dict[str, Tensor]:
        """The rows of these numbers.

        Raises:
            DataError: if a file that could be read before no longer can.
        """
        got = {name: column.index_select(0, rows) for name, column in self.columns.items()}
        pixels = self._pool.map(self._decode, [self.files[i] for i in rows.tolist()])
        picture = next(name for name, space in self.spaces.items() if isinstance(space, Image))
        return {picture: as_floats(torch.from_numpy(np.stack(list(pixels)))), **got}

    def without(self, field: str) -> Files:
        """The same rows; what they have in this field is forgotten."""
        return Files(less(self.spaces, field), self.files, less(self.columns, field), self.found)

    def _decode(self, file: Path) -> np.ndarray:
        found = self.found
        try:
            plain = decode.picture(file, max(found.size) * (1 + found.halves))
        except Unreadable as error:
            raise DataError(f"{file} could be read when training began: {error}") from error
        x = decode.render(plain, found.size, found.wish.fit, found.span, halves=found.halves)
        return decode.recolour(x, found.channels)


def load_folder(folder: Path, wish: Wish) -> Source:
    """The images of a folder, with the classes or domains that its folders make.

    Raises:
        UsageError: if there are none.
        DataError: if more than half cannot be read.
    """
    layout = survey(folder, wish.split)
    found = examine.examine(layout, wish, keep=True)
    if why := too_broken(layout, found):
        raise DataError(why)
    image, groups = Image(found.channels, *found.size), layout.group_of
    facts = [repr((image, wish.fit, found.span)), *layout.groups, *["pairs"] * wish.paired]
    facts += [f"{groups[i]} {found.sums[i]}" for i in found.good]
    said = notes(layout, found)
    if found.pixels is None:
        said.append("too many to keep in memory: each is decoded anew whenever it is needed")
    return Source(
        printable(folder.resolve().name) or "images",
        _tables(layout, found, image),
        given(str(folder.resolve()), wish, image),
        fingerprint(facts),
        said,
    )


def _tables(layout: Layout, found: Examination, image: Image) -> list[Table]:
    """Two tables if two domains were asked for, one of pairs if these were, else one of all."""
    group = torch.tensor(layout.group_of)[found.good]
    present, label = group.unique(return_inverse=True)
    if found.wish.paired and not found.halves:
        return [_pairs(layout, found, image)]
    if "y" in found.wish.fields and len(present) == 2 and not found.halves:
        rows = [(label == number).nonzero().flatten() for number in range(2)]
        return [_table(layout, found, {y: image}, r) for y, r in zip("xy", rows, strict=True)]
    spaces: dict[str, Space] = {"x": _both(image) if found.halves else image}
    columns: dict[str, Tensor] = {}
    if len(present) > 1:
        names = list(layout.groups)
        spaces["label"] = Label(len(present), tuple(names[i] for i in present.tolist()))
        columns["label"] = label
    table = _table(layout, found, spaces, torch.arange(len(group)), **columns)
    return [Halved(table) if found.halves else table]


def _both(image: Image) -> Image:
    """Two pictures beside each other."""
    return Image(image.channels, image.height, 2 * image.width)


def _pairs(layout: Layout, found: Examination, image: Image) -> Table:
    """The pairs of two domains.

    Raises:
        UsageError: if there are none, or pictures without a partner.
    """
    if not layout.sided:
        raise UsageError(_no_pairs(layout))
    sides = zip("xy", pairs.matched(layout, found), strict=True)
    return Zipped([_table(layout, found, {y: image}, torch.tensor(rows)) for y, rows in sides])


def _no_pairs(layout: Layout) -> str:
    """What to do with a folder that shows no two sides."""
    groups, root = list(layout.groups), layout.root
    two = (
        f" If {groups[0]} and {groups[1]} are the two sides: `ganvas data prepare "
        f"{root}/{groups[0]} OUT --with {root}/{groups[1]}`."
    )
    return (
        f"{root} has no pairs. These are read: trainA and trainB, or A and B, where the two "
        "pictures of a pair have the same name; or pictures that show A and B beside each other, "
        f"twice as wide as high.{two * (len(groups) == 2)} Or let x be made of each picture: "
        f"--partner {', '.join(partners.words())}"
    )


def _table(
    layout: Layout,
    found: Examination,
    spaces: Mapping[str, Space],
    rows: Tensor,
    **columns: Tensor,
) -> Table:
    """A table of some of the good files, by their numbers in `found.good`."""
    picture = next(iter(spaces))
    if found.pixels is not None:
        pixels = torch.from_numpy(found.pixels)
        whole = torch.equal(rows, torch.arange(len(pixels)))
        return Rows(spaces, {picture: pixels if whole else pixels[rows], **columns})
    files = [layout.files[found.good[i]] for i in rows.tolist()]
    return Files(spaces, files, columns, found)


def load_picture(file: Path, image: Image, fit: Fit = "crop", half: Side | None = None) -> Tensor:
    """One image file as an element of a space: (channels, height, width) in [-1, 1].

    Args:
        half: of a file that shows two pictures beside each other, the one that is meant.

    Raises:
        Unreadable: if it is none, or broken.
    """
    header = decode.peek(file)
    size = (image.height, image.width)
    plain = decode.picture(file, max(size) * (1 if half is None else 2))
    if half is not None:
        plain = decode.halved(plain)[half == "B"]
    x = decode.render(plain, size, fit, examine.choose_span([header]))
    return as_floats(torch.from_numpy(decode.recolour(x, image.channels)))


def too_broken(layout: Layout, found: Examination) -> str | None:
    """Why there is too little to train on; None if at least half of the images can be read."""
    total, broken = len(layout.files), len(found.broken)
    if 2 * broken <= total:
        return None
    return (
        f"{broken:,} of {total:,} images in {layout.root} cannot be read: "
        f"{listed(named_broken(layout, found))}; mend or remove them "
        "(`ganvas data check` names them all)"
    )

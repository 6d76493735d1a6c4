"""Which images lie in a folder, and what their places in it mean."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from ganvas.core import UsageError
from ganvas.data.decode import ENDINGS
from ganvas.data.source import Split

HIDDEN = frozenset({"__macosx", "thumbs.db", "desktop.ini", "@eadir"})
PARTS = {"train": "train", "test": "test",
         "val": "val", "valid": "val", "validation": "val"}  # fmt: skip
"""Folders that say which part of the data they hold; all but `train` are held back."""
DOMAINS = {f"{part}{side}".lower(): (side, part)
           for part in ("train", "val", "test") for side in "AB"}  # fmt: skip
"""Folders that say besides which of two sides: trainA, testB ..."""

Parts = tuple[str, ...]
"""A file's path below the folder."""


class Placed(NamedTuple):
    """An image, and what its place in the folder means."""

    path: Parts
    meaning: Parts
    """Its path without what tells the part, and without what all images share."""
    part: str = ""
    """train, val or test; nothing if its path does not say."""


@dataclass
class Layout:
    """The images of a folder, in a natural order."""

    root: Path
    groups: dict[str, list[Path]]
    """The images of each class or domain, by its name; all of them under "" if there are none."""
    places: dict[Path, Placed] = field(default_factory=dict)
    """What the place of each image means."""
    tested: bool = False
    """Whether there is a part that is held back from training."""
    strays: int = 0
    """Images beside the folders of classes, because of which there are no classes."""
    others: Counter[str] = field(default_factory=Counter)
    """Files that are no images by their name, by their ending."""
    closed: list[str] = field(default_factory=list)
    """Folders that could not be opened."""

    @cached_property
    def files(self) -> list[Path]:
        """All images, group by group."""
        return [file for files in self.groups.values() for file in files]

    @cached_property
    def group_of(self) -> list[int]:
        """The number of each file's group."""
        return [i for i, files in enumerate(self.groups.values()) for _ in files]

    @property
    def sided(self) -> bool:
        """Whether the images are the two sides of something: in trainA and trainB, or A and B."""
        return [name.lower() for name in self.groups] == ["a", "b"]

    @cached_property
    def names(self) -> list[str]:
        """Each file's name within its part and its group: its path there without the ending.

        The two pictures of a pair share it. Files that only their endings tell apart keep these.
        """
        below = len(self.groups) > 1
        paths = [Path(*self.places[file].meaning[below:]) for file in self.files]
        stems = [path.with_suffix("").as_posix() for path in paths]
        parts = [self.places[file].part for file in self.files]
        places = list(zip(self.group_of, parts, stems, strict=True))
        twice = {place for place, number in Counter(places).items() if number > 1}
        return [
            path.as_posix() if place in twice else place[-1]
            for place, path in zip(places, paths, strict=True)
        ]

    def short(self, file: Path) -> str:
        """A file's path below the folder, fit to be printed."""
        inside = file.is_relative_to(self.root)
        return printable(str(file.relative_to(self.root) if inside else file))


def printable(name: str) -> str:
    """A file's name without what would spoil a terminal or a JSON file."""
    clean = name.encode("utf-8", "replace").decode("utf-8")
    return "".join(c if c.isprintable() else "?" for c in clean)


def natural(name: str) -> list[tuple[int, int, str]]:
    """A key to sort by that puts 2 before 10."""
    runs = re.findall(r"([0-9]+)|([^0-9]+)", name)
    return [(0, int(n), n) if n else (1, 0, other) for n, other in runs]


def survey(folder: Path, split: Split) -> Layout:
    """Finds the images of a folder.

    Raises:
        UsageError: if it is missing, no folder, or without images in this part of it.
    """
    _refuse_what_is_none(folder)
    layout = Layout(folder.resolve(), {})
    files = sorted(_walk(layout, layout.root, (), ()), key=lambda p: [natural(w) for w in p])
    if not files:
        raise UsageError(f"{folder} holds no images: {_instead(layout)}")
    placed, layout.tested = _meanings(files, split)
    if split == "test" and not layout.tested:
        raise UsageError(
            f"{folder} has no test part: put what is to be held back into {folder}/test/ "
            f"and the rest into {folder}/train/"
        )
    heads = {one.meaning[0] for one in placed if len(one.meaning) > 1}
    inside = sum(len(one.meaning) > 1 for one in placed)
    classes = len(heads) > 1 and inside == len(placed)
    layout.strays = len(placed) - inside if len(heads) > 1 else 0
    for one in placed:
        name = printable(one.meaning[0]) if classes else ""
        file = layout.root.joinpath(*one.path)
        layout.groups.setdefault(name, []).append(file)
        layout.places[file] = one
    layout.groups = {name: layout.groups[name] for name in sorted(layout.groups, key=natural)}
    return layout


def _refuse_what_is_none(folder: Path) -> None:
    if not os.path.exists(folder):  # noqa: PTH110 (which does not raise if one may not look)
        raise UsageError(f"there is no folder {str(folder)!r}; give one with images in it")
    if not folder.is_dir():
        packed = folder.suffix.lower() in (".zip", ".tar", ".gz", ".tgz", ".7z", ".rar", ".xz")
        advice = "unpack it and give the folder" if packed else "give the folder it lies in"
        raise UsageError(f"{str(folder)!r} is a file, expected a folder of images; {advice}")


def _instead(layout: Layout) -> str:
    """What a folder without images holds, and what to do."""
    found = ", ".join(f"{n} {ending}" for ending, n in layout.others.most_common(5))
    closed = f"; could not open {', '.join(layout.closed[:3])}" if layout.closed else ""
    return (
        f"it has {found or 'no files at all'}{closed}; put images into it "
        "(PNG, JPEG, TIFF, WebP, GIF, BMP ..., by their names' endings), "
        "those of each class into a folder of its own if there are classes"
    )


def _walk(
    layout: Layout, folder: Path, parts: Parts, above: tuple[tuple[int, int], ...]
) -> Iterator[Parts]:
    """The images below a folder. Links are followed, but not round in circles."""
    try:
        status = folder.stat()
        entries = list(os.scandir(folder))
    except OSError as error:
        layout.closed.append(f"{printable('/'.join(parts)) or '.'} ({error.strerror})")
        return
    here = (status.st_dev, status.st_ino)
    if here in above:
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name.lower() in HIDDEN:
            continue
        if entry.is_dir():
            yield from _walk(layout, folder / entry.name, (*parts, entry.name), (*above, here))
        elif Path(entry.name).suffix.lower() in ENDINGS:
            yield (*parts, entry.name)
        else:
            layout.others[Path(entry.name).suffix.lower() or "without an ending"] += 1


def _meanings(files: list[Parts], split: Split) -> tuple[list[Placed], bool]:
    """What each path means: without wrappers, `train`, `test` and the like.

    Returns:
        The images that belong to the split; whether there is a test part.
    """
    named, tested = [Placed(parts, parts) for parts in files], False
    while all(len(one.meaning) > 1 for one in named):
        heads = {one.meaning[0].lower() for one in named}
        if heads >= {"traina", "trainb"} and heads <= DOMAINS.keys():
            sides = [(one, *DOMAINS[one.meaning[0].lower()]) for one in named]
            named = [Placed(p, (side, *m[1:]), part) for (p, m, _), side, part in sides]
            return _of(named, split), len(heads) > 2
        inner = {_part(one.meaning[1:]) for one in named} if heads == {"a", "b"} else set()
        if "train" in inner and "" not in inner:
            named = [Placed(p, (m[0], *m[2:]), _part(m[1:])) for p, m, _ in named]
            return _of(named, split), len(inner) > 1
        if "train" in heads and len(heads) > 1 and heads <= PARTS.keys():
            tested = True
            named = _of([one._replace(part=_part(one.meaning)) for one in named], split)
        elif len({one.meaning[0] for one in named}) > 1:
            break
        named = [one._replace(meaning=one.meaning[1:]) for one in named]
    return named, tested


def _part(path: Parts) -> str:
    """The part that the first folder of a path tells; nothing if it does not."""
    return PARTS.get(path[0].lower(), "") if len(path) > 1 else ""


def _of(placed: list[Placed], split: Split) -> list[Placed]:
    """Those of a split."""
    if split == "all":
        return placed
    return [one for one in placed if (one.part == "train") == (split == "train")]

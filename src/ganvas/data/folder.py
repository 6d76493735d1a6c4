"""Which images lie in a folder, and what their places in it mean."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ganvas.core import UsageError
from ganvas.data.decode import ENDINGS
from ganvas.data.source import Split

HIDDEN = frozenset({"__macosx", "thumbs.db", "desktop.ini", "@eadir"})
TESTS = frozenset({"test", "val", "valid", "validation"})
DOMAINS = {"traina": ("A", "train"), "trainb": ("B", "train"),
           "vala": ("A", "test"), "valb": ("B", "test"),
           "testa": ("A", "test"), "testb": ("B", "test")}  # fmt: skip

Parts = tuple[str, ...]
"""A file's path below the folder."""


@dataclass
class Layout:
    """The images of a folder, in a natural order."""

    root: Path
    groups: dict[str, list[Path]]
    """The images of each class or domain, by its name; all of them under "" if there are none."""
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

    def short(self, file: Path) -> str:
        """A file's path below the folder, fit to be printed."""
        return printable(str(file.relative_to(self.root)))


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
    named, layout.tested = _meanings(files, split)
    if split == "test" and not layout.tested:
        raise UsageError(
            f"{folder} has no test part: put what is to be held back into {folder}/test/ "
            f"and the rest into {folder}/train/"
        )
    heads = {parts[0] for _, parts in named if len(parts) > 1}
    inside = sum(len(parts) > 1 for _, parts in named)
    classes = len(heads) > 1 and inside == len(named)
    layout.strays = len(named) - inside if len(heads) > 1 else 0
    for place, parts in named:
        name = printable(parts[0]) if classes else ""
        layout.groups.setdefault(name, []).append(layout.root.joinpath(*place))
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


def _meanings(files: list[Parts], split: Split) -> tuple[list[tuple[Parts, Parts]], bool]:
    """What part of each path tells the class: without wrappers, `train`, `test` and the like.

    Returns:
        The paths that belong to the split, each with its meaning; whether there is a test part.
    """
    named, tested = [(parts, parts) for parts in files], False
    while all(len(meaning) > 1 for _, meaning in named):
        heads = {meaning[0].lower() for _, meaning in named}
        if heads >= {"traina", "trainb"} and heads <= DOMAINS.keys():
            domains = [(p, m[1:], *DOMAINS[m[0].lower()]) for p, m in named]
            named = [(p, (name, *m)) for p, m, name, part in domains if split in (part, "all")]
            return named, len(heads) > 2
        if "train" in heads and len(heads) > 1 and heads <= TESTS | {"train"}:
            tested = True
            named = [(p, m) for p, m in named if split in (_part(m[0]), "all")]
        elif len({meaning[0] for _, meaning in named}) > 1:
            break
        named = [(parts, meaning[1:]) for parts, meaning in named]
    return named, tested


def _part(head: str) -> str:
    return "train" if head.lower() == "train" else "test"

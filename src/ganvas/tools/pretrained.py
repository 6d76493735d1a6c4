"""Generators that come with ganvas, trained.

Each lies in `ganvas/generators/NAME` as a run would: config.json and weights.safetensors, with what
generates and no more. Beside them are card.md, which says what it is made of, what it can and what
it cannot, and grid.png, samples of seed 0. `index.json` has the SHA-256 and the size of each file;
none is used that is not as it was when it was measured. `assets/make_pretrained.py` makes them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganvas.core import GanvasError, UsageError
from ganvas.core.checkpoint import WEIGHTS
from ganvas.core.errors import did_you_mean
from ganvas.core.run import CONFIG, Run

HOME = Path(__file__).parents[1] / "generators"
INDEX, CARD, GRID = "index.json", "card.md", "grid.png"
PREFIX = "pretrained:"
"""Before a name, in place of a run's folder."""
RUNS = Path("runs") / "pretrained"
"""Where their runs are made, each under its name."""


@dataclass(frozen=True)
class Shipped:
    """What the index says of a generator."""

    name: str
    game: str
    makes: str
    """What it makes of what, in words."""
    figure: dict[str, Any]
    """The one that says most: `title`, `value`, and the `protocol` in words."""
    licence: str
    """Of the pictures that it learned from."""
    files: dict[str, dict[str, Any]]
    """`sha256` and `bytes` of each file, by name."""

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file["bytes"] for file in self.files.values())

    def read(self, file: str) -> bytes:
        """A file of its folder.

        Raises:
            GanvasError: if it is not as it was when it was measured.
        """
        path, expected = HOME / self.name / file, self.files[file]["sha256"]
        try:
            content = path.read_bytes()
        except OSError as error:
            raise GanvasError(f"cannot read {path} ({error.strerror}); {_MEND}") from error
        found = hashlib.sha256(content).hexdigest()
        if found != expected:
            raise GanvasError(
                f"refused {path}: its SHA-256 is {found}, expected {expected}; {_MEND}"
            )
        return content


_MEND = "install ganvas anew, which brings it along"


def shipped() -> dict[str, Shipped]:
    """All of them, by name.

    Raises:
        GanvasError: if their index cannot be read.
    """
    try:
        found = json.loads((HOME / INDEX).read_text("utf-8"))
        return {name: Shipped(name, **about) for name, about in found.items()}
    except (OSError, ValueError, TypeError) as error:
        raise GanvasError(f"cannot read {HOME / INDEX} ({error}); {_MEND}") from error


def names() -> list[str]:
    """Their names."""
    return list(shipped())


def find(name: str) -> Shipped:
    """The generator of this name.

    Raises:
        UsageError: if there is none; it names the nearest.
        GanvasError: if the index cannot be read.
    """
    known = shipped()
    if name not in known:
        raise did_you_mean(name, known, "generator")
    return known[name]


def card(name: str) -> str:
    """The card of a generator, in Markdown.

    Raises:
        UsageError: if there is none of this name.
        GanvasError: if a file is damaged.
    """
    return find(name).read(CARD).decode()


def get(name: str, folder: str | Path | None = None) -> Run:
    """A run of a generator that comes with ganvas, to sample, measure and translate with.

    It cannot be trained further: who judged its pictures did not come along.

    Args:
        name: the generator's.
        folder: the run's, which appears whole or not at all; `runs/pretrained/NAME` if None. One
            that holds this generator already is taken as it is.

    Raises:
        UsageError: if there is no such generator, or something else where the run should be.
        GanvasError: if a file is not what was measured, or the folder cannot be written.
    """
    about = find(name)
    files = {file: about.read(file) for file in (CONFIG, WEIGHTS, CARD)}
    folder = RUNS / name if folder is None else Path(folder)
    if _holds(folder, files):
        return Run(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists already, and is not {name} as it came; take another")
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.draft")
    try:
        draft.mkdir(parents=True)
        for file, content in files.items():
            (draft / file).write_bytes(content)
        os.replace(draft, folder)
    except OSError as error:
        raise GanvasError(f"cannot write the run {folder}: {error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Run(folder)


def opened(place: str | Path) -> Run:
    """A run: a folder, or after `pretrained:` the name of a generator that comes with ganvas.

    Raises:
        UsageError: if there is none.
        GanvasError: if the generator is damaged, or its run cannot be written.
    """
    word = str(place)
    if word.startswith(PREFIX):
        return get(word.removeprefix(PREFIX))
    if not Path(place).exists() and word in names():
        raise UsageError(
            f"there is no run {word}; the generator of this name that comes with ganvas is "
            f"{PREFIX}{word}"
        )
    return Run(place)


def _holds(folder: Path, files: dict[str, bytes]) -> bool:
    """Whether a folder is the run of these files; what was made with it may lie beside them."""
    try:
        return all((folder / name).read_bytes() == files[name] for name in (CONFIG, WEIGHTS))
    except OSError:
        return False

"""Samples as files: a picture of all, a picture each, arrays, or sentences."""

from __future__ import annotations

import io
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image as Pillow
from torch import Tensor

from ganvas.cli.inputs import real_rows
from ganvas.core import GanvasError, Image, Label, Points, Space, Tokens, UsageError
from ganvas.core.files import write_whole
from ganvas.core.run import Run
from ganvas.watch.pictures import grid, png
from ganvas.watch.scenes import alike

MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
"""Pillow's name for pictures of so many channels."""


@dataclass(frozen=True)
class Place:
    """Where to write samples, and as what."""

    path: Path
    way: str
    """A file's suffix, or `/` for a folder."""


@dataclass(frozen=True)
class Drawn:
    """Samples of a run, on the CPU."""

    run: Run
    samples: Tensor
    inputs: Mapping[str, Tensor]
    """The inputs that made each, by name."""
    turns: Mapping[str, int]
    """How many elements an input was given; they come in turn."""


def place(asked: str | None, usual: Path, space: Space) -> Place:
    """Where to write samples of a space, after all that can be said about it beforehand.

    Args:
        asked: what was typed after `-o`.
        usual: the file if nothing was, without its suffix.
        space: what the samples are.

    Raises:
        UsageError: if there is no such place, or such samples cannot be written like that.
    """
    ways = _ways(space)
    if asked is None:
        return Place(usual.with_suffix(ways[0]), ways[0])
    path = Path(asked).expanduser()
    way = "/" if asked.endswith("/") or path.is_dir() else path.suffix.lower()
    if way not in ways:
        known = ", ".join("FOLDER/" if way == "/" else f"FILE{way}" for way in ways)
        kind = type(space).__name__.lower()
        raise UsageError(f"samples of kind {kind!r} are written to {known}; not to {asked!r}")
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {str(path.parent)!r} to write {path.name!r} into")
    if way == "/" and path.exists() and not path.is_dir():
        raise UsageError(f"{str(path)!r} is a file, not a folder")
    return Place(path, way)


def _ways(space: Space) -> tuple[str, ...]:
    """The ways to write samples of a space, the usual one first."""
    match space:
        case Tokens():
            return (".txt", ".npz")
        case Image() if space.channels in MODES:
            return (".png", ".npz", "/")
        case Points():
            return (".png", ".npz")
    return (".npz",)


def example(space: Space) -> str:
    """A name for a file that samples of a space can be written to."""
    way = _ways(space)[0]
    return f"grid{way}" if way == ".png" else f"samples{way}"


def write(drawn: Drawn, place: Place) -> None:
    """Writes samples, whole or not at all.

    Raises:
        UsageError: if the folder has files of the same names.
        GanvasError: if it cannot be written.
    """
    try:
        match place.way, drawn.run.game.output:
            case "/", _:
                _write_folder(as_bytes(drawn.samples), place.path)
            case ".npz", output:
                write_whole(place.path, _arrays(drawn, output))
            case ".txt", Tokens() as space:
                write_whole(place.path, sentences(space, drawn.samples))
            case _:
                write_whole(place.path, png(picture(drawn)))
    except OSError as error:
        raise GanvasError(f"cannot write {place.path}: {error.strerror or error}") from error


# -- pictures ------------------------------------------------------------------------------------


def picture(drawn: Drawn) -> Pillow.Image:
    """All samples in one picture: images as tiles, points beside real ones."""
    return _tiles(drawn) if isinstance(drawn.run.game.output, Image) else _law(drawn)


def _tiles(drawn: Drawn) -> Pillow.Image:
    """A grid whose columns keep apart what was given in turn; input images beside their outputs."""
    samples, inputs = drawn.samples, drawn.run.game.inputs
    turns = {name: k for name, k in drawn.turns.items() if not isinstance(inputs[name], Image)}
    name = max(turns, key=lambda name: turns[name], default=None)
    k = min(turns[name], len(samples)) if name else 1
    columns = k * max(1, round(len(samples) ** 0.5 / k))
    header: list[str] = []
    if name and k > 1 and isinstance(space := inputs[name], Label):
        header = [_word(space, int(i)) for i in drawn.inputs[name][:columns]]
    sources = [x for name, x in drawn.inputs.items() if isinstance(inputs[name], Image)]
    if not sources:
        return grid(samples, columns, header=header)
    pairs = torch.stack(alike(sources[0], samples), 1).flatten(0, 1)
    beside = max(1, round((len(samples) / 2) ** 0.5))
    return grid(pairs, 2 * beside, group=2, header=["input", "output"] * beside)


def _word(space: Label, number: int) -> str:
    """A class's name, if the pictures' font has its letters."""
    name = space.names[number] if space.names else ""
    return name if name.isascii() and name else str(number)


def _law(drawn: Drawn) -> Pillow.Image:
    """The samples of a toy law over real ones."""
    from ganvas.watch import toys  # matplotlib is slow to import, and only toy laws need it

    run, made = drawn.run, drawn.samples
    real = real_rows(run, "x", run.game.output, 2000, 0)
    title = f"{run.plan.game}, {len(made):,} samples"
    return (toys.density if made.shape[1] == 1 else toys.plane)(real, made, title=title)


def _write_folder(pixels: np.ndarray, folder: Path) -> None:
    """A PNG for each image (n, h, w, c), numbered; beside what is there already."""
    digits = max(5, len(str(len(pixels) - 1)))
    names = [f"{i:0{digits}}.png" for i in range(len(pixels))]
    if there := [name for name in names if (folder / name).exists()]:
        raise UsageError(f"{folder} has a {there[0]} already; give a new folder or an empty one")
    draft = folder.with_name(f".{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir()
        for name, image in zip(names, pixels, strict=True):
            flat = image.squeeze(2) if image.shape[2] == 1 else image
            Pillow.fromarray(flat, MODES[image.shape[2]]).save(draft / name)
        folder.mkdir(exist_ok=True)
        for name in names:
            (draft / name).rename(folder / name)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


# -- arrays and sentences ------------------------------------------------------------------------


def as_bytes(images: Tensor) -> np.ndarray:
    """(n, c, h, w) in [-1, 1] -> (n, h, w, c) uint8."""
    return ((images.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()


def _arrays(drawn: Drawn, output: Space) -> bytes:
    """`samples` and each input by its name; images as bytes, channels last."""
    spaces = {"samples": output, **drawn.run.game.inputs}
    rows = {"samples": drawn.samples, **drawn.inputs}
    arrays: dict[str, Any] = {
        name: as_bytes(x) if isinstance(spaces[name], Image) else x.numpy()
        for name, x in rows.items()
    }
    memory = io.BytesIO()
    np.savez_compressed(memory, **arrays)
    return memory.getvalue()


def sentences(space: Tokens, rows: Tensor) -> str:
    """A sentence on each line: its words, or their numbers if they have no names."""
    words = space.words or tuple(map(str, range(space.vocabulary)))
    return "".join(" ".join(words[i] for i in row) + "\n" for row in rows.tolist())

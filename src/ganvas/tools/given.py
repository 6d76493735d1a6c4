"""Pictures from files as a game makes them, and what was changed for that."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from ganvas.core import DataError, Game, Image, UsageError
from ganvas.data import decode
from ganvas.data.decode import Unreadable
from ganvas.data.images import load_picture
from ganvas.data.partners import luma
from ganvas.data.source import Fit

KINDS = {1: "grey", 3: "RGB", 4: "RGBA"}
FAINT = 0.15
"""A pixel that differs from the paper by less than this, of 1, is no line."""
CHANNELS = {"L": 1, "F": 1, "RGB": 3, "RGBA": 4}


def output_of(game: Game) -> Image:
    """The pictures that a game makes.

    Raises:
        UsageError: if it makes none, or none that files hold.
    """
    space = game.output
    if not isinstance(space, Image):
        kind = type(space).__name__.lower()
        raise UsageError(f"{game.name} makes {kind}, no pictures: there is nothing to edit")
    if space.channels not in KINDS:
        raise UsageError(
            f"{game.name} makes pictures of {space.channels} channels; files have 1 (grey), 3 (RGB)"
            " or 4 (RGBA)"
        )
    return space


def picture(file: Path, space: Image, fit: Fit) -> tuple[Tensor, list[str]]:
    """A picture as a game makes them, (channels, h, w), and what was changed, in sentences.

    Raises:
        UsageError: if there is no such file.
        DataError: if it cannot be read.
    """
    if not file.exists():
        raise UsageError(f"there is no picture {str(file)!r}")
    try:
        header = decode.peek(file)
        plain = decode.picture(file)
        x = load_picture(file, space, fit)
    except Unreadable as error:
        raise DataError(f"cannot read the picture {file}: {error}") from None
    notes = _changes((header.height, header.width), CHANNELS[plain.mode], space, fit)
    notes += ["several frames: the first is taken"] * header.frames
    return x, [f"{file.name}: {note}" for note in notes]


def _changes(size: tuple[int, int], has: int, space: Image, fit: Fit) -> list[str]:
    """What is changed in a picture of a size, with so many channels."""
    said, (h, w), (H, W) = [], size, (space.height, space.width)
    if (h, w) != (H, W):
        how = {"crop": "cropped and ", "pad": "padded and ", "stretch": "stretched and "}[fit]
        how = "" if h * W == w * H else how
        said.append(f"{w}x{h} pixels: {how}resized to {W}x{H}, which the run makes")
    if has == 4 and space.channels < 4:
        said.append("transparent in parts: laid over white")
    if space.channels == 1 and has > 1:
        said.append(f"{KINDS[min(has, 3)]}: turned into grey, which the run makes")
    if space.channels > 1 and has == 1:
        said.append(f"grey: taken as {KINDS[space.channels]}, which the run makes")
    return said


def hole(file: Path, mask: Path | None, space: Image, fit: Fit) -> Tensor:
    """Where the hole of a picture is: (h, w), bool.

    Args:
        file: the picture.
        mask: white where the hole is; None: what is transparent in the picture is the hole.
        space: what the game makes.
        fit: as the picture was brought to its size.

    Raises:
        UsageError: if there is no mask, or it is of another size than the picture.
        DataError: if it cannot be read.
    """
    if mask is not None:
        head = decode.peek(file)
        return white(mask, (head.height, head.width), str(file), space, fit)
    if space.channels == 4 or decode.picture(file).mode != "RGBA":
        raise UsageError(
            f"where is the hole in {file}? --mask FILE, white where it is; --hole centre:50% or "
            + "random:80%"
            + ("" if space.channels == 4 else "; or make it transparent in the picture")
        )
    alpha = load_picture(file, Image(4, space.height, space.width), fit)[3]
    return torch.as_tensor(alpha < 0)


def white(mask: Path, size: tuple[int, int], whose: str, space: Image, fit: Fit) -> Tensor:
    """Where a mask is white: (h, w), bool, of the game's size.

    Args:
        mask: the file.
        size: (h, w) of the picture that it belongs to.
        whose: that picture, in words.
        space: what the game makes.
        fit: as that picture was brought to its size.

    Raises:
        UsageError: if there is none, or it is of another size than the picture.
        DataError: if it cannot be read.
    """
    found, _ = picture(mask, Image(1, space.height, space.width), fit)
    _fits(mask, "mask", size, whose)
    return found[0] > 0


def painted(file: Path, size: tuple[int, int], whose: str, space: Image, fit: Fit) -> Tensor:
    """What is painted in a file whose other pixels are transparent.

    Args:
        file: the strokes.
        size, whose, space, fit: as for `white`.

    Returns:
        (channels + 1, h, w) of the game's size: the colours in [-1, 1], and from 0 to 1 where.

    Raises:
        UsageError: if there is no such file, it is of another size, or nothing is painted, or all.
        DataError: if it cannot be read.
    """
    x, _ = picture(file, Image(4, space.height, space.width), fit)
    _fits(file, "layer of strokes", size, whose)
    where = (x[3:] + 1) / 2
    if not where.any():
        raise UsageError(f"nothing is painted in {file}: all of it is transparent")
    if where.min() == 1:
        raise UsageError(
            f"all of {file} is painted: strokes are transparent where nothing is wanted. For a "
            "whole picture there is ganvas edit RUN project"
        )
    colours = {1: luma(x[None, :3])[0], 3: x[:3], 4: torch.cat([x[:3], torch.ones_like(x[:1])])}
    return torch.cat([colours[space.channels], where])


def drawn(file: Path, size: tuple[int, int], whose: str, space: Image, fit: Fit) -> Tensor:
    """The lines of a drawing, dark on light or light on dark: (h, w) from 0 to 1.

    Args:
        file: the drawing; where it is transparent there is no line.
        size, whose, space, fit: as for `white`.

    Raises:
        UsageError: if there is no such file, it is of another size, or no line is in it.
        DataError: if it cannot be read.
    """
    x, _ = picture(file, Image(1, space.height, space.width), fit)
    _fits(file, "drawing", size, whose)
    apart = (x[0] - x.median()).abs() / 2
    lines = torch.where(apart > FAINT, apart, 0.0)
    if not lines.any():
        raise UsageError(f"no line is in {file}: it is of one colour")
    return (lines / lines.max()).clamp(0, 1)


def _fits(file: Path, kind: str, size: tuple[int, int], whose: str) -> None:
    """Refuses what is laid over a picture, and is of another size than that."""
    its = decode.peek(file)
    if (its.height, its.width) != size:
        raise UsageError(
            f"the {kind} {file} has {its.width}x{its.height} pixels, and {whose} "
            f"{size[1]}x{size[0]}: a {kind} has the picture's size"
        )

"""A picture in a file, as a game takes it, and what the game made of it, as a file again.

What a game knows nothing of is kept: transparency, and the depth of grey levels beyond 8 bits.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image as Pillow
from torch import Tensor
from torch.nn.functional import interpolate

from ganvas.core import GanvasError, Image, UsageError
from ganvas.core.files import write_whole
from ganvas.data import decode
from ganvas.data.decode import Span
from ganvas.data.examine import choose_span
from ganvas.data.partners import luma
from ganvas.watch.pictures import png

FORMATS = {
    ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP",
    ".tif": "TIFF", ".tiff": "TIFF", ".bmp": "BMP",
}  # fmt: skip
"""What can be written, by the ending."""
DEEP = ("PNG", "TIFF")
OPAQUE = ("JPEG", "BMP")
COLOURS = {1: "grey", 3: "RGB"}
SIXTEEN = 65535.0


@dataclass(frozen=True)
class Shot:
    """A picture as its file has it."""

    colour: Tensor
    """(1 or 3, height, width) in [-1, 1]; white where nothing shows."""
    alpha: Tensor | None
    """(height, width) from 0, transparent, to 1; None if all of it is opaque."""
    span: Span | None
    """The values of black and white of grey levels beyond 8 bits."""
    frames: bool
    """Whether the file holds further pictures, which are left out."""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.colour.shape[1], self.colour.shape[2]


def read(file: Path) -> Shot:
    """A picture from a file.

    Raises:
        Unreadable: if it is none, or broken.
    """
    header = decode.peek(file)
    plain, span = decode.picture(file), choose_span([header])
    pixels = torch.from_numpy(np.array(plain))
    if plain.mode == "F":
        low, high = span or (0.0, 1.0)
        grey = (pixels - low) * (2 / ((high - low) or 1)) - 1
        return Shot(grey[None], None, span, header.frames)
    x = pixels.float().div_(127.5).sub_(1)
    if x.dim() == 2:
        return Shot(x[None], None, None, header.frames)
    x = x.permute(2, 0, 1)
    if len(x) == 3:
        return Shot(x, None, None, header.frames)
    colour = x[:1] if decode.is_grey(plain) else x[:3]
    # The colour of what cannot be seen is anything; data to learn from is laid over white.
    colour = torch.where(x[3] > -1, colour, 1.0)
    return Shot(colour, (x[3] + 1) / 2, None, header.frames)


def has_hole(takes: Image, makes: Image) -> bool:
    """Whether a game fills holes: what it takes says by its alpha where one is."""
    return takes.channels in (2, 4) and makes.channels == takes.channels - 1


def check(takes: Image, makes: Image) -> None:
    """Refuses a game whose pictures are no pictures for files.

    Raises:
        UsageError: if it takes or makes another number of channels than files have.
    """
    for what, space in (("takes", takes), ("makes", makes)):
        if space.channels not in (1, 2, 3, 4):
            raise UsageError(
                f"it {what} pictures of {space.channels} channels, and files have 1 (grey), "
                "3 (RGB), or one more for transparency"
            )


def as_taken(shot: Shot, takes: Image, makes: Image) -> tuple[Tensor, list[str]]:
    """A picture as a game takes it, (channels, height, width), and what was changed for that."""
    x, notes = shot.colour, []
    wanted = takes.channels - (takes.channels in (2, 4))
    if len(x) != wanted:
        was, now = COLOURS[len(x)], COLOURS[wanted]
        notes.append(f"{was}: turned into {now}, which the game takes")
        x = luma(x[None])[0] if wanted == 1 else x.expand(3, -1, -1)
    if shot.frames:
        notes.append("several frames: the first is taken")
    if takes.channels == wanted:
        return x, notes
    alpha = torch.ones(shot.size) if shot.alpha is None else shot.alpha
    if not has_hole(takes, makes):
        return torch.cat([x, alpha[None] * 2 - 1]), notes
    there = alpha >= 0.5
    if bool(there.all()):
        notes.append("no transparent part, so no hole to fill")
    return torch.cat([torch.where(there, x, -1.0), there[None] * 2.0 - 1]), notes


def finished(y: Tensor, shot: Shot, takes: Image, makes: Image) -> Tensor:
    """What was made of a picture, with the picture's transparency if the game made none.

    Args:
        y: (channels, height, width) in [-1, 1].
        shot: the picture.
        takes, makes: the spaces of the game.
    """
    if shot.alpha is None or len(y) not in (1, 3) or has_hole(takes, makes):
        return y
    alpha = _enlarged(shot.alpha, (y.shape[1], y.shape[2]))
    return torch.cat([y, alpha[None] * 2 - 1])


def as_file(y: Tensor, shot: Shot, ending: str) -> tuple[bytes, list[str]]:
    """What was made of a picture as the bytes of a file, and what could not be kept.

    Args:
        y: (1 to 4 channels, height, width) in [-1, 1].
        shot: the picture.
        ending: of the file, a key of `FORMATS`.
    """
    kind, notes = FORMATS[ending], list[str]()
    if shot.span is not None:
        if len(y) == 1 and kind in DEEP:
            return _encoded(_deep(y[0], shot.span), kind), notes
        why = "it comes out in colour" if len(y) > 1 else f"{kind} has no more"
        notes.append(f"more than 8 bits: written with 8 bits a channel, since {why}")
    if len(y) in (2, 4) and kind in OPAQUE:
        notes.append(f"transparency: laid over white, since {kind} has none")
        share = (y[-1:] + 1) / 2
        y = y[:-1] * share + (1 - share)
    return _encoded(picture(y), kind), notes


def picture(y: Tensor) -> Pillow.Image:
    """(1 to 4, height, width) in [-1, 1] as a picture of 8 bits."""
    pixels = y.clamp(-1, 1).add(1).mul_(127.5).round_().byte().permute(1, 2, 0).numpy()
    if len(y) == 1:
        return Pillow.fromarray(pixels[..., 0])
    return Pillow.fromarray(np.ascontiguousarray(pixels), {2: "LA", 3: "RGB", 4: "RGBA"}[len(y)])


def _deep(y: Tensor, span: Span) -> Pillow.Image:
    """Grey levels (h, w) of 16 bits: in the units of the input, or all of the 16 bits."""
    low, high = span
    units = low >= 0 and 255 < high <= SIXTEEN
    low, high = span if units else (0.0, SIXTEEN)
    levels = (y.double().clamp(-1, 1) + 1) / 2 * (high - low) + low
    return Pillow.fromarray(levels.round().numpy().astype(np.uint16))


def _enlarged(alpha: Tensor, size: tuple[int, int]) -> Tensor:
    if tuple(alpha.shape) == size:
        return alpha
    return interpolate(alpha[None, None], size, mode="bicubic")[0, 0].clamp(0, 1)


def _encoded(drawn: Pillow.Image, kind: str) -> bytes:
    memory = io.BytesIO()
    drawn.save(memory, kind, quality=95, lossless=True)  # each format takes what it knows
    return memory.getvalue()


def together(notes: Iterable[str]) -> list[str]:
    """Notes of many pictures: each once, with how many it is of."""
    counts: dict[str, int] = {}
    for note in notes:
        counts[note] = counts.get(note, 0) + 1
    return [f"{n:,} picture{'s' * (n > 1)} with {note}" for note, n in counts.items()]


def save(path: Path, drawn: Pillow.Image) -> None:
    """Writes a picture as PNG, whole or not at all.

    Raises:
        GanvasError: if it cannot be written.
    """
    try:
        write_whole(path, png(drawn))
    except OSError as error:
        raise GanvasError(f"cannot write {path}: {error.strerror or error}") from error

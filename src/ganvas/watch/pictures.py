"""Batches of images as one picture, and pictures as an animation."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.nn.functional import interpolate

GAP = 112
"""The grey between tiles: told apart from black, from white and from most of what is between."""


def grid(
    images: Tensor,
    columns: int | None = None,
    *,
    gap: int | None = None,
    min_tile: int = 64,
    limit: int = 1200,
    group: int = 1,
    header: Sequence[str] = (),
    side: Sequence[str] = (),
) -> Image.Image:
    """Lays a batch of images out as tiles, row by row.

    Small images are enlarged without blur, by a whole factor, until their shorter side has
    `min_tile` pixels; large ones are reduced until the picture has no more than about `limit`
    pixels on a side.

    Args:
        images: (n, channels, height, width) in [-1, 1]: grey, grey with alpha, RGB or RGBA; of
            more channels the first three are shown. Alpha lets a checkerboard show through.
        columns: tiles in a row; about as many as rows if None.
        gap: pixels between tiles; a sixteenth of a tile if None.
        group: after so many columns the gap is wider.
        header: a word above each column.
        side: a word to the left of each row.
    """
    n, _, height, width = images.shape
    columns = columns or math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    room = limit / columns / 1.08, limit / rows / 1.08  # for a tile with its gap
    tile = _tile_size((height, width), min_tile, room)
    gap = max(1, round(min(tile) / 16)) if gap is None else gap
    tiles = _to_bytes(_resized(images, tile))
    top = gap + (22 if header else 0)
    margin = gap + _width(side)
    lefts = [
        margin + i * (tile[1] + gap) + i // group * 2 * gap * (group > 1) for i in range(columns)
    ]
    shape = (top + rows * (tile[0] + gap), lefts[-1] + tile[1] + gap, tiles.shape[3])
    canvas = np.full(shape, GAP, np.uint8)
    for i, pixels in enumerate(tiles):
        y, x = top + i // columns * (tile[0] + gap), lefts[i % columns]
        canvas[y : y + tile[0], x : x + tile[1]] = pixels
    picture = Image.fromarray(canvas.squeeze(2) if shape[2] == 1 else canvas)
    for left, word in zip(lefts, header, strict=False):
        _write(picture, word, left, tile[1])
    for row, word in enumerate(side):
        middle = top + row * (tile[0] + gap) + tile[0] / 2
        ImageDraw.Draw(picture).text((gap, middle), word, anchor="lm", **_ink(picture))
    return picture


def _tile_size(size: tuple[int, int], min_tile: int, room: tuple[float, float]) -> tuple[int, int]:
    """(height, width) of a tile for images of that size, with room for (width, height)."""
    most = min(room[0] / size[1], room[1] / size[0])
    factor = min(math.ceil(min_tile / min(size)), math.floor(most))
    scale = factor if factor >= 1 else min(1.0, most)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _resized(images: Tensor, tile: tuple[int, int]) -> Tensor:
    height, width = images.shape[2:]
    images = images.detach().float().cpu()
    if tile[0] % height == 0 and tile[1] % width == 0:
        return images.repeat_interleave(tile[0] // height, 2).repeat_interleave(tile[1] // width, 3)
    return interpolate(images, tile, mode="bilinear", antialias=True)


def _to_bytes(images: Tensor) -> np.ndarray:
    """(n, channels, h, w) in [-1, 1] -> (n, h, w, 1 or 3) bytes."""
    images = (images.nan_to_num(0.0) + 1).div(2).clamp(0, 1)
    channels = images.shape[1]
    if channels in (2, 4):
        colour, alpha = images[:, :-1], images[:, -1:]
        images = colour * alpha + _checkerboard(*images.shape[2:]) * (1 - alpha)
    shown = images[:, :3] if channels >= 3 else images[:, :1]
    return (shown * 255).round().byte().permute(0, 2, 3, 1).numpy()


def _checkerboard(height: int, width: int) -> Tensor:
    cell = max(1, min(height, width) // 8)
    y, x = torch.arange(height)[:, None] // cell, torch.arange(width) // cell
    return 0.86 + 0.1 * ((x + y) % 2)


def _ink(picture: Image.Image) -> dict[str, Any]:
    return {
        "fill": 255 if picture.mode == "L" else (255, 255, 255),
        "font": ImageFont.load_default(14),
    }


def _width(words: Sequence[str]) -> int:
    """The room that words to the left of the tiles take."""
    font = ImageFont.load_default(14)
    return max((math.ceil(font.getlength(word)) + 8 for word in words), default=0)


def _write(picture: Image.Image, word: str, left: int, width: int) -> None:
    """A word above a column, cut until it fits."""
    ink, draw = _ink(picture), ImageDraw.Draw(picture)
    fits = word
    while fits and draw.textlength(fits, ink["font"]) > width + 2:
        fits = fits[:-1]
    draw.text((left + width / 2, 13), fits, anchor="mm", **ink)


def png(picture: Image.Image) -> bytes:
    """A picture as the bytes of a PNG file."""
    memory = io.BytesIO()
    picture.save(memory, "PNG")
    return memory.getvalue()


def animation(
    frames: Sequence[Image.Image],
    file: Path | BinaryIO,
    kind: Literal["GIF", "PNG", "WEBP"] = "GIF",
    *,
    seconds: float = 0.15,
    rest: float = 2.0,
) -> None:
    """Writes frames as one picture that moves.

    Args:
        frames: the pictures, in order; those of another size than the last are left out.
        file: where to.
        kind: the format.
        seconds: for how long to show each.
        rest: for how long to show the last.

    Raises:
        OSError: if it cannot be written.
    """
    same = [frame for frame in frames if frame.size == frames[-1].size]
    if same[0].mode != "L":
        same = [frame.convert("RGB") for frame in same]
    times = [round(1000 * seconds)] * (len(same) - 1) + [round(1000 * rest)]
    same[0].save(file, kind, save_all=True, append_images=same[1:], duration=times, loop=0)

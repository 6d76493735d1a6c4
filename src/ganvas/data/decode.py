"""One image file, of whatever kind, as pixels.

A decoded picture is upright and has the fewest channels that hold it: L (grey), RGB, RGBA (only if
something in it is transparent), or F for grey levels beyond 8 bits, whose range only the whole
folder tells. `render` brings it to a size, `recolour` to a number of channels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.Image import Resampling, Transpose

from ganvas.data.source import Fit, Size

ENDINGS = (
    *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".tif", ".tiff", ".webp"),
    *(".gif", ".bmp", ".dib", ".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".ico"),
    *(".jp2", ".j2k", ".jpx", ".avif", ".heic", ".heif"),
)
"""File names that promise an image."""
FORMATS = (
    *("PNG", "JPEG", "MPO", "TIFF", "WEBP", "GIF", "BMP", "DIB", "PPM", "TGA", "ICO"),
    *("JPEG2000", "AVIF"),
)
"""What is read. Pillow knows more; some of that starts other programs."""
DEEP = ("I", "I;16", "I;16L", "I;16B", "I;16N", "F")
TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
"""What to do for each value of EXIF's orientation."""

Span = tuple[float, float]
"""The values of black and of white."""


class Unreadable(Exception):
    """A file that is no image one can use; the message says why."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself."""

    height: int
    width: int
    mode: str
    kind: str
    """The format: JPEG, PNG ..."""
    clear: bool
    """Whether it may be transparent somewhere."""
    frames: bool
    """Whether it holds more than one picture."""
    span: Span | None = None
    """The least and the greatest value, if they are not of 8 bits."""


def peek(file: Path) -> Header:
    """The header of an image; of a deep one also the range of its values, for which it is decoded.

    Raises:
        Unreadable: if there is none, or it asks for too much.
    """
    with _opened(file) as opened:
        width, height = opened.size
        # Pillow has turned the sides of a TIFF already
        if opened.format != "TIFF" and _orientation(opened) >= 5:
            width, height = height, width
        kind = opened.format or "?"
        frames = kind in ("GIF", "PNG", "TIFF", "WEBP") and getattr(opened, "is_animated", False)
        span = None
        if opened.mode in DEEP:
            values = _values(opened)
            span = float(values.min()), float(values.max())
        clear = opened.has_transparency_data
        return Header(height, width, opened.mode, kind, clear, frames, span)


def picture(file: Path, side: int | None = None) -> Image.Image:
    """Decodes an image, all of it: the first frame, upright, in mode L, RGB, RGBA or F.

    Args:
        file: the image.
        side: how large it will be used. A JPEG much larger than that is decoded at a half, a
            quarter or an eighth of its size, which is faster.

    Raises:
        Unreadable: if it cannot be decoded whole.
    """
    with _opened(file) as opened:
        if side is not None:
            opened.draft(None, (2 * side, 2 * side))
        opened.load()
        turn = TURNS.get(_orientation(opened))
        plain = _plain(opened)
        return plain if turn is None else plain.transpose(turn)


@contextmanager
def _opened(file: Path) -> Iterator[Image.Image]:
    try:
        if not file.is_file():  # opening a pipe would wait for ever
            gone = file.is_symlink() and not file.exists()
            raise Unreadable("a link that leads nowhere" if gone else "not a regular file")
        if file.stat().st_size == 0:
            raise Unreadable("empty file")
        with Image.open(file, formats=_formats()) as opened:
            pixels, most = opened.width * opened.height, Image.MAX_IMAGE_PIXELS
            if most is not None and pixels > most:
                raise Image.DecompressionBombError(
                    f"Image size ({pixels} pixels) exceeds limit of {most} pixels"
                )
            yield opened
    except (Unreadable, GeneratorExit):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        size = str(error).partition(",")[0]
        raise Unreadable(f"refused as a decompression bomb: {size}") from error
    except UnidentifiedImageError:
        phone = file.suffix.lower() in (".heic", ".heif")
        why = "not an image, or of a kind that is not read here"
        why = "HEIC, which is not read here: convert it to JPEG" if phone else why
        raise Unreadable(why) from None
    except Exception as error:  # Pillow's readers raise whatever they stumble over
        raise Unreadable(_reason(error)) from error


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    words = " ".join(str(error).split()).partition(" (")[0]
    return words[:120] or type(error).__name__


@cache
def _formats() -> list[str]:
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def _orientation(opened: Image.Image) -> int:
    try:
        return int(opened.getexif().get(0x0112, 1))
    except Exception:  # damaged EXIF: the pixels are still there
        return 1


def _values(opened: Image.Image) -> np.ndarray:
    values = np.asarray(opened, dtype=np.float32)
    if not np.isfinite(values).all():
        raise Unreadable("holds values that are not finite")
    return values


def _plain(opened: Image.Image) -> Image.Image:
    """L, RGB, RGBA or F: the fewest channels that hold the picture."""
    if opened.mode in DEEP:
        return Image.fromarray(_values(opened))
    if opened.has_transparency_data:
        clear = opened.convert("RGBA")
        if clear.getchannel("A").getextrema() != (255, 255):
            return clear
        opened = clear
    if opened.mode in ("1", "L"):
        return opened.convert("L")
    colour = opened.convert("RGB")
    return colour.getchannel(0) if is_grey(colour) else colour


def is_grey(plain: Image.Image) -> bool:
    """Whether a picture in mode L, F, RGB or RGBA has no colour where one can see it."""
    if plain.mode in ("L", "F"):
        return True
    x = np.asarray(plain)
    for part in (x[::16, ::16], x):  # most colours show at once
        level = (part[..., 0] == part[..., 1]) & (part[..., 1] == part[..., 2])
        if plain.mode == "RGBA":
            level |= part[..., 3] == 0
        if not level.all():
            return False
    return True


def same(plain: Image.Image) -> bytes:
    """16 bytes that are equal for equal pictures, in whatever kind of file."""
    name = f"{plain.mode}{plain.size}".encode()
    return hashlib.blake2b(plain.tobytes(), digest_size=16, key=name).digest()


def render(
    plain: Image.Image,
    size: Size,
    fit: Fit,
    span: Span | None,
    *,
    halves: bool = False,
    deep: bool = False,
) -> np.ndarray:
    """A decoded picture at a size: (1, 3 or 4, height, width) uint8, antialiased.

    Args:
        plain: the picture.
        size: (height, width).
        fit: as in `ganvas.data.load`.
        span: which values of mode F become black and white.
        halves: whether it shows two pictures beside each other; each gets the size, and the result
            is twice as wide.
        deep: makes uint16 of mode F.
    """
    if halves:
        sides = (render(side, size, fit, span, deep=deep) for side in halved(plain))
        return np.concatenate(list(sides), axis=-1)
    top = 65535 if deep else 255
    if plain.mode == "F":
        low, high = span or (0.0, 1.0)
        levels = (np.asarray(plain) - low) * (top / ((high - low) or 1))
        plain = Image.fromarray(levels.astype(np.float32))
    x = np.array(_fitted(plain, size, fit))
    if plain.mode == "F":
        x = x.round().clip(0, top).astype(np.uint16 if deep else np.uint8)
    return x[None] if x.ndim == 2 else x.transpose(2, 0, 1)


def halved(plain: Image.Image) -> tuple[Image.Image, Image.Image]:
    """The two pictures that one shows beside each other."""
    w, h = plain.size
    return plain.crop((0, 0, w // 2, h)), plain.crop((w - w // 2, 0, w, h))


def _fitted(plain: Image.Image, size: Size, fit: Fit) -> Image.Image:
    (H, W), (w, h) = size, plain.size
    if plain.size == (W, H):
        return plain
    if fit == "pad":
        scale = min(W / w, H / h)
        inner = min(W, max(1, round(w * scale))), min(H, max(1, round(h * scale)))
        canvas = Image.new(plain.mode, (W, H))
        small = plain.resize(inner, Resampling.LANCZOS, reducing_gap=3.0)
        canvas.paste(small, ((W - inner[0]) // 2, (H - inner[1]) // 2))
        return canvas
    box = (0.0, 0.0, float(w), float(h))
    if fit == "crop":
        scale = max(W / w, H / h)
        left, top = max(0.0, (w - W / scale) / 2), max(0.0, (h - H / scale) / 2)
        box = (left, top, w - left, h - top)
    return plain.resize((W, H), Resampling.LANCZOS, box=box, reducing_gap=3.0)


def recolour(x: np.ndarray, channels: int) -> np.ndarray:
    """Pictures (..., k, h, w) uint8 with another number of channels: 1, 3 or 4.

    Transparency is laid over white; grey is the luma of ITU-R BT.601; a new alpha is opaque.
    """
    k = x.shape[-3]
    if k == 4 and channels < 4:
        alpha = x[..., 3:, :, :].astype(np.uint32)
        x = ((x[..., :3, :, :] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    if channels == 1 and k > 1:
        r, g, b = (x[..., i : i + 1, :, :].astype(np.uint32) for i in range(3))
        return ((19595 * r + 38470 * g + 7471 * b + 32768) >> 16).astype(np.uint8)
    if channels > 1 and k == 1:
        x = np.repeat(x, 3, axis=-3)
    if channels == 4 and k < 4:
        x = np.concatenate([x, np.full_like(x[..., :1, :, :], 255)], axis=-3)
    return x

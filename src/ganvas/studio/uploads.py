"""Pictures that people bring along, in the memory of their session.

Nothing is believed: what a file is, its content says; how large it is, is known before it is
decoded; and what is changed is told.
"""

from __future__ import annotations

import io
import secrets
import threading
import warnings
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.Image import Image as Picture

from ganvas.studio.doing import Wrong
from ganvas.studio.wording import Words

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
BYTES = 24 * 1024**2
"""Of a file, at most."""
PIXELS = 50_000_000
"""Of a picture, at most: beyond this a small file may be a bomb."""
SIDE = 2048
"""Larger pictures are reduced to this."""
KEPT = 8
"""Pictures of a session; the oldest goes when one more comes."""

_TURN = threading.Semaphore(2)
"""So many are decoded at a time."""


class Refused(Wrong):
    """A file that is not taken, with the reason."""


@dataclass(frozen=True)
class Upload:
    """A picture as it is kept."""

    name: str
    """What it is known by; opaque."""
    picture: Picture
    """Grey, RGB or RGBA, of 8 bits."""
    notes: list[Words]
    """What was changed, in sentences."""

    def to_json(self) -> dict[str, Any]:
        """What the page is told."""
        notes, (width, height) = [note.to_json() for note in self.notes], self.picture.size
        return {"picture": self.name, "width": width, "height": height, "notes": notes}


class Uploads:
    """The pictures of one session, by name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: OrderedDict[str, Upload] = OrderedDict()

    def __len__(self) -> int:
        return len(self._all)

    def add(self, content: bytes) -> Upload:
        """Takes a file.

        Raises:
            Refused: if it is no picture that can be used.
        """
        with _TURN:
            picture, notes = decoded(content)
        upload = Upload(secrets.token_hex(8), picture, notes)
        with self._lock:
            self._all[upload.name] = upload
            while len(self._all) > KEPT:
                self._all.popitem(last=False)
        return upload

    def get(self, name: str) -> Upload | None:
        """The picture of a name, if it is there."""
        with self._lock:
            return self._all.get(name)

    def clear(self) -> None:
        """Lets go of all."""
        with self._lock:
            self._all.clear()


def decoded(content: bytes) -> tuple[Picture, list[Words]]:
    """A picture of 8 bits, upright, and what was changed.

    Raises:
        Refused: if it is no picture that can be used.
    """
    if not content:
        raise Refused("the file is empty")
    if len(content) > BYTES:
        template = "the file has {bytes} bytes; at most {most} are taken"
        raise Refused(template, bytes=f"{len(content):,}", most=f"{BYTES:,}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the size is looked at here
            with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
                return _plain(opened)
    except Image.DecompressionBombError:
        template = "too many pixels; at most {most} altogether are taken"
        raise Refused(template, most=f"{PIXELS:,}") from None
    except UnidentifiedImageError:
        kinds = ", ".join(FORMATS)
        raise Refused("this is no picture; {kinds} are taken", kinds=kinds) from None
    except Refused:
        raise
    except Exception as error:  # Pillow raises whatever its decoders met
        raise Refused("the picture is broken ({kind})", kind=type(error).__name__) from error


def _plain(opened: Picture) -> tuple[Picture, list[Words]]:
    notes, (width, height) = list[Words](), opened.size
    if width * height > PIXELS:
        template = "{width} x {height} pixels; at most {most} altogether are taken"
        raise Refused(template, width=width, height=height, most=f"{PIXELS:,}")
    if getattr(opened, "n_frames", 1) > 1:
        notes.append(Words("several frames: the first is taken"))
        opened.seek(0)
    if opened.format == "JPEG":
        opened.draft("RGB", (SIDE, SIDE))
    picture = _coloured(ImageOps.exif_transpose(opened), notes)
    if max(picture.size) > SIDE:
        picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        template = "{width} x {height} pixels: reduced to {across} x {down}"
        across, down = picture.size
        notes.append(Words(template, width=width, height=height, across=across, down=down))
    picture.info.clear()
    return picture, notes


def _coloured(picture: Picture, notes: list[Words]) -> Picture:
    if picture.mode.startswith("I") or picture.mode == "F":
        low, high = picture.getextrema()
        span = float(high - low) or 1.0  # type: ignore[operator]
        notes.append(Words("more than 8 bits: brought to 8"))
        grey = picture.convert("F").point(lambda value: value * (255 / span) - low * (255 / span))  # type: ignore[operator]
        return grey.convert("L")
    if picture.mode in ("L", "1"):
        return picture.convert("L")
    clear = picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info
    return picture.convert("RGBA" if clear else "RGB")

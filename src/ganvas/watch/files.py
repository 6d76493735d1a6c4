"""Files that listeners leave in a run's folder."""

from __future__ import annotations

from pathlib import Path

from PIL import Image


def frames(folder: Path) -> list[Path]:
    """The previews of a run, oldest first: files named after the images seen by then."""
    found = [p for p in (folder / "samples").glob("[0-9]*") if p.suffix in (".png", ".txt")]
    return sorted((p for p in found if p.stem.isdecimal()), key=images_of)


def images_of(frame: Path) -> int:
    """How many images the run had seen when a preview was made."""
    return int(frame.stem)


def open_picture(path: Path) -> Image.Image | None:
    """The picture in a file, or None if there is none or it is damaged."""
    try:
        with Image.open(path) as opened:
            opened.load()
            return opened.copy()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None

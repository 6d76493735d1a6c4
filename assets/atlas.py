"""Many small pictures in one file, as ganvas.data.atlas reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

COLUMNS = 64


def write(file: Path, tiles: Sequence[Image.Image], notice: str) -> None:
    """Lays pictures of one size and mode out row by row, and says in the file where it is from.

    Args:
        file: a `.webp` or a `.png`, without loss.
        tiles: the pictures.
        notice: whose they are, what was done to them, and under which licence they stand.
    """
    side, rows = tiles[0].width, -(-len(tiles) // COLUMNS)
    whole = Image.new(tiles[0].mode, (min(COLUMNS, len(tiles)) * side, rows * side))
    for i, tile in enumerate(tiles):
        whole.paste(tile, (i % COLUMNS * side, i // COLUMNS * side))
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".png":
        told = PngInfo()
        told.add_itxt("Copyright", notice)
        whole.save(file, optimize=True, pnginfo=told)
        return
    exif = Image.Exif()
    exif[0x8298] = notice  # Copyright
    whole.save(file, lossless=True, quality=80, method=4, exif=exif)

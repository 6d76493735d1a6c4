"""Pictures that come with ganvas: many small ones in one file, laid out row by row.

`assets/` in the repository has the scripts that make these files from fonts.
"""

from __future__ import annotations

import io
from importlib.resources import files
from typing import Literal

import numpy as np

from ganvas.core import DataError


def content(path: str) -> bytes:
    """A file of `data/assets`.

    Raises:
        DataError: if it is not there.
    """
    try:
        return files("ganvas.data").joinpath("assets", path).read_bytes()
    except OSError as error:
        raise DataError(f"ganvas came without data/assets/{path}; install it anew") from error


def tiles(path: str, side: int, mode: Literal["L", "RGBA"]) -> np.ndarray:
    """The pictures of a file: (n, channels, side, side) uint8; the last row may not be full.

    Raises:
        DataError: if the file is not there, or cannot be read.
    """
    from PIL import Image as Picture  # which most built-in sources do without

    try:
        with Picture.open(io.BytesIO(content(path))) as opened:
            plain = np.array(opened.convert(mode))
    except OSError as error:
        raise DataError(f"data/assets/{path} cannot be read: {error}") from error
    rows, columns = plain.shape[0] // side, plain.shape[1] // side
    cut = plain.reshape(rows, side, columns, side, -1).transpose(0, 2, 4, 1, 3)
    return cut.reshape(rows * columns, -1, side, side)

"""A picture as whole numbers: (channels, height, width), uint8, or uint16 if it is grey and deep.

That is what PNG files hold. Channels are 1 grey, 2 grey with alpha, 3 RGB, 4 RGBA.
"""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image as Pillow
from torch import Tensor

from ganvas.data import decode
from ganvas.data.decode import Span
from ganvas.data.partners import Draws, Partner
from ganvas.data.source import Fit, Size

MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
"""Pillow's name for pictures of so many channels."""


def developed(
    plain: Pillow.Image, size: Size, fit: Fit, span: Span | None, channels: int, *, deep: bool
) -> np.ndarray:
    """A decoded picture at a size, with so many channels; `deep` is for one channel only."""
    x = decode.render(plain, size, fit, span, deep=deep)
    if not deep:
        return decode.recolour(x, channels)
    return x if x.dtype == np.uint16 else decode.recolour(x, 1).astype(np.uint16) * 257


def changed(x: np.ndarray, partner: Partner, draws: Draws) -> np.ndarray:
    """What a partner makes of a picture; as deep as it, if it is still grey."""
    top = np.iinfo(x.dtype).max
    y = torch.from_numpy(x.astype(np.float32)).mul_(2 / top).sub_(1)
    return _whole(partner.make(y[None], draws)[0], deep=x.dtype == np.uint16)


def _whole(x: Tensor, *, deep: bool) -> np.ndarray:
    """(channels, h, w) in [-1, 1] as whole numbers."""
    deep = deep and len(x) == 1
    levels = (x.double().clamp(-1, 1) + 1) * ((65535 if deep else 255) / 2)
    return levels.round().numpy().astype(np.uint16 if deep else np.uint8)


def beside(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Two pictures of one height as one, with the channels that hold both."""
    if not a.dtype == b.dtype == np.uint16:
        a, b = _shallow(a), _shallow(b)
    clear, colour = len(a) in (2, 4) or len(b) in (2, 4), max(len(a), len(b)) > 2
    return np.concatenate([_widened(x, clear, colour) for x in (a, b)], axis=-1)


def _widened(x: np.ndarray, clear: bool, colour: bool) -> np.ndarray:
    """A picture with alpha, or in colour, or both; it loses nothing."""
    levels, alpha = (x[:-1], x[-1:]) if len(x) in (2, 4) else (x, None)
    if colour and len(levels) == 1:
        levels = np.repeat(levels, 3, axis=0)
    if not clear:
        return levels
    return np.concatenate([levels, np.full_like(x[:1], 255) if alpha is None else alpha])


def _shallow(x: np.ndarray) -> np.ndarray:
    return x if x.dtype == np.uint8 else ((x.astype(np.uint32) * 255 + 32767) // 65535).astype("u1")


def png(x: np.ndarray) -> bytes:
    """A picture as the bytes of a PNG file."""
    pixels = np.ascontiguousarray(x.transpose(1, 2, 0))
    memory = io.BytesIO()
    if len(x) == 1:
        Pillow.fromarray(pixels[..., 0]).save(memory, "PNG")
    else:
        Pillow.fromarray(pixels, MODES[len(x)]).save(memory, "PNG")
    return memory.getvalue()

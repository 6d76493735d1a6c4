"""Pictures between the page and the games: PNG out, tensors in."""

from __future__ import annotations

import io
from typing import Any

import torch
from PIL.Image import Image as Picture
from torch import Tensor

from ganvas.core import Image
from ganvas.data import decode
from ganvas.data.source import Fit, as_floats
from ganvas.studio import uploads
from ganvas.studio.doing import Ask, Shown, Wrong
from ganvas.tools import shots


def shown(part: str, x: Tensor, **about: Any) -> Shown:
    """A picture for the page, at its own size.

    Args:
        part: which of the answer's pictures it is.
        x: (channels, height, width) in [-1, 1]; of more than 4 channels the first three are shown.
        about: what else to know of it.
    """
    picture = shots.picture((x if len(x) <= 4 else x[:3]).detach().float().cpu())
    size = {"width": picture.width, "height": picture.height}
    return Shown(part, png(picture), {**size, **about})


def png(picture: Picture) -> bytes:
    """A picture as a PNG file, made quickly rather than small."""
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


def given(ask: Ask, name: str = "picture") -> Picture:
    """The picture of a request: one that came along with it, or one that was uploaded before.

    Raises:
        Wrong: if there is none, or it is broken.
    """
    if name in ask.files:
        return uploads.decoded(ask.files[name])[0]
    upload = ask.session.uploads.get(ask.word(name))
    if upload is None:
        raise Wrong("that picture is no longer here; upload it again")
    return upload.picture


def fitted(picture: Picture, space: Image, fit: Fit = "crop") -> Tensor:
    """A picture as an element of a space: (channels, height, width) in [-1, 1].

    Transparency is laid over white unless the space has it.
    """
    x = decode.render(picture, (space.height, space.width), fit, None)
    return as_floats(torch.from_numpy(decode.recolour(x, space.channels)))


def mask(ask: Ask, space: Image, name: str = "mask") -> Tensor:
    """A mask that came along, white where it is set: (height, width), bool.

    Raises:
        Wrong: if there is none, or it is broken.
    """
    return fitted(given(ask, name), Image(1, space.height, space.width), "stretch")[0] > 0

"""Where an edit begins: with the picture of a seed, a kept one, or one of somebody's own.

What paint, drag and repair share: the point that they move.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import torch
from PIL.Image import Image as Picture
from torch import Tensor

from ganvas.core import GanvasError, Image, UsageError
from ganvas.data.partners import luma
from ganvas.studio.controls import controls, draws, label_of
from ganvas.studio.doing import Answers, Ask, Said, Shown, Wrong, does
from ganvas.studio.fitting import rooms_of
from ganvas.studio.kept import Spot, Spots, spot
from ganvas.studio.pictures import fitted, given, shown
from ganvas.studio.shelf import Opened
from ganvas.studio.wording import Words
from ganvas.tools.edited import label_of as class_of
from ganvas.tools.inpainting import TYPICAL
from ganvas.tools.projection import Projecting, Search

SEED = 2**31 - 1
TRUNCATED = 0.7
"""Points of w begin nearer to the mean: an edit begins with a good picture."""
FINDING = Search(seconds=12.0, draws=256, starts=8, typical=TYPICAL)
"""How an uploaded picture is looked for."""
OFTEN = 0.15
"""Seconds from one picture on the way to the next."""
LARGEST = 1024
"""An upload's own size counts up to this side."""


@dataclass(frozen=True)
class Beginning:
    """A point to begin with."""

    spot: Spot
    original: Picture | None = None
    """What was uploaded, if it was."""
    psnr: float | None = None
    """How near its picture is to that, in dB."""


@does("begin.runs")
def runs(ask: Ask) -> Answers:
    """All runs, and whether a room is for them."""
    room = ask.word("room", ("paint", "drag", "repair"))
    shelf = ask.desk.shelf
    for name in list(shelf.places):
        try:
            fits = room in rooms_of(shelf.folder(name))
        except (GanvasError, OSError, KeyError, TypeError, ValueError):
            continue  # the gallery says why
        yield Said({"run": name, "fits": fits})


def facts(opened: Opened) -> dict[str, Any]:
    """What the page has to know of a run to begin with."""
    makes = opened.makes
    return {
        "run": opened.name,
        "size": [makes.width, makes.height, makes.channels],
        "controls": [each for each in controls(opened.game) if each["kind"] == "menu"],
    }


def drawing(opened: Opened) -> Opened:
    """A run that draws from noise.

    Raises:
        UsageError: if it is none.
    """
    if not draws(opened.game):
        template = (
            "{run} makes pictures of pictures: there is no latent point that could move. Choose a "
            "generator that draws from noise"
        )
        raise UsageError(Words(template, run=opened.name))
    return opened


def begun(ask: Ask) -> Generator[Said | Shown | None, None, Beginning]:
    """The point that a request asks for: that of a picture, of a kept one, or of a seed."""
    opened = ask.desk.shelf.open(ask.word("run"))
    if ask.has("picture"):
        return (yield from _found(ask, opened))
    if ask.has("point"):
        there = spot(ask)
        if there.run != opened.name:
            raise Wrong("that picture is of {run}: choose it as the generator first", run=there.run)
        there.latent(ask)
        return Beginning(there)
    return Beginning(_of_seed(ask, opened))


def _of_seed(ask: Ask, opened: Opened) -> Spot:
    seed, space = ask.whole("seed", 0, SEED, 0), label_of(opened.game)
    label = None if space is None else seed % space.classes
    if space is not None and ask.has("label"):
        label = ask.whole("label", 0, space.classes - 1)
    latent = opened.latent(None, label)
    x = latent.at([seed], TRUNCATED if latent.space == "w" else None).cpu()
    return Spot(opened.name, latent.space, label, x, {"seed": seed})


def _found(ask: Ask, opened: Opened) -> Generator[Said | Shown | None, None, Beginning]:
    """An uploaded picture, looked for in the generator."""
    picture, told = given(ask), time.monotonic()
    going = Projecting(opened.game, fitted(picture, opened.makes), FINDING)
    while not going.done:
        going.step()
        if going.picture is not None and time.monotonic() - told > OFTEN:
            told = time.monotonic()
            about = {"progress": round(going.progress, 3), "psnr": round(going.psnr, 1)}
            yield shown("looking", going.picture, **about)
        else:
            yield None
    found = going.result
    label = class_of(found.latent)
    there = Spot(opened.name, found.latent.space, label, found.point.cpu())
    return Beginning(there, picture, round(found.psnr, 1))


def named(ask: Ask, there: Spot, picture: Tensor, part: str, **about: Any) -> Shown:
    """A picture whose point every room may take from here on."""
    name = ask.session.of(Spots).add(there)
    return shown(part, picture, point=name, run=there.run, **there.about, **about)


def at_own_size(picture: Picture, space: Image) -> Tensor:
    """An upload in the shape of a space, but with its own detail: (channels, h, w)."""
    times = min(
        max(1.0, min(picture.width / space.width, picture.height / space.height)),
        LARGEST / max(space.width, space.height),
    )
    height, width = round(space.height * times), round(space.width * times)
    return fitted(picture, Image(space.channels, height, width))


def layer(ask: Ask, name: str, space: Image, channels: int) -> Tensor | None:
    """A layer of the canvas as its bytes: (channels, h, w) from 0 to 1; None if it is empty.

    Raises:
        Wrong: if it has another size.
    """
    if name not in ask.files:
        return None
    wanted = space.height * space.width * channels
    if len(ask.files[name]) != wanted:
        there = len(ask.files[name])
        raise Wrong("{name} is {wanted} bytes, not {n}", name=name, wanted=wanted, n=there)
    pixels = torch.frombuffer(bytearray(ask.files[name]), dtype=torch.uint8)
    return pixels.view(space.height, space.width, channels).permute(2, 0, 1).float() / 255


def coloured(rgb: Tensor, space: Image) -> Tensor:
    """Colours (3, h, w) from 0 to 1 as a space has them: (channels, h, w) in [-1, 1]."""
    x = rgb * 2 - 1
    if space.channels == 1:
        return luma(x[None])[0]
    return x if space.channels == 3 else torch.cat([x, torch.ones_like(x[:1])])

"""What can be seen in a picture without anybody having labelled it: colours, edges, places.

Each concept is a mask for each picture, computed of the picture alone. Pictures are
(n, channels, h, w) in [-1, 1]; what is transparent counts as white.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

Mask = Callable[[Tensor], Tensor]
"""Colours (n, 1 or 3, h, w) in [0, 1] -> where it is so, (n, h, w), bool."""

DARK, BRIGHT, VIVID, NEAR, STEEP = 0.25, 0.75, 0.25, 0.12, 0.35
"""Brightness below and above which is dark and bright; how much stronger a colour is than grey; how
far a background's colour strays; how steep an edge is."""


def concepts_of(pictures: Tensor) -> dict[str, Tensor]:
    """Where each concept is in each picture: (n, h, w) bool, by name."""
    colours = opaque(pictures)
    known = {**SHAPES, **COLOURS} if colours.shape[1] == 3 else SHAPES
    return {name: mask(colours) for name, mask in known.items()}


def opaque(pictures: Tensor) -> Tensor:
    """Pictures in [-1, 1] of 1 to 4 channels -> over white, (n, 1 or 3, h, w) in [0, 1]."""
    x = ((pictures + 1) / 2).clamp(0, 1)
    k = x.shape[1]
    if k in (2, 4):
        alpha = x[:, -1:]
        return x[:, :-1] * alpha + 1 - alpha
    return x if k in (1, 3) else x[:, :1]


def brightness(colours: Tensor) -> Tensor:
    """(n, h, w): the luma of ITU-R BT.601."""
    if colours.shape[1] == 1:
        return colours[:, 0]
    r, g, b = colours.unbind(1)
    return 0.299 * r + 0.587 * g + 0.114 * b


def edges(colours: Tensor) -> Tensor:
    """Where brightness is steep: a Sobel operator's length above `STEEP` of black against white."""
    grey = brightness(colours)
    padded = torch.nn.functional.pad(grey[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    across = padded[:, :, 2:] - padded[:, :, :-2]
    down = padded[:, 2:] - padded[:, :-2]
    x = (across[:, :-2] + 2 * across[:, 1:-1] + across[:, 2:]) / 4
    y = (down[:, :, :-2] + 2 * down[:, :, 1:-1] + down[:, :, 2:]) / 4
    return (x.square() + y.square()).sqrt() > STEEP


def background(colours: Tensor) -> Tensor:
    """What has the border's colour and hangs together with the border, through such pixels."""
    h, w = colours.shape[2:]
    inner = torch.zeros(h, w, dtype=torch.bool, device=colours.device)
    inner[1:-1, 1:-1] = True
    median = colours[:, :, ~inner].median(2).values
    alike = (colours - median[:, :, None, None]).abs().amax(1) < NEAR
    reached = alike & ~inner
    for _ in range(h * w):  # a flood, a pixel farther each time
        further = alike & (max_pool2d(reached[:, None].float(), 3, 1, 1)[:, 0] > 0)
        if torch.equal(further, reached):
            break
        reached = further
    return reached


def _hue(*strong: int) -> Mask:
    """Where these channels are each stronger than all others."""

    def mask(colours: Tensor) -> Tensor:
        weak = [i for i in range(3) if i not in strong]
        return colours[:, list(strong)].amin(1) - colours[:, weak].amax(1) > VIVID

    return mask


def _part(down: tuple[float, float], across: tuple[float, float]) -> Mask:
    """A part of the picture, by shares of its height and of its width."""

    def mask(colours: Tensor) -> Tensor:
        n, _, h, w = colours.shape
        y = (torch.arange(h, device=colours.device) + 0.5) / h
        x = (torch.arange(w, device=colours.device) + 0.5) / w
        rows, columns = (y > down[0]) & (y < down[1]), (x > across[0]) & (x < across[1])
        return (rows[:, None] & columns).expand(n, h, w)

    return mask


SHAPES: dict[str, Mask] = {
    "dark": lambda x: brightness(x) < DARK,
    "bright": lambda x: brightness(x) > BRIGHT,
    "edges": edges,
    "background": background,
    "figure": lambda x: ~background(x),
    "left": _part((0, 1), (0, 0.5)),
    "right": _part((0, 1), (0.5, 1)),
    "top": _part((0, 0.5), (0, 1)),
    "bottom": _part((0.5, 1), (0, 1)),
    "centre": _part((0.25, 0.75), (0.25, 0.75)),
}
COLOURS: dict[str, Mask] = {
    "red": _hue(0),
    "green": _hue(1),
    "blue": _hue(2),
    "yellow": _hue(0, 1),
    "cyan": _hue(1, 2),
    "magenta": _hue(0, 2),
}

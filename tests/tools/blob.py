"""A game that draws one blob: z is where it is. What is to move, and how far, is known."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganvas.core import Adam, Config, Game, Image, Noise, Paper, Player, Preset

SIDE, REACH, WIDE = 24, 4.0, 3.0
"""The picture's side; how many pixels z of 1 moves the blob; its width in pixels."""


class Maps(nn.Module):
    """Bells of two widths around where the blob is: (n, 2) -> (n, 6, h, w).

    The blob and its slopes, as layers of generators have them: each place looks different.
    """

    def forward(self, z: Tensor) -> Tensor:
        line = torch.arange(SIDE, dtype=z.dtype) - (SIDE - 1) / 2
        x = line.view(1, 1, -1) - REACH * z[:, 0].view(-1, 1, 1)
        y = line.view(1, -1, 1) - REACH * z[:, 1].view(-1, 1, 1)
        bell = [(-(x.square() + y.square()) / (2 * wide**2)).exp() for wide in (WIDE, 2 * WIDE)]
        return torch.stack([m * b for b in bell for m in (torch.ones(()), x / WIDE, y / WIDE)], 1)


class Painter(nn.Module):
    """Red where the blob is, on black."""

    def __init__(self) -> None:
        super().__init__()
        self.maps = Maps()
        self.last = nn.Conv2d(6, 3, 1, bias=False)
        with torch.no_grad():
            self.last.weight.zero_()
            self.last.weight[0, 0] = 2.0

    def forward(self, z: Tensor) -> Tensor:
        return self.last(self.maps(z)) - 1


class Blob(Game):
    """No paper: what tools need to be tested on. It does not learn."""

    paper = Paper("Blob", "nobody", 2026, "https://example.org")
    presets = {"default": Preset({"x": Image(3, SIDE, SIDE)})}

    def __init__(self, config: Config, x: Image) -> None:
        super().__init__(config)
        self.inputs, self.output = {"z": Noise(2)}, x
        self.G = Player(Painter(), Adam())

    def play(self, data):
        raise NotImplementedError

    def generate(self, z: Tensor) -> Tensor:
        return self.G.best(z)


def blob() -> Blob:
    """The game."""
    return Blob(Config(), Image(3, SIDE, SIDE)).eval()


def pixel(z: Tensor) -> Tensor:
    """Where the blob of z is, in pixels: (n, 2) -> (n, 2), x and y."""
    return REACH * z + (SIDE - 1) / 2

"""A game with styles, as small as one can be, and real: mapping, affine styles, noise maps."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ganvas.core import Adam, Config, Game, Image, Label, Noise, Paper, Player, Preset, Styled

WIDTH, MAPS, LAYERS = 6, 8, 6
SIZES = (4, 4, 8, 8, 16, 16)


class Synthesis(nn.Module):
    """A constant that six layers shape: x -> conv(x · A w) + noise, twice for each size."""

    def __init__(self) -> None:
        super().__init__()
        self.mapping = nn.Sequential(nn.Linear(WIDTH + 3, 16), nn.SiLU(), nn.Linear(16, WIDTH))
        self.constant = nn.Parameter(torch.randn(1, MAPS, 4, 4))
        self.affines = nn.ModuleList(nn.Linear(WIDTH, MAPS) for _ in SIZES)
        self.convs = nn.ModuleList(nn.Conv2d(MAPS, MAPS, 3, padding=1) for _ in SIZES)
        self.last = nn.Conv2d(MAPS, 3, 1)

    def forward(self, w: Tensor, noises: list[Tensor]) -> Tensor:
        x = self.constant.expand(len(w), -1, -1, -1)
        for i, size in enumerate(SIZES):
            x = interpolate(x, size=(size, size))
            x = self.convs[i](x * (1 + self.affines[i](w[:, i])[:, :, None, None]))
            x = nn.functional.leaky_relu(x + 0.1 * noises[i], 0.2)
        return self.last(x).tanh()


class Tiny(Styled, Game):
    """No paper: what tools need to be tested on. It does not learn."""

    paper = Paper("Tiny", "nobody", 2026, "https://example.org")
    presets = {"default": Preset({"x": Image(3, 16, 16)})}

    def __init__(self, config: Config, x: Image, label: Label | None = None) -> None:
        super().__init__(config)
        self.inputs = {"z": Noise(WIDTH)} | ({"label": label} if label else {})
        self.output = x
        self.G = Player(Synthesis(), Adam())
        self.register_buffer("mean_style", torch.zeros(WIDTH))

    def play(self, data):
        raise NotImplementedError

    @property
    def layers(self) -> int:
        return LAYERS

    def styles(self, z: Tensor, **given: Tensor) -> Tensor:
        label = given.get("label", z.new_zeros(len(z), dtype=torch.int64))
        told = nn.functional.one_hot(label, 3).to(z)
        return self.G.best.mapping(torch.cat([z, told], 1))[:, None].expand(-1, LAYERS, -1)

    def noises(self, n: int) -> list[Tensor]:
        return [self.chance.normal(n, 1, size, size) for size in SIZES]

    def paint(self, w: Tensor, noises: list[Tensor]) -> Tensor:
        return self.G.best(w, noises)


def tiny(*, labels: bool = False, seed: int = 0) -> Tiny:
    """A game with random weights, whose mean style is that of many draws."""
    torch.manual_seed(seed)
    game = Tiny(Config(), Image(3, 16, 16), Label(3, ("a", "b", "c")) if labels else None)
    with torch.no_grad():
        for parameter in game.parameters():
            parameter.mul_(1.5)
        game.mean_style.copy_(game.styles(torch.randn(4000, WIDTH))[:, 0].mean(0))
    return game.eval()

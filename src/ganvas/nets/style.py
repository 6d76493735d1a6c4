"""The parts of a style-based generator (Karras et al. 2019, arXiv:1812.04948, section 2)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import instance_norm, leaky_relu

from ganvas.core.errors import UsageError
from ganvas.nets.equalised import Dense, pixel_norm

RATE = 0.01
"""The mapping network's learning rate, relative to that of all else (appendix C)."""


class Mapping(nn.Module):
    """z (n, noise), perhaps with a class (n,) -> w (n, width).

    z is normalised. A class is embedded, normalised and set beside z (Karras et al. 2020,
    arXiv:2006.06676, appendix C).

    Args:
        noise: size of z.
        width: of w and of all layers.
        depth: how many layers.
        classes: how many; with 0 none is given.
    """

    def __init__(self, noise: int, width: int, depth: int, classes: int = 0) -> None:
        super().__init__()
        self.embed = nn.Embedding(classes, noise) if classes > 0 else None
        sizes = [noise if classes == 0 else 2 * noise, *[width] * (depth - 1)]
        self.layers = nn.ModuleList(Dense(size, width, rate=RATE) for size in sizes)

    def forward(self, z: Tensor, *label: Tensor) -> Tensor:
        w = pixel_norm(z)
        if self.embed is not None:
            w = torch.cat([w, pixel_norm(self.embed(*label))], 1)
        for layer in self.layers:
            w = leaky_relu(layer(w), 0.2)
        return w


class AdaIN(nn.Module):
    """y_s (x - μ(x)) / σ(x) + y_b, μ and σ of each map, y an affine map of w (eq. 1).

    x (n, maps, h, w), w (n, width) -> (n, maps, h, w). At first y_s is about 1.
    """

    def __init__(self, maps: int, width: int) -> None:
        super().__init__()
        self.scale = Dense(width, maps, gain=1, start=1.0)
        self.shift = Dense(width, maps, gain=1)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        scale, shift = self.scale(w)[:, :, None, None], self.shift(w)[:, :, None, None]
        return torch.addcmul(shift, instance_norm(x), scale)


class NoiseInput(nn.Module):
    """Adds noise times a learned strength, at first 0: x (n, maps, h, w), noise (n, 1, h, w).

    Args:
        strengths: one for each map (StyleGAN), or 1 for all (StyleGAN2).
    """

    def __init__(self, strengths: int) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(strengths))

    def forward(self, x: Tensor, noise: Tensor) -> Tensor:
        return x + self.strength[:, None, None] * noise


class Synthesis(nn.Module, ABC):
    """Styles (n, layers, width) and noise maps (n, 1, h, w) -> pictures."""

    layers: int
    """How many styles it takes, coarse to fine."""
    sizes: list[tuple[int, int]]
    """Height and width of each noise map."""

    @abstractmethod
    def forward(self, w: Tensor, noises: Sequence[Tensor], *place: Any) -> Tensor:
        """Draws; `place` is where a network stands that grows."""


class StyledGenerator(nn.Module):
    """A mapping network, and a synthesis network: it is the latter that is played."""

    def __init__(self, mapping: Mapping, synthesis: Synthesis) -> None:
        super().__init__()
        self.mapping, self.synthesis = mapping, synthesis

    def forward(self, w: Tensor, noises: Sequence[Tensor], *place: Any) -> Tensor:
        x: Tensor = self.synthesis(w, noises, *place)
        return x


def mixed(w: Tensor, other: Tensor, crossover: Tensor, layers: int) -> Tensor:
    """The style of w in the layers below the crossover, of other from there on.

    w, other (n, width), crossover (n,) -> (n, layers, width).
    """
    below = torch.arange(layers, device=w.device) < crossover[:, None]
    return torch.where(below[:, :, None], w[:, None], other[:, None])


def feature_maps(name: str, base: int, widest: int, levels: int) -> list[int]:
    """Those of each level, whose nominal size is 4·2^i: base / size, but never above `widest`.

    Raises:
        UsageError: if a level would have none; `name` is the game that asks.
    """
    maps = [min(base // 2 ** (i + 2), widest) for i in range(levels)]
    if maps[-1] == 0:
        least = 2 ** (levels + 1)
        raise UsageError(
            f"{name} --base {base} leaves no feature maps at the largest size; take {least} or more"
        )
    return maps


def noise_sizes(base: tuple[int, int], levels: int) -> list[tuple[int, int]]:
    """Height and width of two noise maps for each level."""
    return [(base[0] << i, base[1] << i) for i in range(levels) for _ in "ab"]

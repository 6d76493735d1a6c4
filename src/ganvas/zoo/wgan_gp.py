"""Improved Training of Wasserstein GANs.

A critic measures the Wasserstein distance only if its slope is nowhere above 1. Instead of clipping
its weights, which leaves it too simple, the penalty asks for slope 1 along the straight lines
between real and generated samples.

Ishaan Gulrajani, Faruk Ahmed, Martin Arjovsky, Vincent Dumoulin, Aaron Courville. NeurIPS 2017.
https://arxiv.org/abs/1704.00028
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from ganvas.core import Adam, Batch, Config, Game, Image, Move, Noise, Paper, Player, Points, Preset
from ganvas.core.schedule import Rate, Schedule
from ganvas.losses.adversarial import wasserstein_d, wasserstein_g
from ganvas.losses.penalties import gradient_penalty
from ganvas.nets.dcgan import Norm, layer_norm
from ganvas.nets.dense import MLP
from ganvas.nets.sizes import halvings


@dataclass(frozen=True)
class WGANGPConfig(Config):
    batch: int = 256
    noise: int = 16
    critic_steps: int = 5
    penalty: float = 10.0
    lr: float | Schedule = 1e-4
    betas: tuple[float, ...] = (0.0, 0.9)
    hidden: int = 128
    layers: int = 3
    width: int = 16
    norm: Literal["layer", "batch"] = "layer"
    ema: float | None = 0.995


class WGANGP(Game):
    paper = Paper("Improved Training of Wasserstein GANs", "Gulrajani", 2017, "https://arxiv.org/abs/1704.00028")
    presets = {"default": Preset({"x": Points(2)}, data="ring8"), "paper": Preset({"x": Image(3, 64, 64)})}

    def __init__(self, config: WGANGPConfig, x: Image | Points) -> None:
        super().__init__(config)
        self.inputs, self.output = {"z": Noise(config.noise)}, x
        hidden = (config.hidden,) * config.layers
        G = MLP((config.noise,), x.shape, hidden)
        C = MLP(x.shape, (), hidden)
        recipe = Adam(config.lr, config.betas)
        self.G = Player(G, recipe, ema=config.ema)
        self.C = Player(C, recipe, double_backward=True)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        for _ in range(self.config.critic_steps):
            x = next(data).x
            fake = self.G.still(self.noise(len(x)))
            penalty = gradient_penalty(self.C, x, fake, self.chance.uniform(len(x)))
            loss = wasserstein_d(self.C(x), self.C(fake))
            yield Move(self.C, loss + self.config.penalty * penalty, wasserstein=-loss, penalty=penalty)
        yield Move(self.G, wasserstein_g(self.C(self.G(self.noise(len(x))))))

    def generate(self, z: Tensor) -> Tensor:
        return self.G.best(z)

    def judge(self, x: Tensor) -> Tensor:
        return self.C(x)

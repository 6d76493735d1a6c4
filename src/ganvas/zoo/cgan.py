"""Conditional Generative Adversarial Nets.

Both players are told the label: G must draw what was asked for, since D sees the label beside each
sample and rejects a good drawing of the wrong thing. One network then holds a law for each class.

Mehdi Mirza, Simon Osindero. 2014. https://arxiv.org/abs/1411.1784

    min over G, max over D:  E[log D(x | y)] + E[log(1 - D(G(z | y) | y))]                  (eq. 2)

Shapes: z (n, noise) and label (n,) -> x (n, ...), pictures of any size; D maps x and its label to a
logit (n,).

Figures: `D(x)` and `D(G(z))` are the mean probabilities of being real that D gives to real and
to generated pictures; both near 0.5 means that D cannot tell.

Deviations from the paper: the default is smaller, uses Adam at a constant rate in place of SGD, has
no dropout in G, lets G raise log D in place of lowering log(1 - D), and shows a moving average of
G. `--preset paper` has the paper's sizes, SGD and falling learning rate; its momentum stays at 0.5,
where the paper's rises to 0.7, and its pictures lie in [-1, 1] after a tanh.

Reproduce: `ganvas train cgan --data digits --seed 0`
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from ganvas.core import (
    SGD,
    Adam,
    Batch,
    Count,
    Image,
    Label,
    Move,
    Noise,
    Paper,
    Player,
    Preset,
    Schedule,
    Share,
)
from ganvas.nets.dense import Maxout
from ganvas.tricks.duel import Duel
from ganvas.tricks.options import DuelConfig


@dataclass(frozen=True)
class CGANConfig(DuelConfig):
    batch: Count = 100
    """Images per step, over all processes and micro-batches."""
    noise: Count = 32
    """Size of the latent vector z, uniform in [-1, 1] (the paper: 100)."""
    hidden_z: Count = 100
    """Units of G that see z alone (the paper: 200)."""
    hidden_y: Count = 150
    """Units of G that see the label alone (the paper: 1000)."""
    hidden: Count = 400
    """Units of G's second hidden layer, which sees both (the paper: 1200)."""
    units_x: Count = 120
    """Maxout units of D, of 5 pieces, that see the picture alone (the paper: 240)."""
    units_y: Count = 50
    """Maxout units of D, of 5 pieces, that see the label alone."""
    units: Count = 120
    """Maxout units of D, of 4 pieces, that see both (the paper: 240)."""
    dropout_g: Share = 0.0
    """Share of G's hidden units that are dropped (the paper: 0.5)."""
    dropout: Share = 0.5
    """Share of D's hidden units that are dropped."""
    optimiser: Literal["adam", "sgd"] = "adam"
    """Who takes the steps (the paper: sgd)."""
    lr: float | Schedule = 1e-3
    """Learning rate of both players."""
    momentum: Share = 0.5
    """The optimiser's momentum (Adam's first)."""
    ema: Share | None = 0.995
    """Decay of G's moving average, the one that is shown; None shows G itself."""


class Generator(nn.Module):
    """z (n, noise), y (n, classes) -> x (n, *shape) in [-1, 1]."""

    def __init__(
        self,
        noise: int,
        classes: int,
        sizes: tuple[int, int, int],
        shape: tuple[int, ...],
        dropout: float,
    ) -> None:
        super().__init__()
        of_z, of_y, both = sizes
        self.shape = shape
        self.from_z, self.from_y = nn.Linear(noise, of_z), nn.Linear(classes, of_y)
        self.joint = nn.Linear(of_z + of_y, both)
        self.out = nn.Linear(both, math.prod(shape))
        self.drop = nn.Dropout(dropout)

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        h = torch.cat([self.from_z(z), self.from_y(y)], 1).relu()
        h = self.joint(self.drop(h)).relu()
        return self.out(self.drop(h)).tanh().unflatten(1, self.shape)


class Discriminator(nn.Module):
    """x (n, *shape), y (n, classes) -> logit (n,)."""

    def __init__(
        self, size: int, classes: int, units: tuple[int, int, int], dropout: float
    ) -> None:
        super().__init__()
        of_x, of_y, both = units
        self.from_x, self.from_y = Maxout(size, of_x, 5), Maxout(classes, of_y, 5)
        self.joint = Maxout(of_x + of_y, both, 4)
        self.out = nn.Linear(both, 1)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        h = torch.cat([self.from_x(x.flatten(1)), self.from_y(y)], 1)
        return self.out(self.drop(self.joint(self.drop(h)))).flatten()


DECAY = Schedule(tuple((i / 16, float(f"{0.1 * 1e-5 ** (i / 16):.4g}")) for i in range(17)))
"""0.1 / 1.00004^step down to 1e-6, over 288,000 steps, as a broken line."""


class CGAN(Duel):
    paper = Paper(
        "Conditional Generative Adversarial Nets",
        "Mirza, Osindero",
        2014,
        "https://arxiv.org/abs/1411.1784",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16), "label": Label(10)}),
        "paper": Preset(
            {"x": Image(1, 28, 28), "label": Label(10)},
            {
                "noise": 100,
                "hidden_z": 200,
                "hidden_y": 1000,
                "hidden": 1200,
                "units_x": 240,
                "units": 240,
                "dropout_g": 0.5,
                "images": 28_800_000,
                "optimiser": "sgd",
                "lr": DECAY,
                "ema": None,
            },
            data="mnist",
        ),
    }

    def __init__(self, config: CGANConfig, x: Image, label: Label) -> None:
        super().__init__(config)
        self.inputs, self.output = {"z": Noise(config.noise, "uniform"), "label": label}, x
        self.classes = label.classes
        hidden = (config.hidden_z, config.hidden_y, config.hidden)
        G = Generator(config.noise, label.classes, hidden, x.shape, config.dropout_g)
        units = (config.units_x, config.units_y, config.units)
        D = Discriminator(math.prod(x.shape), label.classes, units, config.dropout)
        sgd, adam = SGD(config.lr, config.momentum), Adam(config.lr, (config.momentum, 0.999))
        recipe = sgd if config.optimiser == "sgd" else adam
        self.G = Player(G, recipe, ema=config.ema)
        self.D = Player(D, recipe)
        self.enter(maker=self.G, critic=self.D)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        batch = next(data)
        x, y = batch.x, one_hot(batch.label, self.classes).to(batch.x)
        yield from self.tell_apart(x, self.G.still(self.noise(len(x)), y), y)
        yield from self.fool(self.G(self.noise(len(x)), y), x, y)

    def generate(self, z: Tensor, label: Tensor) -> Tensor:
        return self.G.best(z, one_hot(label, self.classes).to(z))

    def judge(self, x: Tensor, label: Tensor) -> Tensor:
        return self.D(x, one_hot(label, self.classes).to(x))

"""Generative Adversarial Networks.

Two networks play against each other: the generator G turns noise into samples, the discriminator D
tells samples from data. Each learns from the other's mistakes; where neither can gain any more, the
samples follow the law of the data.

Ian Goodfellow, Jean Pouget-Abadie, Mehdi Mirza, Bing Xu, David Warde-Farley, Sherjil Ozair,
Aaron Courville, Yoshua Bengio. NeurIPS 2014. https://arxiv.org/abs/1406.2661

    min over G, max over D:  V(D, G) = E[log D(x)] + E[log(1 - D(G(z)))]                    (eq. 1)

`non-saturating` lets G ascend E[log D(G(z))] instead (section 3): the same fixed point with
stronger gradients while D still wins (`--loss non-saturating`, the default). `--loss minimax` is
equation 1 to the letter.

Shapes: z (n, noise) -> x (n, ...), points or pictures of any size; D maps x to a logit (n,).

Figures: `D(x)` and `D(G(z))` are the mean probabilities of being real that D gives to real and
to generated samples; both near 0.5 means that D cannot tell.

Deviations from the paper: the default is smaller, uses Adam with a constant learning rate in place
of SGD with momentum, and shows a moving average of G; its D has the paper's maxout units and
dropout. On points there is no dropout. `--preset paper` has the sizes of the authors' MNIST code
and a learning rate that falls as theirs does; its momentum stays at 0.5, where theirs rises, and
its pictures lie in [-1, 1] after a tanh, where theirs lie in [0, 1] after a sigmoid.

Reproduce: `ganvas train gan --data digits --seed 0`
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from ganvas.core import (
    SGD,
    Adam,
    Batch,
    Count,
    Image,
    Move,
    Noise,
    Paper,
    Player,
    Points,
    Preset,
    Schedule,
    Share,
)
from ganvas.nets.dense import MLP, Maxout
from ganvas.tricks.duel import Duel
from ganvas.tricks.options import DuelConfig


@dataclass(frozen=True)
class GANConfig(DuelConfig):
    noise: Count = 32
    """Size of the latent vector z (the paper: 100)."""
    hidden: Count = 256
    """Units in each of G's two hidden layers (the paper: 1200)."""
    units: Count = 128
    """Units in each of D's two maxout layers (the paper: 240)."""
    pieces: Count = 5
    """Linear pieces of each maxout unit."""
    dropout: Share = 0.5
    """Share of D's hidden units that are dropped; of its inputs, 0.4 of that. Pictures only."""
    optimiser: Literal["adam", "sgd"] = "adam"
    """Who takes the steps (the paper: sgd)."""
    lr: float | Schedule = 1e-3
    """Learning rate of both players."""
    momentum: Share = 0.5
    """The optimiser's momentum (Adam's first)."""
    ema: Share | None = 0.995
    """Decay of G's moving average, the one that is shown; None shows G itself."""


class Discriminator(nn.Module):
    """x (n, ...) -> logit (n,), through two maxout layers with dropout before every layer."""

    def __init__(self, size: int, units: int, pieces: int, dropout: float) -> None:
        super().__init__()

        def drop(share: float) -> list[nn.Module]:
            return [nn.Dropout(share)] if share > 0 else []

        self.layers = nn.Sequential(
            *drop(0.4 * dropout),
            Maxout(size, units, pieces),
            *drop(dropout),
            Maxout(units, units, pieces),
            *drop(dropout),
            nn.Linear(units, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x.flatten(1)).flatten()


class GAN(Duel):
    paper = Paper(
        "Generative Adversarial Networks",
        "Goodfellow, Pouget-Abadie, Mirza, Xu, Warde-Farley, Ozair, Courville, Bengio",
        2014,
        "https://arxiv.org/abs/1406.2661",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16)}),
        "paper": Preset(
            {"x": Image(1, 28, 28)},
            {
                "noise": 100,
                "hidden": 1200,
                "units": 240,
                "batch": 100,
                "images": 12_500_000,
                "optimiser": "sgd",
                # 0.1 / 1.000004^step, over 125,000 steps
                "lr": "0.1@0 0.0882@0.25 0.0779@0.5 0.0687@0.75 0.0607@1",
                "ema": None,
            },
            data="mnist",
        ),
    }

    def __init__(self, config: GANConfig, x: Image | Points) -> None:
        super().__init__(config)
        self.inputs, self.output = {"z": Noise(config.noise)}, x
        picture = isinstance(x, Image)
        hidden, dropout = (config.hidden,) * 2, config.dropout if picture else 0.0
        G = MLP((config.noise,), x.shape, hidden, squash=picture)
        D = Discriminator(math.prod(x.shape), config.units, config.pieces, dropout)
        sgd, adam = SGD(config.lr, config.momentum), Adam(config.lr, (config.momentum, 0.999))
        recipe = sgd if config.optimiser == "sgd" else adam
        self.G = Player(G, recipe, ema=config.ema)
        self.D = Player(D, recipe)
        self.enter(maker=self.G, critic=self.D)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        x = next(data).x
        yield from self.tell_apart(x, self.G.still(self.noise(len(x))))
        yield from self.fool(self.G(self.noise(len(x))), x)

    def generate(self, z: Tensor) -> Tensor:
        return self.G.best(z)

    def judge(self, x: Tensor) -> Tensor:
        return self.D(x)

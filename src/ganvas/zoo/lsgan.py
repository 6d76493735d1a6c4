"""Least Squares Generative Adversarial Networks.

The discriminator regresses to 1 and 0 instead of classifying. A sample that is on the right side
but far away still pulls at the generator, where a saturated sigmoid would be silent.

Xudong Mao, Qing Li, Haoran Xie, Raymond Y.K. Lau, Zhen Wang, Stephen Paul Smolley. ICCV 2017.
https://arxiv.org/abs/1611.04076

    V(D) = E[(D(x) - b)²] / 2 + E[(D(G(z)) - a)²] / 2,   V(G) = E[(D(G(z)) - c)²] / 2       (eq. 2)

with a = 0 and b = c = 1 (eq. 9), the choice of the paper's experiments on scenes.

Shapes: z (n, noise) -> x (n, ...), points or pictures; D maps x to a number (n,), without bounds.

Figures: `D(x)` and `D(G(z))` are mean scores: D wants 1 and 0, and both come near 0.5 when it
cannot tell.

Deviations from the paper: the networks are DCGAN's, whose batch norm and strides the paper's own
(figure 5) share, with no additional layers of stride 1; the default is smaller and shows a moving
average of G. `--preset paper` has the paper's size of picture, noise, batch and Adam.

Reproduce: `ganvas train lsgan --data digits --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor, nn

from ganvas.core import (
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
from ganvas.losses.adversarial import LossName
from ganvas.nets.dcgan import layer_norm
from ganvas.nets.pairs import usual_pair
from ganvas.tricks.duel import Duel
from ganvas.tricks.options import DuelConfig


@dataclass(frozen=True)
class LSGANConfig(DuelConfig):
    loss: LossName = "least-squares"
    """What either side wants (the paper: least-squares)."""
    noise: Count = 16
    """Size of the latent vector z (the paper: 1024)."""
    width: Count = 32
    """Pictures: feature maps beside the image; each halving of the size doubles them."""
    hidden: Count = 128
    """Points: units in each of the three hidden layers of G and D."""
    lr: float | Schedule = 1e-3
    """Adam's learning rate, for both players (the paper: 1e-3)."""
    beta1: Share = 0.5
    """Adam's first momentum."""
    ema: Share | None = 0.995
    """Decay of G's moving average, the one that is shown; None shows G itself."""


class LSGAN(Duel):
    paper = Paper(
        "Least Squares Generative Adversarial Networks",
        "Mao, Li, Xie, Lau, Wang, Smolley",
        2016,
        "https://arxiv.org/abs/1611.04076",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16)}),
        "paper": Preset(
            {"x": Image(3, 112, 112)},
            {"noise": 1024, "width": 64, "images": 15_000_000, "ema": None},
            data="lsun",
        ),
    }

    def __init__(self, config: LSGANConfig, x: Image | Points) -> None:
        super().__init__(config)
        self.inputs, self.output = {"z": Noise(config.noise)}, x
        norm = layer_norm if config.penalty else nn.BatchNorm2d
        G, D = usual_pair(
            self.name, config.noise, x, width=config.width, hidden=config.hidden, norm=norm
        )
        recipe = Adam(config.lr, (config.beta1, 0.999))
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

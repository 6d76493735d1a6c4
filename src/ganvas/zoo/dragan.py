"""On Convergence and Stability of GANs (DRAGAN).

Sharp slopes of the discriminator around real data go before mode collapse. A penalty asks for slope
1 close to the data alone, not on all the way to the samples as WGAN-GP does, and leaves the game
itself what it was.

Naveen Kodali, Jacob Abernethy, James Hays, Zsolt Kira. 2017. https://arxiv.org/abs/1705.07215

    λ E[(||∇D(x + δ)||₂ - k)²],   k = 1, λ = 10                                      (section 2.3)

beside the loss of the plain game. δ is noise in proportion to the data's spread: as in the authors'
code, half of its standard deviation times a uniform number in [0, 1) for each coordinate.

Shapes: z (n, noise) -> x (n, ...), points or pictures; D maps x to a logit (n,), and the slope is
that of the logit.

Figures: `D(x)` and `D(G(z))` are the mean probabilities of being real; `dragan` is the mean of
(||∇D|| - 1)², before its weight.

Deviations from the paper: the slope is that of D's logit instead of its probability, which has no
slope where D is sure; D of pictures has no batch norm, since the penalty needs each sample's own
gradient; G is shown as a moving average. `--preset paper` has DCGAN's networks at the paper's size.

Reproduce: `ganvas train dragan --data digits --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

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
from ganvas.nets.dcgan import layer_norm
from ganvas.nets.pairs import usual_pair
from ganvas.tricks.duel import Duel
from ganvas.tricks.options import DuelConfig, PenaltyName


@dataclass(frozen=True)
class DRAGANConfig(DuelConfig):
    penalty: tuple[PenaltyName, ...] = ("dragan",)
    """On D's slope (the paper: dragan)."""
    noise: Count = 16
    """Size of the latent vector z (the paper: 100)."""
    width: Count = 32
    """Pictures: feature maps beside the image; each halving of the size doubles them."""
    hidden: Count = 128
    """Points: units in each of the three hidden layers of G and D."""
    lr: float | Schedule = 1e-3
    """Adam's learning rate, for both players (the paper: 2e-4)."""
    beta1: Share = 0.5
    """Adam's first momentum."""
    ema: Share | None = 0.995
    """Decay of G's moving average, the one that is shown; None shows G itself."""


class DRAGAN(Duel):
    paper = Paper(
        "On Convergence and Stability of GANs",
        "Kodali, Abernethy, Hays, Kira",
        2017,
        "https://arxiv.org/abs/1705.07215",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16)}),
        "paper": Preset(
            {"x": Image(3, 64, 64)},
            {"noise": 100, "width": 64, "images": 6_400_000, "lr": 2e-4, "ema": None},
            data="celeba",
        ),
    }

    def __init__(self, config: DRAGANConfig, x: Image | Points) -> None:
        super().__init__(config)
        self.inputs, self.output = {"z": Noise(config.noise)}, x
        norm = layer_norm
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

"""Wasserstein GAN.

The critic no longer says real or not: it estimates how far the samples are from the data, as the
work that it takes to move one heap of sand onto the other. That distance has a slope even when the
two do not overlap, and the critic's loss falls when the pictures get better.

Martin Arjovsky, Soumith Chintala, Léon Bottou. ICML 2017. https://arxiv.org/abs/1701.07875

    W(data, G) = sup over f with slope at most 1:  E[f(x)] - E[f(G(z))]                     (eq. 2)

The critic C climbs towards that supremum for several steps before G takes one; clipping its weights
keeps its slope below some constant K, so it finds K times the distance (algorithm 1).

Shapes: z (n, noise) -> x (n, ...), points or pictures; C maps x to a score (n,), without a unit.

Figures: `wasserstein` is the estimate E[C(x)] - E[C(G(z))], in units of the unknown K: compare it
within a run, never between runs of different sizes.

Deviations from the paper: the default is smaller, takes steps ten times as long (5e-4 in place of
5e-5), and shows a moving average of G. `--preset paper` is the authors' DCGAN at 64x64 with
RMSProp at 5e-5; they also let C take 100 steps in a row now and then at the beginning, we do not.

Reproduce: `ganvas train wgan --data digits --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor, nn

from ganvas.core import (
    Batch,
    Count,
    Image,
    Move,
    Noise,
    Paper,
    Player,
    Points,
    Preset,
    RMSProp,
    Schedule,
    Share,
    Weight,
)
from ganvas.losses.adversarial import LossName
from ganvas.nets.dcgan import DCGANDiscriminator, DCGANGenerator
from ganvas.nets.dense import MLP
from ganvas.nets.initial import normal_
from ganvas.nets.sizes import halvings
from ganvas.tricks.duel import Duel
from ganvas.tricks.options import DuelConfig


@dataclass(frozen=True)
class WGANConfig(DuelConfig):
    loss: LossName = "wasserstein"
    """What either side wants (the paper: wasserstein)."""
    noise: Count = 32
    """Size of the latent vector z (the paper: 100)."""
    critic_steps: Count = 5
    """Steps of C for each of G."""
    clip: Weight = 0.01
    """After each of its steps, C's weights are clipped to [-clip, clip]."""
    lr: float | Schedule = 5e-4
    """RMSProp's learning rate, for both players (the paper: 5e-5)."""
    width: Count = 16
    """Pictures: feature maps beside the image; each halving doubles them (the paper: 64)."""
    hidden: Count = 128
    """Points: units in each of the three hidden layers of G and C (the paper's MLP: 512)."""
    ema: Share | None = 0.99
    """Decay of G's moving average, the one that is shown; None shows G itself."""


class WGAN(Duel):
    paper = Paper(
        "Wasserstein GAN",
        "Arjovsky, Chintala, Bottou",
        2017,
        "https://arxiv.org/abs/1701.07875",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16)}),
        "paper": Preset(
            {"x": Image(3, 64, 64)},
            {"noise": 100, "width": 64, "lr": 5e-5, "images": 64_000_000, "ema": None},
            data="lsun",
        ),
    }

    def __init__(self, config: WGANConfig, x: Image | Points) -> None:
        super().__init__(config)
        self.inputs, self.output = {"z": Noise(config.noise)}, x
        G, C = _networks(config, x)
        recipe = RMSProp(config.lr)
        self.G = Player(G, recipe, ema=config.ema)
        self.C = Player(C, recipe)
        self.enter(maker=self.G, critic=self.C)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        for _ in range(self.config.critic_steps):
            x = next(data).x
            yield from self.tell_apart(x, self.G.still(self.noise(len(x))))

        yield from self.fool(self.G(self.noise(len(x))), x)

    def generate(self, z: Tensor) -> Tensor:
        return self.G.best(z)

    def judge(self, x: Tensor) -> Tensor:
        return self.C(x)


def _networks(config: WGANConfig, x: Image | Points) -> tuple[nn.Module, nn.Module]:
    if isinstance(x, Points):
        hidden = (config.hidden,) * 3
        return MLP((config.noise,), x.shape, hidden), MLP(x.shape, (), hidden)
    k = halvings("wgan", x.height, x.width)
    base = (x.height >> k, x.width >> k)
    G = DCGANGenerator(config.noise, config.width, x.channels, k, base=base, bias=False)
    C = DCGANDiscriminator(config.width, x.channels, k, base=base, norm=nn.BatchNorm2d, bias=False)
    return G.apply(normal_), C.apply(normal_)

"""Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks.

Two convolutional networks without pooling: strided convolutions learn their own down- and
upsampling, batch normalisation keeps them in range, and the pair becomes stable enough to train on
real images.

Alec Radford, Luke Metz, Soumith Chintala. ICLR 2016. https://arxiv.org/abs/1511.06434

Shapes: z (n, noise) -> x (n, channels, h·2^k, w·2^k) from h x w of 4 to 7 pixels on the shorter
side; D maps x to a logit (n,).

Figures: `D(x)` and `D(G(z))` are the mean probabilities of being real that D gives to real and
to generated images; both near 0.5 means that D cannot tell. `r1` is the penalty before its weight.

Deviations from the paper: the default is smaller (16x16, 64 feature maps at the widest), lets the
learning rate fall in the second half, and adds an R1 penalty (Mescheder et al. 2018,
arXiv:1801.04406) to D, whose batch norm then becomes layer norm, since the penalty needs each
image's own gradient; and G is shown as a moving average. `--preset paper` has none of these. The
paper gives no number of images; ours counts 5 epochs of LSUN's 3 M bedrooms.

Reproduce: `ganvas train dcgan --data digits --seed 0`
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
    Preset,
    Rate,
    Schedule,
    Share,
    Weight,
)
from ganvas.nets.dcgan import DCGANDiscriminator, DCGANGenerator, layer_norm
from ganvas.nets.initial import normal_
from ganvas.nets.sizes import halvings
from ganvas.tricks.duel import Duel
from ganvas.tricks.options import DuelConfig, PenaltyName

LATE_FALL = Schedule.parse("2e-3@0 2e-3@0.5 2e-4@1")


@dataclass(frozen=True)
class DCGANConfig(DuelConfig):
    noise: Count = 16
    """Size of the latent vector z (the paper: 100)."""
    width: Count = 32
    """Feature maps beside the image; each halving of the size doubles them (the paper: 128)."""
    lr: Rate = LATE_FALL
    """Adam's learning rate, for both players (the paper: 2e-4 throughout)."""
    beta1: Share = 0.0
    """Adam's first momentum (the paper: 0.5)."""
    penalty: tuple[PenaltyName, ...] = ("r1",)
    """On D's slope; with any, D has layer norm in place of the paper's batch norm (the paper:
    none)."""
    penalty_weight: Weight | None = 0.3
    """Weight γ of the penalty."""
    ema: Share | None = 0.995
    """Decay of the moving averages: G's is shown, D's judges; None: they themselves do."""


class DCGAN(Duel):
    paper = Paper(
        "Unsupervised Representation Learning with Deep Convolutional GANs",
        "Radford, Metz, Chintala",
        2015,
        "https://arxiv.org/abs/1511.06434",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16)}),
        "paper": Preset(
            {"x": Image(3, 64, 64)},
            {
                "noise": 100,
                "width": 128,
                "batch": 128,
                "images": 15_000_000,
                "lr": 2e-4,
                "beta1": 0.5,
                "penalty": (),
                "penalty_weight": None,
                "ema": None,
            },
            data="lsun",
        ),
    }

    def __init__(self, config: DCGANConfig, x: Image) -> None:
        super().__init__(config)
        k = halvings("dcgan", x.height, x.width)
        base = (x.height >> k, x.width >> k)
        self.inputs, self.output = {"z": Noise(config.noise)}, x
        G = DCGANGenerator(config.noise, config.width, x.channels, k, base=base)
        norm = layer_norm if config.penalty else nn.BatchNorm2d
        D = DCGANDiscriminator(config.width, x.channels, k, base=base, norm=norm)
        recipe = Adam(config.lr, (config.beta1, 0.999))
        self.G = Player(G.apply(normal_), recipe, ema=config.ema)
        self.D = Player(D.apply(normal_), recipe, ema=config.ema)
        self.enter(maker=self.G, critic=self.D)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        x = next(data).x
        yield from self.tell_apart(x, self.G.still(self.noise(len(x))))
        yield from self.fool(self.G(self.noise(len(x))), x)

    def generate(self, z: Tensor) -> Tensor:
        return self.G.best(z)

    def judge(self, x: Tensor) -> Tensor:
        return self.D.best(x)

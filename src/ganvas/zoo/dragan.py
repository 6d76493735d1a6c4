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
gradient; the learning rate falls in the second half, and G is shown as a moving average. `--preset
paper` has DCGAN's networks at the paper's size.

Reproduce: `ganvas train dragan --data digits --seed 0`
"""

from __future__ import annotations

from dataclasses import dataclass

from ganvas.core import Image, Paper, Points, Preset
from ganvas.tricks.options import PenaltyName
from ganvas.tricks.usual import UsualConfig, UsualDuel


@dataclass(frozen=True)
class DRAGANConfig(UsualConfig):
    penalty: tuple[PenaltyName, ...] = ("dragan",)
    """On D's slope (the paper: dragan); without any, D of pictures has batch norm."""


class DRAGAN(UsualDuel):
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
        super().__init__(config, x)

"""Least Squares Generative Adversarial Networks.

The discriminator regresses to 1 and 0 instead of classifying. A sample that is on the right side
but far away still pulls at the generator, where a saturated sigmoid would be silent.

Xudong Mao, Qing Li, Haoran Xie, Raymond Y.K. Lau, Zhen Wang, Stephen Paul Smolley. ICCV 2017.
https://arxiv.org/abs/1611.04076

    V(D) = E[(D(x) - b)²] / 2 + E[(D(G(z)) - a)²] / 2,   V(G) = E[(D(G(z)) - c)²] / 2       (eq. 2)

with a = 0 and b = c = 1 (eq. 9), the choice of the paper's experiments on scenes.

Shapes: z (n, noise) -> x (n, ...), points or pictures; D maps x to a number (n,), without bounds.

Figures: `D(x)` and `D(G(z))` are mean scores: D wants 1 and 0, and both come near 0.5 when it
cannot tell. `r1` is the penalty before its weight.

Deviations from the paper: the networks are DCGAN's, whose batch norm and strides the paper's own
(figure 5) share, with no additional layers of stride 1. The default is smaller, has an R1 penalty,
since 900 digits are soon learned by heart, and so layer norm in D; its learning rate falls in the
second half, and G is shown as a moving average. `--preset paper` has the paper's size of picture,
noise, batch and Adam, and none of these.

Reproduce: `ganvas train lsgan --data digits --seed 0`
"""

from __future__ import annotations

from dataclasses import dataclass

from ganvas.core import Image, Paper, Points, Preset, Weight
from ganvas.losses.adversarial import LossName
from ganvas.tricks.options import PenaltyName
from ganvas.tricks.usual import UsualConfig, UsualDuel


@dataclass(frozen=True)
class LSGANConfig(UsualConfig):
    loss: LossName = "least-squares"
    """What either side wants (the paper: least-squares)."""
    penalty: tuple[PenaltyName, ...] = ("r1",)
    """On D's slope (the paper: none, and D of pictures has batch norm)."""
    penalty_weight: Weight | None = 0.3
    """Weight γ of the penalty."""


class LSGAN(UsualDuel):
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
            {
                "noise": 1024,
                "width": 64,
                "images": 15_000_000,
                "lr": 1e-3,
                "penalty": (),
                "penalty_weight": None,
                "ema": None,
            },
            data="lsun",
        ),
    }

    def __init__(self, config: LSGANConfig, x: Image | Points) -> None:
        super().__init__(config, x)

"""The relativistic discriminator: a key element missing from standard GAN.

Half of what D sees is made, and it could know; so when samples become more real, real data should
become less so. A relativistic D says how much more real one is than the other, and G, which now
moves both, learns from real data too.

Alexia Jolicoeur-Martineau. ICLR 2019. https://arxiv.org/abs/1807.00734

    RSGAN:   L_D = -E[log sigmoid(C(x) - C(G(z)))]                                         (eq. 10)
    RaSGAN:  L_D = -E[log D̃(x)] - E[log(1 - D̃(G(z)))],                                     (eq. 14)
             D̃(x) = sigmoid(C(x) - E[C(G(z))]),   D̃(G(z)) = sigmoid(C(G(z)) - E[C(x)])

and L_G is L_D with both sides exchanged (eq. 11, 15). `--loss relativistic` is RSGAN,
`--loss relativistic-average`, the default, is RaSGAN.

Shapes: z (n, noise) -> x (n, ...), points or pictures; D maps x to a score C(x) (n,), which means
something only beside another's.

Figures: `D(x)` and `D(G(z))` are mean scores; their distance is what D has learned.

Deviations from the paper: the default is smaller, has an R1 and an R2 penalty, which make the
relativistic game converge (Huang et al. 2024, arXiv:2501.05441, proposition 2), and so layer norm
in D; the learning rate falls in the second half, and G is shown as a moving average. `--preset
paper` has none of these: DCGAN's networks with batch norm, and Adam as in the paper's CIFAR-10
runs.

Reproduce: `ganvas train relativistic --data digits --seed 0`
"""

from __future__ import annotations

from dataclasses import dataclass

from ganvas.core import Image, Paper, Points, Preset, Weight
from ganvas.losses.adversarial import LossName
from ganvas.tricks.options import PenaltyName
from ganvas.tricks.usual import UsualConfig, UsualDuel


@dataclass(frozen=True)
class RelativisticConfig(UsualConfig):
    loss: LossName = "relativistic-average"
    """What either side wants: `relativistic` is RSGAN, `relativistic-average` is RaSGAN."""
    penalty: tuple[PenaltyName, ...] = ("r1", "r2")
    """On D's slope (the paper: none, and D of pictures has batch norm)."""
    penalty_weight: Weight | None = 0.3
    """Weight γ of each penalty."""


class Relativistic(UsualDuel):
    paper = Paper(
        "The relativistic discriminator: a key element missing from standard GAN",
        "Jolicoeur-Martineau",
        2018,
        "https://arxiv.org/abs/1807.00734",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16)}),
        "paper": Preset(
            {"x": Image(3, 32, 32)},
            {
                "noise": 128,
                "width": 64,
                "batch": 32,
                "images": 3_200_000,
                "lr": 2e-4,
                "penalty": (),
                "penalty_weight": None,
                "ema": None,
            },
            data="cifar10",
        ),
    }

    def __init__(self, config: RelativisticConfig, x: Image | Points) -> None:
        super().__init__(config, x)

"""f-GAN: Training Generative Neural Samplers using Variational Divergence Minimization.

The plain game minimises one divergence between data and samples; any f-divergence has a game of its
own. D, through an output activation that the divergence asks for, climbs towards it from below.

Sebastian Nowozin, Botond Cseke, Ryota Tomioka. NeurIPS 2016. https://arxiv.org/abs/1606.00709

    F = E[g_f(V(x))] - E[f*(g_f(V(G(z))))]  <=  D_f(data || samples)                        (eq. 7)

D climbs F. G, instead of descending its second term, climbs E[g_f(V(G(z)))], as section 3.2 has it.

    --loss       divergence       g_f(v)                  f*(g_f(v))             (tables 2, 6)
    kl           Kullback-Leibler v                       exp(v - 1)
    reverse-kl   the other way    -exp(-v)                v - 1
    pearson      Pearson χ²       v                       v²/4 + v
    js           Jensen-Shannon   log 2 - softplus(-v)    softplus(v) - log 2

Shapes: z (n, noise) -> x (n, ...), points or pictures; D maps x to V(x) (n,), any number.

Figures: `D(x)` and `D(G(z))` are means of V, before the activation.

Deviations from the paper: the default is smaller, has an R1 penalty, without which V of the
unbounded divergences runs away on few pictures, and so layer norm in D; the learning rate falls in
the second half, and G is shown as a moving average. `--preset paper` has DCGAN's networks, as the
paper's LSUN runs, and no penalty.

Reproduce: `ganvas train fgan --data digits --seed 0`
"""

from __future__ import annotations

from dataclasses import dataclass

from ganvas.core import Image, Paper, Points, Preset, Weight
from ganvas.losses.adversarial import LossName
from ganvas.tricks.options import PenaltyName
from ganvas.tricks.usual import UsualConfig, UsualDuel


@dataclass(frozen=True)
class FGANConfig(UsualConfig):
    loss: LossName = "js"
    """The divergence: kl, reverse-kl, pearson or js."""
    penalty: tuple[PenaltyName, ...] = ("r1",)
    """On D's slope (the paper: none, and D of pictures has batch norm)."""
    penalty_weight: Weight | None = 0.3
    """Weight γ of the penalty."""


class FGAN(UsualDuel):
    paper = Paper(
        "f-GAN: Training Generative Neural Samplers using Variational Divergence Minimization",
        "Nowozin, Cseke, Tomioka",
        2016,
        "https://arxiv.org/abs/1606.00709",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16)}),
        "paper": Preset(
            {"x": Image(3, 96, 96)},
            {
                "noise": 100,
                "width": 64,
                "images": 3_000_000,
                "lr": 2e-4,
                "penalty": (),
                "penalty_weight": None,
                "ema": None,
            },
            data="lsun",
        ),
    }

    def __init__(self, config: FGANConfig, x: Image | Points) -> None:
        super().__init__(config, x)

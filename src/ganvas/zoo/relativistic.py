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
in D; G is shown as a moving average. `--preset paper` has none of these: DCGAN's networks with
batch norm, and Adam as in the paper's CIFAR-10 runs.

Reproduce: `ganvas train relativistic --data digits --seed 0`
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
    Weight,
)
from ganvas.losses.adversarial import LossName
from ganvas.nets.dcgan import layer_norm
from ganvas.nets.pairs import usual_pair
from ganvas.tricks.duel import Duel
from ganvas.tricks.options import DuelConfig, PenaltyName


@dataclass(frozen=True)
class RelativisticConfig(DuelConfig):
    loss: LossName = "relativistic-average"
    """What either side wants: `relativistic` is RSGAN, `relativistic-average` is RaSGAN."""
    penalty: tuple[PenaltyName, ...] = ("r1", "r2")
    """On D's slope; with any, D of pictures has layer norm in place of the paper's batch norm."""
    penalty_weight: Weight | None = 0.3
    """Weight γ of each penalty."""
    noise: Count = 16
    """Size of the latent vector z (the paper: 128)."""
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


class Relativistic(Duel):
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

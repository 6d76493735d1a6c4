"""Conditional Image Synthesis with Auxiliary Classifier GANs.

D is not told the class, it has to name it: beside "real or made" it classifies what it sees, and G
is paid for samples whose class D can name. What the classifier learns from labels helps both.

Augustus Odena, Christopher Olah, Jonathon Shlens. ICML 2017. https://arxiv.org/abs/1610.09585

    L_S = E[log P(real | x)] + E[log P(made | G(z, c))]                                     (eq. 2)
    L_C = E[log P(c | x)] + E[log P(c | G(z, c))]                                           (eq. 3)

D climbs L_S + L_C, G climbs L_C - L_S; here G raises log P(real | G(z, c)) instead, as usual.

Shapes: z (n, noise) and label (n,) -> x (n, channels, h·2^k, w·2^k); D maps x to a logit (n,) and
to the logits of the classes (n, classes).

Figures: `D(x)` and `D(G(z))` are the mean probabilities of being real; `named` and `named made` are
the shares of real and of made pictures whose class D names.

Deviations from the paper: the default is narrower, for 16x16, with a faster Adam, less dropout, an
R1 penalty, since 900 digits are soon learned by heart, and so layer norm for batch norm in D; G is
shown as a moving average. `--preset paper` has the networks, dropout and Adam of the paper's
CIFAR-10 runs (appendix, table 2); their noise on D's activations is left out.

Reproduce: `ganvas train acgan --data digits --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

from ganvas.core import (
    Adam,
    Batch,
    Count,
    Image,
    Label,
    Move,
    Noise,
    Paper,
    Player,
    Preset,
    Schedule,
    Share,
    Weight,
)
from ganvas.nets.dcgan import Norm, layer_norm
from ganvas.nets.initial import normal_
from ganvas.nets.sizes import halvings
from ganvas.tricks.duel import Duel
from ganvas.tricks.options import DuelConfig, PenaltyName


@dataclass(frozen=True)
class ACGANConfig(DuelConfig):
    penalty: tuple[PenaltyName, ...] = ("r1",)
    """On D's slope; with any, D has layer norm in place of the paper's batch norm (the paper:
    none)."""
    penalty_weight: Weight | None = 0.3
    """Weight γ of the penalty."""
    noise: Count = 32
    """Size of the latent vector z (the paper: 100)."""
    width_g: Count = 32
    """G's feature maps before the image; each doubling before has twice as many (paper: 96)."""
    width_d: Count = 16
    """D's feature maps beside the image; each of its layers has twice as many as the last."""
    dropout: Share = 0.2
    """Share of D's feature maps' values that are dropped after each layer (the paper: 0.5)."""
    class_weight: Weight = 1.0
    """Weight of L_C (the paper: 1)."""
    lr: float | Schedule = 1e-3
    """Adam's learning rate, for both players (the paper: 1e-4 to 3e-4)."""
    beta1: Share = 0.5
    """Adam's first momentum."""
    ema: Share | None = 0.995
    """Decay of G's moving average, the one that is shown; None shows G itself."""


class Generator(nn.Module):
    """z (n, noise), y (n, classes) -> x (n, channels, base·2^k) in [-1, 1]."""

    def __init__(
        self, noise: int, classes: int, width: int, channels: int, k: int, base: tuple[int, int]
    ) -> None:
        super().__init__()
        maps = [width * 2**i for i in reversed(range(k))]
        self.shape = (maps[0], *base)
        self.enter = nn.Linear(noise + classes, maps[0] * base[0] * base[1])
        layers: list[nn.Module] = [nn.ReLU(inplace=True)]
        for before, after in pairwise(maps):
            layers += [nn.ConvTranspose2d(before, after, 5, 2, 2, 1, bias=False)]
            layers += [nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
        last = nn.ConvTranspose2d(maps[-1], channels, 5, 2, 2, 1)
        self.layers = nn.Sequential(*layers, last, nn.Tanh())

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        return self.layers(self.enter(torch.cat([z, y], 1)).unflatten(1, self.shape))


class Discriminator(nn.Module):
    """x (n, channels, base·2^k) -> logit of being real (n,), logits of the classes (n, classes)."""

    def __init__(
        self,
        classes: int,
        width: int,
        channels: int,
        k: int,
        base: tuple[int, int],
        *,
        norm: Norm,
        dropout: float,
    ) -> None:
        super().__init__()
        maps = [channels, *(width * 2**i for i in range(2 * k))]
        layers: list[nn.Module] = []
        for i, (before, after) in enumerate(pairwise(maps)):
            layers += [nn.Conv2d(before, after, 3, 2 - i % 2, 1, bias=i == 0)]
            layers += [norm(after)] if i > 0 else []
            layers += [nn.LeakyReLU(0.2, inplace=True), nn.Dropout(dropout)]
        self.trunk = nn.Sequential(*layers, nn.Flatten())
        features = maps[-1] * base[0] * base[1]
        self.classes = nn.Linear(features, classes)
        self.real = nn.Linear(features, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = self.trunk(x)
        return self.real(features).flatten(), self.classes(features)


class ACGAN(Duel):
    paper = Paper(
        "Conditional Image Synthesis with Auxiliary Classifier GANs",
        "Odena, Olah, Shlens",
        2016,
        "https://arxiv.org/abs/1610.09585",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16), "label": Label(10)}),
        "paper": Preset(
            {"x": Image(3, 32, 32), "label": Label(10)},
            {
                "noise": 100,
                "width_g": 96,
                "dropout": 0.5,
                "batch": 100,
                "images": 50_000_000,
                "lr": 2e-4,
                "penalty": (),
                "penalty_weight": None,
                "ema": None,
            },
            data="cifar10",
        ),
    }

    def __init__(self, config: ACGANConfig, x: Image, label: Label) -> None:
        super().__init__(config)
        k = halvings("acgan", x.height, x.width)
        base = (x.height >> k, x.width >> k)
        self.inputs, self.output = {"z": Noise(config.noise), "label": label}, x
        self.classes = label.classes
        norm: Norm = layer_norm if config.penalty else nn.BatchNorm2d
        G = Generator(config.noise, label.classes, config.width_g, x.channels, k, base)
        D = Discriminator(
            label.classes,
            config.width_d,
            x.channels,
            k,
            base,
            norm=norm,
            dropout=config.dropout,
        )
        recipe = Adam(config.lr, (config.beta1, 0.999))
        self.G = Player(G.apply(normal_), recipe, ema=config.ema)
        self.D = Player(D.apply(normal_), recipe)
        self.enter(maker=self.G, critic=self.D)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        batch = next(data)
        x, label, y = batch.x, batch.label, self.encoded(batch.label)
        weight = self.config.class_weight

        def unnamed(*said: tuple[Tensor, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
            """-L_C, of real and made pictures or of made ones alone, which have the same labels."""
            losses = [cross_entropy(logits, label) for _, logits in said]
            hits = [(logits.argmax(1) == label).float().mean() for _, logits in said]
            figures = dict(zip(("named", "named made"), hits, strict=False))
            return weight * torch.stack(losses).sum(), figures

        yield from self.tell_apart(x, self.G.still(self.noise(len(x)), y), also=unnamed)
        yield from self.fool(self.G(self.noise(len(x)), y), x, also=unnamed)

    def encoded(self, label: Tensor) -> Tensor:
        """Label (n,) -> one-hot (n, classes)."""
        return one_hot(label, self.classes).float()

    def generate(self, z: Tensor, label: Tensor) -> Tensor:
        return self.G.best(z, self.encoded(label))

    def judge(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        return self.D(x)[0]

    def classify(self, x: Tensor) -> Tensor:
        """The logits of the classes, (n, classes)."""
        return self.D(x)[1]

"""InfoGAN: Interpretable Representation Learning by Information Maximizing GANs.

Part of the latent vector is a code that must be readable from the picture: beside the usual game,
G and a network Q raise a lower bound of the mutual information between the code and the picture.
Nobody gives a label, and yet the category comes to name the digit, the other codes its style.

Xi Chen, Yan Duan, Rein Houthooft, John Schulman, Ilya Sutskever, Pieter Abbeel. NeurIPS 2016.
https://arxiv.org/abs/1606.03657

    min over G, Q, max over D:  V(D, G) - λ L_I(G, Q)                                    (eq. 6)
    L_I(G, Q) = E[log Q(c | G(z, c))] + H(c)  <=  I(c; G(z, c))                          (eq. 5)

Q(c|x) is a softmax over the categories times N(c; μ(x), I) for the codes, which are uniform in
[-1, 1]. Q is a small head on D's last features; those belong to D, which moves together with Q.

Shapes: z (n, noise), category (n,), code (n, codes) -> x (n, channels, height, width), both sides
multiples of 4; D maps x to a logit (n,) and its features (n, 16·width); Q maps the features to
the logits of the categories (n, categories) and to μ (n, codes).

Figures, in nats: `I(category)` is L_I of the category, at most log(categories), 2.3 for ten;
`I(code)` that of all codes together: as Q's variance is fixed, it lies between -0.39 a code (not
read at all) and -0.23 (read exactly). `D(x)` and `D(G(z))` are mean probabilities of being real.

Deviations from the paper: pixels lie in [-1, 1], so G ends with a tanh instead of a sigmoid, and
the noise is normal instead of uniform. The default is narrower, has less noise and a faster D,
which 900 digits and a few minutes want. `--preset paper` has the paper's MNIST networks and rates,
and the length of the authors' run.

Reproduce: `ganvas train infogan --data digits --seed 0`
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

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
    Share,
    UsageError,
    Weight,
)
from ganvas.nets.initial import normal_
from ganvas.tricks.duel import Also, Duel
from ganvas.tricks.options import DuelConfig


@dataclass(frozen=True)
class InfoGANConfig(DuelConfig):
    images: Count = 288_000
    """Length of the run: how many real images it sees (repeats counted)."""
    noise: Count = 8
    """Size of z, the part of the latent vector that need not be readable (the paper: 62)."""
    categories: Count = 10
    """Values of the categorical code."""
    codes: Count = 2
    """Continuous codes."""
    width: Count = 16
    """Feature maps beside the image; the dense layers have 16 times as many (the paper: 64)."""
    category_weight: Weight = 1.0
    """λ of the category's information."""
    code_weight: Weight = 1.0
    """λ of the continuous codes' information."""
    lr_g: Weight = 1e-3
    """Adam's learning rate for G."""
    lr_d: Weight = 1e-3
    """Adam's learning rate for D and Q (the paper: 2e-4)."""
    ema: Share | None = 0.995
    """Decay of the players' moving averages, which are shown; None shows the players."""


class Generator(nn.Module):
    """Latent vector (n, latent) -> x (n, channels, 4·h, 4·w)."""

    def __init__(self, latent: int, width: int, channels: int, h: int, w: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(latent, 16 * width, bias=False),
            nn.BatchNorm1d(16 * width),
            nn.ReLU(inplace=True),
            nn.Linear(16 * width, 2 * width * h * w, bias=False),
            nn.BatchNorm1d(2 * width * h * w),
            nn.ReLU(inplace=True),
            nn.Unflatten(1, (2 * width, h, w)),
            nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(width, channels, 4, 2, 1),
            nn.Tanh(),
        )

    def forward(self, latent: Tensor) -> Tensor:
        return self.layers(latent)


class Discriminator(nn.Module):
    """x (n, channels, 4·h, 4·w) -> logit (n,), features (n, 16·width)."""

    def __init__(self, width: int, channels: int, h: int, w: int) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(channels, width, 4, 2, 1),
            nn.LeakyReLU(0.1, inplace=True),
            nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False),
            nn.BatchNorm2d(2 * width),
            nn.LeakyReLU(0.1, inplace=True),
            nn.Flatten(),
            nn.Linear(2 * width * h * w, 16 * width, bias=False),
            nn.BatchNorm1d(16 * width),
            nn.LeakyReLU(0.1, inplace=True),
        )
        self.score = nn.Linear(16 * width, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = self.trunk(x)
        return self.score(features).flatten(), features


class Recogniser(nn.Module):
    """D's features (n, 16·width) -> logits (n, categories), μ (n, codes)."""

    def __init__(self, width: int, categories: int, codes: int) -> None:
        super().__init__()
        self.sizes = [categories, codes]
        self.layers = nn.Sequential(
            nn.Linear(16 * width, 2 * width, bias=False),
            nn.BatchNorm1d(2 * width),
            nn.LeakyReLU(0.1, inplace=True),
            nn.Linear(2 * width, categories + codes),
        )

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        logits, mean = self.layers(features).split(self.sizes, 1)
        return logits, mean


def category_information(logits: Tensor, category: Tensor) -> Tensor:
    """Mean of log Q(c|x) + H(c) for c uniform over the categories (eq. 5), in nats."""
    return math.log(logits.shape[1]) - cross_entropy(logits, category)


def code_information(mean: Tensor, code: Tensor) -> Tensor:
    """Mean of log N(c; mean, I) + H(c) for codes uniform in [-1, 1] (eq. 5), in nats."""
    nats = math.log(2) - math.log(2 * math.pi) / 2 - (code - mean).square() / 2
    return nats.sum(1).mean()


class InfoGAN(Duel):
    paper = Paper(
        "InfoGAN: Interpretable Representation Learning by Information Maximizing GANs",
        "Chen, Duan, Houthooft, Schulman, Sutskever, Abbeel",
        2016,
        "https://arxiv.org/abs/1606.03657",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16)}),
        "paper": Preset(
            {"x": Image(1, 28, 28)},
            {
                "noise": 62,
                "width": 64,
                "batch": 128,
                "images": 640_000,
                "lr_d": 2e-4,
                "ema": None,
            },
            data="mnist",
        ),
    }

    def __init__(self, config: InfoGANConfig, x: Image) -> None:
        super().__init__(config)
        if x.height % 4 or x.width % 4:
            raise UsageError(
                f"infogan makes pictures whose sides are multiples of 4, not {x.height}x{x.width}"
            )
        self.inputs = {
            "z": Noise(config.noise),
            "category": Label(config.categories),
            "code": Noise(config.codes, "uniform"),
        }
        self.output = x
        latent = config.noise + config.categories + config.codes
        shape = x.channels, x.height // 4, x.width // 4
        G = Generator(latent, config.width, *shape).apply(normal_)
        D = Discriminator(config.width, *shape).apply(normal_)
        Q = Recogniser(config.width, config.categories, config.codes).apply(normal_)
        slow, fast = Adam(config.lr_d, (0.5, 0.999)), Adam(config.lr_g, (0.5, 0.999))
        self.G = Player(G, fast, ema=config.ema)
        self.D = Player(D, slow, ema=config.ema)
        self.Q = Player(Q, slow, ema=config.ema)
        self.enter(maker=self.G, critic=self.D)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        x = next(data).x
        drawn = self._prior(len(x))
        fake = self.G.still(self._latent(**drawn))
        yield from self.tell_apart(x, fake, also=self._uninformed(**drawn), movers=(self.Q,))

        drawn = self._prior(len(x))
        yield from self.fool(self.G(self._latent(**drawn)), x, also=self._uninformed(**drawn))

    def _prior(self, n: int) -> dict[str, Tensor]:
        return {name: self.draw(name, n) for name in self.inputs}

    def _latent(self, z: Tensor, category: Tensor, code: Tensor) -> Tensor:
        return torch.cat([z, one_hot(category, self.config.categories).to(z.dtype), code], 1)

    def _uninformed(self, category: Tensor, code: Tensor, **_: Tensor) -> Also:
        """-λ L_I for fakes that these codes made, and its parts without their weights."""

        def lost(*said: tuple[Tensor, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
            _, features = said[-1]
            logits, mean = self.Q(features)
            of_category = category_information(logits, category)
            of_code = code_information(mean, code)
            config = self.config
            weighed = config.category_weight * of_category + config.code_weight * of_code
            return -weighed, {"I(category)": of_category, "I(code)": of_code}

        return lost

    def generate(self, z: Tensor, category: Tensor, code: Tensor) -> Tensor:
        return self.G.best(self._latent(z, category, code))

    def recognise(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What Q reads from pictures: each category's probability (n, categories), and the codes.

        The codes (n, codes) are the means of Q(c|x).
        """
        logits, mean = self.Q.best(self.D.best(x)[1])
        return logits.softmax(1), mean

    def judge(self, x: Tensor, category: Tensor | None = None) -> Tensor:
        return self.D.best(x)[0]

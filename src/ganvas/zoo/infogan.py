"""InfoGAN: Interpretable Representation Learning by Information Maximizing GANs.

Part of the latent vector is a code that must be readable from the picture: beside the usual game,
G and a network Q raise a lower bound of the mutual information between code and picture. Nobody
gives a label, and yet the category comes to name the digit, the other codes its slant and width.

Xi Chen, Yan Duan, Rein Houthooft, John Schulman, Ilya Sutskever, Pieter Abbeel. NeurIPS 2016.
https://arxiv.org/abs/1606.03657

    min over G, Q, max over D:  V(D, G) - λ L_I(G, Q)                                    (eq. 6)
    L_I(G, Q) = E[log Q(c | G(z, c))] + H(c)  <=  I(c; G(z, c))                          (eq. 5)
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
    Config,
    Game,
    Image,
    Label,
    Move,
    Noise,
    Paper,
    Player,
    Preset,
    UsageError,
)
from ganvas.losses.adversarial import minimax_d, nonsaturating_g
from ganvas.losses.penalties import r1
from ganvas.nets.initial import normal_


@dataclass(frozen=True)
class InfoGANConfig(Config):
    noise: int = 62
    categories: int = 10
    codes: int = 2
    width: int = 32
    weight_category: float = 1.0
    weight_code: float = 0.1
    std: float = 1.0
    lr_g: float = 1e-3
    lr_d: float = 2e-4
    r1: float = 0.1
    ema: float | None = 0.995
    init: bool = True


class Generator(nn.Module):
    def __init__(self, inputs: int, width: int, channels: int, height: int, width_px: int, ):
        super().__init__()
        h, w = height // 4, width_px // 4
        self.layers = nn.Sequential(
            nn.Linear(inputs, 16 * width, bias=False),
            nn.BatchNorm1d(16 * width),
            nn.ReLU(),
            nn.Linear(16 * width, 2 * width * h * w, bias=False),
            nn.BatchNorm1d(2 * width * h * w),
            nn.ReLU(),
            nn.Unflatten(1, (2 * width, h, w)),
            nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.ConvTranspose2d(width, channels, 4, 2, 1),
            nn.Tanh(),
        )

    def forward(self, z, category, code):
        return self.layers(torch.cat([z, category, code], 1))


class Discriminator(nn.Module):
    def __init__(self, width, channels, height, width_px, norm):
        super().__init__()
        h, w = height // 4, width_px // 4
        def bn(l): return [l] if norm else []
        self.trunk = nn.Sequential(
            nn.Conv2d(channels, width, 4, 2, 1),
            nn.LeakyReLU(0.1),
            nn.Conv2d(width, 2 * width, 4, 2, 1, bias=not norm),
            *bn(nn.BatchNorm2d(2 * width)),
            nn.LeakyReLU(0.1),
            nn.Flatten(),
            nn.Linear(2 * width * h * w, 16 * width, bias=not norm),
            *bn(nn.BatchNorm1d(16 * width)),
            nn.LeakyReLU(0.1),
        )
        self.score = nn.Linear(16 * width, 1)

    def forward(self, x):
        f = self.trunk(x)
        return self.score(f).flatten(), f


class Recogniser(nn.Module):
    def __init__(self, width, categories, codes, norm):
        super().__init__()
        self.categories = categories
        self.layers = nn.Sequential(
            nn.Linear(16 * width, 2 * width, bias=not norm),
            *([nn.BatchNorm1d(2 * width)] if norm else []),
            nn.LeakyReLU(0.1),
            nn.Linear(2 * width, categories + codes),
        )

    def forward(self, f):
        out = self.layers(f)
        return out[:, : self.categories], out[:, self.categories :]


class InfoGAN(Game):
    paper = Paper("InfoGAN", "Chen et al.", 2016, "https://arxiv.org/abs/1606.03657")
    presets = {
        "default": Preset({"x": Image(1, 16, 16)}),
        "paper": Preset({"x": Image(1, 28, 28)}, {"width": 64, "r1": 0.0, "ema": None, "batch": 128}),
    }

    def __init__(self, config: InfoGANConfig, x: Image) -> None:
        super().__init__(config)
        c = config
        self.inputs = {"z": Noise(c.noise), "category": Label(c.categories), "code": Noise(c.codes, "uniform")}
        self.output = x
        norm = c.r1 == 0
        init = normal_ if c.init else (lambda m: None)
        G = Generator(c.noise + c.categories + c.codes, c.width, *x.shape)
        self.G = Player(G.apply(init), Adam(c.lr_g, (0.5, 0.999)), ema=c.ema)
        self.D = Player(Discriminator(c.width, *x.shape, norm).apply(init), Adam(c.lr_d, (0.5, 0.999)), ema=c.ema, double_backward=c.r1 > 0)
        self.Q = Player(Recogniser(c.width, c.categories, c.codes, norm).apply(init), Adam(c.lr_d, (0.5, 0.999)), ema=c.ema)

    def _draw(self, n):
        return self.noise(n), self.draw("category", n), self.draw("code", n)

    def _bound(self, features, category, code):
        c = self.config
        logits, mean = self.Q(features)
        i_cat = math.log(c.categories) - cross_entropy(logits, category)
        ll = -0.5 * ((code - mean) / c.std).square() - math.log(c.std) - 0.5 * math.log(2 * math.pi)
        i_code = c.codes * math.log(2) + ll.sum(1).mean()
        return c.weight_category * i_cat + c.weight_code * i_code, {"I(category)": i_cat, "I(code)": i_code}

    def _make(self, G, z, category, code):
        return G(z, one_hot(category, self.config.categories).float(), code)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        x = next(data).x
        z, category, code = self._draw(len(x))
        real, _ = self.D(x)
        fake, features = self.D(self._make(self.G.still, z, category, code))
        bound, figures = self._bound(features, category, code)
        loss = minimax_d(real, fake) - bound
        if self.config.r1 > 0:
            loss = loss + self.config.r1 * r1(lambda x: self.D(x)[0], x)
        yield Move((self.D, self.Q), loss, **figures)

        z, category, code = self._draw(len(x))
        fake, features = self.D(self._make(self.G, z, category, code))
        bound, _ = self._bound(features, category, code)
        yield Move(self.G, nonsaturating_g(fake) - bound)

    def generate(self, z, category, code):
        return self._make(self.G.best, z, category, code)

    def infer(self, x):
        logits, mean = self.Q.best(self.D.best(x)[1])
        return logits.softmax(1), mean

    def judge(self, x, category=None, code=None):
        return self.D(x)[0]

"""PacGAN: the power of two samples in generative adversarial networks.

The discriminator sees m samples at once, all real or all generated. One sample from a law that has
lost modes looks as real as any; several at once give it away, since they are too alike. Nothing
else of the game changes: only D's first layer grows.

Zinan Lin, Ashish Khetan, Giulia Fanti, Sewoong Oh. NeurIPS 2018. https://arxiv.org/abs/1712.04086

    min over G, max over D:  E[log D(x₁, ..., x_m)] + E[log(1 - D(G(z₁), ..., G(z_m)))]

Shapes: z (n, noise) -> x (n, ...), points or pictures; D maps m samples, joined along their
coordinates or channels, (n, m·d) or (n, m·channels, height, width), to one logit (n,).

Figures: `D(x)` and `D(G(z))` are the mean probabilities of being real that D gives to packs of real
and of generated samples; both near 0.5 means that D cannot tell.

Deviations from the paper: the default has smaller dense networks without batch norm, a larger
learning rate, and shows a moving average of G. `--preset paper` is its 2D-grid, the authors'
networks and settings; the grid's spacing is 2 there and 0.71 here. On pictures it plays DCGAN's
pair. Nobody judges a lone sample.

Reproduce: `ganvas train pacgan --data grid25 --seed 0`
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import torch
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
    Rate,
    Share,
)
from ganvas.nets.dcgan import DCGANDiscriminator, DCGANGenerator
from ganvas.nets.dense import Maxout
from ganvas.nets.initial import normal_
from ganvas.nets.sizes import halvings
from ganvas.tricks.duel import Duel
from ganvas.tricks.options import DuelConfig


@dataclass(frozen=True)
class PacGANConfig(DuelConfig):
    batch: Count = 128
    """Packs per step, over all processes and micro-batches."""
    images: Count = 1_280_000
    """Length of the run: how many real samples it sees (repeats counted)."""
    pack: Count = 2
    """m, how many samples D sees at once; 1 is the usual game."""
    noise: Count = 2
    """Size of the latent vector z."""
    hidden: Count = 128
    """Points: units of each of G's hidden layers (the paper: 400)."""
    layers: Count = 3
    """Points: hidden layers of G (the paper: 4)."""
    norm: bool = False
    """Points: whether G has batch norm (the paper: it has)."""
    units: Count = 64
    """Points: maxout units of each of D's hidden layers (the paper: 200)."""
    pieces: Count = 5
    """Points: linear pieces of each maxout unit."""
    layers_d: Count = 3
    """Points: hidden layers of D."""
    width: Count = 32
    """Pictures: feature maps beside the image; each halving doubles them."""
    lr: Rate = 1e-3
    """Adam's learning rate, for both players (the paper: 1e-4)."""
    beta1: Share = 0.5
    """Adam's first momentum (the paper: 0.8 for points, 0.5 for pictures)."""
    ema: Share | None = 0.995
    """Decay of G's moving average, the one that is shown; None shows G itself."""


class Generator(nn.Module):
    """z (n, noise) -> points (n, size)."""

    def __init__(self, noise: int, hidden: int, depth: int, size: int, norm: bool) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in pairwise([noise, *[hidden] * depth]):
            layers += [nn.Linear(before, after, bias=not norm)]
            layers += [nn.BatchNorm1d(after)] if norm else []
            layers += [nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers, nn.Linear(hidden, size))

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z)


class Discriminator(nn.Module):
    """Packs of points (n, size) -> logit (n,), through maxout layers."""

    def __init__(self, size: int, units: int, pieces: int, depth: int) -> None:
        super().__init__()
        hidden = [Maxout(a, b, pieces) for a, b in pairwise([size, *[units] * depth])]
        self.layers = nn.Sequential(*hidden, nn.Linear(units, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).flatten()


class PacGAN(Duel):
    paper = Paper(
        "PacGAN: The Power of Two Samples in Generative Adversarial Networks",
        "Lin, Khetan, Fanti, Oh",
        2017,
        "https://arxiv.org/abs/1712.04086",
    )
    presets = {
        "default": Preset({"x": Points(2)}, data="grid25"),
        "paper": Preset(
            {"x": Points(2)},
            {
                "batch": 100,
                "images": 80_000_000,  # 400 epochs of 100,000 packs of 2
                "hidden": 400,
                "layers": 4,
                "norm": True,
                "units": 200,
                "lr": 1e-4,
                "beta1": 0.8,
                "ema": None,
            },
            data="grid25",
        ),
    }

    def __init__(self, config: PacGANConfig, x: Image | Points) -> None:
        super().__init__(config)
        self.inputs, self.output = {"z": Noise(config.noise)}, x
        G, D = _networks(config, x)
        recipe = Adam(config.lr, (config.beta1, 0.999))
        self.G = Player(G, recipe, ema=config.ema)
        self.D = Player(D, recipe)
        self.enter(maker=self.G, critic=self.D, sees=_packed(x, config.pack))

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        x = torch.cat([next(data).x for _ in range(self.config.pack)], 1)
        yield from self.tell_apart(x, self._pack_by(self.G.still, len(x)))
        yield from self.fool(self._pack_by(self.G, len(x)), x)

    def _pack_by(self, G: Callable[[Tensor], Tensor], n: int) -> Tensor:
        """As many packs, each of independent samples."""
        return torch.cat([G(self.noise(n)) for _ in range(self.config.pack)], 1)

    def generate(self, z: Tensor) -> Tensor:
        return self.G.best(z)


def _packed(x: Image | Points, m: int) -> Image | Points:
    """What m samples are together."""
    if isinstance(x, Image):
        return Image(m * x.channels, x.height, x.width)
    return Points(m * x.size)


def _networks(config: PacGANConfig, x: Image | Points) -> tuple[nn.Module, nn.Module]:
    """G, and a D that sees packs, as the kind of x asks for."""
    if isinstance(x, Image):
        k = halvings("pacgan", x.height, x.width)
        base = (x.height >> k, x.width >> k)
        G: nn.Module = DCGANGenerator(config.noise, config.width, x.channels, k, base=base)
        channels = config.pack * x.channels
        D: nn.Module = DCGANDiscriminator(config.width, channels, k, base=base, norm=nn.BatchNorm2d)
        return G.apply(normal_), D.apply(normal_)
    size = math.prod(x.shape)
    G = Generator(config.noise, config.hidden, config.layers, size, config.norm)
    D = Discriminator(config.pack * size, config.units, config.pieces, config.layers_d)
    if config.norm:  # the authors' small weights need batch norm to carry anything
        begin = partial(normal_, std=0.02)
        return G.apply(begin), D.apply(begin)
    return G, D

"""Adversarially Learned Inference.

Beside the generator, which makes x from z, an encoder guesses z from x, and the discriminator sees
pairs: data with its guess, or noise with its sample. It can only be fooled if both draw pairs by
the same law, so the encoder becomes the generator's inverse without ever being told to copy.

Vincent Dumoulin, Ishmael Belghazi, Ben Poole, Olivier Mastropietro, Alex Lamb, Martin Arjovsky,
Aaron Courville. ICLR 2017. https://arxiv.org/abs/1606.00704
The same idea, as BiGAN: Donahue, Krähenbühl, Darrell. ICLR 2017. https://arxiv.org/abs/1605.09782

    min over G, E, max over D:  E[log D(x, E(x))] + E[log(1 - D(G(z), z))]                  (eq. 2)
    in practice G and E ascend  E[log(1 - D(x, E(x)))] + E[log D(G(z), z)]           (section 2.2)

E(x) is drawn from N(μ(x), diag σ²(x)).

Shapes: z (n, noise) -> x (n, ...), points or pictures; E maps x to μ and log σ, each (n, noise); D
maps a pair to a logit (n,). The convolutional networks make sides of 20 pixels and more.

Figures: `D(x, E(x))` and `D(G(z), z)` are the mean probabilities of being data that D gives to
pairs; both near 0.5 means that D cannot tell. `copy` is the mean absolute difference of x and its
reconstruction G(μ(x)), which nobody descends.

Deviations from the paper: the default has dense networks without batch norm (BiGAN's for MNIST, but
smaller), a learning rate that falls, and shows moving averages. D moves before G and E do, where
the paper lets all move at once. `--preset paper` is its SVHN model; a tanh ends G, whose last
biases begin at 0 and not at the data's marginals.

Reproduce: `ganvas train ali --data digits --seed 0`
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from ganvas.core import (
    Adam,
    Batch,
    Config,
    Count,
    Game,
    Image,
    Move,
    Noise,
    Paper,
    Player,
    Points,
    Preset,
    Schedule,
    Share,
    UsageError,
)
from ganvas.losses.adversarial import minimax_d
from ganvas.nets.dense import MLP
from ganvas.nets.initial import normal_

FALLING = Schedule.parse("1e-3@0 1e-3@0.5 0@1")
KERNELS, STRIDES, MAPS = (5, 4, 4, 4), (1, 2, 1, 2), (32, 64, 128, 256)
"""Convolutions before the last, which sees all that is left (appendix A, SVHN)."""


@dataclass(frozen=True)
class ALIConfig(Config):
    network: Literal["dense", "convolutional"] = "dense"
    """Which networks play; for points, dense ones."""
    noise: Count = 32
    """Size of the latent vector z (the paper: 256 for SVHN)."""
    hidden: Count = 256
    """Dense: units of each hidden layer (BiGAN for MNIST: 1024)."""
    layers: Count = 2
    """Dense: hidden layers of each network."""
    dropout: Share = 0.2
    """Convolutional: share of the inputs of D's layers that are dropped."""
    lr: float | Schedule = FALLING
    """Adam's learning rate, for all players (the paper: 1e-4)."""
    beta1: Share = 0.5
    """Adam's first momentum."""
    ema: Share | None = 0.995
    """Decay of the moving averages of G and E; None shows the networks themselves."""


class Joint(nn.Module):
    """x (n, ...) and z (n, noise) -> logit (n,), from features of both."""

    def __init__(self, of_x: nn.Module, of_z: nn.Module, both: nn.Module) -> None:
        super().__init__()
        self.of_x, self.of_z, self.both = of_x, of_z, both

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        return self.both(torch.cat([self.of_x(x), self.of_z(z)], 1)).flatten()


def _sides(side: int) -> list[int]:
    """A side of the picture, and what each of the convolutions leaves of it."""
    sides = [side]
    for kernel, stride in zip(KERNELS, STRIDES, strict=True):
        sides.append((sides[-1] - kernel) // stride + 1)
    return sides


def _encoder(x: Image, noise: int) -> nn.Module:
    """X -> (n, 2·noise)."""
    rest = _sides(x.height)[-1], _sides(x.width)[-1]
    layers: list[nn.Module] = []
    for i, maps in enumerate((*MAPS, 512, 512)):
        before, kernel = (x.channels, *MAPS, 512)[i], (*KERNELS, rest, 1)[i]
        layers += [nn.Conv2d(before, maps, kernel, (*STRIDES, 1, 1)[i], bias=False)]
        layers += [nn.BatchNorm2d(maps), nn.LeakyReLU(0.01, inplace=True)]
    return nn.Sequential(*layers, nn.Conv2d(512, 2 * noise, 1), nn.Flatten())


class Decoder(nn.Module):
    """z (n, noise) -> x (n, channels, height, width): the encoder's convolutions backwards."""

    def __init__(self, noise: int, x: Image) -> None:
        super().__init__()
        sides = list(zip(_sides(x.height), _sides(x.width), strict=True))[::-1]
        plan = [(256, sides[0], 1, (0, 0))]
        for i, maps in enumerate((128, 64, 32, 32)):
            kernel, stride = KERNELS[::-1][i], STRIDES[::-1][i]
            spare = [b - (a - 1) * stride - kernel for a, b in zip(*sides[i : i + 2], strict=True)]
            plan.append((maps, (kernel, kernel), stride, (spare[0], spare[1])))
        layers: list[nn.Module] = []
        before = noise
        for maps, size, stride, extra in [*plan, (32, (1, 1), 1, (0, 0))]:
            layers += [nn.ConvTranspose2d(before, maps, size, stride, 0, extra, bias=False)]
            layers += [nn.BatchNorm2d(maps), nn.LeakyReLU(0.01, inplace=True)]
            before = maps
        self.layers = nn.Sequential(*layers, nn.Conv2d(before, x.channels, 1, bias=False))
        self.bias = nn.Parameter(torch.zeros(x.shape))

    def forward(self, z: Tensor) -> Tensor:
        return (self.layers(z[:, :, None, None]) + self.bias).tanh()


def _discriminator(x: Image, noise: int, dropout: float) -> Joint:
    rest = _sides(x.height)[-1], _sides(x.width)[-1]
    of_x: list[nn.Module] = []
    for i, maps in enumerate((*MAPS, 512)):
        before, kernel = (x.channels, *MAPS)[i], (*KERNELS, rest)[i]
        of_x += [nn.Dropout(dropout)]
        of_x += [nn.Conv2d(before, maps, kernel, (*STRIDES, 1)[i], bias=i == 0)]
        of_x += [nn.BatchNorm2d(maps)] if i else []
        of_x += [nn.LeakyReLU(0.01, inplace=True)]

    def dense(sizes: list[int], bias: bool) -> list[nn.Module]:
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(sizes):
            layers += [nn.Dropout(dropout), nn.Linear(before, after, bias=bias)]
            layers += [nn.LeakyReLU(0.01, inplace=True)]
        return layers

    both = [*dense([1024, 1024, 1024], True), nn.Dropout(dropout), nn.Linear(1024, 1)]
    return Joint(
        nn.Sequential(*of_x, nn.Flatten()),
        nn.Sequential(*dense([noise, 512, 512], False)),
        nn.Sequential(*both),
    )


class ALI(Game):
    paper = Paper(
        "Adversarially Learned Inference",
        "Dumoulin, Belghazi, Poole, Mastropietro, Lamb, Arjovsky, Courville",
        2016,
        "https://arxiv.org/abs/1606.00704",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16)}),
        "paper": Preset(
            {"x": Image(3, 32, 32)},
            {
                "network": "convolutional",
                "noise": 256,
                "batch": 100,
                "images": 7_325_700,  # 100 epochs of SVHN's training part
                "lr": 1e-4,
                "ema": None,
            },
            data="svhn",
        ),
    }

    def __init__(self, config: ALIConfig, x: Image | Points) -> None:
        super().__init__(config)
        self.inputs, self.output = {"z": Noise(config.noise)}, x
        recipe = Adam(config.lr, (config.beta1, 0.999))
        G, E, D = _networks(config, x)
        self.G, self.E = (Player(net, recipe, ema=config.ema) for net in (G, E))
        self.D = Player(D, recipe)

    def infer(self, x: Tensor) -> Tensor:
        """E(x), drawn: (n, noise)."""
        mean, log_std = self.E(x).chunk(2, 1)
        return mean + log_std.exp() * self.noise(len(x))

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        x = next(data).x
        z = self.noise(len(x))
        with torch.no_grad():
            guess, made = self.infer(x), self.G(z)
        real, fake = self.D(x, guess), self.D(made, z)
        figures = {"D(x, E(x))": real.sigmoid().mean(), "D(G(z), z)": fake.sigmoid().mean()}
        yield Move(self.D, minimax_d(real, fake), **figures)

        z = self.noise(len(x))
        real, fake = self.D(x, self.infer(x)), self.D(self.G(z), z)
        yield Move((self.G, self.E), minimax_d(fake, real), copy=self._miss(x))

    @torch.no_grad()
    def _miss(self, x: Tensor) -> Tensor:
        return (self.G(self.E(x).chunk(2, 1)[0]) - x).abs().mean()

    def generate(self, z: Tensor) -> Tensor:
        return self.G.best(z)

    def encode(self, x: Tensor) -> Tensor:
        """μ(x), the latent vector that most likely made x: (n, noise)."""
        return self.E.best(x).chunk(2, 1)[0]

    def reconstruct(self, x: Tensor) -> Tensor:
        """G(μ(x)): (n, *x.shape)."""
        return self.G.best(self.encode(x))

    def judge(self, x: Tensor) -> Tensor:
        return self.D(x, self.encode(x))


def _networks(config: ALIConfig, x: Image | Points) -> tuple[nn.Module, nn.Module, nn.Module]:
    """G, E and D."""
    noise, hidden = config.noise, (config.hidden,) * config.layers
    if config.network == "dense" or isinstance(x, Points):
        G = MLP((noise,), x.shape, hidden, squash=isinstance(x, Image))
        D = MLP((math.prod(x.shape) + noise,), (), hidden)
        return G, MLP(x.shape, (2 * noise,), hidden), Joint(nn.Flatten(), nn.Identity(), D)
    if min(x.height, x.width) < 20:
        raise UsageError(
            f"ali's convolutional networks make pictures of at least 20x20 pixels, "
            f"not {x.height}x{x.width}; its dense ones make any"
        )
    begin = partial(normal_, std=0.01)
    D_conv = _discriminator(x, noise, config.dropout).apply(begin)
    return Decoder(noise, x).apply(begin), _encoder(x, noise).apply(begin), D_conv

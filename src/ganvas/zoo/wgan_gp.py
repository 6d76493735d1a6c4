"""Improved Training of Wasserstein GANs.

A critic measures the Wasserstein distance only while its slope is nowhere above 1. Clipping its
weights, as WGAN does, leaves it too simple; a penalty asks instead for slope 1 along the straight
lines between real and generated samples, and training becomes stable for almost any network.

Ishaan Gulrajani, Faruk Ahmed, Martin Arjovsky, Vincent Dumoulin, Aaron Courville. NeurIPS 2017.
https://arxiv.org/abs/1704.00028

    L_C = E[C(G(z))] - E[C(x)] + λ E[(||∇C(x̂)||₂ - 1)²],   x̂ = ε x + (1 - ε) G(z)           (eq. 3)

Shapes: z (n, noise) -> x (n, ...), points or pictures; C maps x to a score (n,), in units of x.

Figures: `wasserstein` is the estimate E[C(x)] - E[C(G(z))] of the distance between data and
samples, the further below the truth the more C lags behind; `gp` is the mean of
(||∇C|| - 1)², before its weight.

Deviations from the paper: the default learns from points with small networks, a larger batch and a
learning rate that falls to 0, and shows a moving average of G. λ is 10 for pictures and, as in the
authors' code for toy laws, 0.1 for points. For pictures the default G has layer norm in place of
batch norm, so no sample depends on its batch. `--preset paper` is the residual pair at 64x64.

Reproduce: `ganvas train wgan_gp --data ring8 --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

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
from ganvas.nets.dcgan import DCGANDiscriminator, DCGANGenerator, Norm, layer_norm
from ganvas.nets.dense import MLP
from ganvas.nets.initial import normal_
from ganvas.nets.sizes import halvings
from ganvas.tricks.duel import Duel
from ganvas.tricks.options import DuelConfig, PenaltyName

POINTS, PICTURES = Schedule.parse("3e-3@0 0@1"), Schedule.parse("1e-3@0 1e-3@0.4 0@1")
"""Learning rates that fall: the end of a run sharpens the samples."""


@dataclass(frozen=True)
class WGANGPConfig(DuelConfig):
    loss: LossName = "wasserstein"
    """What either side wants (the paper: wasserstein)."""
    penalty: tuple[PenaltyName, ...] = ("gp",)
    """On C's slope (the paper: gp)."""
    batch: Count = 128
    """Images per step, over all processes and micro-batches (the paper: 64)."""
    images: Count = 1_280_000
    """Length of the run: how many real images it sees (repeats counted)."""
    noise: Count | None = None
    """Size of the latent vector z; None is the authors': 128 for pictures, 2 for points."""
    critic_steps: Count = 5
    """Steps of C for each of G."""
    penalty_weight: Weight | None = None
    """Weight λ of the penalty; None is the authors': 10 for pictures, 0.1 for points."""
    lr: float | Schedule | None = None
    """Adam's learning rate, for both players (the paper: 1e-4); None is one that falls to 0, from
    1e-3 for pictures and from 3e-3 for points."""
    betas: tuple[Share, Share] | None = None
    """Adam's two momenta; None is the authors': 0 and 0.9 for pictures, 0.5 and 0.9 for points."""
    hidden: Count = 128
    """Points: units in each of the three hidden layers of G and C (the authors: 512)."""
    network: Literal["dcgan", "resnet"] = "dcgan"
    """Pictures: which networks play (the paper tries both, and more)."""
    width: Count = 16
    """Pictures: feature maps beside the image; each halving doubles them (the paper: 64)."""
    norm: Literal["layer", "batch"] = "layer"
    """Pictures: what normalises G's feature maps (the paper: batch). C's is layer norm always."""
    ema: Share | None = 0.995
    """Decay of G's moving average, the one that is shown; None shows G itself."""


class ResidualBlock(nn.Module):
    """Twice norm, ReLU and 3x3 convolution, beside a shortcut; it doubles or halves the size.

    (n, before, h, w) -> (n, after, 2h, 2w) or (n, after, h/2, w/2).
    """

    def __init__(self, before: int, after: int, norm: Norm, *, up: bool) -> None:
        super().__init__()
        middle = after if up else before
        self.up = up
        self.shortcut = nn.Conv2d(before, after, 1)
        self.norm1, self.norm2 = norm(before), norm(middle)
        self.conv1 = nn.Conv2d(before, middle, 3, 1, 1, bias=False)
        self.conv2 = nn.Conv2d(middle, after, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm1(x).relu()
        if self.up:
            short = self.shortcut(interpolate(x, scale_factor=2))
            h = self.conv1(interpolate(h, scale_factor=2))
            return short + self.conv2(self.norm2(h).relu())
        h = self.conv2(self.norm2(self.conv1(h)).relu())
        return self.shortcut(avg_pool2d(x, 2)) + avg_pool2d(h, 2)


class ResNetGenerator(nn.Module):
    """z (n, noise) -> x (n, channels, base·2^k), in [-1, 1]."""

    def __init__(
        self, noise: int, width: int, channels: int, k: int, base: tuple[int, int], norm: Norm
    ) -> None:
        super().__init__()
        maps = [width * 2 ** (k - 1), *(width * 2**i for i in reversed(range(k)))]
        self.shape = (maps[0], *base)
        self.enter = nn.Linear(noise, maps[0] * base[0] * base[1])
        blocks = [ResidualBlock(a, b, norm, up=True) for a, b in pairwise(maps)]
        last = [norm(width), nn.ReLU(), nn.Conv2d(width, channels, 3, 1, 1), nn.Tanh()]
        self.layers = nn.Sequential(*blocks, *last)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(self.enter(z).unflatten(1, self.shape))


class ResNetCritic(nn.Module):
    """x (n, channels, base·2^k) -> score (n,)."""

    def __init__(self, width: int, channels: int, k: int, base: tuple[int, int]) -> None:
        super().__init__()
        maps = [width * 2 ** min(i, k - 1) for i in range(k + 1)]
        blocks = [ResidualBlock(a, b, layer_norm, up=False) for a, b in pairwise(maps)]
        self.layers = nn.Sequential(nn.Conv2d(channels, width, 3, 1, 1), *blocks, nn.Flatten())
        self.out = nn.Linear(maps[-1] * base[0] * base[1], 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.layers(x)).flatten()


class WGANGP(Duel):
    paper = Paper(
        "Improved Training of Wasserstein GANs",
        "Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville",
        2017,
        "https://arxiv.org/abs/1704.00028",
    )
    presets = {
        "default": Preset({"x": Points(2)}, data="ring8"),
        "paper": Preset(
            {"x": Image(3, 64, 64)},
            {
                "batch": 64,
                "network": "resnet",
                "width": 64,
                "norm": "batch",
                "images": 64_000_000,
                "lr": 1e-4,
                "ema": None,
            },
            data="imagenet",
        ),
    }

    def __init__(self, config: WGANGPConfig, x: Image | Points) -> None:
        super().__init__(config)
        picture = isinstance(x, Image)
        noise = (128 if picture else 2) if config.noise is None else config.noise
        self.inputs, self.output = {"z": Noise(noise)}, x
        G, C = _networks(config, noise, x)
        betas = config.betas or ((0.0, 0.9) if picture else (0.5, 0.9))
        lr = (PICTURES if picture else POINTS) if config.lr is None else config.lr
        recipe = Adam(lr, betas)
        self.G = Player(G, recipe, ema=config.ema)
        self.C = Player(C, recipe)
        self.enter(maker=self.G, critic=self.C, penalty_weight=10.0 if picture else 0.1)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        for _ in range(self.config.critic_steps):
            x = next(data).x
            yield from self.tell_apart(x, self.G.still(self.noise(len(x))))

        yield from self.fool(self.G(self.noise(len(x))), x)

    def generate(self, z: Tensor) -> Tensor:
        return self.G.best(z)

    def judge(self, x: Tensor) -> Tensor:
        return self.C(x)


def _networks(config: WGANGPConfig, noise: int, x: Image | Points) -> tuple[nn.Module, nn.Module]:
    """G and C, as the kind of x asks for."""
    if isinstance(x, Points):
        hidden = (config.hidden,) * 3
        return MLP((noise,), x.shape, hidden), MLP(x.shape, (), hidden)
    k = halvings("wgan_gp", x.height, x.width)
    base = (x.height >> k, x.width >> k)
    norm: Norm = nn.BatchNorm2d if config.norm == "batch" else layer_norm
    size = (config.width, x.channels, k)
    if config.network == "resnet":
        G: nn.Module = ResNetGenerator(noise, *size, base, norm)
        return G, ResNetCritic(*size, base)
    G = DCGANGenerator(noise, *size, base=base, norm=norm)
    C = DCGANDiscriminator(*size, base=base, norm=layer_norm)
    return G.apply(normal_), C.apply(normal_)

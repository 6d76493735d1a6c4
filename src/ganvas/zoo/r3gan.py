"""The GAN is dead; long live the GAN! A Modern GAN Baseline.

Make the loss well-behaved and the tricks can go: scores count only in pairs of a real and a made
picture, and a penalty on both kinds keeps D smooth; that converges, so plain residual networks
without normalisation, styles or noise maps do.

Yiwen Huang, Aaron Gokaslan, Volodymyr Kuleshov, James Tompkin. NeurIPS 2024.
https://arxiv.org/abs/2501.05441

D descends E[softplus(D(G(z)) - D(x))] + γ/2 E[||∇D(x)||²] + γ/2 E[||∇D(G(z))||²] (R1 and R2),
G descends E[softplus(D(x) - D(G(z)))].

Shapes: z (n, noise), label (n,) if `conditional` -> x (n, channels, h·2^k, w·2^k) from h x w of 4
to 7 pixels on the shorter side; D maps x to a score (n,). Both have `blocks` residual blocks

    x + W3 · act(W2 * act(W1 · x + b1) + b2),    W1, W3 1x1, W2 3x3 in groups,

at each size, and resample between sizes through the filter (1, 3, 3, 1). W3 begins as 0, W1 and W2
at He's scale times L^(-1/4), for L blocks (fix-up). G begins with a learned picture of h x w pixels
whose maps a linear function of z weighs; D ends with a weighted sum over each of its h x w maps.

Figures: `D(x)` and `D(G(z))` are mean scores, of which only the difference means anything; `r1` and
`r2` are the penalties before their weight γ.

Deviations from the paper: the default is narrower, for minutes on one core, with a higher learning
rate, one γ, and lazy penalties. Cosines are lines of eight pieces; G's average has one decay, and
no schedule. The paper's augmentation is left out; see `--augment ada`. Not held against the
paper's appendix, which we could not get: γ, rates, β2, half-lives and batches of `--preset paper`
(FFHQ at 256x256) and `--preset cifar10`, in how many images they change (20 M), and how long FFHQ's
run is.

Reproduce: `ganvas train r3gan --data digits --seed 0`
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

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
    Rate,
    Schedule,
    Share,
    UsageError,
    Weight,
)
from ganvas.losses.adversarial import LossName
from ganvas.nets.resample import down, up
from ganvas.nets.sizes import halvings
from ganvas.tricks.duel import Duel
from ganvas.tricks.options import DuelConfig, PenaltyName

Maps = Sequence[int]
Size = tuple[int, int]


def course(gamma: float, batch: int, images: int, half_life: float) -> dict[str, Any]:
    """The paper's widths, and its schedules: what changes does so within 20 million images."""
    wide = {"base": 6144, "widest": 768, "blocks": 2, "penalty_every": 1}
    share, fall = 20e6 / images, Schedule.cosine
    rates = {"lr": fall(2e-4, 5e-5, share), "beta2": fall(0.9, 0.99, share)}
    long = {"batch": batch, "images": images, "ema": 0.5 ** (batch / half_life)}
    return {**wide, **long, **rates, "penalty_weight": fall(gamma, gamma / 10, share)}


@dataclass(frozen=True)
class R3GANConfig(DuelConfig):
    batch: Count = 32
    """Pictures per step (the paper: 256; 512 for CIFAR-10)."""
    loss: LossName = "relativistic"
    """What either side wants (the paper: relativistic, in pairs)."""
    penalty: tuple[PenaltyName, ...] = ("r1", "r2")
    """On D's slope (the paper: both)."""
    penalty_weight: Weight | Schedule | None = 0.3
    """Weight γ of both penalties (the paper: from 150 to 15 at 256x256, from 0.05 for CIFAR-10)."""
    penalty_every: Count = 4
    """They count in each so many-th round only, so many times as much (the paper: in all)."""
    conditional: bool = False
    """Whether both players are told the label."""
    noise: Count = 64
    """Size of the latent vector z."""
    base: Count = 64
    """Feature maps at 4·2^i pixels, between blocks: base / 2^i, within the next two limits."""
    widest: Count = 64
    """The most feature maps (the paper: 768)."""
    narrowest: Count = 16
    """The fewest feature maps."""
    blocks: Count = 1
    """Residual blocks at each size (the paper: 2)."""
    expansion: Count = 2
    """How many times as many feature maps a block has within."""
    group_size: Count = 16
    """Feature maps that a 3x3 convolution mixes: those of its group."""
    lr: Rate = 2e-3
    """Adam's learning rate, for both players (the paper: 2e-4 falling to 5e-5)."""
    beta2: Rate = 0.99
    """Adam's second momentum; the first is 0 (the paper: 0.9 rising to 0.99)."""
    ema: Share | None = 0.99
    """Decay of G's moving average, the one that is shown; None shows G itself."""


def scaled(layer: nn.Conv2d | nn.Linear, gain: float = 1.0) -> nn.Conv2d | nn.Linear:
    """Weights from N(0, gain² / fan in), no bias at first."""
    nn.init.normal_(layer.weight, 0.0, gain / math.sqrt(layer.weight[0].numel()))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


class Block(nn.Module):
    """(n, maps, h, w) -> the same, at first unchanged; `depth` blocks are in its network."""

    def __init__(self, maps: int, hidden: int, group: int, depth: int) -> None:
        super().__init__()
        gain = math.sqrt(2 / (1 + 0.2**2)) * depth**-0.25
        self.expand = scaled(nn.Conv2d(maps, hidden, 1), gain)
        self.spatial = scaled(nn.Conv2d(hidden, hidden, 3, 1, 1, groups=hidden // group), gain)
        self.contract = nn.Conv2d(hidden, maps, 1, bias=False)
        nn.init.zeros_(self.contract.weight)
        self.act = nn.LeakyReLU(0.2)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.contract(self.act(self.spatial(self.act(self.expand(x)))))


class Stack(nn.Module):
    """The blocks of all sizes, `maps[i]` feature maps each, and what changes the number between."""

    def __init__(self, maps: Maps, blocks: int, expansion: int, group: int) -> None:
        super().__init__()
        depth = blocks * len(maps)
        self.sizes = nn.ModuleList(
            nn.Sequential(*(Block(m, expansion * m, group, depth) for _ in range(blocks)))
            for m in maps
        )
        self.between = nn.ModuleList(
            scaled(nn.Conv2d(a, b, 1, bias=False)) if a != b else nn.Identity()
            for a, b in pairwise(maps)
        )


class Generator(Stack):
    """z (n, noise), label (n,) or None -> x (n, channels, h·2^k, w·2^k); `maps[0]` at h x w."""

    def __init__(
        self, noise: int, classes: int, maps: Maps, channels: int, start: Size, **shape: int
    ) -> None:
        super().__init__(maps, **shape)
        self.embed = nn.Embedding(classes, noise) if classes else None
        self.basis = nn.Parameter(torch.randn(maps[0], *start))
        self.weigh = scaled(nn.Linear(noise * (1 + (classes > 0)), maps[0], bias=False))
        self.to_image = scaled(nn.Conv2d(maps[-1], channels, 1, bias=False))

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        if self.embed is not None:
            z = torch.cat([z, self.embed(label)], 1)
        h = self.sizes[0](self.basis * self.weigh(z)[:, :, None, None])
        for change, blocks in zip(self.between, self.sizes[1:], strict=True):
            h = blocks(up(change(h)))
        return self.to_image(h)


class Discriminator(Stack):
    """x (n, channels, h·2^k, w·2^k), label (n,) or None -> score (n,); `maps[-1]` at h x w."""

    def __init__(self, classes: int, maps: Maps, channels: int, end: Size, **shape: int) -> None:
        super().__init__(maps, **shape)
        last = maps[-1]
        self.embed = nn.Embedding(classes, last) if classes else None
        self.from_image = scaled(nn.Conv2d(channels, maps[0], 1, bias=False))
        self.gather = scaled(nn.Conv2d(last, last, end, groups=last, bias=False))
        self.score = scaled(nn.Linear(last, last if classes else 1, bias=False))

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        h = self.sizes[0](self.from_image(x))
        for change, blocks in zip(self.between, self.sizes[1:], strict=True):
            h = blocks(change(down(h)))
        h = self.score(self.gather(h).flatten(1))
        if self.embed is None:
            return h.flatten()
        return (h * self.embed(label)).sum(1) / math.sqrt(h.shape[1])


class R3GAN(Duel):
    paper = Paper(
        "The GAN is dead; long live the GAN! A Modern GAN Baseline",
        "Huang, Gokaslan, Kuleshov, Tompkin",
        2024,
        "https://arxiv.org/abs/2501.05441",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16)}),
        "paper": Preset({"x": Image(3, 256, 256)}, course(150, 256, 150_000_000, 5e5), data="ffhq"),
        "cifar10": Preset(
            {"x": Image(3, 32, 32), "label": Label(10)},
            {**course(0.05, 512, 250_000_000, 5e6), "conditional": True},
            data="cifar10",
        ),
    }

    def __init__(self, config: R3GANConfig, x: Image, label: Label | None = None) -> None:
        super().__init__(config)
        k = halvings("r3gan", x.height, x.width)
        start = (x.height >> k, x.width >> k)
        maps = [max(min(config.base >> i, config.widest), config.narrowest) for i in range(k + 1)]
        if wrong := [w for m in maps if (w := config.expansion * m) % config.group_size]:
            why = f"{wrong[0]} feature maps within a block are not in groups of {config.group_size}"
            raise UsageError(f"{why}; change base, widest, narrowest, expansion or group_size")
        if config.conditional and label is None:
            raise UsageError("r3gan --conditional needs a label: FOLDER/<class>/ for each")
        told = {"label": label} if config.conditional and label is not None else {}
        classes = sum(space.classes for space in told.values())
        self.inputs, self.output = {"z": Noise(config.noise), **told}, x
        shape = {"blocks": config.blocks, "expansion": config.expansion, "group": config.group_size}
        recipe = Adam(config.lr, (0.0, config.beta2))
        G = Generator(config.noise, classes, maps, x.channels, start, **shape)
        D = Discriminator(classes, maps[::-1], x.channels, start, **shape)
        self.G = Player(G, recipe, ema=config.ema)
        self.D = Player(D, recipe)
        self.enter(maker=self.G, critic=self.D)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        batch = next(data)
        x, given = batch.x, (batch.label,) if self.config.conditional else ()
        yield from self.tell_apart(x, self.G.still(self.noise(len(x)), *given), *given)
        yield from self.fool(self.G(self.noise(len(x)), *given), x, *given)

    def generate(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        return self.G.best(z, label).clamp(-1, 1)

    def judge(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        return self.D(x, label)

"""Spectral Normalization for Generative Adversarial Networks.

Each weight of D is divided by its largest singular value, which a step of the power iteration keeps
track of at next to no cost. No layer can then stretch what it sees, so D's slope is bounded
everywhere, without a penalty, and G always has something to learn from. With labels, D adds to its
score how well the picture's features fit the class: a projection.

Takeru Miyato, Toshiki Kataoka, Masanori Koyama, Yuichi Yoshida. ICLR 2018.
https://arxiv.org/abs/1802.05957
Takeru Miyato, Masanori Koyama. cGANs with Projection Discriminator. ICLR 2018.
https://arxiv.org/abs/1802.05637

    W / σ(W),   σ(W) = uᵀ W v,   v <- Wᵀ u / |Wᵀ u|,   u <- W v / |W v|       (algorithm 1)
    D descends  E[max(0, 1 - D(x, y))] + E[max(0, 1 + D(G(z, y), y))]         (equation 16)
    G descends  -E[D(G(z, y), y)]                                             (equation 17)
    D(x, y) = embed(y)·φ(x) + ψ(φ(x))                                         (projection, eq. 3)

Shapes: z (n, noise), and label (n,) if the data has labels -> x (n, channels, h·2^k, w·2^k) from
h x w of 4 to 7 pixels on the shorter side; D maps x and its label to a score (n,).

Figures: `D(x)` and `D(G(z))` are mean scores. D wants 1 and -1 and nothing beyond; both near each
other means that D cannot tell.

Deviations from the paper: the default is smaller, with one step of D for each of G, and shows a
moving average of G. Made pictures have the labels of the real ones beside them, where the authors
draw labels evenly. G's step sees as many pictures as D's, where the authors' code has twice as
many. `--preset paper` is the residual pair for CIFAR-10 without labels (table 4); `--network dcgan`
is the strided one (table 3), which the paper trains with the non-saturating loss.

Reproduce: `ganvas train sngan --data digits --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Literal

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
)
from ganvas.losses.adversarial import LossName
from ganvas.nets.conditional import ClassNorm, ProjectedScore
from ganvas.nets.dcgan import Norm
from ganvas.nets.residual import ResNetDiscriminator, ResNetGenerator, glorot_
from ganvas.nets.sizes import halvings
from ganvas.tricks.duel import Duel
from ganvas.tricks.options import DuelConfig

LATE_FALL = Schedule.parse("1e-3@0 1e-3@0.5 0@1")


@dataclass(frozen=True)
class SNGANConfig(DuelConfig):
    loss: LossName = "hinge"
    """What either side wants (the paper: hinge)."""
    spectral_norm: bool = True
    """Whether each layer of D has largest singular value 1 (the paper's idea)."""
    conditional: bool = True
    """Whether both players are told the label, where the data has labels."""
    network: Literal["resnet", "dcgan"] = "resnet"
    """Residual networks, or strided convolutions."""
    noise: Count = 32
    """Size of the latent vector z (the paper: 128)."""
    width_g: Count = 16
    """G's feature maps beside the image; each halving of the size doubles them."""
    widest_g: Count = 64
    """Most feature maps of G (the paper: 256 throughout at 32x32, 64 to 1024 at 128x128)."""
    width_d: Count = 16
    """D's feature maps after its first block; each further block doubles them."""
    widest_d: Count = 64
    """Most feature maps of D (the paper: 128 throughout at 32x32, 64 to 1024 at 128x128)."""
    flat: Count = 1
    """How many of D's residual blocks, the last ones, keep the size of their maps (the paper: 2 at
    32x32, 1 at 128x128)."""
    critic_steps: Count = 1
    """Steps of D for each of G (the paper: 5)."""
    lr: Rate = LATE_FALL
    """Adam's learning rate, for both players (the paper: 2e-4, falling to 0)."""
    betas: tuple[Share, Share] = (0.0, 0.9)
    """Adam's two momenta."""
    ema: Share | None = 0.995
    """Decay of G's moving average, the one that is shown; None shows G itself."""


class StridedGenerator(nn.Module):
    """z (n, noise), and what its norms are given -> x (n, channels, base·2^k) in [-1, 1].

    Args:
        maps: feature maps at base, base·2 ... base·2^k.
    """

    def __init__(
        self, noise: int, maps: list[int], channels: int, base: tuple[int, int], norm: Norm
    ) -> None:
        super().__init__()
        self.shape = (maps[0], *base)
        self.enter = nn.Linear(noise, maps[0] * base[0] * base[1])
        self.ups = nn.ModuleList(nn.ConvTranspose2d(a, b, 4, 2, 1) for a, b in pairwise(maps))
        self.norms = nn.ModuleList(norm(m) for m in maps[1:])
        self.leave = nn.Conv2d(maps[-1], channels, 3, 1, 1)

    def forward(self, z: Tensor, *given: Tensor) -> Tensor:
        h = self.enter(z).unflatten(1, self.shape)
        for up, norm in zip(self.ups, self.norms, strict=True):
            h = norm(up(h), *given).relu()
        return self.leave(h).tanh()


class StridedDiscriminator(nn.Module):
    """x (n, channels, base·2^k), and its class (n,) if there are classes -> score (n,).

    Args:
        maps: feature maps at base·2^k ... base·2, base.
    """

    def __init__(self, channels: int, maps: list[int], base: tuple[int, int], classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in pairwise([channels, *maps[:-1]]):
            layers += [nn.Conv2d(before, after, 3, 1, 1), nn.LeakyReLU(0.1)]
            layers += [nn.Conv2d(after, after, 4, 2, 1), nn.LeakyReLU(0.1)]
        layers += [nn.Conv2d(maps[-2], maps[-1], 3, 1, 1), nn.LeakyReLU(0.1)]
        self.layers = nn.Sequential(*layers, nn.Flatten())
        self.head = ProjectedScore(maps[-1] * base[0] * base[1], classes)

    def forward(self, x: Tensor, *label: Tensor) -> Tensor:
        return self.head(self.layers(x), *label)


class SNGAN(Duel):
    paper = Paper(
        "Spectral Normalization for Generative Adversarial Networks",
        "Miyato, Kataoka, Koyama, Yoshida",
        2018,
        "https://arxiv.org/abs/1802.05957",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16), "label": Label(10)}),
        "paper": Preset(
            {"x": Image(3, 32, 32)},
            {
                "conditional": False,
                "noise": 128,
                "width_g": 256,
                "widest_g": 256,
                "width_d": 128,
                "widest_d": 128,
                "flat": 2,
                "critic_steps": 5,
                "lr": "2e-4@0 0@1",
                "images": 16_000_000,
                "ema": None,
            },
            data="cifar10",
        ),
    }

    def __init__(self, config: SNGANConfig, x: Image, label: Label | None = None) -> None:
        super().__init__(config)
        self.inputs, self.output = {"z": Noise(config.noise)}, x
        told = label if config.conditional else None
        if told is not None:
            self.inputs["label"] = told
        G, D = networks(config, x, 0 if told is None else told.classes)
        recipe = Adam(config.lr, config.betas)
        self.G = Player(G.apply(glorot_), recipe, ema=config.ema)
        self.D = Player(D.apply(glorot_), recipe)
        self.enter(maker=self.G, critic=self.D)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        for _ in range(self.config.critic_steps):
            batch = next(data)
            x, told = batch.x, self.told(batch)
            yield from self.tell_apart(x, self.G.still(self.noise(len(x)), *told), *told)

        yield from self.fool(self.G(self.noise(len(x)), *told), x, *told)

    def told(self, batch: Batch) -> tuple[Tensor, ...]:
        """What both players are told of each row: its label, or nothing."""
        return (batch.label,) if "label" in self.inputs else ()

    def generate(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        return self.G.best(z) if label is None else self.G.best(z, label)

    def judge(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        return self.D(x) if label is None else self.D(x, label)


def networks(config: SNGANConfig, x: Image, classes: int) -> tuple[nn.Module, nn.Module]:
    """G and D of the chosen kind.

    Raises:
        UsageError: for pictures that cannot be halved, or too many flat blocks.
    """
    k = halvings("sngan", x.height, x.width)
    base = (x.height >> k, x.width >> k)
    maps_g = [min(config.width_g * 2**i, config.widest_g) for i in reversed(range(k + 1))]
    maps_d = [min(config.width_d * 2**i, config.widest_d) for i in range(k + 1)]
    norm: Norm = partial(ClassNorm, classes=classes) if classes > 0 else nn.BatchNorm2d
    if config.network == "dcgan":
        return (
            StridedGenerator(config.noise, maps_g, x.channels, base, norm),
            StridedDiscriminator(x.channels, maps_d, base, classes),
        )
    if config.flat > k + 1:
        raise UsageError(
            f"sngan's D has {k + 1} blocks at {x.height}x{x.width} pixels: flat is at most "
            f"{k + 1}, not {config.flat}"
        )
    return (
        ResNetGenerator(config.noise, maps_g, x.channels, base=base, norm=norm),
        ResNetDiscriminator(x.channels, maps_d, k + 1 - config.flat, classes=classes),
    )

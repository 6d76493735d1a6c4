"""Semantic Image Synthesis with Spatially-Adaptive Normalization.

A generator that is shown a map of labels at its input forgets it: normalisation washes out what is
the same all over. Here the map is told to every normalisation instead, which scales and shifts each
pixel by what belongs there. So G begins with noise, and needs no encoder; the noise is the style.

Taesung Park, Ming-Yu Liu, Ting-Chun Wang, Jun-Yan Zhu. CVPR 2019. https://arxiv.org/abs/1903.07291

    SPADE(h, x) = γ(x) (h - μ) / σ + β(x), with γ and β by two layers of convolution     (eq. 1)

    D descends  mean over k of  max(0, 1 - D_k(x, y)) + max(0, 1 + D_k(x, G(x, z)))
    G descends  mean over k of  -D_k(x, G(x, z)) + λ FM + ρ ||y - G(x, z)||₁ + κ KL(E(y) || N(0, I))

FM is the feature matching of pix2pixHD. With an encoder E, z is drawn from E(y) while G learns, and
E learns along: then z carries what the map does not say. To show, z is drawn from N(0, I).

Shapes: x (n, channels of x, h, w) and z (n, noise) -> y (n, channels of y, h, w), from maps of
h / 2^doublings; E maps y to the mean and the log variance of z. D_k maps a pair, at 1 / 2^k of its
size, to scores of overlapping patches, 70x70 pixels for 3 layers.

Figures: `D(x, y)` and `D(x, G)` are the mean scores of D, which wants them above 1 and below -1;
`matching` is FM; `off` the mean absolute difference to y; `kl`, in nats, is how much E says of y.

Deviations from the paper: no VGG loss, since its weights do not come with ganvas, but an L1 loss in
the default; labels are the colours of x, not one channel for each class; KL is the mean over the
batch, the sum in the authors' code. Spectral norm is where that code has it: in residual blocks,
and in D and E but for their ends. The default is smaller, with one larger learning rate for all.

Reproduce: `ganvas train spade --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss
from torch.nn.utils.parametrizations import spectral_norm

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
    Preset,
    Rate,
    Schedule,
    UsageError,
    Weight,
)
from ganvas.losses.adversarial import hinge_d, wasserstein_g
from ganvas.losses.features import feature_matching
from ganvas.nets.multiscale import MultiscaleDiscriminator, scores_of
from ganvas.nets.sizes import halvings
from ganvas.nets.spatial import SPADEGenerator
from ganvas.nets.translation import Norm

HALF_THEN_DOWN = Schedule.parse("5e-4@0 5e-4@0.5 0@1")


@dataclass(frozen=True)
class SPADEConfig(Config):
    batch: Count = 4
    """Pairs per step (the paper: 32)."""
    images: Count = 6_000
    """Length of the run: how many pairs it sees (repeats counted)."""
    start: Literal["noise", "map"] = "noise"
    """What G begins with: z, or the map, made small (the authors' choice without an encoder)."""
    encoder: bool = True
    """Whether E finds z for pictures while G learns; only with noise at the start."""
    noise: Count = 32
    """Size of z (the paper: 256)."""
    width: Count = 8
    """Feature maps of G's last block; the first ones have 16 times as many (the paper: 64)."""
    hidden: Count = 16
    """Feature maps between the two layers of a SPADE (the paper: 128)."""
    doublings: Count = 4
    """How often G doubles its maps, 4 to 7 (the paper: 5 for 256x256)."""
    norm: Norm = "batch"
    """What a SPADE normalises over (the paper: the batches of all GPUs)."""
    patch_width: Count = 16
    """Feature maps of the first layer of D_k and of E (the paper: 64)."""
    layers: Count = 2
    """Layers of D_k that decide the size of its patches (the paper: 3, for 70x70)."""
    scales: Count = 2
    """How many discriminators there are."""
    matching: Weight = 10.0
    """λ, the weight of feature matching."""
    pixels: Weight = 30.0
    """ρ, the weight of the mean absolute difference to the truth (the paper: 0, and a VGG loss)."""
    kl: Weight = 0.05
    """κ, the weight of KL."""
    lr: Rate = HALF_THEN_DOWN
    """Adam's learning rate for G and E (the paper: 1e-4)."""
    lr_d: Rate = HALF_THEN_DOWN
    """Adam's learning rate for D (the paper: 4e-4)."""


class Encoder(nn.Module):
    """y (n, channels, height, width) -> mean and log variance of z, (n, noise) each."""

    def __init__(self, y: Image, width: int, noise: int) -> None:
        super().__init__()
        k = halvings("spade", y.height, y.width)
        maps = [y.channels, *(width * min(2**i, 8) for i in range(k))]
        layers: list[nn.Module] = []
        for before, after in pairwise(maps):
            layers += [nn.Conv2d(before, after, 3, 2, 1), nn.InstanceNorm2d(after)]
            layers += [nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Flatten())
        self.z = nn.Linear(maps[-1] * (y.height >> k) * (y.width >> k), 2 * noise)

    def forward(self, y: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_var = self.z(self.layers(y)).chunk(2, 1)
        return mean, log_var


class SPADE(Game):
    paper = Paper(
        "Semantic Image Synthesis with Spatially-Adaptive Normalization",
        "Park, Liu, Wang, Zhu",
        2019,
        "https://arxiv.org/abs/1903.07291",
    )
    presets = {
        "default": Preset({"x": Image(3, 64, 64), "y": Image(3, 64, 64)}, data="shapes:facades"),
        "paper": Preset(
            {"x": Image(3, 256, 256), "y": Image(3, 256, 256)},
            {
                "batch": 32,
                "images": 4_042_000,  # 200 epochs of the 20,210 pictures of ADE20K
                "noise": 256,
                "width": 64,
                "hidden": 128,
                "doublings": 5,
                "patch_width": 64,
                "layers": 3,
                "pixels": 0.0,
                "lr": "1e-4@0 1e-4@0.5 0@1",
                "lr_d": "4e-4@0 4e-4@0.5 0@1",
            },
            data="ade20k",
        ),
    }
    paired = True

    def __init__(self, config: SPADEConfig, x: Image, y: Image) -> None:
        super().__init__(config)
        base, noise = _check(config, x, y)
        self.inputs, self.output = {"x": x}, y
        if noise:
            self.inputs["z"] = Noise(noise)
        G = SPADEGenerator(
            x.channels,
            y.channels,
            config.width,
            base,
            config.doublings,
            noise=noise,
            hidden=config.hidden,
            norm=config.norm,
        ).apply(_xavier)
        G.bound()
        channels = x.channels + y.channels
        D = MultiscaleDiscriminator(
            channels, config.patch_width, config.layers, config.scales, spectral=True
        )
        self.G = Player(G, Adam(config.lr, (0.0, 0.999)))
        self.D = Player(D, Adam(config.lr_d, (0.0, 0.999)))
        if config.encoder:
            E = Encoder(y, config.patch_width, noise).apply(_xavier)
            for layer in E.layers:
                if isinstance(layer, nn.Conv2d):
                    spectral_norm(layer)
            self.E = Player(E, Adam(config.lr, (0.0, 0.999)))

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        batch = next(data)
        x, y = batch.x, batch.y
        z, kl = self._style(y)
        fake = self.G(x, z)
        pair = torch.cat([x, y], 1)
        real, made = self.D(pair), self.D(torch.cat([x, fake.detach()], 1))
        loss = [hinge_d(r[-1], m[-1]) for r, m in zip(real, made, strict=True)]
        figures = {"D(x, y)": scores_of(real).mean(), "D(x, G)": scores_of(made).mean()}
        yield Move(self.D, torch.stack(loss).mean(), **figures)

        real, made = self.D.still(pair), self.D(torch.cat([x, fake], 1))
        matching = feature_matching(real, made)
        total = torch.stack([wasserstein_g(m[-1]) for m in made]).mean()
        off = l1_loss(fake, y)
        total = total + self.config.matching * matching + self.config.pixels * off
        movers = (self.G, self.E) if self.config.encoder else (self.G,)
        yield Move(movers, total + self.config.kl * kl, matching=matching, off=off, kl=kl)

    def _style(self, y: Tensor) -> tuple[Tensor | None, Tensor]:
        """What G begins with to make y again, and the mean KL of the law that it is drawn from."""
        if "z" not in self.inputs:
            return None, y.new_zeros(())
        z = self.noise(len(y))
        if not self.config.encoder:
            return z, y.new_zeros(())
        mean, log_var = self.E(y)
        kl = (mean.square() + log_var.exp() - 1 - log_var).sum(1) / 2
        return mean + (log_var / 2).exp() * z, kl.mean()

    def generate(self, x: Tensor, z: Tensor | None = None) -> Tensor:
        return self.G(x, z)

    def judge(self, y: Tensor, x: Tensor) -> Tensor:
        return scores_of(self.D(torch.cat([x, y], 1)))


def _xavier(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.xavier_normal_(module.weight, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def _check(config: SPADEConfig, x: Image, y: Image) -> tuple[tuple[int, int], int]:
    """Height and width of G's first maps, and the size of z, if there is one.

    Raises:
        UsageError: for options or pictures that do not go together.
    """
    sizes = f"{x.height}x{x.width}", f"{y.height}x{y.width}"
    if sizes[0] != sizes[1]:
        raise UsageError(f"spade needs x and y of the same size, not {sizes[0]} and {sizes[1]}")
    if not 4 <= config.doublings <= 7:
        raise UsageError(f"spade doubles its maps 4 to 7 times, not {config.doublings}")
    step = 2**config.doublings
    if x.height % step or x.width % step:
        raise UsageError(
            f"spade makes pictures whose sides are multiples of {step} (with "
            f"{config.doublings} doublings), not {sizes[0]}"
        )
    if config.encoder and config.start == "map":
        raise UsageError("an encoder finds the noise that G begins with: take start noise, not map")
    return (x.height // step, x.width // step), config.noise if config.start == "noise" else 0

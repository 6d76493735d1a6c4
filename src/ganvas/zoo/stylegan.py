"""A Style-Based Generator Architecture for Generative Adversarial Networks.

A mapping network turns z into w first, and a picture is drawn from a constant: at each layer w says
how strong each feature is, and noise decides what is left to chance. So coarse layers can take
their style from one w and fine layers from another, and w need not be normal as z must.

Tero Karras, Samuli Laine, Timo Aila. CVPR 2019. https://arxiv.org/abs/1812.04948

Shapes: z (n, noise) -> w (n, style) -> x (n, channels, height, width); D maps x to a score (n,).
Both sides are halved k times, until the shorter one is 4 to 7 pixels: that is level 0. Both players
grow from level 1 to level k as ProGAN's do; level i has 2i + 2 layers, each with a w of its own and
a noise map. In each layer, with a convolution, to twice the size in the first layer of a level,

    x -> AdaIN(leaky_relu(x + strength · noise + bias), w),  AdaIN = y_s (x - μ(x)) / σ(x) + y_b,

where y = (y_s, y_b) is an affine map of w. `generate` shows the current level, enlarged to the full
size, and `judge` reduces to it.

D descends softplus(-D(x)) + softplus(D(G(z))) + γ/2 ||∇D(x)||², G descends softplus(-D(G(z))).

Figures: `D(x)` and `D(G(z))` are the mean probabilities of being real that D gives; `r1` is the
penalty on D's slope before γ; `size` and `alpha` say which level is played.

Deviations from the paper: the default is smaller and shorter, with a faster moving average. The
learning rate is one for all sizes; blur and convolution are exchanged, which is the same but at the
border. The parameters of `--preset paper` are those of the official networks; those that turn level
0 into pictures and back, which never move, are among them.

Reproduce: `ganvas train stylegan --data digits --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from ganvas.core import (
    Adam,
    Batch,
    Count,
    Image,
    Move,
    Noise,
    Paper,
    Player,
    Preset,
    Stage,
    Weight,
)
from ganvas.nets.equalised import Conv
from ganvas.nets.growing import GrowingDiscriminator, Growth, Place, ToImage
from ganvas.nets.resample import down
from ganvas.nets.sizes import halvings
from ganvas.nets.strided import ConvUp
from ganvas.nets.style import (
    AdaIN,
    Mapping,
    NoiseInput,
    StyledGenerator,
    Synthesis,
    feature_maps,
    noise_sizes,
)
from ganvas.tricks.styled import StyledConfig, StyledDuel


@dataclass(frozen=True)
class StyleGANConfig(StyledConfig):
    batch: Count = 16
    """Pictures per step, where `batches` does not say otherwise."""
    batches: tuple[Count, ...] = ()
    """Images per step at level 0, 1 ..., where they differ from `batch`."""
    last: Weight = 2.0
    """How long the last stage is, compared to each of the others."""


class Down(nn.Module):
    """To half the size, blurred."""

    def forward(self, x: Tensor) -> Tensor:
        return down(x)


class Layer(nn.Module):
    """Noise, a bias, a leaky ReLU and a style, after a convolution if one is given."""

    def __init__(self, conv: nn.Module, maps: int, width: int) -> None:
        super().__init__()
        self.conv, self.noise = conv, NoiseInput(maps)
        self.bias, self.style = nn.Parameter(torch.zeros(maps)), AdaIN(maps, width)

    def forward(self, x: Tensor, w: Tensor, noise: Tensor) -> Tensor:
        x = self.noise(self.conv(x), noise) + self.bias[:, None, None]
        y: Tensor = self.style(leaky_relu(x, 0.2), w)
        return y


class Grown(Synthesis):
    """Styles and noise maps -> x (n, channels, *the sides of a level)."""

    def __init__(
        self, maps: Sequence[int], base: tuple[int, int], channels: int, width: int
    ) -> None:
        super().__init__()
        self.sizes = noise_sizes(base, len(maps))
        first = maps[0]
        self.const = nn.Parameter(torch.ones(first, *base))
        layers = [
            Layer(nn.Identity(), first, width),
            Layer(Conv(first, first, 3, 1, bias=False), first, width),
        ]
        for a, b in pairwise(maps):
            layers += [
                Layer(ConvUp(a, b), b, width),
                Layer(Conv(b, b, 3, 1, bias=False), b, width),
            ]
        self.convs, self.to_image = nn.ModuleList(layers), ToImage(maps, channels)

    def forward(self, w: Tensor, noises: Sequence[Tensor], *place: Any) -> Tensor:
        level, alpha = place
        h = before = self.const.expand(w.shape[0], -1, -1, -1)
        for i in range(2 * level + 2):
            if i == 2 * level:
                before = h
            h = self.convs[i](h, w[:, i], noises[i])
        x: Tensor = self.to_image(h, before, level, alpha)
        return x


class Discriminator(nn.Module):
    """x (n, channels, *the sides of a level) -> score (n,); α (n,) while the level fades in."""

    def __init__(self, maps: Sequence[int], channels: int, base: tuple[int, int]) -> None:
        super().__init__()
        self.base = base
        self.growing = GrowingDiscriminator(maps, maps[0], channels, base, Down)

    def forward(self, x: Tensor, *alpha: Tensor) -> Tensor:
        level = (x.shape[2] // self.base[0]).bit_length() - 1
        score: Tensor = self.growing(x, level, *(a[:, None, None, None] for a in alpha))
        return score


class StyleGAN(StyledDuel):
    paper = Paper(
        "A Style-Based Generator Architecture for Generative Adversarial Networks",
        "Karras, Laine, Aila",
        2018,
        "https://arxiv.org/abs/1812.04948",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16)}),
        "paper": Preset(
            {"x": Image(3, 1024, 1024)},
            {
                "noise": 512,
                "style": 512,
                "mapping": 8,
                "base": 16384,
                "widest": 512,
                "batch": 16,
                "batches": (16, 16, 16, 16, 16, 16, 14, 6, 3),
                "images": 25_000_000,
                "last": 17.25,
                "lr": 1e-3,
                "penalty_weight": None,
                "ema": 0.999,
            },
            data="ffhq",
        ),
    }

    def __init__(self, config: StyleGANConfig, x: Image) -> None:
        super().__init__(config)
        k = halvings("stylegan", x.height, x.width)
        base = (x.height >> k, x.width >> k)
        self.growth = Growth(base, top=k, first=1)
        self.inputs, self.output = {"z": Noise(config.noise)}, x
        maps = feature_maps("stylegan", config.base, config.widest, k + 1)
        mapping = Mapping(config.noise, config.style, config.mapping)
        G = StyledGenerator(mapping, Grown(maps, base, x.channels, config.style))
        D = Discriminator(maps, x.channels, base)
        recipe = Adam(config.lr, (0.0, 0.99))
        self.G = Player(G, recipe, ema=config.ema)
        self.D = Player(D, recipe)
        self.enter(maker=self.G, critic=self.D)

    def stages(self) -> list[Stage]:
        return self.growth.stages(self.play, self.config.batches, self.config.last)

    @property
    def place(self) -> Place:
        return self.growth.place(self.clock)

    @property
    def layers(self) -> int:
        return 2 * self.place[0] + 2

    @property
    def sizes(self) -> list[tuple[int, int]]:
        return super().sizes[: self.layers]

    def fading(self, x: Tensor) -> tuple[Tensor, ...]:
        """What D is told beside each x: α, while a level fades in."""
        alpha = self.place[1]
        return () if alpha == 1 else (x.new_full((len(x),), alpha),)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        level, alpha = self.place
        x = self.growth.seen(next(data).x, level, alpha)
        n, given = len(x), self.fading(x)
        yield from self.tell_apart(x, self.still(n), *given, size=x.shape[2], alpha=alpha)
        yield from self.followed(self.fool(self.made(n), x, *given), n)

    def paint(self, w: Tensor, noises: Sequence[Tensor]) -> Tensor:
        return self.growth.enlarged(super().paint(w, noises), self.place[0])

    def judge(self, x: Tensor) -> Tensor:
        return self.D(self.growth.seen(x, self.place[0]), *self.fading(x))

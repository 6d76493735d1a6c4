"""Analyzing and Improving the Image Quality of StyleGAN.

A style scales the weights of a convolution instead of normalising what comes out of it, which left
blobs in every picture. Nothing grows any more: each size adds to the picture of the one below. And
a step of a given length in W is to change the picture by a given length, which makes G smooth.

Tero Karras, Samuli Laine, Miika Aittala, Janne Hellsten, Jaakko Lehtinen, Timo Aila. CVPR 2020.
https://arxiv.org/abs/1912.04958

Shapes: z (n, noise) -> w (n, style) -> x (n, channels, height, width); D maps x to a score (n,).
Both sides are halved k times, until the shorter one is 4 to 7 pixels. There are 2k + 2 layers, each
with a w of its own; all but the last take a noise map. With `--conditional` the mapping network and
D are told the label (n,) too, D by a term of its class (Miyato & Koyama 2018).

    D:  softplus(-D(x)) + softplus(D(G(z))) + γ/2 ||∇D(x)||², the last in each 16th round, 16 times
    G:  softplus(-D(G(z))) + β (||Jᵀy|| - a)², the last in each 4th round, 4 times

J is the Jacobian of G in w, y white noise, a the mean of ||Jᵀy|| so far. Here ||Jᵀy||² is the mean
over the layers, and y has variance 1 / (height · width). If the layers' parts of Jᵀy are of equal
length, β = 2 is the paper's weight, ln 2 / (r² (ln r - ln 2)), at every size r.

Figures: `D(x)` and `D(G(z))` are the mean probabilities of being real that D gives; `r1` is the
penalty on D's slope before γ, `path` the mean of ||Jᵀy||.

Deviations from the paper: the default is smaller and shorter, with a faster moving average. A lazy
term counts in the step of its round, and is no step of its own, so Adam keeps its rates.

Reproduce: `ganvas train stylegan2 --data digits --seed 0`
"""

from __future__ import annotations

import math
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
    Label,
    Move,
    Noise,
    Paper,
    Player,
    Preset,
    UsageError,
    Weight,
)
from ganvas.nets.equalised import Conv, Dense, MinibatchDeviation
from ganvas.nets.modulated import ModulatedConv
from ganvas.nets.resample import down, up
from ganvas.nets.sizes import halvings
from ganvas.nets.strided import ConvDown
from ganvas.nets.style import (
    Mapping,
    NoiseInput,
    StyledGenerator,
    Synthesis,
    feature_maps,
    noise_sizes,
)
from ganvas.tricks.paths import PathLengths, path_lengths
from ganvas.tricks.styled import StyledConfig, StyledDuel


@dataclass(frozen=True)
class StyleGAN2Config(StyledConfig):
    batch: Count = 16
    """Pictures per step (the paper: 32)."""
    conditional: bool = False
    """Whether both players are told the label of the data."""
    penalty_every: Count = 16
    """Lazy regularisation: R1 counts in each so many-th round only, so many times as much."""
    path_weight: Weight = 2.0
    """Weight β of the path lengths; 0 leaves them as they come."""
    path_every: Count = 4
    """They count in each so many-th round only, so many times as much (the paper: 8)."""
    path_shrink: Count = 2
    """They are those of a batch so many times smaller."""


class Layer(nn.Module):
    """A modulated convolution, noise and a leaky ReLU."""

    def __init__(self, before: int, after: int, width: int, up: bool = False) -> None:
        super().__init__()
        self.conv, self.noise = ModulatedConv(before, after, 3, width, up=up), NoiseInput(1)

    def forward(self, x: Tensor, w: Tensor, noise: Tensor) -> Tensor:
        return math.sqrt(2) * leaky_relu(self.noise(self.conv(x, w), noise), 0.2)


class Skips(Synthesis):
    """Each size adds its colours to the enlarged picture of the one below (figure 7b)."""

    def __init__(
        self, maps: Sequence[int], base: tuple[int, int], channels: int, width: int
    ) -> None:
        super().__init__()
        k = len(maps) - 1
        self.layers = 2 * k + 2
        self.sizes = noise_sizes(base, k + 1)[1:]
        self.const = nn.Parameter(torch.randn(maps[0], *base))
        self.convs = nn.ModuleList([Layer(maps[0], maps[0], width)])
        for a, b in pairwise(maps):
            self.convs += [Layer(a, b, width, up=True), Layer(b, b, width)]
        self.to_image = nn.ModuleList(
            ModulatedConv(m, channels, 1, width, demodulate=False) for m in maps
        )

    def forward(self, w: Tensor, noises: Sequence[Tensor], *place: Any) -> Tensor:
        h, styles = self.const.expand(w.shape[0], -1, -1, -1), w.unbind(1)
        h = self.convs[0](h, styles[0], noises[0])
        x: Tensor = self.to_image[0](h, styles[1])
        for i in range(1, len(self.convs), 2):
            h = self.convs[i](h, styles[i], noises[i])
            h = self.convs[i + 1](h, styles[i + 1], noises[i + 1])
            x = up(x) + self.to_image[i // 2 + 1](h, styles[i + 2])
        return x


class Block(nn.Module):
    """Two convolutions and a way around them, to half the size (figure 7c)."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.first, self.second = Conv(before, before, 3, 1), ConvDown(before, after)
        self.around = Conv(before, after, 1, gain=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        h = leaky_relu(self.second(leaky_relu(self.first(x), 0.2)), 0.2)
        return (h + self.around(down(x))) / math.sqrt(2)


class Discriminator(nn.Module):
    """x (n, channels, h, w), perhaps with a class (n,) -> score (n,)."""

    def __init__(
        self, maps: Sequence[int], base: tuple[int, int], channels: int, classes: int
    ) -> None:
        super().__init__()
        last = maps[0]
        blocks = [Block(b, a) for a, b in reversed([*pairwise(maps)])]
        self.features = nn.Sequential(
            Conv(channels, maps[-1], 1),
            nn.LeakyReLU(0.2),
            *blocks,
            MinibatchDeviation(),
            Conv(last + 1, last, 3, 1),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            Dense(last * base[0] * base[1], last),
            nn.LeakyReLU(0.2),
        )
        self.by_class = Dense(last, classes, gain=1, start=None) if classes > 0 else None
        self.score = Dense(last, 1, gain=1)

    def forward(self, x: Tensor, *label: Tensor) -> Tensor:
        h = self.features(x)
        score: Tensor = self.score(h)
        if self.by_class is not None:
            score = score + self.by_class(h).gather(1, label[0][:, None])
        return score.flatten()


class StyleGAN2(StyledDuel):
    paper = Paper(
        "Analyzing and Improving the Image Quality of StyleGAN",
        "Karras, Laine, Aittala, Hellsten, Lehtinen, Aila",
        2019,
        "https://arxiv.org/abs/1912.04958",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16)}),
        "paper": Preset(
            {"x": Image(3, 1024, 1024)},
            {
                "noise": 512,
                "style": 512,
                "mapping": 8,
                "base": 32768,
                "widest": 512,
                "batch": 32,
                "images": 25_000_000,
                "path_every": 8,
                "penalty_weight": None,
                "ema": 0.5 ** (32 / 10_000),
            },
            data="ffhq",
        ),
    }

    def __init__(self, config: StyleGAN2Config, x: Image, label: Label | None = None) -> None:
        super().__init__(config)
        k = halvings("stylegan2", x.height, x.width)
        base = (x.height >> k, x.width >> k)
        self.inputs, self.output, classes = {"z": Noise(config.noise)}, x, 0
        if config.conditional:
            if label is None:
                raise UsageError("stylegan2 --conditional needs a label: FOLDER/<class>/ for each")
            self.inputs["label"], classes = label, label.classes
        maps = feature_maps("stylegan2", config.base, config.widest, k + 1)
        mapping = Mapping(config.noise, config.style, config.mapping, classes)
        G = StyledGenerator(mapping, Skips(maps, base, x.channels, config.style))
        D = Discriminator(maps, base, x.channels, classes)
        recipe = Adam(config.lr, (0.0, 0.99))
        self.G = Player(G, recipe, ema=config.ema, double_backward=config.path_weight > 0)
        self.D = Player(D, recipe)
        self.paths = PathLengths()
        self.enter(maker=self.G, critic=self.D)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        batch, config = next(data), self.config
        x, n = batch.x, len(batch.x)
        given = (batch.label,) if config.conditional else ()
        yield from self.tell_apart(x, self.still(n, *given), *given)
        fake = self.made(n, *given)
        if config.path_weight == 0 or self.clock.round % config.path_every > 0:
            yield from self.followed(self.fool(fake, x, *given), n, *given)
            return
        few = max(1, n // config.path_shrink)
        w, y = (
            self.drawn(few, *(rows[:few] for rows in given)),
            self.chance.normal(few, *x.shape[1:]),
        )
        lengths = path_lengths(self.G(w, self.noises(few)), w, y)
        spread, pull = self.paths.spread(lengths), self.paths.pull(lengths)

        def uneven(_: Tensor) -> tuple[Tensor, dict[str, Tensor | float]]:
            return config.path_weight * config.path_every * spread, {}

        move = self.fool(fake, x, *given, also=uneven, path=lengths.mean())
        yield from self.followed(move, n, *given)
        self.paths.mean += self.share * self.everywhere(pull)

    def judge(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        return self.D(x) if label is None else self.D(x, label)

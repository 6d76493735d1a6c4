"""Self-Attention Generative Adversarial Networks.

A convolution sees what is near. Where a dog's legs must be as many as a dog has, or a pattern must
go on across the picture, each pixel has to know of far ones: at one size of the feature maps, both
players let every pixel attend to all others. Spectral norm in G as well as in D, and a rate four
times as high for D, keep the game stable with one step for each.

Han Zhang, Ian Goodfellow, Dimitris Metaxas, Augustus Odena. ICML 2019.
https://arxiv.org/abs/1805.08318

    o_j = v(sum over i of β_ji h(x_i)),  β_j = softmax over i of f(x_i)·g(x_j),  y = γ o + x  (1, 2)
    D descends  E[max(0, 1 - D(x, y))] + E[max(0, 1 + D(G(z, y), y))],  G descends -E[D(G(z, y), y)]
                                                                                                 (3)

Shapes: z (n, noise), and label (n,) if the data has labels -> x (n, channels, h·2^k, w·2^k) from
h x w of 4 to 7 pixels on the shorter side; D maps x and its label to a score (n,).

Figures: `D(x)` and `D(G(z))` are mean scores. D wants 1 and -1 and nothing beyond; both near each
other means that D cannot tell. `γ G` and `γ D` say how much either side relies on its attention: 0
at first.

Deviations from the paper: the default is smaller. Attention has the form of the official code (half
of the channels as values, pixels attend to maxima of 2x2 squares); the paper's has an eighth of the
channels, and all pixels. Made pictures have the labels of the real ones beside them, where the
authors draw labels evenly. `--preset paper` has 81,542,470 parameters, layer by layer those of the
official code; Brock et al. 2019 (arXiv:1809.11096, table 1) count 81.5 M. Its moving average of G
is the official code's, too.

Reproduce: `ganvas train sagan --data digits --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

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
    Whole,
)
from ganvas.losses.adversarial import LossName
from ganvas.nets.conditional import ClassNorm
from ganvas.nets.dcgan import Norm
from ganvas.nets.residual import ResNetDiscriminator, ResNetGenerator, glorot_
from ganvas.nets.sizes import halvings
from ganvas.tricks.duel import Duel
from ganvas.tricks.options import DuelConfig

LATE_FALL = Schedule.parse("1e-3@0 1e-3@0.5 0@1")


@dataclass(frozen=True)
class SAGANConfig(DuelConfig):
    loss: LossName = "hinge"
    """What either side wants (the paper: hinge)."""
    spectral_norm: bool = True
    """Whether each layer of D has largest singular value 1 (the paper: yes)."""
    spectral_norm_maker: bool = True
    """Whether each layer of G has too (the paper: yes)."""
    ttur: Weight = 4.0
    """D's learning rate, relative to G's (the paper: 4)."""
    conditional: bool = True
    """Whether both players are told the label, where the data has labels."""
    attention: Whole | None = None
    """Height of the feature maps with self-attention, in both players (the paper: 32 of 128); None:
    half of the picture's; 0: nowhere."""
    noise: Count = 32
    """Size of the latent vector z (the paper: 128)."""
    width: Count = 16
    """Feature maps beside the image; each halving of the size doubles them (the paper: 64)."""
    widest: Count = 64
    """Most feature maps that a layer has (the paper: 1024)."""
    lr: Rate = LATE_FALL
    """Adam's learning rate for G (the paper: 1e-4 throughout)."""
    betas: tuple[Share, Share] = (0.0, 0.9)
    """Adam's two momenta."""
    ema: Share | None = 0.995
    """Decay of G's moving average, the one that is shown; None shows G itself."""


class SAGAN(Duel):
    paper = Paper(
        "Self-Attention Generative Adversarial Networks",
        "Zhang, Goodfellow, Metaxas, Odena",
        2018,
        "https://arxiv.org/abs/1805.08318",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16), "label": Label(10)}),
        "paper": Preset(
            {"x": Image(3, 128, 128), "label": Label(1000)},
            {
                "attention": 32,
                "noise": 128,
                "width": 64,
                "widest": 1024,
                "batch": 256,
                "images": 256_000_000,
                "lr": 1e-4,
                "ema": 0.9999,
            },
            data="imagenet",
        ),
    }

    def __init__(self, config: SAGANConfig, x: Image, label: Label | None = None) -> None:
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
        batch = next(data)
        x, told = batch.x, (batch.label,) if "label" in self.inputs else ()
        fake = self.G.still(self.noise(len(x)), *told)
        yield from self.tell_apart(x, fake, *told, **self.reliance())

        yield from self.fool(self.G(self.noise(len(x)), *told), x, *told)

    def reliance(self) -> dict[str, Any]:
        """γ of either side."""
        nets: dict[str, Any] = {"γ G": self.G.net.attention, "γ D": self.D.net.attention}
        return {name: net.gamma for name, net in nets.items() if net is not None}

    def generate(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        return self.G.best(z) if label is None else self.G.best(z, label)

    def judge(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        return self.D(x) if label is None else self.D(x, label)


def networks(config: SAGANConfig, x: Image, classes: int) -> tuple[nn.Module, nn.Module]:
    """G and D.

    Raises:
        UsageError: for pictures that cannot be halved, or attention at a height that no maps have.
    """
    k = halvings("sagan", x.height, x.width)
    base = (x.height >> k, x.width >> k)
    maps = [min(config.width * 2**i, config.widest) for i in range(k + 1)]
    heights = [base[0] * 2**i for i in range(k)]
    height = x.height // 2 if config.attention is None else config.attention
    if height not in (0, *heights):
        raise UsageError(
            f"sagan has no maps of height {height} in both players at {x.height}x{x.width} pixels: "
            f"attention is one of {', '.join(map(str, heights))}, or 0 for none"
        )
    blocks = heights.index(height) if height else None  # before G attends
    norm: Norm = partial(ClassNorm, classes=classes) if classes > 0 else nn.BatchNorm2d
    G = ResNetGenerator(config.noise, maps[::-1], x.channels, base=base, norm=norm, attend=blocks)
    attend = None if blocks is None else k - blocks
    return G, ResNetDiscriminator(x.channels, maps, k, classes=classes, attend=attend)

"""Image-to-Image Translation with Conditional Adversarial Networks.

A generator turns one picture into another, labels into a facade, say, and learns it from pairs. A
discriminator sees both and says of each patch whether it is real; an L1 loss keeps the whole near
the truth. So D need only care for what L1 blurs.

Phillip Isola, Jun-Yan Zhu, Tinghui Zhou, Alexei A. Efros. CVPR 2017.
https://arxiv.org/abs/1611.07004

    min over G, max over D:  E[log D(x, y)] + E[log(1 - D(x, G(x, z)))]                      (eq. 1)
                             + λ E[||y - G(x, z)||₁]                                   (eq. 3 and 4)

where G raises log D instead (section 3.3), D's loss is halved, and the noise z is dropout, which
stays on when G is shown (section 3.3).

Shapes: x (n, channels of x, height, width) -> y (n, channels of y, height, width). D maps the pair
to logits of overlapping patches; its `layers` decide their size (section 6.2): 0 for single pixels,
1 for 16x16, 2 for 34x34, 3 for 70x70, 4 for 142x142 and 5 for 286x286, the whole of a picture of
256.

Figures: `D(x, y)` and `D(x, G(x))` are the mean probabilities of being real that D gives to real
and to made pairs; both near 0.5 means that D cannot tell. `l1` is the mean absolute difference to
the truth, of a range of 2.

Deviations from the paper: the default is narrower, for pictures of 64 pixels, with a larger batch
and learning rate, which falls in the second half; a D of 34x34 pixels, more than half of them; and
instance norm, which is what batch norm is in the paper's batches of one. `--preset paper` has the
authors' batch norm; like their PyTorch code it has no bias beside it. Its batch statistics are
running means when G is shown, where the paper takes those of the batch that is shown.

Reproduce: `ganvas train pix2pix --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import l1_loss

from ganvas.core import (
    Adam,
    Batch,
    Config,
    Count,
    Game,
    Image,
    Move,
    Paper,
    Player,
    Preset,
    Schedule,
    Share,
    UsageError,
    Weight,
    Whole,
)
from ganvas.losses.adversarial import minimax_d, nonsaturating_g
from ganvas.nets.initial import normal_
from ganvas.nets.translation import Norm, PatchDiscriminator
from ganvas.nets.unet import UNet

HALF_THEN_DOWN = Schedule.parse("5e-4@0 5e-4@0.5 0@1")


@dataclass(frozen=True)
class Pix2PixConfig(Config):
    batch: Count = 4
    """Pairs per step (the paper: 1 to 10)."""
    images: Count = 16_000
    """Length of the run: how many pairs it sees (repeats counted)."""
    network: Literal["unet", "encoder-decoder"] = "unet"
    """G: whether the layers of the same size are joined, or the picture must pass a bottleneck."""
    width: Count = 16
    """Feature maps of the outermost layers of G and D (the paper: 64)."""
    norm: Norm = "instance"
    """The normalisation of both."""
    noise: Share = 0.5
    """Dropout in G's three innermost layers on the way up, its only noise."""
    layers: Whole = 2
    """Layers of D that decide the size of its patches; see the page (the paper: 3, for 70x70)."""
    l1: Weight = 100.0
    """λ, the weight of the L1 loss."""
    adversarial: Weight = 1.0
    """The weight of the adversarial loss in G's; 0 leaves L1 alone, and no D (section 4.2)."""
    conditional: bool = True
    """Whether D sees x beside y: the paper's cGAN; without, its GAN (eq. 2)."""
    lr: float | Schedule = HALF_THEN_DOWN
    """Adam's learning rate, for both players (the paper: 2e-4, falling in the second half)."""


class Pix2Pix(Game):
    paper = Paper(
        "Image-to-Image Translation with Conditional Adversarial Networks",
        "Isola, Zhu, Zhou, Efros",
        2017,
        "https://arxiv.org/abs/1611.07004",
    )
    presets = {
        "default": Preset({"x": Image(3, 64, 64), "y": Image(3, 64, 64)}, data="shapes:facades"),
        "paper": Preset(
            {"x": Image(3, 256, 256), "y": Image(3, 256, 256)},
            {
                "batch": 1,
                "images": 80_000,  # 200 epochs of the 400 facades
                "width": 64,
                "norm": "batch",
                "layers": 3,
                "lr": "2e-4@0 2e-4@0.5 0@1",
            },
            data="facades",
        ),
    }
    paired = True

    def __init__(self, config: Pix2PixConfig, x: Image, y: Image) -> None:
        super().__init__(config)
        halvings = _halvings(config, x, y)
        self.inputs, self.output = {"x": x}, y
        G = UNet(
            x.channels,
            y.channels,
            config.width,
            halvings,
            norm=config.norm,
            skips=config.network == "unet",
            noise=config.noise,
        )
        recipe = Adam(config.lr, (0.5, 0.999))
        self.G = Player(G.apply(normal_), recipe)
        if config.adversarial > 0:
            seen = y.channels + (x.channels if config.conditional else 0)
            D = PatchDiscriminator(seen, config.width, config.layers, config.norm)
            self.D = Player(D.apply(normal_), recipe)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        batch = next(data)
        x, y = batch.x, batch.y
        fake = self.G(x)
        distance = l1_loss(fake, y)
        loss = self.config.l1 * distance
        if self.config.adversarial > 0:
            real, made = self._says(x, y), self._says(x, fake.detach())
            figures = {"D(x, y)": real.sigmoid().mean(), "D(x, G(x))": made.sigmoid().mean()}
            yield Move(self.D, minimax_d(real, made) / 2, **figures)
            loss = loss + self.config.adversarial * nonsaturating_g(self._says(x, fake))
        yield Move(self.G, loss, l1=distance)

    def _says(self, x: Tensor, y: Tensor) -> Tensor:
        """D's logits of patches of a pair: (n, 1, ...)."""
        return self.D(torch.cat([x, y], 1) if self.config.conditional else y)

    def generate(self, x: Tensor) -> Tensor:
        with self.chance.of_layers():
            return self.G(x)

    def judge(self, y: Tensor, x: Tensor) -> Tensor:
        if not self.config.adversarial:
            return super().judge(y)
        return self._says(x, y).flatten(1).mean(1)


def _halvings(config: Pix2PixConfig, x: Image, y: Image) -> int:
    """How often G halves a picture: to one pixel on the shorter side.

    Raises:
        UsageError: if the networks cannot make such pictures, or nobody would say what to learn.
    """
    if config.l1 == config.adversarial == 0:
        raise UsageError("pix2pix learns from l1 or adversarial: one of them must be above 0")
    if x.shape[1:] != y.shape[1:]:
        sizes = f"{x.height}x{x.width}", f"{y.height}x{y.width}"
        raise UsageError(f"pix2pix needs x and y of the same size, not {sizes[0]} and {sizes[1]}")
    side = min(x.height, x.width)
    halvings = side.bit_length() - 1
    if max(x.height, x.width) % side or side != 2**halvings or side < 16:
        raise UsageError(
            f"pix2pix halves pictures down to a pixel: the shorter side must be 16, 32, 64 ... and "
            f"divide the other, not {x.height}x{x.width}"
        )
    if config.layers > halvings - 3:
        raise UsageError(
            f"a D of {config.layers} layers needs pictures of at least {2 ** (config.layers + 3)} "
            f"pixels, not {x.height}x{x.width}; take fewer layers"
        )
    return halvings

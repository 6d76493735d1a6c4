"""Context Encoders: Feature Learning by Inpainting.

A generator fills the hole in a picture from what is around it. The squared error tells it what
belongs there, but answers doubt with blur; a discriminator asks that it look real. Between its two
halves lies a layer through which each feature map sees all of itself, so that the hole learns of
what is far away.

Deepak Pathak, Philipp Krähenbühl, Jeff Donahue, Trevor Darrell, Alexei A. Efros. CVPR 2016.
https://arxiv.org/abs/1604.07379

    L = λ_rec ||M ∘ (y - G((1 - M) ∘ x))||² + λ_adv (-log D(G((1 - M) ∘ x)))    (eq. 1 to 3)
    D raises  log D(y) + log(1 - D(G((1 - M) ∘ x)))

M is 1 in the hole. Around it lies a band of known pixels that G predicts too and that count 10
times, which joins the hole to its surroundings (section 5.1); the squared error is the mean over
hole and band. D never sees M: it would look for the seam only (section 3.2). It sees all of what G
makes; or, with `--centre`, where G makes only the middle half of the picture, that.

Shapes: x (n, channels of y + 1, h, w), whose last channel is its alpha, 1 where it is known and -1
in the hole, as of a PNG with transparent parts; then y (n, channels, h, w). If x has no alpha, the
middle (7/16 of each side) counts as the hole. G makes (n, channels, h, w), or with `--centre` h/2
and w/2; what is shown has x where it is known, and G's only in the hole.

Figures: `error` is the weighted squared error, in pixel values of a range of 2; `hole` that in the
hole, unweighted; `D(y)` and `D(G(x))` are mean probabilities of being real.

Deviations from the paper: holes are filled with grey, where the authors take the mean colour of
their data. By default the hole is anywhere, the networks are narrow, and G's layer in the middle is
the channel-wise one of section 3.1; `--preset paper` is the authors' inpainting code, which has a
bottleneck of 4,000 units there, and the hole in the middle. Convolutions before batch norm have no
bias (theirs is kept at 0).

Reproduce: `ganvas train context --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import max_pool2d, pad

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
    UsageError,
    Weight,
    Whole,
)
from ganvas.losses.adversarial import minimax_d, nonsaturating_g
from ganvas.nets.holes import middle
from ganvas.nets.initial import normal_
from ganvas.nets.inpainting import Discriminator, Encoder
from ganvas.nets.sizes import halvings

BAND = 10.0
"""How much more the known pixels around the hole count than those in it."""
FALLING = Schedule.parse("2e-3@0 2e-3@0.5 0@1")


@dataclass(frozen=True)
class ContextConfig(Config):
    batch: Count = 32
    """Pictures per step (the authors: 64)."""
    images: Count = 96_000
    """Length of the run: how many pictures it sees (repeats counted)."""
    width: Count = 24
    """Feature maps of the outermost layers (the authors: 64)."""
    bottleneck: Whole = 0
    """Units between G's halves (the authors' code: 4000); 0 is the channel-wise layer instead."""
    centre: bool = False
    """Whether G makes, and D sees, only the middle half of the picture, where the hole must be."""
    overlap: Whole = 4
    """Known pixels around the hole that G predicts too (the authors: 4 of 128)."""
    reconstruction: Weight = 0.999
    """λ_rec, the weight of the squared error (the paper: 0.999)."""
    adversarial: Weight = 0.001
    """λ_adv, the weight of the adversarial loss (the paper: 0.001)."""
    lr: float | Schedule = FALLING
    """Adam's learning rate for G (the authors: 2e-3)."""
    d_lr: float | Schedule = 2e-4
    """Adam's learning rate for D (the authors: 2e-4)."""


class ContextEncoder(Game):
    paper = Paper(
        "Context Encoders: Feature Learning by Inpainting",
        "Pathak, Krähenbühl, Donahue, Darrell, Efros",
        2016,
        "https://arxiv.org/abs/1604.07379",
    )
    presets = {
        "default": Preset(
            {"x": Image(4, 64, 64), "y": Image(3, 64, 64)}, data="photos", partner="holed:0.25"
        ),
        "paper": Preset(
            {"x": Image(4, 128, 128), "y": Image(3, 128, 128)},
            {
                "batch": 64,
                "images": 32_000_000,  # 25 epochs of ImageNet
                "width": 64,
                "bottleneck": 4000,
                "centre": True,
                "lr": 2e-3,
            },
            data="imagenet",
            partner="holed:centre",
        ),
    }
    paired = True
    multiple: ClassVar[int | None] = None

    def __init__(self, config: ContextConfig, x: Image, y: Image) -> None:
        super().__init__(config)
        k = _halvings(x, y)
        self.inputs, self.output = {"x": x}, y
        self.transparent = x.channels in (2, 4)
        if not self.transparent:
            self.remarks.append("x has no alpha to show the holes: the middle counts as one")
        base = (y.height >> k, y.width >> k)
        # As the authors': outer layers at more than 64 pixels have no more maps than the first.
        widths = [2 ** max(0, i - max(0, k - 4)) for i in range(k)]
        maps = [y.channels, *(config.width * min(8, times) for times in widths)]
        G = Encoder(maps, base, config.bottleneck, config.centre)
        D = Discriminator([*maps[:1], *maps[2:]] if config.centre else maps, base)
        self.G = Player(G.apply(normal_), Adam(config.lr, (0.5, 0.999)))
        self.D = Player(D.apply(normal_), Adam(config.d_lr, (0.5, 0.999)))

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        batch = next(data)
        known, colours = self._known(batch.x)
        fake, truth = self.G(known * colours), self._made_part(batch.y)
        real, made = self.D(truth), self.D(fake.detach())
        figures = {"D(y)": real.sigmoid().mean(), "D(G(x))": made.sigmoid().mean()}
        yield Move(self.D, minimax_d(real, made), **figures)

        error, hole = masked(fake, truth, self._made_part(1 - known), self.config.overlap)
        loss = self.config.reconstruction * error
        if self.config.adversarial > 0:
            loss = loss + self.config.adversarial * nonsaturating_g(self.D(fake))
        yield Move(self.G, loss, error=error, hole=hole)

    def _known(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Where x is known, (n, 1, h, w) from 0 to 1, and its colours (n, channels, h, w).

        Raises:
            UsageError: if a hole is where G makes nothing.
        """
        alpha = x[:, -1:]
        if not self.transparent:
            alpha = middle(x.shape[2], x.shape[3]).to(x).expand(len(x), -1, -1, -1)
        known = (alpha + 1) / 2
        holes = (1 - known).sum()
        if self.config.centre and bool(self._made_part(1 - known).sum() < 0.999 * holes):
            raise UsageError(
                "with --centre, context fills holes in the middle half of a picture, and here is "
                "one that is not; take --partner holed:centre, or train without --centre"
            )
        return known, x[:, : self.output.shape[0]]

    def _made_part(self, picture: Tensor) -> Tensor:
        """Of pictures (n, ..., h, w) what G makes: all, or the middle half."""
        if not self.config.centre:
            return picture
        top, left = (side // 4 for side in picture.shape[2:])
        return pad(picture, (-left, -left, -top, -top))

    def generate(self, x: Tensor) -> Tensor:
        known, colours = self._known(x)
        made = self.G(known * colours)
        if self.config.centre:
            top, left = (side // 4 for side in x.shape[2:])
            made = pad(made, (left, left, top, top))
        return known * colours + (1 - known) * made

    def judge(self, y: Tensor, x: Tensor) -> Tensor:
        return self.D(self._made_part(y))


def masked(fake: Tensor, y: Tensor, hole: Tensor, overlap: int) -> tuple[Tensor, Tensor]:
    """The squared error in the hole and in the band around it, weighted; and that in the hole.

    Args:
        fake, y: (n, channels, h, w).
        hole: from 0 to 1, (n, 1, h, w).
        overlap: how wide the band is, in pixels.
    """
    reach = max_pool2d(hole, 2 * overlap + 1, 1, overlap)
    squares = (fake - y).square().mean(1, keepdim=True)

    def mean(weight: Tensor, over: Tensor) -> Tensor:
        parts = (weight * squares).flatten(1).sum(1) / over.flatten(1).sum(1).clamp(min=1)
        return parts.mean()

    return mean(hole + BAND * (reach - hole), reach), mean(hole, hole)


def _halvings(x: Image, y: Image) -> int:
    """How often G halves a picture: to about 4 pixels.

    Raises:
        UsageError: if x is no picture of y with holes, or the networks cannot make that size.
    """
    if x.shape[1:] != y.shape[1:] or x.channels not in (y.channels, y.channels + 1):
        raise UsageError(
            f"context needs an x like y, with an alpha that shows the holes, not {x} and {y}; "
            "--partner holed makes one of whole pictures"
        )
    k = halvings("context", y.height, y.width)
    if k < 2:
        raise UsageError(f"context needs at least 16x16 pixels, not {y.height}x{y.width}")
    return k

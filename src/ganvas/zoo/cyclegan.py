"""Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks.

Two generators translate between two sets of pictures of which no two belong together. Each must
please the discriminator of the other side, and together they must bring every picture back to
where it came from: that keeps what the picture shows and changes only how it looks.

Jun-Yan Zhu, Taesung Park, Phillip Isola, Alexei A. Efros. ICCV 2017.
https://arxiv.org/abs/1703.10593

    min over G, F:  (D_Y(G(x)) - 1)² + (D_X(F(y)) - 1)²                        (section 4, LSGAN)
                    + λ (||F(G(x)) - x||₁ + ||G(F(y)) - y||₁)                  (eq. 2)
                    + λ ι (||G(y) - y||₁ + ||F(x) - x||₁)                      (section 5.2)
    min over D_Y:   ((D_Y(y) - 1)² + D_Y(ŷ)²) / 2, and D_X likewise

where every norm and square is the mean over pixels or patches, and ŷ is one of the last 50
translations or the newest, half of the time each (section 4).

Shapes: x (n, channels of x, height, width) -> G(x) (n, channels of y, height, width), and F the
other way, `back`; both sides must be multiples of 4, for a U-Net of 8, which it halves as often as
they allow, 8 times at most. D maps a picture to scores of overlapping patches
(n, 1, about height / 2^layers, about width / 2^layers): 70x70 pixels each for 3 layers.

Figures: `cycle` and `identity` are mean absolute differences in pixel values, of a range of 2, over
both directions; `G fools` and `F fools` are the least-squares losses against D_Y and D_X: 1 where
D is sure, 0.25 where it cannot tell. The loss of D_X+D_Y is 0.5 where neither can tell.

Deviations from the paper: the default has narrower and shallower networks, a larger batch and a
larger learning rate, for small pictures on a CPU. It has no identity loss, which the paper takes
for paintings only: that keeps colours as they are, and negatives must not. `--preset paper` follows
the authors' PyTorch code, which takes it always. The U-Net is that code's other network, with
instance norm and, unlike pix2pix's, without dropout.

Reproduce: `ganvas train cyclegan --data negatives --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd
from typing import ClassVar, Literal

from torch import Tensor, nn
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
    UsageError,
    Weight,
    Whole,
)
from ganvas.losses.adversarial import least_squares_d, least_squares_g
from ganvas.nets.initial import normal_
from ganvas.nets.translation import PatchDiscriminator, Translator
from ganvas.nets.unet import UNet
from ganvas.tricks.pool import ImagePool

HALF_THEN_DOWN = Schedule.parse("1e-3@0 1e-3@0.5 0@1")


@dataclass(frozen=True)
class CycleGANConfig(Config):
    batch: Count = 16
    """Pictures of each side per step (the paper: 1)."""
    images: Count = 32_000
    """Length of the run: how many pictures of each side it sees (repeats counted)."""
    network: Literal["resnet", "unet"] = "resnet"
    """G and F: residual blocks between two halvings and two doublings (the paper), or a U-Net."""
    width: Count = 16
    """Feature maps of the first layer of every network (the paper: 64)."""
    blocks: Count | None = 2
    """Residual blocks of a resnet; None: 9 for pictures of 256 pixels and more, 6 for smaller."""
    layers: Count = 2
    """Layers of D that halve the picture (the paper: 3, for patches of 70x70)."""
    cycle: Weight = 10.0
    """λ, the weight of the cycle loss."""
    identity: Weight = 0.0
    """ι, the weight of the identity loss in parts of λ (the authors' code: 0.5; see the page)."""
    pool: Whole = 50
    """How many past translations each D is shown; 0 shows it the newest only."""
    lr: float | Schedule = HALF_THEN_DOWN
    """Adam's learning rate, for all players (the paper: 2e-4, falling in the second half)."""


def _translator(config: CycleGANConfig, before: Image, after: Image) -> nn.Module:
    """An untrained G or F."""
    channels = before.channels, after.channels
    if config.network == "unet":
        halvings = _halvings(before)
        return UNet(*channels, config.width, halvings, norm="instance", noise=0.0)
    blocks = config.blocks if config.blocks is not None else 9 if before.height >= 256 else 6
    return Translator(*channels, config.width, blocks)


def _halvings(x: Image) -> int:
    """How often a U-Net halves both sides."""
    common = gcd(x.height, x.width)
    return min(8, (common & -common).bit_length() - 1)


def _check(config: CycleGANConfig, x: Image, y: Image) -> None:
    """Raises a UsageError for pictures that the networks cannot make."""
    sizes = f"{x.height}x{x.width}", f"{y.height}x{y.width}"
    if sizes[0] != sizes[1]:
        raise UsageError(f"cyclegan needs x and y of the same size, not {sizes[0]} and {sizes[1]}")
    least = max(8, 3 * 2**config.layers)
    least += -least % 4
    if x.height % 4 or x.width % 4 or min(x.height, x.width) < least:
        raise UsageError(
            f"cyclegan makes pictures whose sides are multiples of 4 and at least {least} pixels "
            f"(with {config.layers} layers in D), not {sizes[0]}"
        )
    if config.network == "unet" and _halvings(x) < 3:
        raise UsageError(
            f"a U-Net halves pictures at least 3 times: both sides must be multiples of 8, not "
            f"{sizes[0]}"
        )
    if config.identity > 0 and x.channels != y.channels:
        raise UsageError(
            f"the identity loss compares x with F(x), but x has {x.channels} channels and y has "
            f"{y.channels}; set identity to 0"
        )


class CycleGAN(Game):
    paper = Paper(
        "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks",
        "Zhu, Park, Isola, Efros",
        2017,
        "https://arxiv.org/abs/1703.10593",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16), "y": Image(1, 16, 16)}, data="negatives"),
        "paper": Preset(
            {"x": Image(3, 256, 256), "y": Image(3, 256, 256)},
            {
                "batch": 1,
                "images": 267_400,
                "width": 64,
                "blocks": None,
                "layers": 3,
                "identity": 0.5,
                "lr": "2e-4@0 2e-4@0.5 0@1",
            },
            data="horse2zebra",
        ),
    }
    multiple: ClassVar[int | None] = 4

    def __init__(self, config: CycleGANConfig, x: Image, y: Image) -> None:
        super().__init__(config)
        _check(config, x, y)
        self.inputs, self.output = {"x": x}, y
        if config.network == "unet":
            self.multiple = 2 ** _halvings(x)  # type: ignore[misc]
        recipe = Adam(config.lr, (0.5, 0.999))

        def translator(before: Image, after: Image) -> Player:
            return Player(_translator(config, before, after).apply(normal_), recipe)

        def discriminator(of: Image) -> Player:
            net = PatchDiscriminator(of.channels, config.width, config.layers)
            return Player(net.apply(normal_), recipe)

        self.G, self.F = translator(x, y), translator(y, x)
        self.D_X, self.D_Y = discriminator(x), discriminator(y)
        self.pool_x = ImagePool(config.pool, x.shape)
        self.pool_y = ImagePool(config.pool, y.shape)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        batch = next(data)
        x, y = batch.x, batch.y
        fake_y, fake_x = self.G(x), self.F(y)
        cycle = l1_loss(self.F(fake_y), x) + l1_loss(self.G(fake_x), y)
        # The authors weigh cycle against least squares without the half of the LSGAN paper.
        fool_y = 2 * least_squares_g(self.D_Y(fake_y))
        fool_x = 2 * least_squares_g(self.D_X(fake_x))
        loss = fool_y + fool_x + self.config.cycle * cycle
        figures = {"G fools": fool_y, "F fools": fool_x, "cycle": cycle / 2}
        if self.config.identity > 0:
            identity = l1_loss(self.G(y), y) + l1_loss(self.F(x), x)
            loss = loss + self.config.cycle * self.config.identity * identity
            figures["identity"] = identity / 2
        yield Move((self.G, self.F), loss, **figures)

        shown_x = self._shown(self.pool_x, fake_x.detach())
        shown_y = self._shown(self.pool_y, fake_y.detach())
        loss_x = least_squares_d(self.D_X(x), self.D_X(shown_x))
        loss_y = least_squares_d(self.D_Y(y), self.D_Y(shown_y))
        yield Move((self.D_X, self.D_Y), loss_x + loss_y)

    def _shown(self, pool: ImagePool, fresh: Tensor) -> Tensor:
        """What D is shown for the translations `fresh` (n, ...): themselves or past ones."""
        draws = self.chance.uniform(len(fresh), 2)
        return pool.swap_among_all(fresh, draws, self)

    def generate(self, x: Tensor) -> Tensor:
        return self.G(x)

    def back(self, y: Tensor) -> Tensor:
        """Translates the other way: y (n, *y.shape) -> F(y) (n, *x.shape)."""
        return self.F(y)

    def judge(self, y: Tensor, x: Tensor | None = None) -> Tensor:
        return self.D_Y(y).flatten(1).mean(1)

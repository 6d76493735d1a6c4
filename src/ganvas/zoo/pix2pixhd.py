"""High-Resolution Image Synthesis and Semantic Manipulation with Conditional GANs.

From a map of labels to a large picture, coarse to fine: a global generator G1 first learns pictures
of half the size; a local enhancer G2 then adds what the whole size shows, and both go on together.
Discriminators at three scales see the whole and its details, and G is also to make the features
that they see in the real picture.

Ting-Chun Wang, Ming-Yu Liu, Jun-Yan Zhu, Andrew Tao, Jan Kautz, Bryan Catanzaro. CVPR 2018.
https://arxiv.org/abs/1711.11585

    G(x) = G2(x, h), where h are the features of G1(x at half its size) before its last layer

    D descends  sum over k of  ((D_k(x, y) - 1)² + D_k(x, G(x))²) / 2               (LSGAN)
    G descends  sum over k of  (D_k(x, G(x)) - 1)² + λ FM + μ ||y - G(x)||₁         (eq. 5; μ = 0)
    FM = mean over k, sum over layers i, of mean |D_k^i(x, y) - D_k^i(x, G(x))|     (eq. 4)

where D_1 sees the pair x, y, and D_2 and D_3 see it at a half and a quarter. The sums are weighted
as in the authors' code. Of the stages, `global` plays G1 at half size with D_2 and D_3, `local`
lets G2 learn while G1 waits, and `joint` moves both.

Shapes: x (n, channels of x, h, w) -> y (n, channels of y, h, w); both sides must be multiples of
2^(halvings + 1). D_k maps a pair to scores of overlapping patches, 70x70 pixels for 3 layers. In
the first stage `generate` shows what G1 makes, enlarged.

Figures: `D(x, y)` and `D(x, G(x))` are the mean scores over all scales; D wants 1 and 0. `fools` is
the first term of G's loss, `matching` is FM, `off` the mean absolute difference to the truth, of a
range of 2.

Deviations from the paper: no VGG loss, since its weights do not come with ganvas (the authors'
`--no_vgg_loss`); no map of the boundaries between instances and no features of instances, since
data are pictures that know no instances (`--no_instance`); and the labels are the colours of x, not
one channel for each class (`--label_nc 0`). The default has an L1 loss in place of VGG's, and
repeated pixels before a convolution in place of transposed convolutions, which leave a grid; it has
narrower and shallower networks, of which G1 halves its picture once, smaller patches, shorter first
stages, a larger batch and a larger learning rate, for pictures of 64 pixels.

Reproduce: `ganvas train pix2pixhd --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
    Stage,
    UsageError,
    Weight,
)
from ganvas.losses.adversarial import least_squares_d, least_squares_g
from ganvas.losses.features import feature_matching
from ganvas.nets.initial import normal_
from ganvas.nets.multiscale import MultiscaleDiscriminator, reduced, scores_of
from ganvas.nets.pyramid import doubled
from ganvas.nets.translation import Translator

HALF_THEN_DOWN = Schedule.parse("5e-4@0 5e-4@0.5 0@1")


@dataclass(frozen=True)
class Pix2PixHDConfig(Config):
    batch: Count = 4
    """Pairs per step (the paper: 1)."""
    images: Count = 10_000
    """Length of the run, all stages together: how many pairs it sees (repeats counted)."""
    width: Count = 8
    """Feature maps of G2's first layer; G1's has twice as many (the paper: 32)."""
    halvings: Count = 1
    """How often G1 halves its picture, which is of half the size: 1 to 4 (the paper: 4)."""
    blocks: Count = 3
    """Residual blocks of G1 (the paper: 9)."""
    local_blocks: Count = 1
    """Residual blocks of G2 (the paper: 3)."""
    resized: bool = True
    """Whether maps grow by repeated pixels and a convolution (the paper: transposed ones)."""
    patch_width: Count = 16
    """Feature maps of the first layer of each discriminator (the paper: 64)."""
    layers: Count = 2
    """Layers of a discriminator that decide the size of its patches (the paper: 3, for 70x70)."""
    scales: Count = 3
    """How many discriminators there are."""
    matching: Weight = 10.0
    """λ, the weight of feature matching."""
    pixels: Weight = 30.0
    """μ, the weight of the mean absolute difference to the truth (the paper: 0, and a VGG loss)."""
    coarse: Weight = 0.5
    """Length of the stage of G1 alone, relative to that in which both move (the paper: 20/9)."""
    waiting: Weight = 0.1
    """Length of the stage of G2 alone, likewise (the authors' code: 1/9)."""
    lr: float | Schedule = HALF_THEN_DOWN
    """Adam's learning rate, for all players (the paper: 2e-4, falling in the second half)."""


class Pix2PixHD(Game):
    paper = Paper(
        "High-Resolution Image Synthesis and Semantic Manipulation with Conditional GANs",
        "Wang, Liu, Zhu, Tao, Kautz, Catanzaro",
        2018,
        "https://arxiv.org/abs/1711.11585",
    )
    presets = {
        "default": Preset({"x": Image(3, 64, 64), "y": Image(3, 64, 64)}, data="shapes:facades"),
        "paper": Preset(
            {"x": Image(3, 1024, 2048), "y": Image(3, 1024, 2048)},
            {
                "batch": 1,
                "images": 892_500,  # 200 epochs of the 2,975 pictures of Cityscapes, then 100
                "width": 32,
                "halvings": 4,
                "blocks": 9,
                "local_blocks": 3,
                "resized": False,
                "patch_width": 64,
                "layers": 3,
                "pixels": 0.0,
                "coarse": 200 / 90,
                "waiting": 10 / 90,
                "lr": "2e-4@0 2e-4@0.333333 0@0.666667 2e-4@0.666667 2e-4@0.833333 0@1",
            },
            data="cityscapes",
        ),
    }
    paired = True
    multiple = 32

    def __init__(self, config: Pix2PixHDConfig, x: Image, y: Image) -> None:
        super().__init__(config)
        _check(config, x, y)
        self.inputs, self.output = {"x": x}, y
        sides, width, resized = (x.channels, y.channels), config.width, config.resized
        G1 = Translator(*sides, 2 * width, config.blocks, halvings=config.halvings, resized=resized)
        G2 = Translator(*sides, width, config.local_blocks, halvings=1, resized=resized)
        D = MultiscaleDiscriminator(
            x.channels + y.channels, config.patch_width, config.layers, config.scales
        )
        recipe = Adam(config.lr, (0.5, 0.999))
        self.G1, self.G2 = (Player(net.apply(normal_), recipe) for net in (G1, G2))
        self.D = Player(D, recipe)

    def stages(self) -> Sequence[Stage]:
        """G1 at half size, G2 on top of it, both; a stage of no length is left out."""
        found = [
            Stage("global", self.play_global, self.config.coarse, fresh=True),
            Stage("local", self.play_local, self.config.waiting, fresh=True),
            Stage("joint", self.play, fresh=True),
        ]
        return [stage for stage in found if stage.share > 0]

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        batch = next(data)
        fake = self._made(batch.x)
        yield from self._learn((self.G1, self.G2), batch.x, batch.y, fake, 0)

    def play_global(self, data: Iterator[Batch]) -> Iterator[Move]:
        """A round of G1 alone, at half size."""
        batch = next(data)
        x, y = reduced(batch.x), reduced(batch.y)
        yield from self._learn((self.G1,), x, y, self.G1(x), min(1, self.config.scales - 1))

    def play_local(self, data: Iterator[Batch]) -> Iterator[Move]:
        """A round of G2 on top of a G1 that waits."""
        batch = next(data)
        fake = self._made(batch.x)
        yield from self._learn((self.G2,), batch.x, batch.y, fake, 0)

    def _learn(
        self, movers: tuple[Player, ...], x: Tensor, y: Tensor, fake: Tensor, finest: int
    ) -> Iterator[Move]:
        """The move of D, from the `finest` scale on, and that of those who made `fake` of x."""
        pair = torch.cat([x, y], 1)
        real, made = self.D(pair, finest), self.D(torch.cat([x, fake.detach()], 1), finest)
        loss = [least_squares_d(r[-1], m[-1]) for r, m in zip(real, made, strict=True)]
        figures = {"D(x, y)": scores_of(real).mean(), "D(x, G(x))": scores_of(made).mean()}
        yield Move(self.D, torch.stack(loss).sum(), **figures)

        real, made = self.D.still(pair, finest), self.D(torch.cat([x, fake], 1), finest)
        # The authors take the square without the half of the LSGAN paper.
        fools = torch.stack([2 * least_squares_g(m[-1]) for m in made]).sum()
        matching = feature_matching(real, made)
        off = l1_loss(fake, y)
        total = fools + self.config.matching * matching + self.config.pixels * off
        yield Move(movers, total, fools=fools, matching=matching, off=off)

    def _made(self, x: Tensor) -> Tensor:
        """G(x): what G2 makes of x and of the features of G1."""
        return self.G2(x, self.G1(reduced(x), features=True))

    def generate(self, x: Tensor) -> Tensor:
        if self.stage.name == "global":
            return doubled(self.G1(reduced(x)))
        return self._made(x)

    def judge(self, y: Tensor, x: Tensor) -> Tensor:
        return scores_of(self.D(torch.cat([x, y], 1)))


def _check(config: Pix2PixHDConfig, x: Image, y: Image) -> None:
    """Raises a UsageError for pictures that the networks cannot make."""
    sizes = f"{x.height}x{x.width}", f"{y.height}x{y.width}"
    if sizes[0] != sizes[1]:
        raise UsageError(f"pix2pixhd needs x and y of the same size, not {sizes[0]} and {sizes[1]}")
    if config.halvings > 4:
        raise UsageError(f"G1 halves its picture at most 4 times, not {config.halvings}")
    step = 2 ** (config.halvings + 1)
    # Below G1's smallest maps nothing is left to reflect, and nothing to normalise.
    least = max(2 * step, 2 ** (config.scales + 1))
    if x.height % step or x.width % step or min(x.height, x.width) < least:
        raise UsageError(
            f"pix2pixhd makes pictures whose sides are multiples of {step} and at least {least} "
            f"pixels (with {config.halvings} halvings and {config.scales} scales), not {sizes[0]}"
        )

"""Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network.

The squared error has the mean of all sharp pictures that fit a small one: a blurred picture. A
discriminator that knows sharp ones asks for one of them instead, and a content loss sees to it that
it still shows the same, in features rather than pixels. G first learns from the squared error.

Christian Ledig, Lucas Theis, Ferenc Huszár, Jose Caballero, Andrew Cunningham, Alejandro Acosta,
Andrew Aitken, Alykhan Tejani, Johannes Totz, Zehan Wang, Wenzhe Shi. CVPR 2017.
https://arxiv.org/abs/1609.04802

    l_MSE = mean over pixels (y - G(x))²                            the first stage   (eq. 4)
    l     = l_content + 10⁻³ (-log D(G(x)))                         the second        (eq. 3 and 6)
    l_content = mean over φ_{5,4} of ((φ(y) - φ(G(x))) / 12.75)²    φ of VGG19        (eq. 5)
    D raises  log D(y) + log(1 - D(G(x)))                                             (eq. 2)

Where the weights of VGG19 are not here, `--content discriminator` is the default: φ are D's own
features, after each of its convolutions, and

    l_content = l_MSE + c · mean over layers ||φ(y) - φ(G(x))||² / ||φ(y)||²

Shapes: x (n, channels, h, w) -> y (n, channels, s·h, s·w), with s = 2, 3, 4 or 8 as in the data;
a trained G enlarges pictures of any size. D maps y to a logit (n,).

Figures: `mse` is the mean squared error in pixel values, of a range of 2; `content` is l_content;
`D(y)` and `D(G(x))` are mean probabilities of being real.

Deviations from the paper: the default is narrower and learns faster from fewer patches; G has no
batch norm, and what it makes is added to the bicubic enlargement. `--preset paper` has the networks
of figure 4; PReLU has one slope in all, and convolutions before batch norm have no bias, which
would be without effect.

Reproduce: `ganvas train srgan --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor, nn
from torch.nn.functional import mse_loss

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
    Stage,
    Weight,
)
from ganvas.losses.adversarial import minimax_d, nonsaturating_g
from ganvas.losses.perceptual import feature_distance
from ganvas.metrics import vgg
from ganvas.nets.perceptual import activations
from ganvas.nets.superres import Enlarger, Norm, refuse_other_channels, scale_of

RESCALED = 1 / 12.75
"""Of VGG19's features, which brings their squared differences to the scale of pixels'."""
FALLING = Schedule.parse("1e-3@0 1e-3@0.3 2e-4@0.6 2e-4@0.8 0@1")


@dataclass(frozen=True)
class SRGANConfig(Config):
    batch: Count = 16
    """Pairs of patches per step (the paper: 16)."""
    images: Count = 32_000
    """Length of the run: how many pairs it sees (repeats counted)."""
    pretrain: Share = 0.6
    """The share of the run in which G learns alone, from the squared error (the paper: 5/6)."""
    width: Count = 32
    """G's feature maps (the paper: 64)."""
    blocks: Count = 6
    """G's residual blocks (the paper: 16)."""
    norm: Norm = "none"
    """What follows the convolutions of G's blocks (the paper: batch)."""
    d_width: Count = 16
    """Feature maps of D's first layer (the paper: 64)."""
    content: vgg.Content = field(default_factory=vgg.usual)
    """Whose features the content loss compares; see the page (the paper: vgg19)."""
    features: Weight = 0.02
    """c, the weight of D's features beside the squared error in the content loss."""
    adversarial: Weight = 1e-3
    """The weight of the adversarial loss in G's (the paper: 1e-3)."""
    base: bool = True
    """Whether G makes what is added to the bicubic enlargement, or all of it (the paper: all)."""
    lr: float | Schedule = FALLING
    """Adam's learning rate, for both players (the paper: 1e-4, at the end 1e-5)."""


class Discriminator(nn.Module):
    """y (n, channels, height, width) -> logit (n,), and what its convolutions saw (figure 4)."""

    def __init__(self, channels: int, height: int, width: int, maps: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(channels, maps, 3, 1, 1), nn.LeakyReLU(0.2)]
        before = maps
        for after, stride in ((1, 2), (2, 1), (2, 2), (4, 1), (4, 2), (8, 1), (8, 2)):
            layers += [nn.Conv2d(before, after * maps, 3, stride, 1, bias=False)]
            layers += [nn.BatchNorm2d(after * maps), nn.LeakyReLU(0.2)]
            before = after * maps
        self.layers = nn.Sequential(*layers)
        size = -(-height // 16) * -(-width // 16)
        self.dense = nn.Sequential(
            nn.Flatten(), nn.Linear(before * size, 16 * maps), nn.LeakyReLU(0.2)
        )
        self.out = nn.Linear(16 * maps, 1)

    def forward(self, y: Tensor) -> tuple[Tensor, list[Tensor]]:
        seen = activations(self.layers, y)
        return self.out(self.dense(seen[-1])).flatten(), seen


class SRGAN(Game):
    paper = Paper(
        "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network",
        "Ledig, Theis, Huszár, Caballero, Cunningham, Acosta, Aitken, Tejani, Totz, Wang, Shi",
        2016,
        "https://arxiv.org/abs/1609.04802",
    )
    presets = {
        "default": Preset(
            {"x": Image(3, 16, 16), "y": Image(3, 64, 64)}, data="photos", partner="smaller:4"
        ),
        "paper": Preset(
            {"x": Image(3, 24, 24), "y": Image(3, 96, 96)},
            {
                "images": 19_200_000,  # a million steps, and 200,000 with D
                "pretrain": 5 / 6,
                "width": 64,
                "blocks": 16,
                "norm": "batch",
                "base": False,
                "d_width": 64,
                "lr": "1e-4@0 1e-4@0.9166 1e-5@0.9167",
            },
            data="imagenet",
            partner="smaller:4",
        ),
    }
    paired = True
    multiple: ClassVar[int | None] = 1

    def __init__(self, config: SRGANConfig, x: Image, y: Image) -> None:
        super().__init__(config)
        self.inputs, self.output = {"x": x}, y
        scale, recipe = scale_of("srgan", x, y), Adam(config.lr, (0.9, 0.999))
        if config.base:
            refuse_other_channels("srgan", x, y)
        size = (x.channels, y.channels, config.width, config.blocks, scale)
        G = Enlarger(*size, norm=config.norm, base=config.base)
        D = Discriminator(y.channels, y.height, y.width, config.d_width)
        self.G, self.D = Player(G, recipe), Player(D, recipe)
        vgg19 = config.content == "vgg19"
        self.vgg = vgg.Features(5, 4, activated=True) if vgg19 else None
        self.remarks += vgg.remarks(config.content)

    def stages(self) -> Sequence[Stage]:
        share = self.config.pretrain
        alone = Stage("squared error", self.exact, share)
        both = Stage("adversarial", self.play, 1 - share, fresh=True)
        return [stage for stage in (alone, both) if stage.share > 0]

    def exact(self, data: Iterator[Batch]) -> Iterator[Move]:
        """One round of G alone."""
        batch = next(data)
        error = mse_loss(self.G(batch.x), batch.y)
        yield Move(self.G, error, mse=error)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        batch = next(data)
        x, y = batch.x, batch.y
        fake = self.G(x)
        (real, _), (made, _) = self.D(y), self.D(fake.detach())
        figures = {"D(y)": real.sigmoid().mean(), "D(G(x))": made.sigmoid().mean()}
        yield Move(self.D, minimax_d(real, made), **figures)

        error = mse_loss(fake, y)
        made, seen = self.D(fake)
        if self.vgg is not None:
            content = mse_loss(RESCALED * self.vgg(fake), RESCALED * self.vgg(y))
        else:
            distance = feature_distance(seen, self.D.still(y)[1])
            content = error + self.config.features * distance
        loss = content + self.config.adversarial * nonsaturating_g(made)
        yield Move(self.G, loss, mse=error, content=content)

    def generate(self, x: Tensor) -> Tensor:
        return self.G(x).clamp(-1, 1)

    def judge(self, y: Tensor, x: Tensor) -> Tensor:
        return self.D(y)[0]

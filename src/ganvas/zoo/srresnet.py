"""The SRResNet of: Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial
Network.

A deep residual network enlarges a picture. Nearly all of it works at the small size, where layers
are cheap; only its end spreads feature maps out into pixels. It learns from the squared error
alone, so it is the more exact half of the paper: SRGAN begins here and goes on with an adversary.

Christian Ledig, Lucas Theis, Ferenc Huszár, Jose Caballero, Andrew Cunningham, Alejandro Acosta,
Andrew Aitken, Alykhan Tejani, Johannes Totz, Zehan Wang, Wenzhe Shi. CVPR 2017.
https://arxiv.org/abs/1609.04802

    min over G:  E[mean over pixels (y - G(x))²]                                          (eq. 4)

Shapes: x (n, channels, h, w) -> y (n, channels, s·h, s·w), with s = 2, 3, 4 or 8 as in the data;
a trained G enlarges pictures of any size.

Figures: `mse` is the mean squared error in pixel values, of a range of 2; `psnr` says the same in
decibels, 10 log10(4 / mse), of whole batches.

Deviations from the paper: the default is narrower, has fewer blocks and no batch norm, which costs
time and, where only the error counts, brings nothing (Lim et al. 2017, arXiv:1707.02921). What G
makes is added to the bicubic enlargement, so that it need not learn what a picture is first (Kim et
al. 2016, arXiv:1511.04587); it learns faster from fewer patches. `--preset paper` has the network
of figure 4; it does not say whether PReLU has a slope for each map or one in all: here it is one.
Convolutions before batch norm have no bias, which would be without effect.

Reproduce: `ganvas train srresnet --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
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
)
from ganvas.nets.superres import Enlarger, Norm, refuse_other_channels, scale_of

FALLING = Schedule.parse("1e-3@0 1e-3@0.5 0@1")


@dataclass(frozen=True)
class SRResNetConfig(Config):
    batch: Count = 16
    """Pairs of patches per step (the paper: 16)."""
    images: Count = 32_000
    """Length of the run: how many pairs it sees (repeats counted)."""
    width: Count = 32
    """Feature maps (the paper: 64)."""
    blocks: Count = 6
    """Residual blocks (the paper: 16)."""
    norm: Norm = "none"
    """What follows the convolutions of the blocks (the paper: batch)."""
    base: bool = True
    """Whether G makes what is added to the bicubic enlargement, or all of it (the paper: all)."""
    lr: float | Schedule = FALLING
    """Adam's learning rate (the paper: 1e-4)."""


class SRResNet(Game):
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
                "images": 16_000_000,  # a million steps
                "width": 64,
                "blocks": 16,
                "norm": "batch",
                "base": False,
                "lr": 1e-4,
            },
            data="imagenet",
            partner="smaller:4",
        ),
    }
    paired = True
    multiple: ClassVar[int | None] = 1

    def __init__(self, config: SRResNetConfig, x: Image, y: Image) -> None:
        super().__init__(config)
        self.inputs, self.output = {"x": x}, y
        scale = scale_of("srresnet", x, y)
        if config.base:
            refuse_other_channels("srresnet", x, y)
        size = (x.channels, y.channels, config.width, config.blocks, scale)
        G = Enlarger(*size, norm=config.norm, base=config.base)
        self.G = Player(G, Adam(config.lr, (0.9, 0.999)))

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        batch = next(data)
        error = mse_loss(self.G(batch.x), batch.y)
        yield Move(self.G, error, mse=error, psnr=10 * (4 / error.detach()).log10())

    def generate(self, x: Tensor) -> Tensor:
        return self.G(x).clamp(-1, 1)

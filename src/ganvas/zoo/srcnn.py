"""Image Super-Resolution Using Deep Convolutional Networks.

A picture that bicubic interpolation has enlarged is blurred; three convolutions make it sharp. The
first finds features of patches, the second turns each into features of a sharp patch, the third
puts these together. With it, enlarging became a thing to learn. Nobody plays against anybody.

Chao Dong, Chen Change Loy, Kaiming He, Xiaoou Tang. TPAMI 2016. https://arxiv.org/abs/1501.00092

    F₁(u) = max(0, W₁ * u + B₁)          u is x, enlarged                              (eq. 1)
    F₂(u) = max(0, W₂ * F₁(u) + B₂)                                                    (eq. 2)
    F(u)  = W₃ * F₂(u) + B₃                                                            (eq. 3)
    L = E ||F(u) - y||²                  in pixel values of [0, 1]                     (eq. 4)

Shapes: x (n, channels, h, w) -> y (n, channels, s·h, s·w), with s = 2, 3, 4 or 8 as in the data.
No layer pads while it learns, so only the middle of y is learned from, without its outermost 6
pixels (or 8; section 4.1). A trained F enlarges pictures of any size.

Figures: `psnr` is the likeness to the truth in decibels, 10 log10(1 / mse), of the middle of whole
batches; `bicubic` is that of u.

Deviations from the paper: the default learns with Adam, in thousands of steps where the paper takes
some 10⁸ of gradient descent; what F makes is added to u (Kim et al. 2016, arXiv:1511.04587), and it
takes all colours, as in section 4.5. When pictures are shown, each is padded once with its
outermost pixels, not before every layer. `--preset paper` is the 9-1-5 network of 8,032 weights on
brightness alone.

Reproduce: `ganvas train srcnn --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor, nn
from torch.nn.functional import mse_loss, pad

from ganvas.core import (
    SGD,
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
)
from ganvas.nets.superres import enlarged, refuse_other_channels, scale_of

FALLING = Schedule.parse("1e-3@0 1e-3@0.5 0@1")


@dataclass(frozen=True)
class SRCNNConfig(Config):
    batch: Count = 16
    """Pairs of patches per step (the authors: 128)."""
    images: Count = 32_000
    """Length of the run: how many pairs it sees (repeats counted)."""
    maps: tuple[Count, Count] = (64, 32)
    """Feature maps of the first and the second layer (the paper: 64 and 32)."""
    sizes: tuple[Count, ...] = (9, 1, 5)
    """Sides of the three layers' kernels, odd numbers (the paper: 9-1-5, 9-3-5 and 9-5-5)."""
    std: Weight | None = None
    """Standard deviation of the first weights (the paper: 0.001); None suits them to the layer."""
    optimiser: Literal["adam", "sgd"] = "adam"
    """Adam, or gradient descent with momentum 0.9 (the paper: sgd)."""
    lr: float | Schedule = FALLING
    """The learning rate (the paper: 1e-4)."""
    base: bool = True
    """Whether F makes what is added to u, or all of it (the paper: all)."""
    last: Weight = 1.0
    """The learning rate of the last layer, in parts of the others' (the paper: 0.1)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.sizes) != 3 or not all(size % 2 for size in self.sizes):
            raise UsageError(f"sizes must be three odd numbers, as in 9 5 5, not {self.sizes}")

    @property
    def border(self) -> int:
        """How many pixels the three layers together lose on each side."""
        return sum(size // 2 for size in self.sizes)


class SRCNN(Game):
    paper = Paper(
        "Image Super-Resolution Using Deep Convolutional Networks",
        "Dong, Loy, He, Tang",
        2015,
        "https://arxiv.org/abs/1501.00092",
    )
    presets = {
        "default": Preset(
            {"x": Image(3, 16, 16), "y": Image(3, 64, 64)}, data="photos", partner="smaller:4"
        ),
        "paper": Preset(
            {"x": Image(1, 11, 11), "y": Image(1, 33, 33)},
            {
                "batch": 128,
                "images": 800_000_000,
                "std": 0.001,
                "optimiser": "sgd",
                "lr": 1e-4,
                "base": False,
                "last": 0.1,
            },
            data="imagenet",
            partner="smaller:3",
        ),
    }
    paired = True
    multiple: ClassVar[int | None] = 1

    def __init__(self, config: SRCNNConfig, x: Image, y: Image) -> None:
        super().__init__(config)
        self.inputs, self.output, self.scale = {"x": x}, y, scale_of("srcnn", x, y)
        if min(y.height, y.width) <= 2 * config.border:
            raise UsageError(
                f"srcnn learns from what lies {config.border} pixels within the border, of which "
                f"{y.height}x{y.width} pixels leave nothing"
            )
        (n1, n2), (f1, f2, f3) = config.maps, config.sizes
        first = [nn.Conv2d(x.channels, n1, f1), nn.ReLU(), nn.Conv2d(n1, n2, f2), nn.ReLU()]
        last = nn.Conv2d(n2, y.channels, f3)
        if config.base:
            refuse_other_channels("srcnn", x, y)
        # Two players that always move together: the last layer has a learning rate of its own.
        self.F12 = Player(self._begun(nn.Sequential(*first)), _recipe(config, 1.0))
        self.F3 = Player(self._begun(last), _recipe(config, config.last))

    def _begun(self, net: nn.Module) -> nn.Module:
        for layer in net.modules():
            if isinstance(layer, nn.Conv2d) and self.config.std is not None:
                nn.init.normal_(layer.weight, 0.0, self.config.std)
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
        return net

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        batch = next(data)
        border = (-self.config.border,) * 4
        u = (enlarged(batch.x, self.scale) + 1) / 2
        truth, before = pad((batch.y + 1) / 2, border), pad(u, border)
        made = self._sharp(u)
        error = mse_loss(made, truth)
        figures = {"psnr": psnr(error), "bicubic": psnr(mse_loss(before, truth))}
        yield Move((self.F12, self.F3), error * truth[0].numel(), **figures)

    def generate(self, x: Tensor) -> Tensor:
        border = (self.config.border,) * 4
        u = pad((enlarged(x, self.scale) + 1) / 2, border, mode="replicate")
        return (2 * self._sharp(u) - 1).clamp(-1, 1)

    def _sharp(self, u: Tensor) -> Tensor:
        """F(u), smaller than u by the border: (n, channels, ...)."""
        made = self.F3(self.F12(u))
        return made + pad(u, (-self.config.border,) * 4) if self.config.base else made


def psnr(error: Tensor) -> Tensor:
    """Decibels of a mean squared error in units of the range."""
    return -10 * error.detach().log10()


def _recipe(config: SRCNNConfig, part: float) -> Adam | SGD:
    """How a layer learns, at a part of the rate."""
    rate = config.lr
    if isinstance(rate, Schedule):
        rate = Schedule(tuple((place, part * value) for place, value in rate.points))
    else:
        rate = part * rate
    return Adam(rate, (0.9, 0.999)) if config.optimiser == "adam" else SGD(rate, 0.9)

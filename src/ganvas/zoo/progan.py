"""Progressive Growing of GANs for Improved Quality, Stability, and Variation.

Both networks begin with 4x4 pixels and grow: each time the pictures are good enough, a layer for
twice the size is faded in, so the game is about what a picture shows first and about its details
later, and large pictures become possible.

Tero Karras, Timo Aila, Samuli Laine, Jaakko Lehtinen. ICLR 2018. https://arxiv.org/abs/1710.10196

Shapes: z (n, noise) -> x (n, channels, s, s) with s = 4·2^k, k >= 1; D maps x to a score (n,).
At level i (4·2^i pixels) G ends in its i-th `to_image` layer and D begins with its i-th
`from_image` layer; while level i fades in, α rises from 0 to 1 and G makes

    x = (1 - α) · up(to_image_{i-1}(h_{i-1})) + α · to_image_i(h_i),

D takes its features likewise, and the real images are blended with their own half-size copies.
All layers exist from the start; those of later levels wait. `generate` shows the current level,
enlarged to the full size, and `judge` reduces to it.

D descends f(G(z)) - f(x) + λ (||∇f(x̂)|| - 1)² + ε f(x)², G descends -f(G(z)).

Figures: `distance` is f(x) - f(G(z)), D's estimate of how far apart the two are; `penalty` is the
gradient penalty before its weight λ; `size` and `alpha` say which level is played.

Deviations from the paper: the default is smaller and shorter, with a faster moving average. Where
the batch cannot be divided into groups of four for the minibatch standard deviation (the paper's
own batches of 14, 6 and 3 at 256x256 and above), the groups are of the next smaller size that
divides it. The parameters of `--preset paper` are those of the official networks.

Reproduce: `ganvas train progan --data digits --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from ganvas.core import (
    Adam,
    Batch,
    Config,
    Count,
    Game,
    Image,
    Move,
    Noise,
    Paper,
    Player,
    Preset,
    Share,
    Stage,
    UsageError,
    Weight,
)
from ganvas.losses.adversarial import wasserstein_d, wasserstein_g
from ganvas.losses.penalties import gradient_penalty
from ganvas.nets.equalised import Conv, Unfold, pixel_norm
from ganvas.nets.growing import GrowingDiscriminator, Growth, ToImage, up


@dataclass(frozen=True)
class ProGANConfig(Config):
    batch: Count = 16
    """Images per step, over all processes and micro-batches."""
    images: Count = 64_000
    """Length of the run: how many real images it sees (repeats counted)."""
    batches: tuple[Count, ...] = ()
    """Images per step at 4x4, 8x8 ..., where they differ from `batch`."""
    noise: Count = 64
    """Size of the latent vector z, which is normalised to the hypersphere."""
    base: Count = 256
    """Feature maps: a layer at 4·2^i pixels has base / 2^(i+1), but never more than `widest`."""
    widest: Count = 64
    """Most feature maps that a layer has (the paper: 512)."""
    last: Weight = 1.0
    """How long the last stage is, compared to each of the others."""
    lr: Weight = 1e-3
    """Adam's learning rate, for both players."""
    penalty: Weight = 10.0
    """Weight λ of the gradient penalty."""
    drift: Weight = 1e-3
    """Weight ε of the penalty on D's squared scores of real images, which keeps them near 0."""
    ema: Share = 0.99
    """Decay of G's moving average, the one that is shown (the paper: 0.999)."""


class Act(nn.Module):
    """Leaky ReLU, then pixel norm."""

    def forward(self, x: Tensor) -> Tensor:
        return pixel_norm(leaky_relu(x, 0.2))


class Generator(nn.Module):
    """z (n, noise) -> x (n, channels, 4·2^level, 4·2^level). `maps[i]` are those of level i."""

    def __init__(self, noise: int, maps: Sequence[int], channels: int) -> None:
        super().__init__()
        layers = [Unfold(noise, maps[0]), Act(), Conv(maps[0], maps[0], 3, 1), Act()]
        self.first = nn.Sequential(*layers)
        self.blocks = nn.ModuleList(
            nn.Sequential(Conv(a, b, 3, 1), Act(), Conv(b, b, 3, 1), Act())
            for a, b in pairwise(maps)
        )
        self.to_image = ToImage(maps, channels)

    def forward(self, z: Tensor, level: int, alpha: float = 1.0) -> Tensor:
        h = before = self.first(pixel_norm(z)[:, :, None, None])
        for block in self.blocks[:level]:
            before, h = h, block(up(h))
        return self.to_image(h, before, level, alpha)


class ProGAN(Game):
    paper = Paper(
        "Progressive Growing of GANs for Improved Quality, Stability, and Variation",
        "Karras, Aila, Laine, Lehtinen",
        2017,
        "https://arxiv.org/abs/1710.10196",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16)}),
        "paper": Preset(
            {"x": Image(3, 1024, 1024)},
            {
                "noise": 512,
                "base": 8192,
                "widest": 512,
                "batch": 16,
                "batches": (16, 16, 16, 16, 16, 16, 14, 6, 3),
                "images": 19_000_000,
                "last": 7.75,
                "ema": 0.999,
            },
            data="celeba_hq",
        ),
    }

    def __init__(self, config: ProGANConfig, x: Image) -> None:
        super().__init__(config)
        top = (x.height // 4).bit_length() - 1
        if x.height != x.width or x.height < 8 or x.height != 4 * 2**top:
            raise UsageError(
                f"progan makes squares of 8, 16, 32, 64, 128 ... pixels, not {x.height}x{x.width}"
            )
        self.inputs, self.output = {"z": Noise(config.noise)}, x
        self.growth = Growth((4, 4), top)
        maps = [min(config.base // 2 ** (i + 1), config.widest) for i in range(top + 1)]
        if maps[-1] == 0:
            raise UsageError(f"base {config.base} leaves no feature maps at {x.height}x{x.width}")
        recipe = Adam(config.lr, (0.0, 0.99))
        G = Generator(config.noise, maps, x.channels)
        D = GrowingDiscriminator(maps, min(config.base, config.widest), x.channels)
        self.G = Player(G, recipe, ema=config.ema)
        self.D = Player(D, recipe, double_backward=True)

    def stages(self) -> list[Stage]:
        return self.growth.stages(self.play, self.config.batches, self.config.last)

    @property
    def place(self) -> tuple[int, float]:
        """The level of the current stage, and how far (α) it has been faded in."""
        return self.growth.place(self.clock)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        level, alpha = place = self.place
        x = self.growth.seen(next(data).x, *place)
        n = len(x)
        fake = self.G.still(self.noise(n), *place)
        real_score, fake_score = self.D(x, *place), self.D(fake, *place)
        loss = wasserstein_d(real_score, fake_score)
        at = self.chance.uniform(n)
        penalty = gradient_penalty(lambda mixed: self.D(mixed, *place), x, fake, at)
        drift = real_score.square().mean()
        figures = {"distance": -loss, "penalty": penalty, "size": 4 * 2**level, "alpha": alpha}
        loss = loss + self.config.penalty * penalty + self.config.drift * drift
        yield Move(self.D, loss, **figures)

        yield Move(self.G, wasserstein_g(self.D(self.G(self.noise(n), *place), *place)))

    def generate(self, z: Tensor) -> Tensor:
        level, alpha = self.place
        return self.growth.enlarged(self.G.best(z, level, alpha), level).clamp(-1, 1)

    def judge(self, x: Tensor) -> Tensor:
        level, alpha = self.place
        return self.D(self.growth.seen(x, level), level, alpha)

"""Coupled Generative Adversarial Networks.

Two GANs learn two sets of pictures of which no two belong together. Their generators share all but
the last layer, their discriminators all but the first: what a picture shows is decided once, from
one z, and only how it looks is each generator's own. So they make pairs that nobody ever showed
them, a digit and its edges, say.

Ming-Yu Liu, Oncel Tuzel. NeurIPS 2016. https://arxiv.org/abs/1606.07536

    min over G₁, G₂, max over D₁, D₂:  E[log D₁(x)] + E[log(1 - D₁(G₁(z)))]
                                     + E[log D₂(y)] + E[log(1 - D₂(G₂(z)))]                 (eq. 5)

under the constraint that the shared layers are the same (section 3).

Shapes: z (n, noise) -> x and y (n, channels, height, width), both of the same size, 16 pixels and
more on each side; D maps a pair to two logits, (n,) each. `generate` makes x, `pair` both.

Figures: `D(x)` and `D(G(z))` are the mean probabilities of being real that D gives to real and
to generated pictures of both sides; both near 0.5 means that D cannot tell.

Deviations from the paper: the default is smaller, at a larger learning rate that falls to 0, and
shows a moving average of G. Its D is held back by an R1 penalty (Mescheder et al. 2018,
arXiv:1801.04406), since it learns from 450 pictures where the paper has 30,000, and the layers that
are not shared begin as copies of each other. Even so its pairs fall short of the paper's:
`python -m benchmarks.learn cogan` counts them. `--preset paper` follows the authors' code, which
lets G raise log D; its pictures lie in [-1, 1] after a tanh, not in [0, 1] after a logistic one,
and its D gives one number where theirs has a softmax over two.

Reproduce: `ganvas train cogan --data edges --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d

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
    Schedule,
    Share,
    UsageError,
    Weight,
)
from ganvas.losses.adversarial import minimax_d, nonsaturating_g
from ganvas.losses.penalties import zero_centred

FALLING = Schedule.parse("1e-3@0 1e-3@0.5 0@1")


@dataclass(frozen=True)
class CoGANConfig(Config):
    batch: Count = 32
    """Pictures of each side per step, over all processes and micro-batches (the paper: 64)."""
    images: Count = 320_000
    """Length of the run: how many pictures of each side it sees (repeats counted)."""
    noise: Count = 32
    """Size of the latent vector z (the paper: 100)."""
    width: Count = 16
    """Feature maps of G before the last layer; each halving doubles them (the paper: 128)."""
    maps: tuple[int, int] = (20, 50)
    """Feature maps of D's two convolutions."""
    units: Count = 128
    """Units of D's dense layer (the paper: 500)."""
    alike: bool = True
    """Whether the layers that are not shared begin as copies of each other (the paper: no)."""
    r1: Weight = 0.3
    """Weight γ of the R1 penalty on D (the paper: none)."""
    lr: float | Schedule = FALLING
    """Adam's learning rate, for both players (the paper: 2e-4)."""
    weight_decay: Weight = 0.0
    """Adam's weight decay (the paper: 5e-4)."""
    ema: Share | None = 0.995
    """Decay of G's moving average, the one that is shown; None shows G itself."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.maps) < 1:
            raise UsageError(f"maps must be two numbers of 1 or more, not {self.maps}")


class Generator(nn.Module):
    """z (n, noise) -> x and y (n, channels, height, width): all but the last layer is shared."""

    def __init__(self, noise: int, width: int, x: Image, y: Image) -> None:
        super().__init__()
        times = ((min(x.height, x.width) - 4) // 3).bit_length() - 1  # 4 -> 7 -> 13 -> 25 ...
        maps = [width * 2**i for i in range(times, -1, -1)]
        layers: list[nn.Module] = [nn.ConvTranspose2d(noise, maps[0], 4)]
        for before, after in pairwise(maps):
            layers += [nn.BatchNorm2d(before, affine=False), nn.PReLU()]
            layers += [nn.ConvTranspose2d(before, after, 3, 2, 1)]
        self.shared = nn.Sequential(*layers, nn.BatchNorm2d(width, affine=False), nn.PReLU())
        reached = 3 * 2**times + 1
        kernel = x.height - reached + 3, x.width - reached + 3
        self.to_x = nn.ConvTranspose2d(width, x.channels, kernel, 1, 1)
        self.to_y = nn.ConvTranspose2d(width, y.channels, kernel, 1, 1)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        h = self.shared(z[:, :, None, None])
        return self.to_x(h).tanh(), self.to_y(h).tanh()


class Discriminator(nn.Module):
    """x and y -> a logit of each, (n,) and (n,): all but the first layer is shared."""

    def __init__(self, maps: tuple[int, int], units: int, x: Image, y: Image) -> None:
        super().__init__()
        self.of_x = nn.Conv2d(x.channels, maps[0], 5)
        self.of_y = nn.Conv2d(y.channels, maps[0], 5)
        self.conv = nn.Conv2d(maps[0], maps[1], 5)
        rest = [((side - 4) // 2 - 4) // 2 for side in (x.height, x.width)]
        self.dense = nn.Linear(maps[1] * rest[0] * rest[1], units)
        self.active = nn.PReLU()
        self.out = nn.Linear(units, 1)

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        v = max_pool2d(torch.cat([self.of_x(x), self.of_y(y)]), 2)
        v = max_pool2d(self.conv(v), 2).flatten(1)
        score = self.out(self.active(self.dense(v))).flatten()
        return score[: len(x)], score[len(x) :]


def _xavier(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        assert module.bias is not None
        nn.init.zeros_(module.bias)


class CoGAN(Game):
    paper = Paper(
        "Coupled Generative Adversarial Networks",
        "Liu, Tuzel",
        2016,
        "https://arxiv.org/abs/1606.07536",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16), "y": Image(1, 16, 16)}, data="edges"),
        "paper": Preset(
            {"x": Image(1, 28, 28), "y": Image(1, 28, 28)},
            {
                "noise": 100,
                "width": 128,
                "units": 500,
                "alike": False,
                "r1": 0.0,
                "images": 1_600_000,  # 25,000 steps of 64 of each side
                "lr": 2e-4,
                "weight_decay": 5e-4,
                "ema": None,
            },
            data="mnist",
        ),
    }

    def __init__(self, config: CoGANConfig, x: Image, y: Image) -> None:
        super().__init__(config)
        sizes = f"{x.height}x{x.width}", f"{y.height}x{y.width}"
        if sizes[0] != sizes[1]:
            raise UsageError(f"cogan needs x and y of the same size, not {sizes[0]} and {sizes[1]}")
        if min(x.height, x.width) < 16:
            raise UsageError(f"cogan makes pictures of at least 16x16 pixels, not {sizes[0]}")
        self.inputs, self.output = {"z": Noise(config.noise)}, x
        G = Generator(config.noise, config.width, x, y).apply(_xavier)
        D = Discriminator(config.maps, config.units, x, y).apply(_xavier)
        if config.alike and x.channels == y.channels:
            G.to_y.load_state_dict(G.to_x.state_dict())
            D.of_y.load_state_dict(D.of_x.state_dict())
        recipe = Adam(config.lr, (0.5, 0.999), weight_decay=config.weight_decay)
        self.G = Player(G, recipe, ema=config.ema)
        self.D = Player(D, recipe, double_backward=config.r1 > 0)
        self.blank = y.shape

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        batch = next(data)
        x, y = (side.requires_grad_(self.config.r1 > 0) for side in (batch.x, batch.y))
        real, fake = self.D(x, y), self.D(*self.G.still(self.noise(len(x))))
        loss = minimax_d(real[0], fake[0]) + minimax_d(real[1], fake[1])
        figures = {
            "D(x)": torch.cat(real).sigmoid().mean(),
            "D(G(z))": torch.cat(fake).sigmoid().mean(),
        }
        if self.config.r1 > 0:
            penalty = zero_centred(real[0], x) + zero_centred(real[1], y)
            loss, figures["r1"] = loss + self.config.r1 * penalty, penalty
        yield Move(self.D, loss, **figures)

        fake = self.D(*self.G(self.noise(len(x))))
        yield Move(self.G, nonsaturating_g(fake[0]) + nonsaturating_g(fake[1]))

    def generate(self, z: Tensor) -> Tensor:
        return self.pair(z)[0]

    def pair(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """The two pictures of each z: (n, *x.shape), (n, *y.shape)."""
        x, y = self.G.best(z)
        return x, y

    def judge(self, x: Tensor) -> Tensor:
        return self.D(x, x.new_zeros(len(x), *self.blank))[0]

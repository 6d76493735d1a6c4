"""Learning to Discover Cross-Domain Relations with Generative Adversarial Networks.

Two generators translate between two sets of pictures of which no two belong together. What each
makes must please the discriminator of the other side, and there and back must lead to where it
began: so pictures are paired one to one, even where the two sides look nothing alike.

Taeksoo Kim, Moonsu Cha, Hyunsoo Kim, Jung Kwon Lee, Jiwon Kim. ICML 2017.
https://arxiv.org/abs/1703.05192

    L_G = (1 - r) (0.1 L_GAN + 0.9 L_FM) + r L_CONST, and L_F likewise
    L_GAN = -log D_Y(G(x)),   L_CONST = (F(G(x)) - x)²
    L_FM = Σ_l (E[f_l(y)] - E[f_l(G(x))])²
    L_D = (-log D_Y(y) - log(1 - D_Y(G(x)))) / 2, and D_X likewise

where f_l are D_Y's feature maps behind each of its normalised layers, each E is the mean of a
batch, and every square is the mean over pixels or features. (The authors' code has a hinge
embedding around L_FM, which of what belongs together is the distance itself.) r is small at first:
before what is made looks right, there is nothing to be gained from coming back.

Shapes: x (n, channels of x, h·2^k, w·2^k) -> G(x) (n, channels of y, h·2^k, w·2^k), and F the other
way, `back`, where k halvings leave a shorter side of 4 to 7 pixels. D maps a picture to a logit
(n,). A round is a step of both D on a batch, then two steps of G and F, each on another.

Figures: `D(real)` and `D(fake)` are the mean probabilities of being real that both D give to real
and to translated pictures; `return` is the mean squared distance of pictures from where they come
back to, of a range of 1, and `features` is L_FM, both in the mean over the two directions.

Deviations from the paper: the page above is the authors' code where it goes beyond the paper, which
has no feature matching, no r, and steps of both in turn. Its r rises after 10,000 steps of either
kind; here r is a schedule of the progress, and `--preset paper` lasts 100,000 steps, of which that
is a tenth. The default is narrower, with a larger learning rate and instance norm, whose
translations are the same alone and in a batch; with batch norm, as in the preset, running means
are shown where the authors' code takes those of the batch.

Reproduce: `ganvas train discogan --data negatives --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch
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
    UsageError,
    Weight,
    Whole,
)
from ganvas.core.schedule import at
from ganvas.losses.adversarial import minimax_d, nonsaturating_g
from ganvas.nets.sizes import halvings
from ganvas.nets.translation import Norm, normalised

Size = tuple[int, int]
LATER = Schedule.parse("0.01@0 0.01@0.1 0.5@0.1")
FALLING = Schedule.parse("1e-3@0 1e-3@0.5 0@1")


@dataclass(frozen=True)
class DiscoGANConfig(Config):
    batch: Count = 32
    """Pictures of each side per step (the paper: 200, the authors' code: 64)."""
    images: Count = 192_000
    """Length of the run: how many pictures of each side it sees (repeats counted)."""
    width: Count = 16
    """Feature maps beside the picture; each halving doubles them (the paper: 64)."""
    bottleneck: Whole = 0
    """Maps of a single pixel that G and F press a picture through (the authors' extra layers: 100);
    0 leaves it out."""
    norm: Norm = "instance"
    """The normalisation of all networks (the paper: batch)."""
    interval: Count = 3
    """Of so many steps one is D's, and the others are the generators' (the authors' code: 3)."""
    returning: Share | Schedule = LATER
    """r, the part of L_CONST in the generators' loss."""
    features: Share = 0.9
    """The part of L_FM beside L_GAN; 0 leaves the paper's own loss."""
    lr: float | Schedule = FALLING
    """Adam's learning rate, for all players (the paper: 2e-4)."""
    decay: Weight = 1e-5
    """Adam's weight decay."""


class Generator(nn.Module):
    """x (n, before, base·2^k) -> (n, after, base·2^k), both in [0, 1]."""

    def __init__(self, before: int, after: int, config: DiscoGANConfig, k: int, base: Size) -> None:
        super().__init__()
        maps = [config.width * 2**i for i in range(k)]

        def normed(to: int) -> nn.Module:
            return normalised(to, config.norm)

        layers: list[nn.Module] = [nn.Conv2d(before, maps[0], 4, 2, 1, bias=False)]
        layers += [nn.LeakyReLU(0.2, inplace=True)]
        for a, b in pairwise(maps):
            layers += [nn.Conv2d(a, b, 4, 2, 1, bias=False), normed(b)]
            layers += [nn.LeakyReLU(0.2, inplace=True)]
        if config.bottleneck:
            # A single pixel has no variance of its own: it is normalised over the batch or not.
            pixel = [normed(config.bottleneck)] if config.norm == "batch" else []
            layers += [nn.Conv2d(maps[-1], config.bottleneck, base, bias=False), *pixel]
            layers += [nn.LeakyReLU(0.2, inplace=True)]
            layers += [nn.ConvTranspose2d(config.bottleneck, maps[-1], base, bias=False)]
            layers += [normed(maps[-1]), nn.ReLU(inplace=True)]
        for a, b in pairwise(reversed(maps)):
            layers += [nn.ConvTranspose2d(a, b, 4, 2, 1, bias=False), normed(b)]
            layers += [nn.ReLU(inplace=True)]
        layers += [nn.ConvTranspose2d(maps[0], after, 4, 2, 1, bias=False), nn.Sigmoid()]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class Discriminator(nn.Module):
    """x (n, channels, base·2^k) -> logit (n,), the feature maps of each normalised layer."""

    def __init__(self, channels: int, config: DiscoGANConfig, k: int, base: Size) -> None:
        super().__init__()
        maps = [config.width * 2**i for i in range(k)]
        self.enter = nn.Sequential(
            nn.Conv2d(channels, maps[0], 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True)
        )
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(a, b, 4, 2, 1, bias=False),
                normalised(b, config.norm),
                nn.LeakyReLU(0.2, inplace=True),
            )
            for a, b in pairwise(maps)
        )
        self.out = nn.Conv2d(maps[-1], 1, base, bias=False)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        x, features = self.enter(x), []
        for layer in self.layers:
            x = layer(x)
            features.append(x)
        return self.out(x).flatten(), features


class DiscoGAN(Game):
    paper = Paper(
        "Learning to Discover Cross-Domain Relations with Generative Adversarial Networks",
        "Kim, Cha, Kim, Lee, Kim",
        2017,
        "https://arxiv.org/abs/1703.05192",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16), "y": Image(1, 16, 16)}, data="negatives"),
        "paper": Preset(
            {"x": Image(3, 64, 64), "y": Image(3, 64, 64)},
            {"batch": 64, "images": 6_400_000, "width": 64, "norm": "batch", "lr": 2e-4},
            data="edges2handbags",
        ),
    }

    def __init__(self, config: DiscoGANConfig, x: Image, y: Image) -> None:
        super().__init__(config)
        k = _check(config, x, y)
        self.inputs, self.output = {"x": x}, y
        self.batch_statistics = config.features > 0
        base = (x.height >> k, x.width >> k)
        recipe = Adam(config.lr, (0.5, 0.999), weight_decay=config.decay)
        self.G = Player(Generator(x.channels, y.channels, config, k, base), recipe)
        self.F = Player(Generator(y.channels, x.channels, config, k, base), recipe)
        self.D_X = Player(Discriminator(x.channels, config, k, base), recipe)
        self.D_Y = Player(Discriminator(y.channels, config, k, base), recipe)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        x, y = _unit(next(data))
        (real_x, _), (made_x, _) = self.D_X(x), self.D_X(self.F.still(y))
        (real_y, _), (made_y, _) = self.D_Y(y), self.D_Y(self.G.still(x))
        loss = (minimax_d(real_x, made_x) + minimax_d(real_y, made_y)) / 2
        figures = {
            "D(real)": (real_x.sigmoid().mean() + real_y.sigmoid().mean()) / 2,
            "D(fake)": (made_x.sigmoid().mean() + made_y.sigmoid().mean()) / 2,
        }
        yield Move((self.D_X, self.D_Y), loss, **figures)

        for _ in range(self.config.interval - 1):
            x, y = _unit(next(data))
            fake_x, fake_y = self.F(y), self.G(x)
            returned = mse_loss(self.F(fake_y), x) + mse_loss(self.G(fake_x), y)
            fools_x, matches_x = self._fools(self.D_X, fake_x, x)
            fools_y, matches_y = self._fools(self.D_Y, fake_y, y)
            fools, matches = fools_x + fools_y, matches_x + matches_y
            r, share = at(self.config.returning, self.clock.progress), self.config.features
            loss = (1 - r) * ((1 - share) * fools + share * matches) + r * returned
            figures = {"return": returned / 2, "features": matches / 2}
            yield Move((self.G, self.F), loss, **figures)

    def _fools(self, D: Player, fake: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """L_GAN and L_FM of pictures (n, ...) that are to be taken for real ones."""
        score, made = D(fake)
        _, true = D.still(real)
        apart = [(t.mean(0) - m.mean(0)).square().mean() for t, m in zip(true, made, strict=True)]
        return nonsaturating_g(score), torch.stack(apart).sum()

    def generate(self, x: Tensor) -> Tensor:
        return self.G((x + 1) / 2) * 2 - 1

    def back(self, y: Tensor) -> Tensor:
        """Translates the other way: y (n, *y.shape) -> F(y) (n, *x.shape)."""
        return self.F((y + 1) / 2) * 2 - 1

    def judge(self, y: Tensor, x: Tensor | None = None) -> Tensor:
        return self.D_Y((y + 1) / 2)[0]


def _unit(batch: Batch) -> tuple[Tensor, Tensor]:
    """Both sides with values in [0, 1], as the authors' networks have them."""
    return (batch.x + 1) / 2, (batch.y + 1) / 2


def _check(config: DiscoGANConfig, x: Image, y: Image) -> int:
    """How often the networks halve a picture.

    Raises:
        UsageError: for pictures that they cannot make, or steps or an r that make no sense.
    """
    if x.shape[1:] != y.shape[1:]:
        sizes = f"{x.height}x{x.width}", f"{y.height}x{y.width}"
        raise UsageError(f"discogan needs x and y of the same size, not {sizes[0]} and {sizes[1]}")
    if min(x.height, x.width) < 16:
        raise UsageError(f"discogan takes at least 16x16 pixels, not {x.height}x{x.width}")
    if config.interval < 2:
        raise UsageError("an interval of 1 leaves no step to the generators; take 2 or more")
    r = config.returning
    if isinstance(r, Schedule) and not all(0 <= value <= 1 for _, value in r.points):
        raise UsageError(f"returning is a part of the loss, between 0 and 1, not {r}")
    return halvings("discogan", x.height, x.width)

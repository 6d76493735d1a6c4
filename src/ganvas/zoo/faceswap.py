"""faceswap-GAN: two sets of faces, one encoder, two decoders.

An encoder that both sides share learns what faces have in common, a decoder for each side how its
faces look, both by undoing a random warp. So a face of one side, decoded as the other's, keeps its
pose and takes on the other look. Each decoder says by a mask where its picture is to be used; the
rest stays as it was, and a discriminator for each side sees the result.

There is no paper. The shared encoder with two decoders was published as code under the name
deepfakes in 2017; masks and discriminators are those of version 2 of Shao-An Lu's faceswap-GAN.
https://github.com/shaoanlu/faceswap-GAN
For the task in the literature see Korshunova, Shi, Dambre, Theis, "Fast Face-swap Using
Convolutional Neural Networks", ICCV 2017, https://arxiv.org/abs/1611.09577, whose method is
another: style transfer, by a network for each target.

With x̃ a warped x, (α, r) = F(E(x̃)) and x̂ = α r + (1 - α) x̃, and likewise y with G and D_Y:

    D_X descends   (D_X(λ (x, x̃) + (1 - λ) (x̂, x̃)) - λ)²        λ from Beta(m, m), one a batch
    E, F descend   w (D_X(x̂, x̃) - 1)² + ||r - x||₁ + κ max(0, c - α)

To swap, G(E(x)) is used on x. `generate` turns x into y, `back` y into x.

Shapes: x (n, channels, h, w), y of the same shape; E halves to 4 to 7 pixels on the shorter side.
D maps a picture and the warped one beside it to scores of patches, at an eighth of the size.

Figures: `x again` and `y again` are the mean absolute differences of r to what was warped, of a
range of 2; `mask` is the mean α; `fools` is the mean of (D - 1)² over both sides.

Deviations from the code: it warps the inner 160 of 256 pixels and fits the target to the warp, we
warp the whole picture by as much and leave the target alone; it turns, shifts and mirrors pictures;
it punishes masks by their size, we, as its version 2.2 can, by what they lack of c, since else they
vanish where there is no background; its G asks for 1 - λ of D's mixture, ours, as in 2.2, for 1 of
its own picture; both sides move in one step; and there is no perceptual loss, since VGGFace does
not come with ganvas. The default is narrower and learns faster.

Reproduce: `ganvas train faceswap --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss, leaky_relu

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
    Rate,
    Share,
    UsageError,
    Weight,
)
from ganvas.losses.adversarial import least_squares_g
from ganvas.nets.initial import normal_
from ganvas.nets.sizes import halvings
from ganvas.nets.warp import bent


@dataclass(frozen=True)
class FaceSwapConfig(Config):
    batch: Count = 16
    """Pictures of each side per step (the code: 8)."""
    images: Count = 32_000
    """Length of the run: how many pictures of each side it sees (repeats counted)."""
    width: Count = 16
    """Feature maps of the first layers; those of E double with each halving (the code: 64)."""
    code: Count = 128
    """Size of what E says of a picture at its narrowest (the code: 1,024)."""
    warp: Share = 0.03
    """Spread of the 25 points by which a picture is warped, in parts of its side."""
    adversarial: Weight = 0.5
    """w, the weight of fooling D."""
    mixing: Weight = 0.1
    """m; 0 shows D real and made pairs in turn, unmixed."""
    cover: Share = 1.0
    """c: what a mask lacks of it costs."""
    mask: Weight = 0.1
    """κ, the weight of that."""
    lr: Rate = 1e-3
    """Adam's learning rate, for all players (the code: 1e-4)."""


POINTS = 5
"""A warp is told at so many points along each side."""


def up(before: int, after: int) -> nn.Module:
    """(n, before, h, w) -> (n, after, 2h, 2w): four maps become one of twice the size."""
    conv = nn.Conv2d(before, 4 * after, 3, 1, 1, bias=False)
    return nn.Sequential(conv, nn.LeakyReLU(0.1), nn.PixelShuffle(2))


class Residual(nn.Module):
    """(n, maps, h, w) -> the same shape."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        convs = [nn.Conv2d(maps, maps, 3, 1, 1, bias=False) for _ in range(2)]
        self.layers = nn.Sequential(convs[0], nn.LeakyReLU(0.2), convs[1])

    def forward(self, x: Tensor) -> Tensor:
        return leaky_relu(x + self.layers(x), 0.2)


class Encoder(nn.Module):
    """(n, channels, h, w) -> (n, width·2^(k-1), ·, ·) of 1 / 2^(k-1) its size, by a narrow code."""

    def __init__(self, x: Image, width: int, k: int, code: int) -> None:
        super().__init__()
        maps = [width * 2**i for i in range(k + 1)]
        layers: list[nn.Module] = [nn.Conv2d(x.channels, width, 5, 1, 2, bias=False)]
        for before, after in pairwise(maps):
            layers += [nn.Conv2d(before, after, 3, 2, 1, bias=False), nn.ReLU()]
        base = (maps[-1], x.height >> k, x.width >> k)
        cells = base[0] * base[1] * base[2]
        layers += [nn.Flatten(), nn.Linear(cells, code), nn.Linear(code, cells)]
        self.layers = nn.Sequential(*layers, nn.Unflatten(1, base), up(maps[-1], maps[-2]))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class Decoder(nn.Module):
    """What E says -> a mask α (n, 1, h, w) in [0, 1] and a picture r (n, channels, h, w)."""

    def __init__(self, channels: int, width: int, k: int) -> None:
        super().__init__()
        maps = [width * 2**i for i in reversed(range(k))]
        ups = [up(before, after) for before, after in pairwise(maps)]
        self.layers = nn.Sequential(*ups, Residual(width), Residual(width))
        self.mask, self.look = nn.Conv2d(width, 1, 5, 1, 2), nn.Conv2d(width, channels, 5, 1, 2)

    def forward(self, h: Tensor) -> tuple[Tensor, Tensor]:
        h = self.layers(h)
        return self.mask(h).sigmoid(), self.look(h).tanh()


class Discriminator(nn.Module):
    """A picture and its warped input (n, 2·channels, h, w) -> scores of patches in [0, 1]."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in pairwise([2 * channels, width, 2 * width, 4 * width]):
            layers += [nn.Conv2d(before, after, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
        last = [nn.ZeroPad2d((1, 2, 1, 2)), nn.Conv2d(4 * width, 1, 4, bias=False)]
        self.layers = nn.Sequential(*layers, *last, nn.Sigmoid())

    def forward(self, seen: Tensor) -> Tensor:
        return self.layers(seen)


@dataclass(frozen=True)
class Side:
    """A round of one side."""

    real: Tensor
    bent: Tensor
    mask: Tensor
    look: Tensor

    @property
    def made(self) -> Tensor:
        """What D is to find made: the blend, beside the warped picture."""
        return torch.cat([self.bent.lerp(self.look, self.mask), self.bent], 1)


class FaceSwap(Game):
    paper = Paper(
        "faceswap-GAN (code; there is no paper)",
        "Lu, after the code called deepfakes",
        2018,
        "https://github.com/shaoanlu/faceswap-GAN",
    )
    presets = {
        "default": Preset({"x": Image(3, 32, 32), "y": Image(3, 32, 32)}, data="emoji:genders"),
        "paper": Preset(
            {"x": Image(3, 64, 64), "y": Image(3, 64, 64)},
            {"batch": 8, "images": 128_000, "width": 64, "code": 1024, "lr": 1e-4},
            data="emoji:genders",
        ),
    }

    def __init__(self, config: FaceSwapConfig, x: Image, y: Image) -> None:
        super().__init__(config)
        if x != y:
            raise UsageError(f"faceswap needs x and y of one size and kind, not {x} and {y}")
        k = halvings("faceswap", x.height, x.width)
        self.inputs, self.output = {"x": x}, y
        recipe = Adam(config.lr, (0.5, 0.999))

        def player(net: nn.Module) -> Player:
            return Player(net.apply(normal_), recipe)

        self.E = player(Encoder(x, config.width, k, config.code))
        self.F, self.G = (player(Decoder(x.channels, config.width, k)) for _ in range(2))
        self.D_X, self.D_Y = (player(Discriminator(x.channels, config.width)) for _ in range(2))

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        batch, config = next(data), self.config
        bent_x, bent_y = (self._bent(side) for side in (batch.x, batch.y))
        x = Side(batch.x, bent_x, *self.F(self.E(bent_x)))
        y = Side(batch.y, bent_y, *self.G(self.E(bent_y)))
        loss = self._tells(self.D_X, x) + self._tells(self.D_Y, y)
        yield Move((self.D_X, self.D_Y), loss)

        # The square without the half of the LSGAN paper.
        fools = 2 * (least_squares_g(self.D_X(x.made)) + least_squares_g(self.D_Y(y.made)))
        again = l1_loss(x.look, x.real), l1_loss(y.look, y.real)
        lack = sum((config.cover - side.mask).relu().mean() for side in (x, y))
        loss = config.adversarial * fools + again[0] + again[1] + config.mask * lack
        mask = (x.mask.mean() + y.mask.mean()) / 2
        figures = {"x again": again[0], "y again": again[1], "mask": mask, "fools": fools / 2}
        yield Move((self.E, self.F, self.G), loss, **figures)

    def _bent(self, x: Tensor) -> Tensor:
        return bent(x, self.config.warp * self.chance.normal(len(x), 2, POINTS, POINTS))

    def _tells(self, D: Player, side: Side) -> Tensor:
        """What D wants: to say how much of what it sees is real."""
        real, made = torch.cat([side.real, side.bent], 1), side.made.detach()
        if self.config.mixing == 0:
            return (D(real) - 1).square().mean() + D(made).square().mean()
        with self.chance.of_layers():
            share = torch.distributions.Beta(*[self.config.mixing] * 2).sample().to(made)
        return (D(made.lerp(real, share)) - share).square().mean()

    def generate(self, x: Tensor) -> Tensor:
        mask, look = self.G(self.E(x))
        return x.lerp(look, mask)

    def back(self, y: Tensor) -> Tensor:
        """Swaps the other way: y (n, *y.shape) -> x (n, *x.shape)."""
        mask, look = self.F(self.E(y))
        return y.lerp(look, mask)

    def judge(self, y: Tensor, x: Tensor) -> Tensor:
        return self.D_Y(torch.cat([y, x], 1)).flatten(1).mean(1)

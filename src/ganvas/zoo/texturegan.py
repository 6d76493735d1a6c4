"""TextureGAN: Controlling Deep Image Synthesis with Texture Patches.

A sketch says what is where; a patch of texture, put anywhere on it, says what it is made of. A
second, local discriminator looks at small squares in pairs and says whether both are of the same
texture. G must fool it with any square of its picture beside one of the texture that was asked for.

Wenqi Xian, Patsorn Sangkloy, Varun Agrawal, Amit Raj, Jingwan Lu, Chen Fang, Fisher Yu, James Hays.
CVPR 2018. https://arxiv.org/abs/1706.02823

    D descends  ((D(L y) - 1)² + D(L G)²) / 2                       L: the lightness, of Lab
    T descends  ((T(t, t') - 1)² + T(g, t)²) / 2                    t, t' squares of one texture,
    G descends  (D(L G) - 1)² + w_F ||φ(L y) - φ(L G)||₁            g a square of L G
                + w_P ||L y - L G||² + w_C ||ab y - ab G||²
                + w_T (T(g, t) - 1)² + w_S ||Gram ψ(g) - Gram ψ(t)||₁

where φ are features of D and ψ those of T. In the stage `own` the patch is of y itself, and t is
taken from anywhere in y. In the stage `foreign` the patch is another picture's: nobody knows the
true result, so t comes from the patch, and w_P and w_C compare only where the patch lies; every
other round is as before.

Shapes: x (n, channels of x, h, w), a sketch, and texture (n, channels, h, w), a patch on
transparent ground -> y (n, channels of y, h, w); sides are multiples of 8. G works in Lab.

Figures: `D(y)` and `D(G)`, `T(same)` and `T(made)` are mean scores: D and T want 1 and 0. `pixel`,
`colour`, `content` and `style` are the terms of G's loss before their weights.

Deviations from the paper: VGG19's features, of which it takes φ and ψ, do not come with ganvas.
Its sketches are those of an edge detector (HED), ours a morphological gradient; it knows the
object's outline and takes foreign textures from a set of their own, where ours come from other
pictures of the batch; patches lie where a picture has contrast. In the stage `foreign` rounds with
own textures go on in between, or a small G forgets what the patch does not tell. The weights of the
losses are ours. The layers of G and D are those of the authors' code; T has instance norm and
squares of a quarter of the picture. The default is narrower, for pictures of 64 pixels, learns
faster, and has no batch norm on the picture itself, which needs large batches.

Reproduce: `ganvas train texturegan --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
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
    Rate,
    Stage,
    UsageError,
    Weight,
)
from ganvas.losses.adversarial import least_squares_d, least_squares_g
from ganvas.losses.features import gram
from ganvas.nets.colour import from_lab, to_lab
from ganvas.nets.initial import normal_
from ganvas.nets.scribbler import Scribbler, ScribblerDiscriminator
from ganvas.nets.squares import squares, within
from ganvas.nets.translation import PatchDiscriminator


@dataclass(frozen=True)
class TextureGANConfig(Config):
    batch: Count = 8
    """Pictures per step (the authors' code: 36)."""
    images: Count = 16_000
    """Length of the run, both stages together: how many pictures it sees (repeats counted)."""
    width: Count = 8
    """Feature maps of the first layer of G, D and T (the authors' code: 32)."""
    last_norm: bool = False
    """Batch norm on G's picture itself (the authors' code: yes). It needs large batches: no picture
    can be lighter than the others of its batch without their being darker."""
    foreign: Weight = 0.5
    """Length of the stage with other pictures' textures, relative to that with their own."""
    content: Weight = 1.0
    """w_F, the weight of the features of what is shown."""
    pixel: Weight = 30.0
    """w_P, the weight of lightness, pixel by pixel."""
    colour: Weight = 300.0
    """w_C, the weight of colour, pixel by pixel."""
    local: Weight = 1.0
    """w_T, the weight of fooling T."""
    style: Weight = 10.0
    """w_S, the weight of the squares' Gram matrices."""
    lr: Rate = 2e-3
    """Adam's learning rate for G (the authors' code: 1e-3, then 5e-4)."""
    lr_d: Rate = 2e-4
    """Adam's learning rate for D and T (the authors' code: 1e-4)."""


class PairDiscriminator(nn.Module):
    """T: two squares (n, 1, side, side) -> scores of being of one texture, and features ψ."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.net = PatchDiscriminator(2, width, 2)

    def forward(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        heard = self.net.heard(torch.cat([a, b], 1))
        return heard[-1], heard[1]


class TextureGAN(Game):
    paper = Paper(
        "TextureGAN: Controlling Deep Image Synthesis with Texture Patches",
        "Xian, Sangkloy, Agrawal, Raj, Lu, Fang, Yu, Hays",
        2018,
        "https://arxiv.org/abs/1706.02823",
    )
    presets = {
        "default": Preset(
            {"x": Image(1, 64, 64), "y": Image(3, 64, 64), "texture": Image(4, 64, 64)},
            data="emoji",
            partner="edges",
        ),
        "paper": Preset(
            {"x": Image(1, 128, 128), "y": Image(3, 128, 128), "texture": Image(4, 128, 128)},
            {
                "batch": 36,
                "images": 5_000_000,
                "width": 32,
                "lr": 1e-3,
                "lr_d": 1e-4,
                "last_norm": True,
            },
            data="edges2handbags",
            partner="edges",
        ),
    }
    paired = True

    def __init__(self, config: TextureGANConfig, x: Image, y: Image, texture: Image) -> None:
        super().__init__(config)
        _check(x, y, texture)
        self.inputs, self.output = {"x": x, "texture": texture}, y
        self.side = min(y.height, y.width) // 4
        seen = x.channels + texture.channels
        G = Scribbler(seen, y.channels, config.width, norm=config.last_norm)
        D, T = ScribblerDiscriminator(config.width), PairDiscriminator(config.width)
        self.G = Player(G.apply(normal_), Adam(config.lr, (0.5, 0.999)))
        self.D = Player(D.apply(normal_), Adam(config.lr_d, (0.5, 0.999)))
        self.T = Player(T.apply(normal_), Adam(config.lr_d, (0.5, 0.999)))

    def stages(self) -> Sequence[Stage]:
        """First the pictures' own textures, then those of others."""
        foreign = Stage("foreign", self.play_foreign, self.config.foreign)
        return [Stage("own", self.play), *([foreign] if foreign.share > 0 else [])]

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        batch = next(data)
        y = to_lab(batch.y)
        everywhere = torch.ones_like(y[:, 0], dtype=torch.bool)
        yield from self._round(batch.x, y, batch.texture, y, everywhere)

    def play_foreign(self, data: Iterator[Batch]) -> Iterator[Move]:
        """A usual round, lest G forget the rest, and one in which each picture is to be made of
        the texture of the next.
        """
        yield from self.play(data)
        batch = next(data)
        texture = batch.texture.roll(1, 0)
        like, there = to_lab(texture), torch.ones_like(texture[:, 0], dtype=torch.bool)
        if texture.shape[1] in (2, 4):
            like, there = like[:, :-1], texture[:, -1] > 0
        yield from self._round(batch.x, to_lab(batch.y), texture, like, there)

    def _round(
        self, x: Tensor, y: Tensor, texture: Tensor, like: Tensor, there: Tensor
    ) -> Iterator[Move]:
        """The moves of D, T and G, whose picture is to be as `like` is where that is `there`.

        Args:
            y: the true picture, in Lab.
            like: a picture in Lab, (n, channels, h, w).
            there: where it says something, (n, h, w).
        """
        fake = self._made(x, texture)
        real, made = self.D(y[:, :1]), self.D(fake[:, :1].detach())
        figures = {"D(y)": real[0].mean(), "D(G)": made[0].mean()}
        yield Move(self.D, least_squares_d(real[0], made[0]), **figures)

        t, other = (self._square(like, there) for _ in range(2))
        g = self._square(fake, torch.ones_like(there))
        same, made = self.T(t, other), self.T(g.detach(), t)
        figures = {"T(same)": same[0].mean(), "T(made)": made[0].mean()}
        yield Move(self.T, least_squares_d(same[0], made[0]), **figures)

        loss, figures = self._wish(y, fake, g, t)
        n = min(like.shape[1], fake.shape[1])
        off = (fake[:, :n] - like[:, :n]).square() * there[:, None]
        share = there.float().mean()
        figures["pixel"] = off[:, :1].mean() / share
        figures["colour"] = off[:, 1:].mean() / share if n > 1 else share * 0
        loss = loss + self.config.pixel * figures["pixel"] + self.config.colour * figures["colour"]
        yield Move(self.G, loss, **figures)

    def _wish(
        self, y: Tensor, fake: Tensor, g: Tensor, t: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """G's loss without the terms pixel by pixel, and its figures."""
        config = self.config
        (score, features), (_, true) = self.D(fake[:, :1]), self.D.still(y[:, :1])
        fools_t, _ = self.T(g, t)
        content = l1_loss(features, true)
        style = l1_loss(gram(self.T(g, g)[1]), gram(self.T.still(t, t)[1]))
        loss = 2 * least_squares_g(score) + 2 * config.local * least_squares_g(fools_t)
        loss = loss + config.content * content + config.style * style
        return loss, {"content": content, "style": style}

    def _square(self, picture: Tensor, there: Tensor) -> Tensor:
        """A square of the lightness of each picture, somewhere `there`: (n, 1, side, side)."""
        corners = within(there, self.side, self.chance.uniform(len(picture), 2))
        return squares(picture[:, :1], corners, self.side)

    def _made(self, x: Tensor, texture: Tensor) -> Tensor:
        """G's picture in Lab."""
        return self.G(torch.cat([x, to_lab(texture)], 1))

    def generate(self, x: Tensor, texture: Tensor) -> Tensor:
        return from_lab(self._made(x, texture))

    def judge(self, y: Tensor, x: Tensor, texture: Tensor) -> Tensor:
        return self.D(to_lab(y)[:, :1])[0].flatten(1).mean(1)


def _check(x: Image, y: Image, texture: Image) -> None:
    """Raises a UsageError for pictures that the networks cannot make."""
    sizes = [f"{space.height}x{space.width}" for space in (x, y, texture)]
    if len(set(sizes)) > 1:
        raise UsageError(f"texturegan needs pictures of one size, not {', '.join(sizes)}")
    if y.height % 8 or y.width % 8 or min(y.height, y.width) < 48:
        raise UsageError(
            "texturegan makes pictures whose sides are multiples of 8 and at least 48 pixels, not "
            f"{sizes[0]}"
        )

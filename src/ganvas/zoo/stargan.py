"""StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image Translation.

One generator translates between many sets of pictures, hair of five colours, say: it is told where
to. A critic names the domain of what it sees, beside judging it, and what goes to another domain
and back must be what it was: so only what tells the domains apart is changed.

Yunjey Choi, Minje Choi, Munyoung Kim, Jung-Woo Ha, Sunghun Kim, Jaegul Choo. CVPR 2018.
https://arxiv.org/abs/1711.09020

    L_D = E[D(G(x, c))] - E[D(x)] + λ_gp E[(||∇D(x̂)||₂ - 1)²] + λ_cls E[-log D(c'|x)] (eq. 5, 8)
    L_G = -E[D(G(x, c))] + λ_cls E[-log D(c|G(x, c))] + λ_rec E[|x - G(G(x, c), c')|] (eq. 6, 8)

where c' is the label of x, c that of the target, and x̂ lies between x and G(x, c).

Pictures may come with labels of several sets, hair of some and mood of others (section 3.3), whose
classes have names of the form SET=CLASS: FOLDER/hair=black/, FOLDER/mood=happy/. G is then told
c = [c₁, c₂, ..., m], zeros for every set but that of the mask m. In training the target is of the
picture's own set, and D names the class among those of that set; then any picture may go anywhere.

Shapes: x (n, channels, h·2^k, w·2^k), label (n,) -> the same as x, where k halvings leave 2 or 3
pixels of the shorter side; G sees c as maps beside x. D maps a picture to scores of patches
(n, 1, h, w) and to logits of the classes (n, classes).

Figures: `wasserstein` is E[D(x)] - E[D(G(x, c))]; `gp` the mean of (||∇D|| - 1)²; `named` and
`named made` are the shares of real and made pictures whose domain D names; `return` is the mean
absolute difference of pictures from what comes back, of a range of 2.

Deviations from the paper: targets are drawn evenly, where the authors shuffle the batch's labels. A
picture has one label, as RaFD's do; CelebA's, of which several hold at once, take a class for each
combination. All sets share a batch, where the authors take one of each. The default is for small
pictures: narrower, without halvings in G and without its instance norm, which hides how bright a
picture is as a whole, at a larger learning rate and with fewer steps of D. As in the authors' code,
D's slope is that of the sum of its patches, and G's norms show no running means.

Reproduce: `ganvas train stargan --data shapes:colours --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, l1_loss, one_hot

from ganvas.core import (
    Adam,
    Batch,
    Config,
    Count,
    Game,
    Image,
    Label,
    Move,
    Paper,
    Player,
    Preset,
    Schedule,
    UsageError,
    Weight,
    Whole,
)
from ganvas.losses.adversarial import wasserstein_d, wasserstein_g
from ganvas.losses.penalties import gradient_penalty
from ganvas.nets.sizes import halvings

Size = tuple[int, int]
FALLING = Schedule.parse("1e-3@0 1e-3@0.5 0@1")


@dataclass(frozen=True)
class StarGANConfig(Config):
    batch: Count = 16
    """Pictures per step (the paper: 16)."""
    images: Count = 160_000
    """Length of the run: how many pictures it sees (repeats counted)."""
    width: Count = 16
    """Feature maps of the first layer of G and D; each halving doubles them (the paper: 64)."""
    halvings: Literal[0, 1, 2] = 0
    """How often G halves a picture before its blocks, and doubles it behind them (the paper: 2)."""
    blocks: Whole = 2
    """Residual blocks of G (the paper: 6)."""
    norm: Literal["instance", "none"] = "none"
    """What normalises G's feature maps (the paper: instance)."""
    critic_steps: Count = 2
    """Steps of D for each of G (the paper: 5)."""
    classes: Weight = 1.0
    """λ_cls, the weight of the classification losses."""
    cycle: Weight = 10.0
    """λ_rec, the weight of the reconstruction loss."""
    penalty_weight: Weight = 10.0
    """λ_gp, the weight of the penalty on D's slope."""
    lr: float | Schedule = FALLING
    """Adam's learning rate (the paper: 1e-4, falling in the second half)."""


def _layer(kind: type[nn.Module], a: int, b: int, *size: int, norm: bool) -> list[nn.Module]:
    """A convolution from a to b maps, its norm and ReLU."""
    normed = [nn.InstanceNorm2d(b, affine=True)] if norm else []
    return [kind(a, b, *size, bias=not norm), *normed, nn.ReLU(inplace=True)]


class ResidualBlock(nn.Module):
    def __init__(self, maps: int, *, norm: bool) -> None:
        super().__init__()
        first, second = (_layer(nn.Conv2d, maps, maps, 3, 1, 1, norm=norm) for _ in range(2))
        self.layers = nn.Sequential(*first, *second[:-1])

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


class Generator(nn.Module):
    """x (n, channels, 4h, 4w), c (n, told) -> (n, channels, 4h, 4w) in [-1, 1]."""

    def __init__(self, channels: int, told: int, config: StarGANConfig) -> None:
        super().__init__()
        norm = config.norm == "instance"
        maps = [config.width << i for i in range(config.halvings + 1)]
        layers = _layer(nn.Conv2d, channels + told, maps[0], 7, 1, 3, norm=norm)
        for a, b in pairwise(maps):
            layers += _layer(nn.Conv2d, a, b, 4, 2, 1, norm=norm)
        layers += [ResidualBlock(maps[-1], norm=norm) for _ in range(config.blocks)]
        for a, b in pairwise(reversed(maps)):
            layers += _layer(nn.ConvTranspose2d, a, b, 4, 2, 1, norm=norm)
        last = nn.Conv2d(maps[0], channels, 7, 1, 3, bias=not norm)
        self.layers = nn.Sequential(*layers, last, nn.Tanh())

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        maps = c.to(x.dtype)[:, :, None, None].expand(-1, -1, *x.shape[2:])
        return self.layers(torch.cat([x, maps], 1))


class Discriminator(nn.Module):
    """x (n, channels, base·2^k) -> scores of patches (n, 1, base), logits (n, classes)."""

    def __init__(self, channels: int, classes: int, width: int, k: int, base: Size) -> None:
        super().__init__()
        maps = [channels, *(width * 2**i for i in range(k))]
        layers: list[nn.Module] = []
        for a, b in pairwise(maps):
            layers += [nn.Conv2d(a, b, 4, 2, 1), nn.LeakyReLU(0.01)]
        self.trunk = nn.Sequential(*layers)
        self.real = nn.Conv2d(maps[-1], 1, 3, 1, 1, bias=False)
        self.classes = nn.Conv2d(maps[-1], classes, base, bias=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = self.trunk(x)
        return self.real(features), self.classes(features).flatten(1)


class StarGAN(Game):
    paper = Paper(
        "StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image "
        "Translation",
        "Choi, Choi, Kim, Ha, Kim, Choo",
        2018,
        "https://arxiv.org/abs/1711.09020",
    )
    presets = {
        "default": Preset({"x": Image(3, 32, 32), "label": Label(6)}, data="shapes:colours"),
        "paper": Preset(
            {"x": Image(3, 128, 128), "label": Label(5)},
            {
                "images": 3_200_000,  # 200,000 steps of D
                "width": 64,
                "halvings": 2,
                "blocks": 6,
                "norm": "instance",
                "critic_steps": 5,
                "lr": "1e-4@0 1e-4@0.5 0@1",
            },
            data="celeba",
        ),
    }
    multiple: ClassVar[int | None] = 4
    sets: Tensor  # of each class, the number of its set

    def __init__(self, config: StarGANConfig, x: Image, label: Label) -> None:
        super().__init__(config)
        k, sets = _check(x, label)
        self.inputs, self.output = {"x": x, "label": label}, x
        self.register_buffer("sets", torch.tensor(sets), persistent=False)
        self.masks = len(set(sets)) if len(set(sets)) > 1 else 0
        recipe = Adam(config.lr, (0.5, 0.999))
        G = Generator(x.channels, label.classes + self.masks, config)
        base = (x.height >> k, x.width >> k)
        D = Discriminator(x.channels, label.classes, config.width, k, base)
        self.G, self.D = Player(G, recipe), Player(D, recipe, double_backward=True)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        config = self.config
        for _ in range(config.critic_steps):
            x, label = (batch := next(data)).x, batch.label
            target = self._targets(label)
            fake = self.G.still(x, self.told(target))
            (real, said), (made, _) = self.D(x), self.D(fake)
            at = self.chance.uniform(len(x))
            gp = gradient_penalty(lambda x: self.D(x)[0].flatten(1).sum(1), x, fake, at)
            loss = wasserstein_d(real, made) + config.penalty_weight * gp
            unnamed, named = self._named(said, label)
            loss, w = loss + config.classes * unnamed, real.mean() - made.mean()
            yield Move(self.D, loss, wasserstein=w, gp=gp, named=named)

        fake = self.G(x, self.told(target))
        returned = l1_loss(self.G(fake, self.told(label)), x)
        made, said = self.D(fake)
        unnamed, named = self._named(said, target)
        loss = wasserstein_g(made) + config.classes * unnamed + config.cycle * returned
        yield Move(self.G, loss, **{"named made": named, "return": returned})

    def told(self, label: Tensor) -> Tensor:
        """c: label (n,) -> one-hot (n, classes), and behind it the mask if there are sets."""
        c = one_hot(label, len(self.sets))
        return torch.cat([c, one_hot(self.sets[label], self.masks)], 1) if self.masks else c

    def _targets(self, label: Tensor) -> Tensor:
        """Where pictures of these domains (n,) are to go: to one of their set, evenly drawn."""
        own = self.sets == self.sets[label][:, None]
        place = (self.chance.uniform(len(label)) * own.sum(1)).floor()
        return (own.cumsum(1) > place[:, None]).int().argmax(1)

    def _named(self, logits: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """The mean of -log D(label|x) among the classes of its set, and how often D is right."""
        among = logits.masked_fill(self.sets != self.sets[label][:, None], -torch.inf)
        return cross_entropy(among, label), (among.argmax(1) == label).float().mean()

    def generate(self, x: Tensor, label: Tensor) -> Tensor:
        return self.G(x, self.told(label))

    def judge(self, made: Tensor, x: Tensor | None = None, label: Tensor | None = None) -> Tensor:
        return self.D(made)[0].flatten(1).mean(1)


def _check(x: Image, label: Label) -> tuple[int, tuple[int, ...]]:
    """How often D halves a picture, and the set of each domain.

    Raises:
        UsageError: for pictures that G cannot make, or a domain with none to go to.
    """
    sets, names = label.sets, label.names or ("it",)
    if min(x.height, x.width) < 8:
        raise UsageError(f"stargan makes pictures of at least 8x8 pixels, not {x.height}x{x.width}")
    if alone := [name for name, s in zip(names, sets, strict=False) if sets.count(s) == 1]:
        raise UsageError(f"stargan takes at least 2 domains of a set, not 1: {alone[0]} is alone")
    return halvings("stargan", x.height, x.width, smallest=2), sets

"""StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image Translation.

One generator translates between many sets of pictures, hair of five colours, say: it is told the
domain that a picture is to go to. A critic names the domain of what it sees beside judging it, and
a picture that goes to another domain and back to its own must be what it was: so only what tells
the domains apart is changed.

Yunjey Choi, Minje Choi, Munyoung Kim, Jung-Woo Ha, Sunghun Kim, Jaegul Choo. CVPR 2018.
https://arxiv.org/abs/1711.09020

    L_D = E[D(G(x, c))] - E[D(x)] + λ_gp E[(||∇D(x̂)||₂ - 1)²] + λ_cls E[-log D(c'|x)] (eq. 5, 8)
    L_G = -E[D(G(x, c))] + λ_cls E[-log D(c|G(x, c))] + λ_rec E[|x - G(G(x, c), c')|] (eq. 6, 8)

where c' is the label of x, c that of the target, and x̂ lies between x and G(x, c).

Pictures may come with labels of several sets, hair of some and mood of others (section 3.3), whose
classes have names of the form SET=CLASS: FOLDER/hair=black/, FOLDER/mood=happy/. G is then told
c = [c₁, c₂, ..., m], zeros for every set but that of the mask m. In training the target is of the
picture's own set, and D names the class among those of that set; then any picture may go anywhere.

Shapes: x (n, channels, h·2^k, w·2^k), label (n,) -> (n, channels, h·2^k, w·2^k), where k halvings
leave 2 or 3 pixels of the shorter side. G sees c as constant maps beside x, and takes any sides
that are multiples of 4. D maps a picture to scores of patches (n, 1, h, w) and to logits of the
classes (n, classes).

Figures: `wasserstein` is E[D(x)] - E[D(G(x, c))]; `gp` the mean of (||∇D|| - 1)²; `named` and
`named made` are the shares of real and of translated pictures whose domain D names; `return` is the
mean absolute difference of pictures from what comes back, of a range of 2.

Deviations from the paper: targets are drawn evenly, where the authors shuffle the batch's labels. A
picture has one label, as RaFD's do; CelebA's, of which several hold at once, take a class for each
combination. Pictures of all sets share a batch, so each set counts by its size; the authors take a
batch of each. The default is narrower and shallower, for small pictures, at a larger learning rate
and with fewer critic steps. As in the authors' code, the slope is that of the sum of the patches'
scores, and the running means of G's norms, which nothing shows, are left out.

Reproduce: `ganvas train stargan --data shapes:colours --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

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
HALF_THEN_DOWN = Schedule.parse("5e-4@0 5e-4@0.5 0@1")


@dataclass(frozen=True)
class StarGANConfig(Config):
    batch: Count = 16
    """Pictures per step (the paper: 16)."""
    images: Count = 160_000
    """Length of the run: how many pictures it sees (repeats counted)."""
    width: Count = 16
    """Feature maps of the first layer of G and D; each halving doubles them (the paper: 64)."""
    blocks: Whole = 2
    """Residual blocks of G (the paper: 6)."""
    critic_steps: Count = 3
    """Steps of D for each of G (the paper: 5)."""
    classes: Weight = 1.0
    """λ_cls, the weight of the classification losses."""
    cycle: Weight = 10.0
    """λ_rec, the weight of the reconstruction loss."""
    penalty_weight: Weight = 10.0
    """λ_gp, the weight of the penalty on D's slope."""
    lr: float | Schedule = HALF_THEN_DOWN
    """Adam's learning rate, for both players (the paper: 1e-4, falling in the second half)."""


def _normed(maps: int) -> list[nn.Module]:
    return [nn.InstanceNorm2d(maps, affine=True), nn.ReLU(inplace=True)]


class ResidualBlock(nn.Module):
    """(n, maps, height, width) -> the same shape."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        first, second = (nn.Conv2d(maps, maps, 3, 1, 1, bias=False) for _ in range(2))
        self.layers = nn.Sequential(first, *_normed(maps), second, *_normed(maps)[:1])

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


class Generator(nn.Module):
    """x (n, channels, 4h, 4w), c (n, told) -> (n, channels, 4h, 4w) in [-1, 1]."""

    def __init__(self, channels: int, told: int, width: int, blocks: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(channels + told, width, 7, 1, 3, bias=False)]
        layers += _normed(width)
        for maps in (width, 2 * width):
            layers += [nn.Conv2d(maps, 2 * maps, 4, 2, 1, bias=False), *_normed(2 * maps)]
        layers += [ResidualBlock(4 * width) for _ in range(blocks)]
        for maps in (4 * width, 2 * width):
            layers += [nn.ConvTranspose2d(maps, maps // 2, 4, 2, 1, bias=False)]
            layers += _normed(maps // 2)
        layers += [nn.Conv2d(width, channels, 7, 1, 3, bias=False), nn.Tanh()]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        maps = c.to(x.dtype)[:, :, None, None].expand(-1, -1, *x.shape[2:])
        return self.layers(torch.cat([x, maps], 1))


class Discriminator(nn.Module):
    """x (n, channels, base·2^k) -> scores of patches (n, 1, base), logits (n, classes)."""

    def __init__(self, channels: int, classes: int, width: int, k: int, base: Size) -> None:
        super().__init__()
        maps = [channels, *(width * 2**i for i in range(k))]
        layers: list[nn.Module] = []
        for i in range(k):
            layers += [nn.Conv2d(maps[i], maps[i + 1], 4, 2, 1), nn.LeakyReLU(0.01)]
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
                "blocks": 6,
                "critic_steps": 5,
                "lr": "1e-4@0 1e-4@0.5 0@1",
            },
            data="celeba",
        ),
    }
    multiple: ClassVar[int | None] = 4
    sets: Tensor
    """The number of the set of each class: (classes,)."""

    def __init__(self, config: StarGANConfig, x: Image, label: Label) -> None:
        super().__init__(config)
        k, sets = _check(x, label)
        self.inputs, self.output = {"x": x, "label": label}, x
        self.register_buffer("sets", torch.tensor(sets), persistent=False)
        self.masks = len(set(sets)) if len(set(sets)) > 1 else 0
        recipe = Adam(config.lr, (0.5, 0.999))
        G = Generator(x.channels, label.classes + self.masks, config.width, config.blocks)
        base = (x.height >> k, x.width >> k)
        D = Discriminator(x.channels, label.classes, config.width, k, base)
        self.G, self.D = Player(G, recipe), Player(D, recipe, double_backward=True)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        config = self.config
        for _ in range(config.critic_steps):
            x, label = (batch := next(data)).x, batch.label
            target = self._targets(label)
            fake = self.G.still(x, self.told(target))
            real, said = self.D(x)
            made = self.D(fake)[0]
            gp = gradient_penalty(self._slope, x, fake, self.chance.uniform(len(x)))
            loss = wasserstein_d(real, made) + config.penalty_weight * gp
            unnamed, named = self._named(said, label)
            figures = {"wasserstein": real.mean() - made.mean(), "gp": gp, "named": named}
            yield Move(self.D, loss + config.classes * unnamed, **figures)

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
        other = self.sets != self.sets[label][:, None]
        among = logits.masked_fill(other, -torch.inf)
        return cross_entropy(among, label), (among.argmax(1) == label).float().mean()

    def _slope(self, x: Tensor) -> Tensor:
        """The score whose slope is penalised: (n,)."""
        return self.D(x)[0].flatten(1).sum(1)

    def generate(self, x: Tensor, label: Tensor) -> Tensor:
        return self.G(x, self.told(label))

    def judge(self, made: Tensor, x: Tensor | None = None, label: Tensor | None = None) -> Tensor:
        return self.D(made)[0].flatten(1).mean(1)


def _check(x: Image, label: Label) -> tuple[int, tuple[int, ...]]:
    """How often D halves a picture, and the set of each domain.

    Raises:
        UsageError: for pictures that G cannot make, or a domain with none to go to.
    """
    if min(x.height, x.width) < 8:
        raise UsageError(f"stargan makes pictures of at least 8x8 pixels, not {x.height}x{x.width}")
    if alone := [i for i, number in enumerate(label.sets) if label.sets.count(number) == 1]:
        only = f": {label.names[alone[0]]} is alone" if label.names else ""
        raise UsageError(f"stargan takes at least 2 domains, of each set, not 1{only}")
    return halvings("stargan", x.height, x.width, smallest=2), label.sets

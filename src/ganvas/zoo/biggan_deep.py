"""BigGAN-deep: four times the depth of BigGAN, with fewer parameters.

Blocks with a bottleneck, two for each size, whose shortcuts keep what they can: where G narrows, it
drops the last maps; where D widens, it adds those of a 1x1 convolution. All of z goes to each.

Andrew Brock, Jeff Donahue, Karen Simonyan. ICLR 2019. https://arxiv.org/abs/1809.11096 (appendix B)

    L_D = E[max(0, 1 - D(x, y))] + E[max(0, 1 + D(G(z, y), y))],    L_G = -E[D(G(z, y), y)]

Shapes: z (n, noise) and label (n,) -> x (n, channels, h·2^k, w·2^k); D maps x and its label to a
score (n,). Without labels there is no embedding, and D has no projection. With c = [z, e(y)], the
batch norms of all blocks scale by 1 + W c and shift by V c, and c makes the smallest map.

Figures: `D(x)` and `D(G(z))` are mean scores; the hinge is content beyond 1 and -1.

Deviations from the paper: the default is small, with batches of 32, Adam twenty times as fast for G
and ten for D, and a faster moving average. Labels of made pictures are those of the real ones. The
norm next to the image is not conditional. `--preset paper` has the sizes of table 7, whose 50.4 M
and 34.6 M parameters it meets, and batches of 2048; give --micro-batches.

Reproduce: `ganvas train biggan_deep --data digits --seed 0`
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn

from ganvas.core import (
    Adam,
    Batch,
    Count,
    Image,
    Label,
    Move,
    Noise,
    Paper,
    Player,
    Preset,
    Rate,
    Share,
    Space,
    Weight,
    Whole,
)
from ganvas.losses.adversarial import LossName
from ganvas.nets.attention import SelfAttention
from ganvas.nets.biggan import attended, multiples
from ganvas.nets.bottleneck import NarrowUp, WideDown
from ganvas.nets.conditional import ProjectedScore, VectorNorm
from ganvas.nets.initial import orthogonal_
from ganvas.nets.sizes import halvings
from ganvas.nets.standing import Standing
from ganvas.tricks.duel import Duel
from ganvas.tricks.options import DuelConfig

SQUEEZE = 4
"""So many times fewer maps the inside of a block has."""


@dataclass(frozen=True)
class BigGANDeepConfig(DuelConfig):
    batch: Count = 32
    """Pictures per step of either side (the paper: 2048)."""
    images: Count = 96_000
    """Length of the run: how many real images it sees (repeats counted)."""
    loss: LossName = "hinge"
    """What either side wants (the paper: hinge)."""
    spectral_norm: bool = True
    """Whether each layer of D has largest singular value 1."""
    spectral_norm_maker: bool = True
    """Whether each layer of G has, but for the embedding."""
    orthogonal: Weight = 1e-4
    """Weight of the orthogonal regularisation of G (the paper: 1e-4)."""
    ttur: Weight = 2.0
    """D's learning rate, relative to G's (the paper: 4)."""
    spectra: Whole = 10
    """Every so many rounds the largest singular values of all weights are noted; 0: never."""
    noise: Count = 32
    """Size of z, all of which goes to each block (the paper: 128)."""
    embedding: Count = 32
    """Size of the class embedding that all blocks share (the paper: 128)."""
    width: Count = 32
    """Feature maps next to the image (the paper: 128)."""
    attention: Whole = 0
    """Pixels across the maps that self-attention is at (the paper: 64); 0: nowhere."""
    critic_steps: Count = 2
    """Steps of D for each of G (the paper: 2)."""
    lr: Rate = 1e-3
    """Adam's learning rate of G (the paper: 5e-5)."""
    ema: Share | None = 0.995
    """Decay of G's moving average, the one that is shown (the paper: 0.9999)."""
    standing: Whole = 8
    """Batches of draws by whose statistics G's norms go when it is shown; 0: running averages."""


class Generator(nn.Module):
    """z (n, noise), and labels (n,) if there are classes -> x (n, channels, base·2^k).

    Args:
        noise: size of z.
        classes: 0: nobody says a class.
        embedding: size of a class's embedding.
        maps: feature maps at base·2^0 ... base·2^k.
        channels: of x.
        base: height and width of the smallest maps.
        attend: after how many blocks there is self-attention; None: nowhere.
    """

    def __init__(
        self,
        noise: int,
        classes: int,
        embedding: int,
        maps: Sequence[int],
        channels: int,
        *,
        base: tuple[int, int],
        attend: int | None,
    ) -> None:
        super().__init__()
        size = noise + embedding * bool(classes)
        self.shape, self.attend = (maps[0], *base), attend
        self.embed = nn.Embedding(classes, embedding) if classes else None
        self.enter = nn.Linear(size, math.prod(self.shape))
        norm = partial(VectorNorm, size=size)
        self.blocks = nn.ModuleList(
            NarrowUp(a, after, max(1, a // SQUEEZE), norm, up=up)
            for a, b in pairwise(maps)
            for after, up in ((a, False), (b, True))
        )
        self.attention = None if attend is None else SelfAttention(maps[attend // 2])
        last = nn.Conv2d(maps[-1], channels, 3, 1, 1)
        self.leave = nn.Sequential(nn.BatchNorm2d(maps[-1]), nn.ReLU(inplace=True), last, nn.Tanh())

    def forward(self, z: Tensor, *label: Tensor) -> Tensor:
        given = z if self.embed is None else torch.cat([z, self.embed(*label)], 1)
        h = self.enter(given).unflatten(1, self.shape)
        for number, block in enumerate(self.blocks, 1):
            h = block(h, given)
            if self.attention is not None and number == self.attend:
                h = self.attention(h)
        return self.leave(h)


class Discriminator(nn.Module):
    """x (n, channels, h, w), and its class (n,) if there are classes -> score (n,).

    Args:
        channels: of x.
        maps: feature maps at each size, from that of x.
        classes: 0: nobody is told a class.
        attend: after how many blocks there is self-attention; None: nowhere.
    """

    def __init__(
        self, channels: int, maps: Sequence[int], *, classes: int, attend: int | None
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            WideDown(before, b, max(1, b // SQUEEZE), down=down)
            for a, b in pairwise(maps)
            for before, down in ((a, True), (b, False))
        ]
        if attend is not None:
            layers.insert(attend, SelfAttention(maps[attend // 2]))
        self.layers = nn.Sequential(nn.Conv2d(channels, maps[0], 3, 1, 1), *layers)
        self.head = ProjectedScore(maps[-1], classes)

    def forward(self, x: Tensor, *label: Tensor) -> Tensor:
        return self.head(self.layers(x).relu().sum((2, 3)), *label)


class BigGANDeep(Duel):
    paper = Paper(
        "Large Scale GAN Training for High Fidelity Natural Image Synthesis",
        "Brock, Donahue, Simonyan",
        2018,
        "https://arxiv.org/abs/1809.11096",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16), "label": Label(10)}),
        "paper": Preset(
            {"x": Image(3, 128, 128), "label": Label(1000)},
            {
                **dict.fromkeys(("noise", "embedding", "width"), 128),
                "attention": 64,
                "batch": 2048,
                "images": 500_000_000,
                "lr": 5e-5,
                "ttur": 4.0,
                "ema": 0.9999,
                "standing": 100,
                "spectra": 1000,
            },
            data="imagenet",
        ),
    }

    def __init__(self, config: BigGANDeepConfig, x: Image, label: Label | None = None) -> None:
        super().__init__(config)
        k = halvings("biggan_deep", x.height, x.width)
        base, classes = (x.height >> k, x.width >> k), label.classes if label else 0
        self.inputs: dict[str, Space] = {"z": Noise(config.noise)}
        self.inputs |= {"label": label} if label else {}
        self.output = x
        maps = [config.width * times for times in multiples(k)]
        level = attended("biggan_deep", config.attention, base, k)
        # At each size the first block of G, and the second of D, ends with maps of that size.
        G = Generator(
            config.noise,
            classes,
            config.embedding,
            maps,
            x.channels,
            base=base,
            attend=None if level is None else 2 * level + 1,
        )
        D = Discriminator(
            x.channels,
            maps[::-1],
            classes=classes,
            attend=None if level is None else 2 * (k - level),
        )
        recipe = Adam(config.lr, (0.0, 0.999), eps=1e-6)
        self.G = Player(G.apply(orthogonal_), recipe, ema=config.ema)
        self.D = Player(D.apply(orthogonal_), recipe)
        self.standing = Standing(self.inputs, config.standing, min(config.batch, 64))
        self.enter(maker=self.G, critic=self.D)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        for _ in range(self.config.critic_steps):
            batch = next(data)
            x, label = batch.x, [batch.label] if "label" in self.inputs else []
            fake = self.G.still(self.noise(len(x)), *label)
            yield from self.tell_apart(x, fake, *label)
        yield from self.fool(self.G(self.noise(len(x)), *label), x, *label)

    def generate(self, z: Tensor, *label: Tensor, **named: Tensor) -> Tensor:
        with self.standing.of(self.G.best, self.truncation):
            return self.G.best(z, *label, *named.values())

    def judge(self, x: Tensor, *label: Tensor, **named: Tensor) -> Tensor:
        return self.D(x, *label, *named.values())

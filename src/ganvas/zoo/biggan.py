"""Large Scale GAN Training for High Fidelity Natural Image Synthesis.

What made GANs draw all of ImageNet: eight times the batch, twice the width, spectral norm on both
sides, and a z that reaches every block. Who wants the best pictures rather than all kinds of them
draws z from a truncated normal.

Andrew Brock, Jeff Donahue, Karen Simonyan. ICLR 2019. https://arxiv.org/abs/1809.11096

    L_D = E[max(0, 1 - D(x, y))] + E[max(0, 1 + D(G(z, y), y))]
    L_G = -E[D(G(z, y), y)] + β sum over W of ||W Wᵀ ∘ (1 - I)||²_F                          (eq. 3)

The embedding e(y) is shared by all blocks. z falls into chunks: the first makes the smallest map,
each other one goes, beside e(y), to a block, whose batch norms scale by 1 + W c and shift by V c,
with c = [chunk, e(y)].

Shapes: z (n, chunk·(k + 1)) and label (n,) -> x (n, channels, h·2^k, w·2^k); D maps x and its label
to a score (n,). Without labels there is no embedding, and D has no projection.

Figures: `D(x)` and `D(G(z))` are mean scores; the hinge is content beyond 1 and -1.

Deviations from the paper: the default is small, with batches of 64, Adam ten times as fast, and a
faster moving average. Labels of made pictures are those of the real ones of the batch. The norms
next to the image are not conditional, and the first layer sees a chunk of z without e(y): the
paper's table 4 says otherwise of the latter, its 70.4 M parameters say so. `--preset paper` has the
70,433,988 and 87,982,370 parameters of the authors' PyTorch code, and batches of 2048; give
--micro-batches.

Reproduce: `ganvas train biggan --data digits --seed 0`
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
from ganvas.nets.conditional import VectorNorm
from ganvas.nets.initial import orthogonal_
from ganvas.nets.residual import ResNetDiscriminator, UpBlock
from ganvas.nets.sizes import halvings
from ganvas.nets.standing import Standing
from ganvas.tricks.duel import Duel
from ganvas.tricks.options import DuelConfig


@dataclass(frozen=True)
class BigGANConfig(DuelConfig):
    images: Count = 64_000
    """Length of the run: how many real images it sees (repeats counted)."""
    loss: LossName = "hinge"
    """What either side wants (the paper: hinge)."""
    spectral_norm: bool = True
    """Whether each layer of D has largest singular value 1."""
    spectral_norm_maker: bool = True
    """Whether each layer of G has, but for the embedding."""
    orthogonal: Weight = 1e-4
    """Weight β of the orthogonal regularisation of G (the paper: 1e-4)."""
    ttur: Weight = 4.0
    """D's learning rate, relative to G's (the paper: 4)."""
    spectra: Whole = 10
    """Every so many rounds the largest singular values of all weights are noted; 0: never."""
    chunk: Count = 20
    """Values of z for each block, and for the first layer (the paper: 20)."""
    embedding: Count = 32
    """Size of the class embedding that all blocks share (the paper: 128)."""
    width: Count = 32
    """Feature maps next to the image (the paper: 96)."""
    attention: Whole = 0
    """Pixels across the maps that self-attention is at (the paper: 64); 0: nowhere."""
    critic_steps: Count = 2
    """Steps of D for each of G (the paper: 2)."""
    lr: Rate = 5e-4
    """Adam's learning rate of G (the paper: 5e-5)."""
    ema: Share | None = 0.995
    """Decay of G's moving average, the one that is shown (the paper: 0.9999)."""
    standing: Whole = 8
    """Batches of draws by whose statistics G's norms go when it is shown; 0: running averages."""


class Generator(nn.Module):
    """z (n, chunk·(k + 1)), and labels (n,) if there are classes -> x (n, channels, base·2^k).

    Args:
        chunk: values of z for each block.
        classes: 0: nobody says a class.
        embedding: size of a class's embedding.
        maps: feature maps at base·2^0 ... base·2^k.
        channels: of x.
        base: height and width of the smallest maps.
        attend: after how many blocks there is self-attention; None: nowhere.
    """

    def __init__(
        self,
        chunk: int,
        classes: int,
        embedding: int,
        maps: Sequence[int],
        channels: int,
        *,
        base: tuple[int, int],
        attend: int | None,
    ) -> None:
        super().__init__()
        self.chunk, self.shape, self.attend = chunk, (maps[0], *base), attend
        self.embed = nn.Embedding(classes, embedding) if classes else None
        self.enter = nn.Linear(chunk, math.prod(self.shape))
        norm = partial(VectorNorm, size=chunk + embedding * bool(classes))
        self.blocks = nn.ModuleList(UpBlock(a, b, norm) for a, b in pairwise(maps))
        self.attention = None if attend is None else SelfAttention(maps[attend])
        last = nn.Conv2d(maps[-1], channels, 3, 1, 1)
        self.leave = nn.Sequential(nn.BatchNorm2d(maps[-1]), nn.ReLU(inplace=True), last, nn.Tanh())

    def forward(self, z: Tensor, *label: Tensor) -> Tensor:
        first, *chunks = z.split(self.chunk, 1)
        known = [] if self.embed is None else [self.embed(*label)]
        h = self.enter(first).unflatten(1, self.shape)
        for number, (block, part) in enumerate(zip(self.blocks, chunks, strict=True), 1):
            h = block(h, torch.cat([part, *known], 1))
            if self.attention is not None and number == self.attend:
                h = self.attention(h)
        return self.leave(h)


class BigGAN(Duel):
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
                "embedding": 128,
                "width": 96,
                "attention": 64,
                "batch": 2048,
                "images": 500_000_000,
                "lr": 5e-5,
                "ema": 0.9999,
                "standing": 100,
                "spectra": 1000,
            },
            data="imagenet",
        ),
    }

    def __init__(self, config: BigGANConfig, x: Image, label: Label | None = None) -> None:
        super().__init__(config)
        k = halvings("biggan", x.height, x.width)
        base, classes = (x.height >> k, x.width >> k), label.classes if label else 0
        self.inputs: dict[str, Space] = {"z": Noise(config.chunk * (k + 1))}
        self.inputs |= {"label": label} if label else {}
        self.output = x
        maps = [config.width * times for times in multiples(k)]
        level = attended("biggan", config.attention, base, k)
        G = Generator(
            config.chunk,
            classes,
            config.embedding,
            maps,
            x.channels,
            base=base,
            attend=level,
        )
        seen = None if level is None else k - level
        D = ResNetDiscriminator(x.channels, maps[::-1], k, classes=classes, attend=seen)
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

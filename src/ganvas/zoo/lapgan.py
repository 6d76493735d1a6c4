"""Deep Generative Image Models using a Laplacian Pyramid of Adversarial Networks.

A picture is drawn as painters do, the rough shapes first: one game makes it tiny, and for each
doubling of its size another game, which sees the enlarged blurry picture, adds the detail that it
lacks. Each learns by itself, from real pictures; at the end they work in a chain.

Emily Denton, Soumith Chintala, Arthur Szlam, Rob Fergus. NIPS 2015.
https://arxiv.org/abs/1506.05751

With d, which blurs and halves, and u, which doubles smoothly, a picture I_0 has the pyramid

    I_{k+1} = d(I_k),  l_k = u(I_{k+1}),  h_k = I_k - l_k  for k < K.

G_K draws I_K from noise as in an ordinary GAN. At each finer level D_k sees l_k + h:

    min over G_k, max over D_k:  E[log D_k(l_k + h_k)] + E[log(1 - D_k(l_k + G_k(z_k, l_k)))]

and the chain is I_k = u(I_{k+1}) + G_k(z_k, u(I_{k+1})), from K down to 0.

Shapes: z_K (n, noise), z_k (n, h·w), a plane beside the colours of l_k (n, channels, h, w) -> x,
whose sides can be halved K times to 8 or more; D_k maps I_k to a logit (n,). With `conditional`,
label (n,) too: K's networks see it one-hot, the others as a plane (the paper's CC-LAPGAN). Stages
are the levels, K first. `generate` shows the newest, enlarged; its D is the `judge`.

Figures: `D(x)` and `D(G(z))` are the mean probabilities of being real that D_k gives to real and
to generated pictures of the level that is played; `size` is its height. `r1` is the penalty before
its weight.

Deviations from the paper: the default is smaller, uses Adam in place of SGD, shows moving averages,
and has an R1 penalty (Mescheder et al. 2018, arXiv:1801.04406) on each D in place of dropout, with
which the coarsest level learns faster. G_k raises log D_k in place of lowering log(1 - D_k), as in
the official code. `--preset paper` has the sizes of the official code, 8, 16 and 32 pixels (the
paper's four 28x28 crops of each picture give 8, 14, 28), and its momentum stays at 0.5 (there it
rises to 0.8) and its rate at 0.02 (it falls by 0.004% an epoch). The number of images is ours.

Reproduce: `ganvas train lapgan --seed 0`, measured by `python -m benchmarks.lapgan`
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from ganvas.core import (
    SGD,
    Adam,
    Batch,
    Config,
    Count,
    Game,
    Image,
    Label,
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
from ganvas.losses.adversarial import minimax_d, nonsaturating_g
from ganvas.losses.penalties import zero_centred
from ganvas.nets.dense import MLP
from ganvas.nets.planes import Planes
from ganvas.nets.pyramid import doubled, halved
from ganvas.nets.sizes import halvings


@dataclass(frozen=True)
class LAPGANConfig(Config):
    batch: Count = 32
    """Images per step, over all processes and micro-batches."""
    images: Count = 112_000
    """Length of the run: how many real images it sees (repeats counted)."""
    conditional: bool = False
    """Whether both players are told the label (the paper's CC-LAPGAN)."""
    first: Weight = 6.0
    """How long the stage of the coarsest level is, compared to each of the others."""
    noise: Count = 64
    """Size of the coarsest level's latent vector, uniform in [-1, 1] (the paper: 100)."""
    units: Count = 512
    """Units of the coarsest G's two hidden layers (the paper: 1200); D has half as many."""
    width: Count = 16
    """Feature maps of the networks of the finer levels (the paper: 128)."""
    kernels: tuple[Count, Count, Count] = (5, 3, 3)
    """Pixels that the three convolutions of a finer G span (the paper: 7, 7, 5)."""
    dropout: Share = 0.0
    """Share of each D's last hidden units that are dropped (the paper: 0.5)."""
    optimiser: Literal["adam", "sgd"] = "adam"
    """Who takes the steps, with momentum 0.5 (the paper: sgd)."""
    lr: Weight = 1e-3
    """Learning rate of all players (the paper: 0.02)."""
    r1: Weight = 0.1
    """Weight γ of an R1 penalty on each D; 0 turns it off, as in the paper."""
    ema: Share | None = 0.99
    """Decay of each G's moving average, the one that is shown; None shows G itself."""


def refiner(shape: Sequence[int], classes: int, width: int, kernels: Sequence[int]) -> Planes:
    """G_k: l and the plane of z (n, channels + 1, h, w) -> the band h (n, channels, h, w)."""
    channels, *size = shape
    maps = [channels + 1 + (classes > 0), width, width, channels]
    layers: list[nn.Module] = []
    for before, after, kernel in zip(maps[:-1], maps[1:], kernels, strict=True):
        layers += [nn.Conv2d(before, after, kernel, padding="same"), nn.ReLU(inplace=True)]
    return Planes(layers[:-1], classes, size)


def discriminator(shape: Sequence[int], classes: int, width: int, dropout: float) -> Planes:
    """D_k: l + h (n, channels, h, w) -> logit (n,)."""
    channels, *size = shape
    height, breadth = ((side - 4 - 5) // 2 + 1 for side in size)
    layers = [nn.Conv2d(channels + (classes > 0), width, 5), nn.ReLU(inplace=True)]
    layers += [nn.Conv2d(width, width, 5, stride=2), nn.ReLU(inplace=True), nn.Flatten()]
    layers += [nn.Dropout(dropout), nn.Linear(width * height * breadth, 1), nn.Flatten(0)]
    return Planes(layers, classes, size)


class LAPGAN(Game):
    paper = Paper(
        "Deep Generative Image Models using a Laplacian Pyramid of Adversarial Networks",
        "Denton, Chintala, Szlam, Fergus",
        2015,
        "https://arxiv.org/abs/1506.05751",
    )
    presets = {
        "default": Preset({"x": Image(3, 32, 32), "label": Label(7)}, data="photos"),
        "paper": Preset(
            {"x": Image(3, 32, 32), "label": Label(10)},
            {
                "batch": 128,
                "images": 150_000_000,
                "noise": 100,
                "units": 1200,
                "width": 128,
                "kernels": (7, 7, 5),
                "first": 1.0,
                "dropout": 0.5,
                "optimiser": "sgd",
                "lr": 0.02,
                "r1": 0.0,
                "ema": None,
            },
            data="cifar10",
        ),
    }

    def __init__(self, config: LAPGANConfig, x: Image, label: Label | None = None) -> None:
        super().__init__(config)
        self.top = halvings("lapgan", x.height, x.width, smallest=8)
        sizes = [(x.channels, x.height >> k, x.width >> k) for k in range(self.top + 1)]
        planes = {f"z{k}": Noise(h * w, "uniform") for k, (_, h, w) in enumerate(sizes)}
        self.inputs = {**planes, f"z{self.top}": Noise(config.noise, "uniform")}
        self.names = [f"{h}x{w}" for _, h, w in sizes]
        self.output, self.classes = x, 0
        if config.conditional:
            if label is None:
                raise UsageError("lapgan --conditional needs a label: FOLDER/<class>/ for each")
            self.inputs["label"], self.classes = label, label.classes
        sgd, adam = SGD(config.lr, 0.5), Adam(config.lr, (0.5, 0.999))
        recipe = sgd if config.optimiser == "sgd" else adam
        for k, size in enumerate(sizes):
            G, D = self._networks(k, size)
            self.add_module(f"G{k}", Player(G, recipe, ema=config.ema))
            self.add_module(f"D{k}", Player(D, recipe, double_backward=config.r1 > 0))

    def _networks(self, k: int, x: Sequence[int]) -> tuple[nn.Module, nn.Module]:
        c, y = self.config, self.classes
        if k < self.top:
            return refiner(x, y, c.width, c.kernels), discriminator(x, y, c.width, c.dropout)
        G = MLP((c.noise + y,), x, (c.units, c.units))
        return G, MLP((math.prod(x) + y,), (), (c.units // 2,) * 2, dropout=c.dropout)

    def stages(self) -> list[Stage]:
        """A level each, the coarsest first."""
        first = Stage(self.names[-1], self.play, self.config.first)
        return [first, *(Stage(name, self.play) for name in self.names[-2::-1])]

    @property
    def level(self) -> int:
        """The k of the current stage: K at first, 0 for the finest."""
        return self.top - max(0, self.clock.stage)

    def draw_picture(
        self, k: int, G: Callable[..., Tensor], z: Tensor, low: Tensor, y: Tensor
    ) -> Tensor:
        """I_k, by somebody who plays G_k; at the coarsest level nobody sees `low`."""
        return (
            G(torch.cat([z, y], 1))
            if k == self.top
            else low + G(torch.cat([low, z.view_as(low[:, :1])], 1), y)
        )

    def score(self, k: int, x: Tensor, y: Tensor) -> Tensor:
        """D_k's logits of I_k."""
        D = getattr(self, f"D{k}")
        return D(torch.cat([x.flatten(1), y], 1)) if k == self.top else D(x, y)

    def encode(self, label: Tensor | None, x: Tensor) -> Tensor:
        """One-hot labels (n, classes); of no classes where nobody is told the label."""
        if label is None or self.classes == 0:
            return x.new_zeros(len(x), 0)
        return one_hot(label, self.classes).to(x)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        k, batch = self.level, next(data)
        x = halved(batch.x, k)
        low, y = doubled(halved(x)), self.encode(getattr(batch, "label", None), x)
        G, D = getattr(self, f"G{k}"), getattr(self, f"D{k}")
        fake = self.draw_picture(k, G.still, self.draw(f"z{k}", len(x)), low, y)
        x.requires_grad_(self.config.r1 > 0)
        real_score, fake_score = self.score(k, x, y), self.score(k, fake, y)
        loss = minimax_d(real_score, fake_score)
        figures = {"D(x)": real_score.sigmoid().mean(), "D(G(z))": fake_score.sigmoid().mean()}
        if self.config.r1 > 0:
            penalty = zero_centred(real_score, x)
            loss, figures["r1"] = loss + self.config.r1 * penalty, penalty
        yield Move(D, loss, **figures, size=x.shape[-2])

        fake = self.draw_picture(k, G, self.draw(f"z{k}", len(x)), low, y)
        yield Move(G, nonsaturating_g(self.score(k, fake, y)))

    def climb(
        self, z: Mapping[str, Tensor], label: Tensor | None = None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """The chain's l_k and I_k, level by level from K down to the current one (l_K is empty)."""
        low = z[f"z{self.top}"].new_zeros(0)
        for k in reversed(range(self.level, self.top + 1)):
            rows, G = z[f"z{k}"], getattr(self, f"G{k}")
            x = self.draw_picture(k, G.best, rows, low, self.encode(label, rows))
            yield low, x
            low = doubled(x)

    def generate(self, label: Tensor | None = None, **z: Tensor) -> Tensor:
        *_, (_, x) = self.climb(z, label)
        for _ in range(self.level):
            x = doubled(x)
        return x.clamp(-1, 1)

    def judge(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        k = self.level
        return self.score(k, halved(x, k), self.encode(label, x))

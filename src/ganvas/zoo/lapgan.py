"""Deep Generative Image Models using a Laplacian Pyramid of Adversarial Networks.

A picture is drawn as painters do, the rough shapes first: one game makes it tiny, and for each
doubling of its size another game, which sees the enlarged blurry picture, adds the detail that it
lacks. Each game learns by itself, from real pictures; at the end they work in a chain.

Emily Denton, Soumith Chintala, Arthur Szlam, Rob Fergus. NIPS 2015.
https://arxiv.org/abs/1506.05751

With d, which blurs and halves, and u, which doubles and smooths, a picture I = I_0 has the pyramid

    I_{k+1} = d(I_k),  l_k = u(I_{k+1}),  h_k = I_k - l_k  for k < K,  h_K = I_K;

G_K draws I_K from noise. Below it, D_k sees l_k + h for h = h_k and for h = G_k(z_k, l_k):

    min over G_k, max over D_k:  E[log D_k(l_k + h_k)] + E[log(1 - D_k(l_k + G_k(z_k, l_k)))]  (2)

and pictures are made by I_k = u(I_{k+1}) + G_k(z_k, u(I_{k+1})), from K down to 0          (eq. 5).

Shapes: z_K (n, noise), z_k (n, h_k·w_k), a plane beside l_k's colours -> x (n, channels, h, w), whose
sides can be halved K times, down to `coarsest` or more; D_k maps I_k to a logit (n,). With
`conditional`, label (n,) too: at each level one more plane, at the coarsest one-hot units.
Stages are the levels, coarsest first; `generate` shows the newest, enlarged, and `judge` is its D.

Figures: `D(x)` and `D(G(z))` are the mean probabilities of being real that D_k gives to real and
to generated pictures of the level that is played; `size` is its height.

Deviations from the paper: TODO

Reproduce: `ganvas train lapgan --seed 0`, measured by `python -m benchmarks.lapgan`
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, one_hot

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
from ganvas.core.config import Between
from ganvas.losses.adversarial import minimax_d, nonsaturating_g
from ganvas.losses.penalties import r1
from ganvas.nets.dense import MLP
from ganvas.nets.sizes import halvings


@dataclass(frozen=True)
class LAPGANConfig(Config):
    batch: Count = 32
    """Images per step, over all processes and micro-batches."""
    images: Count = 96_000
    """Length of the run: how many real images it sees (repeats counted)."""
    conditional: bool = False
    """Whether both players are told the label (the paper's CC-LAPGAN)."""
    coarsest: Annotated[int, Between(5)] = 8
    """Fewest pixels of the shorter side at the coarsest level."""
    first: Weight = 1.0
    """How long the stage of the coarsest level is, compared to each of the others."""
    noise: Count = 64
    """Size of the coarsest level's latent vector, uniform in [-1, 1] (the paper: 100)."""
    units: Count = 512
    """Units of the coarsest G's two hidden layers (the paper: 1200); D has half as many."""
    width: Count = 24
    """Feature maps of the networks of the finer levels (the paper: 128)."""
    kernels: tuple[Count, Count, Count] = (5, 3, 3)
    """Pixels that the three convolutions of a finer G span (the paper: 7, 7, 5)."""
    dropout: Share = 0.5
    """Share of D's hidden units that are dropped."""
    optimiser: Literal["adam", "sgd"] = "adam"
    """Who takes the steps (the paper: sgd)."""
    lr: Weight = 5e-4
    """Learning rate of all players."""
    momentum: Share = 0.5
    """The optimiser's momentum (Adam's first)."""
    r1: Weight = 0.0
    """Weight γ of an R1 penalty on each D (the paper: 0)."""
    ema: Share | None = 0.99
    """Decay of each G's moving average, the one that is shown; None shows G itself."""


def up(x: Tensor) -> Tensor:
    """u: twice as large, smoothly."""
    return interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def down(x: Tensor) -> Tensor:
    """d: blurred by a triangle four pixels wide, and half as large."""
    size = (x.shape[-2] // 2, x.shape[-1] // 2)
    return interpolate(x, size, mode="bilinear", align_corners=False, antialias=True)


class LabelPlane(nn.Module):
    """One-hot y (n, classes) -> a plane (n, 1, height, width); none at all for no classes."""

    def __init__(self, classes: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.size, self.planes = size, min(classes, 1)
        self.linear = nn.Linear(classes, size[0] * size[1]) if classes else None

    def forward(self, y: Tensor) -> Tensor:
        plane = y if self.linear is None else self.linear(y).relu()
        return plane.view(len(y), self.planes, *self.size)


class Refiner(nn.Module):
    """G_k: z (n, h·w), l (n, channels, h, w), y (n, classes) -> the band h (n, channels, h, w)."""

    def __init__(
        self, x: tuple[int, int, int], classes: int, width: int, kernels: tuple[int, int, int]
    ) -> None:
        super().__init__()
        channels, *size = x
        self.plane = LabelPlane(classes, (size[0], size[1]))
        first, second, third = kernels
        self.layers = nn.Sequential(
            nn.Conv2d(channels + 1 + self.plane.planes, width, first, padding="same"),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, second, padding="same"),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, channels, third, padding="same"),
        )

    def forward(self, z: Tensor, low: Tensor, y: Tensor) -> Tensor:
        z = z.view(len(z), 1, *self.plane.size)
        return self.layers(torch.cat([low, z, self.plane(y)], 1))


class Discriminator(nn.Module):
    """D_k: l + h (n, channels, h, w), y (n, classes) -> logit (n,)."""

    def __init__(
        self, x: tuple[int, int, int], classes: int, width: int, dropout: float
    ) -> None:
        super().__init__()
        channels, *size = x
        self.plane = LabelPlane(classes, (size[0], size[1]))
        height, breadth = ((side - 4 - 5) // 2 + 1 for side in size)
        self.layers = nn.Sequential(
            nn.Conv2d(channels + self.plane.planes, width, 5),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 5, stride=2),
            nn.ReLU(inplace=True),
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(width * height * breadth, 1),
        )

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.layers(torch.cat([x, self.plane(y)], 1)).flatten()


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
        if config.conditional and label is None:
            raise UsageError("lapgan --conditional needs labels, and the data has none")
        self.top = halvings("lapgan", x.height, x.width, config.coarsest)
        self.classes = label.classes if config.conditional and label is not None else 0
        self.output = x
        sides = [(x.height >> k, x.width >> k) for k in range(self.top + 1)]
        self.inputs = {f"z{k}": Noise(h * w, "uniform") for k, (h, w) in enumerate(sides)}
        self.inputs[f"z{self.top}"] = Noise(config.noise, "uniform")
        if label is not None and config.conditional:
            self.inputs["label"] = label
        for k, (height, width) in enumerate(sides):
            G, D = self._networks(k, (x.channels, height, width))
            self.add_module(f"G{k}", Player(G, self._recipe(), ema=config.ema))
            self.add_module(f"D{k}", Player(D, self._recipe(), double_backward=config.r1 > 0))

    def _networks(self, k: int, x: tuple[int, int, int]) -> tuple[nn.Module, nn.Module]:
        c, y = self.config, self.classes
        if k < self.top:
            return Refiner(x, y, c.width, c.kernels), Discriminator(x, y, c.width, c.dropout)
        G = MLP((c.noise + y,), x, (c.units, c.units))
        size, half = x[0] * x[1] * x[2], c.units // 2
        return G, MLP((size + y,), (), (half, half), dropout=c.dropout)

    def _recipe(self) -> Adam | SGD:
        c = self.config
        return SGD(c.lr, c.momentum) if c.optimiser == "sgd" else Adam(c.lr, (c.momentum, 0.999))

    def stages(self) -> list[Stage]:
        """A level each, the coarsest first."""
        names = [
            f"{self.output.height >> k}x{self.output.width >> k}"
            for k in reversed(range(self.top + 1))
        ]
        shares = [self.config.first] + [1.0] * self.top
        return [Stage(name, self.play, share) for name, share in zip(names, shares)]

    @property
    def level(self) -> int:
        """k of the current stage: K at first, 0 for the finest."""
        return self.top - max(0, self.clock.stage)

    def draw_picture(
        self, k: int, G: Callable[..., Tensor], z: Tensor, low: Tensor | None, y: Tensor
    ) -> Tensor:
        """I_k, by somebody who plays G_k."""
        return G(torch.cat([z, y], 1)) if low is None else low + G(z, low, y)

    def score(self, k: int, x: Tensor, y: Tensor) -> Tensor:
        """D_k's logits of I_k."""
        D = getattr(self, f"D{k}")
        return D(torch.cat([x.flatten(1), y], 1)) if k == self.top else D(x, y)

    def encode(self, label: Tensor | None, n: int) -> Tensor:
        """One-hot labels (n, classes); of no classes where nobody is told the label."""
        if label is None or self.classes == 0:
            return torch.zeros(n, 0, device=self.device)
        return one_hot(label, self.classes).to(torch.get_default_dtype())

    def reduce(self, x: Tensor, k: int) -> Tensor:
        """I_k of the pictures x."""
        for _ in range(k):
            x = down(x)
        return x

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        k, batch = self.level, next(data)
        x = self.reduce(batch.x, k)
        low = up(down(x)) if k < self.top else None
        y, n = self.encode(getattr(batch, "label", None), len(x)), len(x)
        G, D = getattr(self, f"G{k}"), getattr(self, f"D{k}")
        fake = self.draw_picture(k, G.still, self.draw(f"z{k}", n), low, y)
        real = x.requires_grad_(self.config.r1 > 0)
        real_score, fake_score = self.score(k, real, y), self.score(k, fake, y)
        loss = minimax_d(real_score, fake_score)
        figures = {"D(x)": real_score.sigmoid().mean(), "D(G(z))": fake_score.sigmoid().mean()}
        if self.config.r1 > 0:
            loss = loss + self.config.r1 * r1(real_score, real)
        yield Move(D, loss, **figures, size=x.shape[-2])

        fake = self.draw_picture(k, G, self.draw(f"z{k}", n), low, y)
        yield Move(G, nonsaturating_g(self.score(k, fake, y)))

    def climb(
        self, z: Mapping[str, Tensor], label: Tensor | None = None
    ) -> Iterator[tuple[Tensor | None, Tensor]]:
        """The chain of eq. 5: l_k and I_k of each level, from K down to the current one."""
        low: Tensor | None = None
        for k in reversed(range(self.level, self.top + 1)):
            rows = z[f"z{k}"]
            G = getattr(self, f"G{k}").best
            x = self.draw_picture(k, G, rows, low, self.encode(label, len(rows)))
            yield low, x
            low = up(x)

    def generate(self, label: Tensor | None = None, **z: Tensor) -> Tensor:
        for _, x in self.climb(z, label):
            made = x
        for _ in range(self.level):
            made = up(made)
        return made.clamp(-1, 1)

    def judge(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        k = self.level
        return self.score(k, self.reduce(x, k), self.encode(label, len(x)))

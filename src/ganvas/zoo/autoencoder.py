"""Reducing the Dimensionality of Data with Neural Networks: the deep autoencoder.

A funnel of layers squeezes a picture into a few numbers, and a mirrored one unfolds it again. From
random weights it hardly learned anything then; so each layer is first taught by itself, as a
restricted Boltzmann machine that models what the layer below says, and only then do all unfold and
learn together. Nobody plays against anybody: this is what GANs have in place of an encoder.

Geoffrey Hinton, Ruslan Salakhutdinov. Science 313 (2006). https://doi.org/10.1126/science.1127647

    F(v) = -b·v - Σⱼ log(1 + exp(cⱼ + Wⱼ·v))    a machine's free energy; with a linear code
    F(v) = -b·v - Σⱼ (cⱼ Wⱼ·v + (Wⱼ·v)² / 2)
    L_i = F(v) - F(v̂)      contrastive divergence: v̂ is v, once down and up from a drawn h; its
                           gradient is <v h> of the data minus that of the copy       (eq. 1)
    L = -Σ p log p̂ - Σ (1 - p) log(1 - p̂)       fine-tuning, over pixels p in [0, 1]

To have something to sample from, a normal law is fitted to the codes of the data while they are
fine-tuned: its moments are running means. z (normal, variance 1) goes through it to the decoder.

Shapes: x (n, channels, height, width), any size; E maps x to a code (n, code), G a code to x.

Figures: `error` is the squared difference of x and its copy in pixel values, summed over the
pixels of [0, 1] as in the paper: of one machine while the layers learn, then of the whole.
`divergence` is F(v) - F(v̂), and `cross_entropy` is L, in nats per picture.

Deviations from the paper: Adam in place of momentum and conjugate gradients; the default is
smaller. Its codes are not sampled there. `--preset paper` has its MNIST layers, 784-1000-500-250-30
(figure 1), and 50 passes over the data for each machine and 200 for the whole.

Reproduce: `ganvas train autoencoder --data digits --seed 0`
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, linear, softplus

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
    Stage,
    UsageError,
)

RATE = 0.02
"""By how much the fitted law of the codes moves towards those of the newest batch."""
FALLING = Schedule.parse("1e-2@0 1e-2@0.5 0@1")


@dataclass(frozen=True)
class AutoencoderConfig(Config):
    layers: tuple[int, ...] = (256, 128, 64, 16)
    """Units of E's layers, the code's last (the paper: 1000, 500, 250, 30)."""
    pretrain: Share = 0.3
    """Share of the run in which the layers learn one by one; 0 leaves that out."""
    lr: float | Schedule = FALLING
    """Adam's learning rate, for both players."""
    images: Count = 128_000
    """Length of the run: how many real images it sees (repeats counted)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.layers or min(self.layers) < 1:
            raise UsageError(f"layers must be one or more numbers of units, not {self.layers}")


class Funnel(nn.Module):
    """Linear layers with logistic units between them; the last is linear: (n, ...) -> (n, size)."""

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        for i, (before, after) in enumerate(pairwise(sizes)):
            layer = nn.Linear(before, after)
            nn.init.normal_(layer.weight, 0.0, 0.5 / math.sqrt(before))
            nn.init.zeros_(layer.bias)
            self.add_module(str(i), layer)

    @property
    def linears(self) -> list[nn.Linear]:
        """The layers in order."""
        return [layer for layer in self.children() if isinstance(layer, nn.Linear)]

    def forward(self, x: Tensor) -> Tensor:
        *below, last = self.linears
        for layer in below:
            x = layer(x).sigmoid()
        return last(x)


class Autoencoder(Game):
    paper = Paper(
        "Reducing the Dimensionality of Data with Neural Networks",
        "Hinton, Salakhutdinov",
        2006,
        "https://doi.org/10.1126/science.1127647",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16)}),
        "paper": Preset(
            {"x": Image(1, 28, 28)},
            {
                "layers": (1000, 500, 250, 30),
                "batch": 100,
                "images": 24_000_000,
                "pretrain": 0.5,
                "lr": 1e-3,
            },
            data="mnist",
        ),
    }

    mean: Tensor
    square: Tensor

    def __init__(self, config: AutoencoderConfig, x: Image) -> None:
        super().__init__(config)
        sizes, code = (math.prod(x.shape), *config.layers), config.layers[-1]
        self.inputs, self.output = {"z": Noise(code)}, x
        recipe = Adam(config.lr, (0.9, 0.999))
        self.E = Player(Funnel(sizes), recipe)
        self.G = Player(Funnel(sizes[::-1]), recipe)
        self.register_buffer("mean", torch.zeros(code))
        self.register_buffer("square", torch.eye(code))

    def stages(self) -> Sequence[Stage]:
        n, share = len(self.config.layers), self.config.pretrain
        whole = Stage("fine-tuning", self.play, 1 - share, fresh=True)
        if share == 0:
            return [whole]
        one = [
            Stage(f"layer {i + 1}", partial(self.machine, i=i), share / n, fresh=True)
            for i in range(n)
        ]
        return [*one, whole] if share < 1 else one

    def machine(self, data: Iterator[Batch], i: int) -> Iterator[Move]:
        """One round of the restricted Boltzmann machine between the codes i and i + 1."""
        v = self._below(next(data).x, i)
        up, down, binary = *self._pair(i), i < len(self.config.layers) - 1
        with torch.no_grad():
            h = up(v)
            if binary:
                h = (self.chance.uniform(*h.shape) < h.sigmoid()).to(h)
            else:
                h = h + self.chance.normal(*h.shape).to(h)
            copy = linear(h, up.weight.T, down.bias).sigmoid()
        loss = free_energy(v, up, down.bias, binary) - free_energy(copy, up, down.bias, binary)
        error = (copy - v).square().sum(1).mean()
        yield Move((self.E, self.G), loss.mean(), divergence=loss.mean(), error=error)
        down.weight.data = up.weight.detach().T.clone()  # the machine's weights, unfolded

    def _pair(self, i: int) -> tuple[nn.Linear, nn.Linear]:
        """E's layer from code i up, and G's that comes back down."""
        assert isinstance(self.E.net, Funnel)
        assert isinstance(self.G.net, Funnel)
        return self.E.net.linears[i], self.G.net.linears[-1 - i]

    def _below(self, x: Tensor, i: int) -> Tensor:
        """What machine i sees: the pixels in [0, 1], or the probabilities of the units below."""
        v = (x.flatten(1) + 1) / 2
        with torch.no_grad():
            for j in range(i):
                v = self._pair(j)[0](v).sigmoid()
        return v

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        p = self._below(next(data).x, 0)
        code = self.E(p)
        logits = self.G(code)
        loss = binary_cross_entropy_with_logits(logits, p, reduction="none").sum(1).mean()
        error = (logits.sigmoid() - p).square().sum(1).mean()
        mean, square, c = self.mean, self.square, code.detach()
        yield Move((self.E, self.G), loss, cross_entropy=loss, error=error)
        weight = RATE * self.share
        self.mean = self.mean + weight * (self.everywhere(c.mean(0)) - mean)
        self.square = self.square + weight * (self.everywhere(c.T @ c / len(c)) - square)

    def generate(self, z: Tensor) -> Tensor:
        covariance = self.square - self.mean.outer(self.mean)
        variances, axes = torch.linalg.eigh(covariance)
        return self.decode(self.mean + (z * variances.clamp(min=0).sqrt()) @ axes.T)

    def encode(self, x: Tensor) -> Tensor:
        """The code of each picture: (n, code)."""
        return self.E(self._below(x, 0))

    def decode(self, code: Tensor) -> Tensor:
        """The picture of each code: (n, *x.shape)."""
        return (2 * self.G(code).sigmoid() - 1).unflatten(1, self.output.shape)

    def reconstruct(self, x: Tensor) -> Tensor:
        """Pictures through the bottleneck: (n, *x.shape)."""
        return self.decode(self.encode(x))


def free_energy(v: Tensor, up: nn.Linear, b: Tensor, binary: bool) -> Tensor:
    """F(v) of each row of v (n, visible): (n,).

    Args:
        up: W (hidden, visible) and c (hidden,).
        b: biases of the visible units.
        binary: whether hidden units are logistic, or linear with variance 1.
    """
    if binary:
        return -v @ b - softplus(up(v)).sum(1)
    drive = linear(v, up.weight)
    return -v @ b - (up.bias * drive + drive.square() / 2).sum(1)

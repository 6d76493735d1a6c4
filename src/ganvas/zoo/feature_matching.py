"""Improved Techniques for Training GANs: feature matching, with few labels.

A classifier becomes a discriminator by believing in its own classes: what is real belongs to one of
them. Pictures without labels must then look like some class, fakes like none, which moves the
boundaries between classes to where no data is. G only has to match the mean of D's features. Its
pictures are smears beside a DCGAN's: it is there for the classifier.

Tim Salimans, Ian Goodfellow, Wojciech Zaremba, Vicki Cheung, Alec Radford, Xi Chen. NeurIPS 2016.
https://arxiv.org/abs/1606.03498

    p(k | x) = exp l_k(x) / Z(x),   D(x) = Z(x) / (Z(x) + 1),   Z(x) = sum over k of exp l_k(x)
    D descends  -E[log p(y | x)]  -  λ E[log D(x)]  -  λ E[log(1 - D(G(z)))]            (section 5)
    G descends  the mean over units of  (E[f(x)] - E[f(G(z))])²                       (section 3.1)

with K logits l: the logit of an eleventh class, "fake", would change nothing if it were not 0. f is
the last hidden layer, before its noise.

Shapes: z (n, noise) -> x (n, ...), pictures of any size; D maps x to logits (n, classes) and f(x)
(n, units). Of each round, `few` and `label` are the pictures with labels and these.

Figures: `right` is the share of labelled pictures that D names rightly, under noise; `D(x)` and
`D(G(z))` are the mean probabilities of being real; D may tell them apart all the time.

Deviations from the paper: the default is smaller and shorter. λ is 1/2, as in the authors' code,
where the paper's equation has 1. Of the paper's techniques, its semi-supervised MNIST used neither
historical averaging nor minibatch discrimination, and neither do we.

Reproduce: `ganvas train feature_matching --data digits --labels-per-class 10 --seed 0`
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear

from ganvas.core import (
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
    Rate,
    Share,
    UsageError,
    Weight,
)
from ganvas.losses.adversarial import minimax_d

Normal = Callable[[int, int], Tensor]
"""Draws (n, size) from N(0, 1)."""


@dataclass(frozen=True)
class FeatureMatchingConfig(Config):
    batch: Count = 100
    """Images per step, with labels, without, and generated ones each."""
    images: Count = 300_000
    """Length of the run: how many images without labels it sees, two batches a round."""
    noise: Count = 50
    """Size of the latent vector z, uniform (the paper: 100)."""
    width: Count = 250
    """Units of each of G's two hidden layers (the paper: 500)."""
    hidden: tuple[int, ...] = (250, 250, 250)
    """Units of D's hidden layers (the paper: 1000,500,250,250,250)."""
    input_noise: Weight = 0.3
    """Deviation of the noise on D's input, whose pixels are in [0, 1]."""
    hidden_noise: Weight = 0.5
    """Deviation of the noise on D's hidden units."""
    unlabelled: Weight = 0.5
    """λ, the weight of telling real from fake."""
    lr: Rate = 1e-3
    """Adam's learning rate, for both players (the paper: 3e-3)."""
    ema: Share | None = 0.999
    """Decay of D's moving average, which classifies; None: D does (the paper: 0.9999)."""


class WeightNormed(nn.Module):
    """A linear layer whose rows have fixed or learned lengths (Salimans, Kingma 2016, eq. 2).

    Args:
        learned: whether the lengths g learn too.
    """

    g: Tensor

    def __init__(self, before: int, after: int, *, learned: bool) -> None:
        super().__init__()
        self.v = nn.Parameter(0.1 * torch.randn(after, before))
        self.b = nn.Parameter(torch.zeros(after))
        if learned:
            self.g = nn.Parameter(torch.ones(after))
        else:
            self.register_buffer("g", torch.ones(after))

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.v * (self.g / self.v.norm(dim=1))[:, None], self.b)

    @torch.no_grad()
    def calibrate(self, x: Tensor, everywhere: Callable[[Tensor], Tensor]) -> None:
        """Makes outputs of mean 0 and variance 1 for these inputs (the same paper, eq. 6)."""
        out = self(x)
        mean = everywhere(out.mean(0))
        deviation = (everywhere(out.square().mean(0)) - mean.square()).clamp(min=1e-8).sqrt()
        self.g.div_(deviation)
        self.b.sub_(mean).div_(deviation)


class Generator(nn.Module):
    """z (n, noise) in [-1, 1] -> x (n, *shape) in [-1, 1]."""

    def __init__(self, noise: int, width: int, shape: Sequence[int]) -> None:
        super().__init__()
        self.shape = tuple(shape)

        def hidden(before: int) -> list[nn.Module]:
            norm = nn.BatchNorm1d(width)
            norm.register_parameter("weight", None)  # the paper's has a shift, but no scale
            return [nn.Linear(before, width, bias=False), norm, nn.Softplus()]

        out = WeightNormed(width, math.prod(shape), learned=True)
        self.layers = nn.Sequential(*hidden(noise), *hidden(width), out, nn.Sigmoid())

    def forward(self, z: Tensor) -> Tensor:
        return 2 * self.layers((z + 1) / 2).unflatten(1, self.shape) - 1


class Discriminator(nn.Module):
    """x (n, *shape) in [-1, 1] -> logits (n, classes), features (n, the last of hidden)."""

    def __init__(
        self, size: int, hidden: Sequence[int], classes: int, sigma: tuple[float, float]
    ) -> None:
        super().__init__()
        layers = [WeightNormed(a, b, learned=False) for a, b in pairwise([size, *hidden])]
        self.layers = nn.ModuleList(layers)
        self.out = WeightNormed(hidden[-1], classes, learned=True)
        self.sigma = [sigma[0], *[sigma[1]] * len(hidden)]

    def forward(self, x: Tensor, normal: Normal | None = None) -> tuple[Tensor, Tensor]:
        """Without noise if there is no `normal` to draw it from."""
        f = (x.flatten(1) + 1) / 2
        h = self._noisy(f, 0, normal)
        for i, layer in enumerate(self.layers, 1):
            f = layer(h).relu()
            h = self._noisy(f, i, normal)
        return self.out(h), f

    def _noisy(self, h: Tensor, place: int, normal: Normal | None) -> Tensor:
        return h if normal is None else h + self.sigma[place] * normal(*h.shape)

    @torch.no_grad()
    def calibrate(self, x: Tensor, normal: Normal, everywhere: Callable[[Tensor], Tensor]) -> None:
        """Sets the lengths and biases of all layers, from below, for these pictures."""
        h = self._noisy((x.flatten(1) + 1) / 2, 0, normal)
        for i, layer in enumerate(self.layers, 1):
            assert isinstance(layer, WeightNormed)
            layer.calibrate(h, everywhere)
            h = self._noisy(layer(h).relu(), i, normal)
        self.out.calibrate(h, everywhere)


def feature_distance(real: Tensor, fake: Tensor) -> Tensor:
    """The mean over units of (E[f(x)] - E[f(G(z))])² (section 3.1), for features (n, units)."""
    return (real.mean(0) - fake.mean(0)).square().mean()


class FeatureMatching(Game):
    paper = Paper(
        "Improved Techniques for Training GANs",
        "Salimans, Goodfellow, Zaremba, Cheung, Radford, Chen",
        2016,
        "https://arxiv.org/abs/1606.03498",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16), "few": Image(1, 16, 16), "label": Label(10)}),
        "paper": Preset(
            {"x": Image(1, 28, 28), "few": Image(1, 28, 28), "label": Label(10)},
            {
                "noise": 100,
                "width": 500,
                "hidden": (1000, 500, 250, 250, 250),
                "images": 36_000_000,
                "lr": 3e-3,
                "ema": 0.9999,
            },
            data="mnist",
        ),
    }

    begun: Tensor
    """Whether D's first weights are calibrated."""

    def __init__(self, config: FeatureMatchingConfig, x: Image, few: Image, label: Label) -> None:
        super().__init__(config)
        if few != x:
            raise UsageError(f"pictures with labels are {few}, those without {x}")
        self.inputs, self.output = {"z": Noise(config.noise, "uniform")}, x
        G = Generator(config.noise, config.width, x.shape)
        sigma = (config.input_noise, config.hidden_noise)
        D = Discriminator(math.prod(x.shape), config.hidden, label.classes, sigma)
        self.G = Player(G, Adam(config.lr, (0.5, 0.999)))
        self.D = Player(D, Adam(config.lr, (0.5, 0.999)), ema=config.ema)
        self.register_buffer("begun", torch.tensor(False))

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        batch, normal = next(data), self.chance.normal
        x, label = batch.x, batch.label
        if not self.begun:
            assert isinstance(self.D.net, Discriminator)
            self.D.net.calibrate(x, normal, self.everywhere)
            self.begun = torch.ones_like(self.begun)
        everything = torch.cat([batch.few, x, self.G.still(self.noise(len(x)))])
        named, real, fake = self.D(everything, normal)[0].chunk(3)
        real, fake = real.logsumexp(1), fake.logsumexp(1)
        loss = cross_entropy(named, label) + self.config.unlabelled * minimax_d(real, fake)
        figures = {
            "right": (named.argmax(1) == label).float().mean(),
            "D(x)": real.sigmoid().mean(),
            "D(G(z))": fake.sigmoid().mean(),
        }
        yield Move(self.D, loss, **figures)

        x = next(data).x
        features = self.D.still(x, normal)[1]
        made = self.D(self.G(self.noise(len(x))), normal)[1]
        yield Move(self.G, feature_distance(features, made))

    def generate(self, z: Tensor) -> Tensor:
        return self.G.best(z)

    def judge(self, x: Tensor) -> Tensor:
        return self.D.best(x)[0].logsumexp(1)

    def classify(self, x: Tensor) -> Tensor:
        """Logits of the classes: (n, classes)."""
        return self.D.best(x)[0]

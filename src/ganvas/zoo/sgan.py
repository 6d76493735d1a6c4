"""Semi-Supervised Learning with Generative Adversarial Networks.

One network is discriminator and classifier: of its N+1 outputs the last one says "fake". What it
learns of pictures without labels, to tell them from fakes, helps it to name those with few labels;
and what it knows of classes helps the generator.

Augustus Odena. ICML 2016 workshop on data efficient machine learning.
https://arxiv.org/abs/1606.01583

    D descends  -E[log p(y | x)] - E[log (1 - p(N+1 | x))] - E[log p(N+1 | G(z))]    (algorithm 1)
    G descends  -E[log (1 - p(N+1 | G(z)))]

with p the softmax of N+1 logits l, the first mean over pictures with labels, the second over those
without. As a two-class problem the logit of being real is  log sum over k <= N of exp l_k - l_N+1.

Shapes: z (n, noise) -> x (n, channels, h·2^k, w·2^k) from h x w of 4 to 7 pixels on the shorter
side; D maps x to N+1 logits. Of each round, `few` and `label` are the pictures with labels and
these.

Figures: `right` is the share of labelled pictures that D names rightly while it learns; `D(x)` and
`D(G(z))` are the mean probabilities of being real; both near 0.5 means that D cannot tell.

Deviations from the paper: sizes, rates and the length of `--preset paper` are those of DCGAN, at
28x28, and not read off the paper's own runs. The default is smaller, has dropout and no norm in D,
and shows moving averages of both. The three means above have equal weights, by our choice.

Reproduce: `ganvas train sgan --data digits --labels-per-class 10 --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

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
)
from ganvas.losses.adversarial import minimax_d, nonsaturating_g
from ganvas.nets.dcgan import DCGANDiscriminator, DCGANGenerator
from ganvas.nets.initial import normal_
from ganvas.nets.sizes import halvings


@dataclass(frozen=True)
class SGANConfig(Config):
    images: Count = 96_000
    """Length of the run: how many images without labels it sees (repeats counted)."""
    noise: Count = 16
    """Size of the latent vector z (DCGAN: 100)."""
    width: Count = 16
    """Feature maps beside the image; each halving of the size doubles them (DCGAN: 128)."""
    norm: bool = False
    """Whether D has batch norm, as in DCGAN."""
    dropout: Share = 0.3
    """Share of D's last features that are dropped (DCGAN: 0)."""
    lr: Rate = 1e-3
    """Adam's learning rate, for both players (DCGAN: 2e-4)."""
    beta1: Share = 0.5
    """Adam's first momentum."""
    ema: Share | None = 0.995
    """Decay of the moving averages: G's is shown, D's classifies; None: they themselves do."""


class Discriminator(nn.Module):
    """x (n, channels, h, w) -> logits (n, classes + 1), the last one of being fake.

    Args:
        base: height and width of the smallest feature maps, after k halvings.
    """

    def __init__(
        self,
        width: int,
        channels: int,
        k: int,
        base: tuple[int, int],
        classes: int,
        norm: bool,
        dropout: float,
    ) -> None:
        super().__init__()
        whole = DCGANDiscriminator(width, channels, k, norm=nn.BatchNorm2d if norm else None)
        self.trunk = whole.layers[:-1]
        features = width * 2 ** (k - 1) * base[0] * base[1]
        self.head = nn.Sequential(
            nn.Flatten(), nn.Dropout(dropout), nn.Linear(features, classes + 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.trunk(x))


def realness(logits: Tensor) -> Tensor:
    """The log of (1 - p(N+1)) / p(N+1), the logit of being real: (n, classes + 1) -> (n,)."""
    return logits[:, :-1].logsumexp(1) - logits[:, -1]


class SGAN(Game):
    paper = Paper(
        "Semi-Supervised Learning with Generative Adversarial Networks",
        "Odena",
        2016,
        "https://arxiv.org/abs/1606.01583",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16), "few": Image(1, 16, 16), "label": Label(10)}),
        "paper": Preset(
            {"x": Image(1, 28, 28), "few": Image(1, 28, 28), "label": Label(10)},
            {
                "batch": 128,
                "noise": 100,
                "width": 128,
                "norm": True,
                "dropout": 0.0,
                "images": 3_000_000,
                "lr": 2e-4,
                "ema": None,
            },
            data="mnist",
        ),
    }

    def __init__(self, config: SGANConfig, x: Image, few: Image, label: Label) -> None:
        super().__init__(config)
        if few != x:
            raise UsageError(f"pictures with labels are {few}, those without {x}")
        k = halvings("sgan", x.height, x.width)
        base = (x.height >> k, x.width >> k)
        self.inputs, self.output = {"z": Noise(config.noise)}, x
        G = DCGANGenerator(config.noise, config.width, x.channels, k, base=base)
        D = Discriminator(
            config.width, x.channels, k, base, label.classes, config.norm, config.dropout
        )
        recipe = Adam(config.lr, (config.beta1, 0.999))
        self.G = Player(G.apply(normal_), recipe, ema=config.ema)
        self.D = Player(D.apply(normal_), recipe, ema=config.ema)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        batch = next(data)
        x, label = batch.x, batch.label
        named, real = self.D(batch.few), realness(self.D(x))
        fake = realness(self.D(self.G.still(self.noise(len(x)))))
        figures = {
            "right": (named.argmax(1) == label).float().mean(),
            "D(x)": real.sigmoid().mean(),
            "D(G(z))": fake.sigmoid().mean(),
        }
        yield Move(self.D, cross_entropy(named, label) + minimax_d(real, fake), **figures)

        fake = realness(self.D(self.G(self.noise(len(x)))))
        yield Move(self.G, nonsaturating_g(fake))

    def generate(self, z: Tensor) -> Tensor:
        return self.G.best(z)

    def judge(self, x: Tensor) -> Tensor:
        return realness(self.D.best(x))

    def classify(self, x: Tensor) -> Tensor:
        """Logits of the classes, real pictures taken for granted: (n, classes)."""
        return self.D.best(x)[:, :-1]

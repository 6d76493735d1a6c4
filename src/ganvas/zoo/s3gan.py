"""High-Fidelity Image Generation With Fewer Labels.

A GAN that knows classes makes better pictures, but labels are dear. Here D names the classes
itself: a few pictures with labels teach a layer on its features, and what it calls the others is
taken for their label. A second task, to say which way up a picture is, costs no label at all and
keeps D's features good for more than telling pictures apart.

Mario Lucic, Michael Tschannen, Marvin Ritter, Xiaohua Zhai, Olivier Bachem, Sylvain Gelly. ICML
2019. https://arxiv.org/abs/1903.02271

    y(x) = argmax over k of c_k(φ(x)),  with φ the features of D
    D descends  E[max(0, 1 - D(x, y(x)))] + E[max(0, 1 + D(G(z, y), y))]
                - λ E[log softmax c(φ(x'))_y'] - β E[log p(r | x turned by r)]
    G descends  -E[D(G(z, y), y)] - α E[log p(r | G(z, y) turned by r)]

over pictures x without labels, pictures x' with labels y', and r of 0, 90, 180, 270 degrees. It is
the paper's S³GAN-CO; with `turn_d` and `turn_g` 0 it is S²GAN-CO.

Shapes: z (n, noise), label (n,) -> x (n, channels, h·2^k, w·2^k) from h x w of 4 to 7 pixels on the
shorter side; D maps x and its label to a score (n,), and x to logits (n, classes). Of each round,
`few` and `label` are the pictures with labels and these.

Figures: `D(x)` and `D(G(z))` are mean scores; `right` is the share of pictures with labels that D
names rightly while it learns; `turned right` the share of real ones of which it says how they are
turned, 1/4 by chance.

Deviations from the paper: the networks are those of SNGAN, also of `--preset paper`, where the
paper's are BigGAN's. Made pictures have the classes that D found in the real ones beside them,
where the paper draws classes evenly, and pictures with labels are seen for these alone. The default
is smaller, with one step of D for each of G, turns nothing (digits look alike upside down), and
shows a moving average of G.

Reproduce: `ganvas train s3gan --data digits --labels-per-class 10 --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

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
    Schedule,
    Share,
    UsageError,
    Weight,
)
from ganvas.losses.adversarial import LossName
from ganvas.nets.conditional import ClassNorm
from ganvas.nets.residual import ResNetDiscriminator, ResNetGenerator, glorot_
from ganvas.nets.sizes import halvings
from ganvas.tricks.duel import Duel
from ganvas.tricks.options import DuelConfig

LATE_FALL = Schedule.parse("1e-3@0 1e-3@0.5 0@1")


@dataclass(frozen=True)
class S3GANConfig(DuelConfig):
    loss: LossName = "hinge"
    """What either side wants (the paper: hinge)."""
    spectral_norm: bool = True
    """Whether each layer of D has largest singular value 1 (the paper: yes)."""
    spectral_norm_maker: bool = False
    """Whether each layer of G has too (the paper: yes)."""
    named: Weight = 1.0
    """Weight λ of naming the pictures with labels (the paper: 1)."""
    turn_d: Weight = 0.0
    """Weight β of saying how real pictures are turned, in D's loss (the paper: 1)."""
    turn_g: Weight = 0.0
    """Weight α of the same for made pictures, in G's loss (the paper: 0.2)."""
    noise: Count = 32
    """Size of the latent vector z (the paper: 120)."""
    width: Count = 16
    """Feature maps beside the image; each halving of the size doubles them."""
    widest: Count = 64
    """Most feature maps that a layer has."""
    critic_steps: Count = 1
    """Steps of D for each of G (the paper: 2)."""
    lr: Rate = LATE_FALL
    """Adam's learning rate for G (the paper: 5e-5, and 2e-4 for D)."""
    betas: tuple[Share, Share] = (0.0, 0.9)
    """Adam's two momenta (the paper: 0 and 0.999)."""
    ema: Share | None = 0.995
    """Decay of G's moving average, the one that is shown; None shows G itself."""


class Discriminator(nn.Module):
    """x (n, channels, h, w) and its class (n,) -> score (n,)."""

    def __init__(self, channels: int, maps: Sequence[int], k: int, classes: int) -> None:
        super().__init__()
        self.classes, self.turns = nn.Linear(maps[-1], classes), nn.Linear(maps[-1], 4)
        self.net = ResNetDiscriminator(channels, maps, k, classes=classes)

    def forward(self, x: Tensor, *label: Tensor) -> Tensor:
        return self.net(x, *label)

    def name_class(self, x: Tensor) -> Tensor:
        """Logits of the classes, (n, classes)."""
        return self.classes(self.net.features(x))

    def name_turn(self, x: Tensor) -> Tensor:
        """Logits of the four directions that can be up, (n, 4)."""
        return self.turns(self.net.features(x))


class S3GAN(Duel):
    paper = Paper(
        "High-Fidelity Image Generation With Fewer Labels",
        "Lucic, Tschannen, Ritter, Zhai, Bachem, Gelly",
        2019,
        "https://arxiv.org/abs/1903.02271",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16), "few": Image(1, 16, 16), "label": Label(10)}),
        "paper": Preset(
            {"x": Image(3, 128, 128), "few": Image(3, 128, 128), "label": Label(1000)},
            {
                "batch": 2048,
                "images": 2_048_000_000,
                "spectral_norm_maker": True,
                "turn_d": 1.0,
                "turn_g": 0.2,
                "noise": 120,
                "width": 64,
                "widest": 1024,
                "critic_steps": 2,
                "lr": 5e-5,
                "ttur": 4.0,
                "betas": (0.0, 0.999),
                "ema": 0.9999,
            },
            data="imagenet",
        ),
    }

    def __init__(self, config: S3GANConfig, x: Image, few: Image, label: Label) -> None:
        super().__init__(config)
        if few != x:
            raise UsageError(f"pictures with labels ({few}) must be like those without ({x})")
        if x.height != x.width and (config.turn_d > 0 or config.turn_g > 0):
            raise UsageError(
                f"turn-d and turn-g turn pictures by 90 degrees, which only squares of 8, 16, 32 "
                f"... pixels survive, not {x.height}x{x.width}; set both to 0"
            )
        k = halvings("s3gan", x.height, x.width)
        base = (x.height >> k, x.width >> k)
        maps = [min(config.width * 2**i, config.widest) for i in range(k + 1)]
        self.inputs, self.output = {"z": Noise(config.noise), "label": label}, x
        norm = partial(ClassNorm, classes=label.classes)
        G = ResNetGenerator(config.noise, maps[::-1], x.channels, base=base, norm=norm)
        D = Discriminator(x.channels, maps, k, label.classes)
        recipe = Adam(config.lr, config.betas)
        self.G = Player(G.apply(glorot_), recipe, ema=config.ema)
        self.D = Player(D.apply(glorot_), recipe)
        self.enter(maker=self.G, critic=self.D)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        for _ in range(self.config.critic_steps):
            batch = next(data)
            x, label = batch.x, self.named(batch.x)
            fake = self.G.still(self.noise(len(x)), label)
            also = partial(self.other_tasks, batch)
            yield from self.tell_apart(x, fake, label, also=also)

        fake = self.G(self.noise(len(x)), label)
        yield from self.fool(fake, x, label, also=partial(self.own_turns, fake))

    @torch.no_grad()
    def named(self, x: Tensor) -> Tensor:
        """What D takes for the classes of x: (n,)."""
        return self.classify(x).argmax(1)

    def other_tasks(self, batch: Batch, *_: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """What D must say of real pictures: the classes of a few, how any are turned."""
        logits = self.classify(batch.few)
        right = (logits.argmax(1) == batch.label).float().mean()
        loss, figures = self.config.named * cross_entropy(logits, batch.label), {"right": right}
        if self.config.turn_d > 0:
            turned, figures["turned right"] = self.turns(batch.x)
            loss = loss + self.config.turn_d * turned
        return loss, figures

    def own_turns(self, fake: Tensor, *_: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """What G's pictures must let D say: how they are turned."""
        if self.config.turn_g == 0:
            return fake.new_zeros(()), {}
        return self.config.turn_g * self.turns(fake)[0], {}

    def turns(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Loss and share of right answers for a quarter of x, turned in each of four ways."""
        some = x[: max(1, len(x) // 4)]
        turned = torch.cat([some.rot90(r, (2, 3)) for r in range(4)])
        D: Any = self.D.net
        logits = D.name_turn(turned)
        r = torch.arange(4, device=x.device).repeat_interleave(len(some))
        return cross_entropy(logits, r), (logits.argmax(1) == r).float().mean()

    def generate(self, z: Tensor, label: Tensor) -> Tensor:
        return self.G.best(z, label)

    def judge(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        return self.D(x) if label is None else self.D(x, label)

    def classify(self, x: Tensor) -> Tensor:
        """The logits of the classes, (n, classes)."""
        D: Any = self.D.net
        return D.name_class(x)

"""The usual duel, for papers whose idea is a loss or a penalty and not a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from ganvas.core import (
    Adam,
    Batch,
    Count,
    Image,
    Move,
    Noise,
    Player,
    Points,
    Rate,
    Schedule,
    Share,
)
from ganvas.nets.dcgan import layer_norm
from ganvas.nets.pairs import usual_pair
from ganvas.tricks.duel import Duel
from ganvas.tricks.options import DuelConfig

LATE_FALL = Schedule.parse("1e-3@0 1e-3@0.5 1e-4@1")


@dataclass(frozen=True)
class UsualConfig(DuelConfig):
    """The options of a `UsualDuel`; a paper says by a default of its own what its idea is."""

    group: ClassVar[str] = "game"
    """Where they stand in the help."""

    noise: Count = 16
    """Size of the latent vector z."""
    width: Count = 32
    """Pictures: feature maps beside the image; each halving of the size doubles them."""
    hidden: Count = 128
    """Points: units in each of the three hidden layers of G and D."""
    lr: Rate = LATE_FALL
    """Adam's learning rate, for both players."""
    beta1: Share = 0.5
    """Adam's first momentum."""
    ema: Share | None = 0.995
    """Decay of G's moving average, the one that is shown; None shows G itself."""


class UsualDuel(Duel):
    """DCGAN's pair on pictures, two dense networks on points; each takes a step in turn.

    D of pictures has layer norm under a penalty, which wants each picture's own slope, and else
    batch norm.
    """

    def __init__(self, config: UsualConfig, x: Image | Points) -> None:
        super().__init__(config)
        self.inputs, self.output = {"z": Noise(config.noise)}, x
        norm = layer_norm if config.penalty else nn.BatchNorm2d
        G, D = usual_pair(
            self.name, config.noise, x, width=config.width, hidden=config.hidden, norm=norm
        )
        recipe = Adam(config.lr, (config.beta1, 0.999))
        self.G = Player(G, recipe, ema=config.ema)
        self.D = Player(D, recipe)
        self.enter(maker=self.G, critic=self.D)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        x = next(data).x
        yield from self.tell_apart(x, self.G.still(self.noise(len(x))))
        yield from self.fool(self.G(self.noise(len(x))), x)

    def generate(self, z: Tensor) -> Tensor:
        return self.G.best(z)

    def judge(self, x: Tensor) -> Tensor:
        return self.D(x)

"""A duel whose maker draws from styles (Karras et al. 2019, arXiv:1812.04948).

The maker's net is a `StyledGenerator`. Styles are mixed while it learns, and the mean of w, towards
which samples are truncated, follows it.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ganvas.core import Count, Move, Player, Rate, Share
from ganvas.core.styled import Styled
from ganvas.nets.style import StyledGenerator, mixed
from ganvas.tricks.duel import Duel
from ganvas.tricks.options import DuelConfig, PenaltyName

MEMORY = 0.995
"""Decay of the mean of w for each step of the maker."""


@dataclass(frozen=True)
class StyledConfig(DuelConfig):
    """The options of a `StyledDuel`."""

    group: ClassVar[str] = "game"
    """Where they stand in the help."""

    noise: Count = 64
    """Size of the latent vector z, which is normalised to the hypersphere (the papers: 512)."""
    style: Count = 64
    """Size of a style w (the papers: 512)."""
    mapping: Count = 4
    """Layers of the mapping network, from z to w (the papers: 8)."""
    base: Count = 512
    """Feature maps: a layer at size 4·2^i has base / size, but never more than `widest`."""
    widest: Count = 64
    """Most feature maps that a layer has (the papers: 512)."""
    mixing: Share = 0.9
    """Style mixing: the share of made pictures that have two styles, one from a random layer on."""
    lr: Rate = 2e-3
    """Adam's learning rate, for both players; the mapping network has a hundredth of it."""
    penalty: tuple[PenaltyName, ...] = ("r1",)
    """On D's slope; the papers: `r1`, with γ = 10 as its weight."""
    ema: Share | None = 0.99
    """Decay of G's moving average, the one that is shown; None shows G itself."""


class StyledDuel(Styled, Duel, ABC):
    """A duel in which G draws from styles; `made` and `still` play it."""

    G: Player

    def __init__(self, config: StyledConfig) -> None:
        super().__init__(config)
        self.register_buffer("mean_style", torch.zeros(config.style))

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Height and width of the noise maps, coarse to fine."""
        return styled(self.G.best).synthesis.sizes

    @property
    def place(self) -> tuple[Any, ...]:
        """Where G stands, if it grows; its synthesis network is told."""
        return ()

    @property
    def layers(self) -> int:
        return styled(self.G.best).synthesis.layers

    # -- in a round ----------------------------------------------------------------------------

    def drawn(self, n: int, *told: Tensor) -> Tensor:
        """New styles of G, some of them mixed: (n, layers, width)."""
        mapping, layers = styled(self.G.net).mapping, self.layers
        w, other = mapping(self.noise(n), *told), mapping(self.noise(n), *told)
        coin = self.chance.uniform(n) < self.config.mixing
        crossover = 1 + self.chance.integers(layers - 1, n)
        return mixed(w, other, torch.where(coin, crossover, layers), layers)

    def made(self, n: int, *told: Tensor) -> Tensor:
        """New pictures, through which G's gradient goes."""
        x: Tensor = self.G(self.drawn(n, *told), self.noises(n), *self.place)
        return x

    def still(self, n: int, *told: Tensor) -> Tensor:
        """New pictures, with no gradient recorded."""
        with torch.no_grad():
            return self.made(n, *told)

    def followed(self, moves: Iterator[Move], n: int, *told: Tensor) -> Iterator[Move]:
        """G's move, which the mean of w follows, by that of n new ones."""
        with torch.no_grad():
            w = styled(self.G.best).mapping(self.noise(n), *told)
        # Known before the first micro-batch changes it, so all of them pull from the same place.
        pull = w.mean(0).to(self.mean_style) - self.mean_style
        weight = 1 - min(MEMORY, (1 + self.G.steps) / (10 + self.G.steps))
        yield from moves
        self.mean_style += weight * self.share * self.everywhere(pull)

    # -- what is shown -------------------------------------------------------------------------

    def styles(self, z: Tensor, **given: Tensor) -> Tensor:
        w: Tensor = styled(self.G.best).mapping(z, *given.values())
        return w[:, None].expand(-1, self.layers, -1)

    def noises(self, n: int) -> list[Tensor]:
        return [self.chance.normal(n, 1, *size) for size in self.sizes]

    def paint(self, w: Tensor, noises: Sequence[Tensor]) -> Tensor:
        x: Tensor = styled(self.G.best)(w, noises, *self.place)
        return x.clamp(-1, 1)


def styled(net: nn.Module) -> StyledGenerator:
    """The network of G, by its type."""
    assert isinstance(net, StyledGenerator)
    return net

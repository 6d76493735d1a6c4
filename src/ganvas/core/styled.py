"""Generators that draw from styles.

Where a mapping network turns z into w first and a picture is drawn from a w for each of its layers,
coarse to fine (Karras et al. 2019, arXiv:1812.04948), tools can mix, move and find these w.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from torch import Tensor


class Styled(ABC):
    """What a game adds to `Game` whose generator draws from styles; all of it is of `G.best`."""

    mean_style: Tensor
    """The mean of w over the prior, (width,): a buffer that follows the training."""

    @property
    @abstractmethod
    def layers(self) -> int:
        """How many styles a picture is drawn from, coarse to fine."""

    @abstractmethod
    def styles(self, z: Tensor, **given: Tensor) -> Tensor:
        """The styles of latent vectors: z (n, size) and the game's other inputs by name ->
        (n, layers, width).
        """

    @abstractmethod
    def noises(self, n: int) -> list[Tensor]:
        """The noise maps of a batch, drawn from `chance`: each (n, 1, h, w), coarse to fine."""

    @abstractmethod
    def paint(self, w: Tensor, noises: Sequence[Tensor]) -> Tensor:
        """Draws: styles (n, layers, width) and noise maps -> (n, *output.shape)."""

    def toward_mean(self, w: Tensor, psi: float) -> Tensor:
        """w̄ + ψ (w - w̄), the truncation trick in W (Karras et al. 2019, appendix B)."""
        return self.mean_style + psi * (w - self.mean_style)

    def generate(self, z: Tensor, *, truncation: float = 1.0, **given: Tensor) -> Tensor:
        """Makes pictures; `truncation` is ψ."""
        w = self.styles(z, **given)
        return self.paint(self.toward_mean(w, truncation), self.noises(len(w)))


def is_styled(game: Any) -> bool:
    """Whether a game draws from styles."""
    return isinstance(game, Styled)

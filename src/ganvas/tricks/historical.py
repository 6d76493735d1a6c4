"""Historical averaging (Salimans et al. 2016, arXiv:1606.03498, section 3.3).

Each player pays for the distance between its weights and their mean over all of the run, so that
two players who run in circles spiral inwards.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class HistoricalMean(nn.Module):
    """The mean of a player's weights over all rounds so far.

    Args:
        parameters: the player's.
    """

    def __init__(self, parameters: Sequence[nn.Parameter]) -> None:
        super().__init__()
        self.rounds: Tensor
        self.register_buffer("rounds", torch.zeros(()))
        for number, weight in enumerate(parameters):
            self.register_buffer(f"mean{number}", weight.detach().clone())

    @property
    def means(self) -> list[Tensor]:
        """One for each parameter."""
        return [mean for name, mean in self.named_buffers() if name != "rounds"]

    def distance(self, parameters: Sequence[nn.Parameter]) -> Tensor:
        """||θ - mean of θ so far||²."""
        pairs = zip(parameters, self.means, strict=True)
        return torch.stack([(p - mean).square().sum() for p, mean in pairs]).sum()

    @torch.no_grad()
    def follow(self, parameters: Sequence[nn.Parameter], share: float) -> None:
        """Counts the weights of this round in; `share` of it, one for each micro-batch."""
        self.rounds = self.rounds + share
        weight = share / self.rounds
        for number, p in enumerate(parameters):
            mean = getattr(self, f"mean{number}")
            setattr(self, f"mean{number}", mean + weight * (p - mean))

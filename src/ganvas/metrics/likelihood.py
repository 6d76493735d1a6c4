"""What games that know likelihoods say of held-out rows."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from ganvas.core.chance import Chance
from ganvas.metrics.figure import Figure, Rows, Subject, Value


@runtime_checkable
class Bounded(Protocol):
    """A game that bounds the likelihood of rows."""

    def bound(self, x: Tensor) -> Tensor:
        """A lower bound on log p(x) of each row, in nats: (n, *shape) -> (n,)."""
        ...


class Bound(Figure):
    """The mean lower bound on the log likelihood of held-out rows, in nats for each row."""

    name, title, better = "bound", "Bound on log likelihood", "higher"
    paper = "Kingma, Welling 2013, arXiv:1312.6114, eq. 3"

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.found: list[Tensor] = []

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        return (
            None if isinstance(subject.game, Bounded) else "a game that bounds likelihoods, a vae"
        )

    @torch.no_grad()
    def real(self, rows: Rows) -> None:
        game = self.subject.game
        assert game is not None
        assert isinstance(game, Bounded)
        with game.showing():
            game.chance = Chance("bound", self.subject.seed, len(self.found), device=game.device)
            self.found.append(game.bound(rows.x.to(game.device)).double().cpu())

    def value(self) -> Value:
        found = torch.cat(self.found)
        return Value(float(found.mean()), float(found.std() / len(found) ** 0.5))

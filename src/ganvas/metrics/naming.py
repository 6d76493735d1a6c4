"""How well a game that classifies names rows that it has not seen."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from ganvas.core.chance import Chance
from ganvas.metrics.figure import Figure, Rows, Subject, Value


@runtime_checkable
class Classifying(Protocol):
    """A game with a classifier of its own."""

    def classify(self, x: Tensor) -> Tensor:
        """Logits of the classes of the data: (n, *shape) -> (n, classes)."""
        ...


class TestAccuracy(Figure):
    """The share of held-out rows that the game's own classifier names rightly, 0 to 1."""

    __test__ = False  # or pytest takes it for a test
    name, title, better = "test_accuracy", "Accuracy of the game's own classifier", "higher"
    paper = "as a test error in Salimans et al. 2016, arXiv:1606.03498, section 6"

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.right = self.seen = 0

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        held_out = subject.classes is not None and subject.learned is not None
        why = None if held_out else "labelled rows that were held back (a test part, --split test)"
        wrong = "a game with a classifier of its own, such as sgan"
        return why if isinstance(subject.game, Classifying) else wrong

    @torch.no_grad()
    def real(self, rows: Rows) -> None:
        game = self.subject.game
        assert game is not None
        assert isinstance(game, Classifying)
        assert rows.label is not None
        with game.showing():
            game.chance = Chance("classify", self.subject.seed, self.seen, device=game.device)
            found = game.classify(rows.x.to(game.device)).argmax(1).cpu()
        self.right += int((found == rows.label).sum())
        self.seen += len(rows)

    def value(self) -> Value:
        share = self.right / self.seen
        error = (share * (1 - share) / self.seen) ** 0.5
        return Value(share, error, {"rows named": self.seen, "classes": self.subject.classes})

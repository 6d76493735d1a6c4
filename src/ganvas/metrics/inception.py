"""The inception score: are samples clear, each by itself, and varied, all together?

    IS = exp( E_x KL( p(y|x) ‖ p(y) ) )           (Salimans et al. 2016, arXiv:1606.03498)

From 1, where a classifier says the same of every sample, to the number of classes. It never sees
the data: a generator that draws one perfect picture of each class cannot score higher.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ganvas.core import UsageError
from ganvas.metrics.figure import Figure, Rows, Subject, Value, too_few

SPLITS = 10
"""The score is taken of so many parts of the samples, as in the paper."""


class _Part:
    """Sums over the samples of one part."""

    def __init__(self, classes: int) -> None:
        self.n, self.entropy = 0, 0.0
        self.total = torch.zeros(classes, dtype=torch.float64)

    def add(self, p: Tensor) -> None:
        p = p.double()
        self.n += len(p)
        self.entropy -= float(torch.xlogy(p, p).sum())
        self.total += p.sum(0)

    @property
    def score(self) -> float:
        mean = self.total / self.n
        # E KL = H(mean) - E H(p)
        return float((-torch.xlogy(mean, mean).sum() - self.entropy / self.n).exp())


def inception_score(probabilities: Tensor, splits: int = SPLITS) -> tuple[float, float]:
    """Mean and standard deviation over parts of p (n, classes), rows that add to 1.

    Raises:
        UsageError: if there are fewer rows than parts.
    """
    if len(probabilities) < splits:
        raise UsageError(f"{len(probabilities)} rows do not make {splits} parts")
    scores = []
    for rows in probabilities.tensor_split(splits):
        part = _Part(probabilities.shape[1])
        part.add(rows)
        scores.append(part.score)
    found = torch.tensor(scores, dtype=torch.float64)
    return float(found.mean()), float(found.std(correction=0)) if splits > 1 else 0.0


class InceptionScore(Figure):
    """The mean over ten parts; its standard error is that of the mean."""

    name = "inception_score"
    title = "Inception score"
    better = "higher"
    paper = "Salimans et al. 2016, arXiv:1606.03498"
    needs = frozenset({"probabilities"})

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.parts: list[_Part] = []
        self.seen = 0

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        return None

    def fake(self, rows: Rows) -> None:
        assert rows.probabilities is not None
        if not self.parts:
            self.parts = [_Part(rows.probabilities.shape[1]) for _ in range(SPLITS)]
        for number, part in enumerate(self.parts):
            # Samples are drawn apart from each other, so any division into parts will do.
            if len(mine := rows.probabilities[(number - self.seen) % SPLITS :: SPLITS]):
                part.add(mine)
        self.seen += len(rows)

    def value(self) -> Value:
        why = f"{SPLITS} parts of 10 rows"
        notes = too_few(self.subject, self.seen, 10 * SPLITS, "generated", why)
        found = torch.tensor([part.score for part in self.parts if part.n], dtype=torch.float64)
        error = float(found.std() / len(found) ** 0.5) if len(found) > 1 else None
        return Value(float(found.mean()), error, {"parts": len(found), **notes})

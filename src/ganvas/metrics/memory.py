"""Are samples copies: of what the game learned from, or of each other?"""

from __future__ import annotations

import torch
from torch import Tensor

from ganvas.core.chance import seed_of
from ganvas.metrics.figure import Subject, Value
from ganvas.metrics.neighbours import nearest
from ganvas.metrics.remembered import Remembering, Sample

ALIKE = 0.05
"""Two rows count as one if they are nearer than this part of the usual distance of neighbours."""


def copies(fake: Tensor, train: Tensor, held: Tensor) -> float:
    """How often a sample is nearer to the training rows than a fresh real row would be, 0 to 1.

    The probability that a random row of `fake` has a smaller distance to its nearest row of
    `train` than a random row of `held`, ties counting half: the statistic of the three-sample test
    of Meehan, Chaudhuri & Dasgupta 2020 (arXiv:2004.05675, section 3), before its normalisation.
    0.5 is what new real rows score; towards 1 the samples are copies, towards 0 they are far off.

    Args:
        fake, train, held: generated rows, those learned from, and others of the same law: (n, d).
    """
    made, real = nearest(fake, train)[:, 0], nearest(held, train)[:, 0].sort().values
    above = len(real) - torch.searchsorted(real, made, right=True)
    ties = torch.searchsorted(real, made, right=True) - torch.searchsorted(real, made)
    return float(((above + 0.5 * ties) / len(real)).mean())


def duplicates(fake: Tensor, real: Tensor) -> float:
    """The share of rows of fake (n, d) that have a twin among the others, 0 to 1.

    A twin is nearer than `ALIKE` times the median distance of real (m, d) to their neighbours.
    """
    usual = float(nearest(real, real, same=True)[:, 0].median())
    return float((nearest(fake, fake, same=True)[:, 0] <= ALIKE * usual).double().mean())


class Memorisation(Remembering):
    """The test for copies, against the rows that the game learned from: about 0.5 is as it should.

    The real side must be rows that were held back: they tell how near the law itself comes.
    """

    name, title, better = "memorisation", "Memorisation", "neither"
    paper = "Meehan, Chaudhuri, Dasgupta 2020, arXiv:2004.05675"

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        if subject.learned is None:
            return "a game whose training rows are at hand, and others that were held back"
        return None

    def value(self) -> Value:
        subject = self.subject
        assert subject.features is not None
        assert subject.learned is not None
        real, fake, notes = self.both()
        learned = Sample(seed_of(subject.seed, "learned"))
        for x in subject.learned():
            learned.add(subject.features(x))
        notes["rows learned from"] = learned.seen
        return Value(copies(fake, learned.rows, real), protocol=notes)


class Duplicates(Remembering):
    """The share of samples that have a twin among the samples, 0 to 1."""

    name, title, better = "duplicates", "Duplicates", "lower"
    paper = "Arora, Zhang 2017, arXiv:1706.08224"

    def value(self) -> Value:
        real, fake, notes = self.both()
        return Value(duplicates(fake, real), protocol={**notes, "alike below": ALIKE})

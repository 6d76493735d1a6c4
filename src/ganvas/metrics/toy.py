"""How well the samples of a toy law are spread over its modes.

Protocol (after Srivastava et al. 2017, arXiv:1705.07761, section 4): a sample is good if it lies
within `std` standard deviations of the nearest mode; the usual 3 hold 98.9 % of a two-dimensional
Gaussian and 99.7 % of a one-dimensional one, so that is what a perfect generator scores. A mode
counts as covered if at least `fewest` good samples are nearest to it. The paper is content with
one of 2,500; one stray sample is no mode, so here it is a tenth of a mode's fair share unless told
otherwise (31 of 2,500 for eight modes).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ganvas.core import Points, UsageError
from ganvas.data import toys
from ganvas.metrics.figure import Figure, Rows, Subject, Value
from ganvas.metrics.modes import reverse_kl
from ganvas.metrics.remembered import Remembering
from ganvas.metrics.sliced import wasserstein_1d


def modes_covered(samples: Tensor, name: str, std: float = 3, *, fewest: int | None = None) -> int:
    """How many of a toy law's modes the samples cover.

    Args:
        samples: (n, size), n of some thousand.
        name: the toy law: gaussian1d, ring8 or grid25.
        std: how far from its mode a good sample may lie, in standard deviations.
        fewest: good samples that make a mode covered; ceil(n / modes / 10) if None.

    Raises:
        UsageError: if the law has no modes or the samples are not its points.
    """
    nearest, good = _nearest(samples, name, std)
    k = len(toys.modes(name))
    fewest = math.ceil(len(samples) / k / 10) if fewest is None else fewest
    counts = torch.bincount(nearest[good], minlength=k)
    return int((counts >= max(1, fewest)).sum())


def share_of_good_samples(samples: Tensor, name: str, std: float = 3) -> float:
    """The share, 0 to 1, of samples within `std` standard deviations of the nearest mode.

    Args:
        samples: (n, size).
        name: the toy law: gaussian1d, ring8 or grid25.
        std: how far from its mode a good sample may lie, in standard deviations.

    Raises:
        UsageError: if the law has no modes or the samples are not its points.
    """
    return float(_nearest(samples, name, std)[1].double().mean())


def _nearest(samples: Tensor, name: str, std: float) -> tuple[Tensor, Tensor]:
    """The number of the nearest mode of each sample, and whether it is near enough."""
    centres = toys.modes(name)
    if samples.dim() != 2 or samples.shape[1] != centres.shape[1] or len(samples) == 0:
        raise UsageError(
            f"{name} has points of shape (n, {centres.shape[1]}), not {tuple(samples.shape)}"
        )
    # Not cdist's matrix product: near a mode its rounding is of the order of the distance itself.
    apart = samples.detach().cpu().float()[:, None] - centres
    distance, nearest = apart.square().sum(-1).sqrt().min(1)
    return nearest, distance <= std * toys.std(name)


class _Nearest(Figure):
    """What figures of a toy law have in common: which mode is nearest, and whether it is near."""

    paper = "Srivastava et al. 2017, arXiv:1705.07761"

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        k = len(toys.modes(subject.source))
        self.near, self.good = torch.zeros(2, k, dtype=torch.int64)
        """How many samples are nearest to each mode, and how many of these are good: (k,)."""

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        toy = isinstance(subject.space, Points) and subject.source in toys.mixtures()
        return None if toy else f"a toy law with modes: {', '.join(toys.mixtures())}"

    def fake(self, rows: Rows) -> None:
        nearest, good = _nearest(rows.x, self.subject.source, 3)
        k = len(self.near)
        self.near += torch.bincount(nearest, minlength=k)
        self.good += torch.bincount(nearest[good], minlength=k)


class ModesCovered(_Nearest):
    """Modes that have at least a tenth of their fair share of samples within 3 deviations."""

    name, title, better = "modes", "Modes covered", "higher"

    def value(self) -> Value:
        k, n = len(self.near), int(self.near.sum())
        fewest = max(1, math.ceil(n / k / 10))
        covered = int((self.good >= fewest).sum())
        return Value(covered, protocol={"modes": k, "samples that make one": fewest})


class GoodShare(_Nearest):
    """The share of samples within 3 standard deviations of a mode, 0 to 1."""

    name, title, better = "good_share", "Share of good samples", "higher"

    def value(self) -> Value:
        n = int(self.near.sum())
        share = float(self.good.sum()) / n
        return Value(share, (share * (1 - share) / n) ** 0.5)


class ReverseKL(_Nearest):
    """KL(generated ‖ data) of the modes that samples are nearest to, in nats; 0 is even."""

    name, title, better = "reverse_kl", "Reverse KL of modes", "lower"

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        why = super().misfit(subject)
        return why if why or len(toys.modes(subject.source)) > 1 else "several modes"

    def value(self) -> Value:
        law = torch.ones(len(self.near))  # the mixtures are even
        return Value(reverse_kl(self.near, law))


class Wasserstein1D(Remembering):
    """The exact W₁ between samples and held-out rows on the line, in their units."""

    name, title, better = "wasserstein_1d", "Wasserstein distance", "lower"
    paper = "Vallender 1974"
    needs = frozenset()

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        line = isinstance(subject.space, Points) and subject.space.size == 1
        return None if line else "points of one dimension"

    def kept(self, rows: Rows) -> Tensor:
        return rows.x.cpu()

    def value(self) -> Value:
        real, fake, notes = self.both()
        return Value(float(wasserstein_1d(real, fake)), protocol=notes)

"""Fidelity and variety apart: precision and recall, density and coverage.

The real rows span a manifold: the union of balls about each that reach to its k-th nearest real
neighbour; the generated rows likewise.

    precision  share of generated rows inside the real manifold
    recall     share of real rows inside the generated manifold
    density    real balls that hold a generated row, over k: may exceed 1
    coverage   share of real balls that hold a generated row

The first two are of Kynkäänniemi et al. 2019 (arXiv:1904.06991), the others of Naeem et al. 2020
(arXiv:2002.09797). k is 3 for the first two and 5 for the others, as in the papers.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ganvas.metrics.figure import Value
from ganvas.metrics.neighbours import BLOCK, distances, nearest
from ganvas.metrics.remembered import Remembering


def precision(real: Tensor, fake: Tensor, k: int = 3) -> float:
    """The share of fake (m, d) inside the manifold of real (n, d)."""
    return float((_balls_about(real, fake, k) > 0).double().mean())


def recall(real: Tensor, fake: Tensor, k: int = 3) -> float:
    """The share of real (n, d) inside the manifold of fake (m, d)."""
    return precision(fake, real, k)


def density(real: Tensor, fake: Tensor, k: int = 5) -> float:
    """How many balls of real (n, d) hold a row of fake (m, d), in the mean, over k."""
    return float(_balls_about(real, fake, k).double().mean()) / k


def coverage(real: Tensor, fake: Tensor, k: int = 5) -> float:
    """The share of real (n, d) whose ball holds a row of fake (m, d)."""
    reach = nearest(real, real, k, same=True)[:, -1]
    return float((nearest(real, fake)[:, 0] <= reach).double().mean())


def _balls_about(centres: Tensor, rows: Tensor, k: int) -> Tensor:
    """How many balls of the manifold of `centres` hold each of `rows`: (len(rows),)."""
    reach = nearest(centres, centres, k, same=True)[:, -1]
    parts = [(distances(part, centres) <= reach).sum(1) for part in rows.split(BLOCK)]
    return torch.cat(parts)


class Precision(Remembering):
    """The share of generated rows that lie among the real ones, 0 to 1."""

    name, title, better = "precision", "Precision", "higher"
    least = 30
    paper = "Kynkäänniemi et al. 2019, arXiv:1904.06991"

    def value(self) -> Value:
        real, fake, notes = self.both()
        return Value(precision(real, fake, 3), protocol=notes)


class Recall(Remembering):
    """The share of real rows that lie among the generated ones, 0 to 1."""

    name, title, better = "recall", "Recall", "higher"
    least = 30
    paper = "Kynkäänniemi et al. 2019, arXiv:1904.06991"

    def value(self) -> Value:
        real, fake, notes = self.both()
        return Value(recall(real, fake, 3), protocol=notes)


class Density(Remembering):
    """How densely generated rows lie where real ones do: about 1 for real rows themselves."""

    name, title, better = "density", "Density", "higher"
    least = 50
    paper = "Naeem et al. 2020, arXiv:2002.09797"

    def value(self) -> Value:
        real, fake, notes = self.both()
        return Value(density(real, fake, 5), protocol=notes)


class Coverage(Remembering):
    """The share of real rows that have a generated one near them, 0 to 1."""

    name, title, better = "coverage", "Coverage", "higher"
    least = 50
    paper = "Naeem et al. 2020, arXiv:2002.09797"

    def value(self) -> Value:
        real, fake, notes = self.both()
        return Value(coverage(real, fake, 5), protocol=notes)

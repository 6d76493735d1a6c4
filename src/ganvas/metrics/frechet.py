"""The Fréchet distance between two clouds of features, each taken for a Gaussian.

    d² = |μ₁ - μ₂|² + tr(C₁) + tr(C₂) - 2 tr (C₁ C₂)^½         (Dowson & Landau 1982, eq. 16)

With Inception's features it is the FID (Heusel et al. 2017, arXiv:1706.08500, eq. 6). The last
trace needs no matrix square root, see `trace_of_root`.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import Tensor

from ganvas.core import Points, UsageError
from ganvas.metrics.figure import Figure, Rows, Subject, Value, too_few

BLOCKS = 8
"""Into so many stripes a product of triangular matrices is divided."""


class Moments:
    """Number, mean and covariance of rows that come in batches, in float64.

    Batches are joined by the pairwise update of Chan, Golub & LeVeque 1983, which does not cancel
    where the mean is large.
    """

    def __init__(self, dims: int) -> None:
        self.n = 0
        self.mean = torch.zeros(dims, dtype=torch.float64)
        self.scatter = torch.zeros(dims, dims, dtype=torch.float64)
        """Sum of the products of deviations from the mean: (d, d)."""

    def add(self, rows: Tensor) -> None:
        """Sees a batch: (n, d)."""
        rows = rows.double()
        n, mean = len(rows), rows.mean(0)
        apart = rows - mean
        between = mean - self.mean
        total = self.n + n
        self.scatter += apart.T @ apart
        self.scatter += torch.outer(between, between) * (self.n * n / total)
        self.mean += between * (n / total)
        self.n = total

    @property
    def covariance(self) -> Tensor:
        """The unbiased covariance: (d, d)."""
        return self.scatter / max(1, self.n - 1)

    def to_tensors(self) -> dict[str, Tensor]:
        """All of it, from which `from_tensors` makes an equal one."""
        return {"n": torch.tensor(self.n), "mean": self.mean, "scatter": self.scatter}

    @classmethod
    def from_tensors(cls, kept: Mapping[str, Tensor]) -> Moments:
        """The inverse of `to_tensors`."""
        made = cls(len(kept["mean"]))
        made.n, made.mean, made.scatter = int(kept["n"]), kept["mean"], kept["scatter"]
        return made


def frechet_distance(mean1: Tensor, cov1: Tensor, mean2: Tensor, cov2: Tensor) -> float:
    """d² of two Gaussians, in squared units of the features.

    Args:
        mean1, mean2: (d,).
        cov1, cov2: symmetric and positive semidefinite, (d, d).
    """
    mean1, cov1, mean2, cov2 = (t.double() for t in (mean1, cov1, mean2, cov2))
    apart = (mean1 - mean2).square().sum()
    distance = apart + cov1.trace() + cov2.trace() - 2 * trace_of_root(cov1, cov2)
    return max(0.0, float(distance))


def trace_of_root(a: Tensor, b: Tensor) -> float:
    """The trace of (A B)^½ of positive semi-definite matrices (d, d), float64.

    With A = L Lᵀ, A B has the eigenvalues of Lᵀ B L, which is symmetric: they are real, and found
    several times faster than the root of A B itself. Of two singular matrices A = L Lᵀ and
    B = M Mᵀ, they are the squared singular values of Lᵀ M: nothing is lost to squaring.
    """
    root = _cholesky(a)
    if root is None:
        a, b = b, a
        root = _cholesky(a)
    if root is not None:
        found = torch.linalg.eigvalsh(_congruent(root, b), UPLO="L")
        return float(found.clamp(min=0).sqrt().sum())
    return float(torch.linalg.svdvals(_thin_root(a).T @ _thin_root(b)).sum())


def _cholesky(a: Tensor) -> Tensor | None:
    """L, lower triangular with A = L Lᵀ; None if A is singular to working precision."""
    L, info = torch.linalg.cholesky_ex(a)
    if int(info) or not bool(torch.isfinite(L).all()):
        return None
    pivots = L.diagonal().square()
    least = len(a) * torch.finfo(a.dtype).eps * a.diagonal().max()
    return L if bool(pivots.min() > least) else None


def _thin_root(a: Tensor) -> Tensor:
    """R (d, rank) with A = R Rᵀ."""
    values, vectors = torch.linalg.eigh(a)
    kept = values > len(a) * torch.finfo(a.dtype).eps * values[-1].clamp(min=0)
    return vectors[:, kept] * values[kept].sqrt()


def _congruent(L: Tensor, b: Tensor) -> Tensor:
    """The lower triangle of Lᵀ B L, with a third of the work: L is lower triangular."""
    d = len(b)
    edges = sorted({d * i // BLOCKS for i in range(BLOCKS + 1)})
    product, half = torch.zeros_like(b), torch.zeros_like(b)
    for begin, end in pairwise(edges):
        half[begin:, begin:end] = b[begin:, begin:] @ L[begin:, begin:end]
    for begin, end in pairwise(edges):
        product[begin:end, :end] = L[begin:, begin:end].T @ half[begin:, :end]
    return product


class FID(Figure):
    """The Fréchet distance of the features: 0 for equal clouds, in squared units of the features.

    A covariance has full rank only with more rows than features.
    """

    name = "fid"
    title = "Fréchet distance"
    better = "lower"
    paper = "Heusel et al. 2017, arXiv:1706.08500"
    needs = frozenset({"features"})

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        assert subject.dims is not None
        self.sides = {"real": Moments(subject.dims), "generated": Moments(subject.dims)}

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        if isinstance(subject.space, Points):
            return "features that are roughly Gaussian, which the modes of a toy law are not"
        return None

    def real(self, rows: Rows) -> None:
        assert rows.features is not None
        self.sides["real"].add(rows.features)

    def fake(self, rows: Rows) -> None:
        assert rows.features is not None
        self.sides["generated"].add(rows.features)

    def value(self) -> Value:
        notes: dict[str, str] = {}
        for side, seen in self.sides.items():
            why = f"a covariance of {len(seen.mean):,} features"
            notes |= too_few(self.subject, seen.n, len(seen.mean) + 1, side, why)
            if seen.n < 2:
                raise UsageError(f"the Fréchet distance takes at least 2 {side} rows")
        (a, b) = self.sides.values()
        distance = frechet_distance(a.mean, a.covariance, b.mean, b.covariance)
        return Value(distance, protocol=notes)

    def reference(self) -> dict[str, Tensor]:
        return self.sides["real"].to_tensors()

    def refer(self, kept: Mapping[str, Tensor]) -> None:
        self.sides["real"] = Moments.from_tensors(kept)

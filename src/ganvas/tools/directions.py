"""Directions of the latent space along which pictures change, found without labels.

GANSpace (Härkönen, Hertzmann, Lehtinen, Paris 2020, arXiv:2004.02546): the principal components of
w. A game without styles has none, so those of the features y of its first layer are taken, and
carried over to z: the direction that goes with the component x_k is

    u_k = argmin Σ_j |x_kj u - z_j|²  =  E[x_k z] / E[x_k²]                               (eq. 3)

SeFa (Shen, Zhou 2021, arXiv:2007.06600): a step n in the latent space changes what the first
weights A make of it by A n, most along the eigenvectors of AᵀA of the largest eigenvalues (eq. 5).
A is the affine maps of the styles, one below the other, or the first layer. Where z is changed
before, by a normalisation say, A is the Jacobian, and AᵀA its mean over draws.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ganvas.core import UsageError
from ganvas.tools.latent import Latent
from ganvas.tools.weights import CHUNK, First, affines, mean_square

DRAWN, FEATURES = 10_000, 2_000
"""Points of W for PCA; points of z whose features are taken."""
MAPPED = 1_000
"""Points that are mapped to W in one go."""


@dataclass(frozen=True)
class Directions:
    """The strongest directions, the strongest first."""

    steps: Tensor
    """How a point moves for one standard deviation: (k, *shape)."""
    shares: Tensor
    """The part of the whole that each explains: of the variance, or of the trace of AᵀA; (k,)."""
    of: str
    """What was decomposed, in words."""


Finding = Generator[float, None, Directions]
"""Yields how much is done, from 0 to 1, and returns what was found: it can be left at any time."""


def pca(
    latent: Latent, k: int, *, styles: Sequence[int] | None = None, seed: int = 0
) -> Directions:
    """GANSpace's directions: principal components of w, or of the first features of z.

    Args:
        latent: in space z or w.
        k: how many.
        styles: those that will be moved; it makes no difference to what is found.
        seed: decides the draws.

    Raises:
        UsageError: if there are not so many.
    """
    return _whole(pca_in_parts(latent, k, seed))


def pca_in_parts(latent: Latent, k: int, seed: int = 0) -> Finding:
    """The same, a part of the work at a time."""
    if latent.space == "w":
        of_z, found = latent.into("z").draw(DRAWN, seed).split(MAPPED), list[Tensor]()
        for some in of_z:
            found.append(latent.styles(some, of="z")[:, 0].detach().cpu())
            yield len(found) / (len(of_z) + 1)
        axes, variances = principal(torch.cat(found))
        _enough(k, len(variances), latent)
        steps = axes[:k] * variances[:k, None].sqrt()
        return Directions(steps.float(), _shares(variances, k), "w")
    z = latent.draw(FEATURES, seed)
    first = First(latent)
    features, parts = list[Tensor](), z.split(CHUNK)
    for some in parts:
        features.append(first(some).cpu())
        yield len(features) / (len(parts) + 1)
    y, z = torch.cat(features), z.cpu()
    axes, variances = principal(y)
    _enough(k, min(len(variances), z.shape[1]), latent)
    x = (y - y.mean(0)).double() @ axes[:k].T / variances[:k].clamp_min(1e-24).sqrt()
    steps = x.T @ (z - z.mean(0)).double() / len(z)  # σ_k u_k: x is x_k / σ_k here
    return Directions(steps.float(), _shares(variances, k), f"features of {first.name}")


def sefa(
    latent: Latent, k: int, *, styles: Sequence[int] | None = None, seed: int = 0
) -> Directions:
    """SeFa's directions: eigenvectors of AᵀA, as long as points deviate along a coordinate.

    Args:
        latent: in space z or w.
        k: how many.
        styles: those whose affine maps are taken; all if None.
        seed: decides the draws.

    Raises:
        UsageError: if there are not so many, or no such weights are found.
    """
    return _whole(sefa_in_parts(latent, k, styles, seed))


def sefa_in_parts(
    latent: Latent, k: int, styles: Sequence[int] | None = None, seed: int = 0
) -> Finding:
    """The same, a part of the work at a time."""
    if latent.space == "w":
        A = torch.cat(affines(latent, styles)).cpu().double()
        square, of = A.T @ A, f"{len(A)} rows of affine maps of styles"
    else:
        first = First(latent)
        square, of = (yield from mean_square(latent, first, seed)), f"the weights of {first.name}"
    values, vectors = _eigen(square)
    _enough(k, len(values), latent)
    deviation = latent.norm / len(square) ** 0.5  # 1 in a normal z, as in the paper
    return Directions((vectors[:k] * deviation).float(), _shares(values, k), of)


def along(
    latent: Latent, start: Tensor, step: Tensor, at: Tensor, styles: Sequence[int] | None
) -> Tensor:
    """The pictures from a point along a direction: (len(at), channels, h, w).

    Args:
        latent: in any space.
        start: the point, (1, *shape).
        step: one standard deviation, of z or of w.
        at: how many of them to go.
        styles: those that move, where there are some.
    """
    moves = at.to(start)[:, None] * step.to(start)
    if latent.space == "z":
        return latent.show(start + moves)
    w = latent.styles(start).repeat(len(at), 1, 1)
    for i in range(w.shape[1]) if styles is None else styles:
        w[:, i] += moves
    return latent.into("w+").show(w)


def _whole(finding: Finding) -> Directions:
    while True:
        try:
            next(finding)
        except StopIteration as end:
            return end.value


# -- decompositions ------------------------------------------------------------------------------


def principal(x: Tensor) -> tuple[Tensor, Tensor]:
    """The principal axes (k, d) of rows (n, d), and the variance along each, largest first.

    There are min(n - 1, d) of them.
    """
    x = x.double()
    x = x - x.mean(0)
    n, d = x.shape
    if d < n:
        values, axes = _eigen(x.T @ x / (n - 1))
        return axes, values.clamp_min(0)
    values, rows = _eigen(x @ x.T / (n - 1))  # the other side of the same decomposition
    values, rows = values[: n - 1].clamp_min(0), rows[: n - 1]
    axes = rows @ x / ((n - 1) * values).clamp_min(1e-24).sqrt()[:, None]
    return _turned(axes), values


def _eigen(square: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues of a symmetric matrix, largest first, and the vectors as rows."""
    values, vectors = torch.linalg.eigh(square)
    return values.flip(0), _turned(vectors.flip(1).T)


def _turned(axes: Tensor) -> Tensor:
    """An axis has two ends: the one whose largest entry is positive."""
    largest = axes.gather(1, axes.abs().argmax(1, keepdim=True))
    return torch.where(largest < 0, -axes, axes)


def _shares(values: Tensor, k: int) -> Tensor:
    return (values[:k] / values.sum().clamp_min(1e-24)).float()


def _enough(k: int, there: int, latent: Latent) -> None:
    if k > there:
        raise UsageError(
            f"{latent.space} of {latent.game.name} has {there} directions, and not {k}"
        )

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

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ganvas.core import UsageError
from ganvas.tools.latent import Latent

DRAWN, FEATURES = 10_000, 2_000
"""Points of W for PCA; points of z whose features are taken."""
PLACES = 8
"""Points at which the Jacobian is taken."""
CHUNK = 250
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
        square, of = (yield from _mean_square(latent, first, seed)), f"the weights of {first.name}"
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


# -- what the first weights see ------------------------------------------------------------------


class _Stop(Exception):
    """What a layer put out; nothing behind it needs to be computed."""


class First:
    """The first layer that z meets: points (n, size) -> what it puts out, (n, features).

    Raises:
        UsageError: if no layer with weights sees z.
    """

    def __init__(self, latent: Latent) -> None:
        self.latent = latent
        names = {m: name for name, m in latent.game.named_modules() if _has_weights(m)}
        seen: list[tuple[nn.Module, Tensor]] = []
        handles = [m.register_forward_hook(lambda m, _, y: seen.append((m, y))) for m in names]
        try:
            latent.show(latent.draw(2, 0))
        finally:
            for handle in handles:
                handle.remove()
        for module, y in seen:
            if isinstance(y, Tensor) and len(y) == 2 and not torch.equal(y[0], y[1]):
                self.module, self.name = module, names[module].replace(".average.", ".")
                self.name = self.name.replace(".net.", ".")
                return
        raise UsageError(f"no layer of {latent.game.name} with weights sees its noise")

    def __call__(self, z: Tensor) -> Tensor:
        def stop(module: nn.Module, _: object, y: Tensor) -> None:
            raise _Stop(y)

        handle = self.module.register_forward_hook(stop)
        try:
            self.latent.show(z, batch=len(z))
        except _Stop as stopped:
            y: Tensor = stopped.args[0]
            return y.flatten(1)
        finally:
            handle.remove()
        raise AssertionError("the first layer was not met again")


def _has_weights(module: nn.Module) -> bool:
    """Whether a module maps features by a matrix of its own."""
    own = [p for p in module.parameters(recurse=False) if p.ndim > 1]
    return bool(own) and not isinstance(module, nn.Embedding)


def _mean_square(
    latent: Latent, first: Callable[[Tensor], Tensor], seed: int
) -> Generator[float, None, Tensor]:
    """E[JᵀJ], J = ∂first/∂z at drawn points: (d, d)."""
    z = latent.draw(PLACES, seed)
    d = z.shape[1]
    square = torch.zeros(d, d, dtype=torch.float64)  # on the CPU: not all others have float64
    for i, point in enumerate(z):
        yield i / len(z)
        parts = torch.eye(d, device=z.device).split(CHUNK)
        rows = [_forward(first, point.repeat(len(v), 1), v) for v in parts]
        J = torch.cat(rows).cpu().double()
        square += J @ J.T / len(z)  # row i of J here is ∂first/∂z_i
    return square


@torch.enable_grad()
def _forward(first: Callable[[Tensor], Tensor], z: Tensor, v: Tensor) -> Tensor:
    """J v for each row, as the derivative of Jᵀu by u: (n, d), (n, d) -> (n, features)."""
    y = first(z.requires_grad_())
    u = torch.zeros_like(y, requires_grad=True)
    (back,) = torch.autograd.grad(y, z, u, create_graph=True)
    return torch.autograd.grad(back, u, v)[0]


def affines(latent: Latent, styles: Sequence[int] | None = None) -> list[Tensor]:
    """The matrices that styles are multiplied with, for each affine map: (features, width).

    They are found by looking: a module that is given the style of one layer alone, and puts out a
    vector for each picture.

    Raises:
        UsageError: if there is none.
    """
    wide = latent.into("w+")
    layers, width = wide.shape
    w = torch.randn(2, layers, width, generator=torch.Generator().manual_seed(0))
    w = w.to(latent.game.device)
    met: list[nn.Module] = []
    chosen = range(layers) if styles is None else styles

    def look(module: nn.Module, given: tuple[object, ...], y: object) -> None:
        alone = len(given) == 1 and isinstance(given[0], Tensor) and isinstance(y, Tensor)
        if not alone or y.ndim != 2 or any(inner in met for inner in module.modules()):  # type: ignore[attr-defined]
            return
        if any(torch.equal(given[0], w[:, i]) for i in chosen):  # type: ignore[arg-type]
            met.append(module)

    handles = [m.register_forward_hook(look) for m in latent.game.modules()]
    try:
        wide.show(w)
    finally:
        for handle in handles:
            handle.remove()
    if not met:
        raise UsageError(f"{latent.game.name} has no affine maps of styles that could be found")
    with torch.no_grad():
        unit, zero = torch.eye(width, device=w.device), torch.zeros(1, width, device=w.device)
        return [(module(unit) - module(zero)).T for module in met]

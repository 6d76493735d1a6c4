"""The first weights that a point of a latent space meets, and what they make of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

import torch
from torch import Tensor, nn

from ganvas.core import UsageError
from ganvas.tools.latent import Latent

PLACES = 8
"""Points at which the Jacobian is taken."""
CHUNK = 250
"""Points, or directions, that go through them at a time."""


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


def mean_square(
    latent: Latent, first: Callable[[Tensor], Tensor], seed: int
) -> Generator[float, None, Tensor]:
    """E[JᵀJ], J = ∂first/∂z at drawn points: (d, d); yields how much is done, from 0 to 1."""
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

"""What keeps a discriminator smooth.

The gradient penalties differentiate the scores with respect to the input and keep the graph, so
that the penalty itself can be descended (double backward).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn


def gradient_penalty(
    critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, at: Tensor
) -> Tensor:
    """(||∇f(x̂)||₂ - 1)² with x̂ = ε x + (1 - ε) G(z) (Gulrajani et al. 2017, algorithm 1).

    Args:
        critic: gives a score for each of a batch.
        real, fake: batches of the same shape (n, ...).
        at: ε, uniform in [0, 1): (n,).
    """
    at = at.view(-1, *[1] * (real.dim() - 1))
    x = real.detach().lerp(fake.detach().to(real.dtype), 1 - at).requires_grad_()
    (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()


def r1(scores: Tensor, real: Tensor) -> Tensor:
    """||∇D(x)||² / 2 at real x; multiply by γ (Mescheder et al. 2018, arXiv:1801.04406, eq. 9).

    Args:
        scores: D(x), computed from a `real` that required its gradient: (n,).
        real: x, (n, ...).
    """
    (gradient,) = torch.autograd.grad(scores.sum(), real, create_graph=True)
    return gradient.flatten(1).square().sum(1).mean() / 2


@torch.no_grad()
def clip_weights(net: nn.Module, limit: float) -> None:
    """Clamps every parameter to [-limit, limit] (Arjovsky et al. 2017, algorithm 1, line 7)."""
    for p in net.parameters():
        p.clamp_(-limit, limit)

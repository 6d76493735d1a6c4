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
    return away_from_slope_1(critic, real.detach().lerp(fake.detach().to(real.dtype), 1 - at))


def dragan_penalty(
    critic: Callable[[Tensor], Tensor], real: Tensor, noise: Tensor, strength: float = 0.5
) -> Tensor:
    """(||∇f(x + δ)||₂ - 1)² near real x (Kodali et al. 2017, arXiv:1705.07215, section 2.3).

    Args:
        critic: gives a score for each of a batch.
        real: x, (n, ...).
        noise: uniform in [0, 1), of the same shape; δ is so much of the data's spread, as in the
            authors' code: strength · std(x) · noise.
    """
    return away_from_slope_1(critic, real.detach() + strength * real.std().detach() * noise)


def away_from_slope_1(critic: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The mean of (||∇f(x)||₂ - 1)² over x (n, ...)."""
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()


def zero_centred(scores: Tensor, x: Tensor) -> Tensor:
    """||∇D(x)||² / 2; multiply by γ (Mescheder et al. 2018, arXiv:1801.04406, eq. 9).

    At real x this is R1, at generated x it is R2.

    Args:
        scores: D(x), computed from an x that required its gradient: (n,).
        x: (n, ...).
    """
    (gradient,) = torch.autograd.grad(scores.sum(), x, create_graph=True)
    return gradient.flatten(1).square().sum(1).mean() / 2


def orthogonal(net: nn.Module) -> Tensor:
    """||W Wᵀ ∘ (1 - I)||²_F over all weight matrices (Brock et al. 2019, arXiv:1809.11096, eq. 3).

    Kernels are matrices (outputs, rest); multiply by β, 1e-4 in the paper. Embeddings are left out:
    their rows are looked up, and nothing is multiplied by them.
    """
    tables = [module for module in net.modules() if isinstance(module, nn.Embedding)]
    exempt = {id(weight) for table in tables for weight in table.parameters()}
    total = torch.zeros((), device=next(net.parameters()).device)
    for weight in net.parameters():
        if weight.dim() >= 2 and id(weight) not in exempt:
            total = total + _off_diagonal(weight.flatten(1))
    return total


def _off_diagonal(w: Tensor) -> Tensor:
    """||W Wᵀ ∘ (1 - I)||²_F by the smaller of W Wᵀ and Wᵀ W, whose norms are equal."""
    if len(w) <= w.shape[1]:
        gram = w @ w.T
        return (gram - gram.diag().diag()).square().sum()
    return (w.T @ w).square().sum() - w.square().sum(1).square().sum()


@torch.no_grad()
def clip_weights(net: nn.Module, limit: float) -> None:
    """Clamps every parameter to [-limit, limit] (Arjovsky et al. 2017, algorithm 1, line 7)."""
    for p in net.parameters():
        p.clamp_(-limit, limit)

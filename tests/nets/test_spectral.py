"""Spectral norm: the power iteration, its derivative, its state."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from ganvas.nets.spectral import SHOWN, SpectralNorm, spectral_norm

LAYERS: dict[str, Any] = {
    "linear": lambda: nn.Linear(7, 5),
    "convolution": lambda: nn.Conv2d(3, 6, 3),
    "transposed": lambda: nn.ConvTranspose2d(3, 6, 4),
    "embedding": lambda: nn.Embedding(4, 8),
}


def normed(kind: str, seed: int = 0) -> Any:
    torch.manual_seed(seed)
    layer = LAYERS[kind]().double()
    layer.weight.data *= 3
    spectral_norm(layer)
    return layer


def largest(weight: Tensor, kind: str) -> float:
    matrix = weight.detach().transpose(0, 1) if kind == "transposed" else weight.detach()
    return torch.linalg.svdvals(matrix.flatten(1))[0].item()


@pytest.mark.parametrize("kind", LAYERS)
def test_the_power_iteration_finds_the_largest_singular_value(kind: str) -> None:
    layer = normed(kind)
    original = layer.parametrizations.weight.original
    for _ in range(200):
        weight = layer.weight
    torch.testing.assert_close(weight, original / largest(original, kind))
    assert largest(weight, kind) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("kind", LAYERS)
def test_it_follows_weights_that_change(kind: str) -> None:
    layer = normed(kind)
    original = layer.parametrizations.weight.original
    off = []
    for step in range(200):
        noise = torch.randn(original.shape, generator=torch.Generator().manual_seed(step))
        original.data += 0.01 * noise
        off.append(abs(largest(layer.weight, kind) - 1))
    assert max(off[20:]) < 0.1


def direct(weight: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """W / σ(W), element by element."""
    sigma = sum(u[i] * weight[i, j] * v[j] for i in range(len(u)) for j in range(len(v)))
    return weight / sigma


def test_its_derivative_holds_u_and_v() -> None:
    """Also equation 12: (∂L/∂W̄ - <∂L/∂W̄, W̄> u vᵀ) / σ."""
    torch.manual_seed(0)
    weight = torch.randn(4, 3).double().requires_grad_()
    norm = SpectralNorm(weight).double().eval()
    u, v = norm._iterated(weight, SHOWN)
    torch.testing.assert_close(norm(weight), direct(weight, u, v))
    outer = torch.randn(4, 3).double()
    ours, slow = (
        torch.autograd.grad((f.square() * outer).sum(), weight)[0]
        for f in (norm(weight), direct(weight, u, v))
    )
    torch.testing.assert_close(ours, slow)
    bar, sigma = norm(weight).detach(), u @ weight.detach() @ v
    slope = 2 * bar * outer
    torch.testing.assert_close(ours, (slope - (slope * bar).sum() * torch.outer(u, v)) / sigma)


def test_derivatives_with_the_singular_vectors_at_rest() -> None:
    """Where u is a singular vector, holding u and v is the whole derivative of W / σ(W)."""
    torch.manual_seed(0)
    weight = torch.randn(4, 3).double().requires_grad_()
    norm = SpectralNorm(weight).double()
    for _ in range(500):
        norm(weight)
    norm.eval()
    (ours,) = torch.autograd.grad((norm(weight) ** 3).sum(), weight)
    exact = weight / torch.linalg.svdvals(weight)[0]
    (whole,) = torch.autograd.grad((exact**3).sum(), weight)
    torch.testing.assert_close(ours, whole)

    u, v = norm._iterated(weight.detach(), SHOWN)

    class Held(SpectralNorm):
        def _iterated(self, matrix: Tensor, steps: int) -> tuple[Tensor, Tensor]:
            return u, v

    held = Held(weight).double().eval()
    assert torch.autograd.gradcheck(held, weight)
    assert torch.autograd.gradgradcheck(held, weight)


def test_evaluation_does_not_move_u_and_training_does() -> None:
    layer = normed("convolution").double()
    layer.parametrizations.weight.original.data.normal_()
    state = copy.deepcopy(layer.state_dict())
    layer.eval()
    first, second = layer.weight, layer.weight
    assert torch.equal(first, second)
    assert all(torch.equal(state[name], now) for name, now in layer.state_dict().items())
    layer.train()
    _ = layer.weight
    moved = [name for name, now in layer.state_dict().items() if not torch.equal(state[name], now)]
    assert moved == ["parametrizations.weight.0.u"]


def test_a_layer_used_twice_before_the_gradient_keeps_both_products() -> None:
    layer = normed("linear")
    layer.parametrizations.weight.original.data.normal_()
    x = torch.randn(2, 7).double()
    first = layer(x).square().sum()
    (alone,) = torch.autograd.grad(first, layer.parametrizations.weight.original, retain_graph=True)
    _ = layer(x)
    (after,) = torch.autograd.grad(first, layer.parametrizations.weight.original)
    assert torch.equal(alone, after)


def test_the_mean_of_two_weights_is_normed_by_its_own_value() -> None:
    """What a moving average does: weights and buffers are averaged, number by number."""
    one, other = normed("linear", 0), normed("linear", 1)
    for layer in (one, other):
        for _ in range(100):
            _ = layer.weight
    mean = copy.deepcopy(one).eval()
    for mine, theirs in zip(
        [*mean.parameters(), *mean.buffers()], [*other.parameters(), *other.buffers()], strict=True
    ):
        mine.data.lerp_(theirs.data, 0.5)
    assert largest(mean.weight, "linear") == pytest.approx(1, abs=0.15)
    u = mean.parametrizations.weight[0].u
    assert u.norm() < 0.95
    assert normalize(u, dim=0).norm() == pytest.approx(1)


def test_a_size_costs_no_time_where_nothing_is_computed() -> None:
    layer = nn.Linear(3, 4, device="meta")
    spectral_norm(layer)
    assert layer.parametrizations.weight.original.shape == (4, 3)

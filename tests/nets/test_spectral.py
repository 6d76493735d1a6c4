"""Weights of spectral norm 1."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from ganvas.core import Adam, Player
from ganvas.nets.spectral import SpectralNorm, spectral_norm

LAYERS = [
    lambda: nn.Linear(5, 8),
    lambda: nn.Conv2d(3, 6, 3),
    lambda: nn.ConvTranspose2d(3, 6, 4, 2, 1),
    lambda: nn.Embedding(7, 4),
]


def norm_of(layer: nn.Module) -> float:
    weight = layer.weight
    assert isinstance(weight, Tensor)
    if isinstance(layer, nn.ConvTranspose2d):
        weight = weight.transpose(0, 1)
    return float(torch.linalg.matrix_norm(weight.detach().flatten(1), 2))


@pytest.mark.parametrize("make", LAYERS)
def test_the_largest_singular_value_is_1(make) -> None:
    torch.manual_seed(0)
    layer = make()
    spectral_norm(layer)
    with torch.no_grad():
        layer.parametrizations.weight.original.mul_(7)
        for _ in range(60):
            _ = layer.weight
    assert norm_of(layer) == pytest.approx(1, abs=1e-3)
    assert norm_of(layer.eval()) == pytest.approx(1, abs=1e-3)


def test_singular_vectors_count_as_constants() -> None:
    """d(W/σ): (G - <G, W/σ> u vᵀ) / σ for a slope G by W/σ (equation 12 of the paper)."""
    torch.manual_seed(0)
    weight = torch.randn(4, 6, dtype=torch.float64, requires_grad=True)
    norm = SpectralNorm(weight).eval()
    for _ in range(200):
        norm.u.copy_(norm._iterated(weight.detach(), 1)[0])
    slope = torch.randn(4, 6, dtype=torch.float64)
    (norm(weight) * slope).sum().backward()
    U, S, V = torch.linalg.svd(weight.detach())
    first = torch.outer(U[:, 0], V[0])
    expected = (slope - (slope * weight.detach() / S[0]).sum() * first) / S[0]
    torch.testing.assert_close(weight.grad, expected)


def test_two_passes_may_share_a_step() -> None:
    """As of a critic that hears real and made samples one after the other."""
    layer = nn.Linear(3, 2)
    spectral_norm(layer)
    (layer(torch.ones(1, 3)) + layer(torch.zeros(1, 3))).sum().backward()
    assert layer.parametrizations.weight.original.grad is not None


def test_evaluation_leaves_the_state_as_it_is_and_training_follows() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(6, 5)
    spectral_norm(layer)
    nn.init.orthogonal_(layer.parametrizations.weight.original)
    with torch.no_grad():
        layer.parametrizations.weight.original[0].mul_(3)
    before = {name: value.clone() for name, value in layer.state_dict().items()}
    layer.eval()(torch.ones(1, 6))
    assert all(torch.equal(value, before[name]) for name, value in layer.state_dict().items())
    layer.train()(torch.ones(1, 6))
    assert not torch.equal(
        layer.parametrizations.weight[0].u, before["parametrizations.weight.0.u"]
    )


def test_a_moving_average_has_spectral_norm_1_too() -> None:
    """Although its singular vectors are means of vectors that turn with each step."""
    torch.manual_seed(0)
    layer = nn.Linear(16, 16)
    spectral_norm(layer)
    player = Player(layer, Adam(), ema=0.9)
    for _ in range(60):
        with torch.no_grad():
            layer.parametrizations.weight.original.copy_(torch.randn(16, 16))
        layer(torch.ones(1, 16))
        player.stepped()
    assert player.average is not None
    assert float(player.average.parametrizations.weight[0].u.norm()) < 0.7
    assert norm_of(player.average.eval()) == pytest.approx(1, abs=0.1)


def test_a_size_costs_no_time_where_nothing_is_computed() -> None:
    layer = nn.Linear(3, 4, device="meta")
    spectral_norm(layer)
    assert layer.parametrizations.weight.original.shape == (4, 3)

from __future__ import annotations

import math

import pytest
import torch
from torch.nn.functional import leaky_relu

from ganvas.core import UsageError
from ganvas.nets.equalised import Dense, is_equalised, pixel_norm
from ganvas.nets.style import RATE, AdaIN, Mapping, NoiseInput, feature_maps, mixed, noise_sizes


def test_a_dense_layer_with_another_rate_computes_the_same() -> None:
    """A hundredth of the rate: weights a hundred times as large, and used a hundred times less."""
    torch.manual_seed(0)
    x, slow = torch.randn(9, 32), Dense(32, 16, rate=RATE, start=1.0)
    assert slow.weight.std().item() == pytest.approx(100, rel=0.1)
    weight = slow.weight * RATE * math.sqrt(2 / 32)
    torch.testing.assert_close(slow(x), x @ weight.T + torch.ones(16))
    # A step of Adam changes each weight by the learning rate, and what is used by 1/100 of it.
    before = slow(x)
    slow.weight.data += 1e-2
    change = (x.sum(1, keepdim=True) * 1e-4 * math.sqrt(2 / 32)).expand(9, 16)
    torch.testing.assert_close(slow(x) - before, change, rtol=0.01, atol=1e-5)
    assert Dense(32, 4, start=None).bias is None
    assert is_equalised(slow)
    assert not is_equalised(torch.nn.Linear(2, 2))


def test_the_mapping_network() -> None:
    torch.manual_seed(0)
    net, z = Mapping(6, 4, depth=3), torch.randn(5, 6)
    w = pixel_norm(z)
    for layer in net.layers:
        w = leaky_relu(layer(w), 0.2)
    assert len(net.layers) == 3
    torch.testing.assert_close(net(z), w)
    torch.testing.assert_close(net(3 * z), w)


def test_a_class_is_told_to_the_mapping_network_at_the_length_of_z() -> None:
    torch.manual_seed(0)
    net, z = Mapping(6, 4, depth=2, classes=3), torch.randn(5, 6)
    one, other = torch.zeros(5, dtype=torch.long), torch.full((5,), 2)
    assert not torch.allclose(net(z, one), net(z, other))
    before = net(z, one)
    net.embed.weight.data *= 10
    torch.testing.assert_close(net(z, one), before)


def test_adain_is_equation_1() -> None:
    torch.manual_seed(0)
    layer, x, w = AdaIN(3, 4), 5 + 2 * torch.randn(2, 3, 6, 5), torch.randn(2, 4)
    y = layer(x, w)
    for i in range(2):
        for j in range(3):
            map_, scale, shift = x[i, j], layer.scale(w)[i, j], layer.shift(w)[i, j]
            normal = (map_ - map_.mean()) / map_.std(correction=0)
            torch.testing.assert_close(y[i, j], scale * normal + shift, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(layer(7 * x - 3, w), y, rtol=1e-3, atol=1e-3)
    silent = layer(x, torch.zeros(2, 4))
    torch.testing.assert_close(silent.std((2, 3), correction=0), torch.ones(2, 3))


@pytest.mark.parametrize("strengths", [1, 3])
def test_noise_is_silent_at_first(strengths: int) -> None:
    layer, x, noise = NoiseInput(strengths), torch.randn(2, 3, 4, 4), torch.randn(2, 1, 4, 4)
    assert torch.equal(layer(x, noise), x)
    layer.strength.data = torch.arange(1.0, strengths + 1)
    expected = x + layer.strength.expand(3).view(3, 1, 1) * noise
    torch.testing.assert_close(layer(x, noise), expected)


def test_styles_are_mixed_at_each_sample_s_own_layer() -> None:
    w, other = torch.zeros(3, 2), torch.ones(3, 2)
    found = mixed(w, other, torch.tensor([1, 4, 3]), 4)
    assert found[:, :, 0].tolist() == [[0, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 1]]
    assert torch.equal(found[..., 0], found[..., 1])


def test_feature_maps_and_noise_maps_of_each_level() -> None:
    official = feature_maps("stylegan2", 32768, 512, 9)
    assert official == [512, 512, 512, 512, 512, 256, 128, 64, 32]
    with pytest.raises(UsageError, match=r"game --base 15 leaves no .* take 16"):
        feature_maps("game", 15, 512, 3)
    assert feature_maps("game", 16, 512, 3) == [4, 2, 1]
    assert noise_sizes((6, 4), 2) == [(6, 4), (6, 4), (12, 8), (12, 8)]

from __future__ import annotations

import math

import pytest
import torch

from ganvas.nets.equalised import Conv, MinibatchDeviation, Unfold, pixel_norm


def test_weights_are_standard_and_scaled_when_used() -> None:
    torch.manual_seed(0)
    conv, x = Conv(16, 32, 3, padding=1), torch.randn(64, 16, 8, 8)
    assert conv.weight.std().item() == pytest.approx(1, abs=0.05)
    weight = conv.weight * math.sqrt(2 / (16 * 9))
    torch.testing.assert_close(conv(x), torch.conv2d(x, weight, conv.bias, padding=1))
    assert conv(x)[..., 1:-1, 1:-1].std().item() == pytest.approx(math.sqrt(2), rel=0.1)
    assert Conv(16, 1, 1, gain=1)(x).std().item() == pytest.approx(1, rel=0.5)


def test_unfold_is_a_linear_map_to_4x4_with_a_bias_for_each_feature() -> None:
    torch.manual_seed(0)
    unfold, z = Unfold(8, 3), torch.randn(5, 8)
    unfold.bias.data.normal_()
    expected = torch.einsum("ni,iohw->nohw", z, unfold.weight) * math.sqrt(2 / (8 * 16))
    made = unfold(z[:, :, None, None])
    torch.testing.assert_close(made, expected + unfold.bias[:, None, None])
    assert unfold.bias.numel() == 3


def test_pixel_norm() -> None:
    x = pixel_norm(7 * torch.randn(2, 5, 3, 3))
    torch.testing.assert_close(x.square().mean(1), torch.ones(2, 3, 3))
    assert pixel_norm(torch.zeros(1, 4)).isfinite().all()


def test_minibatch_deviation_is_that_of_groups_of_four() -> None:
    x = torch.randn(8, 3, 4, 4)
    y = MinibatchDeviation()(x)
    assert torch.equal(y[:, :3], x)
    for group in (0, 1):  # samples 0 2 4 6 and 1 3 5 7, as officially
        mean = x[group::2].std(0, correction=0).mean()
        torch.testing.assert_close(y[group::2, 3], mean.expand(4, 4, 4))


@pytest.mark.parametrize("n", [1, 2, 3, 6, 7])
def test_minibatch_deviation_of_any_batch(n: int) -> None:
    y = MinibatchDeviation()(torch.ones(n, 2, 4, 4))
    assert y.shape == (n, 3, 4, 4)
    torch.testing.assert_close(y[:, 2], torch.full((n, 4, 4), 1e-4))

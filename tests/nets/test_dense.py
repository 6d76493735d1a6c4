from __future__ import annotations

import pytest
import torch

from ganvas.nets.dense import MLP, Maxout


def test_maxout_is_the_largest_of_its_pieces() -> None:
    layer = Maxout(3, units=4, pieces=5)
    x = torch.randn(7, 3)
    weight, bias = layer.linear.weight.view(4, 5, 3), layer.linear.bias.view(4, 5)
    by_hand = torch.stack([(x @ weight[:, p].T + bias[:, p]) for p in range(5)]).amax(0)
    torch.testing.assert_close(layer(x), by_hand)
    assert layer(x).shape == (7, 4)


def test_maxout_can_be_an_absolute_value() -> None:
    layer = Maxout(1, units=1, pieces=2)
    with torch.no_grad():
        layer.linear.weight.copy_(torch.tensor([[1.0], [-1.0]]))
        layer.linear.bias.zero_()
    x = torch.linspace(-2, 2, 9)[:, None]
    assert torch.equal(layer(x), x.abs())


@pytest.mark.parametrize("shape", [(), (2,), (3, 4, 5)])
def test_an_mlp_makes_any_shape(shape: tuple[int, ...]) -> None:
    made = MLP((2, 3), shape, (8, 8))(torch.randn(6, 2, 3))
    assert made.shape == (6, *shape)


def test_an_mlp_is_squashed_only_if_asked() -> None:
    x = 1e3 * torch.randn(20, 4)
    assert MLP((4,), (5,), (8,), squash=True)(x).abs().max() <= 1
    assert MLP((4,), (5,), (8,))(x).abs().max() > 1

from __future__ import annotations

import pytest
import torch
from torch import nn

from ganvas.nets.multiscale import MultiscaleDiscriminator, reduced, scores_of
from ganvas.nets.translation import PatchDiscriminator, Translator


def test_each_scale_sees_half_of_the_one_before() -> None:
    net, x = MultiscaleDiscriminator(4, 2, 2, scales=3), torch.rand(3, 4, 16, 32)
    said = net(x)
    for of, layers in zip(net.scales, said, strict=True):
        torch.testing.assert_close(layers[-1], of(x))
        assert [len(maps) for maps in layers] == [3] * 4
        x = reduced(x)
    assert [tuple(layers[-1].shape[2:]) for layers in said] == [(7, 11), (5, 7), (4, 5)]
    half = net(reduced(torch.ones(3, 4, 16, 32)), finest=1)
    assert len(half) == 2
    torch.testing.assert_close(half[0][-1], net.scales[1](torch.ones(3, 4, 8, 16)))


def test_reduced_is_the_mean_around_every_second_pixel_and_counts_no_border() -> None:
    x = torch.arange(16.0).view(1, 1, 4, 4)
    expected = torch.tensor([[(0 + 1 + 4 + 5) / 4, (1 + 2 + 3 + 5 + 6 + 7) / 6], [8.5, 10.0]])
    torch.testing.assert_close(reduced(x)[0, 0], expected)


def test_what_layers_say_is_after_their_activation() -> None:
    net = PatchDiscriminator(3, 2, layers=3, padding=2)
    x = torch.randn(2, 3, 16, 16)
    heard = net.heard(x)
    torch.testing.assert_close(heard[-1], net(x))
    torch.testing.assert_close(heard[0], nn.functional.leaky_relu(net.layers[0](x), 0.2))
    assert [maps.shape[1] for maps in heard] == [2, 4, 8, 16, 1]


def test_spectral_norm_between_the_ends() -> None:
    torch.manual_seed(0)
    net = MultiscaleDiscriminator(3, 4, 2, scales=2, spectral=True)
    for each in net.scales:
        convs = [layer for layer in each.layers if isinstance(layer, nn.Conv2d)]
        norms = [torch.linalg.matrix_norm(conv.weight.flatten(1), 2) for conv in convs]
        torch.testing.assert_close(torch.stack(norms[1:-1]), torch.ones(2), atol=0.05, rtol=0)
        assert max(norms[0], norms[-1]) < 0.9


def test_scores_of_rows() -> None:
    said = [[torch.rand(3, 1, 4, 4)], [torch.rand(3, 1, 2, 2)]]
    expected = (said[0][0].mean((1, 2, 3)) + said[1][0].mean((1, 2, 3))) / 2
    torch.testing.assert_close(scores_of(said), expected)


def test_a_translator_of_other_depth_and_what_joins_it() -> None:
    net, x = Translator(1, 3, 2, 1, halvings=3), torch.rand(2, 1, 16, 24)
    assert net(x).shape == (2, 3, 16, 24)
    features = net(x, features=True)
    assert features.shape == (2, 2, 16, 24)
    torch.testing.assert_close(net.layers[-3:](features), net(x))
    torch.testing.assert_close(net(x, torch.zeros(2, 16, 2, 3)), net(x))
    assert not torch.allclose(net(x, torch.rand(2, 16, 2, 3)), net(x))


@pytest.mark.parametrize("resized", [True, False])
def test_repeated_pixels_leave_no_checkerboard(resized: bool) -> None:
    """What is the same all over stays so; transposed convolutions draw a pattern upon it."""
    torch.manual_seed(0)
    net = Translator(1, 1, 4, 1, halvings=1, normed=False, resized=resized)
    doubling = net.layers[net.down + 1]
    flat = doubling(torch.full((1, 8, 8, 12), 0.5))
    assert flat.shape == (1, 4, 16, 24)
    assert (flat.std((2, 3)).max() < 1e-6) == resized

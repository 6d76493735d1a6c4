"""Against slow formulations that follow the paper to the letter, in float64."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck
from torch.nn.functional import conv2d, pad

from ganvas.nets.equalised import Conv
from ganvas.nets.growing import down as boxes
from ganvas.nets.growing import up as squares
from ganvas.nets.modulated import ModulatedConv, modulated_conv
from ganvas.nets.resample import TAPS, down, up
from ganvas.nets.strided import ConvDown, ConvUp, conv_down, conv_up


def normal(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed + sum(shape))
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def one_by_one(x: Tensor, weight: Tensor, style: Tensor, demodulate: bool) -> Tensor:
    """Equations 1 and 3: each sample has weights of its own."""
    made = []
    for picture, s in zip(x, style, strict=True):
        own = weight.clone()
        for i, scale in enumerate(s):
            own[:, i] *= scale
        if demodulate:
            for kernel in own:
                kernel /= math.sqrt(sum(float(v) ** 2 for v in kernel.flatten()) + 1e-8)
        made.append(conv2d(picture[None], own, padding=weight.shape[2] // 2))
    return torch.cat(made)


def grouped(x: Tensor, weight: Tensor, style: Tensor) -> Tensor:
    """The form in which the samples become groups of one convolution."""
    n, before, h, w = x.shape
    own = weight[None] * style[:, None, :, None, None]
    own = own * (own.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()
    x = x.reshape(1, n * before, h, w)
    return conv2d(x, own.flatten(0, 1), padding=1, groups=n).view(n, -1, h, w)


@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize("demodulate", [True, False])
def test_it_equals_weights_of_each_sample_s_own(kernel: int, demodulate: bool) -> None:
    x, weight, style = normal(3, 4, 5, 6), normal(2, 4, kernel, kernel), normal(3, 4)
    found = modulated_conv(x, weight, style, demodulate)
    torch.testing.assert_close(found, one_by_one(x, weight, style, demodulate))


def test_it_equals_the_grouped_form() -> None:
    x, weight, style = normal(3, 4, 5, 6), normal(2, 4, 3, 3), normal(3, 4)
    torch.testing.assert_close(modulated_conv(x, weight, style), grouped(x, weight, style))
    up_first = pad(up(pad(x, (2, 2, 2, 2))), (-4, -4, -4, -4))  # no border cuts anything off
    found = modulated_conv(x, weight, style, up=True)[:, :, 1:-1, 1:-1]
    torch.testing.assert_close(found, grouped(up_first, weight, style)[:, :, 1:-1, 1:-1])


@pytest.mark.parametrize("up", [False, True])
@pytest.mark.parametrize("demodulate", [True, False])
def test_its_first_and_second_derivatives(up: bool, demodulate: bool) -> None:
    inputs = (normal(2, 2, 3, 2), normal(2, 2, 3, 3), normal(2, 2))
    for tensor in inputs:
        tensor.requires_grad_()

    def made(*tensors: Tensor) -> Tensor:
        return modulated_conv(*tensors, demodulate, up=up)

    assert gradcheck(made, inputs)
    assert gradgradcheck(made, inputs)


def test_demodulated_maps_have_variance_one_whatever_the_style() -> None:
    x, weight = normal(8, 16, 32, 32), normal(32, 16, 3, 3)
    y = modulated_conv(x, weight, normal(8, 16).exp())[:, :, 1:-1, 1:-1]
    torch.testing.assert_close(
        y.std((2, 3)).mean(), torch.ones((), dtype=y.dtype), atol=0.03, rtol=0
    )
    twice = modulated_conv(x, weight, 2 * normal(8, 16).exp())[:, :, 1:-1, 1:-1]
    torch.testing.assert_close(twice, y)


def test_a_style_is_an_affine_map_that_begins_around_one() -> None:
    torch.manual_seed(0)
    conv, x, w = ModulatedConv(8, 4, 3, width=5), torch.randn(2, 8, 4, 4), torch.randn(2, 5)
    torch.testing.assert_close(conv.style(torch.zeros(1, 5)), torch.ones(1, 8))
    torch.testing.assert_close(
        conv(x, w), modulated_conv(x, conv.weight / math.sqrt(8 * 9), conv.style(w))
    )
    conv.bias.data += 1
    assert not torch.allclose(conv(x, w), conv(x, torch.randn(2, 5)))
    assert ModulatedConv(8, 4, 3, width=5, up=True)(x, w).shape == (2, 4, 8, 8)


def conv_of_all(x: Tensor, weight: Tensor) -> Tensor:
    """With two more pixels on each side, as if x went on with zeros."""
    return conv2d(pad(x, (3, 3, 3, 3)), weight)


def test_convolutions_that_halve_and_double_are_resampling_and_convolution() -> None:
    x, weight = normal(2, 3, 6, 8), normal(4, 3, 3, 3)
    wide = conv_of_all(x, weight)  # 2 pixels beyond x on each side
    torch.testing.assert_close(conv_down(x, weight), down(wide)[:, :, 1:-1, 1:-1])
    wide = conv2d(up(pad(x, (2, 2, 2, 2))), weight, padding=1)
    torch.testing.assert_close(conv_up(x, weight), wide[:, :, 4:-4, 4:-4])


def test_the_blur_of_stylegan_around_squares_and_boxes_is_the_same_filter() -> None:
    """[1, 2, 1] after each upsampling and before each downsampling (2019, appendix C)."""
    x, line = normal(2, 3, 8, 8), torch.tensor([1.0, 2.0, 1.0], dtype=torch.float64) / 4
    blur = torch.outer(line, line).expand(3, 1, 3, 3)
    torch.testing.assert_close(up(x, TAPS), conv2d(squares(x), blur, padding=1, groups=3))
    torch.testing.assert_close(down(x, TAPS), boxes(conv2d(x, blur, padding=1, groups=3)))


def test_layers_that_halve_and_double_are_equalised() -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 6, 4, 4)
    for layer, shape in ((ConvUp(6, 5), (2, 5, 8, 8)), (ConvDown(6, 5), (2, 5, 2, 2))):
        assert isinstance(layer, Conv)
        assert layer(x).shape == shape
        assert layer.scale == pytest.approx(math.sqrt(2 / (6 * 9)))
    halving = ConvDown(6, 5)
    before = halving(x)
    halving.bias.data += 1
    torch.testing.assert_close(halving(x), before + 1)

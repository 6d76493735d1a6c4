from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck

from ganvas.core import UsageError
from ganvas.nets import resample
from ganvas.nets.resample import blurred, down, kernel, up

WAYS = [resample.MATRIX, 0]
"""By matrices, and by convolutions."""
TAPS = [(1, 3, 3, 1), (1, 2, 1), (1.0, 1.0), (1, 4, 6, 4, 1), (1, 2, 5, 3, 2, 1)]


@pytest.fixture(params=WAYS, ids=["matrices", "convolutions"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resample, "MATRIX", request.param)


def picture(*shape: int, grad: bool = False) -> Tensor:
    torch.manual_seed(0)
    return torch.randn(*shape, dtype=torch.float64, requires_grad=grad)


def slow_down(x: Tensor, taps: tuple[float, ...], factor: int) -> Tensor:
    """The definition, pixel by pixel: y[i] = Σ_j k[j] x[factor·i + j - first]."""
    n, c, h, w = x.shape
    first, k = (len(taps) - factor + 1) // 2, torch.tensor(taps, dtype=x.dtype)
    k = torch.outer(k, k) / k.sum() ** 2
    y = x.new_zeros(n, c, h // factor, w // factor)
    for i in range(h // factor):
        for j in range(w // factor):
            for a in range(len(taps)):
                for b in range(len(taps)):
                    row, column = factor * i + a - first, factor * j + b - first
                    if 0 <= row < h and 0 <= column < w:
                        y[:, :, i, j] += k[a, b] * x[:, :, row, column]
    return y


def slow_up(y: Tensor, taps: tuple[float, ...], factor: int) -> Tensor:
    """Each pixel leaves factor² k around its place."""
    n, c, h, w = y.shape
    first, k = (len(taps) - factor + 1) // 2, torch.tensor(taps, dtype=y.dtype)
    k = factor**2 * torch.outer(k, k) / k.sum() ** 2
    x = y.new_zeros(n, c, factor * h, factor * w)
    for i in range(h):
        for j in range(w):
            for a in range(len(taps)):
                for b in range(len(taps)):
                    row, column = factor * i + a - first, factor * j + b - first
                    if 0 <= row < factor * h and 0 <= column < factor * w:
                        x[:, :, row, column] += k[a, b] * y[:, :, i, j]
    return x


@pytest.mark.parametrize("taps", TAPS)
@pytest.mark.parametrize("factor", [1, 2, 3])
def test_it_is_what_its_definition_says(taps: tuple[float, ...], factor: int) -> None:
    x = picture(2, 3, 6, 12)
    assert down(x, taps, factor).shape == (2, 3, 6 // factor, 12 // factor)
    torch.testing.assert_close(down(x, taps, factor), slow_down(x, taps, factor))
    small = picture(2, 3, 2, 3)
    assert up(small, taps, factor).shape == (2, 3, 2 * factor, 3 * factor)
    torch.testing.assert_close(up(small, taps, factor), slow_up(small, taps, factor))
    if factor == 1:
        assert torch.equal(blurred(x, taps), down(x, taps, 1))


def test_one_pixel_and_odd_sizes_go_up() -> None:
    one = up(torch.ones(1, 1, 1, 1))
    torch.testing.assert_close(one, torch.full((1, 1, 2, 2), 9 / 16))
    assert up(torch.ones(1, 2, 3, 5)).shape == (1, 2, 6, 10)


@pytest.mark.parametrize("function", [down, up, blurred])
def test_derivatives(function: Callable[[Tensor], Tensor]) -> None:
    x = picture(1, 2, 4, 6, grad=True)
    assert gradcheck(function, x)
    assert gradgradcheck(function, x)

    def curved(x: Tensor) -> Tensor:
        return function(x).pow(3)

    assert gradgradcheck(curved, x)


@pytest.mark.parametrize("taps", TAPS)
def test_up_is_the_transpose_of_down_times_four(taps: tuple[float, ...]) -> None:
    x, y = picture(1, 2, 8, 10), torch.flip(picture(1, 2, 4, 5), (2,))
    torch.testing.assert_close(4 * (down(x, taps) * y).sum(), (x * up(y, taps)).sum())


def test_a_shift_by_one_small_pixel_is_a_shift_by_two_large_ones() -> None:
    y = picture(1, 1, 8, 8)
    moved = up(y.roll((1, -1), (2, 3)))
    away = (..., slice(6, -6), slice(6, -6))
    torch.testing.assert_close(moved[away], up(y).roll((2, -2), (2, 3))[away])
    x = picture(1, 1, 16, 16)
    away = (..., slice(3, -3), slice(3, -3))
    torch.testing.assert_close(
        down(x.roll((2, -2), (2, 3)))[away], down(x).roll((1, -1), (2, 3))[away]
    )


@pytest.mark.parametrize("function", [down, up, blurred])
def test_constants_stay_away_from_the_border(function: Callable[[Tensor], Tensor]) -> None:
    y = function(torch.full((1, 2, 8, 12), 0.7))
    inside = y[..., 2:-2, 2:-2]
    torch.testing.assert_close(inside, torch.full_like(inside, 0.7))
    assert y[0, 0, 0, 0] < 0.7


def test_nothing_is_moved() -> None:
    """A ramp stays a ramp: the centre of a small pixel is that of its four large ones."""
    ramp = torch.arange(16.0).expand(1, 1, 16, 16)
    small = down(ramp)[0, 0, 4, 2:-2]
    torch.testing.assert_close(small, torch.arange(8.0)[2:-2] * 2 + 0.5)
    large = up(torch.arange(8.0).expand(1, 1, 8, 8))[0, 0, 8, 2:-2]
    torch.testing.assert_close(large, (torch.arange(16.0)[2:-2] - 0.5) / 2)


def test_the_kernel() -> None:
    line = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    torch.testing.assert_close(kernel(), torch.outer(line, line))
    assert kernel((1, 1, 1)).sum() == pytest.approx(1)


def test_what_was_first_seen_in_inference_mode_can_be_learned_from() -> None:
    resample._kept.cache_clear()
    x = torch.randn(1, 1, 4, 4)
    with torch.inference_mode():
        down(x)
    x.requires_grad_()
    down(x).square().sum().backward()
    assert x.grad is not None


def test_it_can_be_compiled() -> None:
    def both(x: Tensor) -> Tensor:
        return down(up(x).relu())

    x = torch.randn(1, 2, 4, 4)
    torch.testing.assert_close(torch.compile(both, backend="eager")(x), both(x))


def test_sides_that_cannot_be_halved() -> None:
    with pytest.raises(UsageError, match="5x4 pixels cannot be divided by 2"):
        down(torch.ones(1, 1, 5, 4))

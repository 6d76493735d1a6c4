from __future__ import annotations

import pytest
import torch
from skimage.color import rgb2lab

from ganvas.nets.colour import MOST, from_lab, to_lab

COLOURS = torch.rand(2, 3, 8, 9, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_lab_is_that_of_scikit_image() -> None:
    expected = torch.from_numpy(rgb2lab((COLOURS.double().numpy() + 1) / 2, channel_axis=1))
    found = to_lab(COLOURS).double()
    torch.testing.assert_close((found[:, :1] + 1) * 50, expected[:, :1], atol=0.01, rtol=0)
    torch.testing.assert_close(found[:, 1:] * MOST, expected[:, 1:], atol=0.02, rtol=0)


def test_there_and_back() -> None:
    torch.testing.assert_close(from_lab(to_lab(COLOURS)), COLOURS, atol=1e-4, rtol=0)
    corners = torch.tensor([-1.0, 1.0])
    corners = torch.cartesian_prod(corners, corners, corners).T.reshape(1, 3, 2, 4)
    torch.testing.assert_close(from_lab(to_lab(corners)), corners, atol=1e-4, rtol=0)
    assert to_lab(corners).abs().max() <= 1.0001


def test_grey_and_alpha_are_left_alone() -> None:
    assert torch.equal(to_lab(COLOURS[:, :1]), COLOURS[:, :1])
    assert torch.equal(from_lab(COLOURS[:, :2]), COLOURS[:, :2])
    clear = torch.cat([COLOURS, COLOURS[:, :1]], 1)
    torch.testing.assert_close(to_lab(clear)[:, :3], to_lab(COLOURS))
    assert torch.equal(to_lab(clear)[:, 3], clear[:, 3])
    torch.testing.assert_close(from_lab(to_lab(clear)), clear, atol=1e-4, rtol=0)


@pytest.mark.parametrize("value", [-3.0, 3.0])
def test_what_no_screen_shows_becomes_what_it_can(value: float) -> None:
    shown = from_lab(torch.full((1, 3, 2, 2), value))
    assert shown.isfinite().all()
    assert shown.abs().max() <= 1

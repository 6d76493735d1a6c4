from __future__ import annotations

import torch

from ganvas.nets.squares import squares, within
from ganvas.nets.warp import bent


def test_squares_are_cut_where_they_begin() -> None:
    x = torch.rand(3, 2, 7, 9)
    corners = torch.tensor([[0, 0], [4, 6], [2, 3]])
    found = squares(x, corners, 3)
    for one, picture, (top, left) in zip(found, x, corners.tolist(), strict=True):
        assert torch.equal(one, picture[:, top : top + 3, left : left + 3])


def test_squares_lie_within() -> None:
    there = torch.zeros(400, 12, 20, dtype=torch.bool)
    there[:, 3:9, 8:15] = True
    draws = torch.rand(400, 2)
    corners = within(there, 4, draws)
    assert corners.amin(0).tolist() == [3, 8]
    assert corners.amax(0).tolist() == [5, 11]
    everywhere = within(torch.ones_like(there), 4, draws)
    assert everywhere.amin(0).tolist() == [0, 0]
    assert everywhere.amax(0).tolist() == [8, 16]


def test_a_square_larger_than_its_part_stays_in_the_picture() -> None:
    there = torch.zeros(1, 8, 8, dtype=torch.bool)
    there[:, 6:, 7:] = True
    assert within(there, 4, torch.rand(1, 2)).tolist() == [[4, 4]]
    assert within(torch.zeros_like(there), 4, torch.full((1, 2), 0.99)).tolist() == [[0, 0]]


def test_a_warp_that_moves_nothing() -> None:
    x = torch.rand(2, 3, 16, 12) * 2 - 1
    torch.testing.assert_close(bent(x, torch.zeros(2, 2, 5, 5)), x, atol=1e-5, rtol=1e-5)
    # What all points have in common is no warp.
    torch.testing.assert_close(bent(x, torch.full((2, 2, 5, 5), 0.2)), x, atol=1e-5, rtol=1e-5)


def test_a_warp_pulls_where_it_says() -> None:
    ramp = torch.linspace(-1, 1, 32).expand(1, 1, 32, 32)
    by = torch.zeros(1, 2, 5, 5)
    by[0, 0, 2, 2] = 0.1  # the middle looks a tenth of the side further right, where it is lighter
    off = bent(ramp, by) - ramp
    assert off[0, 0, 16, 16] > 0.1
    assert abs(float(off[0, 0, 16, 4])) < 0.05
    assert off.mean().abs() < 0.02

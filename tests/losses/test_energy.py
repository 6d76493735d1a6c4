from __future__ import annotations

import pytest
import torch

from ganvas.losses.energy import margin_d, pulling_away


def test_the_margin() -> None:
    """Equation 1, number by number: energies above the margin add nothing."""
    real, fake = torch.tensor([1.0, 3.0]), torch.tensor([0.5, 2.0, 9.0])
    assert margin_d(real, fake, 2.0) == pytest.approx((1 + 3) / 2 + (1.5 + 0 + 0) / 3)
    fake = torch.tensor([1.0, 5.0], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(margin_d(fake.detach(), fake, 2.0), fake)
    assert slope.tolist() == [-0.5, 0.0]


def test_pulling_away_pair_by_pair() -> None:
    """Equation 4, term by term."""
    codes = torch.randn(5, 3, dtype=torch.float64)
    total = 0.0
    for i in range(5):
        for j in range(5):
            if i != j:
                cosine = codes[i] @ codes[j] / (codes[i].norm() * codes[j].norm())
                total += float(cosine**2)
    assert float(pulling_away(codes)) == pytest.approx(total / (5 * 4))


def test_pulling_away_at_its_ends() -> None:
    assert float(pulling_away(torch.eye(4))) == 0
    assert float(pulling_away(torch.ones(4, 7))) == pytest.approx(1)
    assert float(pulling_away(torch.tensor([[1.0, 0], [-2.0, 0]]))) == pytest.approx(1)
    assert float(pulling_away(torch.ones(1, 7))) == 0


def test_pulling_away_has_the_right_slope() -> None:
    codes = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(pulling_away, codes)

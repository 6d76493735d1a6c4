from __future__ import annotations

import torch

from ganvas.core import Chance
from ganvas.tricks.pool import ImagePool


def numbered(start: int, end: int) -> torch.Tensor:
    return torch.arange(float(start), float(end)).view(-1, 1)


def test_the_pool_fills_then_changes_half() -> None:
    pool, draws = ImagePool(50, (1,)), Chance("test").uniform(2_050, 2)
    shown = pool.swap(numbered(0, 2_050), draws)
    assert torch.equal(shown[:50], numbered(0, 50))
    past = (shown != numbered(0, 2_050))[50:]
    assert 900 < past.sum() < 1_100
    assert torch.equal(past[:, 0], draws[50:, 0] < 0.5)
    # Each image leaves the pool at most once, and what never left is there.
    seen = torch.cat([shown, pool.images]).sort(0).values
    assert torch.equal(seen.unique(), torch.arange(2_050.0))
    assert len(seen) == 2_050 + 50


def test_a_pool_fed_in_parts_is_the_same() -> None:
    whole, parts = ImagePool(5, (1,)), ImagePool(5, (1,))
    x, draws = numbered(0, 32), Chance("test").uniform(32, 2)
    shown = torch.cat([parts.swap(x[i : i + 8], draws[i : i + 8]) for i in range(0, 32, 8)])
    assert torch.equal(whole.swap(x, draws), shown)
    assert torch.equal(whole.images, parts.images)
    assert not torch.equal(shown, x)


def test_a_pool_of_none_shows_the_newest() -> None:
    draws = Chance("test").uniform(9, 2)
    assert torch.equal(ImagePool(0, (1,)).swap(numbered(0, 9), draws), numbered(0, 9))

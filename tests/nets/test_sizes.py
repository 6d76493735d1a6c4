from __future__ import annotations

import pytest

from ganvas.core import UsageError
from ganvas.nets.sizes import halvings


@pytest.mark.parametrize(
    ("height", "width", "smallest", "times"),
    [
        (8, 8, 4, 1),
        (16, 16, 4, 2),
        (28, 28, 4, 2),
        (64, 64, 4, 4),
        (128, 128, 8, 4),
        (16, 24, 4, 2),
    ],
)
def test_sizes_that_work(height: int, width: int, smallest: int, times: int) -> None:
    assert halvings("toy", height, width, smallest) == times
    assert smallest <= min(height, width) / 2**times < 2 * smallest


@pytest.mark.parametrize(
    ("height", "width", "offer"),
    [
        (30, 30, "multiples of 4, such as 28x28 or 32x32"),
        (16, 21, "multiples of 4, such as 16x20 or 16x24"),
        (9, 9, "multiples of 2, such as 8x8 or 10x10"),
        (70, 64, "multiples of 16, such as 64x64 or 80x64"),
        (7, 7, "at least 8x8"),
    ],
)
def test_sizes_that_do_not(height: int, width: int, offer: str) -> None:
    with pytest.raises(UsageError, match=offer) as caught:
        halvings("toy", height, width)
    assert f"{height}x{width}" in str(caught.value)


def test_every_size_it_offers_works() -> None:
    for side in range(8, 200):
        try:
            halvings("toy", side, side)
        except UsageError as error:
            for word in str(error).rpartition("such as ")[2].split(" or "):
                height, width = map(int, word.split("x"))
                assert halvings("toy", height, width) >= 1

"""Holes by a word."""

import pytest
import torch

from ganvas.core import UsageError
from ganvas.tools.holes import hole_of


def test_the_middle():
    hole = hole_of("centre:25%", (16, 24))
    assert hole.float().mean() == 0.25
    assert hole[4:12, 6:18].all()
    assert hole_of("centre", (16, 16)).sum() == 11 * 11  # half of the area, in whole pixels


def test_here_and_there():
    hole = hole_of("random:80%", (10, 10), seed=3)
    assert hole.sum() == 80
    assert torch.equal(hole, hole_of("random:80%", (10, 10), seed=3))
    assert torch.equal(hole, hole_of("random", (10, 10), seed=3))
    assert not torch.equal(hole, hole_of("random:80%", (10, 10), seed=4))


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("center:50%", "unknown kind of hole 'center'; did you mean 'centre'?"),
        ("centre:50", "centre:50% is half of the picture's area; not 'centre:50'"),
        ("random:100%", "not 'random:100%'"),
        ("random:0%", "not 'random:0%'"),
        ("random:0.01%", "is nothing: take another share"),
        ("centre:99%", "is all: take another share"),
    ],
)
def test_words_that_mean_none(word, message):
    with pytest.raises(UsageError) as said:
        hole_of(word, (10, 10))
    assert message in str(said.value)

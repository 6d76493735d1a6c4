import pytest
import torch

from ganvas.data import load
from ganvas.data.outlines import outlines, over_white


def test_a_square_gets_one_closed_line_of_a_pixel():
    x = torch.full((1, 3, 32, 32), 1.0)
    x[:, :, 8:24, 8:24] = -1
    ink = outlines(x)[0, 0] == -1
    for line in (ink[12], ink[:, 12]):
        assert line.sum() == 2
        first, last = line.nonzero().flatten().tolist()
        assert (first, last) in ((7, 23), (8, 24), (7, 24), (8, 23))
    assert 4 * 14 <= ink.sum() <= 4 * 17
    assert not ink[10:22, 10:22].any()


def test_colours_of_one_brightness_are_told_apart():
    x = torch.zeros(1, 3, 16, 16)
    x[:, 0, :, 8:], x[:, 1, :, 8:] = 0.299**-1 * 0.2, -(0.587**-1) * 0.2  # the same luma
    ink = outlines(x)[0, 0] == -1
    assert (ink.sum(1) == 1).all()
    assert not ink[:, :6].any()
    assert not ink[:, 10:].any()


def test_the_flat_the_faint_and_the_smooth_have_none():
    ramp = torch.linspace(-1, 1, 64).expand(1, 1, 64, 64)
    faint = torch.full((1, 1, 64, 64), 0.2)
    faint[..., 32:] = 0.25
    for x in (torch.zeros(1, 1, 64, 64), ramp, faint):
        assert (outlines(x) == 1).all()


def test_a_faint_line_that_begins_strong_goes_on():
    x = torch.zeros(1, 1, 32, 32)
    x[..., 16:] = torch.linspace(1, 0.16, 32)[:, None]
    alone = torch.zeros(1, 1, 32, 32)
    alone[..., 16:] = 0.16
    assert (outlines(x) == -1).sum() >= 30
    assert (outlines(alone) == 1).all()


def test_transparent_pictures_lie_on_white_and_each_picture_is_alone():
    x = torch.rand(3, 4, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    x[0, 3], x[1, 3] = -1, 1
    white = over_white(x)
    assert torch.allclose(white[0], torch.ones(3, 8, 8))
    assert torch.allclose(white[1], x[1, :3])
    assert torch.equal(outlines(x), torch.cat([outlines(one) for one in x.split(1)]))


@pytest.mark.parametrize("size", [8, 64])
def test_pictures_of_any_source_become_pairs_with_their_outlines(size):
    wish = {"fields": ("x", "y"), "paired": True, "partner": "edges", "split": "test"}
    source = load("digits", size=size, **wish)
    got = source.tables[0].fetch(torch.arange(20))
    assert got["x"].shape == (20, 1, size, size)
    assert set(got["x"].unique().tolist()) == {-1.0, 1.0}
    assert 0.03 < (got["x"] == -1).float().mean() < 0.4
    assert torch.equal(got["x"], outlines(got["y"]))

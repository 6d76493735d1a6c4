import math

import pytest
import torch
from torch.nn.functional import conv2d, pad

from ganvas import data
from ganvas.core import Image, UsageError
from ganvas.data import motion, partners


def draws(seed):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def paths():
    return [motion.trajectory(draws(seed)) for seed in range(40)]


def test_a_path_goes_at_one_pace(paths):
    for path in paths:
        steps = path.diff(dim=0).norm(dim=1)
        assert path.shape == (motion.STEPS, 2)
        assert torch.equal(path[0], torch.zeros(2))
        assert steps.sum() == pytest.approx(motion.LENGTH, rel=1e-3)
        assert steps.std() < 1e-4


def test_paths_go_everywhere_and_bend(paths):
    ends = torch.stack([path[-1] - path[0] for path in paths])
    firsts = torch.stack([path[9] - path[0] for path in paths])
    angles = torch.atan2(*firsts.T)
    assert len((angles / math.pi * 4).floor().unique()) >= 7  # of eight directions
    straightness = ends.norm(dim=1) / motion.LENGTH
    assert straightness.min() < 0.2 < 0.6 < straightness.max()


def test_a_shake_reverses():
    """Without pull and push a path is straight, but for its shakes, which turn it back."""
    old = motion.INERTIA, motion.GAUSSIAN, motion.REVERSAL
    try:
        motion.INERTIA = motion.GAUSSIAN = motion.REVERSAL = 0.0
        straight = motion.trajectory(draws(0))
        assert straight[-1].norm() == pytest.approx(motion.LENGTH, rel=1e-3)
        motion.REVERSAL = 1.0
        path = motion.trajectory(draws(1)).diff(dim=0)
        cosines = torch.cosine_similarity(path[1:], path[:-1])
        turned = cosines[cosines < 0.99]
        assert 1 <= len(turned) < 20
        assert (turned < -0.5).all()  # within half a radian's double of straight back
    finally:
        motion.INERTIA, motion.GAUSSIAN, motion.REVERSAL = old


@pytest.mark.parametrize("length", [1, 7.5, 16, 60])
def test_a_kernel_weighs_one_and_is_centred(paths, length):
    k = motion.side(length)
    where = torch.arange(k) - k // 2
    for path in paths:
        kernel = motion.kernel(path, length)
        assert kernel.shape == (k, k)
        assert k % 2 == 1
        assert kernel.min() >= 0
        assert kernel.sum() == pytest.approx(1, abs=1e-4)
        assert (kernel.sum(1) * where).sum() == pytest.approx(0, abs=1e-3)
        assert (kernel.sum(0) * where).sum() == pytest.approx(0, abs=1e-3)


def test_a_straight_path_is_a_line():
    """Sub-pixel: a path of 4 pixels along a row leaves 1/4 at each, 1/8 at the half covered ends;
    moved down by a quarter of a pixel, it lies in two rows as 3 to 1."""
    at = torch.linspace(-30, 30, motion.STEPS)
    path = torch.stack([torch.zeros_like(at), at], 1)
    kernel = motion.kernel(path, 4.0)
    line = torch.tensor([0, 1 / 8, 1 / 4, 1 / 4, 1 / 4, 1 / 8, 0])
    assert torch.allclose(kernel[3], line, atol=2e-3)
    assert kernel.sum() == pytest.approx(float(kernel[3].sum()))
    lower = torch.cat([path, path + torch.tensor([15.0, 0.0])])  # centre: half a pixel between
    both = motion.kernel(lower, 4.0).sum(1)
    assert torch.allclose(both[2:5], torch.tensor([0.25, 0.5, 0.25]), atol=2e-3)


def test_each_picture_is_convolved_with_its_kernel():
    y = torch.rand(2, 3, 9, 12, generator=draws(0))
    kernels = torch.rand(2, 5, 5, generator=draws(1))
    made = motion.blurred(y, kernels)
    for i in range(2):
        for c in range(3):
            wide = pad(y[i, c][None, None], (2, 2, 2, 2), mode="replicate")
            one = conv2d(wide, kernels[i].flip(0, 1)[None, None])
            assert torch.allclose(made[i, c], one[0, 0], atol=1e-5)
    spot = torch.zeros(1, 1, 9, 9)
    spot[0, 0, 4, 4] = 1
    assert torch.allclose(motion.blurred(spot, kernels[:1])[0, 0, 2:7, 2:7], kernels[0])
    same = torch.full((2, 3, 9, 12), 0.3)
    flat = motion.blurred(same, kernels / kernels.sum((1, 2), keepdim=True))
    assert torch.allclose(flat, same)


def test_photos_are_blurred_each_its_own_way():
    source = data.load(
        "photos", size=16, fields=("x", "y"), paired=True, partner="blurred:8", split="test"
    )
    (table,) = source.tables
    got = table.fetch(torch.arange(0, len(table), 100))
    x, y = got["x"], got["y"]
    assert source.spaces["x"] == source.spaces["y"] == Image(3, 16, 16)
    assert torch.allclose(x.mean((1, 2, 3)), y.mean((1, 2, 3)), atol=0.06)
    rough = [(t.diff(dim=3).square().mean() + t.diff(dim=2).square().mean()) for t in (x, y)]
    assert rough[0] < 0.7 * rough[1]
    again = table.fetch(torch.tensor([200, 100]))["x"]
    assert torch.equal(again, x[[2, 1]])


def test_training_sees_every_picture_blurred_in_several_ways():
    source = data.load("digits", size=8, fields=("x", "y"), paired=True, partner="blurred:4")
    n = len(data.load("digits").tables[0])
    (table,) = source.tables
    assert len(table) == partners.VARIANTS * n
    got = table.fetch(torch.arange(0, len(table), n))
    shown = zip(got["y"], range(partners.VARIANTS), strict=True)
    assert all(torch.equal(y, partners.position(got["y"][0], k)) for y, k in shown)
    assert len({x.numpy().tobytes() for x in got["x"]}) == partners.VARIANTS


def test_longer_paths_blur_more():
    y = data.load("digits", size=32, split="test").tables[0].fetch(torch.arange(0, 400, 40))["x"]
    each = [draws(i) for i in range(len(y))]
    paths = [motion.trajectory(d) for d in each]
    found = []
    for length in (1, 4, 8, 16):
        kernels = torch.stack([motion.kernel(path, length) for path in paths])
        found.append(float((motion.blurred(y, kernels) - y).square().mean()))
    assert found == sorted(found)
    assert found[0] < 0.1 * found[-1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("blurred:0", "from 1 to 200, not '0'"),
        ("blurred:fast", "from 1 to 200, not 'fast'"),
        ("blurrd", "did you mean 'blurred'"),
        ("holed:corner", "from 0.01 to 0.9, not 'corner'"),
    ],
)
def test_what_makes_no_sense_is_refused(words, message):
    with pytest.raises(UsageError, match=message):
        partners.parse(words)


def test_blur_takes_no_transparency():
    with pytest.raises(UsageError, match="without transparency"):
        partners.parse("blurred").space(Image(4, 8, 8))


def test_holes_in_the_middle():
    """7/16 of each side: 56 of 128, as in the released code."""
    partner = partners.parse("holed:centre")
    y = torch.rand(2, 3, 128, 64) * 2 - 1
    x = partner.make(y, [])
    assert partner.space(Image(3, 128, 64)) == Image(4, 128, 64)
    assert not partner.drawn
    rows, columns = (x[0, 3] < 0).nonzero().T
    assert (rows.min(), rows.max()) == (36, 91)
    assert (columns.min(), columns.max()) == (18, 45)
    assert (x[:, :3, 36:92, 18:46] == -1).all()
    assert torch.equal(x[:, :3, :36], y[:, :, :36])

import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance
from tests.metrics.figures import measured

from ganvas.core import Image
from ganvas.metrics import sliced_wasserstein, wasserstein_1d
from ganvas.metrics.sliced import laplacian, normalised, patches


def cloud(n, d, seed):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("n", "m"), [(50, 50), (50, 20), (7, 31), (1, 5), (12, 18)])
def test_one_dimension_against_scipy(n, m):
    x, y = cloud(n, 3, 0), cloud(m, 3, 1) * 2 + 1
    expected = [wasserstein_distance(x[:, i], y[:, i]) for i in range(3)]
    assert wasserstein_1d(x, y).tolist() == pytest.approx(expected, rel=1e-5)


def test_a_shift_has_a_closed_form():
    """E |θ·s| over the sphere in d dimensions is |s| Γ(d/2) / (√π Γ((d+1)/2))."""
    x = cloud(400, 2, 0)
    shift = torch.tensor([3.0, 4.0])
    assert sliced_wasserstein(x, x + shift, 4000) == pytest.approx(5 * 2 / np.pi, rel=0.03)
    assert sliced_wasserstein(x, x) == 0
    assert measured("swd", x, x + shift).value == pytest.approx(5 * 2 / np.pi, rel=0.05)


def test_the_pyramid_adds_up_to_the_picture():
    from torch.nn.functional import interpolate

    x = torch.rand(2, 3, 64, 48)
    levels = laplacian(x)
    assert [tuple(level.shape[2:]) for level in levels] == [(64, 48), (32, 24)]
    back = levels[1]
    back = levels[0] + interpolate(back, (64, 48), mode="bilinear")
    assert torch.allclose(back, x, atol=1e-6)
    assert len(laplacian(torch.rand(2, 1, 16, 16))) == 1
    assert len(laplacian(torch.rand(2, 1, 128, 128))) == 4


def test_patches_are_cut_from_the_pictures():
    x = torch.arange(2 * 1 * 9 * 9.0).view(2, 1, 9, 9)
    rows = patches(x, torch.Generator().manual_seed(0))
    first = rows[0].view(7, 7)
    assert torch.equal(first[0, 1:] - first[0, :-1], torch.ones(6))
    assert torch.equal(first[1:, 0] - first[:-1, 0], 9 * torch.ones(6))
    norm = normalised(torch.rand(500, 3 * 49), 3).view(500, 3, 49)
    assert norm.mean((0, 2)).abs().max() < 1e-5
    assert (norm.std((0, 2)) - 1).abs().max() < 1e-3


def test_blur_shows_in_the_fine_level():
    from torch.nn.functional import avg_pool2d

    draws = torch.Generator().manual_seed(0)
    x, y = torch.rand(300, 1, 32, 32, generator=draws), torch.rand(300, 1, 32, 32, generator=draws)
    space = Image(1, 32, 32)
    blurred = avg_pool2d(y, 3, 1, 1, count_include_pad=False)
    same = measured("swd", x, y, space=space, dims=None)
    worse = measured("swd", x, blurred, space=space, dims=None)
    assert worse.value > 3 * same.value
    assert len(worse.protocol["levels"]) == 2

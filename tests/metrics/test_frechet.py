import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from tests.metrics.figures import measured

from ganvas.core import Image, UsageError
from ganvas.metrics import frechet_distance
from ganvas.metrics.frechet import Moments

PICTURES = Image(1, 8, 8)


def cloud(n, d, seed, rank=None):
    rng = np.random.default_rng(seed)
    mix = rng.standard_normal((rank or d, d)) / np.sqrt(d)
    return torch.from_numpy(rng.standard_normal((n, rank or d)) @ mix + rng.standard_normal(d))


def by_scipy(a, b):
    """The definition, with a matrix square root."""
    (m1, c1), (m2, c2) = ((x.mean(0), np.cov(x, rowvar=False)) for x in (a.numpy(), b.numpy()))
    root = np.asarray(sqrtm(c1 @ c2))
    return float(((m1 - m2) ** 2).sum() + np.trace(c1) + np.trace(c2) - 2 * np.trace(root).real)


def moments(x, batch=97):
    found = Moments(x.shape[1])
    for part in x.split(batch):
        found.add(part)
    return found


@pytest.mark.parametrize("d", [1, 2, 17, 64])
def test_against_scipy(d):
    a, b = cloud(500, d, 0), cloud(400, d, 1)
    p, q = moments(a), moments(b)
    found = frechet_distance(p.mean, p.covariance, q.mean, q.covariance)
    expected = by_scipy(a, b) if d > 1 else one_dimension(a, b)
    assert found == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(q.mean, q.covariance, p.mean, p.covariance) == pytest.approx(found)


def one_dimension(a, b):
    return float((a.mean() - b.mean()) ** 2 + (a.std() - b.std()) ** 2)


@pytest.mark.parametrize(("rank1", "rank2"), [(5, 40), (40, 5), (7, 7), (1, 3)])
def test_rank_deficient(rank1, rank2):
    """Covariances without an inverse: the trace from singular values, which need no root."""
    a, b = cloud(300, 40, 2, rank1), cloud(300, 40, 3, rank2)
    p, q = moments(a), moments(b)
    x, y = ((t - t.mean(0)) / (len(t) - 1) ** 0.5 for t in (a, b))
    shared = torch.linalg.svdvals(x @ y.T).sum()  # the nuclear norm of C1^½ C2^½
    apart = (p.mean - q.mean).square().sum()
    expected = float(apart + p.covariance.trace() + q.covariance.trace() - 2 * shared)
    found = frechet_distance(p.mean, p.covariance, q.mean, q.covariance)
    assert found == pytest.approx(expected, rel=1e-6)


def test_closed_forms_of_gaussians():
    eye, zero = torch.eye(6), torch.zeros(6)
    shift = torch.arange(6.0)
    assert frechet_distance(zero, eye, shift, eye) == pytest.approx(float(shift.square().sum()))
    assert frechet_distance(zero, eye, zero, 9 * eye) == pytest.approx(6 * (3 - 1) ** 2)
    assert frechet_distance(zero, eye, zero, torch.zeros(6, 6)) == pytest.approx(6)
    assert frechet_distance(zero, eye, zero, eye) == pytest.approx(0, abs=1e-12)


def test_moments_of_a_stream_do_not_cancel():
    x = torch.randn(5000, 3, generator=torch.Generator().manual_seed(0)).double() + 1e6
    found = moments(x, batch=77)
    assert torch.allclose(found.covariance, torch.cov(x.T), rtol=1e-9)
    assert torch.allclose(found.mean, x.mean(0), rtol=1e-15)


def test_too_few_rows_are_refused_or_said():
    a, b = cloud(65, 64, 0), cloud(64, 64, 1)
    with pytest.raises(UsageError, match="64 generated rows are too few.*at least 65.*allow-small"):
        measured("fid", a, b, space=PICTURES)
    small = measured("fid", a, b, space=PICTURES, allow_small=True)
    assert small.value == pytest.approx(by_scipy(a.float().double(), b.float().double()), rel=1e-4)
    assert "only 64 generated rows" in small.protocol["note"]
    assert measured("fid", a, cloud(65, 64, 1), space=PICTURES).protocol == {}

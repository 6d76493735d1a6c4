import numpy as np
import pytest
import torch
from tests.metrics.figures import measured

from ganvas.core import UsageError
from ganvas.metrics import coverage, density, precision, recall
from ganvas.metrics.neighbours import distances, nearest
from ganvas.metrics.remembered import Sample


def cloud(n, d, seed, scale=1.0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed)) * scale


def by_brute_force(real, fake, k):
    """The four, from the definitions, one distance at a time."""
    real, fake = real.double().numpy(), fake.double().numpy()
    far = lambda a, b: np.sqrt(((a - b) ** 2).sum())  # noqa: E731

    def reach(x):
        return [
            sorted(far(a, b) for j, b in enumerate(x) if j != i)[k - 1] for i, a in enumerate(x)
        ]

    r, f = reach(real), reach(fake)
    inside = np.array([[far(y, x) <= r[i] for i, x in enumerate(real)] for y in fake])
    outside = np.array([[far(x, y) <= f[j] for j, y in enumerate(fake)] for x in real])
    return {
        "precision": inside.any(1).mean(),
        "recall": outside.any(1).mean(),
        "density": inside.sum() / (k * len(fake)),
        "coverage": inside.any(0).mean(),
    }


@pytest.mark.parametrize("k", [1, 3, 5])
def test_against_brute_force(k):
    real, fake = cloud(60, 4, 0), cloud(45, 4, 1, 0.7) + 0.4
    expected = by_brute_force(real, fake, k)
    found = {f.__name__: f(real, fake, k) for f in (precision, recall, density, coverage)}
    assert found == pytest.approx(expected)


def test_what_each_is_there_for():
    real = torch.cat([cloud(200, 2, 0, 0.1), cloud(200, 2, 1, 0.1) + 5])
    dropped = cloud(400, 2, 2, 0.1)  # one mode of two
    assert precision(real, dropped) > 0.9
    assert coverage(real, dropped) < 0.6
    assert recall(real, dropped) < 0.6
    spread = torch.cat([real[::2], cloud(200, 2, 3, 9)])  # half of it is noise
    assert precision(real, spread) < 0.7
    outlier = torch.cat([real, torch.tensor([[50.0, 50.0]])])
    noise = cloud(300, 2, 4, 8) + 25
    assert precision(outlier, noise) > 0.9  # one outlier fools precision,
    assert density(outlier, noise) < 0.3  # but not density


def test_distances_do_not_cancel():
    x = cloud(50, 3, 0).double() + 1e5
    assert torch.allclose(distances(x, x.flip(0)), (x[:, None] - x.flip(0)).norm(dim=2), atol=1e-6)
    assert (nearest(x, x, 2, same=True)[:, 0] > 0).all()


@pytest.mark.parametrize("name", ["precision", "recall", "density", "coverage"])
def test_as_figures(name):
    real, fake = cloud(80, 3, 0), cloud(90, 3, 1) + 0.5
    k = 3 if name in ("precision", "recall") else 5
    assert measured(name, real, fake, 7).value == pytest.approx(by_brute_force(real, fake, k)[name])
    with pytest.raises(UsageError, match="too few"):
        measured(name, real[:20], fake)


def test_a_sample_is_fair():
    counts = torch.zeros(50)
    for seed in range(400):
        sample = Sample(seed, most=10)
        for rows in torch.arange(50).split(7):
            sample.add(rows)
        assert len(sample.rows) == 10
        counts[sample.rows] += 1
    assert counts.min() > 40  # 80 each, with a deviation of 8
    assert counts.max() < 120

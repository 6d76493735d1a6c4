import numpy as np
import pytest
import torch
from tests.metrics.figures import measured
from torchmetrics.image.kid import poly_mmd

from ganvas.core import UsageError
from ganvas.metrics import mmd2


def cloud(n, d, seed):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def by_definition(x, y):
    x, y = x.double().numpy(), y.double().numpy()
    k = lambda a, b: (np.dot(a, b) / x.shape[1] + 1) ** 3  # noqa: E731
    xx = np.mean([k(a, b) for i, a in enumerate(x) for j, b in enumerate(x) if i != j])
    yy = np.mean([k(a, b) for i, a in enumerate(y) for j, b in enumerate(y) if i != j])
    return xx + yy - 2 * np.mean([k(a, b) for a in x for b in y])


def test_against_the_definition():
    x, y = cloud(20, 5, 0), cloud(15, 5, 1) + 0.3
    assert mmd2(x, y) == pytest.approx(by_definition(x, y), rel=1e-9)
    x, y = cloud(50, 8, 2), cloud(50, 8, 3)
    assert mmd2(x, y) == pytest.approx(float(poly_mmd(x.double(), y.double())), rel=1e-9)


def test_it_has_no_bias():
    """Means over many small clouds of one law lie about 0, within their error."""
    found = torch.tensor([mmd2(cloud(10, 4, i), cloud(10, 4, 1000 + i)) for i in range(400)])
    assert abs(found.mean()) < 3 * found.std() / 20


def test_blocks_and_their_standard_error():
    real, fake = cloud(600, 6, 0), cloud(500, 6, 1) + 0.5
    found = measured("kid", real, fake, batch=37)
    assert found.protocol["blocks"] == 10
    parts = [mmd2(a, b) for a, b in zip(real.split(50)[:10], fake.split(50), strict=True)]
    assert found.value == pytest.approx(np.mean(parts))
    assert found.error == pytest.approx(np.std(parts, ddof=1) / 10**0.5)
    apart = measured("kid", real, cloud(500, 6, 2))
    assert abs(apart.value) < 4 * apart.error < found.value


def test_single_rows_have_no_spread():
    with pytest.raises(UsageError, match="4 on each side"):
        measured("kid", cloud(30, 6, 0), cloud(3, 6, 1), allow_small=True)

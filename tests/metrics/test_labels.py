import pytest
import torch
from tests.metrics.figures import subject

from ganvas.core import UsageError
from ganvas.metrics import FIGURES, frechet_distance
from ganvas.metrics.figure import Rows


def rows(n, k, seed, apart=4.0):
    """Clouds about k centres in k dimensions, their label, and a perfect classifier's opinion."""
    label = torch.arange(n) % k
    x = (
        torch.randn(n, k, generator=torch.Generator().manual_seed(seed))
        + apart * torch.eye(k)[label]
    )
    return Rows(x, features=x, probabilities=torch.eye(k)[label], label=label)


def made(name, real, fake, **more):
    k = fake.probabilities.shape[1]
    about = {"classes": k, "labelled": True, "probable": True, "native": True, **more}
    figure = FIGURES[name](subject(real.x, fake.x, **about))
    figure.real(real)
    figure.fake(fake)
    return figure


def swapped(fake, share):
    """A part of the rows asked for under another label."""
    cut = int(share * len(fake))
    label = fake.label.clone()
    label[:cut] = (label[:cut] + 1) % fake.probabilities.shape[1]
    return Rows(fake.x, fake.features, fake.probabilities, label)


def test_label_accuracy():
    real, fake = rows(300, 3, 0), rows(200, 3, 1)
    assert made("label_accuracy", real, fake).value().value == 1
    found = made("label_accuracy", real, swapped(fake, 0.25)).value()
    assert found.value == pytest.approx(0.75)
    assert found.error == pytest.approx((0.75 * 0.25 / 200) ** 0.5)


def test_the_rarest_class():
    real, fake = rows(300, 3, 0), rows(300, 3, 1)
    assert made("rarest_class", real, fake).value().value == pytest.approx(1)
    few = torch.cat([torch.arange(300)[fake.label < 2], torch.arange(300)[fake.label == 2][:20]])
    less = Rows(*(t[few] for t in (fake.x, fake.features, fake.probabilities, fake.label)))
    assert made("rarest_class", real, less).value().value == pytest.approx(3 * 20 / 220)
    other = subject(real.x, fake.x, classes=3, probable=True, native=False)
    assert "a classifier of these classes" in FIGURES["rarest_class"].misfit(other)


def test_intra_fid_is_the_mean_over_classes():
    real, fake = rows(300, 3, 0), rows(240, 3, 1)
    expected = []
    for k in range(3):
        a, b = (r.features[r.label == k].double() for r in (real, fake))
        expected.append(frechet_distance(a.mean(0), torch.cov(a.T), b.mean(0), torch.cov(b.T)))
    found = made("intra_fid", real, fake).value()
    assert found.value == pytest.approx(sum(expected) / 3, rel=1e-6)
    wrong = made("intra_fid", real, swapped(fake, 1)).value()
    assert wrong.value > 10 * found.value  # which the plain distance would not notice
    with pytest.raises(UsageError, match="of each class"):
        made("intra_fid", rows(9, 3, 0), fake).value()


def test_classification_accuracy_score():
    real = rows(300, 3, 0)
    good = made("cas", real, rows(200, 3, 1)).value()
    assert good.value > 0.97
    assert good.value == pytest.approx(good.protocol["of real rows"], abs=0.03)
    assert made("cas", real, swapped(rows(200, 3, 1), 1)).value().value < 0.1
    one = rows(200, 3, 1)
    same = made("cas", real, Rows(one.x, one.features, one.probabilities, one.label * 0))
    with pytest.raises(UsageError, match="two classes"):
        same.value()

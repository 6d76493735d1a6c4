import pytest
import torch
from tests.metrics.figures import measured, show, subject

from ganvas.metrics import FIGURES, copies, duplicates


def cloud(n, seed, d=4):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def test_copies():
    train, held, new = cloud(300, 0), cloud(300, 1), cloud(300, 2)
    assert copies(new, train, held) == pytest.approx(0.5, abs=0.07)
    assert copies(train, train, held) == pytest.approx(1, abs=0.01)
    assert copies(train + 0.01, train, held) > 0.98
    assert copies(new + 9, train, held) < 0.01
    half = torch.cat([train[:150], new[:150]])
    assert copies(half, train, held) == pytest.approx(0.75, abs=0.07)
    assert copies(held, train, held) == pytest.approx(0.5)  # ties count half


def test_copies_against_brute_force():
    train, held, fake = cloud(40, 0), cloud(30, 1), cloud(20, 2) * 0.5
    near = lambda x: (x[:, None] - train).norm(dim=2).min(1).values  # noqa: E731
    a, b = near(fake)[:, None], near(held)
    expected = ((a < b).float() + 0.5 * (a == b).float()).mean()
    assert copies(fake, train, held) == pytest.approx(float(expected))


def test_the_figure_needs_what_was_learned_from():
    train, held = cloud(200, 0), cloud(200, 1)
    figure = FIGURES["memorisation"]
    about = subject(held, train, features=lambda x: x)
    assert "training rows" in figure.misfit(about)
    about = subject(held, train, features=lambda x: x, learned=lambda: iter(train.split(30)))
    assert figure.misfit(about) is None
    made = figure(about)
    show(made, held, train)
    assert made.value().value > 0.98
    assert made.value().protocol["rows learned from"] == 200


def test_duplicates():
    real, fake = cloud(300, 0), cloud(200, 1)
    assert duplicates(fake, real) == 0
    assert duplicates(torch.cat([fake, fake[:50]]), real) == pytest.approx(100 / 250)
    assert measured("duplicates", real, fake[:1].repeat(100, 1)).value == 1

"""Each loss against its closed form, and its gradient against finite differences."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import get_args

import pytest
import torch
from torch import Tensor

from ganvas.losses import adversarial

LOG2 = math.log(2)
PAIRS = ("minimax_d", "wasserstein_d", "least_squares_d", "hinge_d", "relativistic_d")
SINGLES = ("minimax_g", "nonsaturating_g", "wasserstein_g", "least_squares_g")


def scores(*shape: int, seed: int = 0) -> Tensor:
    return 2 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).double()


def log_sigmoid(score: float) -> float:
    return -math.log1p(math.exp(-score))


FORMULAS: dict[str, Callable[..., float]] = {
    "minimax_d": lambda r, f: -log_sigmoid(r) - log_sigmoid(-f),
    "minimax_g": lambda f: log_sigmoid(-f),
    "nonsaturating_g": lambda f: -log_sigmoid(f),
    "wasserstein_d": lambda r, f: f - r,
    "wasserstein_g": lambda f: -f,
    "least_squares_d": lambda r, f: ((r - 1) ** 2 + f**2) / 2,
    "least_squares_g": lambda f: (f - 1) ** 2 / 2,
    "hinge_d": lambda r, f: max(0, 1 - r) + max(0, 1 + f),
    "relativistic_d": lambda r, f: -log_sigmoid(r - f),
}
OF_ALL = {"relativistic_average_d"}
"""What is no mean over pairs; it has a test of its own."""


def test_no_loss_goes_without_a_formula() -> None:
    known = {name for name in vars(adversarial) if name.endswith(("_d", "_g"))}
    assert known == FORMULAS.keys() | OF_ALL
    assert {*adversarial.LOSSES} == {*get_args(adversarial.LossName)}


def test_the_relativistic_average() -> None:
    """Each score against the mean of the other side; swapped, it is what G wants."""
    real, fake = scores(5), scores(5, seed=1)
    r, f = real.mean().item(), fake.mean().item()
    expected = -sum(log_sigmoid(a - f) for a in real.tolist()) / 5
    expected -= sum(log_sigmoid(r - b) for b in fake.tolist()) / 5
    loss = adversarial.LOSSES["relativistic-average"]
    assert loss.critic(real, fake).item() == pytest.approx(expected, rel=1e-12)
    assert loss.maker(fake, real).item() == pytest.approx(
        adversarial.relativistic_average_d(fake, real).item()
    )
    assert torch.autograd.gradcheck(
        adversarial.relativistic_average_d, (real.requires_grad_(), fake.requires_grad_())
    )


@pytest.mark.parametrize("name", adversarial.LOSSES)
def test_a_critic_that_cannot_decide_gives_this_score(name: adversarial.LossName) -> None:
    wanted = adversarial.LOSSES[name]
    for place in (0.0, 1.0, 5.0) if wanted.undecided is None else (wanted.undecided,):
        score = torch.tensor(place, dtype=torch.float64, requires_grad=True)
        loss = wanted.critic(score.expand(4), score.expand(4))
        (slope,) = torch.autograd.grad(loss, score)
        assert slope.item() == pytest.approx(0, abs=1e-12)
        for off in (-2.0, 2.0):
            other = torch.full((4,), place + off, dtype=torch.float64)
            worse = wanted.critic(other, other).item() - loss.item()
            assert (worse == pytest.approx(0, abs=1e-12)) == (wanted.undecided is None)
            assert worse > -1e-12


@pytest.mark.parametrize("name", adversarial.LOSSES)
def test_the_maker_climbs_where_the_critic_falls(name: adversarial.LossName) -> None:
    """Higher scores of fakes never hurt the maker and never help the critic, near the middle."""
    loss = adversarial.LOSSES[name]
    real, fake = torch.full((4,), 0.6).double(), torch.full((4,), 0.4).double().requires_grad_()
    (for_maker,) = torch.autograd.grad(loss.maker(fake, real), fake)
    (for_critic,) = torch.autograd.grad(loss.critic(real, fake), fake)
    assert (for_maker < 0).all()
    assert (for_critic > 0).all()


def test_smoothed_targets() -> None:
    """The cross entropy of D(x) with 1 - smooth; the square of what lacks to it."""
    real, fake = scores(5), scores(5, seed=1)
    p, q = real.sigmoid(), fake.sigmoid()
    expected = -(0.9 * p.log() + 0.1 * (1 - p).log()).mean() - (1 - q).log().mean()
    torch.testing.assert_close(adversarial.minimax_d(real, fake, smooth=0.1), expected)
    expected = ((real - 0.9).square().mean() + fake.square().mean()) / 2
    torch.testing.assert_close(adversarial.least_squares_d(real, fake, smooth=0.1), expected)


@pytest.mark.parametrize("name", PAIRS)
def test_what_discriminators_want(name: str) -> None:
    real, fake = scores(5), scores(5, seed=1)
    expected = sum(FORMULAS[name](r, f) for r, f in zip(real.tolist(), fake.tolist(), strict=True))
    loss = getattr(adversarial, name)(real, fake)
    assert loss.shape == ()
    assert loss.item() == pytest.approx(expected / 5, rel=1e-12)


@pytest.mark.parametrize("name", SINGLES)
def test_what_generators_want(name: str) -> None:
    fake = scores(5)
    loss = getattr(adversarial, name)(fake)
    assert loss.shape == ()
    assert loss.item() == pytest.approx(sum(map(FORMULAS[name], fake.tolist())) / 5, rel=1e-12)


@pytest.mark.parametrize("name", [*PAIRS, *SINGLES])
def test_gradients(name: str) -> None:
    """First and second derivatives, of scores of any shape (those of patches, say)."""
    inputs = tuple(scores(2, 3, seed=i).requires_grad_() for i in range(2 if name in PAIRS else 1))
    assert torch.autograd.gradcheck(getattr(adversarial, name), inputs)
    assert torch.autograd.gradgradcheck(getattr(adversarial, name), inputs)


def test_a_discriminator_that_cannot_tell() -> None:
    nought = torch.zeros(4)
    assert adversarial.minimax_d(nought, nought).item() == pytest.approx(2 * LOG2)
    assert adversarial.minimax_g(nought).item() == pytest.approx(-LOG2)
    assert adversarial.nonsaturating_g(nought).item() == pytest.approx(LOG2)
    assert adversarial.wasserstein_d(nought, nought).item() == 0
    half = torch.full((4,), 0.5)
    assert adversarial.least_squares_d(half, half).item() == pytest.approx(0.25)


@pytest.mark.parametrize(("name", "slope"), [("minimax_g", 0.0), ("nonsaturating_g", -1.0)])
def test_gradients_while_the_discriminator_wins(name: str, slope: float) -> None:
    """The very reason for the non-saturating loss: at D(G(z)) ~ 0 the other one has no slope."""
    fake = torch.tensor([-30.0], requires_grad=True)
    getattr(adversarial, name)(fake).backward()
    assert fake.grad is not None
    assert fake.grad.item() == pytest.approx(slope, abs=1e-6)


def test_large_scores_stay_finite() -> None:
    far = torch.tensor([-1e4, 1e4])
    assert adversarial.minimax_d(far, far).item() == pytest.approx(1e4)
    assert adversarial.minimax_g(far).item() == pytest.approx(-5e3)
    assert adversarial.nonsaturating_g(far).item() == pytest.approx(5e3)


@pytest.mark.parametrize("name", adversarial.DIVERGENCES)
def test_the_best_score_finds_the_divergence_itself(name: str) -> None:
    """On a law over three values, with g_f(V) = f'(p/q), minus the critic's loss is D_f(p || q)."""
    p, q = (torch.tensor(law, dtype=torch.float64) for law in ([0.5, 0.3, 0.2], [0.2, 0.2, 0.6]))
    u = p / q
    f, best = {
        "kl": (u * u.log(), 1 + u.log()),
        "reverse-kl": (-u.log(), u.log()),
        "pearson": ((u - 1) ** 2, 2 * (u - 1)),
        "js": (-(u + 1) * ((1 + u) / 2).log() + u * u.log(), u.log()),
    }[name]
    times = 10  # of a hundred rows each, as often as the law says
    real, fake = (best.repeat_interleave((law * times).round().long()) for law in (p, q))
    found = -adversarial.LOSSES[name].critic(real, fake)
    assert found.item() == pytest.approx((q * f).sum().item(), rel=1e-9)


@pytest.mark.parametrize("name", adversarial.DIVERGENCES)
def test_gradients_of_divergences(name: str) -> None:
    inputs = tuple(scores(4, seed=i).requires_grad_() for i in range(2))
    assert torch.autograd.gradcheck(adversarial.LOSSES[name].critic, inputs)
    assert torch.autograd.gradcheck(adversarial.LOSSES[name].maker, inputs)

from __future__ import annotations

import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from ganvas.core import Batch, Chance, Image, Space, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.data import load
from ganvas.zoo.vae import kl_to_standard_normal, log_normal

TINY = {"hidden": 8, "latent": 2, "batch": 8}


def test_the_papers_size() -> None:
    """One hidden layer of 500 units on each side, and 20 latents, for 28x28 pixels."""
    players = card("vae", "paper").players
    assert players["E"]["parameters"] == (784 + 1) * 500 + (500 + 1) * 2 * 20
    assert players["G"]["parameters"] == (20 + 1) * 500 + (500 + 1) * 784
    assert card("vae").moves == ["E+G"]


def test_the_two_terms() -> None:
    mean, log_var, x = torch.randn(5, 3), torch.randn(5, 3), torch.randn(5, 3)
    q, prior = Normal(mean, (log_var / 2).exp()), Normal(torch.zeros(5, 3), torch.ones(5, 3))
    expected = kl_divergence(Independent(q, 1), Independent(prior, 1))
    torch.testing.assert_close(kl_to_standard_normal(mean, log_var), expected)
    expected = Independent(Normal(mean, 0.3), 1).log_prob(x)
    torch.testing.assert_close(log_normal(x, mean, 0.3), expected)


def test_the_elbo_is_a_bound() -> None:
    """With one latent, log p(x) is an integral that can be computed: the ELBO stays below it."""
    torch.manual_seed(0)
    game = make("vae", spaces={"x": Image(1, 2, 2)}, hidden=8, latent=1, std=0.5)
    x = torch.rand(1, 1, 2, 2) * 2 - 1
    game.chance = Chance("test")
    (move,) = game.play(iter([Batch(x=x.expand(20_000, 1, 2, 2))]))
    elbo, figures = -move.loss.item(), {k: v.item() for k, v in move.figures.items()}
    assert elbo == pytest.approx(figures["elbo"])
    assert elbo == pytest.approx(figures["reconstruction"] - figures["kl"])

    z = torch.linspace(-8, 8, 4001)[:, None]
    with torch.no_grad():
        joint = log_normal(x, game.generate(z), 0.5) + Normal(0.0, 1.0).log_prob(z[:, 0])
        mean, log_var = game.E(x)
        posterior = Normal(mean, (log_var / 2).exp()).log_prob(z)[:, 0]
    step = float(z[1] - z[0])
    evidence = float(joint.logsumexp(0)) + torch.tensor(step).log().item()
    gap = float((posterior.exp() * (posterior - (joint - evidence))).sum() * step)
    assert gap > 0.01  # KL(q(z|x) || p(z|x)), which is what the bound misses (eq. 1)
    assert elbo == pytest.approx(evidence - gap, abs=0.02)


def test_it_learns_digits() -> None:
    """The ELBO rises, and held-out digits come back 3 times better than from the mean digit."""
    torch.manual_seed(0)
    digits = load("digits", size=8)
    game = make("vae", spaces=digits.spaces)
    trainer = Trainer(game, digits.tables, rounds=300)
    elbos = []
    while not trainer.clock.done:
        trainer.round()
        elbos.append(trainer.figures()["elbo"])
    assert sum(elbos[-10:]) / 10 > sum(elbos[:10]) / 10 + 20

    table = load("digits", size=8, split="test").tables[0]
    held_out = table.fetch(torch.arange(len(table)))["x"]
    seen = digits.tables[0].fetch(torch.arange(len(digits.tables[0])))["x"]
    with torch.no_grad():
        error = (game.reconstruct(held_out) - held_out).square().mean()
    assert (held_out - seen.mean(0)).square().mean() > 3 * error


@pytest.mark.parametrize("space", [Image(1, 28, 28), Image(3, 5, 9), Image(4, 1, 1)])
def test_it_makes_any_size(space: Space) -> None:
    game = make("vae", spaces={"x": space}, **TINY)
    made, inputs = game.sample(3)
    assert game.output.why_not(made) is None
    assert game.reconstruct(made).shape == made.shape
    with pytest.raises(UsageError, match="no discriminator"):
        game.scores(made, inputs)


def test_it_refuses_a_std_of_zero() -> None:
    with pytest.raises(UsageError, match="std must be above 0, not 0"):
        make("vae", std=0.0)

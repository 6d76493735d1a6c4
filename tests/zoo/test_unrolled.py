from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from ganvas import data
from ganvas.core import Batch, Chance, Image, Points, Settings, Space, Trainer
from ganvas.core.registry import card, make
from ganvas.losses.adversarial import minimax_d
from ganvas.metrics.toy import modes_covered
from ganvas.testing import StandIn

PLANE = {"x": Points(2)}
TINY = {"noise": 4, "hidden": 8, "batch": 8}


@pytest.fixture
def double_precision() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def test_the_paper_s_size() -> None:
    """Appendix A: two hidden layers of 128 in G, one in D."""
    players = card("unrolled", "paper").players
    G = (256 * 128 + 128) + (128 * 128 + 128) + (128 * 2 + 2)
    assert players["G"]["parameters"] == G
    assert players["D"]["parameters"] == (2 * 128 + 128) + (128 + 1)
    assert players["D"]["optimiser"].startswith("Adam(lr=0.0001, betas=(0.5, 0.999)")


def _played(rounds: int, micro_batches: int = 1, **config: object) -> Trainer:
    torch.manual_seed(0)
    game = make("unrolled", spaces=PLANE, **{**TINY, **config})
    settings = Settings(micro_batches=micro_batches, device="cpu")
    trainer = Trainer(game, [StandIn(PLANE)], rounds=100, settings=settings)
    for _ in range(rounds):
        trainer.round()
    return trainer


@pytest.mark.usefixtures("double_precision")
@pytest.mark.parametrize("micro_batches", [1, 2])
def test_its_moments_are_those_of_the_optimiser(micro_batches: int) -> None:
    trainer = _played(3, micro_batches)
    game, state = trainer.game, trainer.optimisers["D"].state
    for mine, theirs in (("first", "exp_avg"), ("second", "exp_avg_sq")):
        expected = torch.cat([state[p][theirs].flatten() for p in game.D.net.parameters()])
        torch.testing.assert_close(getattr(game, mine), expected)
    assert game.counted == game.D.steps == 3


@pytest.mark.usefixtures("double_precision")
def test_the_imagined_steps_are_those_that_adam_would_take() -> None:
    trainer = _played(2)
    game, K = trainer.game, game_steps(trainer)
    x, fake = torch.randn(8, 2), torch.randn(8, 2)
    theta = game._weights()
    loss = minimax_d(game.D_at(theta, x), game.D_at(theta, fake))
    ahead = game._ahead(theta, loss, x, fake).detach()
    optimiser = trainer.optimisers["D"]
    for _ in range(K):
        optimiser.zero_grad()
        minimax_d(game.D(x), game.D(fake)).backward()
        optimiser.step()
    torch.testing.assert_close(ahead, game._weights().detach())


def game_steps(trainer: Trainer) -> int:
    return int(trainer.game.config.ahead)


@pytest.mark.usefixtures("double_precision")
def test_the_slope_goes_through_the_imagined_steps() -> None:
    """Against differences of the loss, whose D learns anew from each changed sample."""
    trainer = _played(2, ema=None, lr_d=3e-2)
    game, x = trainer.game, torch.randn(8, 2)

    def loss(fake: torch.Tensor) -> torch.Tensor:
        theta = game._weights()
        now = minimax_d(game.D_at(theta, x), game.D_at(theta, fake))
        theta = game._ahead(theta, now, x, fake)
        return minimax_d(game.D_at(theta, x), game.D_at(theta, fake))

    fake = torch.randn(8, 2, requires_grad=True)
    (slope,) = torch.autograd.grad(loss(fake), fake)
    theta = game._weights()
    (short,) = torch.autograd.grad(minimax_d(game.D_at(theta, x), game.D_at(theta, fake)), fake)
    at = fake.detach()
    for i, j in ((0, 0), (3, 1), (7, 0)):
        step = torch.zeros_like(at)
        step[i, j] = 1e-6
        difference = float((loss(at + step) - loss(at - step)).detach()) / 2e-6
        assert float(slope[i, j]) == pytest.approx(difference, rel=1e-4, abs=1e-8)
    assert not torch.allclose(slope, short, rtol=0.05)


def test_without_steps_it_is_the_minimax_game() -> None:
    torch.manual_seed(0)
    game = make("unrolled", spaces=PLANE, ahead=0, ema=None, **TINY)
    x = torch.randn(6, 2)
    game.chance = Chance("test")
    moves = list(game.play(iter([Batch(x=x)])))
    game.chance = Chance("test")
    fake, other = game.G(game.noise(6)), game.G(game.noise(6))
    p, q, r = (game.D(v).sigmoid() for v in (x, fake, other))
    torch.testing.assert_close(moves[0].loss, -p.log().mean() - (1 - q).log().mean())
    torch.testing.assert_close(moves[1].loss, p.log().mean() + (1 - r).log().mean())
    assert moves[1].figures["ahead"] == 0


def test_looking_ahead_finds_more_of_the_ring() -> None:
    found = []
    for steps in (0, 5):
        torch.manual_seed(0)
        game = make("unrolled", spaces=PLANE, ahead=steps, noise=8, hidden=64, ema=0.98)
        Trainer(game, data.load("ring8").tables, rounds=600, seed=0).run()
        found.append(modes_covered(game.sample(2000)[0], "ring8", 10))
    assert found[1] >= 6
    assert found[1] > found[0]


@pytest.mark.parametrize("space", [Image(1, 28, 28), Image(4, 8, 12), Points(1)])
def test_spaces_it_plays_in(space: Space) -> None:
    game = make("unrolled", spaces={"x": space}, width=4, batch=8, noise=4)
    Trainer(game, [StandIn({"x": space})], rounds=1).run()
    made, inputs = game.sample(3)
    assert game.output.why_not(made) is None
    assert game.scores(made, inputs).shape == (3,)

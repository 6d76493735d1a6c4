from __future__ import annotations

import pytest
import torch
from torch import nn

from ganvas import data
from ganvas.core import Batch, Chance, Image, Points, Space, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.testing import StandIn

LINE = {"x": Points(1)}


def test_the_official_sizes() -> None:
    """The counts of the authors' own DCGAN networks at 64x64x3, which have no biases."""
    players = card("wgan", "paper").players
    assert players["G"]["parameters"] == 3_576_704
    assert players["C"]["parameters"] == 2_765_568
    assert players["C"]["optimiser"].startswith("RMSProp(lr=5e-05")


def test_the_paper_s_numbers() -> None:
    config = make("wgan", preset="paper", spaces={"x": Image(3, 8, 8)}, width=2).config
    assert (config.critic_steps, config.clip, config.batch) == (5, 0.01, 64)


def test_five_steps_of_the_critic_then_one_of_the_generator() -> None:
    game = make("wgan", spaces=LINE)
    batches = [Batch(x=torch.full((4, 1), float(i))) for i in range(6)]
    game.chance = Chance("test")
    data, seen = iter(batches), []
    for move in game.play(data):
        seen.append(move.players[0])
        if move.players[0] is game.C:
            x = batches[len(seen) - 1].x
            assert move.figures["wasserstein"].item() == pytest.approx(-move.loss.item())
            with torch.no_grad():
                game.chance, later = Chance("test"), game.chance
                for _ in range(len(seen)):
                    z = game.noise(4)
                game.chance = later
                gap = game.C(x).mean() - game.C(game.G(z)).mean()
            torch.testing.assert_close(move.figures["wasserstein"].detach(), gap)
    assert seen == [game.C] * 5 + [game.G]
    assert len(list(data)) == 1, "G's own step takes no data"


@pytest.mark.parametrize("space", [Points(2), Image(1, 8, 8)])
def test_the_critic_s_weights_are_clipped(space: Space) -> None:
    game = make("wgan", spaces={"x": space}, clip=0.003, batch=8)
    assert any(p.abs().max() > 0.003 for p in game.C.net.parameters())
    Trainer(game, [StandIn({"x": space})], rounds=1).run()
    assert all(p.abs().max() <= 0.003 for p in game.C.net.parameters())
    assert any(p.abs().max() > 0.003 for p in game.G.net.parameters())


def test_it_finds_a_gaussian() -> None:
    """Samples that begin around 0 move to mean 1 and a spread near 0.5."""
    torch.manual_seed(0)
    game = make("wgan", spaces=LINE, hidden=32, noise=4, lr=2e-3, clip=0.1, ema=0.9)
    before = game.sample(1000)[0]
    Trainer(game, data.load("gaussian1d").tables, rounds=80).run()
    after = game.sample(1000)[0]
    assert abs(before.mean() - 1) > 0.6
    assert abs(after.mean() - 1) < 0.2
    assert 0.3 < after.std() < 0.85


@pytest.mark.parametrize("space", [Image(1, 28, 28), Image(3, 16, 24), Points(3)])
def test_sizes_it_makes(space: Space) -> None:
    game = make("wgan", spaces={"x": space})
    made, inputs = game.sample(3)
    assert game.output.why_not(made) is None
    assert game.scores(made, inputs).shape == (3,)


def test_sizes_it_refuses() -> None:
    with pytest.raises(UsageError, match="wgan cannot make 30x30 .* 28x28 or 32x32"):
        make("wgan", spaces={"x": Image(1, 30, 30)})


def test_the_critic_is_as_in_the_paper_s_experiments() -> None:
    C = make("wgan").C
    assert any(isinstance(m, nn.BatchNorm2d) for m in C.modules())
    assert not any(isinstance(m, nn.Sigmoid) for m in C.modules())

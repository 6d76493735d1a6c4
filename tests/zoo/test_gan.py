from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from ganvas import data
from ganvas.core import Batch, Chance, Image, Points, Trainer, UsageError
from ganvas.core.registry import card, make

LINE = {"x": Points(1)}
TINY = {"hidden": 32, "units": 16, "noise": 4}


def test_the_paper_s_size() -> None:
    players = card("gan", "paper").players
    G = (100 * 1200 + 1200) + (1200 * 1200 + 1200) + (1200 * 784 + 784)
    D = 5 * 240 * (784 + 1) + 5 * 240 * (240 + 1) + (240 + 1)
    assert players["G"]["parameters"] == G == 2_503_984
    assert players["D"]["parameters"] == D == 1_231_441
    assert players["D"]["optimiser"].startswith("SGD(lr=0.1@0 ")


def test_the_paper_s_learning_rate() -> None:
    """0.1 / 1.000004^step over 125,000 steps, as close as a broken line comes to it."""
    lr = make("gan", preset="paper").config.lr
    for progress in torch.linspace(0, 1, 41).tolist():
        assert lr.at(progress) == pytest.approx(0.1 * 1.000004 ** (-125_000 * progress), rel=0.003)


@pytest.mark.parametrize("loss", ["minimax", "non-saturating"])
def test_what_each_player_wants(loss: str) -> None:
    """Equation 1 and its section 3 variant, from the probabilities themselves."""
    torch.manual_seed(0)
    game = make("gan", spaces=LINE, loss=loss, ema=None)
    x = torch.randn(6, 1)

    def probability(x: torch.Tensor) -> torch.Tensor:
        return game.D(x).sigmoid()

    game.chance = Chance("test")
    moves = list(game.play(iter([Batch(x=x)])))
    game.chance = Chance("test")
    fake, other = game.G(game.noise(6)), game.G(game.noise(6))
    value = probability(x).log().mean() + (1 - probability(fake)).log().mean()
    wish = (
        (1 - probability(other)).log().mean()
        if loss == "minimax"
        else -probability(other).log().mean()
    )
    torch.testing.assert_close(moves[0].loss, -value)
    torch.testing.assert_close(moves[1].loss, wish)
    torch.testing.assert_close(moves[0].figures["D(G(z))"], probability(fake).mean())


@pytest.mark.parametrize("loss", ["minimax", "non-saturating"])
def test_it_finds_a_gaussian(loss: str) -> None:
    """Samples that begin around 0 move to mean 1, and their spread to the order of 0.5."""
    torch.manual_seed(0)
    game = make("gan", spaces=LINE, loss=loss, lr="5e-3@0 0@1", ema=0.9, **TINY)
    before = game.sample(1000)[0]
    Trainer(game, data.load("gaussian1d").tables, rounds=150).run()
    after = game.sample(1000)[0]
    assert abs(before.mean() - 1) > 0.6
    assert abs(after.mean() - 1) < 0.35
    assert 0.15 < after.std() < 1.0


@pytest.mark.parametrize(
    "space", [Image(1, 7, 13), Image(3, 5, 5), Image(4, 1, 9), Points(1), Points(3)]
)
def test_any_size(space: Image | Points) -> None:
    game = make("gan", spaces={"x": space})
    made, inputs = game.sample(3)
    assert game.output.why_not(made) is None
    assert game.scores(made, inputs).shape == (3,)


def test_only_pictures_meet_dropout() -> None:
    def drops(**spaces: Image | Points) -> list[float]:
        return [m.p for m in make("gan", spaces=spaces).modules() if isinstance(m, nn.Dropout)]

    assert drops(x=Points(2)) == []
    assert drops(x=Image(1, 8, 8)) == pytest.approx([0.2, 0.5, 0.5])


def test_judging_is_not_random() -> None:
    game = make("gan").eval()
    x = torch.rand(4, 1, 16, 16) * 2 - 1
    assert torch.equal(game.judge(x), game.judge(x))


def test_unknown_loss() -> None:
    with pytest.raises(UsageError, match="minimax"):
        make("gan", loss="cross-entropy")


def test_at_first_nobody_can_tell() -> None:
    """With the default sizes, D begins near probability 1/2 and both losses near log 2."""
    game = make("gan", spaces=LINE)
    game.chance = Chance("test")
    d, g = game.play(iter([Batch(x=torch.zeros(64, 1))]))
    assert d.loss.item() == pytest.approx(2 * math.log(2), abs=0.4)
    assert g.loss.item() == pytest.approx(math.log(2), abs=0.3)

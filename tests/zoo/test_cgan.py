from __future__ import annotations

import math

import pytest
import torch

from ganvas.core import Batch, Chance, Image, Label, Space, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.data.source import Rows

TINY = {"noise": 4, "hidden_z": 16, "hidden_y": 16, "hidden": 32, "units_x": 16, "units": 16}
SMALL = {"x": Image(1, 2, 2), "label": Label(2)}


def test_the_paper_s_size() -> None:
    players = card("cgan", "paper").players
    G = (100 * 200 + 200) + (10 * 1000 + 1000) + (1200 * 1200 + 1200) + (1200 * 784 + 784)
    D = 5 * 240 * (784 + 1) + 5 * 50 * (10 + 1) + 4 * 240 * (240 + 50 + 1) + (240 + 1)
    assert players["G"]["parameters"] == G == 2_413_984
    assert players["D"]["parameters"] == D == 1_224_351


def test_the_paper_s_learning_rate() -> None:
    """0.1 / 1.00004^step down to 1e-6, as close as a broken line comes to it."""
    config = make("cgan", preset="paper").config
    steps = config.images / config.batch
    for progress in torch.linspace(0, 1, 65).tolist():
        expected = 0.1 * 1.00004 ** (-steps * progress)
        assert config.lr.at(progress) == pytest.approx(expected, rel=0.08)
    assert config.lr.at(1) == pytest.approx(1e-6)


def test_what_each_player_wants() -> None:
    """Equation 2: everybody sees the labels of the batch."""
    torch.manual_seed(0)
    game = make("cgan", spaces=SMALL, dropout=0.0, ema=None)
    x, label = torch.rand(6, 1, 2, 2), torch.tensor([0, 1, 1, 0, 1, 0])
    y = torch.eye(2)[label]
    game.chance = Chance("test")
    moves = list(game.play(iter([Batch(x=x, label=label)])))

    game.chance = Chance("test")
    fake, other = game.G(game.noise(6), y), game.G(game.noise(6), y)
    p, q, r = (game.D(v, y).sigmoid() for v in (x, fake, other))
    torch.testing.assert_close(moves[0].loss, -(p.log().mean() + (1 - q).log().mean()))
    torch.testing.assert_close(moves[1].loss, -r.log().mean())


def test_it_draws_what_it_is_asked_for() -> None:
    """Class 0 is dark, class 1 bright; after a few rounds G knows."""
    label = torch.arange(200) % 2
    noise = torch.rand(200, 1, 2, 2, generator=torch.Generator().manual_seed(0))
    x = (label * 1.2 - 0.6).view(-1, 1, 1, 1) + 0.2 * (noise - 0.5)
    torch.manual_seed(0)
    game = make("cgan", spaces=SMALL, ema=0.9, dropout=0.2, lr=5e-3, **TINY)
    Trainer(game, [Rows(SMALL, {"x": x, "label": label})], rounds=100).run()
    for asked, shade in ((0, -0.6), (1, 0.6)):
        made = game.sample(200, label=torch.tensor([asked]))[0]
        assert abs(made.mean() - shade) < 0.2
        assert (made.flatten(1).mean(1).sign() == math.copysign(1, shade)).all()


@pytest.mark.parametrize("space", [Image(1, 7, 13), Image(3, 5, 5), Image(4, 16, 8)])
def test_any_size(space: Space) -> None:
    game = make("cgan", spaces={"x": space, "label": Label(3)})
    made, inputs = game.sample(4)
    assert game.output.why_not(made) is None
    assert game.inputs["label"].why_not(inputs["label"]) is None
    assert game.scores(made, inputs).shape == (4,)


def test_noise_is_uniform() -> None:
    z = make("cgan").inputs["z"].sample(1000, torch.Generator().manual_seed(0))
    assert z.min() >= -1
    assert z.max() <= 1
    assert z.std().item() == pytest.approx(3**-0.5, rel=0.02)


def test_a_label_that_does_not_exist() -> None:
    with pytest.raises(UsageError, match=r"outside 0\.\.9"):
        make("cgan").sample(1, label=torch.tensor([10]))

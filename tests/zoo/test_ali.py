from __future__ import annotations

import pytest
import torch

from ganvas import data
from ganvas.core import Batch, Chance, Image, Points, Space, Trainer, UsageError
from ganvas.core.registry import card, make

LINE = {"x": Points(1)}
TINY = {"noise": 3, "hidden": 16}


def test_the_paper_s_size() -> None:
    """The SVHN networks, appendix A: weights, batch norms and the few biases."""
    players = card("ali", "paper").players
    down = 3 * 32 * 25 + 32 * 64 * 16 + 64 * 128 * 16 + 128 * 256 * 16 + 256 * 512 * 16
    norms = 2 * (64 + 128 + 256 + 512)
    E = down + norms + 2 * 32 + 512 * 512 + 2 * 512 + 512 * 512 + 512
    up = 256 * 256 * 16 + 256 * 128 * 16 + 128 * 64 * 16 + 64 * 32 * 16 + 32 * 32 * 25 + 32 * 32
    G = up + 2 * (256 + 128 + 64 + 32 + 32 + 32) + 32 * 3 + 3 * 32 * 32
    D = down + norms + 32 + 256 * 512 + 512 * 512 + 2 * (1024 * 1024 + 1024) + 1025
    assert players["E"]["parameters"] == E
    assert players["G"]["parameters"] == G
    assert players["D"]["parameters"] == D
    assert card("ali").moves == ["D", "G+E"]


def test_what_each_player_wants() -> None:
    torch.manual_seed(0)
    game = make("ali", spaces=LINE, ema=None, **TINY)
    x = torch.randn(6, 1)
    game.chance = Chance("test")
    moves = list(game.play(iter([Batch(x=x)])))

    def guess() -> torch.Tensor:
        mean, log_std = game.E(x).chunk(2, 1)
        return mean + log_std.exp() * game.noise(6)

    game.chance = Chance("test")
    z = game.noise(6)
    p, q = game.D(x, guess()).sigmoid(), game.D(game.G(z), z).sigmoid()
    torch.testing.assert_close(moves[0].loss, -p.log().mean() - (1 - q).log().mean())
    z = game.noise(6)
    p, q = game.D(x, guess()).sigmoid(), game.D(game.G(z), z).sigmoid()
    torch.testing.assert_close(moves[1].loss, -(1 - p).log().mean() - q.log().mean())


def test_the_encoder_becomes_the_generator_s_inverse() -> None:
    """Nobody asks for copies, and yet they come; and the codes follow the law of z."""
    torch.manual_seed(0)
    game = make("ali", spaces={"x": Points(2)}, noise=2, hidden=128, ema=0.98, batch=128)
    source = data.load("ring8")
    x = source.tables[0].fetch(torch.arange(1000))["x"]

    def miss() -> float:
        with torch.no_grad():
            return float((game.reconstruct(x) - x).square().mean())

    assert miss() > float(x.var())
    Trainer(game, source.tables, rounds=1500).run()
    assert miss() < 0.1 * float(x.var())
    code = game.encode(x).detach()
    assert code.mean(0).abs().max() < 0.5
    assert 0.5 < float(code.std()) < 1.5


@pytest.mark.parametrize(
    "space", [Image(1, 32, 32), Image(3, 28, 28), Image(4, 20, 33), Image(1, 64, 41)]
)
def test_sizes_the_convolutions_make(space: Space) -> None:
    game = make("ali", spaces={"x": space}, network="convolutional", noise=5)
    made, inputs = game.sample(3)
    assert game.output.why_not(made) is None
    assert game.scores(made, inputs).shape == (3,)
    game.eval()
    assert game.encode(made).shape == (3, 5)
    assert game.reconstruct(made).shape == made.shape


def test_small_pictures_need_dense_networks() -> None:
    with pytest.raises(UsageError, match="at least 20x20 pixels, not 16x16"):
        make("ali", network="convolutional")

from __future__ import annotations

import pytest
import torch

from ganvas.core import Batch, Chance, Image, Points, Space, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.data.source import Rows
from ganvas.testing import StandIn

PLANE = {"x": Points(2)}
TINY = {"hidden": 8, "units": 4, "width": 4}


def test_the_paper_s_size() -> None:
    """The authors' 2D-grid: four normed layers of 400, three of 200 maxout units of 5 pieces."""
    players = card("pacgan", "paper").players
    G = 2 * 400 + 3 * 400 * 400 + 4 * 2 * 400 + 400 * 2 + 2
    D = 5 * 200 * (2 * 2 + 1) + 2 * 5 * 200 * (200 + 1) + 201
    assert players["G"]["parameters"] == G == 484_802
    assert players["D"]["parameters"] == D == 407_201
    assert players["D"]["optimiser"].startswith("Adam(lr=0.0001, betas=(0.8, 0.999)")


def test_packing_changes_the_first_layer_of_D_only() -> None:
    for spaces, more in ((PLANE, 2 * 5 * 4), ({"x": Image(3, 8, 8)}, 3 * 4 * 16)):
        sizes = []
        for pack in (1, 2, 3):
            game = make("pacgan", spaces=spaces, pack=pack, **TINY)
            sizes.append([sum(p.numel() for p in who.parameters()) for who in (game.G.net, game.D)])
        assert sizes[1][0] == sizes[0][0] == sizes[2][0]
        assert sizes[1][1] - sizes[0][1] == sizes[2][1] - sizes[1][1] == more


def test_what_each_player_wants() -> None:
    torch.manual_seed(0)
    game = make("pacgan", spaces=PLANE, ema=None, pack=3, **TINY)
    x = [torch.randn(5, 2) for _ in range(3)]
    game.chance = Chance("test")
    moves = list(game.play(iter([Batch(x=part) for part in x])))

    game.chance = Chance("test")
    fake, other = ([game.G(game.noise(5)) for _ in range(3)] for _ in range(2))
    p, q, r = (game.D(torch.cat(pack, 1)).sigmoid() for pack in (x, fake, other))
    torch.testing.assert_close(moves[0].loss, -p.log().mean() - (1 - q).log().mean())
    torch.testing.assert_close(moves[1].loss, -r.log().mean())


def test_a_pack_gives_away_what_a_sample_cannot() -> None:
    """Generated: always the same of two points. Each is one of the data's; two are too alike."""
    x = torch.tensor([[-1.0, 0.0], [1.0, 0.0]]).repeat(200, 1)
    losses = []
    for pack in (1, 2):
        torch.manual_seed(0)
        game = make("pacgan", spaces=PLANE, pack=pack, lr=0.0, ema=None, **TINY)
        game.G.recipe = type(game.G.recipe)(0.0)
        game.D.recipe = type(game.D.recipe)(1e-2)
        torch.nn.init.zeros_(game.G.net.layers[-1].weight)
        game.G.net.layers[-1].bias.data = torch.tensor([1.0, 0.0])
        trainer = Trainer(game, [Rows(PLANE, {"x": x})], rounds=150)
        while trainer.clock.round < 149:
            trainer.round()
        trainer.figures()
        trainer.run()
        losses.append(trainer.figures()["loss/D"])
    # The best D's loss: half of the data is nothing like the samples; of packs, three quarters.
    best = [1.5 * h(1 / 3) for h in (entropy,)] + [1.25 * entropy(1 / 5)]
    assert losses == pytest.approx(best, abs=0.08)


def entropy(p: float) -> float:
    """In nats, of a coin."""
    q = torch.tensor([p, 1 - p])
    return float(-(q * q.log()).sum())


@pytest.mark.parametrize("space", [Image(1, 28, 28), Image(4, 8, 12), Points(1)])
def test_spaces_it_plays_in(space: Space) -> None:
    game = make("pacgan", spaces={"x": space}, batch=8, **TINY)
    Trainer(game, [StandIn({"x": space})], rounds=1).run()
    made, inputs = game.sample(3)
    assert game.output.why_not(made) is None
    with pytest.raises(UsageError, match="no discriminator"):
        game.scores(made, inputs)

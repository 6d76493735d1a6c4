from __future__ import annotations

import itertools

import pytest
import torch
from torch.nn.functional import softplus

from ganvas.core import Batch, Chance, Image, Space, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.data.source import Rows
from ganvas.testing import StandIn

PICTURES = {"x": Image(1, 16, 16), "y": Image(1, 16, 16)}
TINY = {"noise": 4, "width": 4, "maps": (4, 6), "units": 8, "batch": 8}


def test_the_paper_s_size() -> None:
    """The authors' MNIST networks (their D ends in two numbers, ours in one)."""
    players = card("cogan", "paper").players
    maps = [1024, 512, 256, 128]
    G = 100 * 1024 * 16 + 1024 + 4
    G += sum(9 * a * b + b for a, b in itertools.pairwise(maps))
    G += 2 * (128 * 36 + 1)
    D = 2 * (25 * 20 + 20) + 25 * 20 * 50 + 50 + 50 * 16 * 500 + 500 + 1 + 500 + 1
    assert players["G"]["parameters"] == G
    assert players["D"]["parameters"] == D


def test_what_each_player_wants() -> None:
    torch.manual_seed(0)
    game = make("cogan", spaces=PICTURES, ema=None, r1=0.0, **TINY)
    x, y = (torch.rand(8, 1, 16, 16) * 2 - 1 for _ in range(2))
    game.chance = Chance("test")
    moves = list(game.play(iter([Batch(x=x, y=y)])))
    game.chance = Chance("test")
    fake, other = game.G(game.noise(8)), game.G(game.noise(8))
    sides = zip(game.D(x, y), game.D(*fake), strict=True)
    expected = sum(softplus(-r).mean() + softplus(f).mean() for r, f in sides)
    torch.testing.assert_close(moves[0].loss, expected)
    expected = sum(softplus(-f).mean() for f in game.D(*other))
    torch.testing.assert_close(moves[1].loss, expected)


def test_the_penalty_is_r1_on_both_sides() -> None:
    torch.manual_seed(0)
    game = make("cogan", spaces=PICTURES, r1=2.0, **TINY)
    x, y = (torch.rand(8, 1, 16, 16) * 2 - 1 for _ in range(2))
    game.chance = Chance("test")
    move = next(iter(game.play(iter([Batch(x=x, y=y)]))))
    x, y = x.clone().requires_grad_(), y.clone().requires_grad_()
    slopes = torch.autograd.grad(sum(s.sum() for s in game.D(x, y)), [x, y])
    expected = sum(slope.flatten(1).square().sum(1).mean() / 2 for slope in slopes)
    torch.testing.assert_close(move.figures["r1"], expected)


def test_what_is_shared() -> None:
    """The two sides differ in one layer of each network, and meet in all others."""
    game = make("cogan", spaces=PICTURES, **TINY)
    z = torch.randn(2, 4)
    for side, own, other in ((0, "to_x", "to_y"), (1, "to_y", "to_x")):
        made = game.G(z)[side].sum()
        named = dict(game.G.net.named_parameters())
        slopes = torch.autograd.grad(made, list(named.values()), allow_unused=True)
        unused = {n.partition(".")[0] for n, s in zip(named, slopes, strict=True) if s is None}
        assert unused == {other}
        assert own in {name.partition(".")[0] for name in named}
    x, y = game.G(z)
    score = game.D(x, y)[0].sum()
    named = dict(game.D.net.named_parameters())
    slopes = torch.autograd.grad(score, list(named.values()))
    still = [n.partition(".")[0] for n, s in zip(named, slopes, strict=True) if not s.any()]
    assert "of_y" in still
    assert "of_x" not in still


def test_pairs_agree() -> None:
    """x is a bright top or a bright bottom, y a striped one: z decides which, for both."""
    torch.manual_seed(0)
    half = torch.full((128, 1, 16, 16), -0.8)
    half[::2, :, :8], half[1::2, :, 8:] = 0.8, 0.8
    half += 0.1 * torch.randn(half.shape)
    striped = half.clone()
    striped[..., ::2] = -0.8
    tables = [Rows({"x": PICTURES["x"]}, {"x": half}), Rows({"y": PICTURES["y"]}, {"y": striped})]
    game = make("cogan", spaces=PICTURES, **{**TINY, "width": 8, "batch": 32}, ema=0.9)
    Trainer(game, tables, rounds=250).run()
    game.eval()
    with torch.no_grad():
        x, y = game.pair(torch.randn(400, 4))
    on_top = [v[:, :, :8].mean((1, 2, 3)) - v[:, :, 8:].mean((1, 2, 3)) for v in (x, y)]
    assert 0.1 < float((on_top[0] > 0).float().mean()) < 0.9
    assert float(((on_top[0] > 0) == (on_top[1] > 0)).float().mean()) > 0.95


@pytest.mark.parametrize("space", [Image(1, 28, 28), Image(3, 17, 40), Image(4, 64, 64)])
def test_sizes_it_makes(space: Image) -> None:
    other: Space = Image(1, space.height, space.width)
    spaces = {"x": space, "y": other}
    game = make("cogan", spaces=spaces, **TINY)
    Trainer(game, [StandIn(spaces)], rounds=1).run()
    made, inputs = game.sample(3)
    assert game.output.why_not(made) is None
    assert game.scores(made, inputs).shape == (3,)
    assert other.why_not(game.pair(inputs["z"])[1].detach()) is None


def test_sizes_it_refuses() -> None:
    with pytest.raises(UsageError, match="at least 16x16 pixels, not 8x8"):
        make("cogan", spaces={"x": Image(1, 8, 8), "y": Image(1, 8, 8)})
    with pytest.raises(UsageError, match="same size, not 16x16 and 32x32"):
        make("cogan", spaces={"x": Image(1, 16, 16), "y": Image(1, 32, 32)})

"""The games that are little more than a loss or a penalty: LSGAN, DRAGAN, relativistic, f-GAN."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import softplus

from ganvas import data
from ganvas.core import Batch, Chance, Image, Points, Trainer
from ganvas.core.registry import card, make

LINE = {"x": Points(1)}
GAMES = ("lsgan", "dragan", "relativistic", "fgan")
PLAIN = {"penalty": (), "penalty_weight": None}
SMALL = {"hidden": 8, "noise": 3, "batch": 6}


def first_moves(name: str, **config: object) -> tuple[Tensor, ...]:
    """The losses of both moves, the scores that they are made of, and the game."""
    torch.manual_seed(1)
    game = make(name, spaces={"x": Points(2)}, **{**SMALL, **config})
    x = Chance("x").normal(6, 2)
    game.chance = Chance("test")
    d, g = game.play(iter([Batch(x=x)]))
    chance = Chance("test")
    fake = game.G(chance.draw(game.inputs["z"], 6))
    if "dragan" in game.config.penalty:
        chance.draws += 1
    again = game.G(chance.draw(game.inputs["z"], 6))
    return d.loss, g.loss, game.D(x), game.D(fake), game.D(again)


def test_least_squares() -> None:
    d, g, real, fake, again = first_moves("lsgan", **PLAIN)
    torch.testing.assert_close(d, ((real - 1) ** 2).mean() / 2 + (fake**2).mean() / 2)
    torch.testing.assert_close(g, ((again - 1) ** 2).mean() / 2)


def test_relativistic_average_and_in_pairs() -> None:
    """Equations 10, 11, 14 and 15, with D̃ written out."""
    d, g, real, fake, again = first_moves("relativistic", **PLAIN)
    d_real, d_fake = (real - fake.mean()).sigmoid(), (fake - real.mean()).sigmoid()
    torch.testing.assert_close(d, -d_real.log().mean() - (1 - d_fake).log().mean())
    g_real, g_fake = (real - again.mean()).sigmoid(), (again - real.mean()).sigmoid()
    torch.testing.assert_close(g, -g_fake.log().mean() - (1 - g_real).log().mean())
    d, g, real, fake, again = first_moves("relativistic", loss="relativistic", **PLAIN)
    torch.testing.assert_close(d, -(real - fake).sigmoid().log().mean())
    torch.testing.assert_close(g, -(again - real).sigmoid().log().mean())


def test_dragan_is_the_plain_game_and_a_penalty() -> None:
    d, g, real, fake, again = first_moves("dragan", penalty_weight=0.0)
    torch.testing.assert_close(d, softplus(-real).mean() + softplus(fake).mean())
    torch.testing.assert_close(g, softplus(-again).mean())
    assert first_moves("dragan", penalty_weight=10.0)[0] > d


@pytest.mark.parametrize("divergence", ["kl", "reverse-kl", "pearson", "js"])
def test_f_gan_plays_the_divergence_that_it_is_told(divergence: str) -> None:
    d, g, real, fake, again = first_moves("fgan", loss=divergence, **PLAIN)
    log2 = torch.tensor(2.0).log()
    activation, conjugate = {
        "kl": (lambda v: v, lambda t: (t - 1).exp()),
        "reverse-kl": (lambda v: -(-v).exp(), lambda t: -1 - (-t).log()),
        "pearson": (lambda v: v, lambda t: t**2 / 4 + t),
        "js": (lambda v: log2 - (1 + (-v).exp()).log(), lambda t: -(2 - t.exp()).log()),
    }[divergence]
    bound = activation(real).mean() - conjugate(activation(fake)).mean()
    torch.testing.assert_close(d, -bound)
    torch.testing.assert_close(g, -activation(again).mean())


@pytest.mark.parametrize("name", GAMES)
def test_it_finds_a_gaussian(name: str) -> None:
    """Samples that begin around 0 move to mean 1 and a spread near 0.5."""
    torch.manual_seed(0)
    weight = {"penalty_weight": 0.1} if name == "dragan" else {}  # 10 is for pictures
    game = make(name, spaces=LINE, hidden=32, noise=4, lr=2e-3, ema=0.9, **weight)
    before = game.sample(1000)[0]
    Trainer(game, data.load("gaussian1d").tables, rounds=400).run()
    after = game.sample(1000)[0]
    assert abs(before.mean() - 1) > 0.6
    assert abs(after.mean() - 1) < 0.35
    assert 0.2 < after.std() < 0.9


@pytest.mark.parametrize("name", GAMES)
def test_pictures_and_points_have_networks_of_their_own(name: str) -> None:
    small = {"width": 2, "noise": 3}
    for space in (Image(3, 16, 24), Points(3)):
        game = make(name, spaces={"x": space}, **small)
        assert game.sample(2)[0].shape == (2, *space.shape)
        assert game.judge(torch.zeros(2, *space.shape)).shape == (2,)
    paper = card(name, "paper")
    assert paper.players["G"]["network"] == "DCGANGenerator"
    assert paper.players["G"]["parameters"] > 1_000_000

"""Auxiliary classifier GAN: what is learned from labels, by both sides."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch.nn.functional import cross_entropy

from ganvas.core import Batch, Chance, Image, Label, Trainer
from ganvas.core.registry import card, make
from ganvas.data.source import Rows
from ganvas.losses.adversarial import minimax_d, nonsaturating_g

SPACES = {"x": Image(1, 8, 8), "label": Label(3)}
SMALL = {"width_g": 4, "width_d": 4, "noise": 3, "batch": 9, "dropout": 0.0}


def test_the_paper_s_networks() -> None:
    """Appendix A, table 2: counted layer by layer, for 32x32 pictures of 10 classes."""
    players = card("acgan", "paper").players
    kernels = 384 * 192 * 25 + 192 * 96 * 25 + 96 * 3 * 25 + 3
    g = (110 + 1) * 384 * 16 + kernels + 2 * (192 + 96)
    maps = [3, 16, 32, 64, 128, 256, 512]
    d = sum(a * b * 9 for a, b in pairwise(maps)) + 16 + 2 * sum(maps[2:])
    d += (512 * 16 + 1) * 11
    assert (players["G"]["parameters"], players["D"]["parameters"]) == (g, d)


def test_what_each_player_wants() -> None:
    """The source of a picture and its class (equations 2 and 3), of real and of made ones."""
    game = make("acgan", spaces=SPACES, penalty=(), penalty_weight=None, class_weight=2.0, **SMALL)
    game.eval()
    x, label = Chance("x").uniform(9, 1, 8, 8), torch.arange(9) % 3
    game.chance = Chance("test")
    d, g = game.play(iter([Batch(x=x, label=label)]))
    chance = Chance("test")
    y = game.encoded(label)
    fake, again = (game.G(chance.draw(game.inputs["z"], 9), y) for _ in range(2))
    (real, named), (made, named_made) = game.D(x), game.D(fake)
    of_class = cross_entropy(named, label) + cross_entropy(named_made, label)
    torch.testing.assert_close(d.loss, minimax_d(real, made) + 2 * of_class)
    made, named_made = game.D(again)
    torch.testing.assert_close(g.loss, nonsaturating_g(made) + 2 * cross_entropy(named_made, label))
    hits = (game.D(x)[1].argmax(1) == label).float().mean()
    torch.testing.assert_close(d.figures["named"], hits)


def test_it_draws_what_is_asked_for() -> None:
    """Three classes, each one bright third of a picture."""
    torch.manual_seed(0)
    label = torch.arange(60) % 3
    x = -torch.ones(60, 1, 8, 8)
    for i, c in enumerate(label.tolist()):
        x[i, :, :, [0, 3, 6][c] : [2, 5, 8][c]] = 1.0
    config = {**SMALL, "batch": 30, "width_g": 8, "ema": 0.9, "lr": 2e-3}
    game = make("acgan", spaces=SPACES, **config)
    Trainer(game, [Rows(SPACES, {"x": x, "label": label})], rounds=500).run()
    made, _ = game.sample(60, label=label)
    thirds = torch.stack([made[..., a : a + 2].mean((1, 2, 3)) for a in (0, 3, 6)], 1)
    assert (thirds.argmax(1) == label).float().mean() > 0.95
    assert (game.classify(x).argmax(1) == label).float().mean() > 0.95

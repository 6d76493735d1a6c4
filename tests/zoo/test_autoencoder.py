from __future__ import annotations

import itertools

import pytest
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy

from ganvas import data
from ganvas.core import Batch, Chance, Image, Space, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.testing import StandIn
from ganvas.zoo.autoencoder import free_energy

SMALL = {"x": Image(1, 4, 4)}
TINY = {"layers": (12, 6, 3), "batch": 8}


def test_the_paper_s_size() -> None:
    """784-1000-500-250-30 and back."""
    players = card("autoencoder", "paper").players
    sizes = [784, 1000, 500, 250, 30]
    for player, order in (("E", sizes), ("G", sizes[::-1])):
        expected = sum((a + 1) * b for a, b in itertools.pairwise(order))
        assert players[player]["parameters"] == expected


def test_the_free_energy_sums_over_all_hidden_states() -> None:
    up, b = nn.Linear(3, 4).double(), torch.randn(3, dtype=torch.float64)
    v = torch.rand(2, 3, dtype=torch.float64)
    states = torch.tensor(list(itertools.product((0.0, 1.0), repeat=4)), dtype=torch.float64)
    energies = [-(v @ b) - up(v) @ h for h in states]
    expected = -torch.stack([-e for e in energies]).logsumexp(0)
    torch.testing.assert_close(free_energy(v, up, b, binary=True), expected)


def test_the_free_energy_of_a_linear_code() -> None:
    """E = -b·v + (h - c)²/2 - h W v with one hidden unit, integrated over h."""
    up, b = nn.Linear(3, 1).double(), torch.randn(3, dtype=torch.float64)
    v, h = (
        torch.rand(2, 3, dtype=torch.float64),
        torch.linspace(-12, 12, 20_001, dtype=torch.float64),
    )
    drive = (v @ up.weight.T).detach()
    energy = -(v @ b)[:, None] + (h - up.bias) ** 2 / 2 - h * drive
    weight = torch.exp(-energy).sum(1) * float(h[1] - h[0])
    expected = -(weight / (2 * torch.pi) ** 0.5).log()
    torch.testing.assert_close(free_energy(v, up, b, binary=False), expected)


def test_contrastive_divergence() -> None:
    """The slope is <v h> of the copy minus that of the data: the paper's rule, turned downhill."""
    torch.manual_seed(0)
    game = make("autoencoder", spaces=SMALL, **TINY)
    x = torch.rand(8, 1, 4, 4) * 2 - 1
    game.chance = Chance("test")
    move = next(iter(game.machine(iter([Batch(x=x)]), 0)))
    up, down = game._pair(0)
    slopes = torch.autograd.grad(move.loss, [up.weight, up.bias, down.bias])

    game.chance = Chance("test")
    v = (x.flatten(1) + 1) / 2
    h = (game.chance.uniform(8, 12) < up(v).sigmoid()).float()
    copy = (h @ up.weight + down.bias).sigmoid()
    p, q = up(v).sigmoid(), up(copy).sigmoid()
    torch.testing.assert_close(slopes[0], (q.T @ copy - p.T @ v) / 8)
    torch.testing.assert_close(slopes[1], (q - p).mean(0))
    torch.testing.assert_close(slopes[2], (copy - v).mean(0))


def test_machines_unfold() -> None:
    """After its stage, the way down begins as the way up turned around."""
    torch.manual_seed(0)
    game = make("autoencoder", spaces=SMALL, **TINY)
    trainer = Trainer(game, [StandIn(SMALL)], rounds=100)
    names = [stage.name for stage in game.stages()]
    assert names == ["layer 1", "layer 2", "layer 3", "fine-tuning"]
    seen = set()
    while trainer.clock.progress < game.config.pretrain:
        trainer.round()
        seen.add(game.stage.name)
    assert seen == set(names[:3])
    for i in range(3):
        up, down = game._pair(i)
        torch.testing.assert_close(down.weight, up.weight.T)


def test_fine_tuning_descends_the_cross_entropy() -> None:
    torch.manual_seed(0)
    game = make("autoencoder", spaces=SMALL, **TINY)
    x = torch.rand(8, 1, 4, 4) * 2 - 1
    (move,) = game.play(iter([Batch(x=x)]))
    p = (x + 1) / 2
    copy = (game.reconstruct(x) + 1) / 2
    torch.testing.assert_close(move.loss, 16 * binary_cross_entropy(copy, p))
    torch.testing.assert_close(move.figures["error"], (copy - p).square().sum() / 8)


def test_samples_follow_the_law_of_the_codes() -> None:
    torch.manual_seed(0)
    game = make("autoencoder", spaces=SMALL, **TINY)
    mix, shift = torch.randn(3, 3), torch.randn(3)
    game.mean, game.square = shift, mix @ mix.T + shift.outer(shift)
    game.decode = lambda code: code  # to look at the codes themselves
    code = game.generate(torch.randn(200_000, 3))
    torch.testing.assert_close(code.mean(0), shift, atol=0.03, rtol=0)
    torch.testing.assert_close(code.T.cov(), mix @ mix.T, atol=0.1, rtol=0.02)


def test_it_learns_digits() -> None:
    """Held-out digits come back 2.5 times better than as the mean digit; codes have a law."""
    torch.manual_seed(0)
    digits = data.load("digits", size=8)
    game = make("autoencoder", spaces=digits.spaces, layers=(64, 32, 10), lr=1e-2)
    Trainer(game, digits.tables, rounds=900).run()
    table = data.load("digits", size=8, split="test").tables[0]
    held_out = table.fetch(torch.arange(len(table)))["x"]
    seen = digits.tables[0].fetch(torch.arange(len(digits.tables[0])))["x"]
    with torch.no_grad():
        error = (game.reconstruct(held_out) - held_out).square().mean()
        code = game.encode(seen)
    assert (held_out - seen.mean(0)).square().mean() > 2.5 * error
    torch.testing.assert_close(game.mean, code.mean(0), atol=0.4 * float(code.std()), rtol=0.1)


@pytest.mark.parametrize("space", [Image(1, 28, 28), Image(3, 5, 9), Image(4, 1, 1)])
def test_it_makes_any_size(space: Space) -> None:
    game = make("autoencoder", spaces={"x": space}, **TINY)
    made, inputs = game.sample(3)
    assert game.output.why_not(made) is None
    assert game.reconstruct(made).shape == made.shape
    assert game.encode(made).shape == (3, 3)
    with pytest.raises(UsageError, match="no discriminator"):
        game.scores(made, inputs)


def test_it_refuses_layers_without_units() -> None:
    for layers in ((), (8, 0)):
        with pytest.raises(UsageError, match="layers must be one or more"):
            make("autoencoder", layers=layers)


@pytest.mark.parametrize(("pretrain", "stages"), [(0.0, 1), (1.0, 3)])
def test_either_half_can_be_left_out(pretrain: float, stages: int) -> None:
    game = make("autoencoder", spaces=SMALL, pretrain=pretrain, **TINY)
    assert len(game.stages()) == stages

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ganvas.core import Batch, Chance, Image, Label, Trainer
from ganvas.core.registry import card, make
from ganvas.data import load
from ganvas.zoo.feature_matching import Discriminator, WeightNormed, feature_distance

SMALL = {"x": Image(1, 4, 4), "few": Image(1, 4, 4), "label": Label(3)}
TINY = {"noise": 3, "width": 8, "hidden": (12, 10, 6), "ema": None}


def same(value: Tensor) -> Tensor:
    return value


def test_the_papers_size() -> None:
    """The authors' MNIST networks: only the last layers learn their lengths."""
    players = card("feature_matching", "paper").players
    sizes = [784, 1000, 500, 250, 250, 250, 10]
    D = sum(a * b + b for a, b in pairwise(sizes)) + 10
    G = (100 * 500 + 500) + (500 * 500 + 500) + (500 * 784 + 2 * 784)
    assert players["D"]["parameters"] == D
    assert players["G"]["parameters"] == G
    game = make("feature_matching", preset="paper")
    fixed = [name for name, _ in game.D.net.named_buffers()]
    assert fixed == [f"layers.{i}.g" for i in range(5)]
    assert game.D.net.sigma == [0.3, 0.5, 0.5, 0.5, 0.5, 0.5]
    assert game.config.images / 60_000 == 2 * 300  # epochs: a round takes two batches


def test_fake_as_a_class_of_its_own_whose_logit_is_0() -> None:
    """D(x) = Z / (Z + 1) is 1 - p(K+1) of the softmax over K+1 classes with l_K+1 = 0."""
    torch.manual_seed(0)
    logits = torch.randn(7, 5, dtype=torch.float64)
    whole = torch.cat([logits, torch.zeros(7, 1, dtype=torch.float64)], 1)
    torch.testing.assert_close(logits.logsumexp(1).sigmoid(), 1 - whole.softmax(1)[:, -1])


def test_what_each_player_wants() -> None:
    torch.manual_seed(0)
    quiet = {"input_noise": 0.0, "hidden_noise": 0.0, "unlabelled": 0.7}
    game = make("feature_matching", spaces=SMALL, **TINY, **quiet)
    draws = [torch.rand(8, 1, 4, 4) * 2 - 1 for _ in range(3)]
    label = torch.tensor([0, 2, 1, 0, 1, 2, 0, 1])
    game.chance = Chance("test")
    batches = [Batch(x=x, few=draws[2], label=label) for x in draws[:2]]
    moves = list(game.play(iter(batches)))

    game.chance = Chance("test")
    game.chance.draws = 4  # D's four noise layers were calibrated before
    fake = game.G(game.noise(8))
    game.chance.draws += 4
    named, p, q = (game.D(v)[0] for v in (draws[2], draws[0], fake))
    z, other = (v.exp().sum(1) for v in (p, q))
    real, made = z / (z + 1), other / (other + 1)
    expected = cross_entropy(named, label) - 0.7 * (real.log().mean() + (1 - made).log().mean())
    torch.testing.assert_close(moves[0].loss, expected)

    game.chance.draws += 4
    f, g = game.D(draws[1])[1], game.D(game.G(game.noise(8)))[1]
    torch.testing.assert_close(moves[1].loss, ((f.mean(0) - g.mean(0)) ** 2).sum() / 6)
    assert [move.players for move in moves] == [(game.D,), (game.G,)]


def test_the_distance_of_features() -> None:
    real = torch.tensor([[0.0, 1.0], [2.0, 3.0]], dtype=torch.float64)
    fake = torch.tensor([[4.0, 2.0]], dtype=torch.float64, requires_grad=True)
    assert feature_distance(real, fake).item() == pytest.approx((3**2 + 0) / 2)
    assert torch.autograd.gradcheck(lambda x: feature_distance(real, x), fake)


def test_the_length_of_a_row_is_g() -> None:
    torch.manual_seed(0)
    layer = WeightNormed(5, 3, learned=True).double()
    with torch.no_grad():
        layer.g.copy_(torch.tensor([2.0, 3.0, 4.0]))
    weight = layer(torch.eye(5, dtype=torch.float64)) - layer.b
    torch.testing.assert_close(weight.norm(dim=0), layer.g.detach())
    before = layer(torch.ones(1, 5, dtype=torch.float64))
    with torch.no_grad():
        layer.v.mul_(7)
    torch.testing.assert_close(layer(torch.ones(1, 5, dtype=torch.float64)), before)


def test_calibrated_layers_put_out_mean_0_and_variance_1() -> None:
    torch.manual_seed(0)
    D = Discriminator(16, (12, 8), 3, (0.0, 0.0))
    x = torch.rand(500, 1, 4, 4) * 2 - 1
    D.calibrate(x, torch.randn, same)
    h = (x.flatten(1) + 1) / 2
    for layer in (*D.layers, D.out):
        out = layer(h)
        torch.testing.assert_close(out.mean(0), torch.zeros(out.shape[1]), atol=1e-4, rtol=0)
        torch.testing.assert_close(out.var(0, False), torch.ones(out.shape[1]), atol=1e-3, rtol=0)
        h = out.relu()


def test_noise_is_for_learning_only() -> None:
    game = make("feature_matching", spaces=SMALL, **TINY)
    x, chance = torch.zeros(2000, 1, 4, 4), Chance("test")
    assert torch.equal(game.D(x)[0], game.D(x)[0])
    assert torch.equal(game.classify(x), game.D(x)[0])
    first = []

    def normal(n: int, size: int) -> Tensor:
        first.append((n, size))
        return chance.normal(n, size)

    assert game.D(x, normal)[0].std(0).min() > 0
    assert first == [(2000, 16), (2000, 12), (2000, 10), (2000, 6)]


def test_calibration_happens_once() -> None:
    digits = load("digits", size=8, fields=("x", "few", "label"))
    game = make("feature_matching", spaces=digits.spaces, **TINY)
    trainer = Trainer(game, digits.tables, rounds=3)
    lengths = []
    for _ in range(3):
        trainer.round()
        lengths.append(game.D.net.layers[0].g.clone())
    assert (lengths[0] != 1).any()
    assert torch.equal(lengths[0], lengths[2])
    assert bool(game.begun)

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import leaky_relu, softplus

from ganvas.core import Batch, Chance, Image, Label, Move, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.data.source import Rows
from ganvas.losses.penalties import zero_centred
from ganvas.nets.resample import up
from ganvas.tricks.paths import PathLengths, path_lengths

TINY: dict[str, Any] = {"noise": 6, "style": 5, "mapping": 2, "base": 32, "widest": 4, "batch": 8}
SIZE = {"x": Image(1, 8, 8)}


def tiny(spaces: Any = None, **config: Any) -> Any:
    torch.manual_seed(0)
    game = make("stylegan2", spaces={**SIZE, **(spaces or {})}, **{**TINY, **config})
    game.chance = Chance("test")
    return game


def moves(game: Any, round_: int, x: Tensor, **more: Tensor) -> list[Move]:
    game.clock.round, game.chance = round_, Chance("test")
    return list(game.play(iter([Batch(x=x, **more)])))


def test_the_official_sizes() -> None:
    """Config F, trainable parameters."""
    players = card("stylegan2", "paper").players
    assert players["G"]["parameters"] == 30_370_060
    assert players["D"]["parameters"] == 29_012_513
    players = card("stylegan2", "paper", x=Image(3, 256, 256)).players
    assert players["G"]["parameters"] == 30_034_338
    assert players["D"]["parameters"] == 28_864_129


def test_the_generator_adds_colours_to_the_enlarged_ones_below() -> None:
    game = tiny({"x": Image(3, 16, 16)}, base=64)
    net = game.G.net.synthesis
    w, noises = torch.randn(2, 6, 5), game.noises(2)

    def layer(i: int, h: Tensor) -> Tensor:
        conv = net.convs[i]
        return math.sqrt(2) * leaky_relu(
            conv.conv(h, w[:, i]) + conv.noise.strength * noises[i], 0.2
        )

    for conv in net.convs:
        conv.noise.strength.data.fill_(0.3)
    h = layer(0, net.const.expand(2, -1, -1, -1))
    x = net.to_image[0](h, w[:, 1])
    h = layer(2, layer(1, h))
    x = up(x) + net.to_image[1](h, w[:, 3])
    h = layer(4, layer(3, h))
    x = up(x) + net.to_image[2](h, w[:, 5])
    torch.testing.assert_close(net(w, noises), x)
    assert not net.to_image[0].demodulate


def test_the_discriminator_is_residual() -> None:
    game = tiny()
    block, x = game.D.net.features[2], torch.randn(2, 4, 8, 8)
    variance = block(x).var()
    around = block.around(x[:, :, ::2, ::2])
    block.second.weight.data.zero_()
    block.second.bias.data.zero_()
    only = block(x)
    assert only.shape == around.shape
    block.around.weight.data.zero_()
    assert not block(x).any()
    assert 0.1 < variance < 2


def test_losses_and_lazy_penalties() -> None:
    game, x = tiny(penalty_weight=10.0, penalty_every=16, path_weight=0.0), torch.rand(8, 1, 8, 8)
    for round_, due in ((0, True), (1, False), (15, False), (16, True)):
        D_move, G_move = moves(game, round_, x)
        game.chance = Chance("test")
        real = x.clone().requires_grad_()
        fake = game.still(8)
        loss = softplus(-game.D(real)).mean() + softplus(game.D(fake)).mean()
        penalty = zero_centred(game.D(real), real)
        if due:
            loss = loss + 16 * 10 * penalty
            torch.testing.assert_close(D_move.figures["r1"], penalty)
        assert ("r1" in D_move.figures) == due
        torch.testing.assert_close(D_move.loss, loss)
        torch.testing.assert_close(G_move.loss, softplus(-game.D(game.made(8))).mean())


def test_path_lengths_are_those_of_the_jacobian() -> None:
    """||Jᵀy|| of each sample, from the whole Jacobian of its picture in its styles."""
    game = tiny().double()
    w = torch.randn(3, 4, 5, dtype=torch.float64, requires_grad=True)
    noises = [n.double() for n in game.noises(3)]
    y = torch.randn(3, 1, 8, 8, dtype=torch.float64)
    found = path_lengths(game.G(w, noises), w, y)
    for i in range(3):
        jacobian = torch.autograd.functional.jacobian(
            lambda w, i=i: game.G(w, [n[i : i + 1] for n in noises])[0], w[i : i + 1].detach()
        ).flatten(0, 2)[:, 0]  # (pixels, layers, style)
        slope = torch.einsum("pls,p->ls", jacobian, y[i].flatten()) / 8
        torch.testing.assert_close(found[i], slope.square().sum(1).mean().sqrt())
    # It can be descended: by G's weights, in which it is differentiated once more.
    weight = game.G.net.synthesis.convs[1].conv.weight
    (slope,) = torch.autograd.grad(found.sum(), weight, retain_graph=True)
    step = 1e-5 * slope / slope.norm()
    weight.data += step
    above = path_lengths(game.G(w, noises), w, y).sum()
    weight.data -= 2 * step
    below = path_lengths(game.G(w, noises), w, y).sum()
    torch.testing.assert_close((above - below) / 2e-5, slope.norm(), rtol=1e-5, atol=1e-8)


def test_path_lengths_count_in_each_fourth_round_and_have_a_mean() -> None:
    x = torch.rand(8, 1, 8, 8)
    game, plain = tiny(penalty=(), penalty_weight=None), tiny(penalty=(), path_weight=0.0)
    game.paths.mean.fill_(0.5)
    for round_, due in ((0, True), (1, False), (3, False), (4, True)):
        before = game.paths.mean.clone()
        _, G_move = moves(game, round_, x)
        _, plain_move = moves(plain, round_, x)
        game.chance = Chance("test")
        game.still(8), game.made(8)
        w, y = game.drawn(4), game.chance.normal(4, 1, 8, 8)
        lengths = path_lengths(game.G(w, game.noises(4)), w, y)
        extra = 2 * 4 * (lengths - before).square().mean() if due else 0
        torch.testing.assert_close(G_move.loss, plain_move.loss + extra)
        after = before + 0.01 * (lengths.mean() - before) if due else before
        torch.testing.assert_close(game.paths.mean, after.detach())
        assert ("path" in G_move.figures) == due


def test_the_mean_length_is_a_moving_average() -> None:
    paths, lengths = PathLengths(), torch.tensor([1.0, 3.0])
    assert paths.spread(lengths) == 5
    for _ in range(1000):
        paths.mean += paths.pull(lengths)
    assert paths.mean.item() == pytest.approx(2, rel=1e-3)
    assert paths.spread(lengths).item() == pytest.approx(1, rel=1e-3)


def test_it_learns_and_resumes_with_what_it_remembers() -> None:
    rows = Rows(SIZE, {"x": torch.rand(16, 1, 8, 8) * 2 - 1})
    whole, early = (Trainer(tiny(), [rows], rounds=20) for _ in "ab")
    for _ in range(5):
        whole.round()
    for _ in range(3):
        early.round()
    late = Trainer(tiny(), [rows], rounds=20)
    late.load(early.state(copied=True))
    for _ in range(2):
        late.round()
    for name, weight in whole.state().weights.items():
        assert torch.equal(weight, late.state().weights[name]), name
    assert whole.game.paths.mean > 0
    assert whole.game.mean_style.any()


def test_classes() -> None:
    """The mapping network and D are told; D by a projection."""
    label = Label(3)
    game = tiny({"label": label}, conditional=True)
    x, y = torch.rand(8, 1, 8, 8), torch.arange(8) % 3
    assert len(moves(game, 0, x, label=y)) == 2
    D = game.D.net
    h = D.features(x)
    direction = D.by_class.weight[y] * D.by_class.scale
    torch.testing.assert_close(D(x, y), D.score(h).flatten() + (direction * h).sum(1))
    made, inputs = game.sample(6, label=torch.tensor([0, 0, 0, 1, 1, 1]))
    assert made.shape == (6, 1, 8, 8)
    assert game.scores(made, inputs).shape == (6,)
    z = torch.randn(1, 6).expand(3, -1)
    w = game.styles(z, label=torch.arange(3))
    assert not torch.allclose(w[0], w[1])
    assert "label" not in tiny({"label": label}).inputs
    with pytest.raises(UsageError, match="--conditional needs a label"):
        tiny(conditional=True)


@pytest.mark.parametrize("size", [(1, 24, 40), (2, 12, 8), (3, 20, 28), (4, 8, 8)])
def test_sizes_that_it_can_make(size: tuple[int, int, int]) -> None:
    game = tiny({"x": Image(*size)})
    made, _ = game.sample(2)
    assert made.shape == (2, *size)
    assert game.judge(made).shape == (2,)
    base = game.G.net.synthesis.const.shape[1:]
    assert 4 <= min(base) < 8
    if size[0] != 2:
        return
    rows = Rows({"x": Image(*size)}, {"x": torch.rand(8, *size)})
    Trainer(game, [rows], rounds=2).round()


@pytest.mark.parametrize(("size", "says"), [((4, 8), "at least 8x8"), ((18, 16), "multiples of 4")])
def test_sizes_that_it_cannot_make(size: tuple[int, int], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        tiny({"x": Image(3, *size)})
    with pytest.raises(UsageError, match="base 4 leaves no feature maps"):
        tiny(base=4)


def test_the_synthesis_network_can_be_exported_for_batches_of_any_size() -> None:
    game = tiny()
    net, w, noises = game.G.net.synthesis.eval(), torch.randn(2, 4, 5), game.noises(2)
    rows = {0: torch.export.Dim("n", min=1, max=64)}
    program = torch.export.export(net, (w, noises), dynamic_shapes=(rows, [rows] * len(noises)))
    w, noises = torch.randn(5, 4, 5), game.noises(5)
    torch.testing.assert_close(program.module()(w, noises), net(w, noises))

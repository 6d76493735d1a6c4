from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from ganvas.core import Batch, Chance, Game, Image, Label, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.data.source import Rows
from ganvas.losses.penalties import orthogonal
from ganvas.nets.biggan import multiples
from ganvas.testing import StandIn

TINY = {"chunk": 4, "embedding": 5, "width": 4, "batch": 8, "standing": 2}
SPACES = {"x": Image(1, 16, 16), "label": Label(3)}


def small(**config: object) -> Game:
    torch.manual_seed(0)
    return make("biggan", spaces=SPACES, **{**TINY, **config})


def test_the_authors_sizes() -> None:
    """Those of their PyTorch code at 128x128 with ch = 96, 20 values of z a block and attention."""
    players = card("biggan", "paper").players
    assert players["G"]["parameters"] == 70_433_988
    assert players["D"]["parameters"] == 87_982_370


def test_widths_of_the_tables() -> None:
    """Tables 4, 5 and 6."""
    assert multiples(5) == [16, 16, 8, 4, 2, 1]
    assert multiples(6) == [16, 16, 8, 8, 4, 2, 1]
    assert multiples(7) == [16, 16, 8, 8, 4, 2, 1, 1]
    assert multiples(2) == [2, 2, 1]
    assert multiples(1) == [1, 1]


def given_to_blocks(game: Game, z: Tensor, label: Tensor) -> list[Tensor]:
    """What each block's norms are told."""
    told: list[Tensor] = []
    hooks = [
        block.register_forward_pre_hook(lambda _, inputs: told.append(inputs[1]))
        for block in game.G.net.blocks
    ]
    game.G.net(z, label)
    for hook in hooks:
        hook.remove()
    return told


def test_each_chunk_of_z_goes_to_its_block_beside_the_shared_class() -> None:
    game, label = small().eval(), torch.tensor([0, 2])
    assert game.inputs["z"].size == 12
    z = torch.randn(2, 12)
    told = given_to_blocks(game, z, label)
    embedded = game.G.net.embed(label)
    assert torch.equal(told[0], torch.cat([z[:, 4:8], embedded], 1))
    assert torch.equal(told[1], torch.cat([z[:, 8:], embedded], 1))
    entered: list[Tensor] = []
    game.G.net.enter.register_forward_pre_hook(lambda _, inputs: entered.append(inputs[0]))
    game.G.net(z, label)
    assert torch.equal(entered[0], z[:, :4])


def test_losses() -> None:
    """Hinge, of scores that know the class; and the angles of G's weights, without the classes'."""
    game = small(spectral_norm=False, spectral_norm_maker=False)
    x, label = torch.rand(8, 1, 16, 16) * 2 - 1, torch.arange(8) % 3
    game.chance = Chance("test")
    first, second, last = game.play(iter([Batch(x=x, label=label)] * 2))
    assert (first.players, last.players) == ((game.D,), (game.G,))
    game.chance = Chance("test")
    for move in (first, second):
        fake = game.G.still(game.noise(8), label)
        real, made = game.D(x, label), game.D(fake, label)
        loss = (1 - real).relu().mean() + (1 + made).relu().mean()
        torch.testing.assert_close(move.loss, loss)
    angles = torch.zeros(())
    for layer in game.G.net.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            gram = layer.weight.flatten(1) @ layer.weight.flatten(1).T
            angles = angles + (gram * (1 - torch.eye(len(gram)))).square().sum()
    torch.testing.assert_close(orthogonal(game.G.net), angles, rtol=1e-4, atol=1e-4)
    score = game.D(game.G(game.noise(8), label), label).mean()
    torch.testing.assert_close(last.loss, 1e-4 * angles - score)


def test_weights_begin_orthogonal_and_classes_are_not_normalised() -> None:
    game = small()
    layer = game.G.net.blocks[0].convs[0].parametrizations.weight.original.flatten(1)
    torch.testing.assert_close(layer @ layer.T, torch.eye(len(layer)), rtol=0, atol=1e-5)
    assert not hasattr(game.G.net.embed, "parametrizations")
    assert hasattr(game.D.net.head.embed, "parametrizations")


def test_truncation_lowers_variance() -> None:
    game = trained(small(), 3).game

    def variance(truncation: float | None) -> float:
        x, inputs = game.sample(64, truncation=truncation, label=torch.tensor([1]))
        assert truncation is None or float(inputs["z"].abs().max()) <= truncation
        return float(x.var(0).mean())

    whole, half, least = variance(None), variance(0.5), variance(0.04)
    assert least < half < 0.9 * whole


def trained(game: Game, rounds: int, *, look: bool = False) -> Trainer:
    trainer = Trainer(game, [StandIn(SPACES)], seed=1, rounds=10)
    for _ in range(rounds):
        if look:
            game.sample(3)
            game.sample(3, truncation=0.5)
            game.scores(torch.zeros(2, 1, 16, 16), {"label": torch.tensor([0, 1])})
        trainer.round()
    return trainer


def test_sampling_does_not_change_the_training() -> None:
    """Nor what is saved."""
    alone, watched = trained(small(), 3), trained(small(), 3, look=True)
    a, b = alone.state().weights, watched.state().weights
    assert a.keys() == b.keys()
    assert [name for name in a if not torch.equal(a[name], b[name])] == []


def test_pictures_are_shown_by_standing_statistics() -> None:
    """They do not depend on the others of their batch, nor on the running averages."""
    game = trained(small(), 2).game
    other = copy.deepcopy(game)
    for module in other.G.average.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_var.fill_(9.0)
    x, inputs = game.sample(6)
    assert torch.equal(other.sample(6)[0], x)
    one, _ = game.sample(1, **{name: rows[3:4] for name, rows in inputs.items()})
    torch.testing.assert_close(one[0], x[3], rtol=1e-4, atol=1e-5)
    by_averages = trained(small(standing=0), 2).game
    assert not torch.allclose(by_averages.sample(6)[0], x, atol=1e-3)


def test_without_labels_nobody_is_told_a_class() -> None:
    torch.manual_seed(0)
    game = make("biggan", spaces={"x": SPACES["x"]}, **TINY)
    bare = type(game)(game.config, SPACES["x"])
    assert list(bare.inputs) == ["z"]
    assert bare.G.net.embed is None
    assert bare.D.net.head.embed is None
    rows = Rows({"x": SPACES["x"]}, {"x": torch.rand(16, 1, 16, 16)})
    trainer = Trainer(bare, [rows], rounds=2)
    trainer.round()
    made, _ = bare.sample(3)
    assert bare.judge(made).shape == (3,)


def test_attention_is_at_maps_of_its_size() -> None:
    game = make("biggan", spaces={"x": Image(3, 32, 48), "label": Label(3)}, attention=8, **TINY)
    seen = []
    for net in (game.G.net, game.D.net):
        net.attention.register_forward_pre_hook(lambda _, x: seen.append(tuple(x[0].shape[2:])))
    game.judge(game.sample(2)[0], torch.tensor([0, 1]))
    assert set(seen) == {(8, 12)}
    with pytest.raises(UsageError, match="12 pixels .* 8 or 16 or 0, nowhere"):
        make("biggan", spaces={"x": Image(3, 32, 48)}, attention=12, **TINY)


def test_sizes_that_it_can_make() -> None:
    with pytest.raises(UsageError, match="multiples of 8"):
        make("biggan", spaces={"x": Image(1, 33, 40)}, **TINY)
    game = make("biggan", spaces={"x": Image(4, 24, 40)}, **TINY)
    assert game.sample(2)[0].shape == (2, 4, 24, 40)

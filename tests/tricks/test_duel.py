"""Tricks in a game: each does what it says, and what does not fit is refused with the reason."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import ganvas
from ganvas.core import (
    Batch,
    Image,
    Label,
    Move,
    Points,
    Schedule,
    Settings,
    Trainer,
    UsageError,
    registry,
)
from ganvas.core.chance import Chance
from ganvas.data.source import Rows
from ganvas.losses.adversarial import LOSSES, LossName, minimax_d
from ganvas.losses.penalties import dragan_penalty, gradient_penalty, zero_centred
from ganvas.tricks.duel import Duel

SMALL = {"x": Image(1, 16, 16)}
SIZES: dict[str, dict[str, Any]] = {
    "gan": {"hidden": 8, "units": 4, "pieces": 2, "noise": 3, "dropout": 0.0},
    "dcgan": {"width": 2, "noise": 3},
    "lsgan": {"width": 2, "noise": 3},
    "pacgan": {"width": 2, "noise": 3},
}
PLAIN = {"penalty": (), "penalty_weight": None}


def duel(name: str = "dcgan", spaces: Any = SMALL, **config: Any) -> Any:
    game = ganvas.make(name, spaces=spaces, **{**SIZES[name], "batch": 8, **config})
    assert isinstance(game, Duel)
    return game


def pictures(n: int = 8, seed: int = 0) -> Tensor:
    return Chance("test", seed).uniform(n, 1, 16, 16) * 2 - 1


def moves(game: Duel, x: Tensor | None = None) -> list[Move]:
    """The moves of a round, none carried out."""
    game.chance = Chance("test")

    def batches() -> Any:
        while True:
            yield Batch(x=pictures() if x is None else x)

    return list(game.play(batches()))


def trained(game: Duel, rounds: int = 3, parts: int = 1) -> Trainer:
    rows, settings = Rows(SMALL, {"x": pictures(32)}), Settings(micro_batches=parts)
    trainer = Trainer(game, [rows], rounds=GOAL, settings=settings)
    for _ in range(rounds):
        trainer.round()
    return trainer


GOAL = 100
"""Rounds of the whole run, of which a few are played."""

ON = {
    "gp": {"penalty": ("gp",)},
    "r1 and r2": {"penalty": ("r1", "r2"), "penalty_weight": 1.0},
    "dragan": {"penalty": ("dragan",)},
    "drift": {"drift": 0.1},
    "clip": {"clip": 0.05},
    "spectral norm": {"spectral_norm": True},
    "orthogonal": {"orthogonal": 1e-3},
    "features": {"match_features": 1.0},
    "minibatch": {"minibatch": 4},
    "virtual norm": {"virtual_norm": 6},
    "historical": {"historical": 1.0},
    "smooth": {"smooth": 0.1},
    "instance noise": {"instance_noise": Schedule.parse("0.5@0 0@1")},
    "joint": {"joint_batches": True},
    "ttur": {"ttur": 4.0},
    "train above": {"train_above": 0.3},
    "replay": {"replay": 0.5, "replay_pool": 8},
    "top-k": {"top_k": Schedule.parse("1@0 0.5@1")},
    "diff": {"augment": "diff"},
    "ada": {"augment": "ada", "ada_images": 10},
    **{loss: {"loss": loss} for loss in LOSSES},
}


@pytest.mark.parametrize("trick", ON)
def test_a_game_learns_and_resumes_with_each(trick: str) -> None:
    """The state after three rounds is that after two and one."""

    def fresh() -> Duel:
        torch.manual_seed(0)
        return duel(**{**PLAIN, **ON[trick]})

    whole, early = trained(fresh(), 3), trained(fresh(), 2)
    late = Trainer(fresh(), whole.stream.tables, rounds=GOAL)
    late.load(early.state(copied=True))
    late.round()
    for name, weight in whole.state().weights.items():
        assert torch.isfinite(weight).all(), name
        assert torch.equal(weight, late.state().weights[name]), name


def the_d_loss(game: Any, x: Tensor, extra: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """minimax and something more, of what the game makes of its first draw."""
    chance = Chance("test")
    fake = game.G(chance.draw(game.inputs["z"], len(x)))
    return minimax_d(game.D(x), game.D(fake)) + extra(fake, chance.uniform(len(x)))


@pytest.mark.parametrize("name", ["gp", "r1", "r2", "dragan"])
def test_each_penalty_is_added_with_its_weight(name: str) -> None:
    game, x = duel(**PLAIN | {"penalty": (name,), "penalty_weight": 3.0}), pictures()
    game.eval()

    def extra(fake: Tensor, at: Tensor) -> Tensor:
        fake = fake.detach().requires_grad_()
        real = x.clone().requires_grad_()
        chance = Chance("test")
        chance.draws = 1
        match name:
            case "gp":
                return 3 * gradient_penalty(game.D, x, fake, at)
            case "dragan":
                return 3 * dragan_penalty(game.D, x, chance.uniform(len(x), 1, 16, 16))
            case "r1":
                return 3 * zero_centred(game.D(real), real)
        return 3 * zero_centred(game.D(fake), fake)

    found = moves(game, x)[0]
    torch.testing.assert_close(found.loss, the_d_loss(game, x, extra))
    assert name in found.figures


def test_the_slope_of_each_loss_is_the_shelf_s() -> None:
    for name, loss in LOSSES.items():
        game, x = duel(**PLAIN, loss=name), pictures()
        game.eval()
        chance = Chance("test")
        fake, again = (game.G(chance.draw(game.inputs["z"], 8)) for _ in range(2))
        of_d, of_g = moves(game, x)
        torch.testing.assert_close(of_d.loss, loss.critic(game.D(x), game.D(fake)))
        torch.testing.assert_close(of_g.loss, loss.maker(game.D(again), game.D(x)))


def test_smoothed_targets_are_asked_for() -> None:
    game, x = duel(**PLAIN, smooth=0.25), pictures()
    game.eval()
    fake = game.G(Chance("test").draw(game.inputs["z"], 8))
    expected = minimax_d(game.D(x), game.D(fake), smooth=0.25)
    torch.testing.assert_close(moves(game, x)[0].loss, expected)


def test_spectral_norm_bounds_every_layer() -> None:
    game = trained(duel(**PLAIN, spectral_norm=True, lr=0.1), 20).game
    layers = [m for m in game.D.net.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    norms = [torch.linalg.matrix_norm(m.weight.flatten(1), 2).item() for m in layers]
    assert len(norms) > 1
    assert max(norms) < 1.3
    free = trained(duel(**PLAIN, lr=0.1), 20).game
    layers = [m for m in free.D.net.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert max(torch.linalg.matrix_norm(m.weight.flatten(1), 2).item() for m in layers) > 1.5


def test_clipped_weights_stay_within() -> None:
    game = trained(duel(**PLAIN, clip=0.01)).game
    assert max(p.abs().max().item() for p in game.D.net.parameters()) <= 0.01


def test_two_time_scales() -> None:
    game = duel(ttur=4.0, lr=Schedule.parse("1e-3@0 0@1"))
    assert str(game.D.recipe.lr) == "0.004@0 0@1"
    assert str(game.G.recipe.lr) == "0.001@0 0@1"
    assert replace(game.D.recipe, lr=0.1) == replace(game.G.recipe, lr=0.1)


def test_a_critic_that_is_good_enough_waits() -> None:
    names = [[m.name for m in moves(duel(**PLAIN, train_above=a))] for a in (0.0, 0.1)]
    assert names[0] == names[1] != []  # nothing was seen before the first round
    trainer = trained(duel(**PLAIN, train_above=50.0), 5)
    assert trainer.game.D.steps == 1
    assert trainer.game.G.steps == 5
    assert trained(duel(**PLAIN, train_above=0.01), 5).game.D.steps == 5


@pytest.mark.parametrize("parts", [1, 4])
def test_a_round_in_parts_is_remembered_as_a_whole(parts: int) -> None:
    trainer = trained(duel(**PLAIN, train_above=0.01, historical=1.0), 1, parts)
    game = trainer.game
    for player, past in ((game.G, game.past_maker), (game.D, game.past_critic)):
        for weight, mean in zip(player.net.parameters(), past.means, strict=True):
            torch.testing.assert_close(mean, weight)
    for _ in range(2):
        trainer.figures()
        trainer.round()
    assert float(game.lately) == pytest.approx(trainer.figures()["loss/D"], rel=1e-5)


@pytest.mark.parametrize("augment", ["diff", "ada"])
def test_each_of_several_pictures_in_a_pack_is_augmented(augment: str) -> None:
    game = duel("pacgan", pack=3, augment=augment, **PLAIN)
    game.chance = Chance("test")
    game.chance_to_change = torch.tensor(1.0)
    x = pictures(4).repeat(1, 3, 1, 1)
    shown = game._shown(x)
    assert shown.shape == x.shape
    assert not torch.equal(shown[:, 0], shown[:, 1])  # they were equal; each has its own change


def test_earlier_samples_come_back() -> None:
    game = duel(**PLAIN, replay=1.0, replay_pool=8)
    game.chance = Chance("test")
    first = pictures(seed=1)
    assert torch.equal(game._with_past(first), first)  # the pool was empty
    assert not torch.equal(game._with_past(pictures(seed=2)), pictures(seed=2))


def test_the_maker_learns_from_the_best_alone() -> None:
    game, x = duel(**PLAIN, top_k=0.25), pictures()
    game.eval()
    chance = Chance("test")
    chance.draws = 1
    scores = game.D(game.G(chance.draw(game.inputs["z"], 8)))
    expected = LOSSES["non-saturating"].maker(scores.topk(2).values, scores)
    torch.testing.assert_close(moves(game, x)[1].loss, expected)


def test_features_are_those_of_the_last_layer() -> None:
    game, x = duel(**PLAIN, match_features=2.0), pictures()
    game.eval()
    chance = Chance("test")
    chance.draws = 1
    fake = game.G(chance.draw(game.inputs["z"], 8))
    trunk = game.D.net.layers[:-1]
    far = (trunk(x).flatten(1).mean(0) - trunk(fake).flatten(1).mean(0)).square().sum()
    move = moves(game, x)[1]
    torch.testing.assert_close(move.figures["features"], far)
    torch.testing.assert_close(
        move.loss,
        LOSSES["minimax"].critic(game.D(fake), game.D(fake)) * 0
        + LOSSES["non-saturating"].maker(game.D(fake), x)
        + 2 * far,
    )


def test_minibatch_discrimination_sees_the_others() -> None:
    game = duel(**PLAIN, minibatch=4)
    game.eval()
    x = pictures()
    alike = torch.cat([x[:1].repeat(7, 1, 1, 1), x[1:2]])
    assert not torch.allclose(game.D(x)[0], game.D(alike)[0])
    plain = duel(**PLAIN)
    plain.eval()
    torch.testing.assert_close(plain.D(x)[0], plain.D(alike)[0])


def test_virtual_norm_makes_each_sample_alone() -> None:
    game = duel(**PLAIN, virtual_norm=6)
    z = Chance("z").draw(game.inputs["z"], 5)
    torch.testing.assert_close(game.G(z)[:2], game.G(z[:2]))
    plain = duel(**PLAIN)
    assert not torch.allclose(plain.G(z)[:2], plain.G(z[:2]))


def test_the_past_is_a_mean() -> None:
    trainer = trained(duel(**PLAIN, historical=1e-9), 1)
    first = [p.detach().clone() for p in trainer.game.G.net.parameters()]
    trainer.round()
    game = trainer.game
    second = [*game.G.net.parameters()]
    far = sum(((b - (a + b) / 2) ** 2).sum() for a, b in zip(first, second, strict=True))
    torch.testing.assert_close(game.past_maker.distance(second), far)


@pytest.mark.parametrize("option", [{"augment": "diff"}, {"instance_noise": 0.5}])
def test_the_critic_sees_changed_pictures(option: dict[str, Any]) -> None:
    game, x = duel(**PLAIN, **option), pictures()
    game.chance = Chance("test")
    shown = game._shown(x)
    assert shown.shape == x.shape
    assert not torch.allclose(shown, x)


SIGNS = torch.tensor([1.0, -1.0]).repeat(4)


@pytest.mark.parametrize("loss", LOSSES)
def test_ada_changes_more_once_the_critic_is_sure(loss: LossName) -> None:
    game = duel(**PLAIN, augment="ada", ada_images=80, loss=loss)
    about = LOSSES[loss].undecided
    middle = torch.tensor(7.0 if about is None else about)  # any, where scores are only compared
    none, ones = torch.zeros(()), torch.ones(8)
    sure, made, unsure = (middle + 0.1 * x for x in (ones, -ones, SIGNS))
    game._after_critic(none, sure, made)
    assert game.chance_to_change.item() == pytest.approx(0.1)
    for _ in range(20):
        game._after_critic(none, sure, made)
    assert game.chance_to_change.item() == pytest.approx(0.8)
    game._after_critic(none, unsure, unsure)
    assert game.chance_to_change.item() == pytest.approx(0.7)


def test_a_joint_batch_mixes_the_statistics() -> None:
    apart, joint = duel(**PLAIN), duel(**PLAIN, joint_batches=True)
    joint.load_state_dict(apart.state_dict())
    assert not torch.allclose(moves(apart)[0].loss, moves(joint)[0].loss)
    apart.eval(), joint.eval()
    torch.testing.assert_close(moves(apart)[0].loss, moves(joint)[0].loss)


MISFITS = [
    (
        "dcgan",
        SMALL,
        {"smooth": 0.1, "loss": "hinge"},
        "--smooth does not fit dcgan: the loss hinge",
    ),
    ("dcgan", SMALL, {"top_k": 0.5, "loss": "relativistic"}, "--top-k does not fit"),
    ("dcgan", SMALL, {"penalty": (), "penalty_weight": 1.0}, "there is no penalty on"),
    ("dcgan", SMALL, {"penalty": ("gp",), "clip": 0.1}, "both bound"),
    ("gan", {"x": Points(2)}, {"augment": "diff"}, "it changes pictures"),
    ("gan", SMALL, {"virtual_norm": 8}, "no batch norm"),
]


def test_a_penalty_can_be_switched_off_whatever_weight_the_game_gives_it() -> None:
    for name in ("dcgan", "lsgan"):
        game = ganvas.make(name, spaces=SMALL, **SIZES[name], penalty=())
        assert game.config.penalty_weight is not None
        assert not game.D.double_backward


@pytest.mark.parametrize(("name", "spaces", "config", "why"), MISFITS)
def test_what_does_not_fit_is_refused(name: str, spaces: Any, config: Any, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        duel(name, spaces, **config)


def test_labels_of_others_are_refused() -> None:
    spaces = {"x": Image(1, 16, 16), "label": Label(3)}
    with pytest.raises(UsageError, match="the label of others"):
        ganvas.make("cgan", spaces=spaces, replay=0.5)


def test_batch_norm_under_a_penalty_is_remarked_on() -> None:
    game = ganvas.make("wgan", spaces=SMALL, clip=0.0, penalty=("gp",))
    assert "Gulrajani" in game.remarks[0]
    assert duel().remarks == []


def test_a_remark_reaches_whoever_trains(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    ganvas.train("wgan", steps=1, out=tmp_path / "r", clip=0.0, penalty=("gp",))
    assert "batch norm" in capsys.readouterr().err


@pytest.mark.parametrize("name", registry.names())
def test_every_duel_takes_a_trick_or_says_why(name: str) -> None:
    """Hinge and noise on what the critic sees fit them all."""
    cls = registry.find(name)
    if not issubclass(cls, Duel):
        pytest.skip("no duel")
    own = registry.preset_of(cls, "default").config
    game = registry.make(cls, **{**own, "loss": "hinge", "instance_noise": 0.1, "smooth": 0.0})
    assert game.config.loss == "hinge"
    assert math.isfinite(sum(p.sum().item() for p in game.parameters()))

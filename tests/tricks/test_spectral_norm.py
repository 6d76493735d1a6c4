"""Spectral norm as an option of a game: of the critic, of the maker, over a run."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import ganvas
from ganvas.core import Image, Player, Trainer
from ganvas.core.chance import Chance
from ganvas.data.source import Rows

SPACES = {"x": Image(1, 8, 8)}


def trainer(**options: Any) -> Trainer:
    torch.manual_seed(0)
    sizes = {"width": 4, "noise": 3, "batch": 8, "penalty": (), "penalty_weight": None}
    game = ganvas.make("dcgan", spaces=SPACES, **{**sizes, "lr": 0.02, **options})
    rows = Rows(SPACES, {"x": Chance("test").uniform(32, 1, 8, 8) * 2 - 1})
    return Trainer(game, [rows], rounds=100)


def norms(net: Any) -> list[float]:
    layers = [m for m in net.modules() if hasattr(m, "parametrizations")]
    weights = [
        m.weight.detach().transpose(0, 1)
        if isinstance(m, torch.nn.ConvTranspose2d)
        else m.weight.detach()
        for m in layers
    ]
    return [torch.linalg.svdvals(w.flatten(1))[0].item() for w in weights]


SIDES = {"critic": {"spectral_norm": True}, "maker": {"spectral_norm_maker": True}}


@pytest.mark.parametrize("side", SIDES)
def test_a_run_resumes_bit_for_bit(side: str) -> None:
    whole, early, late = (trainer(**SIDES[side]) for _ in range(3))
    before = {k: v.clone() for k, v in whole.game.state_dict().items() if k.endswith(".u")}
    assert len(before) == 4  # the average has its own
    for _ in range(3):
        whole.round()
    for _ in range(2):
        early.round()
    late.load(early.state(copied=True))
    late.round()
    for name, weight in whole.state().weights.items():
        assert torch.equal(weight, late.state().weights[name]), name
    moved = [not torch.equal(u, whole.state().weights[k]) for k, u in before.items() if len(u) > 1]
    assert moved
    assert all(moved)


@pytest.mark.parametrize("side", SIDES)
def test_one_side_is_normed_and_the_other_free(side: str) -> None:
    t = trainer(**SIDES[side])
    for _ in range(10):
        t.round()
    player, other = (t.game.D, t.game.G) if side == "critic" else (t.game.G, t.game.D)
    assert isinstance(player, Player)
    assert norms(player.net) == pytest.approx([1, 1], abs=0.2)
    assert not norms(other.net)
    if side == "maker":  # what is shown is an average, of its own σ
        assert norms(player.average) == pytest.approx([1, 1], abs=0.2)


@pytest.mark.parametrize("side", SIDES)
def test_looking_moves_nothing(side: str) -> None:
    t = trainer(**SIDES[side])
    t.round()
    before = t.state(copied=True).weights
    x, inputs = t.game.sample(4)
    again, _ = t.game.sample(4)
    t.game.scores(x, inputs)
    assert torch.equal(x, again)
    assert all(torch.equal(before[name], now) for name, now in t.state().weights.items())

"""The loop that the engine is held against plays the same moves, to the bit."""

import copy

import pytest
import torch
from benchmarks import segmenter, zoo

from ganvas.core.chance import Chance, GlobalGenerators, seed_of


@pytest.mark.parametrize("name", ["gan", "wgan", "progan"])
def test_the_bare_loop_ends_where_the_engine_does(name, monkeypatch):
    source = zoo.source_of(name)
    game = zoo.new_game(name, source)
    other, before = copy.deepcopy(game), copy.deepcopy(game.state_dict())
    trainer = zoo.by_engine(game, source)
    here = trainer.clock.round
    feed = trainer.stream.feeds(game.stages()[-1].batch or game.config.batch)[0]
    rows = iter([next(feed) for _ in range(6)])
    monkeypatch.setattr(zoo, "shuffled", lambda *of: rows)
    hand = zoo.by_hand(other, source)
    other.chance = Chance(0, here, 0)  # the draws of the trainer's round
    GlobalGenerators(trainer.device).seed(seed_of(0, here, 0, "global", 0))  # as for dropout
    hand()
    trainer.round()
    learnt = {name: w for name, w in game.state_dict().items() if ".average." not in name}
    assert not all(torch.equal(w, before[name]) for name, w in learnt.items())
    assert [n for n, w in learnt.items() if not torch.equal(w, other.state_dict()[n])] == []


def test_the_scores_of_a_segmenter():
    """Two classes of three, and one that there is none of: by hand."""
    truth = torch.tensor([[0, 0, 0, 1], [1, 1, 1, 1]])
    named = torch.tensor([[0, 0, 2, 1], [1, 1, 0, 0]])
    found = segmenter.agreement(named, truth, 3)
    assert found == pytest.approx(
        {
            "per-pixel accuracy": 5 / 8,
            "per-class accuracy": (2 / 3 + 3 / 5) / 2,
            "class IoU": (2 / 5 + 3 / 5) / 2,
        }
    )


def test_the_segmenter_names_every_pixel():
    net = segmenter.Segmenter(width=2)
    assert net(torch.rand(2, 3, 16, 24)).shape == (2, 12, 16, 24)

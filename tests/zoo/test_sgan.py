from __future__ import annotations

import pytest
import torch
from torch.nn.functional import log_softmax

from ganvas.core import Batch, Chance, Image, Label, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.data.few import divided
from ganvas.data.source import Rows, Source
from ganvas.zoo.sgan import realness

SMALL = {"x": Image(1, 8, 8), "few": Image(1, 8, 8), "label": Label(3)}


def test_the_sizes_of_the_paper_s_preset() -> None:
    """DCGAN's pair for 28x28, with 11 outputs of a softmax."""
    players = card("sgan", "paper").players
    G = 100 * 256 * 49 + 2 * 256 + 16 * 256 * 128 + 2 * 128 + 16 * 128 + 1
    D = (16 * 128 + 128) + 16 * 128 * 256 + 2 * 256 + (256 * 49 * 11 + 11)
    assert players["G"]["parameters"] == G
    assert players["D"]["parameters"] == D


def test_the_logit_of_being_real() -> None:
    torch.manual_seed(0)
    logits = torch.randn(5, 4, dtype=torch.float64, requires_grad=True)
    p = logits.softmax(1)
    torch.testing.assert_close(realness(logits).sigmoid(), 1 - p[:, -1])
    torch.autograd.gradcheck(realness, logits)


def test_what_each_player_wants() -> None:
    """Algorithm 1: labelled by their label, unlabelled as no fakes, fakes as class N+1."""
    torch.manual_seed(0)
    game = make("sgan", spaces=SMALL, dropout=0.0, ema=None)
    x, few = torch.rand(6, 1, 8, 8), torch.rand(6, 1, 8, 8)
    label = torch.tensor([0, 2, 1, 0, 1, 2])
    game.chance = Chance("test")
    moves = list(game.play(iter([Batch(x=x, few=few, label=label)])))

    game.chance = Chance("test")
    fake, other = game.G(game.noise(6)), game.G(game.noise(6))
    log_p = {name: log_softmax(game.D(v), 1) for name, v in (("few", few), ("fake", fake))}
    named = log_p["few"][range(6), label].mean()
    no_fakes = (1 - game.D(x).softmax(1)[:, 3]).log().mean()
    fakes = log_p["fake"][:, 3].mean()
    torch.testing.assert_close(moves[0].loss, -named - no_fakes - fakes)
    fooled = (1 - game.D(other).softmax(1)[:, 3]).log().mean()
    torch.testing.assert_close(moves[1].loss, -fooled)
    assert [move.players for move in moves] == [(game.D,), (game.G,)]


@pytest.mark.parametrize("name", ["sgan", "feature_matching"])
def test_one_label_of_each_class_names_two_clouds(name: str) -> None:
    label = torch.arange(300) % 2
    level = (label * 1.2 - 0.6).view(-1, 1, 1, 1)
    noise = torch.randn(300, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    x = (level + 0.2 * noise).clamp(-1, 1)
    spaces = {"x": Image(1, 8, 8), "label": Label(2)}
    source = Source("clouds", [Rows(spaces, {"x": x, "label": label})], {}, "")
    few = divided(source, 1, 0)
    torch.manual_seed(0)
    game = make(name, spaces=few.spaces, ema=0.9, noise=4, width=8, batch=20)
    Trainer(game, few.tables, rounds=60).run()
    with torch.no_grad(), game.showing():
        logits = game.classify(x)
        assert logits.shape == (300, 2)
        assert (logits.argmax(1) == label).double().mean() > 0.98


@pytest.mark.parametrize("name", ["sgan", "feature_matching"])
def test_pictures_with_labels_are_like_those_without(name: str) -> None:
    with pytest.raises(UsageError, match="those without"):
        make(name, spaces={"x": Image(3, 16, 16)})


@pytest.mark.parametrize("space", [Image(1, 28, 28), Image(3, 8, 24), Image(4, 32, 32)])
def test_sizes_it_makes(space: Image) -> None:
    game = make("sgan", spaces={"x": space, "few": space, "label": Label(5)})
    made, inputs = game.sample(3)
    assert game.output.why_not(made) is None
    assert game.scores(made, inputs).shape == (3,)
    assert game.classify(made).shape == (3, 5)

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from PIL import Image as Picture
from torch import Tensor
from torch.nn.functional import l1_loss, one_hot

import ganvas
from ganvas.core import Batch, Chance, Image, Label, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.data.source import Rows
from ganvas.testing import StandIn

TINY = {"width": 2, "blocks": 1, "batch": 4}
THEIRS = {"halvings": 2, "norm": "instance"}
HAIR_AND_MOOD = Label(5, ("hair=black", "hair=blond", "mood=angry", "mood=calm", "mood=happy"))


def spaces(label: int | Label, *shape: int) -> dict:
    return {"x": Image(*shape), "label": Label(label) if isinstance(label, int) else label}


def test_the_published_sizes() -> None:
    """Layer by layer as in the authors' code: 128x128, five domains, six blocks, six layers."""
    players = card("stargan", "paper").players
    enter, leave = 49 * (3 + 5) * 64 + 128, 49 * 64 * 3
    down = 16 * 64 * 128 + 256 + 16 * 128 * 256 + 512
    up = 16 * 256 * 128 + 256 + 16 * 128 * 64 + 128
    blocks = 6 * 2 * (9 * 256 * 256 + 512)
    assert players["G"]["parameters"] == enter + down + blocks + up + leave == 8_430_528
    maps = [3, 64, 128, 256, 512, 1024, 2048]
    trunk = sum(16 * a * b + b for a, b in pairwise(maps))
    assert players["D"]["parameters"] == trunk + 9 * 2048 + 4 * 2048 * 5 == 44_762_048
    assert players["G"]["optimiser"].startswith("Adam(lr=0.0001@0 0.0001@0.5 0@1, betas=(0.5, 0.9")
    with torch.device("meta"):
        game = make("stargan", preset="paper", spaces=spaces(HAIR_AND_MOOD, 3, 128, 128))
    more = 49 * 2 * 64  # G sees two maps more: the mask
    assert sum(p.numel() for p in game.G.parameters()) == 8_430_528 + more


def test_the_critic_moves_more_often() -> None:
    assert card("stargan").moves == ["D", "D", "G"]


def first_round(label: int | Label, labels: Tensor, **config) -> tuple:
    """A game, its rows, where they were sent, and the moves of a round with one step of D."""
    torch.manual_seed(0)
    game = make("stargan", spaces=spaces(label, 3, 8, 8), critic_steps=1, **{**TINY, **config})
    x = Chance("x").uniform(len(labels), 3, 8, 8) * 2 - 1
    game.chance = Chance("test")
    target = game._targets(labels)
    game.chance = Chance("test")
    d, g = game.play(iter([Batch(x=x, label=labels)]))
    return game, x, target, d, g


def surprise(logits: Tensor, label: Tensor, among: list[list[int]]) -> Tensor:
    """The mean of -log of the softmax over the classes of one's set, row by row."""
    rows = []
    for row, number in zip(logits, label.tolist(), strict=True):
        mine = next(numbers for numbers in among if number in numbers)
        rows.append(torch.logsumexp(row[mine], 0) - row[number])
    return torch.stack(rows).mean()


@pytest.mark.parametrize(
    ("label", "among"), [(3, [[0, 1, 2]]), (HAIR_AND_MOOD, [[0, 1], [2, 3, 4]])]
)
def test_who_wants_what(label: int | Label, among: list[list[int]]) -> None:
    """Equations 5, 6 and 8; the slope at each row by itself, of the sum of the patches' scores."""
    labels = torch.tensor([0, 2, 1, 2] if label == 3 else [0, 3, 1, 4])
    weights = {"classes": 2.0, "cycle": 7.0, "penalty_weight": 3.0}
    game, x, target, d, g = first_round(label, labels, **weights)
    to, back = game.told(target), game.told(labels)
    fake = game.G(x, to)
    (real, said), (made, said_of_made) = game.D(x), game.D(fake)

    chance = Chance("test")
    chance.draws = 1  # the targets
    at, slopes = chance.uniform(len(x)), []
    for a, b, e in zip(x, fake.detach(), at, strict=True):
        between = (e * a + (1 - e) * b)[None].requires_grad_()
        slopes.append(torch.autograd.grad(game.D(between)[0].sum(), between)[0].norm())
    penalty = (torch.stack(slopes) - 1).square().mean()
    expected = made.mean() - real.mean() + 3 * penalty + 2 * surprise(said, labels, among)
    torch.testing.assert_close(d.loss, expected)
    torch.testing.assert_close(d.figures["gp"], penalty)

    returned = l1_loss(game.G(fake, back), x)
    expected = -made.mean() + 7 * returned + 2 * surprise(said_of_made, target, among)
    torch.testing.assert_close(g.loss, expected)
    torch.testing.assert_close(g.figures["return"], returned)


def test_g_sees_the_domain_as_constant_maps() -> None:
    game = make("stargan", spaces=spaces(3, 3, 8, 8), **TINY)
    seen = []
    game.G.net.layers[0].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    x = torch.rand(2, 3, 8, 8)
    game.generate(x, torch.tensor([2, 0]))
    assert torch.equal(seen[0][:, :3], x)
    told = torch.tensor([[0.0, 0, 1], [1, 0, 0]])[:, :, None, None].expand(2, 3, 8, 8)
    assert torch.equal(seen[0][:, 3:], told)


def test_of_several_sets_g_is_told_one_and_the_mask() -> None:
    game = make("stargan", spaces=spaces(HAIR_AND_MOOD, 3, 8, 8), **TINY)
    assert game.told(torch.tensor([1, 2, 4])).tolist() == [
        [0, 1, 0, 0, 0, 1, 0],
        [0, 0, 1, 0, 0, 0, 1],
        [0, 0, 0, 0, 1, 0, 1],
    ]
    alone = make("stargan", spaces=spaces(5, 3, 8, 8), **TINY)
    assert torch.equal(alone.told(torch.arange(5)), torch.eye(5, dtype=torch.int64))


@pytest.mark.parametrize("label", [Label(5), HAIR_AND_MOOD])
def test_targets_are_even_and_of_the_picture_s_own_set(label: Label) -> None:
    game = make("stargan", spaces=spaces(label, 3, 8, 8), **TINY)
    game.chance = Chance("test")
    labels = torch.arange(5).repeat_interleave(2000)
    counts = one_hot(game._targets(labels), 5).view(5, 2000, 5).double().mean(1)
    for number in range(5):
        mine = [i for i in range(5) if label.sets[i] == label.sets[number]]
        expected = [1 / len(mine) if i in mine else 0.0 for i in range(5)]
        assert counts[number].tolist() == pytest.approx(expected, abs=0.05)


def test_the_classes_of_other_sets_learn_nothing_from_a_picture() -> None:
    game, _, _, d, _ = first_round(HAIR_AND_MOOD, torch.tensor([2, 3, 4, 2]))
    d.loss.backward()
    slopes = game.D.net.classes.weight.grad.flatten(1).norm(dim=1)
    assert slopes[:2].tolist() == [0, 0]
    assert (slopes[2:] > 0).all()


def bars(colour: Tensor) -> Tensor:
    """A bar somewhere on black, in red, green or blue: (n,) -> (n, 3, 8, 8)."""
    places = torch.randint(1, 6, (len(colour),), generator=torch.Generator().manual_seed(0))
    x = torch.full((len(colour), 3, 8, 8), -0.8)
    for i, place in enumerate(places):
        x[i, colour[i], 1 : 3 + i % 5, place : place + 2] = 0.8
    return x


def test_it_learns_to_colour() -> None:
    """Bars go to the colour that is asked for, and stay where they are."""
    torch.manual_seed(0)
    colour = torch.arange(96) % 3
    x, about = bars(colour), spaces(3, 3, 8, 8)
    game = make("stargan", spaces=about, width=8, blocks=0, lr=3e-3)
    Trainer(game, [Rows(about, {"x": x, "label": colour})], rounds=60).run()
    to = (colour + 1) % 3
    made, _ = game.sample(96, x=x, label=to)
    brightest = (made + 1).sum((2, 3)).argmax(1)
    assert (brightest == to).double().mean() > 0.9
    bar = (x > 0).any(1, keepdim=True).expand_as(x)
    assert (made - x)[~bar].abs().mean() < 0.25
    assert (made - bars(to))[bar].abs().mean() < 0.6 * (x - bars(to))[bar].abs().mean()


@pytest.mark.parametrize("networks", [{}, THEIRS])
@pytest.mark.parametrize("x", [Image(1, 8, 8), Image(4, 16, 24), Image(3, 48, 48)])
def test_sizes_it_makes(x: Image, networks: dict) -> None:
    about = {"x": x, "label": Label(3)}
    game = make("stargan", spaces=about, **TINY, **networks)
    Trainer(game, [StandIn(about)], rounds=1).run()
    made, inputs = game.sample(2, x=torch.rand(2, *x.shape), label=torch.tensor([1]))
    assert x.why_not(made) is None
    assert game.scores(made, inputs).shape == (2,)


def test_g_takes_other_sides_than_those_it_learned_from() -> None:
    game = make("stargan", spaces=spaces(3, 3, 16, 16), **TINY, **THEIRS)
    side = 5 * game.multiple
    assert game.generate(torch.rand(1, 3, side, 16), torch.tensor([1])).shape == (1, 3, side, 16)


@pytest.mark.parametrize(
    ("label", "size", "message"),
    [
        (Label(1, ("only",)), 16, "at least 2 domains of a set, not 1: only is alone"),
        (Label(1), 16, "not 1: it is alone"),
        (Label(3, ("a=1", "a=2", "b=1")), 16, "of a set, not 1: b=1 is alone"),
        (Label(3, ("a=1", "a=2", "b")), 16, "named SET=CLASS.*these are not: b"),
        (Label(3), 6, "at least 8x8 pixels, not 6x6"),
        (Label(3), 36, "multiples of 16, such as 32x32 or 48x48"),
    ],
)
def test_what_it_refuses(label: Label, size: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make("stargan", spaces=spaces(label, 3, size, size))


def test_folders_named_set_and_class_are_label_sets(tmp_path) -> None:
    """Pictures of two sources, each with labels of its own, in one folder."""
    for number, name in enumerate(HAIR_AND_MOOD.names):
        (tmp_path / name).mkdir()
        for i in range(3):
            Picture.new("RGB", (16, 16), (40 * number, 20 * i, 0)).save(
                tmp_path / name / f"{i}.png"
            )
    run = ganvas.train(
        "stargan", data=tmp_path, size=16, steps=1, out=tmp_path / "run", quiet=True, **TINY
    )
    assert run.game.inputs["label"] == HAIR_AND_MOOD
    assert run.game.masks == 2
    pages = sorted(path.name for path in (tmp_path / "run" / "samples").iterdir())
    assert pages, "a preview shows every picture in every domain"

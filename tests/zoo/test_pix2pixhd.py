from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, l1_loss

from ganvas import data
from ganvas.core import Batch, Chance, Game, Image, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.metrics.pairs import psnr

TINY = {"width": 2, "blocks": 1, "patch_width": 2, "layers": 1, "halvings": 1, "scales": 2}


def sides(*shape: int) -> dict[str, Image]:
    return {"x": Image(*shape), "y": Image(*shape)}


def at(stage: int, **config: object) -> Game:
    torch.manual_seed(0)
    game = make("pix2pixhd", spaces=sides(3, 16, 16), **{**TINY, **config})
    game.clock.stage = stage
    return game


def test_the_published_sizes() -> None:
    """182.4 M for the authors' GlobalGenerator of RGB maps; Cityscapes' 36 channels: 182.5 M."""
    players = card("pix2pixhd", "paper").players
    assert players["G1"]["parameters"] == 182_443_267
    # LocalEnhancer: all of G2 beside what G1 has but for its last layer, 64 · 3 · 7² + 3.
    whole = players["G1"]["parameters"] - 9_411 + players["G2"]["parameters"]
    assert whole == 182_701_827
    assert players["D"]["parameters"] == 3 * 2_767_809
    cityscapes = card("pix2pixhd", "paper", x=Image(36, 1024, 2048)).players
    assert round(cityscapes["G1"]["parameters"] / 1e6, 1) == 182.5


def test_stages() -> None:
    stages = card("pix2pixhd", "paper").stages
    assert [stage["name"] for stage in stages] == ["global", "local", "joint"]
    epochs = [300 * stage["share"] / sum(s["share"] for s in stages) for stage in stages]
    assert epochs == pytest.approx([200, 10, 90])
    assert [s.name for s in make("pix2pixhd", coarse=0.0, waiting=0.0).stages()] == ["joint"]
    assert all(stage.fresh for stage in make("pix2pixhd").stages())


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_who_wants_what(stage: int) -> None:
    game = at(stage, matching=7.0, pixels=3.0)
    x, y = torch.rand(2, 2, 3, 16, 16) * 2 - 1
    d_move, g_move = game.stage.play(iter([Batch(x=x, y=y)]))
    assert [p is game.D for p in d_move.players] == [True]
    expected = {0: (game.G1,), 1: (game.G2,), 2: (game.G1, game.G2)}[stage]
    assert g_move.players == expected

    def half(z: Tensor) -> Tensor:
        return avg_pool2d(z, 3, 2, 1, count_include_pad=False)

    nets = list(game.D.net.scales)
    if stage == 0:
        x, y, nets = half(x), half(y), nets[1:]
        fake = game.G1(x)
    else:
        fake = game.G2(x, game.G1.net.layers[:-3](half(x)))
    real, made = torch.cat([x, y], 1), torch.cat([x, fake], 1)
    d = fools = matching = 0.0
    for net in nets:
        d = d + ((net(real) - 1).square().mean() + net(made).square().mean()) / 2
        fools = fools + (net(made) - 1).square().mean()
        pairs = zip(net.heard(real)[:-1], net.heard(made)[:-1], strict=True)
        matching = matching + sum(l1_loss(a, b) for a, b in pairs) / len(nets)
        real, made = half(real), half(made)
    torch.testing.assert_close(d_move.loss, d)
    off = l1_loss(fake, y)
    torch.testing.assert_close(g_move.loss, fools + 7 * matching + 3 * off)
    torch.testing.assert_close(g_move.figures["matching"], matching)


def test_every_stage_shows_pictures_of_the_full_size() -> None:
    x = torch.rand(2, 3, 16, 16) * 2 - 1
    for stage in (0, 1, 2):
        game = at(stage)
        made, inputs = game.sample(2, x=x)
        assert game.output.why_not(made) is None
        assert game.scores(made, inputs).shape == (2,)
    torch.testing.assert_close(at(1).sample(2, x=x)[0], at(2).sample(2, x=x)[0])
    assert not torch.allclose(at(0).sample(2, x=x)[0], at(2).sample(2, x=x)[0])


def test_it_learns_to_turn_negatives_round() -> None:
    torch.manual_seed(0)
    pairs = data.load("digits", size=16, fields=("x", "y"), paired=True, partner="negative")
    config = {**TINY, "width": 4, "patch_width": 4, "batch": 16, "lr": 3e-3}
    game = make("pix2pixhd", spaces=sides(1, 16, 16), **config)
    Trainer(game, pairs.tables, rounds=60).run()
    held = data.held_out(pairs.to_json()).tables[0].fetch(torch.arange(32))
    made, _ = game.sample(32, x=held["x"])
    assert psnr(made, held["y"]).mean() > 12  # a grey picture has about 5, the negative less


@pytest.mark.parametrize("shape", [(1, 16, 16), (4, 16, 24), (3, 64, 32)])
def test_sizes_it_makes(shape: tuple[int, ...]) -> None:
    game = make("pix2pixhd", spaces={"x": Image(*shape), "y": Image(3, *shape[1:])}, **TINY)
    made, _ = game.sample(2, x=torch.rand(2, *shape))
    assert made.shape == (2, 3, *shape[1:])


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (Image(3, 60, 64), Image(3, 60, 64), "multiples of 8 and at least 16 pixels .* not 60x64"),
        (Image(3, 8, 64), Image(3, 8, 64), "at least 16 pixels .* not 8x64"),
        (Image(3, 64, 64), Image(3, 32, 32), "the same size, not 64x64 and 32x32"),
    ],
)
def test_sizes_it_refuses(x: Image, y: Image, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make("pix2pixhd", halvings=2, spaces={"x": x, "y": y})
    with pytest.raises(UsageError, match="at most 4 times, not 5"):
        make("pix2pixhd", halvings=5)


def test_scenes_are_translated_at_any_size_that_is_a_multiple() -> None:
    game = make("pix2pixhd", **{**TINY, "halvings": 4, "blocks": 1}, spaces=sides(3, 64, 64))
    assert game.multiple == 32
    game.clock.stage = 2
    game.eval()
    for height, width in ((64, 96), (96, 160)):
        assert game.generate(torch.rand(1, 3, height, width)).shape == (1, 3, height, width)


def test_what_is_drawn_of_a_round_is_nothing() -> None:
    """Its only noise is in the order of the data: two games of one chance or another agree."""
    x, y = torch.rand(2, 2, 3, 16, 16)
    losses = []
    for seed in ("a", "b"):
        game = at(2)
        game.chance = Chance(seed)
        losses.append(next(game.play(iter([Batch(x=x, y=y)]))).loss)
    torch.testing.assert_close(*losses)

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from torch.nn.functional import l1_loss

import ganvas
from ganvas import data
from ganvas.core import Batch, Chance, Game, Image, Settings, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.losses.features import gram
from ganvas.nets.colour import from_lab, to_lab
from ganvas.nets.squares import squares, within

SPACES = {"x": Image(1, 48, 48), "y": Image(3, 48, 48), "texture": Image(4, 48, 48)}


def tiny(**config: object) -> Game:
    """In evaluation mode: batch norm and dropout would see each batch another way."""
    torch.manual_seed(0)
    return make("texturegan", spaces=SPACES, width=2, **config).eval()


def rows(n: int = 3) -> Batch:
    chance = Chance("rows")
    x, y = (chance.draw(SPACES[field], n) for field in "xy")
    texture = torch.full((n, 4, 48, 48), -1.0)
    for i, (top, left) in enumerate([(0, 5), (20, 30), (30, 2)]):
        texture[i, :3, top : top + 14, left : left + 14] = y[i, :, top : top + 14, left : left + 14]
        texture[i, 3, top : top + 14, left : left + 14] = 1.0
    return Batch(x=x, y=y, texture=texture)


def residual(maps: int) -> int:
    return 2 * ((9 * maps + 1) * maps + 2 * maps)


def test_the_sizes_of_the_authors_layers() -> None:
    """Their code: 5 -> 32 maps, 13 blocks between, past everything to 32 + 5, and 3 with norm."""
    sizes = [(5, 32), (32, 64), (64, 128), (128, 256), (256, 128), (128, 64), (64, 32)]
    G = sum((9 * a + 1) * b + 2 * b for a, b in sizes) + 2 * 32
    G += sum(residual(m) for m in [32, 64, 128, *[256] * 5, *[128] * 2, *[64] * 2, 32, 37])
    G += (9 * 37 + 1) * 3 + 2 * 3
    D = (81 + 1) * 32 + (25 * 32 + 1) * 64 + (25 * 64 + 1) * 256 + 2 * residual(256)
    D += (16 * 256 + 1) * 128 + 16 * 128 + 1
    players = card("texturegan", "paper").players
    assert players["G"]["parameters"] == G == 7_856_176
    assert players["D"]["parameters"] == D == 3_352_577


def test_stages() -> None:
    assert [s["name"] for s in card("texturegan").stages] == ["own", "foreign"]
    assert [s.name for s in make("texturegan", foreign=0.0).stages()] == ["own"]


@pytest.mark.parametrize("stage", ["own", "foreign"])
def test_who_wants_what(stage: str) -> None:
    weights = {"content": 2.0, "pixel": 3.0, "colour": 5.0, "local": 7.0, "style": 11.0}
    game, batch = tiny(**weights), rows()
    play = {"own": game.play, "foreign": game.play_foreign}[stage]
    game.chance, chance = Chance("test"), Chance("test")
    moves = list(play(iter([batch, batch])))
    if stage == "foreign":  # a round with their own comes first
        assert len(moves) == 6
        moves = moves[3:]
        for _ in range(3):
            chance.uniform(3, 2)
    assert [move.players for move in moves] == [(game.D,), (game.T,), (game.G,)]
    assert game.side == 12

    y, texture = to_lab(batch.y), batch.texture
    like, there = y, torch.ones(3, 48, 48, dtype=torch.bool)
    if stage == "foreign":
        texture = texture[[2, 0, 1]]
        like, there = to_lab(texture)[:, :3], texture[:, 3] > 0

    def square(of: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
        return squares(of[:, :1], within(where, 12, chance.uniform(3, 2)), 12)

    fake = game.G(torch.cat([batch.x, to_lab(texture)], 1))
    t, other = square(like, there), square(like, there)
    g = square(fake, torch.ones_like(there))
    (real, true), (made, features) = game.D(y[:, :1]), game.D(fake[:, :1])
    d = ((real - 1).square().mean() + made.square().mean()) / 2
    torch.testing.assert_close(moves[0].loss, d)
    same, pair = game.T(t, other)[0], game.T(g, t)[0]
    torch.testing.assert_close(
        moves[1].loss, ((same - 1).square().mean() + pair.square().mean()) / 2
    )
    off = (fake - like).square()
    seen = there[:, None].expand_as(off)
    loss = (made - 1).square().mean() + 7 * (pair - 1).square().mean()
    loss = loss + 2 * l1_loss(features, true)
    loss = loss + 11 * l1_loss(gram(game.T(g, g)[1]), gram(game.T(t, t)[1]))
    loss = loss + 3 * off[:, :1][seen[:, :1]].mean() + 5 * off[:, 1:][seen[:, 1:]].mean()
    torch.testing.assert_close(moves[2].loss, loss)


def test_it_makes_rgb_and_works_in_lab() -> None:
    game, batch = tiny(), rows()
    made, inputs = game.sample(3, x=batch.x, texture=batch.texture)
    torch.testing.assert_close(
        made, from_lab(game.G(torch.cat([batch.x, to_lab(batch.texture)], 1)))
    )
    assert game.output.why_not(made) is None
    assert game.scores(made, inputs).shape == (3,)
    with pytest.raises(UsageError, match="needs the input 'texture'"):
        game.sample(3, x=batch.x)


def test_it_learns_the_colours_of_the_patch() -> None:
    """Pictures of one colour each, which the patch alone tells."""
    torch.manual_seed(0)
    game = make("texturegan", spaces=SPACES, width=4, batch=8, foreign=0.0, lr=5e-3)
    colours = torch.rand(40, 3, 1, 1) * 1.6 - 0.8
    y = colours.expand(-1, -1, 48, 48).contiguous()
    texture = torch.full((40, 4, 48, 48), -1.0)
    texture[:, :3, 4:44, 4:44] = y[:, :, 4:44, 4:44]
    texture[:, 3, 4:44, 4:44] = 1.0
    columns = {"x": torch.full((40, 1, 48, 48), -1.0), "y": y, "texture": texture}
    table = data.source.Rows(SPACES, columns)
    Trainer(game, [table], rounds=100, settings=Settings(device="cpu")).run()
    made, _ = game.sample(40, x=columns["x"], texture=texture)
    true = to_lab(y)[:, 1:]
    grey = (true - true.mean(0)).abs().mean()
    assert (to_lab(made)[:, 1:] - true).abs().mean() < grey / 2


def test_any_pictures_will_do(tmp_path: Path) -> None:
    """From a folder of single pictures to a run that can be sampled, measured and looked at."""
    (tmp_path / "mine").mkdir()
    draws = np.random.default_rng(0)
    for i in range(4):
        pixels = draws.integers(0, 256, (48, 48, 3), dtype=np.uint8)
        Pillow.fromarray(pixels).save(tmp_path / "mine" / f"{i}.png")
    run = ganvas.train(
        "texturegan", data=tmp_path / "mine", size=48, out=tmp_path / "run", steps=1, quiet=True,
        width=1, batch=2,
    )  # fmt: skip
    assert run.plan.data["fields"] == ["x", "y", "texture"]
    held = data.held_out(run.plan.data).tables[0].fetch(torch.arange(4))
    assert run.sample(4, x=held["x"], texture=held["texture"]).shape == (4, 3, 48, 48)
    found = ganvas.evaluate(run, metrics=("l1",), n=4, allow_small=True)
    assert 0 < found.figures["l1"]["value"] < 1
    with Pillow.open(tmp_path / "run" / "samples" / "000000002.png") as drawn:
        assert drawn.width > 2 * 4 * 48  # twice sketch, patch, output, truth


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((50, 50, 50), "multiples of 8 and at least 48 pixels, not 50x50"),
        ((32, 32, 32), "at least 48 pixels, not 32x32"),
        ((64, 64, 48), "of one size, not 64x64, 64x64, 48x48"),
    ],
)
def test_sizes_it_refuses(sizes: tuple[int, int, int], message: str) -> None:
    spaces = {
        name: Image(channels, side, side)
        for (name, channels), side in zip(
            {"x": 1, "y": 3, "texture": 4}.items(), sizes, strict=True
        )
    }
    with pytest.raises(UsageError, match=message):
        make("texturegan", spaces=spaces)

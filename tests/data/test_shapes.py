from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from ganvas import data
from ganvas.cli import main
from ganvas.core import Image, Label, UsageError
from ganvas.data import shapes
from ganvas.data.shapes import drawings, materials, scene
from ganvas.data.shapes.canvas import Canvas

FEW = torch.arange(12)
BOTH = ("x", "y")
MAPPED = [word for word in shapes.WORDS if word in data.PAIRED]


def pairs(word: str = "shapes:facades", **wish: object) -> dict[str, torch.Tensor]:
    source = data.load(word, fields=BOTH, paired=True, **{"size": 32, **wish})
    (table,) = source.tables
    return table.fetch(FEW)


# -- the source ------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", MAPPED)
def test_pairs_show_the_same_scene(word: str) -> None:
    """Where the map says one kind, the picture differs less than between kinds."""
    rows = pairs(word)
    kinds, y = shapes.classes_of(rows["x"], word), rows["y"]
    within, between = [], []
    for i in range(len(y)):
        there = [k for k in kinds[i].unique() if (kinds[i] == k).sum() > 12]
        means = torch.stack([y[i][:, kinds[i] == k].mean(1) for k in there])
        within += [y[i][:, kinds[i] == k].std(1).mean() for k in there]
        between.append(torch.pdist(means).mean())
    assert torch.stack(between).mean() > 1.5 * torch.stack(within).mean()


def test_unpaired_sides_are_of_different_scenes() -> None:
    source = data.load("shapes:facades", size=16, fields=BOTH)
    x, y = source.tables
    assert (set(x.spaces), set(y.spaces)) == ({"x"}, {"y"})
    assert not set(x.numbers.tolist()) & set(y.numbers.tolist())
    together = data.load("shapes:facades", size=16, fields=BOTH, paired=True)
    assert len(x) + len(y) == len(together.tables[0]) == 4000
    one = together.tables[0].fetch(FEW)
    assert torch.equal(x.fetch(FEW[:6])["x"], one["x"][0::2])
    assert torch.equal(y.fetch(FEW[:6])["y"], one["y"][1::2])
    assert together.fingerprint != source.fingerprint


def test_one_side_is_the_picture() -> None:
    source = data.load("shapes:facades", size=16)
    assert set(source.spaces) == {"x"}
    assert torch.equal(source.tables[0].fetch(FEW)["x"], pairs(size=16)["y"])
    made = data.load("shapes:facades", size=16, fields=BOTH, paired=True, to="A")
    assert torch.equal(made.tables[0].fetch(FEW)["x"], pairs(size=16)["y"])
    with pytest.raises(UsageError, match="has two sides of its own"):
        data.load("shapes:facades", size=16, fields=BOTH, paired=True, partner="smaller:4")


@pytest.mark.parametrize("word", ["shapes", "shapes:colours"])
def test_the_label_is_the_colour_of_the_main_thing(word: str) -> None:
    source = data.load(word, size=24, fields=("x", "label"))
    assert source.spaces == {"x": Image(3, 24, 24), "label": Label(6, tuple(scene.COLOURS))}
    (table,) = source.tables
    rows = table.fetch(torch.arange(60))
    assert set(rows["label"].tolist()) == set(range(6))
    colours = torch.tensor(list(scene.COLOURS.values()))
    for number, label in enumerate(rows["label"].tolist()):
        plan = shapes.WORDS[word].plan(number, (0.0, 0.0, 1.0, 1.0))
        row, column = (min(23, int(24 * at)) for at in reversed(plan.main.at))
        seen = (rows["x"][number, :, row, column] + 1) / 2
        alike = torch.cosine_similarity(
            seen[None] - seen.min(), colours - colours.min(1)[0][:, None]
        )
        assert alike.argmax() == label, plan.caption()
    blind = table.without("label")
    assert set(blind.spaces) == {"x"}
    assert torch.equal(blind.fetch(FEW)["x"], rows["x"][:12])


def test_of_single_shapes_nothing_else_tells_the_colour() -> None:
    plans = [shapes.WORDS["shapes:colours"].plan(n, (0.0, 0.0, 1.0, 1.0)) for n in range(600)]
    assert {len(plan.things) for plan in plans} == {1}
    for of in (lambda p: p.main.kind, lambda p: p.backdrop, lambda p: p.main.texture):
        pairs_ = {(of(plan), plan.main.colour) for plan in plans}
        assert len(pairs_) == len({of(plan) for plan in plans}) * 6


@pytest.mark.parametrize("word", list(shapes.WORDS))
def test_it_is_found_again_and_nothing_held_back_is_seen(word: str) -> None:
    card = data.about(word)
    fields, paired = tuple(card.spaces), word in data.PAIRED
    source = data.load(word, size=16, fields=fields, paired=paired)
    told = json.loads(json.dumps(source.to_json()))
    assert told["source"] == word
    again, held = data.reload(told), data.held_out(told)
    assert again.fingerprint == source.fingerprint != held.fingerprint
    assert held.spaces == source.spaces
    assert (len(source.tables[0]), len(held.tables[0])) == (card.rows - card.test, card.test)
    assert not set(source.tables[0].numbers.tolist()) & set(held.tables[0].numbers.tolist())
    assert source.name == word.replace(":", "-")


def test_unknown_variants_are_named() -> None:
    with pytest.raises(UsageError, match="there are: shapes, shapes:colours, shapes:facades"):
        data.load("shapes:facade")
    with pytest.raises(UsageError, match="has no pairs"):
        data.load("shapes:colours", fields=BOTH, paired=True)


def test_pairs_are_shown_side_by_side(tmp_path: Path) -> None:
    """Four to a row, each map beside its picture."""
    file = tmp_path / "some.png"
    assert main(["data", "show", "shapes:facades", "--size", "16", "-o", str(file)]) == 0
    with Pillow.open(file) as opened:
        tile = np.asarray(opened)[4 : 4 + 64, 4 : 4 + 64].reshape(-1, 3)
    colours = {tuple(colour) for colour in tile.tolist()}
    assert colours <= set(materials.KINDS.values())
    assert len(colours) > 3


# -- maps ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("word", MAPPED)
def test_the_map_says_exactly_what_is_where(word: str, channels: int) -> None:
    x = pairs(word, channels=channels)["x"]
    plans = shapes.WORDS[word]
    for number in range(4):
        canvas = Canvas(32, 32)
        plans.paint(plans.plan(number, canvas.box), canvas)
        found = shapes.classes_of(x[number : number + 1], word)[0]
        assert torch.equal(found, torch.from_numpy(canvas.kinds).long())
    noisy = x + 0.02 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    assert torch.equal(shapes.classes_of(noisy, word), shapes.classes_of(x, word))


def test_every_kind_of_part_comes_up() -> None:
    source = data.load("shapes:facades", size=48, fields=BOTH, paired=True)
    kinds = shapes.classes_of(source.tables[0].fetch(torch.arange(60))["x"])
    share = torch.bincount(kinds.flatten(), minlength=12) / kinds.numel()
    assert shapes.kinds("shapes:facades") == tuple(materials.KINDS)
    assert share.min() > 0.001
    assert share.argmax() == materials.NUMBER["wall"]


def test_maps_and_errors() -> None:
    with pytest.raises(UsageError, match="1, 3 or 4 channels, not 2"):
        shapes.classes_of(torch.zeros(1, 2, 4, 4))
    with pytest.raises(UsageError, match="did you mean"):
        shapes.kinds("shape")


# -- sizes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", list(shapes.WORDS))
@pytest.mark.parametrize(("size", "channels"), [(8, 3), ((20, 50), 1), ((70, 16), 4), (128, 3)])
def test_any_size(word: str, size: int | tuple[int, int], channels: int) -> None:
    source = data.load(word, size=size, channels=channels)
    rows = source.tables[0].fetch(FEW[:3])
    space = source.spaces["x"]
    assert space.why_not(rows["x"]) is None
    assert rows["x"].abs().max() <= 1
    assert rows["x"][:, :3].std() > 0.1
    assert channels < 4 or bool((rows["x"][:, 3] == 1).all())


def test_a_large_picture_is_the_small_one_seen_closer() -> None:
    """Antialiased: reduced, the large one looks like the small one."""
    small, large = (pairs(size=size)["y"] for size in (32, 128))
    reduced = torch.nn.functional.interpolate(large, (32, 32), mode="area")
    assert (reduced - small).abs().mean() < 0.06
    assert (reduced - small.roll(1, 0)).abs().mean() > 0.2


def test_what_does_not_fit_into_memory_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = pairs(size=20)
    monkeypatch.setattr(drawings, "MEMORY", 0)
    again = pairs(size=20)
    assert all(torch.equal(kept[field], again[field]) for field in kept)


def test_tables_of_the_same_scenes_share_what_was_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    first = data.load("shapes", size=18, fields=BOTH, paired=True)
    first.tables[0].fetch(FEW)
    monkeypatch.setattr(drawings, "Canvas", None)  # nobody draws any more
    second = data.load("shapes", size=18)
    assert second.tables[0].gallery is first.tables[0].gallery
    second.tables[0].fetch(FEW)


# -- plans -----------------------------------------------------------------------------------------


def test_a_scene_tells_about_itself() -> None:
    plan = shapes.WORDS["shapes"].plan(1, (0.0, 0.0, 1.5, 1.0))
    for thing in plan.things:
        left, top, right, bottom = thing.box()
        assert -0.02 <= left < right <= 1.52
        assert -0.02 <= top < bottom <= 1.02
        assert f"{thing.colour} {thing.kind}" in plan.caption()
        canvas = Canvas(200, 300)
        scene.painted(scene.Scene(1, "paper", (0.9, 0.9, 0.9), 1.0, (thing,)), canvas)
        rows, columns = np.nonzero(canvas.kinds)
        box = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / 200
        assert np.abs(box - thing.box()).max() < 0.01
        assert set(canvas.kinds[rows, columns]) == {scene.NUMBER[thing.kind]}


def test_the_caption_says_all_there_is() -> None:
    plan = shapes.WORDS["shapes"].plan(0, (0.0, 0.0, 1.0, 1.0))
    assert plan.caption() == (
        "a large striped blue triangle, a small striped red star and a small striped purple cross "
        "on wood"
    )


def test_a_facade_tells_about_itself() -> None:
    plans = [shapes.WORDS["shapes:facades"].plan(n, (0.0, 0.0, 1.0, 1.0)) for n in range(40)]
    captions = [plan.caption() for plan in plans]
    assert any("and green shutters" in caption for caption in captions)
    assert all(plan.look.wall in plan.caption() for plan in plans)
    assert len({repr(plan.parts) for plan in plans}) == 40


# -- the brush -------------------------------------------------------------------------------------


def test_a_box_covers_its_share_of_each_pixel() -> None:
    patch = Canvas(4, 4).part((0.0, 0.0, 1.0, 1.0))
    cover = patch.inside((0.25, 0.125, 0.625, 0.5))
    assert cover.tolist() == [
        [0, 0.5, 0.25, 0],
        [0, 1.0, 0.5, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
    ]
    assert patch.lines(patch.x, 0.5, 0.125).tolist() == [[0.5, 0, 0.5, 0]]


def test_the_distance_to_a_polygon() -> None:
    patch = Canvas(8, 8).part((0.0, 0.0, 1.0, 1.0))
    square = np.array([[0.25, 0.25], [0.75, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]])
    distance = patch.polygon(square)
    x, y = np.abs(patch.x - 0.5) - 0.25, np.abs(patch.y - 0.5) - 0.25
    outside = np.hypot(np.maximum(x, 0), np.maximum(y, 0))
    assert distance == pytest.approx(outside + np.minimum(np.maximum(x, y), 0), abs=1e-6)


def test_paint_and_map_agree() -> None:
    canvas = Canvas(2, 4)
    patch = canvas.part(canvas.box)
    patch.paint(np.float32([[1, 0.6, 0.4, 0]] * 2), (1.0, 0.5, 0.0), kind=3)
    assert canvas.kinds.tolist() == [[3, 3, 0, 0]] * 2
    assert canvas.picture()[0, :, 0].tolist() == [255, 153, 102, 0]

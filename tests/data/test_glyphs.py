import json
import subprocess
import sys

import pytest
import torch
from torch.nn.functional import avg_pool2d, normalize

from ganvas import data
from ganvas.core import DataError, Image, UsageError
from ganvas.data import atlas, glyphs

BOTH = ("x", "y")


def rows(source, field="x"):
    (table,) = [t for t in source.tables if field in t.spaces]
    return table.fetch(torch.arange(len(table)))[field]


@pytest.fixture(scope="module")
def held():
    """The pairs that are held back: x and y, (600, 1, 64, 64) each."""
    source = data.load("glyphs", fields=BOTH, paired=True, split="test")
    return rows(source), rows(source, "y")


def test_the_characters_are_the_common_ones_of_gb2312():
    assert len(set(glyphs.CHARACTERS)) == len(glyphs.CHARACTERS) == 3755
    assert glyphs.CHARACTERS.startswith("啊阿埃挨哎唉哀")
    assert glyphs.CHARACTERS.endswith("座")
    assert set("的一是不了在人有我他") < set(glyphs.CHARACTERS)


def test_both_typefaces_are_set_equally_large(held):
    sides = []
    for x in held:
        dark = (x < 0.5)[:, 0]
        sides.append([float(dark.any(axis).sum(1).double().mean()) for axis in (1, 2)])
    assert sides[0] == pytest.approx(sides[1], rel=0.04)


def test_pairs_are_whole_dark_on_white_and_in_the_middle(held):
    ends = torch.tensor([0, -1])
    for x in held:
        assert x.shape == (600, 1, 64, 64)
        assert (x[..., ends, :] == 1).all()  # nothing is cut off
        assert (x[..., :, ends] == 1).all()
        ink = (1 - x) / 2
        assert (ink.amax((1, 2, 3)) > 0.9).all()
        assert 0.05 < ink.mean() < 0.3
        at = torch.arange(64) - 31.5
        for side in (ink.sum((1, 2)), ink.sum((1, 3))):  # across, down
            centre = (side * at).sum(1) / side.sum(1)
            assert centre.mean().abs() < 2
            assert centre.abs().max() < 16


def test_both_of_a_row_are_the_same_character_in_different_typefaces(held):
    """Where there is how much ink, roughly, finds many of them among 600."""
    ink = [avg_pool2d(1 - side, 13, 4, 6).flatten(1) for side in held]
    x, y = (normalize((side - side.mean(0)) / (side.std(0) + 0.02), dim=1) for side in ink)
    likeness = x @ y.T
    rank = (likeness > likeness.diag()[:, None]).sum(1)
    assert (rank == 0).float().mean() > 0.3
    assert rank.median() < 5
    assert (held[0] - held[1]).abs().mean((1, 2, 3)).min() > 0.02


@pytest.mark.parametrize("split", ["train", "test", "all"])
def test_one_can_say_which_character_a_row_is(split):
    names, x = glyphs.characters(split), rows(data.load("glyphs", split=split))
    assert len(names) == len(x) == {"train": 3155, "test": 600, "all": 3755}[split]
    tiles = atlas.tiles("glyphs/kai.webp", 64, "L")
    for i in range(0, len(names), 97):
        picture = torch.from_numpy(tiles[glyphs.CHARACTERS.index(names[i])]).float() / 127.5 - 1
        assert torch.equal(x[i], picture)


def test_a_one_is_a_stroke_and_a_three_is_three():
    names = glyphs.characters("all")
    source = data.load("glyphs", fields=BOTH, paired=True, split="all")
    for character, strokes in (("一", 1), ("二", 2), ("三", 3)):
        got = source.tables[0].fetch(torch.tensor([names.index(character)]))
        for field in BOTH:
            dark = (got[field][0, 0, :, 28:34] < 0).any(1).int()
            assert (dark.diff() == 1).sum() == strokes


def test_unpaired_tables_have_no_character_in_common():
    source = data.load("glyphs", fields=BOTH)
    assert [set(table.spaces) for table in source.tables] == [{"x"}, {"y"}]
    x, y = (glyphs.characters("train", side) for side in BOTH)
    assert [len(table) for table in source.tables] == [len(x), len(y)] == [1578, 1577]
    assert not set(x) & set(y)
    assert set(x) | set(y) == set(glyphs.characters("train"))
    paired = data.load("glyphs", fields=BOTH, paired=True)
    place = [glyphs.characters("train").index(character) for character in y[:50]]
    assert torch.equal(rows(source, "y")[:50], rows(paired, "y")[place])


def test_what_is_held_back_is_held_back_in_both_typefaces(held):
    assert not set(glyphs.characters("test")) & set(glyphs.characters("train"))
    unpaired = data.load("glyphs", fields=BOTH, split="test")
    assert torch.equal(rows(unpaired), held[0])
    assert torch.equal(rows(unpaired, "y"), held[1])
    assert glyphs.characters("test", "x") == glyphs.characters("test", "y")
    found = data.held_out(data.load("glyphs", fields=BOTH, paired=True, size=16).to_json())
    assert found.given["split"] == "test"
    assert len(found.tables[0]) == 600


def test_the_other_direction_makes_kai_of_ming(held):
    source = data.load("glyphs", fields=BOTH, paired=True, split="test", to="A")
    assert torch.equal(rows(source), held[1])
    assert torch.equal(rows(source, "y"), held[0])


@pytest.mark.parametrize(("size", "channels"), [(32, 1), ((20, 32), 3), (16, 4)])
def test_they_come_in_the_size_and_channels_asked_for(size, channels, held):
    wish = {"fields": BOTH, "paired": True, "split": "test"}
    source = data.load("glyphs", size=size, channels=channels, fit="stretch", **wish)
    height, width = (size, size) if isinstance(size, int) else size
    assert source.spaces["x"] == source.spaces["y"] == Image(channels, height, width)
    x = rows(source)
    assert source.spaces["x"].why_not(x) is None
    assert x[:, :3].mean() == pytest.approx(held[0].mean().item(), abs=0.01)


@pytest.mark.parametrize("paired", [True, False])
def test_they_are_found_again_from_json(paired):
    source = data.load("glyphs", fields=BOTH, paired=paired, size=16, split="test")
    again = data.reload(json.loads(json.dumps(source.to_json())))
    assert again.to_json() == source.to_json()
    assert data.has_two_sides("glyphs")
    assert "glyphs" in data.PAIRED


def test_files_that_are_missing_or_broken_are_named(monkeypatch):
    with pytest.raises(DataError, match="data/assets/glyphs/song.webp; install it anew"):
        atlas.content("glyphs/song.webp")
    monkeypatch.setattr(atlas, "content", lambda path: b"no picture")
    with pytest.raises(DataError, match=r"glyphs/kai.webp cannot be read"):
        data.load("glyphs")


def test_they_are_no_variant_of_anything():
    with pytest.raises(UsageError, match=r"unknown source 'glyphs:kai'; there are: glyphs; and"):
        data.load("glyphs:kai")


def test_nobody_needs_pillow_to_import_the_sources():
    program = "import sys, ganvas.data; print('PIL' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr

"""What becomes of single pictures."""

import json

import pytest
import torch
from test_paired_data import fill

from ganvas import data
from ganvas.core import Image, UsageError
from ganvas.data import examine, partners
from ganvas.data.outlines import outlines


def rows(table):
    return table.fetch(torch.arange(len(table)))


def pairs(name="digits", partner="edges", **more):
    source = data.load(name, fields=("x", "y"), paired=True, partner=partner, **more)
    return source, rows(source.tables[0])


@pytest.fixture
def colours():
    return torch.rand(3, 3, 8, 12, generator=torch.Generator().manual_seed(0)) * 2 - 1


def made(words, y):
    partner = partners.parse(words)
    space = partner.space(Image(*y.shape[1:]))
    x = partner.make(y, [torch.Generator().manual_seed(i) for i in range(len(y))])
    assert space.why_not(x) is None
    return x


# -- the kinds -----------------------------------------------------------------------------------


def test_grey_is_the_brightness(colours):
    red = torch.tensor([1.0, -1.0, -1.0]).view(1, 3, 1, 1).expand(1, 3, 4, 4)
    assert made("grey", red).unique().tolist() == pytest.approx([2 * 0.299 - 1])
    grey = colours[:, :1].expand(-1, 3, -1, -1)
    torch.testing.assert_close(made("grey", grey), colours[:, :1])


def test_a_negative_of_a_negative_is_the_picture(colours):
    assert torch.equal(made("negative", made("negative", colours)), colours)


def test_edges_are_where_brightness_changes():
    y = torch.full((1, 3, 8, 8), -1.0)
    y[..., 4:] = 1
    (line,) = made("edges", y)[0, 0].unique(dim=0)  # all rows are alike
    assert (line[3:5] == -1).sum() == 1
    assert (line == 1).sum() == 7


def test_smaller_keeps_what_is_smooth():
    ramp = torch.linspace(-1, 1, 16).expand(1, 1, 16, 16)
    x = made("smaller:4", ramp)
    assert x.shape == (1, 1, 4, 4)
    torch.testing.assert_close(x[0, 0, 0], ramp[0, 0, 0].view(4, 4).mean(1), atol=0.03, rtol=0)
    board = (torch.arange(16)[:, None] + torch.arange(16)) % 2 * 2.0 - 1
    assert made("smaller:2", board[None, None]).abs().max() < 0.3  # grey, not aliased


@pytest.mark.parametrize("area", [0.05, 0.25, 0.6])
def test_a_hole_has_its_area_and_says_where_it_is(area):
    y = torch.ones(50, 3, 40, 40)
    x = made(f"holed:{area}", y)
    hole = x[:, 3] < 0
    assert hole.flatten(1).float().mean(1) == pytest.approx(torch.full((50,), area), rel=0.35)
    assert (x[:, :3].amax(1)[hole] == -1).all()
    assert (x[:, :3].amin(1)[~hole] == 1).all()
    rims = torch.cat([hole[:, 0], hole[:, -1], hole[:, :, 0], hole[:, :, -1]], 1)
    assert not rims.any()
    assert len({tuple(h.flatten().tolist()) for h in hole}) > 40
    for one in hole:
        down, right = one.any(1).nonzero(), one.any(0).nonzero()
        box = one[down[0] : down[-1] + 1, right[0] : right[-1] + 1]
        assert box.all()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("gray", "did you mean 'grey'"),
        ("grey:2", "--partner grey takes no number"),
        ("smaller:1", "a number from 2 to 16, not '1'"),
        ("smaller:x", "a number from 2 to 16, not 'x'"),
        ("smaller:2.5", "a whole number, not 2.5"),
        ("smaller:nan", "not 'nan'"),
        ("holed:0", "from 0.01 to 0.9"),
        ("holed:", "from 0.01 to 0.9, not ''"),
        ("", "partner"),
    ],
)
def test_what_is_no_partner(words, message):
    with pytest.raises(UsageError, match=message):
        partners.parse(words)


@pytest.mark.parametrize(
    ("words", "y", "message"),
    [
        ("grey", Image(1, 8, 8), "takes the colour of RGB pictures"),
        ("smaller:4", Image(3, 10, 8), "multiples of 4, not 10x8"),
        ("holed", Image(4, 8, 8), "without transparency"),
    ],
)
def test_pictures_that_a_partner_cannot_be_made_of(words, y, message):
    with pytest.raises(UsageError, match=message):
        partners.parse(words).space(y)


# -- as a source ---------------------------------------------------------------------------------


def test_x_is_made_of_y_of_the_same_row():
    source, got = pairs(partner="edges", size=16)
    y = rows(data.load("digits", size=16).tables[0])["x"]
    assert source.spaces == {"x": Image(1, 16, 16), "y": Image(1, 16, 16)}
    assert torch.equal(got["y"], y)
    torch.testing.assert_close(got["x"], outlines(y))
    back, turned = pairs(partner="edges", size=16, to="A")
    assert torch.equal(turned["x"], y)
    assert back.fingerprint != source.fingerprint


def test_unpaired_sides_come_of_different_pictures():
    source = data.load("digits", size=8, fields=("x", "y"), partner="negative")
    x, y = source.tables
    everything = rows(data.load("digits", size=8).tables[0])["x"]
    assert torch.equal(-rows(x)["x"], everything[0::2])
    assert torch.equal(rows(y)["y"], everything[1::2])


def test_training_meets_each_picture_with_several_holes_and_a_test_with_one():
    source, got = pairs("faces", "holed:0.2")
    n = len(source.tables[0])
    assert n == 8 * 100
    y, alpha = got["y"].view(8, 100, 1, 25, 25), got["x"][:, 1:].view(8, 100, 1, 25, 25)
    assert (y == y[:1]).all()
    assert not (alpha == alpha[:1]).flatten(2).all(2)[1:].any(1).all()
    some = torch.tensor([5, 405, 799])
    alone = source.tables[0].fetch(some)
    assert torch.equal(alone["x"], got["x"][some])  # a hole depends on its row alone
    held, _ = pairs("digits", "holed", size=8, split="test")
    assert len(held.tables[0]) == 896


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("partner", ["edges", "holed:0.3"])
def test_it_is_found_again(paired, partner):
    source = data.load("digits", size=8, fields=("x", "y"), paired=paired, partner=partner)
    told = json.loads(json.dumps(source.to_json()))
    again = data.reload(told)
    for one, other in zip(source.tables, again.tables, strict=True):
        first, second = rows(one), rows(other)
        assert all(torch.equal(first[field], second[field]) for field in first)
    held = data.held_out(told)
    assert held.given["split"] == "test"
    assert set(held.spaces) == {"x", "y"}
    with pytest.raises(UsageError, match="no longer what it was"):
        data.reload({**told, "partner": "negative"})


def test_a_folder_of_classes_gives_up_its_labels(tmp_path, monkeypatch):
    fill(tmp_path, "cats", "dogs", "birds")
    source = data.load(tmp_path, fields=("x", "y"), paired=True, partner="grey")
    assert source.spaces == {"x": Image(1, 8, 8), "y": Image(3, 8, 8)}
    kept = rows(source.tables[0])
    monkeypatch.setattr(examine, "MEMORY", 0)
    again = data.load(tmp_path, fields=("x", "y"), paired=True, partner="grey")
    assert again.tables[0].slow
    other = rows(again.tables[0])
    assert all(torch.equal(kept[field], other[field]) for field in "xy")


@pytest.mark.parametrize("name", ["edges", "negatives", "folder"])
def test_two_sides_need_no_partner(tmp_path, name):
    source = fill(tmp_path, "trainA", "trainB") if name == "folder" else name
    for paired in (True, False):
        with pytest.raises(UsageError, match="has two sides of its own: --partner grey is for"):
            data.load(source, fields=("x", "y"), paired=paired, partner="grey")


@pytest.mark.parametrize("name", ["ring8", "tokens"])
def test_only_pictures_have_partners(name):
    with pytest.raises(UsageError, match="is for pictures"):
        pairs(name, "edges")


def test_games_of_one_side_have_no_partners():
    with pytest.raises(UsageError, match="--partner grey is for games that learn between two"):
        data.load("digits", partner="grey")


def test_what_is_blurred_is_learned_in_every_position():
    single = data.load("photos", size=16)
    source = data.load("photos", size=16, fields=("x", "y"), paired=True, partner="blurred")
    table, n = source.tables[0], len(single.tables[0])
    assert len(table) == 8 * n
    eight = table.fetch(5 + n * torch.arange(8))["y"]
    picture = single.tables[0].fetch(torch.tensor([5]))["x"][0]
    positions = [p.rot90(k, (1, 2)) for p in (picture, picture.flip(2)) for k in range(4)]
    for wanted in positions:
        assert sum(torch.equal(y, wanted) for y in eight) == 1
    held = data.load(
        "photos", size=16, fields=("x", "y"), paired=True, partner="blurred", split="test"
    )
    once = data.load("photos", size=16, split="test")
    assert torch.equal(rows(held.tables[0])["y"], rows(once.tables[0])["x"])


def test_pictures_that_are_no_squares_keep_their_shape():
    y = torch.arange(24.0).view(1, 4, 6)
    turned = [partners.position(y, number) for number in range(8)]
    assert {each.shape for each in turned} == {y.shape}
    assert len({tuple(each.flatten().tolist()) for each in turned}) == 4

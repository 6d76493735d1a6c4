import json

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

import ganvas
from ganvas import data
from ganvas.core import Image, Label, UsageError
from ganvas.data import images, pictures
from ganvas.data.few import drawn
from ganvas.data.source import Rows

FIELDS = ("x", "few", "label")


def all_of(table):
    return table.fetch(torch.arange(len(table)))


@pytest.mark.parametrize(("name", "size"), [("digits", 16), ("digits", (9, 12)), ("ring8", None)])
def test_all_rows_without_labels_and_a_few_with_theirs(name, size):
    whole = all_of(data.load(name, size=size).tables[0])
    source = data.load(name, size=size, fields=FIELDS, labels_per_class=3, label_draw=5)
    x, few = source.tables
    assert x.spaces.keys() == x.columns.keys() == all_of(x).keys() == {"x"}
    assert torch.equal(all_of(x)["x"], whole["x"])
    rows, classes = all_of(few), few.spaces["label"].classes
    assert torch.bincount(rows["label"]).tolist() == [3] * classes
    assert torch.equal(rows["few"], whole["x"][few.rows])
    assert torch.equal(rows["label"], whole["label"][few.rows])
    assert source.to_json()["rows"] == {
        "x": len(x), "few": 3 * classes, "label": 3 * classes
    }  # fmt: skip


def test_the_draw_decides_which_and_is_found_again():
    def load(draw):
        return data.load("digits", fields=FIELDS, label_draw=draw)

    one, same, other = load(0), load(0), load(1)
    assert len(one.tables[1]) == 100
    assert torch.equal(one.tables[1].rows, same.tables[1].rows)
    assert not torch.equal(one.tables[1].rows, other.tables[1].rows)
    assert one.fingerprint == same.fingerprint != other.fingerprint
    told = json.loads(json.dumps(other.to_json()))
    assert (told["labels_per_class"], told["label_draw"]) == (10, 1)
    assert torch.equal(data.reload(told).tables[1].rows, other.tables[1].rows)
    with pytest.raises(UsageError, match="no longer what it was"):
        data.reload({**told, "label_draw": 2})


def test_what_is_held_back_keeps_its_labels():
    held = data.held_out(data.load("digits", fields=FIELDS).to_json())
    assert [set(table.spaces) for table in held.tables] == [{"x", "label"}]
    assert len(held.tables[0]) == 896
    plain = data.load("digits", split="test", fields=FIELDS)
    assert set(plain.spaces) == {"x", "label"}


@pytest.mark.parametrize(
    ("name", "asked", "message"),
    [
        ("digits", {"labels_per_class": 89}, "there are only 87 of class '8'"),
        ("digits", {"labels_per_class": 0}, "must be at least 1, not 0"),
        ("digits", {"labels_per_class": -1}, "must be at least 1, not -1"),
        ("faces", {}, "faces has no labels to keep a few of"),
        ("tokens", {}, "no labels"),
        ("digits", {"labels_per_class": 5, "fields": ("x",)}, "games that learn from few labels"),
        ("digits", {"label_draw": 0, "fields": ("x",)}, "--label-draw is for games"),
    ],
)
def test_what_cannot_be(name, asked, message):
    with pytest.raises(UsageError) as error:
        data.load(name, **{"fields": FIELDS, **asked})
    assert message in str(error.value)


def test_every_row_of_a_class_is_as_likely():
    label = torch.tensor([0, 1] * 10)
    found = torch.cat([drawn(label, Label(2), 2, draw) for draw in range(2000)])
    counts = torch.bincount(found, minlength=20)
    assert counts.sum() == 8000
    assert counts.min() > 400 - 5 * (400 * 0.8) ** 0.5
    assert counts.max() < 400 + 5 * (400 * 0.8) ** 0.5


@pytest.mark.parametrize("memory", [0, 2**30])
def test_a_folder_of_classes(tmp_path, monkeypatch, memory):
    draws = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for i in range(4):
            x = draws.integers(0, 256, (8, 8), dtype=np.uint8)
            Pillow.fromarray(x).save(tmp_path / "set" / name / f"{i}.png")
    monkeypatch.setattr("ganvas.data.examine.MEMORY", memory)
    x, few = data.load(tmp_path / "set", fields=FIELDS, labels_per_class=2).tables
    assert isinstance(x, Rows if memory else images.Files)
    assert few.slow is x.slow is (memory == 0)
    assert "label" not in {*x.spaces, *x.columns}
    assert few.spaces == {"few": Image(1, 8, 8), "label": Label(2, ("cat", "dog"))}
    rows = all_of(few)
    assert rows["label"].tolist() == [0, 0, 1, 1]
    assert torch.equal(rows["few"], all_of(x)["x"][few.rows])
    assert bool(((few.rows < 4) == (rows["label"] == 0)).all())


@pytest.mark.parametrize("game", ["sgan", "feature_matching"])
def test_no_other_label_is_ever_read(tmp_path, monkeypatch, game):
    """With every other label of the source made wrong the run ends in the same bytes."""

    def weights(name):
        few = {"labels_per_class": 3, "label_draw": 1}
        run = ganvas.train(game, data="digits", steps=3, out=tmp_path / name, quiet=True, **few)
        return run.game.state_dict()

    told = weights("told")
    chosen = data.load("digits", fields=FIELDS, labels_per_class=3, label_draw=1).tables[1].rows
    honest = pictures._digits

    def poisoned(split):
        pixels, label, turn = honest(split)
        wrong = torch.full_like(label, -1)
        wrong[chosen] = label[chosen]
        return pixels, wrong, turn

    monkeypatch.setattr(pictures, "_digits", poisoned)
    untold = weights("untold")
    assert all(torch.equal(tensor, untold[name]) for name, tensor in told.items())

    def lies(split):
        pixels, label, turn = poisoned(split)
        label[chosen] = label[chosen].flip(0)
        return pixels, label, turn

    monkeypatch.setattr(pictures, "_digits", lies)
    misled = weights("misled")
    assert not all(torch.equal(tensor, misled[name]) for name, tensor in told.items())


def test_a_run_knows_its_labels_and_goes_on_with_them(tmp_path):
    def train(name, steps):
        return ganvas.train(
            "sgan", steps=steps, out=tmp_path / name, quiet=True, labels_per_class=2, label_draw=7
        )

    whole, parts = train("whole", 4), train("parts", 2)
    told = json.loads((parts.folder / "config.json").read_text())["data"]
    assert (told["labels_per_class"], told["label_draw"]) == (2, 7)
    resumed = ganvas.resume(parts.folder, steps=4, quiet=True).game.state_dict()
    for name, tensor in whole.game.state_dict().items():
        assert torch.equal(tensor, resumed[name])


def test_the_options_belong_to_games_that_learn_from_few(tmp_path):
    from ganvas.cli.train import options

    words = {o.word: o.help for group in options("sgan", "default").values() for o in group}
    assert "with their label" in words["--labels-per-class"]
    assert "which rows" in words["--label-draw"]
    others = {o.word for group in options("dcgan", "default").values() for o in group}
    assert not {"--labels-per-class", "--label-draw"} & others
    with pytest.raises(UsageError, match="games that learn from few labels"):
        ganvas.train("dcgan", steps=1, out=tmp_path / "run", labels_per_class=3, quiet=True)

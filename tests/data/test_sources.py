import json
from collections import Counter

import pytest
import torch

from ganvas import data
from ganvas.core import DataError, Image, Label, Points, Tokens, UsageError
from ganvas.data import photos, pictures, sentences
from ganvas.nets import language


@pytest.fixture(autouse=True)
def _short_oracle(monkeypatch):
    monkeypatch.setattr(language, "ORACLE_SENTENCES", 300)
    monkeypatch.setattr(sentences, "TEST", 100)


def rows(source, field="x"):
    (table,) = [t for t in source.tables if field in t.spaces]
    return table.fetch(torch.arange(len(table)))[field]


@pytest.mark.parametrize("name", data.names())
def test_a_source_is_what_its_card_says(name):
    card = data.about(name)
    split = "train" if card.test == 0 else "all"
    source = data.load(name, fields=tuple(card.spaces), split=split)
    assert source.spaces == dict(card.spaces)
    domains = [len(table) for table in source.tables]
    assert sum(domains) == card.rows
    for table in source.tables:
        some = table.fetch(torch.tensor([0, len(table) - 1, 5]))
        assert some.keys() == table.spaces.keys()
        for field, space in table.spaces.items():
            assert space.why_not(some[field]) is None


@pytest.mark.parametrize("name", ["ring8", "digits", "photos", "tokens", "oracle"])
def test_parts_are_fixed_and_apart(name):
    train, again, test = (data.load(name, split=s) for s in ("train", "train", "test"))
    assert torch.equal(rows(train), rows(again))
    assert train.fingerprint == again.fingerprint != test.fingerprint
    assert len(test.tables[0]) == data.about(name).test
    seen = {row.numpy().tobytes() for row in rows(train)[:2000]}
    common = sum(row.numpy().tobytes() in seen for row in rows(test)[:2000])
    assert common == 0 or (name == "tokens" and common < 50)  # short sentences come again


def test_digits_are_those_of_scikit_learn_in_proportion(monkeypatch):
    direct = data.load("digits", split="all")
    monkeypatch.setattr(pictures, "inside", lambda package, path: None)
    official = data.load("digits", split="all")
    assert torch.equal(rows(direct), rows(official))
    assert torch.equal(rows(direct, "label"), rows(official, "label"))
    monkeypatch.undo()
    halves = [
        Counter(rows(data.load("digits", split=s), "label").tolist()) for s in ("train", "test")
    ]
    assert all(0 <= halves[0][digit] - halves[1][digit] <= 1 for digit in range(10))


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
@pytest.mark.parametrize(("size", "channels"), [(16, 1), ((12, 20), 3), ((6, 4), 4)])
def test_pictures_come_in_the_size_and_channels_asked_for(fit, size, channels):
    source = data.load("digits", size=size, channels=channels, fit=fit)
    height, width = (size, size) if isinstance(size, int) else size
    assert source.spaces["x"] == Image(channels, height, width)
    x = rows(source)[:50]
    assert source.spaces["x"].why_not(x) is None
    assert x.abs().max() <= 1
    assert channels == 1 or torch.equal(x[:, 0], x[:, 2])
    assert channels < 4 or bool((x[:, 3] == 1).all())


def test_fits_keep_fill_or_distort():
    picture, wide = torch.full((1, 1, 8, 8), 0.5), Image(1, 8, 16)
    padded = pictures.shaped(picture, wide, "pad")
    assert padded[0, 0, 0].tolist() == [-1.0] * 4 + [0.5] * 8 + [-1.0] * 4
    for fit in ("crop", "stretch"):
        assert torch.allclose(pictures.shaped(picture, wide, fit), torch.tensor(0.5))
    ramp = torch.linspace(-1, 1, 8).view(1, 1, 8, 1).expand(1, 1, 8, 8)
    assert pictures.shaped(ramp, wide, "stretch").min() == -1
    assert pictures.shaped(ramp, wide, "crop").min() > -0.7  # the upper quarter is cut off


def test_large_pictures_are_resized_when_fetched(monkeypatch):
    kept = data.load("digits", size=20)
    monkeypatch.setattr(pictures, "MEMORY", 0)
    lazy = data.load("digits", size=20)
    assert lazy.tables[0].columns["x"].shape[-1] == 8
    assert torch.allclose(rows(lazy), rows(kept), atol=1e-6)
    assert lazy.fingerprint == kept.fingerprint


def test_photos_are_windows_of_the_photographs_that_the_labels_name():
    source = data.load("photos", size=64)
    x, label = rows(source), rows(source, "label")
    boxes = photos.boxes(False, 64)
    assert len(x) == len(boxes)
    for i in range(0, len(x), 500):
        number, top, left, side = boxes[i]
        cut = photos.pixels(number)[:, top : top + side, left : left + side].float() / 127.5 - 1
        halved = torch.nn.functional.interpolate(cut[None], (64, 64), mode="area")[0]
        assert (x[i] - halved).abs().mean() < 0.05
        assert label[i] == number
    assert source.spaces["label"].names[int(label[0])] == "astronaut"
    counts = torch.bincount(label)
    assert counts.min() > 0.5 * counts.max()


@pytest.mark.parametrize("size", [8, 32, 100, 300, 1000])
def test_no_pixel_of_a_photo_is_both_trained_on_and_held_back(size):
    for number in range(len(photos.PHOTOS)):
        height, width = photos.pixels(number).shape[1:]
        seen = {}
        for test in (False, True):
            seen[test] = torch.zeros(height, width, dtype=torch.bool)
            for which, top, left, side in photos.boxes(test, size):
                if which == number:
                    assert 0 <= top <= height - side
                    assert 0 <= left <= width - side
                    seen[test][top : top + side, left : left + side] = True
        assert not (seen[False] & seen[True]).any()
        assert seen[False].float().mean() > 0.2
        assert seen[True].any()


@pytest.mark.parametrize(("size", "channels"), [((12, 20), 1), (8, 3), ((16, 8), 4)])
def test_photos_come_in_the_size_and_channels_asked_for(size, channels):
    source = data.load("photos", size=size, channels=channels, split="test")
    height, width = (size, size) if isinstance(size, int) else size
    assert source.spaces["x"] == Image(channels, height, width)
    x = rows(source)
    assert source.spaces["x"].why_not(x) is None
    assert 0.1 < x[:, :3].std() < 1
    assert channels < 4 or bool((x[:, 3] == 1).all())
    assert channels == 1 or not torch.equal(x[:, 0], x[:, 2])


def test_photos_that_a_wheel_lacks_are_named(monkeypatch):
    monkeypatch.setattr(photos, "inside", lambda package, path: None)
    with pytest.raises(DataError, match="scikit-image comes without data/astronaut.png"):
        data.load("photos", size=9)


def test_faces_are_a_hundred_and_none_is_held_back():
    assert len(data.load("faces").tables[0]) == 100
    with pytest.raises(UsageError, match="too few"):
        data.load("faces", split="test")


def test_negatives_are_two_domains_without_pairs():
    source = data.load("negatives", fields=("x", "y"))
    assert [set(table.spaces) for table in source.tables] == [{"x"}, {"y"}]
    x, y = rows(source), rows(source, "y")
    assert x.mean() < -0.2 < 0.2 < y.mean()
    seen = {row.numpy().tobytes() for row in x}
    assert not any((-row).numpy().tobytes() in seen for row in y)
    assert set(data.load("negatives").spaces) == {"x"}


def test_edges_are_the_outlines_of_other_digits():
    """A pixel's edge is how much its neighbours differ; no digit is in both halves."""
    source = data.load("edges", size=16, fields=("x", "y"))
    assert [set(table.spaces) for table in source.tables] == [{"x"}, {"y"}]
    x, y = rows(source), rows(source, "y")
    assert -1 <= y.min() < -0.9 < 0 < y.max() <= 1
    digits = rows(data.load("digits", size=16))
    around = torch.nn.functional.pad(digits, (1, 1, 1, 1), mode="replicate")
    around = around.unfold(2, 3, 1).unfold(3, 3, 1)
    outlines = around.amax((-2, -1)) - around.amin((-2, -1)) - 1
    turned = {row.numpy().tobytes(): i for i, row in enumerate(outlines)}
    given = {row.numpy().tobytes(): i for i, row in enumerate(digits)}
    of_x, of_y = (
        {names[row.numpy().tobytes()] for row in half} for names, half in ((given, x), (turned, y))
    )
    assert not of_x & of_y
    assert len(of_x | of_y) == len(digits)
    assert set(data.load("edges").spaces) == {"x"}


@pytest.mark.parametrize("name", ["gaussian1d", "ring8", "grid25"])
def test_mixtures_are_where_their_modes_say(name):
    source = data.load(name)
    x, modes = rows(source), data.modes(name)
    label = rows(source, "label") if len(modes) > 1 else torch.zeros(len(x), dtype=torch.int64)
    away = x - modes[label]
    assert away.std(0).numpy() == pytest.approx(data.std(name), rel=0.02)
    fair = len(x) / len(modes)
    assert (torch.bincount(label) - fair).abs().max() < 0.1 * fair
    assert 0.5 < x.square().mean().sqrt() < 1.5


def test_the_swiss_roll_is_a_spiral():
    x = rows(data.load("swissroll"))
    radius, angle = x.norm(dim=1), torch.atan2(x[:, 1], x[:, 0])
    turns = (radius * 7.5 - angle) / (2 * torch.pi)
    off = (turns - turns.round()).abs() * 2 * torch.pi / 7.5
    assert off.mean() < 2 * data.std("swissroll")
    with pytest.raises(UsageError, match="no mixture"):
        data.modes("swissroll")
    with pytest.raises(UsageError, match="no toy law"):
        data.std("digits")


def test_sentences_are_grammatical_and_others_are_not():
    source = data.load("tokens")
    space, x = source.spaces["x"], rows(source)
    assert isinstance(space, Tokens)
    assert sentences.grammatical(x).all()
    assert len({tuple(row) for row in x.tolist()}) > 5000
    backwards = x.flip(1)
    assert not sentences.grammatical(backwards).any()

    def say(text):
        words = text.split()
        return torch.tensor([[space.words.index(w) for w in words] + [0] * (9 - len(words))])

    good, bad = say("every tall cat sees the dogs again"), say("every tall cat see the dogs again")
    assert sentences.grammatical(torch.cat([good, bad])).tolist() == [True, False]
    assert not sentences.grammatical(say("the cat sees")).any()  # sees whom?
    assert sentences.text(good, space) == ["every tall cat sees the dogs again"]


def test_the_oracle_has_the_vocabulary_asked_for():
    assert data.load("oracle").spaces["x"] == Tokens(language.ORACLE_VOCABULARY, 20)
    source = data.load("oracle:50")
    assert source.spaces["x"] == Tokens(50, 20)
    assert source.name == "oracle-50"
    assert source.to_json()["source"] == "oracle:50"
    net = language.oracle(50)
    x = rows(source)
    assert net(x).mean() > net(x.flip(1)).mean() + 1  # log probabilities of its own words
    for wrong in ("oracle:", "oracle:many", "oracle:1"):
        with pytest.raises(UsageError, match="oracle:5000"):
            data.load(wrong)


@pytest.mark.parametrize("name", ["digits", "ring8", "negatives", "photos", "tokens"])
def test_a_source_is_found_again_from_json(name):
    size = 10 if name == "digits" else None
    source = data.load(name, size=size, channels=None, fit="pad", fields=("x", "y"))
    told = json.loads(json.dumps(source.to_json()))
    again = data.reload(told)
    assert again.spaces == source.spaces
    assert torch.equal(rows(again), rows(source))
    assert again.to_json() == source.to_json()
    with pytest.raises(UsageError, match="no longer what it was"):
        data.reload({**told, "fingerprint": "0" * 64})
    with pytest.raises(UsageError, match="lacks fit"):
        data.reload({k: v for k, v in told.items() if k != "fit"})


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("digitz", "did you mean 'digits'"),
        ("lsun", "--data FOLDER"),
        ("CelebA", "--data FOLDER"),
        ("", "name a source"),
        ("./digits-of-mine", "there is no folder"),
        ("no/such/place", "there is no folder"),
    ],
)
def test_unknown_sources_are_named(source, words):
    with pytest.raises(UsageError, match=words):
        data.load(source)


@pytest.mark.parametrize(
    "wrong",
    [{"size": 0}, {"size": (8, 8, 8)}, {"channels": 2}, {"fit": "squeeze"}, {"split": "val"}],
)
def test_wishes_that_make_no_sense_are_refused(wrong):
    with pytest.raises(UsageError, match=f"{next(iter(wrong))} must be"):
        data.load("digits", **wrong)


def test_cards_name_the_spaces_without_making_the_data():
    assert data.about("ring8").spaces == {"x": Points(2), "label": Label(8)}
    assert data.about("oracle:5000").spaces == {"x": Tokens(5000, 20)}
    with pytest.raises(UsageError, match="did you mean 'faces'"):
        data.about("face")

import json
import unicodedata
from collections import Counter
from functools import cache

import pytest
import torch
from torch.nn.functional import interpolate

from ganvas import data
from ganvas.core import Image, UsageError
from ganvas.data import emoji
from ganvas.data.outlines import over_white

BOTH = ("x", "y")
VARIANTS = list(emoji.ABOUTS)
NAMED = {one.name: one for one in emoji.everything()}


@pytest.fixture(scope="module", autouse=True)
def _decoded_once():
    """Each file is decoded for the first test that asks for it, and no more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(emoji, "tiles", cache(emoji.tiles))
        yield


def rows(source, field="x"):
    (table,) = [t for t in source.tables if field in t.spaces]
    return table.fetch(torch.arange(len(table)))[field]


@pytest.fixture(scope="module")
def everything():
    """What each emoji looks like, by its name: (3, 64, 64)."""
    source = data.load("emoji", split="all")
    return dict(zip(emoji.captions("emoji", "all"), rows(source), strict=True))


# -- names ---------------------------------------------------------------------------------------


def test_names_are_unicodes():
    """Single code points have names of their own, which CLDR's often repeat."""
    assert len(NAMED) == len(emoji.everything()) == 3655
    single = [one for one in NAMED.values() if len(one.text.replace("\ufe0f", "")) == 1]
    same = shared = 0
    for one in single:
        official = unicodedata.name(one.text[0], "").lower().replace("-", " ")
        named = one.name.lower().replace("-", " ")
        same += official == named
        shared += bool(set(official.split()) & set(named.split()))
    assert same > 0.5 * len(single)
    assert shared > 0.85 * len(single)


def test_names_say_what_the_sequences_say():
    sexes = {"\U0001f468": "man", "\u2642": "man", "\U0001f469": "woman", "\u2640": "woman"}
    for one in NAMED.values():
        tones = [emoji.MODIFIERS[code] for code in one.text if code in emoji.MODIFIERS]
        said = one.name.count("skin tone")
        assert said == (len(tones) if len(set(tones)) > 1 else min(1, len(tones)))
        assert all(f"{tone} skin tone" in one.name for tone in tones)
        if one.group == "People & Body" and one.subgroup != "family" and one.kin != "merfolk":
            for sex in (sexes[code] for code in one.text if code in sexes):
                plural = {"man": "men", "woman": "women"}[sex]
                assert {sex, plural} & set(one.name.replace(":", "").split())
        if one.group == "Flags" and one.name.startswith("flag: ") and len(one.text) == 2:
            assert all(0x1F1E6 <= ord(code) <= 0x1F1FF for code in one.text)


@pytest.mark.parametrize(
    ("name", "colour"),
    [
        ("red heart", "r"),
        ("green heart", "g"),
        ("blue heart", "b"),
        ("red circle", "r"),
        ("green circle", "g"),
        ("blue circle", "b"),
        ("red square", "r"),
        ("green square", "g"),
        ("blue square", "b"),
        ("tomato", "r"),
        ("evergreen tree", "g"),
        ("water wave", "b"),
    ],
)
def test_pictures_have_the_colour_of_their_name(everything, name, colour):
    middle = everything[name][:, 16:48, 16:48].mean((1, 2))
    assert "rgb"[int(middle.argmax())] == colour


def test_a_flag_is_that_of_its_country(everything):
    japan, france = everything["flag: Japan"], everything["flag: France"]
    red, green, blue = japan[:, 32, 32].tolist()
    assert red > 0.3 > -0.3 > max(green, blue)
    assert japan[:, 18, 10].min() > 0.7
    assert france[2, 32, 10] > france[0, 32, 10]
    assert france[0, 32, 54] > france[2, 32, 54]


# -- sources -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VARIANTS)
def test_training_and_test_share_no_kin_and_no_picture(name):
    kin = {split: set() for split in ("train", "test")}
    for split in kin:
        for source in VARIANTS:
            kin[split] |= {NAMED[caption].kin for caption in emoji.captions(source, split)}
    assert not kin["train"] & kin["test"]
    fields = tuple(data.about(name).spaces)
    seen = [
        {
            row.numpy().tobytes()
            for field in {"x", "y"} & set(fields)
            for row in rows(data.load(name, fields=fields, paired="y" in fields, split=s), field)
        }
        for s in ("train", "test")
    ]
    assert not seen[0] & seen[1]
    assert len(data.load(name, split="test").tables[0]) == data.about(name).test


def test_the_label_is_the_group():
    source = data.load("emoji", split="test")
    names = source.spaces["label"].names
    labels = rows(source, "label")
    for caption, label in zip(emoji.captions("emoji", "test"), labels.tolist(), strict=True):
        assert names[label] == NAMED[caption].group
    assert set(labels.tolist()) == set(range(len(emoji.GROUPS)))


@pytest.mark.parametrize("split", ["train", "test"])
def test_each_emoji_has_every_tone(split):
    source = data.load("emoji:tones", split=split)
    captions, labels = emoji.captions("emoji:tones", split), rows(source, "label").tolist()
    assert len(set(Counter(labels).values())) == 1
    for caption, label in zip(captions, labels, strict=True):
        tone = emoji.TONES[label]
        assert ("skin tone" in caption) == (tone != "none")
        assert tone == "none" or f" {tone} skin tone" in caption
    assert source.name == "emoji-tones"
    assert source.to_json()["source"] == "emoji:tones"


def test_tones_grow_darker_and_none_is_yellow():
    source = data.load("emoji:tones")
    x, label = rows(source), rows(source, "label")
    captions = emoji.captions("emoji:tones")
    fists = {
        emoji.TONES[int(label[i])]: x[i, :, 24:40, 24:40].mean((1, 2))
        for i, caption in enumerate(captions)
        if caption.startswith("raised fist")
    }
    red, green, blue = fists.pop("none").tolist()
    assert min(red, green) > blue + 0.4
    light = [float(fists[tone].mean()) for tone in emoji.TONES[1:]]
    assert light == sorted(light, reverse=True)
    means = [x[label == i].mean().item() for i in range(len(emoji.TONES))]
    assert means[1] > means[3] > means[5]


def test_a_pair_is_a_man_and_a_woman_in_the_same_tone():
    source = data.load("emoji:genders", fields=BOTH, paired=True, split="all")
    men = emoji.captions("emoji:genders", "all")
    pairs = emoji._rows("emoji:genders", "all")
    assert len(pairs) == len(source.tables[0]) == data.about("emoji:genders").rows
    assert [man.name for man, _ in pairs] == men
    for man, woman in pairs:
        assert man.tone == woman.tone is not None
        assert man.subgroup == woman.subgroup != "family"
        assert man.kin == woman.kin
    names = {man.name: woman.name for man, woman in pairs}
    assert names["man health worker: dark skin tone"] == "woman health worker: dark skin tone"
    assert names["man: light skin tone, beard"] == "woman: light skin tone, beard"
    assert names["Santa Claus"] == "Mrs. Claus"
    x, y = rows(source), rows(source, "y")
    apart = (x - y).abs().mean((1, 2, 3))
    others = (x - y.roll(7, 0)).abs().mean((1, 2, 3))
    assert apart.median() < 0.5 * others.median()


def test_unpaired_men_and_women_share_no_kin():
    source = data.load("emoji:genders", fields=BOTH)
    sides = [emoji.captions("emoji:genders", "train", side) for side in BOTH]
    assert [len(table) for table in source.tables] == [len(side) for side in sides]
    men, women = ({NAMED[name].kin for name in side} for side in sides)
    assert not men & women
    assert 0.5 < len(sides[0]) / len(sides[1]) < 2
    held = data.load("emoji:genders", fields=BOTH, split="test")
    paired = data.load("emoji:genders", fields=BOTH, split="test", paired=True)
    assert torch.equal(rows(held, "y"), rows(paired, "y"))
    turned = data.load("emoji:genders", fields=BOTH, split="test", paired=True, to="A")
    assert torch.equal(rows(turned), rows(paired, "y"))


# -- wishes --------------------------------------------------------------------------------------


def test_transparency_is_kept_or_laid_over_white():
    clear = rows(data.load("emoji", channels=4, split="test"))
    white = rows(data.load("emoji", split="test"))
    grey = rows(data.load("emoji", channels=1, split="test"))
    assert (clear[:, 3] == -1).float().mean() > 0.2
    assert (over_white(clear) - white).abs().max() < 0.01
    luma = (white * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    assert (luma - grey).abs().max() < 0.01


@pytest.mark.parametrize("size", [24, 96])
def test_a_new_size_leaves_no_fringe_around_what_is_transparent(size):
    clear = rows(data.load("emoji", channels=4, size=size, split="test"))
    white = rows(data.load("emoji", split="test"))
    assert Image(4, size, size).why_not(clear) is None
    wanted = interpolate(white, (size, size), mode="bilinear", antialias=True)
    assert (over_white(clear) - wanted).abs().max() < 0.05
    padded = data.load("emoji", channels=4, size=(32, 48), fit="pad", split="test")
    assert (rows(padded)[:, 3, :, :8] == -1).all()


@pytest.mark.parametrize("name", VARIANTS)
def test_they_are_found_again_from_json(name):
    paired = data.has_two_sides(name)
    assert paired == (name in data.PAIRED) == (name == "emoji:genders")
    source = data.load(name, fields=BOTH, paired=paired, size=16, split="test")
    again = data.reload(json.loads(json.dumps(source.to_json())))
    assert again.to_json() == source.to_json()
    assert again.spaces == source.spaces


def test_an_unknown_variant_is_answered_with_those_that_there_are():
    with pytest.raises(UsageError, match="emoji, emoji:tones, emoji:genders; and there is no"):
        data.load("emoji:hair")
    with pytest.raises(UsageError, match="there are: emoji, emoji:tones, emoji:genders"):
        data.about("emoji:")
    with pytest.raises(UsageError, match="unknown source 'digits:3'; there are: digits;"):
        data.load("digits:3")

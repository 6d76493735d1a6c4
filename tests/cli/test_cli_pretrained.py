"""`ganvas pretrained`, and verbs that take pretrained:NAME in place of a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image as Pillow

from ganvas.tools import pretrained

NAMES = pretrained.names()


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_list(ganvas):
    said = ganvas("pretrained list")
    assert said.code == 0
    heading, *lines = said.out.splitlines()
    assert heading.split() == ["name", "game", "MB", "measured", "makes"]
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == NAMES
    plain = ganvas("pretrained list --json").json()
    assert [about["name"] for about in plain] == NAMES
    for about in plain:
        assert about["bytes"] == sum(file["bytes"] for file in about["files"].values())
        assert f"{about['figure']['title']} {about['figure']['value']:.3g}" in said.out


def test_a_card(ganvas):
    said = ganvas("pretrained card digits")
    assert (said.code, said.out) == (0, pretrained.card("digits"))
    assert ganvas("pretrained card --json digits").json()["card"] == said.out


def test_get_and_what_to_do_next(ganvas, elsewhere):
    said = ganvas("pretrained get digits")
    assert said.code == 0
    assert said.out.split() == [
        *("run", "runs/pretrained/digits"),
        *("next", "ganvas", "sample", "runs/pretrained/digits"),
    ]
    place = elsewhere / "kai"
    plain = ganvas("pretrained get kai2ming -o {} --json", place).json()
    assert plain == {"run": str(place), "name": "kai2ming", "game": "pix2pix"}
    again = ganvas("pretrained get kai2ming -o {}", place)
    assert again.out.rstrip().endswith(f"ganvas translate {place} INPUT OUTPUT")


def test_verbs_take_it_for_a_run(ganvas, elsewhere):
    said = ganvas("sample pretrained:digits -n 4 -o {}", elsewhere / "four.png")
    assert (said.code, said.err) == (0, "")
    with Pillow.open(elsewhere / "four.png") as picture:
        assert picture.size[0] > 32
    assert (elsewhere / "runs/pretrained/digits/weights.safetensors").exists()
    assert ganvas("evaluate pretrained:digits --metrics swd --features random --json").json()[
        "game"
    ]
    Pillow.new("L", (64, 64), 255).save(elsewhere / "blank.png")
    said = ganvas("translate pretrained:kai2ming blank.png made.png")
    assert (said.code, said.err) == (0, "")
    with Pillow.open("made.png") as picture:
        assert picture.size == (64, 64)
    assert "discriminator" not in ganvas("doctor pretrained:digits").err


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("pretrained", "ganvas pretrained does what? one of: list, card, get"),
        ("pretrained lst", "unknown verb of ganvas pretrained 'lst'; did you mean 'list'?"),
        ("pretrained get digit", "unknown generator 'digit'; did you mean 'digits'?"),
        ("pretrained card ../digits", "unknown generator '../digits'; did you mean 'digits'?"),
        ("sample pretrained:digts", "unknown generator 'digts'; did you mean 'digits'?"),
        ("sample digits", "there is no run digits; the generator of this name that comes with"),
        ("pretrained get", f"get which generator? there are: {', '.join(NAMES)}"),
        ("pretrained card", "card which generator? there are: "),
        ("pretrained list digits", "ganvas pretrained list does not take 'digits'"),
        ("pretrained get digits --size 3", "has no option --size"),
    ],
)
def test_wrong_use(ganvas, elsewhere, command, message):
    said = ganvas(command)
    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert not (elsewhere / "runs").exists()


def test_nobody_is_there_to_ask_for_the_best(ganvas):
    said = ganvas("sample pretrained:digits -n 4 --best 0.5")
    assert said.code == 2
    assert "runs/pretrained/digits has no D." in said.err


def test_it_cannot_go_on(ganvas):
    assert ganvas("pretrained get digits").code == 0
    said = ganvas("train --resume runs/pretrained/digits --images 1000000 --quiet")
    assert said.code == 2
    assert "it came with what generates, and with nothing that taught it" in said.err

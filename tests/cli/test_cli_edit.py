"""`ganvas edit`."""

import numpy as np
import pytest
from PIL import Image

from ganvas import inpaint, project
from ganvas.cli.edit_options import ACTIONS, words
from ganvas.cli.options import options_of
from ganvas.cli.pages import PAGES
from ganvas.core import UsageError

FAST = "--steps 8 --draws 16 --starts 2"


@pytest.fixture
def folder(tmp_path):
    ramp = np.linspace(0, 255, 16).astype(np.uint8)[None].repeat(16, 0)
    Image.fromarray(ramp).save(tmp_path / "ramp.png")
    Image.fromarray(ramp).resize((30, 20)).convert("RGB").save(tmp_path / "wide.jpg")
    white = np.zeros((16, 16), np.uint8)
    white[4:9, 5:12] = 255
    Image.fromarray(white).save(tmp_path / "mask.png")
    (tmp_path / "torn.png").write_bytes(b"\x89PNG\r\n")
    return tmp_path


@pytest.fixture
def all_runs(digits_run, labels_run, images_run, points_run):
    return {"run": digits_run, "labels": labels_run, "images": images_run, "points": points_run}


def test_pictures_are_found_and_drawn_again(ganvas, digits_run, folder):
    command = f"edit {{}} project {{}} {{}} -o {{}} {FAST}"
    said = ganvas(command, digits_run, folder / "ramp.png", folder / "wide.jpg", folder / "found/")
    assert said.code == 0, said.err
    assert said.err.splitlines() == [
        "wide.jpg: 30x20 pixels: cropped and resized to 16x16, which the run makes"
    ]
    assert said.out.count(" dB in ") == 2
    found = folder / "found"
    assert sorted(file.name for file in found.iterdir()) == [
        *("ramp-strip.png", "ramp.png", "ramp.safetensors"),
        *("wide-strip.png", "wide.png", "wide.safetensors"),
    ]
    paths = found / "ramp.safetensors", folder / "again.npz"
    again = ganvas("sample {} -n 1 --z {} -o {}", digits_run, *paths)
    assert again.code == 0, again.err
    with Image.open(found / "ramp.png") as a, np.load(paths[1]) as arrays:
        assert np.abs(np.asarray(a).astype(int) - arrays["samples"][0, ..., 0]).max() <= 1
    with Image.open(found / "ramp-strip.png") as strip:
        assert strip.width > 3 * 96


def test_json_of_a_game_with_classes(ganvas, labels_run, folder):
    command = f"edit {{}} project {{}} -o {{}} --label 4 --json --seconds none {FAST}"
    told = ganvas(command, labels_run, folder / "ramp.png", folder / "a.png").json()
    assert told["run"] == str(labels_run)
    (one,) = told["pictures"]
    assert (one["label"], one["space"], one["steps"]) == (4, "z", 8)
    assert one["output"] == str(folder / "a.png")
    assert one["psnr"] == pytest.approx(one["curve"][-1][1], abs=1e-3)
    made = ganvas("sample {} -n 1 --z {} --label {} -o {}", labels_run, one["point"], one["point"],
                  folder / "b.png")  # fmt: skip
    assert made.code == 0, made.err
    wrong = ganvas("sample {} --z {}", labels_run, folder / "none.safetensors")
    assert (wrong.code, "there is no file" in wrong.err) == (2, True)


def test_holes_are_filled(ganvas, digits_run, folder):
    command = f"edit {{}} inpaint {{}} --mask {{}} -o {{}} {FAST}"
    paths = folder / "ramp.png", folder / "mask.png", folder / "whole.png"
    said = ganvas(command, digits_run, *paths)
    assert (said.code, said.err) == (0, "")
    with Image.open(folder / "ramp.png") as a, Image.open(folder / "whole.png") as b:
        before, after = np.asarray(a), np.asarray(b)
    known = np.asarray(Image.open(folder / "mask.png")) == 0
    assert np.array_equal(before[known], after[known])
    assert not np.array_equal(before[~known], after[~known])
    usual = ganvas(f"edit {{}} inpaint {{}} --mask {{}} {FAST}", digits_run, *paths[:2])
    assert (digits_run / "inpaint" / "ramp.png").is_file()
    assert usual.code == 0


def test_the_same_words_in_python(digits_run, folder):
    few = {"steps": 3, "draws": 16, "starts": 2}
    (one,) = project(digits_run, folder / "ramp.png", folder / "a.png", **few)
    assert (one.output, one.steps) == (str(folder / "a.png"), 3)
    with pytest.raises(UsageError, match=r"unknown option of edit 'step'; did you mean 'steps'\?"):
        project(digits_run, folder / "ramp.png", step=3)
    filled = inpaint(digits_run, folder / "ramp.png", folder / "mask.png", folder / "b.png", **few)
    assert (folder / "b.safetensors").is_file()
    assert filled.psnr > 0


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("", 2, "edit with which run?"),
        ("nowhere project a.png", 2, "nowhere is no run"),
        ("{run}", 2, "edit how?"),
        ("{run} projct ramp.png", 2, "unknown action of edit 'projct'; did you mean 'project'?"),
        ("{run} project", 2, "edit which picture?"),
        ("{run} project none.png", 2, "there is no picture 'none.png'"),
        ("{run} project torn.png", 1, "cannot read the picture torn.png"),
        ("{run} project ramp.png --seconds 0", 2, "seconds must be above 0"),
        ("{run} project ramp.png --second 9", 2, "no option --second; did you mean --seconds?"),
        ("{run} project ramp.png --mask mask.png", 2, "has no option --mask"),
        ("{run} project ramp.png --space w", 2, "gan draws from no styles"),
        ("{run} project ramp.png --label 3", 2, "gan knows no classes"),
        ("{run} project ramp.png --noises", 2, "gan has no noise maps"),
        ("{run} project ramp.png -o a.jpg", 2, "FILE.png or FOLDER/; not to 'a.jpg'"),
        ("{run} project ramp.png -o none/a.png", 2, "there is no folder 'none'"),
        ("{run} project ramp.png wide.jpg -o a.png", 2, "2 pictures do not go into one file"),
        ("{run} project ramp.png -o mask.png/", 2, "is a file, and what is made needs a folder"),
        ("{labels} project ramp.png --label x", 2, "no class 'x' among the 10 classes"),
        ("{images} project ramp.png", 2, "cyclegan draws from no noise"),
        ("{points} project ramp.png", 2, "makes points, no pictures"),
        ("{run} inpaint ramp.png", 2, "where is the hole in ramp.png?"),
        ("{run} inpaint ramp.png --mask ramp.jpg", 2, "there is no picture 'ramp.jpg'"),
        ("{run} inpaint wide.jpg --mask mask.png", 2, "a mask has the picture's size"),
        ("{run} inpaint ramp.png wide.jpg --mask mask.png", 2, "one picture and its hole at a"),
        ("{run} inpaint ramp.png --hole middle", 2, "unknown kind of hole 'middle'"),
        ("{run} inpaint ramp.png --hole centre --mask mask.png", 2, "or by a word: not both"),
        ("{run} inpaint ramp.png --blend glue", 2, "--blend must be poisson or paste or none"),
    ],
)
def test_wrong_use(ganvas, all_runs, folder, monkeypatch, words, code, message):
    monkeypatch.chdir(folder)
    before = sorted(folder.iterdir())
    said = ganvas("edit " + words.format(**{k: f"'{v}'" for k, v in all_runs.items()}))
    assert (said.code, said.out) == (code, ""), said.err
    assert message in said.err
    assert sorted(folder.iterdir()) == before


def test_the_page_names_every_option_and_no_action_that_there_is_not(ganvas, digits_run):
    page = PAGES["edit"]
    for cls in (cls for pair in ACTIONS.values() for cls in pair):
        for option in options_of(cls(), **{k: v for k, v in words().items() if hasattr(cls, k)}):
            assert f"{option.word} " in page, option.word
    for action in ACTIONS:
        assert f"\n  {action} " in page
    assert ganvas("edit --help").out == page
    assert "--mask" in ganvas("edit {} inpaint --help", digits_run).out

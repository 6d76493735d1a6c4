"""`ganvas explore`."""

import numpy as np
import pytest
from PIL import Image
from tests.tools.runs import untrained

from ganvas.cli import explore
from ganvas.cli.options import options_of
from ganvas.cli.pages import PAGES
from ganvas.core import Image as Picture
from ganvas.tools.explore.exploring import ACTIONS


def test_it_draws_into_the_run_and_prints_where(ganvas, digits_run):
    said = ganvas("explore {} interpolate --seeds 1,5,9 --frames 4 --seed 3", digits_run)
    assert (said.code, said.err) == (0, "")
    assert said.out == f"{digits_run / 'interpolate-3.png'}\n"
    with Image.open(said.out.strip()) as drawn:
        assert drawn.format == "PNG"
        assert drawn.width > 4 * 64
        assert drawn.height > 2 * 64
        assert np.asarray(drawn).std() > 5


def test_json_says_what_was_shown(ganvas, labels_run, tmp_path):
    command = "explore {} seeds -n 6 --label 7 --json -o {}"
    done = ganvas(command, labels_run, tmp_path / "a.png").json()
    assert done["output"] == str(tmp_path / "a.png")
    assert done["about"] == {"seeds": [0, 1, 2, 3, 4, 5]}
    assert (done["latent"]["label"], done["latent"]["space"]) == (7, "z")
    with Image.open(tmp_path / "a.png") as drawn:
        assert list(drawn.size) == done["size"]


def test_groups_and_videos(ganvas, digits_run, tmp_path):
    command = "explore {} arithmetic --start 1,2 --minus 3 --plus 4 --rescale -o {}"
    assert ganvas(command, digits_run, tmp_path / "a.png").code == 0
    command = "explore {} interpolate -n 2 --frames 3 --how linear --fps 5 -o {} --json"
    done = ganvas(command, digits_run, tmp_path / "a.gif").json()
    assert (done["frames"], done["about"]["how"]) == (6, "linear")
    with Image.open(tmp_path / "a.gif") as film:
        assert film.format == "GIF"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "explore which run?"),
        ("nowhere seeds", "nowhere is no run"),
        ("{run}", "explore it how?"),
        ("{run} interpolat", "unknown action of explore 'interpolat'; did you mean 'interpolate'?"),
        (
            "{run} interpolate --seeds one,two",
            "a seed, a whole number, or FILE.safetensors",
        ),
        ("{run} interpolate --seed x", "--seed must be a whole number, not 'x'"),
        ("{run} interpolate --frame 3", "no option --frame; did you mean --frames"),
        ("{run} interpolate more", "does not take 'more'"),
        ("{run} interpolate -o nowhere/a.png", "no folder 'nowhere'"),
        ("{run} interpolate -o a.txt", "FILE.png, FILE.gif, FILE.webp, FILE.mp4; not to 'a.txt'"),
        ("{run} seeds -o a.gif", "seeds is written to FILE.png; not to 'a.gif'"),
        ("{run} seeds --label 3", "gan knows no classes"),
        ("{run} seeds --space w", "draws from no styles"),
        ("{run} seeds --device tpu", "cannot compute on 'tpu'"),
        ("{run} mix", "nothing to mix"),
        ("{run} features", "of no feature maps"),
        ("{labels} seeds --label 10", "no class '10' among the 10"),
        ("{labels} seeds --truncation 0.5", "cannot be truncated: its noise is uniform"),
        ("{points} seeds", "makes points, no pictures"),
        ("{tokens} seeds", "makes tokens, no pictures"),
        ("{images} seeds", "draws from no noise"),
    ],
)
def test_wrong_use(
    ganvas, digits_run, labels_run, points_run, tokens_run, images_run, tmp_path, monkeypatch,
    words, message,
):  # fmt: skip
    monkeypatch.chdir(tmp_path)
    runs = {"run": digits_run, "labels": labels_run, "points": points_run, "tokens": tokens_run,
            "images": images_run}  # fmt: skip
    said = ganvas("explore " + words.format(**{k: f"'{v}'" for k, v in runs.items()}))
    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_the_game_takes_is_given(ganvas, tmp_path):
    small = {"x": Picture(3, 32, 32), "y": Picture(3, 32, 32)}
    run = untrained(tmp_path / "spade", "spade", small, width=2, patch_width=2).folder
    said = ganvas("explore {} seeds -n 2", run)
    assert (said.code, "give it one, x" in said.err) == (2, True)
    Image.new("RGB", (32, 32), (9, 200, 9)).save(tmp_path / "x.png")
    done = ganvas("explore {} seeds -n 2 --x {} -o {} --json", run, tmp_path / "x.png",
                  tmp_path / "a.png").json()  # fmt: skip
    assert done["size"][0] > 0


def test_the_page_names_every_action_and_general_option(ganvas, digits_run):
    for action in ACTIONS:
        assert f"  {action} " in PAGES["explore"], action
        said = ganvas(f"explore {{}} {action} --help", digits_run)
        assert said.code == 0
        assert "--seed" in said.out
    for option in options_of(explore.Ask()):
        assert option.word in PAGES["explore"], option.word
    assert ganvas("explore --help").out == ganvas("explore {} --help", digits_run).out

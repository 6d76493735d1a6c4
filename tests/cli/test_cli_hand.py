"""`ganvas edit RUN paint|drag`, and holes that a word or a game knows."""

import numpy as np
import pytest
from PIL import Image

import ganvas as library
from ganvas.core import UsageError

QUICK = "--steps 6 --seconds 0.2"


@pytest.fixture
def folder(tmp_path):
    ramp = np.linspace(0, 255, 16).astype(np.uint8)[None].repeat(16, 0)
    Image.fromarray(ramp).save(tmp_path / "ramp.png")
    Image.fromarray(ramp).resize((48, 32)).convert("RGB").save(tmp_path / "wide.png")
    strokes = np.zeros((16, 16, 4), np.uint8)
    strokes[4:7, 4:12] = 255
    Image.fromarray(strokes).save(tmp_path / "strokes.png")
    Image.fromarray(strokes * 0).save(tmp_path / "clear.png")
    Image.fromarray(strokes).resize((48, 32)).save(tmp_path / "wide-strokes.png")
    mask = np.zeros((16, 16), np.uint8)
    mask[:, :8] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    Image.fromarray(mask * 0).save(tmp_path / "black.png")
    Image.fromarray(255 - strokes[..., 0]).save(tmp_path / "sketch.png")
    Image.fromarray(mask[:8, :8]).save(tmp_path / "small.png")
    return tmp_path


@pytest.fixture
def all_runs(digits_run, maps_run, images_run, points_run):
    return {"run": digits_run, "maps": maps_run, "images": images_run, "points": points_run}


def test_a_sample_follows_strokes(ganvas, digits_run, folder):
    command = f"edit {{}} paint --seed 3 --strokes {{}} --film {{}} -o {{}} {QUICK}"
    paths = folder / "strokes.png", folder / "film.gif", folder / "out.png"
    said = ganvas(command, digits_run, *paths)
    assert (said.code, said.err) == (0, ""), said.err
    assert "began with  seed 3" in said.out
    with Image.open(paths[1]) as film:
        assert film.n_frames == 30
    ganvas("sample {} -n 1 --seed 3 -o {}", digits_run, folder / "before.npz")
    again = ganvas("sample {} -n 1 --z {} -o {}", digits_run, folder / "out.safetensors",
                   folder / "after.npz")  # fmt: skip
    assert again.code == 0, again.err
    with np.load(folder / "before.npz") as a, np.load(folder / "after.npz") as b:
        before, after = (int(x["samples"][0, 4:7, 4:12, 0].mean()) for x in (a, b))
        drawn = b["samples"][0, ..., 0].astype(int)
    assert after > before
    assert np.abs(np.asarray(Image.open(paths[2])).astype(int) - drawn).max() <= 1


def test_a_picture_is_painted_upon_and_keeps_its_size(ganvas, digits_run, folder):
    command = f"edit {{}} paint {{}} --strokes {{}} -o {{}} --json {QUICK}"
    paths = folder / "wide.png", folder / "wide-strokes.png", folder / "out/"
    (one,) = ganvas(command, digits_run, *paths).json()["pictures"]
    assert one["output"] == str(folder / "out" / "wide.png")
    assert len(one["losses"]) == 4
    assert one["losses"] == sorted(one["losses"])
    with Image.open(one["transferred"]) as carried:
        assert carried.size == (32, 32)  # all of it that the run sees
    assert any("cropped and resized to 16x16" in note for note in one["notes"])


def test_lines_and_moved_parts(ganvas, digits_run, folder):
    command = f"edit {{}} paint --sketch {{}} --region {{}} --by 3,0 --times 1.1 -o {{}} {QUICK}"
    paths = folder / "sketch.png", folder / "mask.png", folder / "out.png"
    said = ganvas(command, digits_run, *paths)
    assert (said.code, said.err) == (0, "")
    with Image.open(folder / "out-strip.png") as strip:
        assert strip.width > 6 * 96


def test_parts_are_dragged(ganvas, maps_run, folder):
    command = (
        "edit {} drag --seed 2 --from 4,4 --to 8,4 --from=9,10 --to 9,12 --mask {} --film {} "
        "-o {} --json --steps 4"
    )
    paths = folder / "mask.png", folder / "film.gif", folder / "out.png"
    (one,) = ganvas(command, maps_run, *paths).json()["pictures"]
    assert (one["steps"], len(one["handles"]), len(one["distances"])) == (4, 2, 2)
    assert one["layer"].startswith("G.")
    assert "after 4 steps a handle is still" in one["notes"][0]
    with Image.open(paths[1]) as film:
        assert film.n_frames == 5
    further = "edit {} drag --point {} --from 4,4 --to 8,4 -o {} --steps 2 --layer 0"
    said = ganvas(further, maps_run, folder / "out.safetensors", folder / "again.png")
    assert said.code == 0, said.err
    assert "out.safetensors" in said.out


def test_a_picture_that_is_dragged(ganvas, maps_run, folder):
    command = f"edit {{}} drag {{}} --from 4,4 --to 8,4 -o {{}} {QUICK}"
    said = ganvas(command, maps_run, folder / "wide.png", folder / "out.png")
    assert said.code == 0, said.err
    with Image.open(folder / "out-transferred.png") as carried:
        assert carried.size == (32, 32)


def test_a_hole_by_a_word_and_a_game_that_has_learned_to_fill_it(
    ganvas, digits_run, holes_run, folder
):
    few = "--steps 4 --draws 16 --starts 2"
    command = f"edit {{}} inpaint {{}} --hole centre:25% -o {{}} {few}"
    paths = folder / "ramp.png", folder / "whole.png"
    for run in (digits_run, holes_run):
        said = ganvas(command, run, *paths)
        assert said.code == 0, said.err
        with Image.open(paths[1]) as made:
            after = np.asarray(made.convert("L")).astype(int)
        same = np.abs(after - np.asarray(Image.open(paths[0]))) <= 1
        assert same[:4].all()
        assert same[:, :4].all()
        assert not same[4:12, 4:12].all()
    assert "filled" in said.out
    assert "point" not in said.out


def test_the_same_words_in_python(digits_run, maps_run, folder):
    done = library.paint(digits_run, folder / "a.png", strokes=folder / "strokes.png", steps=2)
    assert (done.steps, done.begun) == (2, "seed 0")
    done = library.drag(maps_run, [(4, 4)], [(9, 4)], folder / "b.png", seed=1, steps=2)
    assert done.output == str(folder / "b.png")
    with pytest.raises(UsageError, match="unknown option of edit 'sed'; did you mean 'seed'"):
        library.drag(maps_run, [(4, 4)], [(9, 4)], sed=1)


@pytest.mark.parametrize(
    ("typed", "code", "message"),
    [
        ("{run} paint", 2, "paint what? --strokes FILE"),
        ("{run} paint --strokes none.png", 2, "there is no picture 'none.png'"),
        ("{run} paint --strokes clear.png", 2, "nothing is painted in clear.png"),
        ("{run} paint --strokes ramp.png", 2, "all of ramp.png is painted"),
        ("{run} paint --strokes wide-strokes.png", 2, "and the run's pictures 16x16: a layer of"),
        ("{run} paint wide.png --strokes strokes.png", 2, "and wide.png 48x32: a layer of"),
        ("{run} paint --sketch black.png", 2, "no line is in black.png"),
        ("{run} paint --sketch small.png", 2, "a drawing has the picture's size"),
        ("{run} paint --region small.png --by 1,1", 2, "a mask has the picture's size"),
        ("{run} paint --region black.png --by 1,1", 2, "the region is empty"),
        ("{run} paint --region mask.png --by 99,1", 2, "the region leaves the picture"),
        ("{run} paint --region mask.png --by 9", 2, "--by must be X,Y in pixels, such as 12,7"),
        ("{run} paint none.png --strokes strokes.png", 2, "there is no picture 'none.png'"),
        ("{run} paint ramp.png wide.png --strokes strokes.png", 2, "one picture at a time"),
        ("{run} paint ramp.png --point a --strokes strokes.png", 2, "or with a point: not both"),
        ("{run} paint --point a --strokes strokes.png", 2, "there is no file 'a'"),
        ("{run} paint --strokes strokes.png --film a.avi", 2, "a film is written to .gif"),
        ("{run} paint --strokes strokes.png --film no/a.gif", 2, "there is no folder 'no'"),
        ("{run} paint --strokes strokes.png --candidates 0", 2, "candidates must be at least 1"),
        ("{run} paint --strokes strokes.png --prior 1 --label 3", 2, "gan knows no classes"),
        ("{run} paint --strokes strokes.png --space w", 2, "gan draws from no styles"),
        ("{images} paint --strokes strokes.png", 2, "cyclegan draws from no noise"),
        ("{points} drag --from 1,1 --to 2,2", 2, "makes points, no pictures"),
        ("{run} drag --from 1,1 --to 2,2", 2, "gan makes its pictures of no feature maps"),
        ("{maps} drag", 2, "drag what, and where to? --from X,Y --to X,Y"),
        ("{maps} drag --from 1,1", 2, "1 --from and 0 --to are given"),
        ("{maps} drag --from 1,1 --to", 2, "--to needs a value"),
        ("{maps} drag --from 1,x --to 2,2", 2, "--from must be X,Y in pixels, such as 12,7"),
        ("{maps} drag --from 1,1 --to 16,2", 2, "16,2 lies outside of the picture, whose pixels"),
        ("{maps} drag --from 1,1 --to 2,2 --mask small.png", 2, "a mask has the picture's size"),
        ("{maps} drag --from 1,1 --to 2,2 --mask black.png", 2, "it shows no white"),
        ("{maps} drag --from 1,1 --to 2,2 --layer nose", 2, "unknown layer 'nose'"),
        ("{maps} drag --from 1,1 --to 2,2 --steps 0", 2, "steps must be at least 1, not 0"),
    ],
)
def test_wrong_use(ganvas, all_runs, folder, monkeypatch, typed, code, message):
    monkeypatch.chdir(folder)
    before = sorted(folder.iterdir())
    said = ganvas("edit " + typed.format(**{k: f"'{v}'" for k, v in all_runs.items()}))
    assert (said.code, said.out) == (code, ""), said.err
    assert message in said.err
    assert sorted(folder.iterdir()) == before

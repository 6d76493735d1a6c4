"""`ganvas sample`."""

import numpy as np
import pytest
import torch
from PIL import Image

from ganvas.core.run import Run


def arrays(path):
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def test_without_output_it_draws_into_the_run_and_prints_where(ganvas, digits_run):
    said = ganvas("sample {} --seed 3", digits_run)
    assert (said.code, said.err) == (0, "")
    assert said.out == f"{digits_run / 'sample-3.png'}\n"
    with Image.open(said.out.strip()) as drawn:
        assert (drawn.format, drawn.mode) == ("PNG", "L")
        assert drawn.width == drawn.height > 8 * 64  # 8x8 tiles of 64 pixels, and gaps


def test_arrays_are_what_the_run_draws(ganvas, digits_run, tmp_path):
    made = ganvas("sample {} -n 5 --seed 2 -o {} --json", digits_run, tmp_path / "a.npz").json()
    assert made == {
        "run": str(digits_run), "output": str(tmp_path / "a.npz"), "number": 5, "seed": 2,
        "best": None, "truncation": None, "inputs": {},
    }  # fmt: skip
    got = arrays(tmp_path / "a.npz")
    x, inputs = Run(digits_run).sample_with_inputs(5, seed=2)
    assert got["samples"].dtype == np.uint8
    assert got["samples"].shape == (5, 16, 16, 1)
    back = torch.from_numpy(got["samples"]).permute(0, 3, 1, 2) / 127.5 - 1
    assert torch.allclose(back, x.clamp(-1, 1), atol=1 / 255 + 1e-6)
    assert np.array_equal(got["z"], inputs["z"].numpy())


def test_a_vector_can_be_typed(ganvas, digits_run, tmp_path):
    size = Run(digits_run).game.inputs["z"].size
    z = ",".join(["-0.5"] * size)
    assert ganvas(f"sample {{}} -n 2 --z {z} -o {{}}", digits_run, tmp_path / "a.npz").code == 0
    got = arrays(tmp_path / "a.npz")
    assert np.array_equal(got["z"], np.full((2, size), -0.5, np.float32))
    assert np.array_equal(got["samples"][0], got["samples"][1])


def test_best_keeps_what_the_discriminator_likes(ganvas, digits_run, tmp_path):
    ganvas("sample {} -n 8 --best 0.25 -o {}", digits_run, tmp_path / "best.npz")
    z = torch.from_numpy(arrays(tmp_path / "best.npz")["z"])
    run = Run(digits_run)
    best, all_of_them = run.sample(8, z=z), run.sample(32)
    scores = [run.game.scores(x, {}).mean() for x in (best, all_of_them)]
    assert scores[0] > scores[1]


def test_a_folder_gets_a_picture_each_and_keeps_what_it_has(ganvas, digits_run, tmp_path):
    folder = tmp_path / "many"
    assert ganvas("sample {} -n 3 -o {}/", digits_run, folder).code == 0
    assert sorted(f.name for f in folder.iterdir()) == ["00000.png", "00001.png", "00002.png"]
    with Image.open(folder / "00001.png") as drawn:
        assert (drawn.size, drawn.mode) == ((16, 16), "L")
    before = (folder / "00000.png").read_bytes()
    said = ganvas("sample {} -n 4 --seed 1 -o {}", digits_run, folder)
    assert (said.code, "has a 00000.png already" in said.err) == (2, True)
    assert (folder / "00000.png").read_bytes() == before
    assert len(list(folder.iterdir())) == 3
    other = tmp_path / "other"
    other.mkdir()
    (other / "notes.txt").write_text("mine")
    assert ganvas("sample {} -n 2 -o {}", digits_run, other).code == 0
    assert len(list(other.iterdir())) == 3


def test_all_labels_come_in_columns(ganvas, labels_run, tmp_path):
    ganvas("sample {} -n 20 --label all -o {}", labels_run, tmp_path / "a.npz")
    assert arrays(tmp_path / "a.npz")["label"].tolist() == [*range(10)] * 2
    ganvas("sample {} -n 4 --label 7,3 -o {}", labels_run, tmp_path / "b.npz")
    assert arrays(tmp_path / "b.npz")["label"].tolist() == [7, 3, 7, 3]
    ganvas("sample {} -n 20 --label all -o {}", labels_run, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as drawn:
        assert drawn.width > 4 * drawn.height  # ten columns, two rows


def test_best_of_a_label_keeps_the_label(ganvas, labels_run, tmp_path):
    ganvas("sample {} -n 4 --label 7,3 --best 0.5 -o {}", labels_run, tmp_path / "a.npz")
    assert arrays(tmp_path / "a.npz")["label"].tolist() == [7, 3, 7, 3]


def test_help_lists_the_inputs_of_the_run(ganvas, labels_run):
    said = ganvas("sample {} --help", labels_run)
    assert said.code == 0
    for words in ("--label", "classes 10", "--z", "-n N, --number N", "--best X"):
        assert words in said.out


def test_points_are_drawn_over_real_ones(ganvas, points_run, tmp_path):
    assert ganvas("sample {} -n 50 -o {}", points_run, tmp_path / "a.png").code == 0
    with Image.open(tmp_path / "a.png") as drawn:
        assert drawn.width > 400
        assert len(drawn.convert("RGB").getcolors(1 << 20)) > 50
    ganvas("sample {} -n 50 -o {}", points_run, tmp_path / "a.npz")
    samples = arrays(tmp_path / "a.npz")["samples"]
    assert (samples.shape, samples.dtype) == ((50, 2), np.float32)


def test_sentences_are_written_out(ganvas, tokens_run, tmp_path):
    said = ganvas("sample {} -n 3", tokens_run)
    assert said.out == f"{tokens_run / 'sample-0.txt'}\n"
    lines = (tokens_run / "sample-0.txt").read_text().splitlines()
    samples = Run(tokens_run).sample(3)
    assert [[int(word) for word in line.split()] for line in lines] == samples.tolist()
    refused = ganvas("sample {} -o {}", tokens_run, tmp_path / "a.png")
    assert (refused.code, "written to FILE.txt, FILE.npz" in refused.err) == (2, True)


def test_pictures_are_translated(ganvas, images_run, tmp_path):
    """By default held-back digits, else a file or a folder, in turn."""
    ganvas("sample {} -n 3 -o {}", images_run, tmp_path / "real.npz")
    assert len(np.unique(arrays(tmp_path / "real.npz")["x"], axis=0)) == 3
    photos = tmp_path / "photos"
    photos.mkdir()
    for value in (0, 255):
        Image.new("RGB", (20, 30), (value,) * 3).save(photos / f"{value}.png")
    assert ganvas("sample {} -n 3 --x {} -o {}", images_run, photos, tmp_path / "a.npz").code == 0
    assert arrays(tmp_path / "a.npz")["x"].mean((1, 2, 3)).tolist() == [0, 255, 0]
    ganvas("sample {} -n 2 --x {} -o {}", images_run, photos / "255.png", tmp_path / "b.npz")
    assert arrays(tmp_path / "b.npz")["x"].min() == 255
    assert ganvas("sample {} -n 8 -o {}", images_run, tmp_path / "pairs.png").code == 0
    (photos / "torn.png").write_bytes(b"\x89PNG\r\n")
    torn = ganvas("sample {} --x {}", images_run, photos / "torn.png")
    assert (torn.code, "cannot read the picture" in torn.err) == (1, True)
    assert ganvas("sample {} --x nowhere.png", images_run).code == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "sample from which run?"),
        ("nowhere", "nowhere is no run"),
        ("{run} -n 0", "cannot draw 0 samples"),
        ("{run} -n -3", "cannot draw -3 samples"),
        ("{run} -n few", "--number must be a whole number"),
        ("{run} --best 2", "best must be a fraction between 0 and 1"),
        ("{run} --label 3", "has no option --label; there are: --best"),
        ("{run} --z 1,2", "--z: expected"),
        ("{run} -o grid.jpg", "written to FILE.png, FILE.npz, FOLDER/; not to 'grid.jpg'"),
        ("{run} -o grid", "not to 'grid'"),
        ("{run} -o {run}/none/grid.png", "there is no folder"),
        ("{run} -o {run}/config.json/", "is a file, not a folder"),
        ("{run} stray", "does not take 'stray'"),
    ],
)
def test_wrong_use_is_told_in_a_line(ganvas, digits_run, words, message):
    said = ganvas("sample " + words.replace("{run}", f"'{digits_run}'"))
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1), said.err
    assert message in said.err


def test_a_class_that_there_is_not(ganvas, labels_run):
    said = ganvas("sample {} --label 12", labels_run)
    assert (said.code, "--label: no class '12' among the 10 classes" in said.err) == (2, True)


def test_best_needs_a_judge(ganvas, tmp_path):
    assert ganvas("train vae --quiet --steps 1 --out {}", tmp_path / "vae").code == 0
    said = ganvas("sample {} --best 0.5", tmp_path / "vae")
    assert (said.code, "vae has no discriminator" in said.err) == (2, True)


@pytest.mark.parametrize("name", ["a.png", "a.npz", "many/"])
def test_nothing_is_half_written(ganvas, digits_run, tmp_path, monkeypatch, name):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ganvas.core.files.os.replace", full)
    monkeypatch.setattr("ganvas.cli.drawings.Path.rename", full)
    said = ganvas("sample {} -n 2 -o {}", digits_run, f"{tmp_path}/{name}")
    assert (said.code, said.out) == (1, "")
    assert "No space left on device" in said.err
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]

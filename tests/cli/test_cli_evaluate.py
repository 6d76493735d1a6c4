"""`ganvas evaluate`, `ganvas compare` and `ganvas measure`."""

import shutil
from dataclasses import replace

import pytest
from PIL import Image

from ganvas.cli.evaluate import doubts
from ganvas.metrics import scores


@pytest.fixture
def run(digits_run, tmp_path):
    """A run of its own, to be written into."""
    return shutil.copytree(digits_run, tmp_path / "run")


def test_a_table_and_scores(ganvas, run):
    said = ganvas("evaluate {} --metrics fid,kid -n 300", run)
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert lines[0].startswith("gan after 192 images, measured in")
    assert lines[1].split()[0] == "fid"
    assert "lower is better" in lines[1]
    assert "±" in lines[2]
    assert "protocol: data digits" in said.out
    assert str(run / "scores.json") in said.out
    found = ganvas("evaluate {} --metrics fid -n 300 --seed 1 --json", run).json()
    assert found["figures"]["fid"]["value"] > 0
    assert found["protocol"]["n_generated"] == 300
    assert found["protocol"]["features"]["features"] == "classifier"
    measured = scores.read(run)
    assert [s.protocol.seed for s in measured] == [0, 1]
    assert "doubtful" not in said.out
    sure = measured[0].protocol
    unsure = replace(sure, features={**sure.features, "accuracy on test rows": 0.7051})
    (doubt,) = doubts(unsure)
    assert "names 71% of rows rightly" in doubt


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        ("", 2, "evaluate which run?"),
        ("{} --metrics fdi", 2, "did you mean 'fid'"),
        ("{} --metrics modes", 2, "it needs a toy law with modes"),
        ("{} --features clasifier", 2, "did you mean 'classifier'"),
        ("{} --features inception", 2, "what works now: --features classifier"),
        ("{} --metrics fid -n 20", 2, "at least 65"),
        ("{} -n 0", 2, "at least 2 rows"),
        ("{} --split half", 2, "--split must be test or train or all"),
        ("{} --metric fid", 2, "did you mean --metrics"),
    ],
)
def test_wrong_use(ganvas, run, options, code, says):
    said = ganvas(f"evaluate {options}", run)
    assert (said.code, says in said.err) == (code, True), said.err
    assert not (run / "scores.json").exists()


def test_no_run(ganvas, tmp_path):
    said = ganvas("evaluate {}", tmp_path)
    assert (said.code, "is no run" in said.err) == (2, True)


def test_compare(ganvas, run, tmp_path):
    other = shutil.copytree(run, tmp_path / "other")
    picture = tmp_path / "both.png"
    for folder in (run, other):
        ganvas("evaluate {} --metrics fid,recall -n 300", folder)
    said = ganvas("compare {} {} -o {}", run, other, picture)
    assert said.code == 0, said.err
    assert said.out.splitlines()[-1] == f"plot  {picture}"
    with Image.open(picture) as drawn:
        assert drawn.width > 800
    found = ganvas("compare {} {} -o {} --json", run, other, picture).json()
    assert found["best"]["fid"] == [str(run), str(other)]  # they are the same
    (other / "scores.json").unlink()
    ganvas("evaluate {} --metrics fid -n 200", other)
    said = ganvas("compare {} {} -o {}", run, other, picture)
    assert (said.code, "n generated (300, 200)" in said.err) == (2, True)
    assert ganvas("compare {}", run).code == 2
    assert "must be a FILE.png" in ganvas("compare {} {} -o x.gif", run, other).err


def test_measure_folders(ganvas, run, tmp_path):
    for seed in (0, 1):
        ganvas(f"sample {{}} -n 120 --seed {seed} -o {{}}/", run, tmp_path / f"{seed}")
    a, b = tmp_path / "0", tmp_path / "1"
    alike = ganvas("measure {} {} --metrics fid,kid,precision --json", a, b).json()
    assert alike["protocol"]["weights"] == "none"
    assert alike["protocol"]["features"]["features"] == "random"
    assert {"fid", "kid", "precision"} <= alike["figures"].keys()
    far = ganvas("measure digits {} --size 16 --metrics fid --features random --json", b).json()
    assert far["figures"]["fid"]["value"] > 3 * alike["figures"]["fid"]["value"]
    said = ganvas("measure {} {} --metrics fid", a, b)
    assert said.code == 0
    assert "lower is better" in said.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("measure digits", "ganvas measure REFERENCE FOLDER"),
        ("measure digits ring8", "not of one kind"),
        ("measure digits {}", "no images"),
        ("measure digits nowhere/", "nowhere"),
    ],
)
def test_what_cannot_be_measured(ganvas, tmp_path, words, says):
    said = ganvas(words, tmp_path)
    assert (said.code, says in said.err) == (2, True), said.err


def test_one_image_is_too_few(ganvas, run, tmp_path):
    ganvas("sample {} -n 1 -o {}/", run, tmp_path / "one")
    said = ganvas("measure digits {}", tmp_path / "one")
    assert (said.code, "at least 2 rows of each side" in said.err) == (2, True)


def test_training_keeps_the_best(ganvas, tmp_path):
    words = "train gan --steps 4 --evaluate-every 2 --metrics fid --quiet --out {}"
    assert ganvas(words, tmp_path / "run").code == 0
    assert [s.round for s in scores.read(tmp_path / "run")] == [2, 4]
    assert ganvas("sample {} -n 2", tmp_path / "run" / "best").code == 0
    said = ganvas("train gan --evaluate-every 2 --metrics modes --out {}", tmp_path / "none")
    assert (said.code, "modes cannot be had" in said.err) == (2, True)
    assert not (tmp_path / "none").exists()

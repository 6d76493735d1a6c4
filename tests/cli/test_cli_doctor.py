"""`ganvas doctor`: a verdict on any run, which is only read."""

import shutil
import threading
import time
from pathlib import Path

import pytest
from PIL import Image

from ganvas.watch.evidence import LOOKS


@pytest.fixture(scope="module")
def sick(tmp_path_factory) -> Path:
    """A run whose rate is far too large; it is too short to be looked at twice."""
    from ganvas.cli import main

    folder = tmp_path_factory.mktemp("runs") / "my sick run"
    words = "train gan --steps 140 --lr 0.5 --hidden 16 --units 8 --batch 16 --quiet --out"
    assert main([*words.split(), str(folder)]) == 0
    return folder


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_trouble_is_told_with_what_was_seen_why_and_what_to_try(ganvas, sick):
    before = everything(sick)
    said = ganvas("doctor {}", sick)
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == f"{sick}: gan on digits, 2,240 images"
    assert "weights or gradients explode (exploding), " in said.out
    for word in ("seen", "since", "why", "paper", "try"):
        assert any(line.strip().startswith(word) for line in lines), word
    assert "arXiv:1809.11096" in said.out
    assert "--lr 0.25" in said.out
    assert everything(sick) == before  # it is only read


def test_as_json_it_is_one_object(ganvas, sick):
    made = ganvas("doctor {} --json", sick).json()
    assert made["game"] == "gan"
    assert made["could_not_look"] is None
    found = {finding["trouble"]: finding for finding in made["findings"]}
    assert {"seen", "since", "sure", "why", "paper", "tries", "word", "title"} <= (
        found["exploding"].keys()
    )


def test_nothing_found_is_told_with_what_was_looked_at(ganvas, digits_run):
    said = ganvas("doctor {}", digits_run)
    assert said.code == 0
    assert "Too early to tell: looked " in said.out


def test_where_nobody_looked_it_looks_itself(ganvas, sick, tmp_path):
    copy = shutil.copytree(sick, tmp_path / "r")
    (copy / LOOKS).unlink()
    made = ganvas("doctor {} --json", copy).json()
    assert (made["looks"], made["could_not_look"]) == (1, None)
    assert not (copy / LOOKS).exists()


def test_what_cannot_be_looked_at_is_said(ganvas, sick, tmp_path):
    copy = shutil.copytree(sick, tmp_path / "r")
    shutil.rmtree(copy / "checkpoints")
    (copy / LOOKS).unlink()
    said = ganvas("doctor {}", copy)
    assert said.code == 0
    words = " ".join(said.out.split())  # lines end where the terminal does
    assert "It could not be looked at now: " in words
    assert "no checkpoint" in words


def test_damaged_looks_are_passed_over(ganvas, sick, tmp_path):
    copy = shutil.copytree(sick, tmp_path / "r")
    with (copy / LOOKS).open("a") as file:
        file.write('{"round": 141, "spread": \n\x00{"rou')
    before = ganvas("doctor {} --json", sick).json()["findings"]
    assert ganvas("doctor {} --json", copy).json()["findings"] == before


def test_a_run_that_still_runs_can_be_asked_about(ganvas, tmp_path):
    import ganvas as library

    how = {"minutes": 0.05, "out": tmp_path / "r", "quiet": True, "batch": 8}
    running = threading.Thread(target=library.train, args=("vae",), kwargs=how)
    running.start()
    try:
        while not (tmp_path / "r" / "checkpoints").exists():
            time.sleep(0.01)
        time.sleep(0.3)
        assert ganvas("doctor {}", tmp_path / "r").code == 0
        assert running.is_alive()
    finally:
        running.join()


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("doctor", "which run? ganvas doctor RUN"),
        ("doctor nowhere", "nowhere is no run"),
        ("doctor a b", "does not take 'b'"),
        ("doctor --jsn a", "did you mean --json?"),
    ],
)
def test_wrong_use(ganvas, command, why):
    said = ganvas(command)
    assert said.code == 2
    assert why in said.err


def test_the_result_of_training_names_the_trouble(ganvas, tmp_path):
    (tmp_path / "black").mkdir()
    for i in range(12):
        Image.new("L", (8, 8)).save(tmp_path / "black" / f"{i}.png")
    command = "train gan --steps 2 --quiet --data {} --out {}"
    said = ganvas(command, tmp_path / "black", tmp_path / "r")
    (line,) = [line for line in said.out.splitlines() if line.startswith("referee")]
    assert "all data alike (certain)" in line
    assert f"ganvas doctor {tmp_path / 'r'}" in line
    made = ganvas(command + " --json", tmp_path / "black", tmp_path / "s").json()
    assert [found["trouble"] for found in made["findings"]] == ["dead-data"]


def test_the_option_is_checked(ganvas, tmp_path):
    said = ganvas("train gan --steps 1 --on-collapse maybe --out {}", tmp_path / "r")
    assert said.code == 2
    assert "--on-collapse must be warn or stop or rollback, not 'maybe'" in said.err

"""Runs from beginning to end, in real processes that are really killed."""

import json
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import torch

import ganvas
from ganvas.core import CheckpointError, Diverged, GanvasError, UsageError, checkpoint

SMALL = {"steps": 40, "batch": 8, "width": 8, "lr": 1e-3, "quiet": True}

CHILD = """
    import sys, torch, ganvas
    torch.set_num_threads(1)
    if sys.argv[1] == "train":
        run = ganvas.train("dcgan", out=sys.argv[2], save_every=0.0, **{small})
    else:
        run = ganvas.resume(sys.argv[2], save_every=0.0, quiet=True)
    print(run.ended)
"""


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nobody interrupted."""
    folder = tmp_path_factory.mktemp("runs") / "straight"
    ganvas.train("dcgan", out=folder, **SMALL)
    return folder


def child(word: str, folder: Path) -> subprocess.Popen:
    code = textwrap.dedent(CHILD).replace("{small}", repr(SMALL))
    return subprocess.Popen(
        [sys.executable, "-c", code, word, str(folder)], stdout=subprocess.PIPE, text=True
    )


def wait_for_round(folder: Path, number: int, process: subprocess.Popen) -> None:
    while process.poll() is None:
        kept = checkpoint.kept_rounds(folder)
        if kept and int(kept[-1].name) >= number:
            return
        time.sleep(0.01)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return checkpoint.read_weights(folder / checkpoint.WEIGHTS)[0]


def same(a: Path, b: Path) -> bool:
    """Byte for byte."""
    name = checkpoint.WEIGHTS
    return (a / name).read_bytes() == (b / name).read_bytes()


def test_a_run_is_a_folder_that_anyone_can_read(straight: Path):
    plan = json.loads((straight / "config.json").read_text())
    assert (plan["game"], plan["data"]["source"], plan["rounds"]) == ("dcgan", "digits", 40)
    run = ganvas.load(straight)
    assert run.clock.round == 40
    assert torch.equal(run.sample(5, seed=3), ganvas.load(straight).sample(5, seed=3))
    assert not torch.equal(run.sample(5, seed=3), run.sample(5, seed=4))
    for name in ("weights.safetensors", "state.pt", "stats.jsonl", "report.html", "samples"):
        assert (straight / name).exists(), name


def test_killed_again_and_again_it_ends_in_the_same_weights(straight: Path, tmp_path: Path):
    folder, moment = tmp_path / "killed", random.Random(0)
    process = child("train", folder)
    for at in (2, 15, 30):
        wait_for_round(folder, at, process)
        time.sleep(moment.random() * 0.05)  # anywhere: in a round, or in the writing of a state
        process.kill()
        process.communicate()
        process = child("resume", folder)
    assert process.communicate(timeout=120)[0].strip() == "done"
    assert same(straight, folder)
    lines = (folder / "stats.jsonl").read_text().splitlines()
    rounds = [line["round"] for line in map(json.loads, lines)]
    assert rounds == sorted(set(rounds))


def test_sigterm_finishes_the_round_and_saves(straight: Path, tmp_path: Path):
    folder = tmp_path / "stopped"
    process = child("train", folder)
    wait_for_round(folder, 5, process)
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=60)[0].strip() == "stopped by SIGTERM"
    assert process.returncode == 0
    assert 5 <= ganvas.load(folder).clock.round < 40
    ganvas.resume(folder, quiet=True)
    assert same(straight, folder)


def test_going_back_to_an_earlier_state_leads_to_the_same_end(straight: Path, tmp_path: Path):
    folder = tmp_path / "back"
    ganvas.train("dcgan", out=folder, **{**SMALL, "steps": 40}, save_every=0.0)
    earlier = int(checkpoint.kept_rounds(folder)[0].name)
    (folder / "state.pt").unlink()
    (folder / "state.pt").write_bytes(b"PK but no zip")
    with pytest.raises(CheckpointError, match="--from 40"):
        ganvas.resume(folder, quiet=True)
    ganvas.resume(folder, at=earlier, quiet=True)
    assert same(straight, folder)


def test_a_finished_run_can_be_made_longer(straight: Path, tmp_path: Path):
    folder = tmp_path / "longer"
    ganvas.train("dcgan", out=folder, **{**SMALL, "steps": 25})
    with pytest.raises(UsageError, match="reached its goal after 25 rounds"):
        ganvas.resume(folder, quiet=True)
    ganvas.resume(folder, steps=40, quiet=True)
    one, two = weights(straight), weights(folder)  # there is no schedule that the length changes
    assert all(torch.equal(one[k], two[k]) for k in one)


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"game": "dcgn"}, "did you mean 'dcgan'"),
        ({"game": "dcgan", "data": "digit"}, "digits"),
        ({"game": "dcgan", "preset": "papr"}, "did you mean 'paper'"),
        ({"game": "dcgan", "size": 17}, "17"),
        ({"game": "dcgan", "lr": "quick"}, "cannot read the schedule"),
        ({"game": "dcgan", "learning_rate": 1.0}, "unknown option"),
        ({"game": "dcgan", "steps": 3, "minutes": 1}, "give one length"),
        ({"game": "dcgan", "steps": 0}, "above 0"),
        ({"game": "cgan", "data": "faces"}, "needs label"),
        ({"game": "dcgan", "data": "ring8"}, "needs x to be Image"),
        ({"game": "dcgan", "data": "no/such/folder"}, "no/such/folder"),
    ],
    ids=lambda value: None if isinstance(value, dict) else value,
)
def test_wrong_use_is_refused_and_leaves_nothing(tmp_path: Path, asked: dict, complaint: str):
    with pytest.raises(UsageError) as caught:
        ganvas.train(**asked, out=tmp_path / "run", quiet=True)
    assert complaint in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_a_run_is_never_overwritten(straight: Path):
    before = (straight / "config.json").read_bytes()
    with pytest.raises(UsageError, match="exists already"):
        ganvas.train("dcgan", out=straight, **SMALL)
    assert (straight / "config.json").read_bytes() == before


def test_resuming_what_is_no_run(tmp_path: Path):
    with pytest.raises(UsageError, match="is no run"):
        ganvas.resume(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(CheckpointError, match="cannot read"):
        ganvas.resume(tmp_path)


def test_a_diverging_run_keeps_its_last_good_weights(tmp_path: Path):
    with pytest.raises(Diverged, match="dcgan: the .* is not finite"):
        ganvas.train("dcgan", out=tmp_path / "run", **{**SMALL, "lr": 1e30})
    assert all(torch.isfinite(w).all() for w in weights(tmp_path / "run").values())
    assert (tmp_path / "run/stats.jsonl").read_text().count('"trouble"') == 3
    assert ganvas.load(tmp_path / "run").sample(2).isfinite().all()


def test_a_full_disk_stops_the_run_with_the_last_good_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    save, calls = checkpoint.save_file, []

    def nearly_full(*arguments: object, **named: object) -> None:
        calls.append(1)
        if len(calls) > 3:
            raise OSError(28, "No space left on device")
        save(*arguments, **named)

    monkeypatch.setattr(checkpoint, "save_file", nearly_full)
    with pytest.raises(GanvasError, match=r"No space left on device.*round 2 is safe"):
        ganvas.train("dcgan", out=tmp_path / "run", **SMALL, save_every=0.0)
    assert checkpoint.locate(tmp_path / "run").name == "00000002"
    assert ganvas.load(tmp_path / "run").clock.round == 2


def test_a_read_only_place(tmp_path: Path):
    place = tmp_path / "file"
    place.write_text("not a folder")
    with pytest.raises(GanvasError, match="cannot write the run"):
        ganvas.train("dcgan", out=place / "run", **SMALL)


def test_best_keeps_what_the_discriminator_likes(straight: Path):
    run = ganvas.load(straight)
    usual, best = run.sample(40, seed=1), run.sample(40, seed=1, best=0.25)
    assert best.shape == usual.shape
    assert run.game.scores(best, {}).mean() > run.game.scores(usual, {}).mean()
    with pytest.raises(UsageError, match="between 0 and 1"):
        run.sample(4, best=1.5)


def test_importing_ganvas_is_light():
    heavy = {"torch", "matplotlib", "sklearn", "tyro", "rich"}
    code = f"import ganvas, sys; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

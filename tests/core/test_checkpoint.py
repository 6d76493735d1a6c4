import os
import pickle
from pathlib import Path

import pytest
import torch

from ganvas.core import CheckpointError, GanvasError, checkpoint
from ganvas.core.checkpoint import REST, WEIGHTS, State


def state(number: int) -> State:
    return State(
        {"w": torch.full((1000,), float(number))}, {"clock": {"round": number}, "optimisers": {}}
    )


@pytest.fixture
def run(tmp_path: Path) -> Path:
    for number in (1, 2, 3):
        checkpoint.save(tmp_path, state(number), {"game": "none"})
    return tmp_path


def newest(run: Path) -> float:
    return float(checkpoint.read(checkpoint.locate(run)).weights["w"][0])


def test_the_newest_state_is_read_and_two_are_kept(run: Path):
    assert newest(run) == 3
    assert [folder.name for folder in checkpoint.kept_rounds(run)] == ["00000002", "00000003"]
    weights, about = checkpoint.read_weights(run / WEIGHTS)
    assert float(weights["w"][0]) == 3
    assert about["game"] == "none"


def test_what_is_later_than_a_saved_state_is_gone(run: Path):
    checkpoint.save(run, state(1), {"game": "none"})  # the run was taken back
    assert newest(run) == 1
    assert [folder.name for folder in checkpoint.kept_rounds(run)] == ["00000001"]
    checkpoint.save(run, state(5), {"game": "none"})
    assert [folder.name for folder in checkpoint.kept_rounds(run)] == ["00000001", "00000005"]


@pytest.mark.parametrize("name", [WEIGHTS, REST])
@pytest.mark.parametrize("inside", [True, False], ids=["checkpoint", "run"])
@pytest.mark.parametrize("harm", ["truncate", "flip", "replace"])
def test_damage_is_refused_and_the_earlier_state_offered(
    run: Path, name: str, inside: bool, harm: str
):
    file = run / "checkpoints" / "00000003" / name if inside else run / name
    good, offered = file.read_bytes(), 2 if inside else 3
    bad = {
        "truncate": good[: len(good) // 2],
        "flip": good[:-50] + bytes([good[-50] ^ 1]) + good[-49:],
        "replace": pickle.dumps({"weights": [1, 2, 3]}),
    }[harm]
    file.unlink()  # a new file under the name, as editors and copies make it
    file.write_bytes(bad)
    with pytest.raises(CheckpointError, match=rf"refused .*{name} is not.*--from {offered}"):
        checkpoint.locate(run)
    assert checkpoint.locate(run, at=2).name == "00000002"


def test_damage_through_the_link_is_refused_too(run: Path):
    with (run / WEIGHTS).open("r+b") as opened:
        opened.truncate(100)
    with pytest.raises(CheckpointError, match="--from 2"):
        checkpoint.locate(run)


def test_a_pickle_is_never_run(run: Path, tmp_path: Path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "exploded"),)

    folder = run / "checkpoints" / "00000003"
    torch.save({"clock": Bomb()}, folder / REST)
    with pytest.raises(CheckpointError, match="cannot read"):
        checkpoint.read(folder)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("stage", ["save_file", "_flush", "_point"])
def test_a_failure_at_any_point_leaves_the_state_before_it(
    run: Path, monkeypatch: pytest.MonkeyPatch, stage: str
):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(checkpoint, stage, full)
        with pytest.raises(GanvasError, match="No space left.*round [34] is safe"):
            checkpoint.save(run, state(4), {})
    assert newest(run) >= 3
    checkpoint.save(run, state(5), {})
    assert newest(run) == 5


def test_going_back_forgets_what_came_later(run: Path):
    checkpoint.forget_after(run, 2)
    assert newest(run) == 2
    assert float(checkpoint.read_weights(run / WEIGHTS)[0]["w"][0]) == 2


def test_no_checkpoint_at_all(tmp_path: Path):
    with pytest.raises(CheckpointError, match="no checkpoint"):
        checkpoint.locate(tmp_path)

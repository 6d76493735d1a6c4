import json
import math
from pathlib import Path

import pytest
import torch
from watched import play, prepare

from ganvas.core import Diverged, Listener, Settings, Trainer
from ganvas.watch import Log
from ganvas.watch.log import STATS, read


def refuse_constants(name: str):
    raise AssertionError(f"{name} is no JSON")


def test_the_first_and_the_last_round_and_all_figures_are_logged(tmp_path: Path):
    play(Log(tmp_path, every=1000.0), rounds=7)
    first, last = read(tmp_path)
    assert (first["round"], first["images"], last["round"], last["images"]) == (1, 8, 7, 56)
    assert {"loss/D", "gradient/D", "loss/G", "gradient/G", "number", "seconds"} <= last.keys()
    assert (first["stage"], last["stage"]) == ("first", "second")


def test_figures_are_means_since_the_line_before(tmp_path: Path):
    log = Log(tmp_path, every=1000.0)
    trainer = prepare(log, rounds=6)
    trainer.listeners.append(OnlyIn(log, 2, 6))
    trainer.run()
    assert [(line["round"], line["number"]) for line in read(tmp_path)] == [
        (1, 0),
        (2, 1),
        (6, 3.5),
    ]


class OnlyIn(Listener):
    """Makes a line due in these rounds."""

    def __init__(self, log: Log, *rounds: int) -> None:
        self.log, self.rounds = log, rounds

    def after_round(self, trainer: Trainer) -> None:
        if trainer.clock.round + 1 in self.rounds:
            self.log._due = 0.0


def test_a_long_run_writes_thousands_of_lines_at_most(tmp_path: Path):
    log = Log(tmp_path, every=0.0)
    trainer = prepare(log, rounds=4)
    trainer.clock.seconds = 3_000_000.0  # a month
    trainer.run()
    assert [line["round"] for line in read(tmp_path)] == [1, 4]


def test_a_resumed_run_does_not_double_back(tmp_path: Path):
    play(Log(tmp_path, every=0.0), rounds=10)
    with (tmp_path / STATS).open("a") as file:
        file.write('{"round": 10, "images": 80, "loss/')  # killed while it wrote
    trainer = prepare(Log(tmp_path, every=0.0), rounds=10)
    early = prepare(rounds=10)
    for _ in range(6):
        early.round()
    trainer.load(early.state(copied=True))
    before = (tmp_path / STATS).read_text().splitlines()[:6]
    trainer.run()
    assert [line["round"] for line in read(tmp_path)] == list(range(1, 11))
    assert (tmp_path / STATS).read_text().splitlines()[:6] == before


def test_trouble_is_a_line_and_the_curves_go_on_from_where_the_run_went_back_to(tmp_path: Path):
    play(Log(tmp_path, every=0.0), rounds=9, breaks_in=7, settings=Settings(snapshot_every=5))
    lines = read(tmp_path)
    assert [line["round"] for line in lines] == [1, 2, 3, 4, 5, 5, 6, 7, 8, 9]
    assert "not finite in round 7" in lines[5]["trouble"]
    assert lines[5]["images"] == 40


def test_lines_are_json_even_if_a_figure_is_not_a_number(tmp_path: Path):
    log = Log(tmp_path, every=0.0)
    trainer = prepare(log, rounds=1)
    trainer._ledger.note({"odd": torch.tensor(math.nan), "huge": math.inf, "fine": 0.123456789})
    trainer.run()
    line = json.loads((tmp_path / STATS).read_text(), parse_constant=refuse_constants)
    assert (line["odd"], line["huge"], line["fine"]) == (None, None, 0.123457)


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "null\n[1]\n", '{"round": 1', '{"images": 3}\n', '{"round": "1"}', "[" * 100_000],
)
def test_what_is_no_line_is_passed_over(tmp_path: Path, text: str):
    good = '{"round": 3, "loss/D": 1.5}\n'
    (tmp_path / STATS).write_text(good + text)
    assert read(tmp_path) == [{"round": 3, "loss/D": 1.5}]


def test_bytes_that_are_no_text_are_passed_over(tmp_path: Path):
    (tmp_path / STATS).write_bytes(b'\xff\xfe{"round"\n{"round": 3}\n')
    assert read(tmp_path) == [{"round": 3}]
    assert read(tmp_path / "nowhere") == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to")
def test_a_full_disk_is_told_once_and_the_run_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    log = Log(tmp_path, every=0.0)
    trainer = prepare(log, rounds=5)
    log.begin(trainer)
    (tmp_path / STATS).unlink()
    (tmp_path / STATS).symlink_to("/dev/full")
    for _ in range(3):
        trainer.round()
        log.after_round(trainer)
    assert [r.getMessage() for r in caplog.records] == [
        f"cannot write {tmp_path / STATS}: [Errno 28] No space left on device. "
        "The run goes on without it."
    ]
    assert log.latest["round"] == 3
    (tmp_path / STATS).unlink()  # there is room again
    trainer.round()
    log.after_round(trainer)
    assert [line["round"] for line in read(tmp_path)] == [4]


def test_it_is_given_back_whole_when_the_run_gives_up(tmp_path: Path):
    trainer = prepare(Log(tmp_path, every=0.0), rounds=9, settings=Settings(patience=2))
    with torch.no_grad():
        trainer.game.D.net.weight.fill_(math.nan)
    trainer._good = trainer.state(copied=True)
    with pytest.raises(Diverged):
        trainer.run()
    assert [("trouble" in line, line["round"]) for line in read(tmp_path)] == [(True, 0)] * 2

import io
import re
from pathlib import Path

import pytest
from rich.console import Console
from watched import play, prepare

from ganvas.core import Settings
from ganvas.watch import Log, Progress, progress


def watch(tmp_path: Path, console: Console, **how) -> str:
    log = Log(tmp_path)
    play(log, Progress(log, console), **how)
    return console.file.getvalue()


def terminal(width: int = 100) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "REFRESH", 0.0)
    monkeypatch.setattr(progress, "LINES", 0.0)


@pytest.mark.usefixtures("often")
def test_the_bar_tells_how_far_how_fast_and_how_well(tmp_path: Path):
    text = watch(tmp_path, terminal(), rounds=200, stop_after=100)
    assert "━" in text
    assert " 50 %" in text
    assert "stage 1/2 first · round 1 · 8 images" in text
    assert "stage 2/2 second · round 100 · 800 images ·" not in text  # the stage begins after it
    assert " images/s  D " in text
    assert " left" in text
    assert text.endswith("\x1b[?25h")  # the cursor is back


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("width", [30, 60, 100])
def test_it_fits_any_terminal(tmp_path: Path, width: int):
    text = watch(tmp_path, terminal(width), rounds=30)
    lines = re.sub(r"\x1b\[[?0-9;]*[A-Za-z]|\r", "\n", text).split("\n")
    assert width - 1 <= max(map(len, lines)) <= width


@pytest.mark.usefixtures("often")
def test_where_there_is_no_terminal_there_are_plain_lines(tmp_path: Path):
    text = watch(tmp_path, Console(file=io.StringIO(), width=20), rounds=10)
    lines = text.splitlines()
    assert "\x1b" not in text
    assert len(lines) == 10  # one after each round; the end adds none
    assert lines[-1].startswith("watched  100 % · stage 2/2 second · round 10 · 80 images · ")
    assert " · D " in lines[-1]


def test_plain_lines_are_rare(tmp_path: Path):
    text = watch(tmp_path, Console(file=io.StringIO()), rounds=10)
    assert text.count("\n") == 1


@pytest.mark.parametrize("where", [terminal, lambda: Console(file=io.StringIO(), width=40)])
def test_trouble_is_told_at_once(tmp_path: Path, where):
    text = watch(tmp_path, where(), rounds=9, breaks_in=7, settings=Settings(snapshot_every=5))
    message = (
        "! went back to round 5: watched: the loss of D is not finite in round 7 (stage 'second')"
    )
    assert message in " ".join(text.split())


def test_a_terminal_that_is_gone_does_not_end_the_run(tmp_path: Path, caplog, monkeypatch):
    monkeypatch.setattr(progress, "LINES", 0.0)
    console = Console(file=io.StringIO())
    log = Log(tmp_path)
    trainer = prepare(log, Progress(log, console), rounds=5)
    console.file.close()
    trainer.run()
    assert trainer.clock.round == 5
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1:00"),
        (185, "3:05"),
        (3723, "1:02:03"),
        (187200, "2 d 4 h"),
    ],
)
def test_durations_are_for_people(seconds: float, text: str):
    assert progress.duration(seconds) == text

"""The referee beside a run: what it costs, what it leaves, what it does when it is told to."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import torch
from rich.console import Console
from torch import Tensor
from watched import play, prepare

import ganvas
from ganvas.core import Image, Listener, Points, Settings, Trainer, UsageError
from ganvas.data import modes
from ganvas.watch import Log, Progress, Referee, progress, referee, report
from ganvas.watch.evidence import LOOKS, Evidence
from ganvas.watch.lines import read
from ganvas.watch.referee import Account
from ganvas.watch.second_look import evidence_of
from ganvas.watch.verdicts import Finding, judge


@pytest.fixture(autouse=True)
def money_is_no_object(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look after every round."""
    monkeypatch.setattr(referee, "EVERY", 0.0)
    monkeypatch.setattr(referee, "MOST", 10**9)
    monkeypatch.setattr(Account, "allows", lambda *_, **__: True)


def watched(folder: Path, **how) -> tuple[Log, Referee]:
    log = Log(folder, every=0.0)
    return log, Referee(folder, log, **how)


def looks(folder: Path) -> list[dict]:
    return read(folder / LOOKS)


def test_it_looks_before_the_first_round_after_each_and_at_the_end(tmp_path: Path):
    play(*watched(tmp_path), rounds=4)
    assert [line["round"] for line in looks(tmp_path)] == [0, 1, 2, 3, 4]
    spent = [line["spent"] for line in looks(tmp_path)]
    assert spent == sorted(spent)
    assert spent[-1] > 0


@pytest.mark.parametrize("space", [Points(2), Image(3, 8, 8)])
def test_a_run_does_not_notice_that_it_is_watched(tmp_path: Path, space):
    plain, seen = play(rounds=6, space=space), play(*watched(tmp_path), rounds=6, space=space)
    for name, weight in plain.state().weights.items():
        assert torch.equal(weight, seen.state().weights[name])
    assert [m.training for m in plain.game.modules()] == [m.training for m in seen.game.modules()]


def test_after_a_resume_what_is_later_is_gone_and_what_was_spent_is_not(tmp_path: Path):
    play(*watched(tmp_path), rounds=10, stop_after=8)
    spent = looks(tmp_path)[6]["spent"]
    with (tmp_path / LOOKS).open("a") as file:
        file.write('{"round": 9, "spr')  # killed while it wrote
    early = prepare(rounds=10)
    for _ in range(6):
        early.round()
    trainer = prepare(rounds=10)
    log, watcher = watched(tmp_path)
    trainer.load(early.state(copied=True))
    log.begin(trainer)
    watcher.begin(trainer)
    assert [line["round"] for line in looks(tmp_path)] == [0, 1, 2, 3, 4, 5, 6, 6]
    assert watcher.account.spent > spent


def test_after_a_nan_what_is_later_is_gone_and_the_nan_is_told(tmp_path: Path):
    log, watcher = watched(tmp_path)
    play(log, watcher, rounds=9, breaks_in=7, settings=Settings(snapshot_every=5))
    assert [line["round"] for line in looks(tmp_path)] == list(range(10))
    (found,) = [f for f in watcher.findings if f.trouble == "nan"]
    assert "not finite in round 7" in found.seen
    assert [f.trouble for f in judge(Evidence.of(tmp_path))] == ["nan"]


def test_the_account_leaves_room_for_the_last_look(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.undo()
    account = Account(share=0.02)
    account.add(0.3, price=0.2)
    assert account.price == 0.1  # the first is slow
    assert not account.allows(24.9, looks=2)
    assert account.allows(25.1, looks=2)
    for cost in (0.1, 0.5, 0.1):
        account.add(cost)
    assert account.price == 0.1  # a hiccup is no price
    assert account.spent == pytest.approx(1.0)
    assert not account.allows(54.9, looks=1)
    assert account.allows(55.1, looks=1)


def test_looks_that_cost_a_tenth_of_a_round_come_each_tenth_of_it(tmp_path, monkeypatch):
    monkeypatch.undo()
    clock = iter(range(10**6))
    log, watcher = watched(tmp_path)
    trainer = prepare(rounds=1000)
    monkeypatch.setattr(referee.time, "perf_counter", lambda: float(next(clock)))
    log.begin(trainer)
    watcher.begin(trainer)
    for _ in range(1000):
        trainer.clock.round += 1
        trainer.clock.seconds += 10.0
        watcher.after_round(trainer)
    watcher.end(trainer, "done")
    assert 20 < len(looks(tmp_path)) < 60
    assert watcher.account.spent <= 0.02 * trainer.clock.seconds


def test_a_failure_is_told_once_and_the_run_goes_on(tmp_path: Path, caplog):
    log, watcher = watched(tmp_path / "nowhere")
    log.file = tmp_path / "stats.jsonl"
    watcher._lines.file.parent.mkdir()
    watcher._lines.file.mkdir()
    trainer = play(watcher, rounds=3)
    assert trainer.clock.round == 3
    assert len([r for r in caplog.records if "watch for trouble" in r.getMessage()]) == 1


# -- what it does --------------------------------------------------------------------------------


class Alike(Listener):
    """From some round on, lets a generator make one and the same thing."""

    def __init__(self, rounds: int, retries: int = 10**9) -> None:
        self.rounds, self.retries, self.seen = rounds, retries, []

    def after_round(self, trainer: Trainer) -> None:
        self.seen.append((trainer.clock.round, trainer.clock.retries))
        if trainer.clock.round >= self.rounds and trainer.clock.retries < self.retries:
            with torch.no_grad():
                trainer.game.G.net[0].weight.zero_()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is given time to learn."""
    monkeypatch.setattr("ganvas.watch.evidence.WARM", 1)


def collapsing(folder: Path, alike: Alike, how: str) -> tuple[Trainer, Referee, str]:
    log, watcher = watched(folder, on_collapse=how)
    trainer = prepare(alike, log, watcher, rounds=40, space=Image(1, 8, 8))
    with torch.no_grad():
        trainer.game.G.net[0].weight.mul_(8)
    return trainer, watcher, trainer.run()


@pytest.mark.usefixtures("hasty")
def test_warned_a_run_goes_on(tmp_path: Path):
    trainer, watcher, reason = collapsing(tmp_path, Alike(26), "warn")
    assert (reason, trainer.clock.round) == ("done", 40)
    assert "collapse" in [found.trouble for found in watcher.findings]


@pytest.mark.usefixtures("hasty")
def test_a_collapse_may_end_the_run(tmp_path: Path):
    trainer, _, reason = collapsing(tmp_path, Alike(26), "stop")
    assert reason == "stopped for mode collapse"
    assert 26 < trainer.clock.round < 35


@pytest.mark.usefixtures("hasty")
def test_a_collapse_may_take_the_run_back_to_before_it(tmp_path: Path):
    alike = Alike(26, retries=1)
    trainer, watcher, reason = collapsing(tmp_path, alike, "rollback")
    assert (reason, trainer.clock.round, trainer.clock.retries) == ("done", 40, 1)
    back = next(i for i, (_, retries) in enumerate(alike.seen) if retries)
    assert alike.seen[back][0] <= 26 < alike.seen[back - 1][0]
    assert not {f.trouble for f in watcher.findings} & {"collapse", "partial-collapse"}
    told = [line for line in Evidence.of(tmp_path).stats if "trouble" in line]
    assert len(told) == 1
    assert told[0]["kind"] == "Collapsed"
    rounds = [line["round"] for line in looks(tmp_path)]
    assert rounds == sorted(rounds)


@pytest.mark.usefixtures("hasty")
def test_a_run_that_collapses_again_and_again_is_ended(tmp_path: Path):
    trainer, _, reason = collapsing(tmp_path, Alike(26), "rollback")
    assert reason == "stopped for mode collapse again after 3 rollbacks"
    assert trainer.clock.retries == 3


def test_the_word_for_it_is_checked_before_anything_is_made(tmp_path: Path):
    with pytest.raises(UsageError, match="on_collapse must be warn or stop or rollback, not 'no'"):
        ganvas.train("gan", out=tmp_path / "r", on_collapse="no")
    assert not (tmp_path / "r").exists()


def test_several_processes_are_not_taken_back(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UsageError, match="--on-collapse stop"):
        ganvas.train("gan", out=tmp_path / "r", on_collapse="rollback")


# -- how it is told ------------------------------------------------------------------------------


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.usefixtures("hasty")
def test_a_finding_is_told_live(tmp_path: Path, monkeypatch, terminal: bool):
    monkeypatch.setattr(progress, "REFRESH", 0.0)
    monkeypatch.setattr(progress, "LINES", 0.0)
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100, color_system=None)
    log, watcher = watched(tmp_path)
    bar = Progress(log, console, watcher)
    play(Alike(10), log, watcher, bar, rounds=30, space=Image(1, 8, 8))
    text = console.file.getvalue()
    assert "! mode collapse" in text
    if not terminal:
        assert text.count("! mode collapse (") == 1
        assert " · try --" in text
    page = report.write(tmp_path).read_text()
    assert "<h2>Referee</h2>" in page
    assert "arXiv:1701.00160" in page
    assert "<code>--" in page


def test_the_report_says_what_silence_rests_on(tmp_path: Path):
    play(*watched(tmp_path), rounds=3)
    assert "too early to tell: looked 4 times" in report.write(tmp_path).read_text()
    (tmp_path / LOOKS).unlink()
    assert "Referee" not in report.write(tmp_path).read_text()


def test_a_vanilla_gan_collapses_on_a_ring_and_the_referee_says_so(tmp_path: Path, monkeypatch):
    """With most seeds it makes a few of the eight modes; which seeds, depends on the machine."""
    monkeypatch.undo()
    told = None
    for seed in range(4):
        run = ganvas.train(
            "gan", data="ring8", steps=1000, out=tmp_path / str(seed), quiet=True, lr=2e-3,
            momentum=0.9, noise=16, ema=None, seed=seed,
        )  # fmt: skip
        found = {f.trouble: f for f in ganvas.doctor(run.folder)}
        if told := found.get("collapse", found.get("partial-collapse")):
            break
    assert isinstance(told, Finding)
    assert json.loads(json.dumps(told.to_json()))["tries"]
    x: Tensor = run.sample(400)
    nearest = torch.cdist(x, modes("ring8")).argmin(1)
    assert (torch.bincount(nearest, minlength=8) > 20).sum() <= 5  # there are a few indeed


def test_a_run_too_short_for_the_referee_is_looked_at_by_the_doctor(tmp_path: Path, monkeypatch):
    monkeypatch.undo()
    run = ganvas.train("gan", data="ring8", steps=120, out=tmp_path / "r", quiet=True)
    (tmp_path / "r" / LOOKS).unlink()
    evidence, blind = evidence_of(run)
    assert blind is None
    assert [look["steps"]["G"] for look in evidence.warm] == [120]
    assert not (tmp_path / "r" / LOOKS).exists()

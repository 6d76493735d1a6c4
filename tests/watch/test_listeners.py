import ast
import io
import statistics
import time
from pathlib import Path

from rich.console import Console
from watched import play, prepare

from ganvas import watch
from ganvas.core import Image


def test_all_together_leave_a_folder_that_tells_everything(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(watch, "installed", lambda: False)
    console = Console(file=io.StringIO())
    play(*watch.listeners(tmp_path, console=console), rounds=8, space=Image(3, 8, 8))
    names = ["referee.jsonl", "report.html", "samples", "stats.jsonl"]
    assert sorted(p.name for p in tmp_path.iterdir()) == names
    page = (tmp_path / "report.html").read_text()
    assert "after 64 images" in page  # the report comes after the last preview ...
    assert "<b>8</b><small>rounds" in page  # ... and the last line of figures
    assert "100 %" in console.file.getvalue()


def test_real_rows_may_be_given(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(watch, "installed", lambda: False)
    trainer = prepare(space=Image(1, 8, 8))
    real = {"x": trainer.stream.tables[0].fields["x"][:10]}
    play(*watch.listeners(tmp_path, real, quiet=True), rounds=1, space=Image(1, 8, 8))
    assert (tmp_path / "samples" / "real.png").exists()


def test_most_rounds_cost_next_to_nothing(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(watch, "installed", lambda: False)
    trainer = prepare(space=Image(1, 8, 8), rounds=1000)
    found = watch.listeners(tmp_path, console=Console(file=io.StringIO()))
    for listener in found:
        listener.begin(trainer)
    costs = []
    for _ in range(3000):
        began = time.perf_counter()
        for listener in found:
            listener.after_round(trainer)
        costs.append(time.perf_counter() - began)
    assert statistics.median(costs) < 50e-6


def test_tensorboard_is_among_them_if_it_is_installed(tmp_path: Path):
    kinds = [type(listener) for listener in watch.listeners(tmp_path, quiet=True)]
    assert kinds[0] is watch.Log
    assert kinds[-1] is watch.Report
    assert (watch.TensorBoard in kinds) == watch.installed()
    assert watch.Progress not in kinds
    assert watch.Progress in map(type, watch.listeners(tmp_path))


def test_what_is_slow_to_import_is_imported_only_when_it_is_needed():
    slow = {"matplotlib", "tensorboard", "torch.utils.tensorboard", "toys"}
    for file in Path(watch.__file__).parent.glob("*.py"):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.Import | ast.ImportFrom) and file.name != "toys.py":
                names = {alias.name for alias in node.names} | {getattr(node, "module", "")}
                assert not names & slow, file

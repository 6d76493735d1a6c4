"""Runs are measured and kept: results/GAME.json, a part for each benchmark, a row for a seed."""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

import ganvas
from ganvas.core import registry
from ganvas.core.run import CONFIG, Run

RESULTS = Path(__file__).parent.parent / "results"
Row = dict[str, Any]


def measure(
    command: str,
    what: str,
    part: str,
    names: Sequence[str],
    measured: Callable[[str, int, Path], Row],
    table: Callable[[], Iterable[str]] = tuple,
) -> None:
    """The command of a benchmark: measures what is asked for, prints and keeps each row.

    Args:
        command: the one that measures all anew.
        what: it does, in a line.
        part: which measurement it is, to be kept under this name.
        names: all that can be measured, a game each or GAME:WHERE.
        measured: of a name and a seed, with a folder for the run.
        table: the lines of what was measured.
    """
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("names", nargs="*", help=f"some of: {', '.join(names)}; all if none")
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--keep", type=Path, help="a folder to keep the runs in, to look at them")
    parser.add_argument("--table", action="store_true", help="only print what was measured")
    options = parser.parse_args()
    if unknown := set(options.names) - set(names):
        parser.error(f"nothing is measured for {', '.join(sorted(unknown))}")
    for name in () if options.table else options.names or names:
        game, _, where = name.partition(":")
        for seed in options.seeds:
            with tempfile.TemporaryDirectory() as folder:
                row = measured(name, seed, (options.keep or Path(folder)) / f"{name}-{seed}")
            print(json.dumps({"name": name, **row}), flush=True)
            keep(game, f"{part} of {where}" if where else part, f"{command} {name}", row)
    print("\n".join(table()))


def trained(folder: Path, game: str, **asked: Any) -> Run:
    """A run as asked for (the options of `ganvas.train`); one that lies there finished is taken.

    Raises:
        SystemExit: if what lies there was asked for otherwise, or was not finished.
    """
    if not (folder / CONFIG).exists():
        return ganvas.train(game, out=folder, quiet=True, **asked)
    run = Run(folder)
    plan = run.plan
    known = {**plan.config, **plan.data, "seed": plan.seed, "minutes": plan.minutes}
    usual = registry.make(game).config
    own = {name: value for name, value in asked.items() if hasattr(usual, name)}
    given = {**asked, **usual.but(**own).to_json(), "source": asked["data"]}
    del given["data"]
    if "size" in given:
        given["size"] = [given["size"]] * 2
    other = {name: known.get(name) for name, value in given.items() if known.get(name) != value}
    if plan.game != game or other or not run.clock.done:
        raise SystemExit(f"{folder} is another run, or not at its end: {plan.game} {other}")
    return run


def keep(game: str, part: str, command: str, row: Row) -> None:
    """Puts a row into results/`game`.json, in place of the one of the same seed.

    Args:
        part: which measurement it is of.
        command: measures all seeds of it anew.
        row: seed, and figures by name.
    """
    before = rows(game, part)
    all_ = [*(old for old in before if old["seed"] != row["seed"]), {**row, **_made_by()}]
    all_.sort(key=lambda r: r["seed"])
    report = {**read(game), part: {"command": command, **spread(all_), "rows": all_}}
    file = RESULTS / f"{game}.json"
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(report, indent=2) + "\n")
    fresh.replace(file)


def read(game: str) -> dict[str, Any]:
    """All that is kept of a game, by part."""
    file = RESULTS / f"{game}.json"
    return json.loads(file.read_text()) if file.exists() else {"game": game}


def rows(game: str, part: str) -> list[Row]:
    """A part's rows."""
    return read(game).get(part, {}).get("rows", [])


def figures(game: str, part: str) -> list[str]:
    """The names of what was measured."""
    return figures_of(rows(game, part)[0])


def figures_of(row: Row) -> list[str]:
    """The names of the figures in a row."""
    return [k for k, v in row.items() if isinstance(v, int | float) and k != "seed"]


def cell(game: str, part: str, figure: str, form: str) -> str:
    """A figure's mean over the seeds, and its standard deviation if there are several."""
    found = read(game)[part]
    value = found.get("mean", found["rows"][0]).get(figure)
    if value is None:  # this benchmark did not measure it yet when it measured these
        return "-"
    mean = f"{value:{form}}"
    off = found.get("deviation", {}).get(figure)
    return mean if off is None else f"{mean} ± {off:{form}}"


def columns(part: str, names: Iterable[str], figures: dict[str, str]) -> Iterator[str]:
    """A table with a line for each game that has the part.

    Args:
        figures: the columns, each with the format of its numbers.
    """
    yield f"{part:<14}" + "".join(f"{figure:>18}" for figure in figures)
    for name in those_with(part, names):
        cells = [cell(name, part, figure, form) for figure, form in figures.items()]
        yield f"{name:<14}" + "".join(f"{text:>18}" for text in cells)


def those_with(part: str, names: Iterable[str]) -> list[str]:
    """Of some games those that have a part."""
    return [name for name in names if part in read(name)]


def spread(all_: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Mean and standard deviation over the seeds, of each figure that all rows have."""
    if len(all_) < 2:
        return {}
    names = figures_of(all_[0])
    shared = {k: [row[k] for row in all_] for k in names if all(k in row for row in all_)}
    return {
        "mean": {k: round(statistics.mean(v), 4) for k, v in shared.items()},
        "deviation": {k: round(statistics.stdev(v), 4) for k, v in shared.items()},
    }


def _made_by() -> dict[str, str]:
    """By which code a row was measured."""
    commit = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--short", "src", "benchmarks")
    how = f"torch {torch.__version__}, Python {platform.python_version()}"
    threads = f"{torch.get_num_threads()} threads"
    return {"commit": f"{commit}-dirty" if changed else commit, "with": f"{how}, {threads}"}


def _git(*words: str) -> str:
    root = RESULTS.parent
    return subprocess.check_output(["git", *words], cwd=root, text=True).strip()

"""`ganvas compare RUN RUN ...`: runs side by side, as a table and as a plot."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganvas.cli.evaluate import WAYS, number
from ganvas.cli.options import flags_of, options_of, parse, take
from ganvas.cli.pages import HELP, PAGES
from ganvas.cli.printing import bold, columns, working
from ganvas.core import UsageError
from ganvas.core.config import Options
from ganvas.core.files import write_whole
from ganvas.core.run import Run
from ganvas.metrics import scores
from ganvas.metrics.comparison import Line, lines, plot
from ganvas.metrics.evaluation import evaluate
from ganvas.metrics.sides import Wish
from ganvas.tools.pretrained import opened


@dataclass(frozen=True)
class Ask(Options):
    """How runs are compared."""

    metrics: tuple[str, ...] | None = None
    """Names of figures with commas between; all that every run has unless given."""
    output: str = "compare.png"
    """Where the plot goes: each figure against images seen, and against seconds of training."""
    json: bool = False
    """Print the table as JSON."""


def main(words: Sequence[str]) -> None:
    """Prints the table and draws the plot.

    Raises:
        UsageError: for wrong options, or runs that were measured in different ways.
        GanvasError: if a run is damaged.
    """
    flags = [*flags_of(options_of(Ask())), *HELP]
    folders: list[str] = []
    folder, rest = take(words, flags)
    while folder is not None:
        folders.append(folder)
        folder, rest = take(rest, flags)
    if not folders and set(rest) & set(HELP):
        print(PAGES["compare"], end="")
        return
    more = {"metrics": {"value": "NAME,NAME..."}, "output": {"short": "-o", "value": "FILE.png"}}
    asked = Ask(**parse("compare", "Compares runs.", {"compare": options_of(Ask(), **more)}, rest))
    if len(folders) < 2:
        raise UsageError("compare which runs? ganvas compare RUN RUN ...")
    if not asked.output.endswith(".png"):
        raise UsageError(f"--output must be a FILE.png, not {asked.output!r}")
    runs = [opened(name) for name in dict.fromkeys(folders)]
    for run in runs:
        _measured(run)
    found = lines(runs, asked.metrics)
    picture = Path(asked.output)
    write_whole(picture, plot(found))
    if asked.json:
        print(json.dumps(_plain(found, picture), ensure_ascii=False))
    else:
        print(f"{told(found)}\n\nplot  {picture}")


def _measured(run: Run) -> None:
    """Measures a run that never was, as `ganvas evaluate` would."""
    if scores.read(run.folder):
        return
    print(f"{run.folder} was not measured yet: measuring it", file=sys.stderr)
    with working(f"measuring {run.folder}") as tell:
        scores.write(run.folder, evaluate(run, Wish(), tell))


def told(found: Sequence[Line]) -> str:
    """A row for each figure, a column for each run, the best in bold; turned if it is too wide."""
    best = {name: _best(name, found) for name in found[0].newest.figures}
    heads = ["", *(line.run for line in found), ""]
    rows = [
        [name, *(number(line.newest.figures[name]) for line in found), WAYS[about["better"]]]
        for name, about in found[0].newest.figures.items()
    ]
    rows = [
        ["images", *(f"{line.newest.images:,}" for line in found), ""],
        ["seconds", *(f"{line.newest.trained:,.0f}" for line in found), ""],
        *rows,
    ]
    widths = [max(len(row[i]) for row in (heads, *rows)) for i in range(len(heads))]
    if sum(widths) + 2 * len(widths) > columns():
        return _told_narrow(found, best)
    out = []
    for row in (heads, *rows):
        cells = [row[0].ljust(widths[0])]
        for i, cell in enumerate(row[1:-1]):
            text = cell.rjust(widths[i + 1])
            mark = i in best.get(row[0], ())
            cells.append(bold(text) if mark else text)
        out.append("  ".join([*cells, row[-1]]).rstrip())
    return "\n".join(out)


def _told_narrow(found: Sequence[Line], best: Mapping[str, list[int]]) -> str:
    """The same, a paragraph for each figure: for many runs, or long names."""
    out = []
    for name, about in found[0].newest.figures.items():
        out.append(f"{bold(name)} {WAYS[about['better']]}".rstrip())
        for i, line in enumerate(found):
            value = number(line.newest.figures[name])
            out.append(f"  {bold(value) if i in best[name] else value}  {line.run}")
    return "\n".join(out)


def _best(name: str, found: Sequence[Line]) -> list[int]:
    """Which runs have the best value; none if no way is better."""
    values = [line.newest.figures[name]["value"] for line in found]
    better = found[0].newest.figures[name]["better"]
    if better == "neither":
        return []
    best = min(values) if better == "lower" else max(values)
    return [i for i, value in enumerate(values) if value == best]


def _plain(found: Sequence[Line], picture: Path) -> dict[str, Any]:
    return {
        "plot": str(picture),
        "protocol": found[0].newest.to_json()["protocol"],
        "runs": [line.newest.to_json() for line in found],
        "best": {
            name: [found[i].run for i in _best(name, found)] for name in found[0].newest.figures
        },
    }

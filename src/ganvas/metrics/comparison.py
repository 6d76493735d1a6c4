"""Runs side by side: what was measured of each, under one protocol, over its training."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ganvas.core import UsageError
from ganvas.core.errors import did_you_mean
from ganvas.core.run import Run
from ganvas.metrics import scores
from ganvas.metrics.scores import Protocol, Scores


@dataclass(frozen=True)
class Line:
    """A run's measurements under one protocol, in order of the images it had seen."""

    run: str
    measured: Sequence[Scores]

    @property
    def newest(self) -> Scores:
        """The last of them."""
        return self.measured[-1]


def lines(runs: Sequence[Run], names: Sequence[str] | None = None) -> list[Line]:
    """The measurements that can be compared: those of the newest protocol that all runs share.

    Args:
        runs: two or more.
        names: of figures; all that the newest measurement of every run has, if None.

    Raises:
        UsageError: if they share no protocol, with the differences, or no figure.
        DataError: if a scores.json cannot be read.
    """
    found = {str(run.folder): scores.read(run.folder) for run in runs}
    if missing := [folder for folder, measured in found.items() if not measured]:
        raise UsageError(f"{missing[0]} was not measured: ganvas evaluate {missing[0]}")
    protocol = _shared(found)
    made = [
        Line(folder, sorted((s for s in all_ if s.protocol == protocol), key=lambda s: s.images))
        for folder, all_ in found.items()
    ]
    common = [n for n in made[0].newest.figures if all(n in line.newest.figures for line in made)]
    for name in names or ():
        if name not in common:
            raise did_you_mean(name, common, "figure that all these runs have")
    if not (chosen := list(names or common)):
        raise UsageError("these runs have no figure in common; ganvas evaluate them all alike")
    return [replace(line, measured=[_only(s, chosen) for s in line.measured]) for line in made]


def _shared(found: dict[str, list[Scores]]) -> Protocol:
    """The newest protocol under which every run was measured."""
    first, *others = found.items()
    for candidate in reversed(first[1]):
        if all(any(s.protocol == candidate.protocol for s in them) for _, them in others):
            return candidate.protocol
    newest = first[1][-1].protocol
    for folder, measured in others:
        if all(s.protocol != newest for s in measured):
            differences = newest.differences(measured[-1].protocol)
            raise UsageError(
                f"{first[0]} and {folder} were measured in different ways: "
                f"{'; '.join(differences)}; measure them alike with ganvas evaluate"
            )
    raise UsageError("no protocol is shared by all these runs; ganvas evaluate them all alike")


def _only(one: Scores, names: Sequence[str]) -> Scores:
    return replace(one, figures={n: one.figures[n] for n in names if n in one.figures})


def plot(found: Sequence[Line]) -> bytes:
    """A PNG: a row for each figure, against images seen and against seconds of training."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter, MaxNLocator

    names = list(found[0].newest.figures)
    figure = Figure((9, 0.6 + 2.4 * len(names)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(names), 2, squeeze=False, sharey="row")
    for row, name in zip(axes, names, strict=True):
        about = found[0].newest.figures[name]
        for axis, of, word in (
            (row[0], "images", "images seen"), (row[1], "trained", "seconds of training")
        ):  # fmt: skip
            for line in found:
                shown = [s for s in line.measured if name in s.figures]
                at = [getattr(s, of) for s in shown]
                values = [s.figures[name]["value"] for s in shown]
                errors = [s.figures[name]["error"] or 0.0 for s in shown]
                axis.errorbar(at, values, errors, marker="o", ms=4, capsize=2, label=line.run)
            axis.set_xlabel(word)
            axis.xaxis.set_major_locator(MaxNLocator(6))
            axis.xaxis.set_major_formatter(EngFormatter(sep=""))
            axis.grid(alpha=0.3)
            # From 0: a short stretch, enlarged, would look like a long way.
            axis.set_xlim(0, 1.08 * axis.dataLim.xmax or 1)
        better = "" if about["better"] == "neither" else f"\n({about['better']} is better)"
        if row[0].dataLim.ymin >= 0:
            row[0].set_ylim(0, 1.08 * row[0].dataLim.ymax or 1)
        row[0].set_ylabel(about["title"] + better)
    handles, words = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, words, loc="outside upper center", ncols=2, frameon=False)
    memory = io.BytesIO()
    figure.savefig(memory, format="png", dpi=110)
    return memory.getvalue()

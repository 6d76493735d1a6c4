"""Does truncation buy precision with recall? A game is trained, and measured at several thresholds.

    python -m benchmarks.truncation --seeds 0       every game here
    python -m benchmarks.truncation biggan --seeds 0 --keep FOLDER
                                                    the run FOLDER/biggan-0, or kept there if new
    python -m benchmarks.truncation --table         what was measured, drawn anew

Of a normal z a threshold is the largest magnitude of its values (Brock et al. 2019, section 3.1);
of styles it is ψ, how far they are from their mean (Karras et al. 2019, appendix B). Precision and
recall (Kynkäänniemi et al. 2019) and the Fréchet distance are those of `ganvas evaluate`, against
the held-out part of the data.

Prints a line for each run, keeps it in results/GAME.json and draws docs/images/truncation.png.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks import kept
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ganvas.core.truncation import kind
from ganvas.metrics.evaluation import evaluate
from ganvas.metrics.sides import Wish

PART, GAMES = "truncation", ["biggan", "biggan_deep", "stylegan2"]
FIGURES = ("precision", "recall", "fid")
VALUES = {"z": (2.0, 1.0, 0.75, 0.5, 0.25), "w": (1.0, 0.85, 0.7, 0.5, 0.3)}
"""Thresholds, the mildest first."""
PICTURE = Path(__file__).parent.parent / "docs" / "images" / "truncation.png"


def measured(name: str, seed: int, folder: Path) -> kept.Row:
    """One run's figures at each threshold, and without any."""
    run = kept.trained(folder, name, seed=seed, data="digits")
    row: kept.Row = {"seed": seed, "images": run.clock.images}
    for value in (None, *VALUES[kind(run.game)]):
        found = evaluate(run, Wish(metrics=FIGURES, truncation=value)).figures
        where = "whole" if value is None else f"at {value:g}"
        row |= {f"{figure} {where}": round(found[figure]["value"], 4) for figure in FIGURES}
    return row


def curve(row: kept.Row, figure: str) -> list[tuple[str, float]]:
    """A figure at each threshold, the mildest first."""
    names = [name for name in row if name.startswith(f"{figure} ")]
    return [(name.removeprefix(f"{figure} ").removeprefix("at "), row[name]) for name in names]


def draw(games: list[str]) -> None:
    """Each game a line: recall to the right, precision upwards, the threshold at each point."""
    figure = Figure((9.6, 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    trade, distance = figure.subplots(1, 2)
    for game in games:
        row = kept.rows(game, PART)[0]
        points = {name: curve(row, name) for name in FIGURES}
        at = [words for words, _ in points["precision"]]
        precision, recall, fid = ([value for _, value in points[name]] for name in FIGURES)
        trade.plot(recall, precision, marker="o", ms=4, label=game)
        for words, x, y in zip(at, recall, precision, strict=True):
            trade.annotate(words, (x, y), textcoords="offset points", xytext=(5, 4), fontsize=8)
        distance.plot(range(len(at)), fid, marker="o", ms=4, label=game)
        distance.set_xticks(range(len(at)), at)
    trade.set_xlabel("recall")
    trade.set_ylabel("precision")
    distance.set_xlabel("threshold")
    distance.set_ylabel("Fréchet distance")
    for axis in (trade, distance):
        axis.grid(alpha=0.3)
        axis.legend(frameon=False)
    figure.savefig(PICTURE, dpi=110)


def table() -> Iterator[str]:
    """A line for each threshold of each game."""
    yield f"{'':<14}{'threshold':>10}" + "".join(f"{name:>12}" for name in FIGURES)
    for game in kept.those_with(PART, GAMES):
        row = kept.rows(game, PART)[0]
        columns = [curve(row, name) for name in FIGURES]
        for cells in zip(*columns, strict=True):
            values = "".join(f"{value:>12.3f}" for _, value in cells)
            yield f"{game:<14}{cells[0][0]:>10}{values}"


def drawn() -> Iterator[str]:
    """The table, when its picture is drawn."""
    draw(kept.those_with(PART, GAMES))
    yield from table()


if __name__ == "__main__":
    what = __doc__.splitlines()[0]
    kept.measure("python -m benchmarks.truncation", what, PART, GAMES, measured, drawn)

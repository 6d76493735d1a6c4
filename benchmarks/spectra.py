"""Singular values of BigGAN before and after a collapse that is provoked, and in a healthy run.

    python -m benchmarks.spectra --seeds 0
    python -m benchmarks.spectra --seeds 0 --keep runs/spectra   uses the runs that are there
    python -m benchmarks.spectra --table                         what was measured

Both runs learn digits from the same seed. One is the default. The other has neither what holds the
singular values, spectral norm on both sides and orthogonal regularisation, nor the default's pace.
A run has collapsed when its samples are closer together than the real ones by a factor of four, as
the referee measures them (`spread` in referee.jsonl), and stay so.

Prints a line for each run, keeps it in results/biggan.json, and draws docs/images/spectra.png.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.image
from benchmarks import kept
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ganvas.watch import lines, spectra
from ganvas.watch.files import frames, images_of

PART = "singular values"
WILD: dict[str, Any] = {
    "spectral_norm": False,
    "spectral_norm_maker": False,
    "orthogonal": 0.0,
    "lr": 4e-3,
}
RUNS: dict[str, dict[str, Any]] = {"biggan:healthy": {}, "biggan:collapse": WILD}
CLOSE = 0.25
"""Of the distance between two real rows: closer samples are all alike."""
PICTURE = Path(__file__).parent.parent / "docs" / "images" / "spectra.png"
SHOWN: dict[str, dict[str, Any]] = {}
"""The runs that this process has seen, to be drawn."""


def measured(name: str, seed: int, folder: Path) -> kept.Row:
    """When a run collapsed, and its largest first singular values then, before and after."""
    how = {"data": "digits", **RUNS[name]}
    run = kept.trained(folder, "biggan", seed=seed, **how)
    fell, seen = collapse(folder), spectra.read(folder)
    row: kept.Row = {"seed": seed, "images": run.clock.images, "seconds": run.clock.seconds}
    row["spread"] = lines.read(folder / "referee.jsonl")[-1]["spread"]
    moments = {"first": 0, "last": run.clock.images}
    if fell is not None:
        row["collapse after images"] = fell
        moments["before"] = fell // 2
    for moment, at in moments.items():
        sigma = min(seen, key=lambda line: abs(line["images"] - at))["sigma"]
        for player in ("G", "D"):
            values = [s[0] for n, s in sigma.items() if n.startswith(f"{player}.")]
            row[f"largest σ0 of {player}, {moment}"] = round(max(values), 3)
    SHOWN[name] = shown(folder)
    return {k: round(v, 3) if isinstance(v, float) else v for k, v in row.items()}


def collapse(folder: Path) -> int | None:
    """After how many images the samples of a run became all alike, for good; None: they did not."""
    looks = [look for look in lines.read(folder / "referee.jsonl") if "spread" in look]
    alike = None
    for look in looks:
        near = look["spread"] < CLOSE and look["images"] > 0
        alike = (look["images"] if alike is None else alike) if near else None
    return alike


def shown(folder: Path) -> dict[str, Any]:
    """What is drawn of a run: its lines, when it collapsed, pictures by images seen."""
    fell, previews = collapse(folder), frames(folder)
    until = (fell or images_of(previews[-1])) // 2
    before = max((frame for frame in previews if images_of(frame) <= until), key=images_of)
    pictures = {images_of(f): matplotlib.image.imread(f) for f in (before, previews[-1])}
    return {"seen": spectra.read(folder), "fell": fell, "pictures": pictures}


def draw() -> None:
    """A row for each run: σ0 of G and of D, the collapse as a line, pictures before and after."""
    figure = Figure((13, 6.4), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(len(RUNS), 4, width_ratios=[3, 3, 2, 2])
    for place, (run, what) in enumerate(SHOWN.items()):
        for column, player in enumerate("GD"):
            axis = figure.add_subplot(grid[place, column])
            spectra.draw(axis, what["seen"], player)
            axis.set_title(f"{run.partition(':')[2]}: σ0 of {player}'s weights", fontsize=10)
            if what["fell"] is not None:
                axis.axvline(what["fell"], color="crimson", ls="--", lw=1)
        for column, (images, picture) in enumerate(what["pictures"].items(), 2):
            axis = figure.add_subplot(grid[place, column])
            axis.imshow(picture, cmap="gray")
            axis.set_title(f"after {images:,} images", fontsize=10)
            axis.axis("off")
    figure.savefig(PICTURE, dpi=90)


def table() -> Iterator[str]:
    """Each figure of both runs; draws them, if both were made or looked at just now."""
    if SHOWN.keys() == RUNS.keys():
        draw()
    for name in RUNS:
        part = f"{PART} of {name.partition(':')[2]}"
        for game in kept.those_with(part, ["biggan"]):
            for figure in kept.figures(game, part):
                yield f"{part:<32}{figure:<32}{kept.cell(game, part, figure, '.3f')}"


if __name__ == "__main__":
    what = __doc__.splitlines()[0]
    kept.measure("python -m benchmarks.spectra", what, PART, [*RUNS], measured, table)

"""Singular values of BigGAN before and after a collapse that is provoked, and in a healthy run.

    python -m benchmarks.spectra --seeds 0
    python -m benchmarks.spectra --seeds 0 --keep runs/spectra   uses the runs that are there
    python -m benchmarks.spectra --table                         what was measured

Both runs learn digits from the same seed. One is the default. The other has nothing that holds the
singular values, neither spectral norm on either side nor orthogonal regularisation, which does for
as long as the rates are small; after 60 % of the way they begin to climb, to forty times.
A run has collapsed when D says the same of real and of made pictures, and goes on to: it sees
neither any more. `before` is a look a tenth earlier than that, `last` one at the end; `growth` is
that of the weight whose σ0 grew most since the first look.

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
    "lr": "5e-4@0 5e-4@0.6 2e-2@0.7",
}
RUNS: dict[str, dict[str, Any]] = {"biggan:healthy": {}, "biggan:collapse": WILD}
ALIKE = 1e-3
"""What D says differs by less than this: it says the same."""
BEFORE = 0.9
PICTURE = Path(__file__).parent.parent / "docs" / "images" / "spectra.png"
SHOWN: dict[str, dict[str, Any]] = {}
"""The runs that this process has seen, to be drawn."""


def measured(name: str, seed: int, folder: Path) -> kept.Row:
    """When a run collapsed, and how much its singular values had grown before and after."""
    how = {"data": "digits", **RUNS[name]}
    run = kept.trained(folder, "biggan", seed=seed, **how)
    fell, seen = collapse(folder), spectra.read(folder)
    row: kept.Row = {"seed": seed, "images": run.clock.images, "seconds": run.clock.seconds}
    moments: dict[str, float] = {"last": run.clock.images}
    if fell is not None:
        row["collapse after images"] = fell
        moments["before"] = BEFORE * fell
    for moment, at in sorted(moments.items()):
        sigma = min(seen, key=lambda line: abs(line["images"] - at))["sigma"]
        for player in ("G", "D"):
            names = [name for name in sigma if name.startswith(f"{player}.")]
            grown = [sigma[name][0] / seen[0]["sigma"][name][0] for name in names]
            row[f"growth in {player}, {moment}"] = max(grown)
    SHOWN[name] = shown(folder)
    return {k: round(v, 3) if isinstance(v, float) else v for k, v in row.items()}


def collapse(folder: Path) -> int | None:
    """After how many images D said the same of real and made, for good; None: it never did."""
    alike = None
    for line in lines.read(folder / "stats.jsonl"):
        same = abs(line["D(x)"] - line["D(G(z))"]) < ALIKE
        alike = (line["images"] if alike is None else alike) if same else None
    return alike


def shown(folder: Path) -> dict[str, Any]:
    """What is drawn of a run: its lines, when it collapsed, pictures by images seen."""
    fell, previews = collapse(folder), frames(folder)
    until = BEFORE * fell if fell else images_of(previews[-1]) / 2
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
                yield f"{part:<32}{figure:<28}{kept.cell(game, part, figure, ',.6g'):>12}"


if __name__ == "__main__":
    what = __doc__.splitlines()[0]
    kept.measure("python -m benchmarks.spectra", what, PART, [*RUNS], measured, table)

"""What is each part worth? The same run with it and without.

    python -m benchmarks.ablations                  all pairs, seeds 0, 1, 2
    python -m benchmarks.ablations sngan:sn         some of them
    python -m benchmarks.ablations --table          what was measured

    sngan:sn         spectral norm in D
    r3gan:r1         R1 and R2
    stylegan2:ema    the moving average of G, shown or not: one run, two sets of weights
    stylegan2:ada    adaptive augmentation, on a tenth of the emoji

Each run is of 30,000 emoji of 32x32 pixels, repeats counted. The figures are those of
`benchmarks.fidelity`; `findings` are what the referee says at the end.
Prints a line for each run and keeps it in results/GAME.json.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from benchmarks import kept
from benchmarks.fidelity import FIGURES, SIZE, figures_of
from PIL import Image

from ganvas import data
from ganvas.core.run import Run
from ganvas.watch.pictures import grid
from ganvas.watch.second_look import evidence_of
from ganvas.watch.verdicts import judge

PART, IMAGES, TENTH = "ablation", 30_000, 10
Given = dict[str, Any]
PAIRS: dict[str, tuple[Given, Given]] = {
    "sngan:sn": ({"spectral_norm": True}, {"spectral_norm": False}),
    "r3gan:r1": ({}, {"penalty": ()}),
    "stylegan2:ada": ({"augment": "ada", "ada_images": 10_000}, {"augment": "none"}),
    "stylegan2:ema": ({}, {}),
}
"""What is given with the part, and what without."""


def measured(name: str, seed: int, folder: Path) -> kept.Row:
    """Both runs of a pair."""
    found: kept.Row = {"seed": seed}
    for word, run in runs(name, seed, folder):
        grid(run.sample(64), 8).save(folder / f"{word}.png")
        said = ", ".join(trouble.trouble for trouble in judge(evidence_of(run)[0]))
        found |= {f"{word}: {key}": value for key, value in figures_of(run).items()}
        found |= {f"{word}: images": run.clock.images, f"{word}: findings": said}
    return found


def runs(name: str, seed: int, folder: Path) -> Iterator[tuple[str, Run]]:
    """The run with the part, and the one without."""
    game, _, part = name.partition(":")
    source = str(few(folder / "tenth")) if part == "ada" else "emoji"
    asked: Given = {"data": source, "size": SIZE, "channels": 3, "images": IMAGES, "seed": seed}
    if part == "ema":
        run = kept.trained(folder / "run", game, **asked)
        yield "with", run
        for player in run.game.players.values():
            player.average = None
        yield "without", run
        return
    for word, given in zip(("with", "without"), PAIRS[name], strict=True):
        yield word, kept.trained(folder / word, game, **asked, **given)


def few(folder: Path) -> Path:
    """A folder with every tenth of the emoji that one learns from."""
    table = data.load("emoji", size=SIZE, channels=3, split="train").tables[0]
    pictures = table.fetch(torch.arange(0, len(table), TENTH))["x"]
    folder.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(pictures):
        pixels = ((picture + 1) * 127.5).round().byte().permute(1, 2, 0)
        Image.fromarray(pixels.numpy()).save(folder / f"{number:05}.png")
    return folder


def table() -> Iterator[str]:
    """Every pair, with and without."""
    yield f"{PART:<24}" + "".join(f"{name:>12}" for name in FIGURES) + "   the referee"
    for name in PAIRS:
        game, _, where = name.partition(":")
        part = f"{PART} of {where}"
        rows = kept.rows(game, part)
        for word in ("with", "without") if rows else ():
            keys = {f"{word}: {key}": form for key, form in FIGURES.items()}
            line = "".join(f"{kept.cell(game, part, key, form):>12}" for key, form in keys.items())
            said = "; ".join(sorted({row[f"{word}: findings"] for row in rows} - {""}))
            yield f"{game + ', ' + word + ' ' + where:<24}{line}   {said or 'silent'}"


if __name__ == "__main__":
    what = __doc__.splitlines()[0]
    kept.measure("python -m benchmarks.ablations", what, PART, [*PAIRS], measured, table)

"""The tables of the pix2pix paper in miniature: labels to pictures of facades, judged by FCN-score.

    python -m benchmarks.facades                     all of it, seeds 0, 1, 2
    python -m benchmarks.facades pix2pix:l1+cgan     one row
    python -m benchmarks.facades --keep runs/facades keeps the runs, with pictures of held-out maps
    python -m benchmarks.facades --table             what was measured

Each run differs from pix2pix's default in what its row says and sees as many pairs. Then it makes
pictures of the 500 maps that were held back, and a segmenter that learned from real pictures
names their pixels: the share that is right, the mean of that over the kinds, and the mean
intersection over union (Isola et al. 2017, tables 1, 2 and 3). `truth` are the real pictures, the
most that can be reached. A segmenter is trained once for each seed.

Prints a line for each run and keeps it in results/pix2pix.json.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from benchmarks import kept, segmenter
from torch import Tensor

import ganvas
from ganvas import data
from ganvas.data.shapes import classes_of
from ganvas.data.source import Source
from ganvas.watch.pictures import grid

PART, SIZE, IMAGES = "facades", 64, 6_000
PLAIN: dict[str, Any] = {"adversarial": 0.0}
BOTTLENECK: dict[str, Any] = {"network": "encoder-decoder"}
TABLES: dict[str, dict[str, dict[str, Any]]] = {
    "losses (table 1)": {
        "l1": PLAIN,
        "gan": {"l1": 0.0, "conditional": False},
        "cgan": {"l1": 0.0},
        "l1+gan": {"conditional": False},
        "l1+cgan": {},
    },
    "networks (table 2)": {
        "encoder-decoder-l1": {**BOTTLENECK, **PLAIN},
        "encoder-decoder-l1+cgan": BOTTLENECK,
        "u-net-l1": PLAIN,
        "u-net-l1+cgan": {},
    },
    "patches (table 3)": {
        "1x1": {"layers": 0},
        "16x16": {"layers": 1},
        "34x34": {"layers": 2},
        "70x70": {"layers": 3},
    },
}
"""What differs from the default in each row. A 70x70 patch sees all of a picture of 64x64."""
SAME = {"u-net-l1": "l1", "u-net-l1+cgan": "l1+cgan", "34x34": "l1+cgan"}
"""Rows that are measured once for two tables."""
RUNS = {row: way for rows in TABLES.values() for row, way in rows.items() if row not in SAME}
FIGURES = ("per-pixel accuracy", "per-class accuracy", "class IoU")


@lru_cache(maxsize=2)
def pairs(split: Any) -> Source:
    """The maps (x) and pictures (y)."""
    fields = ("x", "y")
    return data.load(segmenter.WORD, size=SIZE, fields=fields, paired=True, split=split)


@lru_cache(maxsize=1)
def held_out() -> tuple[Tensor, Tensor]:
    """The maps and the pictures that nobody learns from."""
    table = pairs("test").tables[0]
    rows = table.fetch(torch.arange(len(table)))
    return rows["x"], rows["y"]


@lru_cache
def judge(seed: int) -> segmenter.Segmenter:
    """The segmenter of a seed."""
    return segmenter.trained(pairs("train"), seed)


def measured(name: str, seed: int, folder: Path) -> kept.Row:
    """One run's figures."""
    row = name.partition(":")[2]
    x, y = held_out()
    made, seconds = (y, 0.0) if row == "truth" else translated(RUNS[row], seed, folder)
    found = segmenter.scores(judge(seed), made, classes_of(x, segmenter.WORD))
    found["l1 to the truth"] = float((made - y).abs().mean())
    return {
        "seed": seed,
        "images": 0 if row == "truth" else IMAGES,
        "seconds": round(seconds, 1),
        **{figure: round(value, 4) for figure, value in found.items()},
    }


def translated(way: dict[str, Any], seed: int, folder: Path) -> tuple[Tensor, float]:
    """The pictures that a run makes of the maps that were held back, and how long it learned."""
    run = ganvas.train(
        "pix2pix",
        data=segmenter.WORD,
        size=SIZE,
        images=IMAGES,
        seed=seed,
        out=folder,
        quiet=True,
        **way,
    )
    if run.clock.images < IMAGES:
        raise SystemExit(f"{way}, seed {seed}: stopped after {run.clock.images} images")
    x, y = held_out()
    made = run.sample(len(x), x=x, seed=1)
    some = torch.stack([x, made, y], 1)[:16].flatten(0, 1)
    header = ["input", "output", "truth"] * 2
    grid(some, 6, group=3, header=header).save(folder / "held-out.png")
    return made, run.clock.seconds


def table() -> Iterator[str]:
    """Mean and standard deviation of each row that was measured."""
    for title, rows in {**TABLES, "real pictures": {"truth": {}}}.items():
        found = [row for row in rows if kept.rows("pix2pix", _part(row))]
        if found:
            yield f"{title:<26}" + "".join(f"{figure:>20}" for figure in FIGURES)
        for row in found:
            cells = [kept.cell("pix2pix", _part(row), figure, ".3f") for figure in FIGURES]
            yield f"  {row:<24}" + "".join(f"{cell:>20}" for cell in cells)


def _part(row: str) -> str:
    return f"{PART} of {SAME.get(row, row)}"


if __name__ == "__main__":
    what = __doc__.splitlines()[0]
    names = [f"pix2pix:{row}" for row in ("truth", *RUNS)]
    kept.measure("python -m benchmarks.facades", what, PART, names, measured, table)

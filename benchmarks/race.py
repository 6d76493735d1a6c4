"""How near do the games come to real pictures in a minute each? Against the plain GAN.

    python -m benchmarks.race                    every game that draws pictures, seeds 0, 1, 2
    python -m benchmarks.race dcgan gan:photos   some of them
    python -m benchmarks.race --table            what was measured, the nearest first

Each trains with its default on 16x16 digits, and with their labels if it needs any; cogan on half
of the digits and the edges of the others, and its digits are judged; lapgan, for which 16 pixels
are two levels only, on 32x32 photographs. The Fréchet distance is that of `ganvas evaluate
--features classifier`: 2,000 samples against all held-out pictures. It goes by what a picture shows
and hardly sees noise on it, so there is a second one, in the features of a network with random
weights, which does. Prints a line for each run and keeps it in results/GAME.json. OMP_NUM_THREADS=1
makes two at a time fair.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks import kept

import ganvas
from ganvas.core import Image, registry
from ganvas.data import load
from ganvas.metrics.evaluation import evaluate_game
from ganvas.metrics.sides import Wish
from ganvas.watch.pictures import grid

PART, SECONDS = "a minute", 60
SIZES = {"digits": 16, "edges": 16, "photos": 32}
JUDGED_BY = {"edges": "digits"}
"""Whose held-out pictures stand for those of data without labels, which tell no classifier."""
ELSEWHERE = ["cogan:edges", "gan:edges", "lapgan:photos", "gan:photos"]
"""Games that do not play with digits, and where, each beside the GAN there."""
ALSO = ["pacgan", "wgan_gp"]
"""Games whose default is points."""


def entrants() -> list[str]:
    """The games that draw pictures out of nothing."""
    cards = [registry.card(name) for name in registry.names()]
    draw = [c.name for c in cards if isinstance(c.output, Image) and not _translates(c)]
    there = {name.partition(":")[0] for name in ELSEWHERE} - {"gan"}
    return [*sorted({*draw, *ALSO} - there), *ELSEWHERE]


def _translates(card: registry.Card) -> bool:
    return any(isinstance(space, Image) for space in card.inputs.values())


def raced(name: str, seed: int, folder: Path) -> kept.Row:
    """One run, and how far its samples are from held-out pictures."""
    game, _, where = name.partition(":")
    data = where or "digits"
    terms = {"data": data, "size": SIZES[data], "minutes": SECONDS / 60}
    run = ganvas.train(game, seed=seed, out=folder, quiet=True, **terms)
    grid(run.sample(64), 8).save(folder / "grid.png")
    seen_by = {"frechet": "classifier", "frechet, random features": "random"}
    real = load(JUDGED_BY.get(data, data), size=SIZES[data]).to_json()
    wishes = {k: Wish(metrics=["fid"], features=f) for k, f in seen_by.items()}
    far = {k: evaluate_game(run.game, real, wish) for k, wish in wishes.items()}
    return {
        "seed": seed,
        "seconds": round(run.clock.seconds, 1),
        "rounds": run.clock.round,
        "images": run.clock.images,
        **{key: round(found.figures["fid"]["value"], 3) for key, found in far.items()},
    }


def table() -> Iterator[str]:
    """All games, the nearest first, beside the GAN on the same pictures."""
    for part in (PART, *(f"{PART} of {data}" for data in SIZES)):
        found = {name: kept.read(name).get(part) for name in registry.names()}
        means = {n: p.get("mean", p["rows"][0]) for n, p in found.items() if p}
        gan = means.get("gan", {"frechet": float("nan")})["frechet"]
        if means:
            yield f"{part:<20}{'frechet':>9}{'/ gan':>8}{'random':>9}{'rounds':>8}   each seed"
        for name, mean in sorted(means.items(), key=lambda item: item[1]["frechet"]):
            here, other = mean["frechet"], mean["frechet, random features"]
            seeds = ", ".join(f"{row['frechet']:.2f}" for row in kept.rows(name, part))
            figures = f"{here:>9.2f}{here / gan:>8.2f}{other:>9.3f}{mean['rounds']:>8.0f}"
            yield f"{name:<20}{figures}   {seeds}"


if __name__ == "__main__":
    what = __doc__.splitlines()[0]
    kept.measure("python -m benchmarks.race", what, PART, entrants(), raced, table)

"""How near do the games come to real pictures in a minute each? Against the plain GAN.

    python -m benchmarks.race                    every game that draws pictures, seeds 0, 1, 2
    python -m benchmarks.race dcgan lsgan        some of them
    python -m benchmarks.race gan --data photos
    python -m benchmarks.race --table            what was measured, the nearest first

Each trains with its default on 16x16 digits, and with their labels if it needs any; lapgan, for
which 16 pixels are two levels only, on 32x32 photographs. The Fréchet distance is that of
`ganvas evaluate --features classifier`: 2,000 samples against all held-out pictures. Prints a line
for each run and keeps it in results/GAME.json. OMP_NUM_THREADS=1 makes two at a time fair.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import kept

import ganvas
from ganvas.core import Image, registry
from ganvas.watch.pictures import grid

SECONDS = 60
SIZES = {"digits": 16, "photos": 32}
USUAL = {"lapgan": "photos"}
"""What a game plays with if not digits."""
ALSO = ["pacgan", "wgan_gp"]
"""Games whose default is points."""


def entrants() -> list[str]:
    """The games that draw pictures out of nothing."""
    cards = [registry.card(name) for name in registry.names()]
    draw = [c.name for c in cards if isinstance(c.output, Image) and not _translates(c)]
    return sorted([*draw, *ALSO])


def _translates(card: registry.Card) -> bool:
    return any(isinstance(space, Image) for space in card.inputs.values())


def raced(name: str, data: str, seed: int, folder: Path) -> kept.Row:
    """One run, and how far its samples are from held-out pictures."""
    terms = {"data": data, "size": SIZES[data], "minutes": SECONDS / 60}
    run = ganvas.train(name, seed=seed, out=folder, quiet=True, **terms)
    grid(run.sample(64), 8).save(folder / "grid.png")
    found = ganvas.evaluate(run, metrics=["fid"], features="classifier")
    return {
        "seed": seed,
        "seconds": round(run.clock.seconds, 1),
        "rounds": run.clock.round,
        "images": run.clock.images,
        "frechet": round(found.figures["fid"]["value"], 3),
    }


def part(data: str) -> str:
    """What it is called among the results of a game."""
    return f"a minute of {data}"


def table(data: str) -> Iterator[str]:
    """All games, the nearest first, beside the GAN on the same pictures."""
    found = {name: kept.read(name).get(part(data)) for name in entrants()}
    means = {n: p.get("mean", p["rows"][0])["frechet"] for n, p in found.items() if p}
    yield f"{part(data):<20}{'frechet':>9}{'/ gan':>8}   each seed"
    for name in sorted(means, key=means.__getitem__):
        times = means[name] / means.get("gan", float("nan"))
        seeds = ", ".join(f"{row['frechet']:.2f}" for row in kept.rows(name, part(data)))
        yield f"{name:<20}{means[name]:>9.2f}{times:>8.2f}   {seeds}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("games", nargs="*", help="all if none")
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument(
        "--data", choices=SIZES, help="digits, or what suits the game, if not given"
    )
    parser.add_argument("--keep", type=Path, help="a folder to keep the runs in, to look at them")
    parser.add_argument("--table", action="store_true", help="only print what was measured")
    options = parser.parse_args()
    if unknown := set(options.games) - set(entrants()):
        parser.error(f"{', '.join(sorted(unknown))}: no such game here")
    for name in () if options.table else options.games or entrants():
        data = options.data or USUAL.get(name, "digits")
        for seed in options.seeds:
            with tempfile.TemporaryDirectory() as folder:
                row = raced(
                    name, data, seed, (options.keep or Path(folder)) / f"{name}-{data}-{seed}"
                )
            print(json.dumps({"game": name, "data": data, **row}), flush=True)
            kept.keep(name, part(data), f"python -m benchmarks.race {name} --data {data}", row)
    print("\n".join(line for data in SIZES for line in table(data)))


if __name__ == "__main__":
    main()

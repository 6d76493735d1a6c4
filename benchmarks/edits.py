"""How soon does a picture follow a stroke, and how fast is it dragged?

    OMP_NUM_THREADS=1 python -m benchmarks.edits     all generators below
    python -m benchmarks.edits dcgan:32              some of them
    python -m benchmarks.edits --table               what was measured

Generators of their default networks at a size, with random weights, and the one that comes with
ganvas. A stroke of the colour brush grows in twelve parts: `stroke` is the median from the moment
when a part is known to the picture that has moved towards it, one step; `step` that of the steps
after it, `longest` the longest of them. `drag` is a step of dragging, half-way across the picture.
All in milliseconds of one core; where several work for it, or others keep it busy, a clock shows
another time.

Prints a line for each and keeps it in results/GAME.json.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from benchmarks import kept

import ganvas
from ganvas.core import Game, Image, registry
from ganvas.core.styled import is_styled
from ganvas.tools.dragging import Dragging, size_of
from ganvas.tools.latent import Latent
from ganvas.tools.painting import Painting
from ganvas.tools.strokes import Strokes

PART = "edits"
NAMES = ("dcgan:digits", "dcgan:32", "dcgan:64", "r3gan:64", "stylegan2:64")
PARTS, AFTER = 12, 8


def game_of(name: str, folder: Path) -> Game:
    """The generator that comes with ganvas, or a default one for RGB of a size."""
    game, _, size = name.partition(":")
    if not size.isdecimal():
        return ganvas.pretrained(size, folder / size).game
    return registry.make(game, spaces={"x": Image(3, int(size), int(size))}).eval()


def measured(name: str, seed: int, folder: Path) -> kept.Row:
    """One generator."""
    torch.manual_seed(seed)
    game = game_of(name, folder)
    first, later = painted(game, seed)
    space = "w+" if is_styled(game) else "z"
    latent, (h, w) = Latent(game, space), size_of(game)
    drag = Dragging(latent, latent.draw(1, seed), [(w // 4, h // 2)], [(3 * w // 4, h // 2)])
    row = {
        "stroke": statistics.median(first),
        "step": statistics.median(later),
        "longest": max(later),
        "drag": statistics.median(_seconds(drag.step) for _ in range(20) if not drag.done),
    }
    return {"seed": seed, **{k: round(1000 * v, 1) for k, v in row.items()}}


def painted(game: Game, seed: int) -> tuple[list[float], list[float]]:
    """The seconds of the first step after each part of a stroke, and of those that follow."""
    latent, (h, w) = Latent(game), size_of(game)
    painting, strokes = Painting(latent, latent.draw(1, seed)), Strokes.none(Image(*_shape(game)))
    first, later = list[float](), list[float]()
    for i in range(PARTS):
        where = torch.zeros(h, w)
        where[h // 2 : h // 2 + h // 8, w // 4 : w // 4 + 1 + (i + 1) * w // (2 * PARTS)] = 1
        strokes = strokes.coloured(where, torch.full((strokes.colour.shape[0],), 0.8))

        def follow(wanted: Strokes = strokes) -> None:
            painting.constrain(wanted)
            painting.step()
            painting.picture.numpy()

        first.append(_seconds(follow))
        later += [_seconds(painting.step) for _ in range(AFTER)]
    return first, later


def _shape(game: Game) -> tuple[int, int, int]:
    assert isinstance(game.output, Image)
    return game.output.channels, game.output.height, game.output.width


def _seconds(act: Callable[[], None]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began


def table() -> Iterator[str]:
    """What was measured, a line for each generator."""
    yield f"{'ms of a core':<18}" + "".join(
        f"{k:>16}" for k in ("stroke", "step", "longest", "drag")
    )
    for name in NAMES:
        game, _, where = name.partition(":")
        part = f"{PART} of {where}"
        if kept.rows(game, part):
            cells = [kept.cell(game, part, k, ".0f") for k in kept.figures(game, part)]
            yield f"{name:<18}" + "".join(f"{cell:>16}" for cell in cells)


if __name__ == "__main__":
    what = __doc__.splitlines()[0]
    kept.measure("python -m benchmarks.edits", what, PART, [*NAMES], measured, table)

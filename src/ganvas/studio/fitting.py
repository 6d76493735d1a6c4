"""Which rooms are for a run, by what its networks are."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ganvas.core import Game, Image
from ganvas.core.run import CONFIG, Run
from ganvas.studio.controls import draws
from ganvas.studio.desk import ROOMS
from ganvas.tools.edited import unmade
from ganvas.tools.inpainting import fills
from ganvas.tools.shots import COLOURS


def rooms_of(folder: Path) -> list[str]:
    """The rooms that can take a run, in their order.

    Raises:
        GanvasError, OSError, KeyError, TypeError, ValueError: if it is none, or has gone.
    """
    found = _rooms(folder, (folder / CONFIG).stat().st_mtime_ns)
    return [room for room in ROOMS if room in found]


@lru_cache(maxsize=256)
def _rooms(folder: Path, stamp: int) -> frozenset[str]:
    """The same; `stamp` changes when the run does."""
    return frozenset(_of(unmade(Run(folder))))


def _of(game: Game) -> set[str]:
    found = set[str]()
    if not isinstance(game.output, Image):
        return found
    if game.directions():
        found.add("translate")
    if fills(game):
        found.add("repair")
    if draws(game):
        found |= {"explore", "compare"}
        if game.output.channels in (*COLOURS, 4):
            found |= {"paint", "repair"}
            if any(weight.dim() == 4 for weight in game.parameters()):
                found.add("drag")
    return found

"""`ganvas translate RUN INPUT OUTPUT`: pictures in files, made into others by a trained game."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch

from ganvas.cli.options import Option, flags_of, options_of, parse, take
from ganvas.cli.pages import HELP, PAGES
from ganvas.cli.printing import full, naming, table
from ganvas.core import GameError, Image, UsageError
from ganvas.core.config import Options
from ganvas.core.run import Run
from ganvas.tools.pretrained import opened
from ganvas.tools.translate import Translated, translate

LISTED = 20
"""So many pictures that could not be read are named; --json has all."""


@dataclass(frozen=True)
class Ask(Options):
    """What can be asked of any game that translates; its other inputs come beside."""

    to: Literal["A", "B"] | None = None
    """Which side to make, B of A or A of B; the one that the run learned to make unless given."""
    tile: int | None = None
    """Side of the tiles in which large pictures are translated; what fits into memory (none)."""
    seed: int = 0
    """Decides what is drawn; the same for each picture."""
    truth: str | None = None
    """What should come out, by the same names: shown beside it, and measured against."""
    results: str | None = None
    """The page with input, output and truth; OUTPUT/results.html unless given; none for no page."""
    overwrite: bool = False
    """Write over results that are there already."""
    device: str = "auto"
    """Where to compute: auto (a GPU if there is one), cpu, cuda, cuda:1, mps."""
    json: bool = False
    """Print the result as one JSON object."""


def main(words: Sequence[str]) -> None:
    """Translates, and says where to.

    Raises:
        UsageError: for wrong options, or what the run cannot do.
        DataError: if most pictures cannot be read.
    """
    places, rest = _places(words)
    if set(rest) & set(HELP) and not places:
        print(PAGES["translate"], end="")
        return
    if not places:
        raise UsageError("translate with which run? ganvas translate RUN INPUT OUTPUT")
    run = opened(places[0])
    groups = {"translate": _options(), "input": _inputs(run)}
    about = f"Translates pictures with a run of {run.plan.game}"
    asked = parse(f"translate {run.folder} INPUT OUTPUT", about, groups, rest)
    if len(places) < 3:
        raise UsageError("translate what, and where to? ganvas translate RUN INPUT OUTPUT")
    as_json, results = asked.pop("json"), asked.pop("results")
    asked["page"] = {None: True, "none": None}.get(results, results)
    with naming(quiet=as_json) as tell:
        done = translate(run, places[1:-1], places[-1], tell=tell, **asked)
    if as_json:
        print(json.dumps(dataclasses.asdict(done), ensure_ascii=False))
    else:
        print(_told(done, places[-1]))


def _places(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words that are no options (run, inputs, output), and the others."""
    places: list[str] = []
    rest = list(words)
    while True:
        place, rest = take(rest, [*flags_of(options_of(Ask())), *HELP])
        if place is None:
            return places, rest
        places.append(place)


def _options() -> list[Option]:
    more: dict[str, Any] = {
        "truth": {"value": "FOLDER"},
        "results": {"value": "FILE.html|none", "read": str},
    }
    return options_of(Ask(), **more)


def _inputs(run: Run) -> list[Option]:
    """An option for each input that is not what is translated.

    Raises:
        GameError: if an input has the name of one of the other options.
    """
    with torch.device("meta"):
        game = run.plan.build()
    names = {name for way in game.directions().values() for name in way.also}
    if taken := names & Ask().to_json().keys():
        raise GameError(f"{run.plan.game} has an input with an option's name: {min(taken)}")
    spaces = {name: space for name, space in game.inputs.items() if name in names}
    return [
        Option(
            name, str | None, None, full(space), value="FILE" if isinstance(space, Image) else None
        )
        for name, space in spaces.items()
    ]  # fmt: skip


def _told(done: Translated, output: str) -> str:
    """What became of the pictures: where to on stdout, what was left out or changed on stderr."""
    for name, why in list(done.skipped.items())[:LISTED]:
        print(f"skipped {name}: {why}", file=sys.stderr)
    if len(done.skipped) > LISTED:
        print(f"... and {len(done.skipped) - LISTED:,} more, see --json", file=sys.stderr)
    for note in done.notes:
        print(note, file=sys.stderr)
    n = len(done.written)
    rows = [("translated", f"{n:,} picture{'s' * (n != 1)} to {done.to}, {done.seconds:.1f} s")]
    rows += [("output", next(iter(done.written.values())) if n == 1 else output)]
    rows += [("figures", ", ".join(f"{k} {v:.4g}" for k, v in done.figures.items()))] * bool(
        done.figures
    )
    rows += [("results", done.page)] if done.page else []
    return table(rows, whole=True)

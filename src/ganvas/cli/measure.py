"""`ganvas measure A B`: figures of one folder or source against another."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from ganvas import data
from ganvas.cli.evaluate import ALIASES, Ask, told
from ganvas.cli.options import flags_of, options_of, parse, size_of, take
from ganvas.cli.pages import HELP, PAGES
from ganvas.cli.printing import working
from ganvas.core import Image, UsageError
from ganvas.metrics.evaluation import measure
from ganvas.metrics.sides import Sides, Wish, rows_of


@dataclass(frozen=True)
class AskFolders(Ask):
    """How folders are read."""

    split: Literal["test", "train", "all"] = "all"
    """Part of each that is looked at."""
    size: str | None = None
    """Of the images, N or HxW; that of A unless given."""
    channels: int | None = None
    """1 grey, 3 RGB, 4 RGBA; what both have unless given."""
    fit: Literal["crop", "pad", "stretch"] = "crop"
    """What happens to images of another shape."""


def main(words: Sequence[str]) -> None:
    """Measures and prints a table.

    Raises:
        UsageError: for wrong options, figures that do not fit, or folders that do not match.
    """
    flags = [*flags_of(options_of(AskFolders())), *HELP]
    first, rest = take(words, flags)
    second, rest = take(rest, flags)
    if first is None and set(rest) & set(HELP):
        print(PAGES["measure"], end="")
        return
    if first is None or second is None:
        raise UsageError("measure what? ganvas measure REFERENCE FOLDER")
    groups = {"measure": options_of(AskFolders(), size={"read": size_of}, **ALIASES)}
    asked = parse("measure A B", "Measures B against the reference A.", groups, rest)
    layout = {name: asked.pop(name) for name in ("size", "channels", "fit")}
    as_json = asked.pop("json")
    sides = _sides(first, second, layout, asked)
    with working("measuring", quiet=as_json) as tell:
        found = measure(sides, Wish(**asked), tell)
    print(json.dumps(found.to_json(), ensure_ascii=False) if as_json else told(found))


def _sides(first: str, second: str, layout: dict[str, Any], asked: Mapping[str, Any]) -> Sides:
    """A as the reference, B as what is measured.

    Raises:
        UsageError: if they do not have rows of one kind.
    """
    real = data.load(first, split=asked["split"], **layout)
    space = real.tables[0].spaces["x"]
    if isinstance(space, Image):
        usual = {"size": (space.height, space.width), "channels": space.channels}
        layout = {**layout, **{k: v for k, v in usual.items() if layout[k] is None}}
    made = data.load(second, split=asked["split"], **layout)
    if made.tables[0].spaces["x"] != space:
        raise UsageError(
            f"{first} has {space}, {second} has {made.tables[0].spaces['x']}: not of one kind"
        )
    table = made.tables[0]
    n = min(len(table), asked["n"] or len(table))
    same = table.spaces.get("label") == real.tables[0].spaces.get("label")
    labelled = same and "label" in table.spaces
    rows = partial(rows_of, table, "x", n, asked["seed"])
    return Sides(second, real, "x", space, n, rows, real, labelled)

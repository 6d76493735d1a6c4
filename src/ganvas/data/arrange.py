"""What to make of a folder of pictures: which belong together, in which part, under which name."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Literal

from ganvas.core import UsageError
from ganvas.core.chance import seed_of
from ganvas.data.examine import Examination
from ganvas.data.folder import Layout, printable

Arrangement = Literal["pictures", "side-by-side", "domains"]
"""How pictures lie in a folder: each by itself; the two of a pair in one, A on the left; or in
folders such as trainA and trainB, where the two of a pair have the same name."""
Way = Literal["single", "partner", "sides", "halves"]
"""How pictures become pairs: not; B is each of them and A made of it; they are A and B already;
each shows both."""
PARTS = ("train", "val", "test")
PAIRS: tuple[Arrangement, ...] = ("side-by-side", "domains")


@dataclass(frozen=True)
class Unit:
    """What has a name of its own: a picture, the two sides of a pair, or a side without another."""

    name: str
    part: str
    """train, val or test; nothing if there are no parts."""
    group: str
    """The class; nothing if there are none."""
    files: Mapping[str, int]
    """The file that each side comes from, by its number in `Layout.files`; "" is no side."""

    def sides(self, to: Arrangement) -> list[str]:
        """What is written of it: each side, or one picture of both."""
        return [""] if to == "side-by-side" else list(self.files)

    def folder(self, side: str, to: Arrangement) -> str:
        """The folder that a side is written to; nothing if it needs none."""
        return self.part if to == "pictures" else (self.part or "train") + side

    def path(self, side: str, to: Arrangement) -> PurePosixPath:
        """Where a side is written."""
        return PurePosixPath(self.folder(side, to), self.group, self.name + ".png")


def units(layout: Layout, found: Examination, way: Way) -> list[Unit]:
    """What there is to prepare, of the files that can be read.

    Of two sides, pictures of the same name and part are one unit; those whose partner cannot be
    read are left out with it.
    """
    sides = {"single": ("",), "sides": ("A", "B")}.get(way, ("A", "B"))
    made: dict[tuple[str, str, str], dict[str, int]] = {}
    lost = set()
    for i, (file, name) in enumerate(zip(layout.files, layout.names, strict=True)):
        place = layout.places[file]
        group = "" if way == "sides" or len(layout.groups) == 1 else place.meaning[0]
        key = (place.part, group, name)
        mine = sides[layout.group_of[i]] if way == "sides" else sides
        if i in found.looks:
            made.setdefault(key, {}).update(dict.fromkeys(mine, i))
        else:
            lost.add(key)
    paired = way == "sides" and any(len(files) == 2 for files in made.values())
    return [
        Unit(name, part, group, files)
        for (part, group, name), files in made.items()
        if not (paired and (part, group, name) in lost)
    ]


def alone(some: Sequence[Unit]) -> dict[str, list[str]]:
    """The names of what only one of two sides has, by side."""
    several = len({unit.part for unit in some}) > 1
    names: dict[str, list[str]] = {"A": [], "B": []}
    for unit in some:
        name = f"{unit.part}/{unit.name}" if several else unit.name
        for side in unit.files if len(unit.files) == 1 else ():
            names[side].append(printable(name))
    return names


# -- train, val and test -----------------------------------------------------------------------


def shares_of(text: str) -> dict[str, float]:
    """The shares of the parts: `80:10:10` for train, val and test, `90:10` for train and test.

    Raises:
        UsageError: if the text is neither.
    """
    try:
        numbers = [float(word) for word in text.split(":")]
    except ValueError:
        numbers = []
    names = {2: ("train", "test"), 3: ("train", "val", "test")}.get(len(numbers), ())
    shares = {name: n for name, n in zip(names, numbers, strict=False) if n > 0}
    sound = all(n >= 0 and math.isfinite(n) for n in numbers)
    if not sound or len(shares) < 2 or "train" not in shares:
        raise UsageError(
            "--split takes the shares of train, val and test, such as 80:10:10, or those of train "
            f"and test, 90:10; not {text!r}"
        )
    total = sum(shares.values())
    return {name: n / total for name, n in shares.items()}


def divided(
    some: Sequence[Unit], shares: Mapping[str, float], seed: int, looks: Callable[[Unit], object]
) -> list[Unit]:
    """Units in parts: each class, or each of two unpaired sides, in the same proportion.

    The seed and the names decide, so what is added to a folder moves little of what was there.
    Units that look the same come into the same part: what is held back must be new.

    Raises:
        UsageError: if a part gets nothing.
    """
    unpaired = all(len(unit.files) == 1 for unit in some)
    strata: dict[tuple[str, ...], dict[object, list[Unit]]] = {}
    for unit in some:
        stratum = strata.setdefault((unit.group, *(unit.files if unpaired else ())), {})
        stratum.setdefault(looks(unit), []).append(unit)
    first: dict[object, str] = {}
    found: dict[int, str] = {}
    for stratum in strata.values():
        parts = _parts(sum(map(len, stratum.values())), shares)
        place = 0
        for look in sorted(stratum, key=lambda look: seed_of("split", seed, stratum[look][0].name)):
            part = first.setdefault(look, parts[place])
            found |= dict.fromkeys(map(id, stratum[look]), part)
            place += len(stratum[look])
    counts = Counter(found.values())
    if empty := [part for part in shares if not counts[part]]:
        raise UsageError(f"--split leaves nothing for {empty[0]}: there are only {len(some):,}")
    return [replace(unit, part=found[id(unit)]) for unit in some]


def _parts(n: int, shares: Mapping[str, float]) -> list[str]:
    """The part of each of `n` units in order."""
    parts: list[str] = []
    reached = 0.0
    for part, share in shares.items():
        reached += share
        parts += [part] * (round(n * reached) - len(parts))
    return parts


def own_parts(some: Collection[Unit]) -> list[str]:
    """The parts that there are already, if there is more than one."""
    there = {unit.part for unit in some}
    return [part for part in PARTS if part in there] if len(there) > 1 else []

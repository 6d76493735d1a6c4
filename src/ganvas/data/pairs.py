"""Two sides of a folder whose pictures belong together, row by row.

Either FOLDER/trainA and trainB (testA, testB), or A and B, where the pictures of a pair have the
same name; or pictures twice as wide as high, which show A on their left and B on their right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ganvas.core import UsageError
from ganvas.data.examine import Examination
from ganvas.data.folder import Layout, printable
from ganvas.data.source import listed


@dataclass(frozen=True)
class Pairing:
    """Which readable pictures of two groups belong together, by their number in `Layout.files`."""

    pairs: dict[str, tuple[int, int]]
    """Both sides of each pair, by its name."""
    alone: Mapping[str, list[str]]
    """Names that only one side has, by side. Those whose partner cannot be read are not here."""
    unequal: list[str]
    """Pairs whose pictures have different sizes, with these."""

    def trouble(self) -> str | None:
        """Why these are no pairs to learn from; None if they are."""
        if not self.pairs and not any(self.alone.values()):
            return "of every pair one picture cannot be read"
        if any(self.alone.values()):
            counts = " and ".join(
                f"{len(self.pairs) + len(names):,} in {side}" for side, names in self.alone.items()
            )
            return (
                f"not every picture has a partner ({counts}): the two of a pair have the same "
                f"name. {told_alone(self.alone)}. `ganvas data prepare` leaves these out"
            )
        if self.unequal:
            return (
                f"in {len(self.unequal):,} of {len(self.pairs):,} pairs the pictures have "
                f"different sizes: {listed(self.unequal)}; bring them to one, `ganvas data prepare "
                "--size N` (to learn to enlarge, give the large ones alone: --partner smaller:4)"
            )
        return None


def told_alone(alone: Mapping[str, list[str]]) -> str:
    """Names without a partner, side by side."""
    return "; ".join(
        f"{len(names):,} only in {side}: {listed(names)}" for side, names in alone.items() if names
    )


def pairing(layout: Layout, found: Examination) -> Pairing:
    """The pairs among the readable pictures of two groups: those of the same name and part."""
    sides: tuple[dict[str, int], dict[str, int]] = ({}, {})
    lost: set[str] = set()
    several = len({place.part for place in layout.places.values()}) > 1
    for i, (group, name) in enumerate(zip(layout.group_of, layout.names, strict=True)):
        part = layout.places[layout.files[i]].part
        name = printable(f"{part}/{name}" if several else name)
        if i in found.looks:
            sides[group][name] = i
        else:
            lost.add(name)
    pairs = {name: (i, sides[1][name]) for name, i in sides[0].items() if name in sides[1]}
    alone = {
        side: [name for name in mine if name not in pairs and name not in lost]
        for side, mine in zip(layout.groups, sides, strict=True)
    }
    unequal = []
    for name, (i, j) in pairs.items():
        (h, w), (k, v) = ((found.headers[n].height, found.headers[n].width) for n in (i, j))
        if (h, w) != (k, v):
            unequal.append(f"{name} ({h}x{w}, {k}x{v})")
    return Pairing(pairs, alone, unequal)


def matched(layout: Layout, found: Examination) -> tuple[list[int], list[int]]:
    """The pairs of two domains: the numbers of both sides in `found.good`, in step.

    Raises:
        UsageError: if a picture has no partner, or one of another size: it names them.
    """
    both = pairing(layout, found)
    if why := both.trouble():
        raise UsageError(f"{layout.root}: {why}")
    place = {i: row for row, i in enumerate(found.good)}
    a, b = zip(*both.pairs.values(), strict=True)
    return [place[i] for i in a], [place[i] for i in b]

"""Two sides of a folder whose pictures belong together, row by row.

Either FOLDER/trainA and trainB (testA, testB), or A and B, where the pictures of a pair have the
same name; or pictures twice as wide as high, which show A on their left and B on their right.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ganvas.core import UsageError
from ganvas.data.decode import Header
from ganvas.data.examine import Examination
from ganvas.data.folder import DOMAINS, Layout
from ganvas.data.source import listed

HEADS = frozenset({*DOMAINS, "a", "b"})


def matched(layout: Layout, found: Examination) -> tuple[list[int], list[int]]:
    """The pairs among the readable files of two domains: their numbers in `found.good`, in step.

    Raises:
        UsageError: if a picture has no partner, or one of another size: it names them.
    """
    (a, b), groups = layout.groups, layout.group_of
    sides: list[dict[str, int]] = [{}, {}]
    for place, i in enumerate(found.good):
        name = pair_name(layout.files[i].relative_to(layout.root))
        if name in sides[groups[i]]:
            raise UsageError(f"{layout.root} has more than one {name!r} on the same side")
        sides[groups[i]][name] = place
    alone = {
        side: [name for name in mine if name not in other]
        for side, mine, other in ((a, *sides), (b, *sides[::-1]))
    }
    broken = {pair_name(layout.files[i].relative_to(layout.root)) for i in found.broken}
    missing = {side: [n for n in names if n not in broken] for side, names in alone.items()}
    if any(missing.values()):
        told = "; ".join(
            f"{len(names):,} only in {side}: {listed(names)}"
            for side, names in missing.items()
            if names
        )
        raise UsageError(
            f"{layout.root} has no pairs of all its pictures ({len(sides[0]):,} in {a}, "
            f"{len(sides[1]):,} in {b}): the two of a pair have the same name. {told}"
        )
    names = [name for name in sides[0] if name in sides[1]]
    rows = [sides[0][n] for n in names], [sides[1][n] for n in names]
    _refuse_other_sizes(names, [[found.headers[found.good[i]] for i in side] for side in rows])
    return rows


def _refuse_other_sizes(names: Sequence[str], sides: Sequence[Sequence[Header]]) -> None:
    differing = [
        f"{name} ({a.width}x{a.height}, {b.width}x{b.height})"
        for name, a, b in zip(names, *sides, strict=True)
        if (a.width, a.height) != (b.width, b.height)
    ]
    if differing:
        raise UsageError(
            f"the pictures of {len(differing):,} pairs have different sizes: {listed(differing)}; "
            "bring them to one size, as `ganvas data prepare` does (to learn to enlarge, give the "
            "large ones alone: the small ones are made with --partner smaller:4)"
        )


def pair_name(path: Path) -> str:
    """What the two pictures of a pair have in common: the path below A or B, without its ending."""
    parts = path.with_suffix("").parts
    heads = [i for i, part in enumerate(parts[:-1]) if part.lower() in HEADS]
    return "/".join(parts[heads[0] + 1 :]) if heads else "/".join(parts)


def are_domains(layout: Layout) -> bool:
    """Whether the pictures lie in two folders that are the sides of something: trainA, B ..."""
    folders = (file.relative_to(layout.root).parts[:-1] for file in layout.files)
    heads = [{part.lower() for part in parts} & HEADS for parts in folders]
    return len(layout.groups) == 2 and all(heads)

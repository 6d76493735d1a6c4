"""What one does by hand before a game learns from pictures to pictures, in one go.

Pictures are resized, cropped, turned grey; get a partner (edges, holes, blur ...); the two of a
pair are put beside each other or taken apart; all are divided into train, val and test. What is
read and written are the usual layouts: A and B beside each other in one picture, and trainA,
trainB, testA, testB. The originals are only read. The new folder appears when all of it is written.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, get_args

from ganvas.core import DataError, UsageError
from ganvas.data import arrange, examine, partners, pixels
from ganvas.data.arrange import PAIRS, PARTS, Arrangement, Unit, Way
from ganvas.data.decode import Unreadable
from ganvas.data.examine import Examination
from ganvas.data.folder import Layout, survey
from ganvas.data.images import too_broken
from ganvas.data.notes import changes
from ganvas.data.preparation import Preparation
from ganvas.data.source import Fit, Size, Wish

USUAL: dict[Way, Arrangement] = {
    "single": "pictures", "partner": "domains", "sides": "domains", "halves": "side-by-side",
}  # fmt: skip
"""What is written of each unless another layout is asked for."""
RECORD = "prepared.json"
"""What was asked and what came of it, beside the pictures."""


@dataclass(frozen=True)
class Prepared:
    """What became of a folder."""

    out: str
    layout: Arrangement
    pictures: dict[str, int]
    """Files written, by the folder they lie in."""
    pairs: dict[str, int]
    """Pairs, by part; empty if none belong together."""
    size: Size | None
    """(height, width) of every picture, of each of two; None if they keep their own."""
    unreadable: dict[str, str]
    """Files that were left out, and why."""
    unmatched: dict[str, list[str]]
    """Names that only one of two sides has."""
    notes: list[str]
    given: dict[str, Any]
    """What was asked for."""
    written: bool
    """Whether it was written, or only would be."""

    def to_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self)


def prepare(
    folder: str | Path,
    out: str | Path,
    *,
    with_: str | Path | None = None,
    partner: str | None = None,
    layout: Arrangement | None = None,
    split: str | None = None,
    size: int | tuple[int, int] | None = None,
    channels: int | None = None,
    fit: Fit = "crop",
    seed: int = 0,
    dry_run: bool = False,
) -> Prepared:
    """Makes a folder of PNG files to train on out of a folder of images, which is only read.

    Args:
        folder: single pictures, with classes or without; two domains; or pictures that show A and
            B beside each other.
        out: the new folder; it must not be there yet, or be empty.
        with_: a second folder: its pictures are B, those of `folder` A.
        partner: makes A of each picture, which becomes B: a word of `partners.words()`.
        layout: `side-by-side` or `domains` for pairs, `pictures` to take each by itself; as the
            folder has it if None, and `domains` for what was not two sides before.
        split: shares of train, val and test, `80:10:10`, or of train and test, `90:10`. Parts that
            the folder has are kept.
        size: a number for squares or (height, width); None keeps the size of each picture.
        channels: 1 grey, 3 RGB, 4 RGBA; None keeps those of each picture.
        fit: how pictures of another shape get the size, as in `ganvas.data.load`.
        seed: decides the split, and where holes lie.
        dry_run: looks at everything and writes nothing.

    Raises:
        UsageError: for wishes that contradict each other or the folder.
        DataError: if more than half of the images cannot be read.
        OSError: if the new folder cannot be written.
    """
    given = {
        "folder": str(folder), "with": None if with_ is None else str(with_), "partner": partner,
        "layout": layout, "split": split, "size": size, "channels": channels, "fit": fit,
        "seed": seed,
    }  # fmt: skip
    _refuse_contradictions(with_, partner, layout)
    maker = None if partner is None else partners.parse(partner)
    shares = None if split is None else arrange.shares_of(split)
    target = _free(out, [folder, *([] if with_ is None else [with_])])
    there = survey(Path(folder).expanduser(), "all")
    if with_ is not None:
        there = _joined(there, survey(Path(with_).expanduser(), "all"))
    wish = Wish.of(size, channels, fit, "all", ("x",))
    wish = replace(wish, paired=partner is None and layout != "pictures")
    found = examine.examine(there, wish, keep=False)
    if why := too_broken(there, found):
        raise DataError(why)
    way = _way(there, found, partner, layout)
    plan = Preparation(there, found, way, layout or USUAL[way], maker, seed)
    some = plan.units(shares)
    done = _result(plan, some, target, given, written=not dry_run)
    if not dry_run:
        _write(plan, some, target, done)
    return done


# -- what is there and where it goes -----------------------------------------------------------


def _refuse_contradictions(
    with_: str | Path | None, partner: str | None, layout: str | None
) -> None:
    if layout is not None and layout not in get_args(Arrangement):
        raise UsageError(
            f"--layout must be one of {', '.join(get_args(Arrangement))}, not {layout!r}"
        )
    if with_ is not None and partner is not None:
        raise UsageError("--with gives the other side, --partner makes it: give one of them")
    if layout == "pictures" and (with_ is not None or partner is not None):
        option = "--partner" if with_ is None else "--with"
        raise UsageError(f"{option} makes pairs: --layout side-by-side or domains, not pictures")


def _free(out: str | Path, inputs: Sequence[str | Path]) -> Path:
    """The place of the new folder.

    Raises:
        UsageError: if there is something, or it is among what is read; or if the inputs overlap.
    """
    target, *folders = (Path(one).expanduser().resolve() for one in (out, *inputs))
    for folder in folders:
        if target.is_relative_to(folder):
            raise UsageError(f"{out} lies in {folder}, which is only read; give another folder")
    a, b = folders[0], folders[-1]
    if len(folders) > 1 and (a.is_relative_to(b) or b.is_relative_to(a)):
        raise UsageError(f"A and B lie in each other ({a}, {b}): give two folders side by side")
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        what = "is not empty" if target.is_dir() else "is a file"
        raise UsageError(f"{out} {what}: give a new folder, so that nothing of yours is lost")
    return target


def _joined(a: Layout, b: Layout) -> Layout:
    """Two folders as the two sides of one."""
    joined = Layout(a.root, {"A": a.files, "B": b.files}, tested=a.tested or b.tested)
    for side, layout in (("A", a), ("B", b)):
        for file, place in layout.places.items():
            joined.places[file] = place._replace(meaning=(side, *place.meaning))
    joined.others, joined.closed = a.others + b.others, [*a.closed, *b.closed]
    return joined


def _way(there: Layout, found: Examination, partner: str | None, asked: Arrangement | None) -> Way:
    """How the pictures of a folder become pairs, if they do.

    Raises:
        UsageError: if they cannot.
    """
    if partner is not None:
        if there.sided:
            raise UsageError(
                f"{there.root} has two sides already: --partner {partner} makes one of single "
                "pictures; give the folder of one side"
            )
        return "partner"
    if asked == "pictures":
        return "single"
    if found.halves:
        return "halves"
    if there.sided or (asked in PAIRS and len(there.groups) == 2):
        return "sides"
    if asked in PAIRS:
        raise UsageError(
            f"{there.root} has no two sides for --layout {asked}: neither two folders, nor "
            "pictures twice as wide as high that show both. Give the other side, --with FOLDER, "
            f"or let it be made: --partner {', '.join(partners.words())}"
        )
    return "single"


# -- what comes of it --------------------------------------------------------------------------


def _result(
    plan: Preparation, some: list[Unit], target: Path, given: dict[str, Any], *, written: bool
) -> Prepared:
    there, found = plan.there, plan.found
    pairs = Counter(unit.part or "train" for unit in some if len(unit.files) == 2)
    unmatched = plan.unmatched() if pairs else {}
    folders = Counter(unit.folder(side, plan.to) for unit in some for side in unit.sides(plan.to))
    return Prepared(
        out=str(target),
        layout=plan.to,
        pictures=_in_order(folders),
        pairs=_in_order(pairs),
        size=found.wish.size,
        unreadable={there.short(there.files[i]): why for i, why in found.broken.items()},
        unmatched=unmatched,
        notes=[*changes(there, found, recoloured=plan.recoloured), *plan.notes(some, unmatched)],
        given=given,
        written=written,
    )


def _in_order(counts: Counter[str]) -> dict[str, int]:
    """Counts by folder or part, train before val before test."""
    order = {f"{part}{side}": i for i, part in enumerate(PARTS) for side in ("", "A", "B")}
    return dict(sorted(counts.items(), key=lambda item: (order.get(item[0], -1), item[0])))


def _write(plan: Preparation, some: list[Unit], target: Path, done: Prepared) -> None:
    """Writes the new folder under another name and renames it.

    Raises:
        DataError: if a file that could be read a moment ago no longer can.
        OSError: if something cannot be written; nothing is there then.
    """
    draft = target.with_name(f".{target.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)

    def make(unit: Unit) -> None:
        for side, x in plan.pictures(unit).items():
            file = draft / unit.path(side, plan.to)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(pixels.png(x))

    try:
        draft.mkdir(parents=True)
        for unit, came in zip(some, examine.each(make, some, "writing"), strict=True):
            if isinstance(came, Unreadable):
                raise DataError(f"{unit.name} could be read a moment ago: {came}")
        record = json.dumps(done.to_json(), indent=2, ensure_ascii=False)
        (draft / RECORD).write_text(record + "\n", "utf-8", errors="replace")
        if target.exists():
            target.rmdir()  # it is empty
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)

"""`ganvas edit RUN ACTION IMAGE...`: pictures of one's own, in a trained generator."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from ganvas.cli.edit_options import ABOUT, ACTIONS, gathered, place, places, words
from ganvas.cli.options import flags_of, options_of, parse, take
from ganvas.cli.pages import HELP, PAGES
from ganvas.cli.printing import naming, table
from ganvas.core import UsageError
from ganvas.core.errors import did_you_mean
from ganvas.core.run import Run
from ganvas.tools import by_hand, editing
from ganvas.tools.edited import Edited, Told
from ganvas.tools.pretrained import opened
from ganvas.tools.touched import Touched

BY_HAND = ("paint", "drag")
"""Actions that may begin with a seed: they need no picture."""


def main(typed: Sequence[str]) -> None:
    """Edits, writes, and says where to.

    Raises:
        UsageError: for an unknown action, wrong options, or what the run cannot do.
        DataError: if a picture cannot be read.
    """
    run, action, images, rest = _places(typed)
    if run is None or action is None:
        if set(rest) & set(HELP):
            print(PAGES["edit"], end="")
            return
        if run is None:
            raise UsageError("edit with which run? ganvas edit RUN project IMAGE")
        raise UsageError(f"edit how? ganvas edit {run} {'|'.join(ACTIONS)} IMAGE")
    if action not in ACTIONS:
        raise did_you_mean(action, ACTIONS, "action of edit")
    own, general = ACTIONS[action]
    groups = {action: options_of(own(), **words()), "general": options_of(general(), **words())}
    known = opened(run)
    asked = parse(f"edit {run} {action} IMAGE", ABOUT[action], groups, gathered(rest))
    if not images and action not in BY_HAND:
        raise UsageError(f"edit which picture? ganvas edit {run} {action} IMAGE")
    with naming(quiet=asked["json"]) as tell:
        done = _done(known, action, images, asked, tell)
    _tell(run, done, as_json=asked["json"])


def _places(typed: Sequence[str]) -> tuple[str | None, str | None, list[str], list[str]]:
    """Run, action, pictures, and the options."""
    options = [option for pair in ACTIONS.values() for cls in pair for option in options_of(cls())]
    flags, rest = [*flags_of(options), *HELP], list(typed)
    found: list[str] = []
    while True:
        word, rest = take(rest, flags)
        if word is None:
            return *(*found[:2], None, None)[:2], found[2:], rest  # type: ignore[return-value]
        found.append(word)


def _done(
    run: Run, action: str, images: Sequence[str], asked: Mapping[str, Any], tell: Told
) -> Sequence[Edited | Touched]:
    more = {name: value for name, value in asked.items() if name != "json"}
    if action == "project":
        return editing.project(run, images, more.pop("output"), tell=tell, **more)
    if len(images) > 1:
        what = "and its hole " if action == "inpaint" else ""
        raise UsageError(f"one picture {what}at a time, not {len(images)} pictures")
    if action == "inpaint":
        missing = more.pop("hole")
        return [editing.inpaint(run, images[0], missing=missing, tell=tell, **more)]
    more["image"] = images[0] if images else None
    if action == "paint":
        return [by_hand.paint(run, by=place(more.pop("by"), "--by"), tell=tell, **more)]
    handles, targets = places(more.pop("from_"), "--from"), places(more.pop("to"), "--to")
    if not handles or len(handles) != len(targets):
        raise UsageError(
            "drag what, and where to? --from X,Y --to X,Y, as often as there are handles; "
            f"{len(handles)} --from and {len(targets)} --to are given"
        )
    return [by_hand.drag(run, handles, targets, tell=tell, **more)]


def _tell(run: str, done: Sequence[Edited | Touched], *, as_json: bool) -> None:
    """What became of the pictures: on stdout; what was changed for that, on stderr."""
    if as_json:
        pictures = [dataclasses.asdict(one) for one in done]
        print(json.dumps({"run": run, "pictures": pictures}, ensure_ascii=False))
        return
    for note in (note for one in done for note in one.notes):
        print(note, file=sys.stderr)
    for one in done:
        rows = _rows_by_hand(one) if isinstance(one, Touched) else _rows(one)
        print(table([(word, text) for word, text in rows if text is not None], whole=True))


def _rows(one: Edited) -> list[tuple[str, str | None]]:
    how = f"in {one.seconds:.1f} s"
    if one.psnr is not None:
        how = f"{one.psnr:.1f} dB {how}, {one.steps} steps in {one.space}"
    return [
        ("found" if one.psnr is not None else "filled", how),
        ("class", None if one.label is None else str(one.label)),
        ("picture", one.output),
        ("beside it", one.strip),
        ("point", one.point),
    ]


def _rows_by_hand(one: Touched) -> list[tuple[str, str | None]]:
    off = ", ".join(f"{x:.1f}" for x in one.distances)
    losses = ", ".join(f"{x:.3f}" for x in one.losses)
    return [
        ("began with", one.begun),
        ("moved", f"{one.steps} steps in {one.space}, {one.seconds:.1f} s"),
        ("losses", losses or None),
        ("still off", f"{off} pixels" if off else None),
        ("class", None if one.label is None else str(one.label)),
        ("picture", one.output),
        ("beside it", one.strip),
        ("point", one.point),
        ("carried over", one.transferred),
        ("film", one.film),
    ]

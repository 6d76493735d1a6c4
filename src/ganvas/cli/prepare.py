"""`ganvas data prepare FOLDER OUT`."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ganvas.cli.options import JSON, options_of, parse, size_of, take
from ganvas.cli.pages import HELP
from ganvas.cli.printing import bold, table
from ganvas.core import UsageError
from ganvas.core.config import Options
from ganvas.data import partners
from ganvas.data.prepare import Prepared, prepare

DRY = "--dry-run"
LAYOUTS = {
    "pictures": "each by itself",
    "side-by-side": "A on the left, B on the right",
    "domains": "A and B in folders of their own",
}


@dataclass(frozen=True)
class Preparing(Options):
    """What to make of a folder."""

    with_: str | None = None
    """Its pictures are B, those of FOLDER are A; the two of a pair have the same name."""
    partner: str | None = None
    layout: Literal["pictures", "side-by-side", "domains"] | None = None
    """How to lay them out; as FOLDER does unless given."""
    split: str | None = None
    """Shares of train, val and test, or of train and test; as FOLDER has them unless given."""
    size: int | tuple[int, ...] | None = None
    """Of the images: 32 for squares, 24x32 for height x width; what each has unless given."""
    channels: int | None = None
    """1 grey, 3 RGB, 4 RGBA; what each has unless given."""
    fit: Literal["crop", "pad", "stretch"] = "crop"
    """How images of another shape become that size."""
    seed: int = 0
    """Decides the split, and where holes lie."""
    dry_run: bool = False
    """Look at everything, write nothing."""
    json: bool = False
    """Print the result as one JSON object."""


def main(words: Sequence[str]) -> None:
    """Prepares a folder, and says what came of it.

    Raises:
        UsageError: for wishes that contradict each other or the folder.
        DataError: if more than half of the images cannot be read.
    """
    folder, rest = take(words, (JSON, DRY, *HELP))
    out, rest = take(rest, (JSON, DRY, *HELP))
    if (folder is None or out is None) and not set(rest) & set(HELP):
        raise UsageError(
            "prepare what, and where to? ganvas data prepare FOLDER OUT --size 64 --split 80:10:10"
        )
    options = options_of(
        Preparing(),
        with_={"value": "FOLDER_B"},
        partner={
            "value": "P",
            "help": f"Makes A of each picture, which becomes B: {', '.join(partners.words())}.",
        },
        split={"value": "80:10:10|90:10"},
        size={"read": size_of, "value": "N|HxW"},
    )
    values = parse("data prepare", "Makes a folder to train on.", {"prepare": options}, rest)
    asked = values.pop("json")
    done = prepare(folder or "", out or "", **values)
    if asked:
        print(json.dumps(done.to_json(), ensure_ascii=False))
    else:
        print("\n".join(told(done)))


def told(done: Prepared) -> list[str]:
    """A result for people."""
    folders = [(f"{name or '.'}/", f"{n:,}") for name, n in done.pictures.items()]
    facts = [
        ("layout", f"{done.layout}: {LAYOUTS[done.layout]}"),
        ("pictures", ", ".join(f"{n} in {folder}" for folder, n in folders)),
        ("pairs", ", ".join(f"{n:,} to {part}" for part, n in done.pairs.items())),
        ("size", "x".join(map(str, done.size or ())) or "what each has"),
        *(("note", note) for note in done.notes),
        *([("next", next_command(done))] if done.written else [("dry run", "nothing is written")]),
    ]
    rows = [bold(done.out), table([fact for fact in facts if fact[1]], indent=2)]
    if done.unreadable:
        broken = list(done.unreadable.items())
        rows += ["", bold(f"cannot be read: {len(broken):,}"), table(broken, indent=2)]
    return rows


def next_command(done: Prepared) -> str:
    """What to type next."""
    out = shlex.quote(done.out)
    if done.layout == "pictures" or (done.given["partner"] or "").startswith("smaller"):
        return f"ganvas data check {out}"
    return f"ganvas train {'pix2pix' if done.pairs else 'cyclegan'} --data {out}"

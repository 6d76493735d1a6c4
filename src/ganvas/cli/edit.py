"""`ganvas edit RUN ACTION IMAGE...`: pictures of one's own, in a trained generator."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ganvas.cli.options import flags_of, options_of, parse, take
from ganvas.cli.pages import HELP, PAGES
from ganvas.cli.printing import naming, table
from ganvas.core import UsageError
from ganvas.core.config import Options
from ganvas.core.errors import did_you_mean
from ganvas.core.run import Run
from ganvas.tools import editing
from ganvas.tools.editing import Edited, Told
from ganvas.tools.inpainting import PRIOR, TYPICAL, Blend
from ganvas.tools.pretrained import opened


@dataclass(frozen=True)
class Ask(Options):
    """What can be asked of all edits."""

    space: Literal["z", "w", "w+"] | None = None
    """Where to look: z, or, in a game with styles, w or w+."""
    label: str | None = None
    """The class of the picture, by number or name; the one that comes nearest unless given."""
    seconds: float | None = 60.0
    """How long to look for each picture, at most; none: the steps alone, the same everywhere."""
    steps: int = 400
    """How many steps to take, at most."""
    goal: float = 40.0
    """The PSNR that is enough, in dB."""
    draws: int = 512
    """Points that are drawn to begin with."""
    starts: int = 16
    """The best of them, which go downhill together; the worse halves drop out on the way."""
    method: Literal["lbfgs", "adam"] = "lbfgs"
    """How they go."""
    noises: bool = False
    """Move the noise maps of a game with styles too."""
    seed: int = 0
    """Decides what is drawn."""
    fit: Literal["crop", "pad", "stretch"] = "crop"
    """How pictures of another shape become that of the run."""
    output: str | None = None
    """FILE.png for one picture, or FOLDER/; RUN/ACTION/ unless given."""
    device: str = "auto"
    """Where to compute: auto (a GPU if there is one), cpu, cuda, cuda:1, mps."""
    json: bool = False
    """Print the result as one JSON object."""


@dataclass(frozen=True)
class Project(Options):
    """What can be asked of a projection."""

    typical: float = 0.0
    """Above 0 the point stays where drawn ones are, such as 0.02, at the cost of likeness."""


@dataclass(frozen=True)
class Inpaint(Options):
    """What can be asked of filling holes."""

    mask: str | None = None
    """A picture of the same size, white where the hole is; unless given, the hole is where the
    picture is transparent."""
    prior: float = PRIOR
    """Weight of what the discriminator says."""
    typical: float = TYPICAL
    """How much the point is kept where drawn ones are."""
    blend: Blend = "poisson"
    """How the hole is filled: without a seam (poisson), with what was drawn (paste), or with all
    of the picture drawn (none)."""


ACTIONS: Mapping[str, type[Options]] = {"project": Project, "inpaint": Inpaint}


def main(words: Sequence[str]) -> None:
    """Edits, writes, and says where to.

    Raises:
        UsageError: for an unknown action, wrong options, or what the run cannot do.
        DataError: if a picture cannot be read.
    """
    run, action, images, rest = _places(words)
    if run is None or action is None:
        if set(rest) & set(HELP):
            print(PAGES["edit"], end="")
            return
        if run is None:
            raise UsageError("edit with which run? ganvas edit RUN project IMAGE")
        raise UsageError(f"edit how? ganvas edit {run} {'|'.join(ACTIONS)} IMAGE")
    if action not in ACTIONS:
        raise did_you_mean(action, ACTIONS, "action of edit")
    about = {"project": "Finds pictures in a generator", "inpaint": "Fills the hole of a picture"}
    groups = {action: options_of(ACTIONS[action](), **_words()),
              "general": options_of(Ask(), **_words())}  # fmt: skip
    known = opened(run)
    asked = parse(f"edit {run} {action} IMAGE", about[action], groups, rest)
    if not images:
        raise UsageError(f"edit which picture? ganvas edit {run} {action} IMAGE")
    with naming(quiet=asked["json"]) as tell:
        done = _done(known, action, images, asked, tell)
    _tell(run, done, as_json=asked["json"])


def _places(words: Sequence[str]) -> tuple[str | None, str | None, list[str], list[str]]:
    """Run, action, pictures, and the options."""
    options = [option for cls in (Ask, Project, Inpaint) for option in options_of(cls())]
    flags, rest = [*flags_of(options), *HELP], list(words)
    places: list[str] = []
    while True:
        place, rest = take(rest, flags)
        if place is None:
            return *(*places[:2], None, None)[:2], places[2:], rest  # type: ignore[return-value]
        places.append(place)


def _words() -> dict[str, dict[str, Any]]:
    """What the fields do not tell of their options."""
    return {
        "label": {"value": "CLASS"},
        "mask": {"value": "FILE"},
        "output": {"short": "-o", "value": "FILE|FOLDER/"},
    }


def _done(
    run: Run, action: str, images: Sequence[str], asked: Mapping[str, Any], tell: Told
) -> list[Edited]:
    more = {name: value for name, value in asked.items() if name not in ("json", "output")}
    if action == "project":
        return editing.project(run, images, asked["output"], tell=tell, **more)
    if len(images) > 1:
        raise UsageError(f"one picture and its hole at a time, not {len(images)} pictures")
    return [editing.inpaint(run, images[0], output=asked["output"], tell=tell, **more)]


def _tell(run: str, done: Sequence[Edited], *, as_json: bool) -> None:
    """What became of the pictures: on stdout; what was changed for that, on stderr."""
    if as_json:
        pictures = [dataclasses.asdict(one) for one in done]
        print(json.dumps({"run": run, "pictures": pictures}, ensure_ascii=False))
        return
    for note in (note for one in done for note in one.notes):
        print(note, file=sys.stderr)
    for one in done:
        rows = [
            ("found", f"{one.psnr:.1f} dB in {one.seconds:.1f} s, {one.steps} steps in {one.space}")
        ]
        rows += [("class", str(one.label))] * (one.label is not None)
        rows += [("picture", one.output), ("beside it", one.strip), ("point", one.point)]
        print(table(rows, whole=True))

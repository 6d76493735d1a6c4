"""Translates pictures in files with a trained game, whatever their size."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from ganvas.core import DataError, Direction, Game, GanvasError, Image, Label, Space, UsageError
from ganvas.core.files import write_whole
from ganvas.core.run import Run
from ganvas.core.settings import resolve_device
from ganvas.data.decode import Unreadable
from ganvas.data.images import load_picture
from ganvas.data.source import listed
from ganvas.tools import jobs, results, shots
from ganvas.tools.anysize import AnySize
from ganvas.tools.jobs import Input, Job
from ganvas.tools.pretrained import opened

Side = Literal["A", "B"]
PAGE = "results.html"

Tell = Callable[[float, str], None]
"""Is told which part of the work is done, 0 to 1, and which picture it is at."""


@dataclass
class Translated:
    """What became of the pictures."""

    run: str
    to: str
    """Which side was made."""
    written: dict[str, str] = field(default_factory=dict)
    """The new file for each picture."""
    skipped: dict[str, str] = field(default_factory=dict)
    """Why a picture could not be read."""
    notes: list[str] = field(default_factory=list)
    """What was changed or could not be kept, in sentences."""
    page: str | None = None
    """The page that shows them beside each other."""
    figures: dict[str, float] = field(default_factory=dict)
    """How near they come to the truth, if that was given."""
    seconds: float = 0.0


def translate(
    run: str | Path | Run,
    input: Input,
    output: str | Path,
    *,
    to: Side | None = None,
    seed: int = 0,
    tile: int | None = None,
    overwrite: bool = False,
    truth: str | Path | None = None,
    page: str | Path | Literal[True] | None = True,
    device: str = "auto",
    tell: Tell = lambda *_: None,
    **inputs: Any,
) -> Translated:
    """Translates pictures of any size with a trained run.

    Args:
        run: the run or its folder.
        input: a picture, a folder of them, a pattern such as `photos/*.jpg`, or several of these.
        output: a file for one picture; else a folder, with sub-folders as in the input.
        to: which side to make, B of A or A of B; the one that the run was trained to make if None.
        seed: decides what is drawn; the same for each picture.
        tile: the side of the tiles in which large pictures are translated; what fits if None.
        overwrite: whether to write over results that are there already.
        truth: a folder with what should come out, by the same names, or a file for one picture.
        page: where the page goes that shows them beside each other, if anywhere; True: beside
            them, where they go into a folder.
        device: where to compute.
        tell: is told how far it is.
        inputs: the game's other inputs by name, as words or as tensors: `label="blond"`.

    Raises:
        UsageError: for what cannot be; nothing was written then.
        DataError: if most pictures cannot be read; those that can are written.
    """
    run = run if isinstance(run, Run) else opened(run)
    began = time.monotonic()
    way, side = direction(run, to)
    shots.check(way.takes, way.makes)
    planned = jobs.plan(input, output, overwrite=overwrite)
    if page is True:
        page = planned.folder / PAGE if planned.folder else None
    work = results.Page(page, truth, planned.jobs, overwrite=overwrite)
    game = run.game
    given = others(game, way, inputs)
    game.to(resolve_device(device))
    make = AnySize(game, way, given, seed=seed, tile=tile)
    done = Translated(str(run.folder), side)
    _all(planned.jobs, make, work, done, tell)
    done.notes = shots.together(done.notes)
    done.seconds = time.monotonic() - began
    _finish(done, work, f"{run.plan.game} · {run.folder.resolve().name}", total=len(planned.jobs))
    return done


def _all(
    todo: Sequence[Job], make: AnySize, work: results.Page, done: Translated, tell: Tell
) -> None:
    """Translates all pictures that can be read."""
    for i, job in enumerate(todo):

        def here(share: float, i: int = i, job: Job = job) -> None:
            tell((i + share) / len(todo), job.short)

        here(0.0)
        try:
            shot = shots.read(job.source)
        except Unreadable as why:
            done.skipped[job.short] = str(why)
        else:
            _one(job, shot, make, work, done, here)


def _one(
    job: Job,
    shot: shots.Shot,
    make: AnySize,
    work: results.Page,
    done: Translated,
    tell: Callable[[float], None],
) -> None:
    """Translates one picture and writes it."""
    takes, makes = make.way.takes, make.way.makes
    x, before = shots.as_taken(shot, takes, makes)
    y = shots.finished(make(x, tell), shot, takes, makes)
    content, after = shots.as_file(y, shot, job.target.suffix.lower())
    try:
        write_whole(job.target, content)
    except OSError as error:
        raise GanvasError(f"cannot write {job.target}: {error.strerror or error}") from error
    done.written[job.short] = str(job.target)
    done.notes += [*before, *after]
    work.add(job, shot, y)


def _finish(done: Translated, work: results.Page, title: str, *, total: int) -> None:
    """Writes the page; complains if most pictures could not be read."""
    done.notes += work.notes()
    done.figures = work.figures()
    if done.written:
        done.page = work.write(title, done.skipped)
    if 2 * len(done.skipped) > total:
        named = [f"{name} ({why})" for name, why in done.skipped.items()]
        raise DataError(f"{len(named):,} of {total:,} pictures cannot be read: {listed(named)}")


# -- what the game can ---------------------------------------------------------------------------


def direction(run: Run, to: Side | None) -> tuple[Direction, Side]:
    """The direction that is asked for, and the side that it makes.

    Raises:
        UsageError: if the run's game has no such direction.
    """
    with torch.device("meta"):
        there = set(run.plan.build().directions())
    game = run.plan.game
    if not there:
        raise UsageError(
            f"{run.folder} is a run of {game}, which makes no pictures of pictures: "
            "ganvas sample draws from it"
        )
    turned = run.plan.data.get("to") == "A"
    sides: dict[Side, str] = {"A": "y", "B": "x"} if turned else {"A": "x", "B": "y"}
    side: Side = to or ("A" if turned else "B")
    known = [name for name, made in sides.items() if made in there]
    if sides[side] not in there:
        raise UsageError(
            f"{game} translates one way, to {' or '.join(known)}; it has not learned the way to "
            f"{side}"
        )
    if run.plan.origin and sides[side] not in run.plan.origin.get("directions", there):
        raise UsageError(
            f"{run.folder} was imported without the weights for the way to {side}; import it anew "
            "from the files of both directions"
        )
    return run.game.directions()[sides[side]], side


def others(game: Game, way: Direction, given: Mapping[str, Any]) -> dict[str, Tensor]:
    """The other inputs of a direction, (1, *shape) each, as far as they are given.

    Raises:
        UsageError: if one is unknown, is no element, or is missing and cannot be drawn.
    """
    for name in given:
        if name not in way.also:
            there = f"beside pictures it takes {', '.join(way.also)}" if way.also else (
                "it takes pictures and nothing else")  # fmt: skip
            raise UsageError(f"{game.name} takes no {name}: {there}")
    found = {}
    for name in way.also:
        space = game.inputs[name]
        if given.get(name) is not None:
            found[name] = _element(name, space, given[name])
        elif isinstance(space, Label):
            known = ", ".join(space.names or map(str, range(space.classes)))
            raise UsageError(f"into which {name}? --{name} with one of: {known}")
        elif not space.prior:
            raise UsageError(f"{game.name} needs {name} too ({space}): give --{name}")
    return found


def _element(name: str, space: Space, value: Any) -> Tensor:
    if isinstance(value, Tensor):
        x = value
    elif isinstance(space, Image):
        try:
            x = load_picture(Path(value).expanduser(), space)[None]
        except Unreadable as error:
            raise DataError(f"cannot read the picture {value}: {error}") from None
    else:
        try:
            x = space.parse(str(value))
        except UsageError as error:
            raise UsageError(f"--{name}: {error}") from None
    if len(x) != 1:
        raise UsageError(f"give one {name} for all pictures, not {len(x)}")
    if why := space.why_not(x):
        raise UsageError(f"{name} is not in {space}: {why}")
    return x

"""Repair: holes that are filled by what a generator would draw there.

A generator that draws from noise is searched for a picture that agrees with what is known (Yeh et
al. 2017); one that has learned to fill holes (Pathak et al. 2016) answers at once.
"""

from __future__ import annotations

import time

import torch
from torch import Tensor

from ganvas import data
from ganvas.core import DataError, Image, UsageError
from ganvas.studio.beginnings import OFTEN, SEED, begun, facts, layer
from ganvas.studio.controls import draws
from ganvas.studio.doing import Answers, Ask, Wrong, does
from ganvas.studio.pictures import fitted, given, shown
from ganvas.studio.shelf import Opened
from ganvas.studio.wording import Words
from ganvas.tools.holes import hole_of
from ganvas.tools.inpainting import TYPICAL, Inpainting, filled, fills
from ganvas.tools.projection import Search

EXAMPLES = 12
SEARCH = Search(seconds=20.0, draws=256, starts=8, typical=TYPICAL)


class Torn:
    """The picture that somebody repairs."""

    def __init__(self) -> None:
        self.run = ""
        self.picture: Tensor | None = None

    def there(self) -> Tensor:
        """The picture.

        Raises:
            Wrong: if there is none.
        """
        if self.picture is None:
            raise Wrong("there is no picture to repair; begin again")
        return self.picture


@does("repair.open")
def begin(ask: Ask) -> Answers:
    """A picture to repair: one of the run's data, an upload, a kept one, or that of a seed."""
    opened = _opened(ask)
    torn, hole = ask.session.of(Torn), None
    if ask.has("row"):
        x = _example(opened, ask.whole("row", 0, EXAMPLES - 1))
    elif ask.has("picture"):
        x, hole = _brought(ask, opened)
    elif draws(opened.game):
        beginning = yield from begun(ask)
        x = beginning.spot.latent(ask).show(beginning.spot.x)[0].cpu()
    else:
        template = "{run} draws no pictures itself: upload one, or take an example"
        raise UsageError(Words(template, run=opened.name))
    torn.run, torn.picture = opened.name, x
    yield shown("picture", x)
    if hole is not None:
        yield shown("hole", hole[None] * 2.0 - 1)
    return {**facts(opened), "learned": fills(opened.game)}


@does("repair.examples")
def examples(ask: Ask) -> Answers:
    """Pictures of the run's own data, held back from it if some were."""
    opened = _opened(ask)
    yield None
    try:
        found, held = _examples(opened)
    except (UsageError, DataError):
        return {"n": 0}  # the data has gone, or never was here
    for i, x in enumerate(found):
        yield shown(str(i), x)
    return {"n": len(found), "held": held}


@does("repair.hole")
def hole(ask: Ask) -> Answers:
    """A hole by a word."""
    space = _opened(ask).makes
    where = hole_of(ask.word("hole"), (space.height, space.width), ask.whole("seed", 0, SEED, 0))
    yield shown("hole", where[None] * 2.0 - 1)


@does("repair.fill")
def fill(ask: Ask) -> Answers:
    """Fills the hole; what is found on the way is shown."""
    torn = ask.session.of(Torn)
    x, opened = torn.there(), ask.desk.shelf.open(torn.run)
    marked = layer(ask, "mask", opened.makes, 1)
    if marked is None or x.shape != opened.makes.shape:
        raise Wrong("there is no hole, or the run is another by now: begin again")
    where = marked[0] > 0.5
    if fills(opened.game):
        yield shown("filled", filled(opened.game, x, where))
        return {"learned": True}
    blend = ask.word("blend", ("poisson", "paste", "none"), "poisson")
    going, told = Inpainting(opened.game, x, where, SEARCH, blend=blend), time.monotonic()  # type: ignore[arg-type]
    while not going.done:
        going.step()
        if going.drawn is not None and time.monotonic() - told > OFTEN:
            told = time.monotonic()
            about = {"progress": round(going.search.progress, 3)}
            yield shown("filled", going.blended(going.drawn), **about)
        else:
            yield None
    made = going.result
    yield shown("filled", made.picture)
    yield shown("drawn", made.drawn)
    return {"judged": going.judged, "psnr": round(made.projected.psnr, 1)}


def _opened(ask: Ask) -> Opened:
    opened = ask.desk.shelf.open(ask.word("run"))
    if not (fills(opened.game) or draws(opened.game)):
        template = (
            "{run} makes pictures of pictures, and has not learned to fill holes. Choose a "
            "generator that draws from noise, or a run of context"
        )
        raise UsageError(Words(template, run=opened.name))
    return opened


def _brought(ask: Ask, opened: Opened) -> tuple[Tensor, Tensor | None]:
    """An upload at the run's size, and its hole if parts of it are transparent."""
    picture, space = given(ask), opened.makes
    x = fitted(picture, space)
    if picture.mode != "RGBA" or space.channels == 4:
        return x, None
    clear = fitted(picture, Image(4, space.height, space.width))[3] < 0
    return x, clear if clear.any() and not clear.all() else None


def _examples(opened: Opened) -> tuple[list[Tensor], bool]:
    """Some pictures of the run's data, always the same, and whether they were held back.

    Raises:
        UsageError: if its data has gone, or has none of this kind.
    """

    def find() -> tuple[list[Tensor], bool]:
        source = data.held_out(opened.run.plan.data)
        found = [(t, f) for t in source.tables for f, s in t.spaces.items() if s == opened.makes]
        if not found:
            raise UsageError(Words("the data of {run} has no such pictures", run=opened.name))
        table, field = found[0]
        rows = torch.randperm(len(table), generator=torch.Generator().manual_seed(3))[:EXAMPLES]
        some = [table.fetch(torch.tensor([row]))[field][0] for row in rows.tolist()]
        return some, source.given.get("split") == "test"

    return opened.once("examples", find)


def _example(opened: Opened, row: int) -> Tensor:
    rows, _ = _examples(opened)
    if row >= len(rows):
        raise Wrong("there are {n} examples", n=len(rows))
    return rows[row]

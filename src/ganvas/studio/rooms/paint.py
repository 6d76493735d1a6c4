"""Paint: a picture that follows strokes while they are drawn, and other candidates beside it.

The page sends all strokes there are, as the layers of its canvas; so to undo is to send earlier
ones, and nothing has to be remembered here but where the painting began.
"""

from __future__ import annotations

import time

import torch
from torch import Tensor

from ganvas.core import UsageError
from ganvas.studio.beginnings import (
    OFTEN,
    SEED,
    Beginning,
    at_own_size,
    begun,
    coloured,
    drawing,
    facts,
    layer,
    named,
)
from ganvas.studio.doing import Answers, Ask, Said, Wrong, does
from ganvas.studio.kept import Spot
from ganvas.studio.pictures import shown
from ganvas.studio.shelf import Opened
from ganvas.studio.wording import Words
from ganvas.tools.painting import Painting
from ganvas.tools.strokes import Strokes
from ganvas.tools.transfer import Transfer

CANDIDATES, BACK = 5, 30
"""Candidates, and beginnings that one can go back to."""
SOON, ROW = 0.04, 0.4
"""Seconds from one picture to the next, and from one row of candidates to the next."""
FRAMES = 9
"""Of the way that is carried over to an upload (Zhu et al. 2016)."""


class Easel:
    """What somebody paints; one painting at a time."""

    def __init__(self) -> None:
        self.beginning: Beginning | None = None
        self.earlier: list[Tensor] = []
        """Where it went on from before, the last one last."""
        self._painting: Painting | None = None
        self._opened: Opened | None = None

    def begin(self, ask: Ask, beginning: Beginning) -> Painting:
        """Another painting."""
        self.beginning, self.earlier, self._opened = beginning, [], None
        return self.painting(ask)

    def painting(self, ask: Ask) -> Painting:
        """The painting; with new weights if the run has new ones.

        Raises:
            Wrong: if there is none.
            GanvasError: if its run has gone, or is another by now.
        """
        if self.beginning is None:
            raise Wrong("nothing is being painted; begin again")
        there = self.beginning.spot
        opened = ask.desk.shelf.open(there.run)
        if self._painting is None or self._opened is not opened:
            x = there.x if self._opened is None else self.start
            self._painting = Painting(there.latent(ask), x, candidates=CANDIDATES)
            self._opened = opened
        return self._painting

    @property
    def start(self) -> Tensor:
        """The point that it goes on from, on the CPU."""
        assert self._painting is not None
        return self._painting.start.cpu()


@does("paint.open")
def begin(ask: Ask) -> Answers:
    """A picture to paint on."""
    opened = drawing(ask.desk.shelf.open(ask.word("run")))
    beginning = yield from begun(ask)
    painting = ask.session.of(Easel).begin(ask, beginning)
    yield named(ask, beginning.spot, painting.begun, "start")
    return {**facts(opened), "psnr": beginning.psnr, "own": beginning.original is not None}


@does("paint.stroke")
def stroke(ask: Ask) -> Answers:
    """The picture that agrees with the strokes, from the first step on."""
    painting = _painting(ask)
    painting.constrain(_strokes(ask, painting))
    yield from _followed(painting)


@does("paint.others")
def others(ask: Ask) -> Answers:
    """Other candidates for the same strokes."""
    painting = _painting(ask)
    painting.constrain(_strokes(ask, painting))
    painting.restart(ask.whole("seed", 0, SEED))
    yield from _followed(painting)


@does("paint.way")
def way(ask: Ask) -> Answers:
    """The picture at a place between the start and a candidate."""
    painting = _painting(ask)
    yield shown("result", painting.way(*_place(ask, painting))[0])


@does("paint.point")
def point(ask: Ask) -> Answers:
    """The same, as a picture that can be kept."""
    painting = _painting(ask)
    there = _there(ask, painting)
    yield named(ask, there, painting.latent.show(there.x)[0], "kept")


@does("paint.fix")
def fix(ask: Ask) -> Answers:
    """Goes on from here, or from where all began."""
    easel, painting = ask.session.of(Easel), _painting(ask)
    assert easel.beginning is not None
    x = easel.beginning.spot.x if ask.flag("first") else _there(ask, painting).x
    easel.earlier = [*easel.earlier[-BACK + 1 :], easel.start]
    painting.begin(x)
    yield shown("start", painting.begun, back=len(easel.earlier))


@does("paint.back")
def back(ask: Ask) -> Answers:
    """Back to where it went on from before."""
    easel, painting = ask.session.of(Easel), _painting(ask)
    if not easel.earlier:
        raise Wrong("this is where it began")
    painting.begin(easel.earlier.pop())
    yield shown("start", painting.begun, back=len(easel.earlier))


@does("paint.transfer")
def transfer(ask: Ask) -> Answers:
    """The edit, carried over to the upload that it began with, at its own size."""
    easel, painting = ask.session.of(Easel), _painting(ask)
    if easel.beginning is None or easel.beginning.original is None:
        raise UsageError(Words("there is no picture of yours here; upload one to begin with"))
    row, t = _row(ask, painting), ask.number("at", 0, 1, 1.0)
    frames = painting.way(torch.linspace(0, t, FRAMES), row).detach().cpu()
    original = at_own_size(easel.beginning.original, ask.desk.shelf.open(painting_run(ask)).makes)
    going, told = Transfer(original, frames), time.monotonic()
    while not going.done:
        going.step()
        late = time.monotonic() - told > OFTEN
        told = time.monotonic() if late else told
        yield Said({"progress": round(going.progress, 3)}) if late else None
    yield shown("original", original)
    yield shown("transferred", going.result)


def painting_run(ask: Ask) -> str:
    """The name of the run that is painted with."""
    beginning = ask.session.of(Easel).beginning
    assert beginning is not None
    return beginning.spot.run


def _painting(ask: Ask) -> Painting:
    return ask.session.of(Easel).painting(ask)


def _followed(painting: Painting) -> Answers:
    """Steps until nothing changes any more; what is better is shown, though not too often."""
    painting.step()
    yield shown("result", painting.picture)
    shown_at = row_at = time.monotonic()
    best = float(painting.losses[0])
    while not painting.settled:
        painting.step()
        now, loss = time.monotonic(), float(painting.losses[0])
        if loss < best and now - shown_at > SOON:
            best, shown_at = loss, now
            yield shown("result", painting.picture)
        elif now - row_at > ROW:
            row_at = now
            yield from _row_of(painting)
        else:
            yield None
    yield shown("result", painting.picture)
    yield from _row_of(painting)
    return {"n": len(painting.losses)}


def _row_of(painting: Painting) -> Answers:
    """The candidates, the best first."""
    for i, (x, loss) in enumerate(zip(painting.pictures, painting.losses.tolist(), strict=True)):
        if loss < float("inf"):
            yield shown(str(i), x, loss=round(loss, 4))


def _strokes(ask: Ask, painting: Painting) -> Strokes:
    """What lies on the canvas."""
    space = ask.desk.shelf.open(painting_run(ask)).makes
    strokes = Strokes.none(space)
    if (paint := layer(ask, "paint", space, 4)) is not None:
        strokes = strokes.coloured(paint[3], coloured(paint[:3], space))
    if (lines := layer(ask, "lines", space, 1)) is not None:
        strokes = strokes.sketched(lines[0])
    return strokes


def _row(ask: Ask, painting: Painting) -> int:
    return ask.whole("row", 0, len(painting.losses) - 1, 0)


def _place(ask: Ask, painting: Painting) -> tuple[Tensor, int]:
    return torch.tensor([ask.number("at", 0, 1, 1.0)]), _row(ask, painting)


def _there(ask: Ask, painting: Painting) -> Spot:
    """The point at a place of the way."""
    (t, row), there = _place(ask, painting), ask.session.of(Easel).beginning
    assert there is not None
    x = painting.latent.between(painting.start, painting.points[row : row + 1], t)
    return Spot(there.spot.run, there.spot.space, there.spot.label, x.detach().cpu())

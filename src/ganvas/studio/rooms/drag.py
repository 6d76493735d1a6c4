"""Drag: handles go to their targets, and what is drawn goes along, step by step."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ganvas.core import UsageError
from ganvas.core.styled import is_styled
from ganvas.studio.beginnings import begun, drawing, facts, layer, named
from ganvas.studio.doing import Answers, Ask, Wrong, does
from ganvas.studio.kept import Spot
from ganvas.studio.pictures import shown
from ganvas.studio.shelf import Opened
from ganvas.studio.wording import Words
from ganvas.tools.dragging import Dragging, Place

MOST, PAIRS, BACK = 400, 16, 50
"""Steps at a time, pairs of points, and drags that can be undone."""
PATIENCE = 80
"""So many steps without coming nearer, and it ends."""
SOON = 0.025
"""Seconds from one picture to the next."""


@dataclass(frozen=True)
class State:
    """Where a drag began or ended."""

    x: Tensor
    points: list[float]
    """x and y of each handle and of its target, on the canvas."""


class Hand:
    """What somebody drags; one picture at a time."""

    def __init__(self) -> None:
        self.spot: Spot | None = None
        self.x = torch.empty(0)
        self.past: list[State] = []
        self.future: list[State] = []
        self.going: tuple[Dragging, Opened, bytes] | None = None
        """What can be gone on with: with which weights, and in which mask."""

    def there(self) -> Spot:
        """The picture as it is now.

        Raises:
            Wrong: if there is none.
        """
        if self.spot is None:
            raise Wrong("nothing is being dragged; begin again")
        return Spot(self.spot.run, self.spot.space, self.spot.label, self.x)


@does("drag.open")
def begin(ask: Ask) -> Answers:
    """A picture whose parts can be dragged."""
    opened = drawing(ask.desk.shelf.open(ask.word("run")))
    if not any(weight.dim() == 4 for weight in opened.game.parameters()):
        template = (
            "{run} draws without feature maps, which say what is where: it cannot be dragged. "
            "Choose a generator of convolutions, such as dcgan or stylegan2"
        )
        raise UsageError(Words(template, run=opened.name))
    beginning = yield from begun(ask)
    there = _wide(ask, opened, beginning.spot)
    hand = ask.session.of(Hand)
    hand.spot, hand.x, hand.past, hand.future, hand.going = there, there.x, [], [], None
    yield named(ask, there, there.latent(ask).show(there.x)[0], "picture")
    return {**facts(opened), "psnr": beginning.psnr}


@does("drag.go")
def go(ask: Ask) -> Answers:
    """Steps until the handles are where they are wanted, or come no nearer."""
    hand, points = ask.session.of(Hand), _points(ask)
    drag = _drag(ask, hand, points)
    hand.past, hand.future = [*hand.past[-BACK + 1 :], State(hand.x, points)], []
    began = told = time.monotonic()
    first, nearest, at = drag.steps, float(drag.distances.sum()), drag.steps
    while not drag.done and drag.steps - first < MOST and drag.steps - at < PATIENCE:
        drag.step()
        hand.x = drag.point.detach().cpu()
        if (left := float(drag.distances.sum())) < nearest - 0.01:
            nearest, at = left, drag.steps
        now = time.monotonic()
        if now - told > SOON or drag.done:
            told = now
            yield shown("picture", drag.picture, **_where(drag))
        else:
            yield None
    yield shown("picture", drag.picture, **_where(drag))
    steps, seconds = drag.steps - first, time.monotonic() - began
    return {"arrived": drag.done, "steps": steps, "seconds": round(seconds, 2), **_where(drag)}


@does("drag.undo")
def undo(ask: Ask) -> Answers:
    """Takes the last drag back."""
    hand = ask.session.of(Hand)
    return (yield from _turned(ask, hand, hand.past, hand.future))


@does("drag.redo")
def redo(ask: Ask) -> Answers:
    """Drags again as it was before the undo."""
    hand = ask.session.of(Hand)
    return (yield from _turned(ask, hand, hand.future, hand.past))


@does("drag.point")
def point(ask: Ask) -> Answers:
    """The picture, so that it can be kept."""
    there = ask.session.of(Hand).there()
    yield named(ask, there, there.latent(ask).show(there.x)[0], "kept")


def _turned(ask: Ask, hand: Hand, source: list[State], to: list[State]) -> Answers:
    there = hand.there()
    if not source:
        return {"none": True}
    state = source.pop()
    to.append(State(hand.x, _points(ask, least=0)))
    hand.x, hand.going = state.x, None
    yield shown("picture", there.latent(ask).show(state.x)[0], points=state.points)
    return {"past": len(hand.past), "future": len(hand.future)}


def _wide(ask: Ask, opened: Opened, there: Spot) -> Spot:
    """The same picture by a style for each layer, where there are styles."""
    if not is_styled(opened.game) or there.space == "w+":
        return there
    x = there.latent(ask).styles(there.x).detach().clone().cpu()
    return Spot(there.run, "w+", there.label, x, there.about)


def _drag(ask: Ask, hand: Hand, points: list[float]) -> Dragging:
    """The drag that goes on if it was only interrupted, else a new one."""
    there = hand.there()
    opened, mask = ask.desk.shelf.open(there.run), ask.files.get("mask", b"")
    space = opened.makes
    handles, targets = _places(points, space.width, space.height)
    if hand.going is not None:
        drag, before, masked = hand.going
        same = before is opened and masked == mask and torch.equal(drag.point.cpu(), hand.x)
        if same and _alike(drag.handles, handles) and _alike(drag.targets, targets):
            return drag
    marked = layer(ask, "mask", space, 1)
    inside = None if marked is None or not marked.any() else marked[0] > 0.5
    drag = Dragging(there.latent(ask), hand.x, handles, targets, inside)
    hand.going = (drag, opened, mask)
    return drag


def _points(ask: Ask, least: int = 1) -> list[float]:
    """Handles and targets as the canvas has them.

    Raises:
        Wrong: if there are too few, or a number is missing.
    """
    found = ask.numbers("points", 0, 1e5, 4 * PAIRS)
    if len(found) % 4 or len(found) < 4 * least:
        raise Wrong("points are four numbers for each pair: from x, y to x, y")
    return found


def _places(points: list[float], width: int, height: int) -> tuple[list[Place], list[Place]]:
    """Places of the canvas, whose pixels have a size, as middles of pixels."""
    inside = [
        (min(max(x - 0.5, 0.0), width - 1.0), min(max(y - 0.5, 0.0), height - 1.0))
        for x, y in zip(points[::2], points[1::2], strict=True)
    ]
    return inside[::2], inside[1::2]


def _alike(there: Tensor, places: list[Place]) -> bool:
    return len(there) == len(places) and bool(
        (there.cpu() - torch.tensor(places)).abs().max() < 0.1
    )


def _where(drag: Dragging) -> dict[str, Any]:
    handles = (drag.handles + 0.5).tolist()
    left = float(drag.distances.max())
    return {"handles": [[round(v, 2) for v in h] for h in handles], "left": round(left, 1)}

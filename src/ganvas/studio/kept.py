"""Points of latent spaces that a session knows, each by the name that its picture bears.

Whatever a room draws from a point gets a name, so that every picture on the page can be taken to
every tool. The last ones are remembered, and one that somebody keeps as long as it is kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import torch
from torch import Tensor

from ganvas.core import GanvasError, UsageError
from ganvas.studio.doing import Answers, Ask, Shown, Wrong, does
from ganvas.studio.pictures import shown
from ganvas.studio.wording import Words
from ganvas.tools.latent import Latent
from ganvas.tools.still import Name

REMEMBERED, KEPT = 300, 100
MOST, PIXELS = 8, 8 * 64 * 64
"""Pictures, and their pixels, that are drawn in one step."""


@dataclass(frozen=True)
class Spot:
    """A point, and what else its picture is drawn with."""

    run: str
    space: Name
    label: int | None
    x: Tensor
    """(1, *shape), on the CPU."""
    about: dict[str, Any] = field(default_factory=dict)
    """What the page is told: a seed, say."""

    def latent(self, ask: Ask) -> Latent:
        """The space that it lies in.

        Raises:
            GanvasError: if its run has gone, or is another by now.
        """
        latent = ask.desk.shelf.open(self.run).latent(self.space, self.label)
        if latent.shape != tuple(self.x.shape[1:]):
            template = "the run {run} is another by now: this picture is of the old one"
            raise UsageError(Words(template, run=self.run))
        return latent


class Spots:
    """The points of a session."""

    def __init__(self) -> None:
        self._all: OrderedDict[str, Spot] = OrderedDict()
        self._kept: dict[str, Spot] = {}
        self._numbers = count(1)

    def add(self, spot: Spot) -> str:
        """Remembers a point; its name."""
        name = f"p{next(self._numbers)}"
        self._all[name] = spot
        while len(self._all) > REMEMBERED:
            self._all.popitem(last=False)
        return name

    def get(self, name: str) -> Spot:
        """The point of a name.

        Raises:
            Wrong: if it was forgotten.
        """
        found = self._kept.get(name) or self._all.get(name)
        if found is None:
            raise Wrong("that picture is no longer remembered; draw it again")
        return found

    def keep(self, name: str) -> None:
        """Does not forget a point.

        Raises:
            Wrong: if it is forgotten already, or too many are kept.
        """
        if len(self._kept) >= KEPT and name not in self._kept:
            raise Wrong("{n} pictures are kept; let one go first", n=KEPT)
        self._kept[name] = self.get(name)

    def let_go(self, name: str) -> None:
        """May forget a point."""
        self._kept.pop(name, None)

    @property
    def kept(self) -> dict[str, Spot]:
        """Those that somebody keeps, by name."""
        return dict(self._kept)


def spots(ask: Ask, name: str, least: int = 1, most: int = 64) -> list[Spot]:
    """The points that a request names.

    Raises:
        Wrong: if there are too few, or one is unknown.
    """
    words = ask.words(name, most)
    if len(words) < least:
        raise Wrong("{name} takes {least} pictures at least", name=name, least=least)
    return [ask.session.of(Spots).get(word) for word in words]


def spot(ask: Ask, name: str = "point") -> Spot:
    """The point that a request names.

    Raises:
        Wrong: if it is unknown.
    """
    return ask.session.of(Spots).get(ask.word(name))


def together(ask: Ask, those: Sequence[Spot]) -> tuple[Latent, Tensor]:
    """Points of one run in one space, and that space: (n, *shape).

    Raises:
        Wrong: if they are of several runs or spaces.
        GanvasError: if the run has gone.
    """
    if len({(s.run, s.space) for s in those}) != 1:
        raise Wrong("these pictures are of several generators; take those of one")
    for each in those:
        each.latent(ask)
    return those[0].latent(ask), torch.cat([each.x for each in those])


def drawn(ask: Ask, those: Sequence[Spot], first: int = 0) -> Generator[Shown, None, None]:
    """The pictures of new points, some at a time; each gets a name."""
    known = ask.session.of(Spots)
    makes = ask.desk.shelf.open(those[0].run).makes
    batch = max(1, min(MOST, PIXELS // (makes.width * makes.height)))
    for start in range(0, len(those), batch):
        some = those[start : start + batch]
        for i, (each, x) in enumerate(zip(some, _pictures(ask, some), strict=True), start):
            name = known.add(each)
            yield shown(str(first + i), x, point=name, run=each.run, **each.about)


def _pictures(ask: Ask, some: Sequence[Spot]) -> list[Tensor]:
    """Pictures, those of the same label in one go."""
    found: dict[int, Tensor] = {}
    for key in dict.fromkeys((s.run, s.space, s.label) for s in some):
        at = [i for i, s in enumerate(some) if (s.run, s.space, s.label) == key]
        latent = some[at[0]].latent(ask)
        found |= zip(at, latent.show(torch.cat([some[i].x for i in at])).cpu(), strict=True)
    return [found[i] for i in range(len(some))]


@does("kept.keep")
def keep(ask: Ask) -> None:
    """Keeps a picture."""
    ask.session.of(Spots).keep(ask.word("point"))


@does("kept.drop")
def let_go(ask: Ask) -> None:
    """Lets a picture go."""
    ask.session.of(Spots).let_go(ask.word("point"))


@does("kept.all")
def kept(ask: Ask) -> Answers:
    """The pictures that are kept, drawn again; one whose run has gone or changed is let go."""
    known = ask.session.of(Spots)
    for name, there in known.kept.items():
        try:
            x = there.latent(ask).show(there.x)[0]
        except GanvasError:
            known.let_go(name)
            continue
        yield shown(name, x, point=name, run=there.run, **there.about)

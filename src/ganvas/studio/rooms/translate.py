"""Translate: pictures of pictures, live while one draws, or of an upload of any size."""

from __future__ import annotations

import time
from typing import Any

import torch
from torch import Tensor

from ganvas import data
from ganvas.core import Direction, Image, Label, UsageError
from ganvas.data.outlines import outlines
from ganvas.data.partners import luma
from ganvas.studio.controls import image, names_of
from ganvas.studio.doing import Answers, Ask, Wrong, does
from ganvas.studio.pictures import fitted, given, shown
from ganvas.studio.shelf import Opened
from ganvas.studio.wording import Words
from ganvas.tools import translate
from ganvas.tools.anysize import AnySize

LARGEST = 1024
"""Larger uploads are reduced to this side: an answer should not take minutes."""
EXAMPLES = 12


@does("translate.open")
def begin(ask: Ask) -> dict[str, Any]:
    """The ways of a run from pictures to pictures."""
    opened = ask.desk.shelf.open(ask.word("run"))
    sides = {"y": "x to y", "x": "y to x"}
    ways: list[dict[str, Any]] = [
        {
            "to": side,
            "title": sides[side],
            "takes": image(way.takes),
            "makes": image(way.makes),
            "choices": _choices(opened, way),
        }
        for side, way in opened.game.directions().items()
    ]
    if not ways:
        raise UsageError(
            Words("{run} makes no pictures of pictures: take it to Explore", run=opened.name)
        )
    partner = opened.run.plan.data.get("partner")
    return {
        "run": opened.name,
        "ways": ways,
        "any_size": opened.game.multiple is not None,
        "edges": partner == "edges",
    }


@does("translate.examples")
def examples(ask: Ask) -> Answers:
    """Real inputs of the run's own data, to begin with."""
    opened = ask.desk.shelf.open(ask.word("run"))
    way = _way(ask, opened)
    yield None
    try:
        source = opened.once("held out", lambda: data.held_out(opened.run.plan.data))
        table = next(t for t in source.tables if t.spaces.get(way.field) == way.takes)
    except (UsageError, StopIteration):
        return {"none": True}  # the data has gone, or never was here
    rows = torch.randperm(len(table), generator=torch.Generator().manual_seed(3))[:EXAMPLES]
    for i, row in enumerate(rows.tolist()):
        yield shown(str(i), table.fetch(torch.tensor([row]))[way.field][0])
    return {}


@does("translate.draw")
def draw(ask: Ask) -> Answers:
    """What is made of a drawing of the size that the run has learned."""
    opened = ask.desk.shelf.open(ask.word("run"))
    way = _way(ask, opened)
    x = fitted(given(ask), way.takes, "stretch")
    began = time.monotonic()
    make = _made(ask, opened, way)
    y = make(_crisp(x) if ask.flag("crisp") else x)
    yield shown("picture", y, seconds=round(time.monotonic() - began, 4))


@does("translate.picture")
def picture(ask: Ask) -> Answers:
    """What is made of an upload: first what the game takes of it, then what it makes."""
    opened = ask.desk.shelf.open(ask.word("run"))
    way = _way(ask, opened)
    x = _taken(ask, opened, way)
    yield shown("input", x)
    yield shown("picture", _made(ask, opened, way)(x))


def _way(ask: Ask, opened: Opened) -> Direction:
    ways = opened.game.directions()
    to = ask.word("to", default="y")
    if to not in ways:
        raise Wrong("{run} knows no way to {to}", run=opened.name, to=repr(to[:20]))
    return ways[to]


def _choices(opened: Opened, way: Direction) -> list[dict[str, Any]]:
    """What is chosen beside the picture: a domain."""
    spaces = {name: opened.game.inputs[name] for name in way.also}
    return [
        {"name": name, "kind": "menu", "choices": names_of(space)}
        for name, space in spaces.items()
        if isinstance(space, Label)
    ]


def _made(ask: Ask, opened: Opened, way: Direction) -> AnySize:
    """The way as a function of pictures, found once for each choice."""
    chosen = {each["name"]: ask.whole(each["name"], 0, len(each["choices"]) - 1, 0)
              for each in _choices(opened, way)}  # fmt: skip
    words = {name: torch.tensor([value]) for name, value in chosen.items()}

    def find() -> AnySize:
        return AnySize(opened.game, way, translate.others(opened.game, way, words))

    return opened.once(("way", way.field, *chosen.items()), find)


def _taken(ask: Ask, opened: Opened, way: Direction) -> Tensor:
    """An upload as the game takes it: its outlines if so asked, its own size if that can be."""
    plain, takes = given(ask), way.takes
    whole = ask.flag("whole") and opened.game.multiple is not None
    size = _reduced(plain.height, plain.width) if whole else (takes.height, takes.width)
    if ask.flag("edges"):
        x = outlines(fitted(plain, Image(3, *size))[None])[0]
        return x.expand(takes.channels, -1, -1)
    if takes.channels == 2:
        x = fitted(plain, Image(4, *size))
        return torch.cat([luma(x[None])[0], x[3:]])
    return fitted(plain, Image(takes.channels, *size))


def _reduced(height: int, width: int) -> tuple[int, int]:
    times = min(1.0, LARGEST / max(height, width))
    return max(1, round(height * times)), max(1, round(width * times))


def _crisp(x: Tensor) -> Tensor:
    """A drawing in black on white without what is between: the lines that the game knows."""
    return torch.where(x < 0.25, -1.0, 1.0)

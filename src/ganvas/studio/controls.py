"""What the page may ask a run for, from the spaces of its game alone."""

from __future__ import annotations

from typing import Any

from ganvas.core import Game, Image, Label, Noise, Styled, UsageError
from ganvas.core import truncation as trick
from ganvas.core.space import Space
from ganvas.studio.shelf import Opened

FEW = 12
"""A noise beside another one, of so many numbers at most, is a code: a slider for each."""
TRUNCATIONS = {"w": (0.0, 1.5, 1.0), "z": (0.2, 3.0, 3.0)}
"""Least, most, and what hardly changes anything, by where it is truncated."""


def facts(opened: Opened) -> dict[str, Any]:
    """What a room has to know of a run: size, controls, what it can."""
    game = opened.game
    output = game.output
    size = [output.width, output.height, output.channels] if isinstance(output, Image) else None
    return {
        "run": opened.name,
        "game": game.name,
        "title": type(game).paper.title,
        "size": size,
        "translates": [side for side in game.directions() if _usable(opened, side)],
        "styles": game.layers if isinstance(game, Styled) else 0,
        "controls": controls(game),
        "truncation": truncation(game),
    }


def draws(game: Game) -> bool:
    """Whether it makes pictures of noise, so that there is something to explore."""
    noisy = any(isinstance(space, Noise) for space in game.inputs.values())
    given = all(space.prior for space in game.inputs.values())
    return isinstance(game.output, Image) and noisy and given


def controls(game: Game) -> list[dict[str, Any]]:
    """A control for each input that a person can set."""
    codes = codes_of(game)
    found: list[dict[str, Any]] = []
    for name, space in game.inputs.items():
        if isinstance(space, Label):
            found.append({"name": name, "kind": "menu", "choices": names_of(space)})
        elif name in codes and isinstance(space, Noise):
            reach = 1.0 if space.law == "uniform" else 3.0
            found.append({"name": name, "kind": "sliders", "number": space.size, "reach": reach})
    return found


def codes_of(game: Game) -> dict[str, slice]:
    """Where in a point of z the numbers of each code lie: noises that are small beside others."""
    noises = {n: s.size for n, s in game.inputs.items() if isinstance(s, Noise)}
    found, at = {}, 0
    for name, size in noises.items():
        if size <= FEW and size < max(noises.values()) and not isinstance(game, Styled):
            found[name] = slice(at, at + size)
        at += size
    return found


def names_of(space: Label) -> list[str]:
    """The classes, for a menu."""
    return list(space.names or map(str, range(space.classes)))


def label_of(game: Game) -> Label | None:
    """The classes that a game is told, if it is."""
    return next((s for s in game.inputs.values() if isinstance(s, Label)), None)


def truncation(game: Game) -> dict[str, Any] | None:
    """The range of the truncation, if there is one."""
    try:
        kind = trick.kind(game)
    except UsageError:
        return None
    low, high, usual = TRUNCATIONS[kind]
    return {"of": kind, "low": low, "high": high, "usual": usual}


def image(space: Space) -> dict[str, int]:
    """The size of a picture."""
    assert isinstance(space, Image)
    return {"width": space.width, "height": space.height, "channels": space.channels}


def _usable(opened: Opened, side: str) -> bool:
    origin = opened.run.plan.origin or {}
    return side in origin.get("directions", [side])

"""Scenes of coloured shapes on a backdrop: what lies where, and how it looks.

A scene knows all about itself: its words, its outlines, and so where each thing is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ganvas.core.chance import seed_of
from ganvas.data.shapes.canvas import Box, Canvas, Colour, Draws, Floats, Patch, chosen, fading, lit

COLOURS: dict[str, Colour] = {
    "red": (0.84, 0.16, 0.18),
    "orange": (0.95, 0.52, 0.12),
    "yellow": (0.95, 0.83, 0.18),
    "green": (0.20, 0.62, 0.28),
    "blue": (0.17, 0.42, 0.82),
    "purple": (0.55, 0.27, 0.70),
}
KINDS = {
    "backdrop": (40, 40, 40),
    "circle": (230, 60, 60),
    "square": (60, 130, 240),
    "triangle": (250, 210, 40),
    "star": (240, 130, 230),
    "heart": (150, 30, 90),
    "cross": (90, 220, 110),
    "hexagon": (120, 240, 240),
}
"""What a pixel may show, and its colour in the map of labels."""
TEXTURES = ("plain", "striped", "dotted", "checked")
BACKDROPS: dict[str, Colour] = {
    "wood": (0.62, 0.50, 0.38),
    "paper": (0.88, 0.86, 0.80),
    "cloth": (0.52, 0.55, 0.58),
    "tiles": (0.74, 0.72, 0.70),
}
"""What the things lie on, with its colour: none is that of a thing."""
NUMBER = {kind: number for number, kind in enumerate(KINDS)}
PLACES = 60
"""How often a place is sought for a thing before there is one thing less."""


@dataclass(frozen=True)
class Thing:
    """A shape."""

    kind: str
    colour: str
    texture: str
    at: tuple[float, float]
    """Its middle, in units of the canvas."""
    size: float
    """Half its diameter."""
    angle: float
    """By which it is turned, in radians."""
    shift: Colour
    """By how much its colour is off that of its name."""

    def outline(self) -> Floats:
        """The corners of the polygon that it is: (n, 2)."""
        return self.size * (OUTLINES[self.kind] @ _turn(self.angle).T) + np.array(self.at)

    def box(self) -> Box:
        """The smallest box around it."""
        (left, top), (right, bottom) = (
            self.outline().min(0).tolist(),
            self.outline().max(0).tolist(),
        )
        return left, top, right, bottom

    def words(self) -> str:
        """Such as `a large striped red star`."""
        texture = "" if self.texture == "plain" else f"{self.texture} "
        large = "large" if self.size > 0.17 else "small"
        return f"a {large} {texture}{self.colour} {self.kind}"


@dataclass(frozen=True)
class Scene:
    """Things on a backdrop."""

    number: int
    backdrop: str
    colour: Colour
    light: float
    things: tuple[Thing, ...]
    """The main one is the last: it lies in front."""

    @property
    def main(self) -> Thing:
        """The one that a label speaks of."""
        return self.things[-1]

    def caption(self) -> str:
        """All there is to see, in words."""
        *others, last = [thing.words() for thing in reversed(self.things)]
        listed = f"{', '.join(others)} and {last}" if others else last
        return f"{listed} on {self.backdrop}"

    def draws(self) -> Draws:
        """What its texture is drawn from."""
        return np.random.default_rng(seed_of("scene's texture", self.number))


# -- the law ---------------------------------------------------------------------------------------


def planned(number: int, box: Box, *, alone: bool = False) -> Scene:
    """The scene of this number, to fill a box; with one thing only, if it is to be alone."""
    draws = np.random.default_rng(seed_of("scene, alone" if alone else "scene", number))
    _, _, width, height = box
    main = _thing(draws, (0.24, 0.34) if alone else (0.2, 0.28), (width, height))
    things = [main]
    wanted = 0 if alone else int(draws.integers(4))
    for _ in range(PLACES):
        if len(things) > wanted:
            break
        other = _thing(draws, (0.09, 0.15), (width, height))
        apart = (np.hypot(*np.subtract(other.at, one.at)) > other.size + one.size for one in things)
        if all(apart) and other.colour != main.colour:
            things.append(other)
    backdrop = chosen(draws, [*BACKDROPS])
    shade = draws.uniform(-0.07, 0.07) + draws.uniform(-0.03, 0.03, 3)
    colour = tuple((np.array(BACKDROPS[backdrop]) + shade).tolist())
    light = float(draws.uniform(0.9, 1.05))
    return Scene(number, backdrop, colour, light, tuple(reversed(things)))


def _thing(draws: Draws, sizes: tuple[float, float], room: tuple[float, float]) -> Thing:
    size = float(draws.uniform(*sizes))
    x, y = (float(draws.uniform(size, side - size)) for side in room)
    return Thing(
        kind=chosen(draws, [*OUTLINES]),
        colour=chosen(draws, [*COLOURS]),
        texture=chosen(draws, TEXTURES),
        at=(x, y),
        size=size,
        angle=float(draws.uniform(-0.4, 0.4)),
        shift=tuple(draws.uniform(-0.03, 0.03, 3).tolist()),
    )


# -- how it looks ----------------------------------------------------------------------------------


def painted(scene: Scene, canvas: Canvas) -> None:
    """Paints a scene onto its canvas."""
    draws = scene.draws()
    whole = canvas.part(canvas.box)
    whole.paint(whole.whole, ON[scene.backdrop](whole, scene.colour, draws))
    for thing in scene.things:
        _lay(canvas, thing, draws)
    canvas.rgb *= (scene.light * (1.06 - 0.06 * (whole.across + whole.down)))[..., None]


def _lay(canvas: Canvas, thing: Thing, draws: Draws) -> None:
    """A thing and its shadow: a little thick, lit from the upper left."""
    patch = canvas.part(thing.box(), margin=0.05)
    outline = thing.outline()
    patch.shade(patch.within(patch.polygon(outline + 0.022), soft=0.03), 0.55)
    distance = patch.polygon(outline)
    x, y = patch.x - thing.at[0], patch.y - thing.at[1]
    light = 1.04 - 0.16 * (x + y) / thing.size + 0.1 * (patch.noise(draws, 18.0) - 0.5)
    light = light * (1 - 0.3 * fading(-distance, 0.012))
    light = light * (1 + PATTERNS[thing.texture](patch, x, y, thing))
    colour = np.add(COLOURS[thing.colour], thing.shift)
    patch.paint(patch.within(distance), lit(colour, light), NUMBER[thing.kind])


def _plain(patch: Patch, x: Floats, y: Floats, thing: Thing) -> Floats:
    return np.zeros((1, 1), np.float32)


def _striped(patch: Patch, x: Floats, y: Floats, thing: Thing) -> Floats:
    along = x * np.cos(thing.angle) + y * np.sin(thing.angle)
    return -0.4 * _wave(patch, along, 0.075)


def _dotted(patch: Patch, x: Floats, y: Floats, thing: Thing) -> Floats:
    (cos, sin), pitch = (np.cos(thing.angle), np.sin(thing.angle)), 0.085
    a, b = ((at / pitch) % 1 - 0.5 for at in (x * cos + y * sin, y * cos - x * sin))
    return -0.45 * patch.within((np.hypot(a, b) - 0.28) * pitch)


def _checked(patch: Patch, x: Floats, y: Floats, thing: Thing) -> Floats:
    cos, sin = np.cos(thing.angle), np.sin(thing.angle)
    a, b = (_wave(patch, at, 0.12) for at in (x * cos + y * sin, y * cos - x * sin))
    return -0.38 * (a + b - 2 * a * b)


def _wave(patch: Patch, at: Floats, pitch: float) -> Floats:
    """Stripes of half a pitch, soft at their edges by a pixel: 0..1."""
    return patch.within((np.abs((at / pitch) % 1 - 0.5) - 0.25) * pitch)


def _wood(patch: Patch, colour: Colour, draws: Draws) -> Floats:
    board = np.floor(patch.y / 0.2).astype(np.int64)
    tints = draws.random(64, dtype=np.float32)[board % 64]
    rings = np.sin(60 * patch.y + 9 * patch.noise(draws, 3.0) + 6 * tints)
    gaps = patch.lines(patch.y, 0.2, 0.01)
    light = (0.86 + 0.22 * tints + 0.07 * rings) * (1 - 0.5 * gaps)
    return lit(colour, light)


def _paper(patch: Patch, colour: Colour, draws: Draws) -> Floats:
    light = 0.94 + 0.08 * patch.noise(draws, 50.0) + 0.06 * patch.noise(draws, 6.0)
    return lit(colour, light)


def _cloth(patch: Patch, colour: Colour, draws: Draws) -> Floats:
    threads = patch.lines(patch.x, 0.05, 0.02) + patch.lines(patch.y, 0.05, 0.02)
    light = 0.9 + 0.13 * threads + 0.12 * patch.noise(draws, 5.0)
    return lit(colour, light)


def _tiles(patch: Patch, colour: Colour, draws: Draws) -> Floats:
    tints = draws.random((16, 16), dtype=np.float32)
    row, column = (np.floor(at / 0.25).astype(np.int64) % 16 for at in (patch.y, patch.x))
    joints = np.maximum(patch.lines(patch.x, 0.25, 0.012), patch.lines(patch.y, 0.25, 0.012))
    light = (0.88 + 0.2 * tints[row, column]) * (1 - 0.35 * joints)
    light = light * (0.97 + 0.06 * patch.noise(draws, 40.0))
    return lit(colour, light)


Pattern = Callable[[Patch, Floats, Floats, Thing], Floats]
PATTERNS: dict[str, Pattern] = {
    "plain": _plain,
    "striped": _striped,
    "dotted": _dotted,
    "checked": _checked,
}
"""By how much the light of a thing differs, from place to place."""
ON: dict[str, Callable[[Patch, Colour, Draws], Floats]] = {
    "wood": _wood,
    "paper": _paper,
    "cloth": _cloth,
    "tiles": _tiles,
}


# -- outlines --------------------------------------------------------------------------------------


def _turn(angle: float) -> Floats:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin], [sin, cos]])


def _regular(corners: int, inner: float = 1.0) -> Floats:
    """A regular polygon on its circle; a star, if every other corner lies within."""
    angle = 2 * np.pi * np.arange(corners) / corners - np.pi / 2
    radius = np.where(np.arange(corners) % 2, inner, 1.0)
    return radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)


def _heart() -> Floats:
    t = 2 * np.pi * np.arange(32) / 32
    x = 16 * np.sin(t) ** 3
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return np.stack([x, y - 2.5], 1) / 16.5


def _cross(arm: float = 0.33) -> Floats:
    quarter = np.array([[arm, -arm], [arm, -0.95], [-arm, -0.95]])
    return np.concatenate([quarter @ _turn(-np.pi / 2 * i).T for i in range(4)])


OUTLINES: dict[str, Floats] = {
    "circle": _regular(40) * 0.95,
    "square": _regular(4) @ _turn(np.pi / 4).T,
    "triangle": _regular(3),
    "star": _regular(10, 0.45),
    "heart": _heart(),
    "cross": _cross(),
    "hexagon": _regular(6),
}
"""Each a polygon about the origin, within the circle of radius 1."""

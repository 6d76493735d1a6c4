"""Fronts of town houses: what they are made of, drawn from a law.

A facade is a list of parts, each a kind, a box and how it is done. The map of labels shows the
kinds alone; material, colour, light, and whether a window is lit or has curtains are left to the
picture: that is what a game has to make up, in agreement with itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ganvas.core.chance import seed_of
from ganvas.data.shapes.canvas import Box, Colour, Draws, chosen
from ganvas.data.shapes.materials import LIGHTS, PAINTS, ROOFS, TRIMS, WALLS


@dataclass(frozen=True)
class Part:
    """A piece of a facade."""

    kind: str
    """One of `KINDS`."""
    box: Box
    way: str = ""
    """How it is done: a window may be `arched lit`, a wall `brick`."""
    colour: Colour = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Look:
    """What the map of labels does not tell."""

    wall: str
    roof: str
    paint: str
    light: str
    trim: Colour


@dataclass(frozen=True)
class Facade:
    """The front of a house, its sky and its pavement."""

    number: int
    look: Look
    parts: tuple[Part, ...]
    """What is behind comes first."""

    def draws(self) -> Draws:
        """What its texture is drawn from."""
        return np.random.default_rng(seed_of("facade's texture", self.number))

    def caption(self) -> str:
        """The house in words."""
        words = [f"a house of {self.look.wall} {self.look.light}", f"with a {self.look.roof} roof"]
        has = {part.kind for part in self.parts}
        if "shutter" in has:
            words.append(f"and {self.look.paint} shutters")
        extras = [word for word in ("balcony", "awning") if word in has]
        return " ".join(words) + "".join(f", {word}" for word in extras)


def planned(number: int, box: Box) -> Facade:
    """The facade of this number, to fill a box whose left top is the origin."""
    return Architect(np.random.default_rng(seed_of("facade", number)), box).facade(number)


class Architect:
    """Plans a facade: first where its storeys and columns are, then part by part.

    Args:
        draws: what it decides by.
        box: what is to be filled.
    """

    def __init__(self, draws: Draws, box: Box) -> None:
        self.draws, self.all = draws, box
        _, _, width, height = box
        self.look = Look(
            chosen(draws, [*WALLS]),
            chosen(draws, [*ROOFS]),
            chosen(draws, [*PAINTS]),
            chosen(draws, [*LIGHTS]),
            TRIMS[int(draws.integers(len(TRIMS)))],
        )
        self.left, self.right = self.between(0.04, 0.13), width - self.between(0.04, 0.13)
        self.ground = height - self.between(0.06, 0.09)
        self.shape = chosen(draws, ["mansard", "mansard", "gable", "flat"])
        self.ridge = self.between(0.04, 0.09)
        tall = {"mansard": (0.15, 0.2), "gable": (0.18, 0.26), "flat": (0.03, 0.05)}[self.shape]
        self.top = self.ridge + self.between(*tall)
        self.low = self.between(0.23, 0.27)
        """The height of the ground floor."""
        storeys = max(1, round((self.ground - self.low - self.top) / self.between(0.18, 0.24)))
        columns = max(1, round((self.right - self.left) / self.between(0.19, 0.27)))
        self.storey = (self.ground - self.low - self.top) / storeys
        self.column = (self.right - self.left) / columns
        self.storeys, self.columns = range(storeys), range(columns)
        self.glass = self.column * self.between(0.34, 0.44), self.storey * self.between(0.5, 0.62)
        """Width and height of a window."""
        self.arched = self.maybe(0.3)
        self.shutters = self.maybe(0.5)
        self.lit = {"in the evening": 0.5}.get(self.look.light, 0.05)

    def between(self, low: float, high: float) -> float:
        """A number."""
        return low + (high - low) * float(self.draws.random())

    def maybe(self, chance: float) -> bool:
        """True so often."""
        return float(self.draws.random()) < chance

    def facade(self, number: int) -> Facade:
        """The plan, from the sky to what stands before the house."""
        parts = [Part("sky", self.all, self.look.light)]
        for step in (self.roof, self.wall, self.upper_storeys, self.ground_floor, self.street):
            parts += step()
        return Facade(number, self.look, tuple(parts))

    def roof(self) -> Iterator[Part]:
        """Chimneys, the roof, and windows in it."""
        colour, wall = ROOFS[self.look.roof], WALLS[self.look.wall][1]
        width = self.right - self.left
        for place in (self.between(0.12, 0.3), self.between(0.68, 0.86)):
            if self.shape != "flat" and self.maybe(0.6):
                at = self.left + place * width
                top = self.ridge - self.between(0.01, 0.035)
                yield Part("chimney", (at, top, at + self.between(0.05, 0.07), self.top), "", wall)
        eaves = 0.02
        box = self.left - eaves, self.ridge, self.right + eaves, self.top
        yield Part("roof", box, self.shape, colour)
        if self.shape == "mansard" and self.maybe(0.7):
            w, h = 0.8 * self.glass[0], 0.6 * (self.top - self.ridge)
            for column in self.columns:
                at = self.left + (column + 0.5) * self.column
                top = self.top - h - 0.02
                pane = at - w / 2, top, at + w / 2, top + h
                yield Part("trim", _larger(pane, 0.02, 0.024, 0.02, 0.0), "gable", self.look.trim)
                yield Part("window", pane, self.pane(), self.look.trim)

    def wall(self) -> Iterator[Part]:
        """The wall, the cornice on it, and a string course above the ground floor."""
        way, colour = WALLS[self.look.wall]
        yield Part("wall", (self.left, self.top, self.right, self.ground), way, colour)
        out = self.between(0.015, 0.03)
        cornice = self.left - out, self.top - 0.012, self.right + out, self.top + 0.022
        yield Part("trim", cornice, "cornice", self.look.trim)
        if self.maybe(0.6):
            y = self.ground - self.low
            course = self.left - 0.008, y - 0.01, self.right + 0.008, y + 0.014
            yield Part("trim", course, "course", self.look.trim)

    def upper_storeys(self) -> Iterator[Part]:
        """Rows of windows; some have balconies, which is one decision for each storey."""
        for storey in self.storeys:
            plan = chosen(self.draws, ["none", "none", "all", "middle", "some"])
            flowers = self.maybe(0.3)
            for column in self.columns:
                middle = abs(2 * column + 1 - len(self.columns)) <= 1
                balcony = {"all": True, "middle": middle}.get(plan, False)
                if plan == "some":
                    balcony = self.maybe(0.4)
                at = self.left + (column + 0.5) * self.column
                bottom = self.top + (storey + 1) * self.storey - 0.2 * self.storey
                yield from self.window(at, bottom, balcony=balcony, flowers=flowers)

    def window(
        self, at: float, bottom: float, *, balcony: bool = False, flowers: bool = False
    ) -> Iterator[Part]:
        """A window about a column, with what belongs to it."""
        w, h = self.glass
        if balcony:
            bottom, h = bottom + 0.1 * self.storey, h * 1.12
        pane = at - w / 2, bottom - h, at + w / 2, bottom
        closed = self.shutters and not balcony and self.maybe(0.12)
        paint = PAINTS[self.look.paint]
        if closed:
            yield Part("shutter", pane, "closed", paint)
        else:
            arched = "arched " if self.arched else ""
            yield Part("window", pane, arched + self.pane(), self.look.trim)
        if self.shutters and not closed:
            leaf = 0.46 * w
            top = pane[1] + (0.4 * w if self.arched else 0.0)
            yield Part("shutter", (pane[0] - leaf, top, pane[0], bottom), "left", paint)
            yield Part("shutter", (pane[2], top, pane[2] + leaf, bottom), "right", paint)
        elif not self.arched:
            lintel = pane[0] - 0.012, pane[1] - 0.022, pane[2] + 0.012, pane[1]
            yield Part("trim", lintel, "lintel", self.look.trim)
        if balcony:
            rail = at - 0.46 * self.column, bottom - 0.42 * h, at + 0.46 * self.column, bottom
            yield Part("balcony", _larger(rail, 0, 0, 0, 0.016), "", self.look.trim)
            return
        sill = pane[0] - 0.015, bottom, pane[2] + 0.015, bottom + 0.02
        yield Part("trim", sill, "sill", self.look.trim)
        if flowers and self.maybe(0.75):
            yield Part("plant", (pane[0], bottom - 0.035, pane[2], bottom + 0.012), "box")

    def pane(self) -> str:
        """What one sees through a window."""
        if self.maybe(self.lit):
            return "lit"
        return chosen(self.draws, ["dark", "bright", "curtains"])

    def ground_floor(self) -> Iterator[Part]:
        """A door; beside it windows, or a shop under an awning."""
        count = len(self.columns)
        door = int(self.draws.integers(count))
        shop = range(0)
        if count > 2 and self.maybe(0.55):
            right = count - door - 1 >= door
            shop = range(door + 1, count) if right else range(door)
        for column in self.columns:
            at = self.left + (column + 0.5) * self.column
            if column == door:
                yield from self.door(at)
            elif column not in shop:
                yield from self.window(at, self.ground - 0.24 * self.low)
        if shop:
            yield from self.shop(
                self.left + shop.start * self.column, self.left + shop.stop * self.column
            )

    def door(self, at: float) -> Iterator[Part]:
        """A door in a frame, with a step."""
        w, h = min(0.13, 0.56 * self.column), 0.78 * self.low
        box = at - w / 2, self.ground - h, at + w / 2, self.ground
        yield Part("trim", _larger(box, 0.022, 0.024, 0.022, 0.0), "frame", self.look.trim)
        way = "lit" if self.maybe(self.lit) else "bright"
        paint = chosen(self.draws, [name for name in PAINTS if name != "white"])
        yield Part("door", box, way, PAINTS[paint])

    def shop(self, left: float, right: float) -> Iterator[Part]:
        """A large window under an awning."""
        inset = 0.12 * self.column
        top = self.ground - 0.8 * self.low
        pane = left + inset, top, right - inset, self.ground - 0.12 * self.low
        yield Part("trim", _larger(pane, 0.016, 0.016, 0.016, 0.016), "frame", self.look.trim)
        yield Part("window", pane, "lit" if self.maybe(0.4) else "shop", self.look.trim)
        if self.maybe(0.8):
            box = left + 0.4 * inset, top - 0.03, right - 0.4 * inset, top + 0.32 * self.low
            yield Part("awning", box, "", PAINTS[chosen(self.draws, ["green", "blue", "red"])])

    def street(self) -> Iterator[Part]:
        """The pavement, and perhaps a tree on it."""
        _, _, width, height = self.all
        yield Part("pavement", (0.0, self.ground, width, height))
        if self.maybe(0.35):
            radius = self.between(0.08, 0.13)
            at = chosen(self.draws, ["left", "right"])
            x = self.between(0.02, 0.1) if at == "left" else width - self.between(0.02, 0.1)
            y = self.ground - self.between(0.16, 0.26)
            foot = self.between(0.3, 0.7) * (height - self.ground) + self.ground
            yield Part("plant", (x - radius, y - radius, x + radius, foot), "tree")


def _larger(box: Box, left: float, top: float, right: float, bottom: float) -> Box:
    """A box that reaches farther on each side."""
    return box[0] - left, box[1] - top, box[2] + right, box[3] + bottom

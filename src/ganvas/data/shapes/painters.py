"""How a facade looks: its parts one after the other, each as its kind is painted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ganvas.data.shapes.canvas import Canvas, Colour, Draws, fading, lit, mixed, unit
from ganvas.data.shapes.facade import Facade, Part
from ganvas.data.shapes.materials import LIGHTS, NUMBER
from ganvas.data.shapes.openings import awning, balcony, chimney, door, shutter, trim, window
from ganvas.data.shapes.stone import DARK, bricks, plaster, shadow, stones, tints

SKIES: dict[str, tuple[Colour, Colour]] = {
    "at noon": ((0.33, 0.58, 0.86), (0.74, 0.87, 0.96)),
    "under clouds": ((0.58, 0.63, 0.69), (0.80, 0.82, 0.84)),
    "in the evening": ((0.36, 0.40, 0.66), (0.98, 0.72, 0.50)),
}
"""Above and at the horizon."""
CLOUDS: dict[str, tuple[Colour, float]] = {
    "at noon": ((0.97, 0.98, 1.0), 0.55),
    "under clouds": ((0.90, 0.90, 0.91), 0.35),
    "in the evening": ((1.0, 0.80, 0.68), 0.55),
}
"""Their colour, and how much of the noise they are not."""


def painted(facade: Facade, canvas: Canvas) -> None:
    """Paints a facade onto its canvas."""
    draws = facade.draws()
    for part in facade.parts:
        PAINTERS[part.kind](canvas, part, draws)
    whole = canvas.part(canvas.box)
    canvas.rgb *= lit(LIGHTS[facade.look.light], 0.96 + 0.08 * whole.noise(draws, 90.0))


# -- what is large -------------------------------------------------------------------------------


def sky(canvas: Canvas, part: Part, draws: Draws) -> None:
    """A gradient with clouds."""
    patch = canvas.part(part.box)
    above, horizon = SKIES[part.way]
    white, share = CLOUDS[part.way]
    clouds = 0.65 * patch.noise(draws, 3.5) + 0.35 * patch.noise(draws, 9.0)
    cover = 0.85 * unit((clouds - share) * 5)
    blue = mixed(above, horizon, patch.down)
    patch.paint(np.ones_like(clouds), mixed(blue, white, cover), NUMBER["sky"])


def wall(canvas: Canvas, part: Part, draws: Draws) -> None:
    """Its material, in the shade of the cornice at its top."""
    patch = canvas.part(part.box)
    laid = {"brick": bricks, "plaster": plaster, "stone": stones}[part.way]
    texture = laid(patch, part.colour, draws)
    light = 1.07 - 0.15 * patch.across - 0.05 * patch.down
    light = light * (0.93 + 0.14 * patch.noise(draws, 4.0))
    light = light * (1 - 0.42 * fading(patch.y - part.box[1] - 0.02, 0.018))
    light = light * (1 - 0.2 * fading(part.box[3] - patch.y, 0.02))
    patch.paint(patch.whole, lit(texture, light), NUMBER["wall"])


def roof(canvas: Canvas, part: Part, draws: Draws) -> None:
    """Courses of tiles on a trapezium, a triangle or a strip."""
    patch = canvas.part(part.box)
    left, top, right, bottom = part.box
    share = {"mansard": 0.09, "gable": 0.5, "flat": 0.0}[part.way]
    slant = share * (right - left)
    corners = [[left + slant, top], [right - slant, top], [right, bottom], [left, bottom]]
    cover = patch.within(patch.polygon(np.array(corners)))
    pitch = 0.032
    course = np.floor((patch.y - top) / pitch)
    along = (patch.x - left) / 0.04 + 0.5 * (course % 2)
    tint = tints(course, along, draws)
    down = (patch.y - top) / pitch - course
    light = (0.85 + 0.3 * tint) * (1.12 - 0.3 * down)
    light = light * (1 - 0.35 * patch.lines(along * 0.04, 0.04, 0.007))
    light = light * (1.1 - 0.25 * patch.across) * (0.9 + 0.2 * patch.noise(draws, 6.0))
    patch.paint(cover, lit(part.colour, light), NUMBER["roof"])
    ridge = canvas.part((left + slant - 0.006, top - 0.004, right - slant + 0.006, top + 0.012))
    if part.way != "gable":
        ridge.paint(ridge.whole, mixed(part.colour, DARK, 0.35), NUMBER["roof"])


def pavement(canvas: Canvas, part: Part, draws: Draws) -> None:
    """Slabs and a kerb."""
    patch = canvas.part(part.box)
    light = 0.52 + 0.08 * patch.down + 0.12 * patch.noise(draws, 30.0)
    light = light - 0.16 * fading(patch.y - part.box[1], 0.012)
    # Slabs, seen at a slant.
    slabs = patch.lines(patch.x + 0.6 * (patch.y - part.box[1]), 0.11, 0.008)
    light = light * (1 - 0.3 * slabs)
    kerb = patch.within(part.box[3] - 0.022 - patch.y)
    patch.paint(patch.whole, lit((1.0, 0.98, 0.95), light), NUMBER["pavement"])
    patch.shade(kerb, 0.68)


# -- what grows ----------------------------------------------------------------------------------


def plant(canvas: Canvas, part: Part, draws: Draws) -> None:
    """A box of flowers, or a tree."""
    (tree if part.way == "tree" else flower_box)(canvas, part, draws)


def flower_box(canvas: Canvas, part: Part, draws: Draws) -> None:
    """Leaves and blossoms in a pot."""
    left, top, right, bottom = part.box
    patch = canvas.part(part.box)
    leaves = patch.noise(draws, 50.0)
    cover = patch.whole * patch.within(top + 0.012 * leaves - patch.y, soft=0.01)
    green = mixed((0.14, 0.30, 0.10), (0.36, 0.58, 0.22), leaves)
    bloom = [(0.93, 0.25, 0.30), (0.96, 0.55, 0.75), (0.98, 0.85, 0.30)][int(draws.integers(3))]
    dots = unit((patch.noise(draws, 42.0) - 0.58) * 8) * (patch.down < 0.7)
    patch.paint(cover, mixed(green, bloom, dots), NUMBER["plant"])
    pot = canvas.part((left, bottom - 0.016, right, bottom))
    pot.paint(pot.whole, (0.62, 0.36, 0.24), NUMBER["plant"])


def tree(canvas: Canvas, part: Part, draws: Draws) -> None:
    """A crown that is lit from one side, and its trunk."""
    left, top, right, bottom = part.box
    radius = (right - left) / 2
    x, y = left + radius, top + radius
    trunk = canvas.part((x - 0.014, y, x + 0.014, bottom))
    bark = lit((0.36, 0.26, 0.18), 1.2 - 0.6 * trunk.across)
    shadow(canvas, (x, bottom - 0.012, x + radius, bottom - 0.002), 0.02, 0.01)
    trunk.paint(trunk.whole, bark, NUMBER["plant"])
    crown = canvas.part((left, top, right, top + 2 * radius))
    dx, dy = (crown.x - x) / radius, (crown.y - y) / radius
    lumps, leaves = crown.noise(draws, 16.0), crown.noise(draws, 45.0)
    distance = (np.hypot(dx, dy) - 0.78 - 0.36 * (lumps - 0.4)) * radius
    light = 0.62 - 0.32 * (dx + dy) + 0.7 * (leaves - 0.5) + 0.3 * (lumps - 0.5)
    green = mixed((0.08, 0.20, 0.07), (0.46, 0.66, 0.24), unit(light))
    crown.paint(crown.within(distance) * crown.whole, green, NUMBER["plant"])


PAINTERS: dict[str, Callable[[Canvas, Part, Draws], None]] = {
    "sky": sky,
    "roof": roof,
    "chimney": chimney,
    "wall": wall,
    "trim": trim,
    "window": window,
    "shutter": shutter,
    "balcony": balcony,
    "door": door,
    "awning": awning,
    "plant": plant,
    "pavement": pavement,
}

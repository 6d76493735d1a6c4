"""Light and stone: shadows, and what walls are made of."""

from __future__ import annotations

import numpy as np

from ganvas.data.shapes.canvas import Box, Canvas, Colour, Draws, Floats, Patch, lit, mixed

DARK: Colour = (0.10, 0.12, 0.15)


def shadow(canvas: Canvas, box: Box, right: float, down: float, light: float = 0.62) -> None:
    """What a part that stands out casts onto what is behind it: soft at its end."""
    left, top, end, bottom = box
    cast = canvas.part((left + right / 2, top + down / 2, end + right, bottom + down), down)
    cast.shade(cast.shadowed(0.7 * max(right, down)), light)


def tints(course: Floats, along: Floats, draws: Draws) -> Floats:
    """A number in 0..1 for each stone of a wall or tile of a roof: (h, w)."""
    table = draws.random((32, 32), dtype=np.float32)
    return table[course.astype(np.int64) % 32, np.floor(along).astype(np.int64) % 32]


def bricks(
    patch: Patch, colour: Colour | Floats, draws: Draws, size: tuple[float, float] = (0.075, 0.03)
) -> Floats:
    """Courses of bricks, each of a tint of its own, and mortar: (h, w, 3)."""
    width, height = size
    up = (patch.y - patch.box[1]) / height
    course = np.floor(up)
    along = (patch.x - patch.box[0]) / width + 0.5 * (course % 2)
    tint = tints(course, along, draws)
    joints = 0.2 * height
    cover = patch.lines(patch.y - patch.box[1], height, joints)
    cover = np.maximum(cover, patch.lines(along * width, width, joints))
    mortar = mixed(colour, (0.78, 0.76, 0.72), 0.55)
    return mixed(lit(colour, 0.78 + 0.44 * tint), mortar, cover)


def stones(patch: Patch, colour: Colour | Floats, draws: Draws) -> Floats:
    """Large cut blocks with dark joints: (h, w, 3)."""
    width, height = 0.13, 0.062
    up = patch.y - patch.box[1]
    course = np.floor(up / height)
    along = patch.x - patch.box[0] + 0.5 * width * (course % 2)
    tint = tints(course, along / width, draws)
    light = 0.82 + 0.2 * tint + 0.14 * patch.noise(draws, 45.0)
    joints = np.maximum(patch.lines(up, height, 0.009), patch.lines(along, width, 0.009))
    # The edge below a joint catches the light.
    light = light * (1 + 0.16 * patch.lines(up - 0.009, height, 0.009))
    return mixed(lit(colour, light), mixed(colour, DARK, 0.55), joints)


def plaster(patch: Patch, colour: Colour | Floats, draws: Draws) -> Floats:
    """A coat with stains that run down: (h, w, 3)."""
    grain = patch.noise(draws, 60.0)
    stains = patch.noise(draws, 7.0)
    fade = 0.5 + 0.5 * patch.down
    light = 0.90 + 0.12 * grain - 0.22 * np.maximum(stains - 0.55, 0) * fade
    return lit(colour, light)

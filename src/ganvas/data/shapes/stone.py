"""Light and stone: shadows, and what walls are made of."""

from __future__ import annotations

import numpy as np

from ganvas.data.shapes.canvas import Box, Canvas, Colour, Draws, Floats, Patch, mixed

DARK: Colour = (0.10, 0.12, 0.15)


def shadow(canvas: Canvas, box: Box, right: float, down: float, light: float = 0.62) -> None:
    """What a part that stands out casts onto what is behind it: soft at its end."""
    left, top, end, bottom = box
    cast = canvas.part((left + right / 2, top + down / 2, end + right, bottom + down), down)
    cast.shade(cast.shadowed(0.7 * max(right, down)), light)


def bricks(
    patch: Patch, colour: Colour, draws: Draws, size: tuple[float, float] = (0.075, 0.03)
) -> Floats:
    """Courses of bricks, each of a tint of its own, and mortar: (h, w, 3)."""
    width, height = size
    up = (patch.y - patch.box[1]) / height
    course = np.floor(up).astype(np.int64)
    along = (patch.x - patch.box[0]) / width + 0.5 * (course % 2)
    tints = draws.random((32, 32), dtype=np.float32)
    tint = tints[course % 32, np.floor(along).astype(np.int64) % 32]
    joints = 0.2 * height
    cover = patch.lines(patch.y - patch.box[1], height, joints)
    cover = np.maximum(cover, patch.lines(along * width, width, joints))
    mortar = mixed(colour, (0.78, 0.76, 0.72), 0.55)
    brick = np.asarray(colour, np.float32) * (0.78 + 0.44 * tint)[..., None]
    return mixed(brick, mortar, cover)


def stones(patch: Patch, colour: Colour, draws: Draws) -> Floats:
    """Large cut blocks with dark joints: (h, w, 3)."""
    width, height = 0.13, 0.062
    up = patch.y - patch.box[1]
    course = np.floor(up / height).astype(np.int64)
    along = patch.x - patch.box[0] + 0.5 * width * (course % 2)
    tints = draws.random((32, 32), dtype=np.float32)
    tint = tints[course % 32, np.floor(along / width).astype(np.int64) % 32]
    grain = patch.noise(draws, 45.0)
    block = np.asarray(colour, np.float32) * (0.82 + 0.2 * tint + 0.14 * grain)[..., None]
    joints = np.maximum(patch.lines(up, height, 0.009), patch.lines(along, width, 0.009))
    # The edge below a joint catches the light.
    lit = patch.lines(up - 0.009, height, 0.009)
    return mixed(block * (1 + 0.16 * lit)[..., None], mixed(colour, DARK, 0.55), joints)


def plaster(patch: Patch, colour: Colour, draws: Draws) -> Floats:
    """A coat with stains that run down: (h, w, 3)."""
    grain = patch.noise(draws, 60.0)
    stains = patch.noise(draws, 7.0)
    fade = 0.5 + 0.5 * patch.down
    light = 0.90 + 0.12 * grain - 0.22 * (stains - 0.55).clip(0) * fade
    return np.asarray(colour, np.float32) * light[..., None]

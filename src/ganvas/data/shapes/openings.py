"""What is on the walls and roofs of facades: trim, windows, shutters, balconies, doors, awnings.

Light comes from the upper left: what stands out casts a shadow to the lower right, and what lies
deep is dark at its upper left. Slats, bars and panes are finer than the map of labels says.
"""

from __future__ import annotations

import numpy as np

from ganvas.data.shapes.canvas import Canvas, Colour, Draws, Floats, Patch, fading, lit, mixed, unit
from ganvas.data.shapes.facade import Part
from ganvas.data.shapes.materials import NUMBER
from ganvas.data.shapes.stone import DARK, bricks, shadow

WHITE: Colour = (0.95, 0.95, 0.93)


def chimney(canvas: Canvas, part: Part, draws: Draws) -> None:
    """Bricks, a cap and two pots."""
    left, top, right, _ = part.box
    patch = canvas.part(part.box)
    texture = bricks(patch, mixed(part.colour, (0.55, 0.3, 0.24), 0.6), draws, (0.03, 0.018))
    patch.paint(patch.whole, lit(texture, 1.12 - 0.4 * patch.across), NUMBER["chimney"])
    cap = canvas.part((left - 0.008, top - 0.004, right + 0.008, top + 0.016))
    cap.paint(cap.whole, (0.72, 0.70, 0.66), NUMBER["chimney"])
    pot = (right - left) * 0.24
    for at in (left + 0.28 * (right - left), left + 0.72 * (right - left)):
        clay = canvas.part((at - pot / 2, top - 0.03, at + pot / 2, top - 0.004))
        clay.paint(clay.whole, (0.66, 0.36, 0.24), NUMBER["chimney"])


def trim(canvas: Canvas, part: Part, draws: Draws) -> None:
    """Whatever is of cut stone: cornices, sills, lintels, frames."""
    left, top, right, bottom = part.box
    if part.way in ("cornice", "course", "sill", "lintel"):
        shadow(canvas, part.box, 0.006, {"cornice": 0.03, "sill": 0.02}.get(part.way, 0.01))
    patch = canvas.part(part.box)
    cover = patch.whole
    if part.way == "gable":
        middle, roof_ = (left + right) / 2, 0.35 * (bottom - top)
        corners = [[left, top + roof_], [middle, top], [right, top + roof_], [right, bottom]]
        cover = patch.within(patch.polygon(np.array([*corners, [left, bottom]])))
    light = 1.06 - 0.22 * patch.down
    if part.way == "cornice":
        light = light * (1 - 0.3 * patch.lines(patch.x - left, 0.034, 0.014) * (patch.down > 0.5))
    patch.paint(cover, lit(part.colour, light), NUMBER["trim"])


def window(canvas: Canvas, part: Part, draws: Draws) -> None:
    """Glass behind bars, deep in the wall."""
    patch = canvas.part(part.box)
    *arched, way = part.way.split()
    cover = patch.arch() if arched else patch.whole
    patch.paint(cover, glass(patch, way, draws), NUMBER["window"])
    depth = np.maximum(
        0.62 * fading(patch.y - part.box[1], 0.014),
        0.45 * fading(patch.x - part.box[0], 0.009),
    )
    patch.shade(cover, 1 - depth)
    width, height = part.box[2] - part.box[0], part.box[3] - part.box[1]
    columns = max(2, round(width / 0.055)) if way == "shop" else 2
    rows = 1 if way == "shop" else 3 if height > 1.5 * width else 2
    bars = bars_of(patch, columns, rows)
    patch.paint(cover * bars, mixed(part.colour, WHITE, 0.5))


def bars_of(patch: Patch, columns: int, rows: int, thickness: float = 0.0085) -> Floats:
    """The glazing bars of a window, and its frame."""
    left, top, right, bottom = patch.box
    wide, high = (right - left - thickness) / columns, (bottom - top - thickness) / rows
    down = patch.lines(patch.x - left, wide, thickness)
    across = patch.lines(patch.y - top, high, thickness)
    return np.maximum(down, across)


def glass(patch: Patch, way: str, draws: Draws) -> Floats:
    """What one sees of a room, or mirrored in the glass: (h, w, 3)."""
    down = unit(patch.down)
    slant = patch.across + 0.5 * patch.down + 0.6 * (float(draws.random()) - 0.5)
    if way == "lit":
        glow = mixed((1.0, 0.90, 0.55), (0.93, 0.62, 0.28), down)
        return lit(glow, 0.85 + 0.3 * patch.noise(draws, 14.0))
    room, mirrored = (0.12, 0.15, 0.20), (0.50, 0.62, 0.74)
    glint = unit(1 - np.abs(slant - 0.75) / 0.35)
    rgb = mixed(room, mirrored, glint * (0.85 if way == "bright" else 0.35) + 0.12 * down)
    if way == "shop":
        goods = np.maximum(patch.noise(draws, 22.0) - 0.45, 0) * 3 * (down > 0.45)
        return mixed(rgb, (0.86, 0.62, 0.40), np.minimum(goods, 0.8))
    if way == "curtains":
        open_ = 0.22 + 0.12 * patch.down
        cloth = 0.9 * unit((np.abs(patch.across - 0.5) - open_) / 0.08)
        folds = 0.82 + 0.12 * np.sin(patch.across * 40)
        return mixed(rgb, lit((0.93, 0.90, 0.84), folds), cloth)
    return rgb


def shutter(canvas: Canvas, part: Part, draws: Draws) -> None:
    """A leaf of slats, or two that are closed."""
    shadow(canvas, part.box, 0.012, 0.012)
    patch = canvas.part(part.box)
    left, top, right, bottom = part.box
    slats = patch.lines(patch.y - top, 0.021, 0.009)
    edge = 0.011
    inner = patch.inside((left + edge, top + edge, right - edge, bottom - edge))
    light = 1.08 - 0.42 * slats * inner - 0.12 * patch.across
    if part.way == "closed":
        middle = (left + right) / 2
        light = light - 0.5 * patch.inside((middle - 0.004, top, middle + 0.004, bottom))
    light = light * (0.95 + 0.1 * float(draws.random()))
    colour = lit(part.colour, light)
    patch.paint(patch.whole, colour, NUMBER["shutter"])


def balcony(canvas: Canvas, part: Part, draws: Draws) -> None:
    """A slab and a railing; what is behind shows through."""
    left, top, right, bottom = part.box
    slab = left - 0.01, bottom - 0.024, right + 0.01, bottom
    shadow(canvas, slab, 0.01, 0.05)
    patch = canvas.part(part.box)
    patch.mark(patch.whole, NUMBER["balcony"])
    patch.paint(patch.whole * 0.22, (0.2, 0.2, 0.22))
    bars = patch.lines(patch.x - left, 0.0235, 0.0085)
    rail = np.maximum(
        patch.inside((left, top, right, top + 0.013)),
        patch.inside((left, bottom - 0.04, right, bottom - 0.03)),
    )
    iron = np.maximum(bars * patch.whole, rail)
    patch.paint(iron, DARK)
    floor = canvas.part(slab)
    light = 1.04 - 0.3 * floor.down
    colour = lit(part.colour, light)
    floor.paint(floor.whole, colour, NUMBER["balcony"])


def door(canvas: Canvas, part: Part, draws: Draws) -> None:
    """Two leaves of two panels each, below a fanlight."""
    left, top, right, bottom = part.box
    patch = canvas.part(part.box)
    light = 1.08 - 0.18 * patch.across - 0.08 * patch.down
    colour = lit(part.colour, light)
    patch.paint(patch.whole, colour, NUMBER["door"])
    above = top + 0.24 * (bottom - top)
    fan = canvas.part((left + 0.01, top + 0.008, right - 0.01, above))
    fan.paint(fan.whole, glass(fan, part.way, draws))
    spokes = fan.lines(fan.x - fan.box[0], (right - left - 0.02) / 3, 0.007)
    fan.paint(fan.whole * spokes, part.colour)
    middle, high = (left + right) / 2, (bottom - above) / 2
    for one, other in ((left, middle), (middle, right)):
        for row in range(2):
            y = above + row * high
            panel = canvas.part((one + 0.012, y + 0.012, other - 0.012, y + high - 0.012))
            sunk = (panel.across + panel.down) / 2
            panel.shade(panel.whole, 0.62 + 0.6 * unit(sunk))
    patch.shade(patch.inside((middle - 0.003, above, middle + 0.003, bottom)), 0.45)
    patch.shade(patch.whole, 1 - 0.5 * fading(patch.y - top, 0.014))
    y = above + 0.9 * high
    knob = canvas.part((middle + 0.008, y, middle + 0.02, y + 0.012))
    knob.paint(knob.whole, (0.95, 0.80, 0.40))


def awning(canvas: Canvas, part: Part, draws: Draws) -> None:
    """Striped cloth with scallops."""
    left, _, right, bottom = part.box
    shadow(canvas, part.box, 0.012, 0.06, 0.5)
    patch = canvas.part(part.box)
    pitch = (right - left) / max(3, round((right - left) / 0.055))
    # Each stripe ends in a scallop.
    along = (patch.x - left) / pitch
    hang = bottom - 0.022 * (2 * np.abs(along % 1 - 0.5)) ** 2
    cover = patch.whole * patch.within(patch.y - hang)
    stripes = patch.lines(patch.x - left, 2 * pitch, pitch)
    light = 1.1 - 0.35 * patch.down - 0.2 * (patch.down > 0.78)
    cloth = lit(mixed(part.colour, WHITE, stripes), light)
    patch.paint(cover, cloth, NUMBER["awning"])

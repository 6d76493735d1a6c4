"""What facades are made of: kinds of parts, materials, colours and light."""

from __future__ import annotations

from ganvas.data.shapes.canvas import Colour

KINDS = {
    "sky": (200, 230, 255),
    "roof": (170, 40, 30),
    "chimney": (90, 20, 20),
    "wall": (20, 60, 180),
    "trim": (0, 200, 200),
    "window": (90, 160, 255),
    "shutter": (0, 130, 60),
    "balcony": (190, 230, 0),
    "door": (255, 120, 0),
    "awning": (255, 0, 130),
    "plant": (60, 220, 60),
    "pavement": (110, 110, 110),
}
"""What a pixel may show, and its colour in the map of labels."""

NUMBER = {kind: number for number, kind in enumerate(KINDS)}
WALLS: dict[str, tuple[str, Colour]] = {
    "red brick": ("brick", (0.62, 0.30, 0.22)),
    "brown brick": ("brick", (0.50, 0.34, 0.26)),
    "yellow brick": ("brick", (0.78, 0.62, 0.38)),
    "cream plaster": ("plaster", (0.93, 0.85, 0.66)),
    "ochre plaster": ("plaster", (0.90, 0.70, 0.38)),
    "pink plaster": ("plaster", (0.90, 0.66, 0.60)),
    "green plaster": ("plaster", (0.68, 0.77, 0.62)),
    "blue plaster": ("plaster", (0.60, 0.72, 0.84)),
    "grey stone": ("stone", (0.66, 0.66, 0.65)),
    "sandstone": ("stone", (0.82, 0.73, 0.56)),
}
"""Materials, each with a way to be laid and a colour."""
ROOFS: dict[str, Colour] = {
    "slate": (0.33, 0.37, 0.43),
    "red tile": (0.68, 0.33, 0.22),
    "brown tile": (0.46, 0.32, 0.25),
    "copper": (0.38, 0.58, 0.52),
}
PAINTS: dict[str, Colour] = {
    "green": (0.15, 0.38, 0.26),
    "blue": (0.18, 0.34, 0.56),
    "red": (0.60, 0.15, 0.14),
    "brown": (0.40, 0.25, 0.15),
    "grey": (0.48, 0.52, 0.55),
    "white": (0.92, 0.92, 0.90),
}
"""Of shutters, doors and awnings."""
TRIMS: tuple[Colour, ...] = ((0.94, 0.92, 0.87), (0.84, 0.79, 0.69), (0.74, 0.73, 0.72))
LIGHTS: dict[str, Colour] = {
    "at noon": (1.02, 1.01, 0.99),
    "under clouds": (0.86, 0.89, 0.94),
    "in the evening": (1.04, 0.86, 0.72),
}

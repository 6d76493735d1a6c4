"""Makes src/ganvas/data/assets/glyphs anew from Arphic's fonts.

    .venv/bin/python assets/make_glyphs.py gkai00mp.ttf gbsn00lp.ttf

The fonts are AR PL KaitiM GB and AR PL SungtiL GB, version 2.11 of 6 January 2000, which Debian
has as fonts-arphic-gkai00mp and fonts-arphic-gbsn00lp. The same fonts give the same files.

Kai leaves more air around a character than Ming does. That is a matter of the size at which one
sets it and not of its strokes, so it is set larger, until both have as much ink side by side.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from atlas import write
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from ganvas.data.glyphs import CHARACTERS, SIDE

OUT = Path(__file__).parents[1] / "src" / "ganvas" / "data" / "assets" / "glyphs"
FINER = 8
"""A character is drawn at so many times its size, where hinting moves nothing that one sees."""
EM = 57
"""Pixels of the square that Ming's designers had for a character."""
LEVELS = 16
"""Shades of grey that are kept, white and black among them."""


def main() -> None:
    """Draws both fonts."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kai", type=Path)
    parser.add_argument("ming", type=Path)
    given = parser.parse_args()
    ming = at_size(given.ming, EM)
    kai = at_size(given.kai, EM * extent(ming) / extent(at_size(given.kai, EM)))
    for name, font, file in (("kai", kai, given.kai), ("ming", ming, given.ming)):
        write(OUT / f"{name}.webp", drawn(font), notice(font, file))


def at_size(file: Path, em: float) -> ImageFont.FreeTypeFont:
    """The font whose square has so many pixels of the result."""
    return ImageFont.truetype(file, em * FINER, layout_engine=ImageFont.Layout.BASIC)


def ink(font: ImageFont.FreeTypeFont) -> np.ndarray:
    """The box of each character's ink beside the pen's place: left, top, right, bottom (n, 4)."""
    masks = (font.getmask2(character, "L", anchor="ls") for character in CHARACTERS)
    return np.array([np.add(mask.getbbox(), [*at, *at]) for mask, at in masks])


def extent(font: ImageFont.FreeTypeFont) -> float:
    """How large its characters are: the geometric mean of their mean width and height."""
    boxes = ink(font)
    return float(np.sqrt(np.prod((boxes[:, 2:] - boxes[:, :2]).mean(0))))


def drawn(font: ImageFont.FreeTypeFont) -> list[Image.Image]:
    """All characters, each where the font has it: the same shift brings all to the middle.

    Raises:
        SystemExit: if the font lacks one, or one would be cut off.
    """
    boxes = ink(font)
    left, top = -(boxes[:, :2] + boxes[:, 2:]).mean(0) / 2 + SIDE * FINER / 2
    shift = np.array([round(left), round(top)] * 2)
    edge = np.concatenate([boxes[:, :2] + shift[:2], SIDE * FINER - boxes[:, 2:] - shift[:2]])
    known = TTFont(font.path).getBestCmap()
    missing = [character for character in CHARACTERS if ord(character) not in known]
    if missing or edge.min() < FINER:
        raise SystemExit(f"missing: {missing}; the least margin: {edge.min() / FINER:.2f} pixels")
    print(f"{font.getname()[0]}: {len(boxes):,} characters, margin {edge.min() / FINER:.2f} pixels")
    return [small(font, character, (shift[0], shift[1])) for character in CHARACTERS]


def small(font: ImageFont.FreeTypeFont, character: str, at: tuple[int, int]) -> Image.Image:
    """A character as (SIDE, SIDE) greys, dark on white."""
    large = Image.new("L", (SIDE * FINER, SIDE * FINER), 255)
    ImageDraw.Draw(large).text(at, character, 0, font, anchor="ls")
    step = 255 // (LEVELS - 1)
    return large.reduce(FINER).point([round(v / step) * step for v in range(256)])


def notice(font: ImageFont.FreeTypeFont, file: Path) -> str:
    """What the licence asks a changed file to say: how and when it was changed."""
    return (
        f"Copyright (C) 1999 Arphic Technology Co., Ltd. Changed by the ganvas project in "
        f"November 2026: pictures of {SIDE}x{SIDE} pixels of the {len(CHARACTERS):,} characters of "
        f"GB2312 level 1 were made from the font {font.getname()[0]} ({file.name}, version 2.11). "
        "Arphic Public License, see ARPHICPL.TXT beside this file. No warranty."
    )


if __name__ == "__main__":
    main()

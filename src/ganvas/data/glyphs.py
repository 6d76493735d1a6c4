"""The same Chinese characters in two typefaces: x in Kai, which looks written, y in Ming, printed.

They are the 3,755 characters of level 1 of GB2312, the common ones. Both typefaces are set so large
that their ink is equally large in the mean. What is held back is held back in both: who trains has
seen these characters in neither.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import torch

from ganvas.core import Image
from ganvas.core.chance import seed_of
from ganvas.data.atlas import tiles
from ganvas.data.pictures import sized
from ganvas.data.source import About, Rows, Source, Split, Wish

SIDE = 64
"""Pixels at which they were drawn."""
TEST = 600
"""Characters that are held back."""
CHARACTERS = bytes(byte for i in range(3755) for byte in (0xB0 + i // 94, 0xA1 + i % 94)).decode(
    "gb2312"
)
"""All of them in the order of GB2312, which is that of their sound; those are its rows 16 to 55."""
FILES = {"x": "glyphs/kai.webp", "y": "glyphs/ming.webp"}

ABOUT = About(
    "glyphs",
    "the same Chinese characters in two typefaces, Kai (x) and Ming (y), grey, 64x64; has pairs",
    "AR PL KaitiM GB and AR PL SungtiL GB, Arphic Technology 1999, Arphic Public License",
    {"x": Image(1, SIDE, SIDE), "y": Image(1, SIDE, SIDE)},
    len(CHARACTERS),
    TEST,
)


def about(name: str) -> About:
    """What there is to know about the glyphs."""
    return ABOUT


def characters(split: Split = "test", side: Literal["x", "y"] | None = None) -> str:
    """The characters of a part, in the order of its rows.

    Args:
        split: which part.
        side: of two unpaired tables, which; None for pairs, and for x alone.
    """
    return "".join(CHARACTERS[i] for i in _rows(split, side))


def make(name: str, wish: Wish) -> Source:
    """The characters at the size and with the channels that are wished for.

    Unpaired, no character is in both of the tables to learn from, so that no pair can be learned
    by chance; what is held back is whole in both, row by row.
    """
    both = "y" in wish.fields
    if both and not wish.paired:
        tables = [_table((side,), _rows(wish.split, side)) for side in ("x", "y")]
    else:
        tables = [_table(("x", "y") if both else ("x",), _rows(wish.split, None))]
    return sized(name, tables, wish)


def _table(fields: tuple[str, ...], rows: list[int]) -> Rows:
    columns = {field: torch.from_numpy(tiles(FILES[field], SIDE, "L")[rows]) for field in fields}
    return Rows({field: ABOUT.spaces[field] for field in fields}, columns)


def _rows(split: Split, side: str | None) -> list[int]:
    """The numbers of the characters of a part, or of its half on an unpaired side."""
    order = _order()
    part = {"train": order[TEST:], "test": order[:TEST], "all": order}[split]
    return part if side is None or split == "test" else part["xy".index(side) :: 2]


@cache
def _order() -> list[int]:
    """All characters, mixed: neighbours in GB2312 sound alike, and often look alike."""
    return sorted(range(len(CHARACTERS)), key=lambda i: seed_of("glyphs", CHARACTERS[i]))

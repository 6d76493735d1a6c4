"""Emoji of the font Noto Color Emoji, with the names and groups that Unicode gives them.

    emoji           all of them; the label is the group
    emoji:tones     those that come in every skin tone; the label is the tone, or `none` (yellow)
    emoji:genders   pairs: x shows a man, y a woman who does or is the same, in the same skin tone

What looks nearly the same, the tones and genders of an emoji and flags with one design, is either
all held back or all trained on, and so is it in all three.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ganvas.core import Image, Label, Space
from ganvas.core.chance import seed_of
from ganvas.data.atlas import content, tiles
from ganvas.data.pictures import sized
from ganvas.data.source import About, Rows, Source, Split, Wish

SIDE = 64
"""Pixels at which they were drawn."""
GROUPS = (
    *("Smileys & Emotion", "People & Body", "Animals & Nature", "Food & Drink"),
    *("Travel & Places", "Activities", "Objects", "Symbols", "Flags"),
)
TONES = ("none", "light", "medium-light", "medium", "medium-dark", "dark")
"""Skin tones; `none` is the yellow of an emoji without one."""
SHARE = 6
"""One of so many kins is held back."""

MODIFIERS = {chr(0x1F3FB + i): tone for i, tone in enumerate(TONES[1:])}
"""The code points that give a skin tone to the emoji before them."""
WOMEN = {
    "man": "woman",
    "men": "women",
    "boy": "girl",
    "prince": "princess",
    "merman": "mermaid",
    "Santa": "Mrs.",
}
"""Words of names by which a man's emoji differs from a woman's."""

Side = Literal["x", "y"]
Row = tuple["Emoji", ...]
"""What a row shows: one emoji, or the two of a pair."""


@dataclass(frozen=True, slots=True)
class Emoji:
    """One emoji."""

    text: str
    """Its code points."""
    group: str
    subgroup: str
    kin: str
    """What it has in common with all that look nearly the same."""
    name: str
    place: int
    """Which of its group's pictures is its own."""

    @property
    def tone(self) -> str | None:
        """The skin tone of those whom it shows; None if they have different ones."""
        tones = {MODIFIERS[code] for code in self.text if code in MODIFIERS} or {"none"}
        return tones.pop() if len(tones) == 1 else None

    @property
    def held(self) -> bool:
        """Whether it is held back from training."""
        return seed_of("emoji", self.kin) % SHARE == 0


@cache
def everything() -> tuple[Emoji, ...]:
    """All emoji, in Unicode's order."""
    found: list[Emoji] = []
    places = dict.fromkeys(GROUPS, 0)
    for line in content("emoji/emoji.tsv").decode().splitlines():
        if not line.startswith("#"):
            codes, group, subgroup, kin, name = line.split("\t")
            text = "".join(chr(int(code, 16)) for code in codes.split())
            found.append(Emoji(text, group, subgroup, kin, name, places[group]))
            places[group] += 1
    return tuple(found)


# -- what the rows of a source show --------------------------------------------------------------


def _in_all_tones() -> list[Row]:
    """Each emoji that there is in all tones, in each of them."""
    families: dict[str, dict[str, Emoji]] = {}
    for emoji in everything():
        if emoji.tone is not None:
            plain = "".join(c for c in emoji.text if c not in MODIFIERS and c != "\ufe0f")
            families.setdefault(plain, {})[emoji.tone] = emoji
    whole = [family for family in families.values() if family.keys() == set(TONES)]
    return [(emoji,) for family in whole for emoji in family.values()]


def _men_and_women() -> list[Row]:
    """Each emoji of a man, or of men, with that of a woman, whose name differs in this alone.

    Couples and families are left out: in these, who is exchanged for whom is not said.
    """
    people = (emoji for emoji in everything() if emoji.group == "People & Body")
    named = {emoji.name: emoji for emoji in people if emoji.subgroup != "family"}
    words = re.compile(rf"\b({'|'.join(WOMEN)})\b")
    pairs = ((man, words.sub(lambda found: WOMEN[found[0]], name)) for name, man in named.items())
    return [(man, named[other]) for man, other in pairs if other != man.name and other in named]


ROWS: dict[str, Callable[[], list[Row]]] = {
    "emoji": lambda: [(emoji,) for emoji in everything()],
    "emoji:tones": _in_all_tones,
    "emoji:genders": _men_and_women,
}


@cache
def _rows(name: str, split: Split, side: Side | None = None) -> list[Row]:
    """The rows of a part, mixed; or those of its half on an unpaired side.

    The halves share no kin. What is held back is not halved.
    """
    held = {"train": (False,), "test": (True,), "all": (False, True)}[split]
    rows = [row for row in ROWS[name]() if row[0].held in held]
    rows.sort(key=lambda row: seed_of("emoji", row[0].text))
    if side is None or split == "test":
        return rows
    return [row for row in rows if "xy"[seed_of("side", row[0].kin) % 2] == side]


def captions(name: str = "emoji", split: Split = "train", side: Side | None = None) -> list[str]:
    """What Unicode calls the emoji of a part, in the order of its rows.

    Args:
        name: `emoji`, `emoji:tones` or `emoji:genders`.
        split: which part.
        side: of two unpaired tables, which; of pairs None, which gives the name of x.
    """
    return [row[side == "y"].name for row in _rows(name, split, side)]


# -- sources -------------------------------------------------------------------------------------

ORIGIN = "the font Noto Color Emoji 2.042 (Google, SIL OFL 1.1), names of Unicode Emoji 15.0"
ABOUTS = {
    about.name: about
    for about in (
        About(
            "emoji",
            "colour emoji, RGB, 64x64; the label is the group that Unicode puts them in",
            ORIGIN,
            {"x": Image(3, SIDE, SIDE), "label": Label(len(GROUPS), GROUPS)},
            3655,
            529,
        ),
        About(
            "emoji:tones",
            "emoji that come in five skin tones and in yellow; the label is the tone",
            ORIGIN,
            {"x": Image(3, SIDE, SIDE), "label": Label(len(TONES), TONES)},
            1830,
            288,
        ),
        About(
            "emoji:genders",
            "emoji of men (x) and the same of women (y); has pairs",
            ORIGIN,
            {"x": Image(3, SIDE, SIDE), "y": Image(3, SIDE, SIDE)},
            472,
            78,
        ),
    )
}


def about(name: str) -> About:
    """What there is to know about `emoji` or one of its variants."""
    return ABOUTS[name]


def make(name: str, wish: Wish) -> Source:
    """The emoji at the size and with the channels that are wished for: RGB and grey over white."""
    both = "y" in ABOUTS[name].spaces and "y" in wish.fields
    if both and not wish.paired:
        sides: tuple[Side, Side] = ("x", "y")
        tables = [_table(name, _rows(name, wish.split, side), (side,), wish) for side in sides]
    else:
        fields = tuple(f for f in ABOUTS[name].spaces if f != "y" or both)
        tables = [_table(name, _rows(name, wish.split), fields, wish)]
    return sized(name, tables, wish)


def _table(name: str, rows: Sequence[Row], fields: tuple[str, ...], wish: Wish) -> Rows:
    image = Image(wish.channels or 3, SIDE, SIDE)
    spaces: dict[str, Space] = {}
    columns: dict[str, Tensor] = {}
    for field in fields:
        if field == "label":
            spaces[field] = ABOUTS[name].spaces[field]
            columns[field] = torch.tensor([_label(name, row[0]) for row in rows])
        else:
            spaces[field] = image
            columns[field] = _pictures([row[field == "y"] for row in rows], image.channels)
    return Rows(spaces, columns)


def _label(name: str, emoji: Emoji) -> int:
    if name == "emoji:tones":
        assert emoji.tone is not None
        return TONES.index(emoji.tone)
    return GROUPS.index(emoji.group)


def _pictures(some: Sequence[Emoji], channels: int) -> Tensor:
    """Emoji as (n, channels, SIDE, SIDE) uint8."""
    from ganvas.data.decode import recolour  # Pillow

    pixels = np.empty((len(some), channels, SIDE, SIDE), np.uint8)
    for group in {emoji.group for emoji in some}:
        rows = [i for i, emoji in enumerate(some) if emoji.group == group]
        places = [some[i].place for i in rows]
        pixels[rows] = recolour(tiles(file_of(group), SIDE, "RGBA")[places], channels)
    return torch.from_numpy(pixels)


def file_of(group: str) -> str:
    """Where the pictures of a group are."""
    return f"emoji/{'-'.join(re.findall('[a-z]+', group.lower()))}.webp"

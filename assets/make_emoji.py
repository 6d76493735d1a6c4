"""Makes src/ganvas/data/assets/emoji anew from Noto Color Emoji and from Unicode's list.

    .venv/bin/python assets/make_emoji.py NotoColorEmoji.ttf emoji-test.txt

The font is version 2.042 (Debian: fonts-noto-color-emoji), the list that of Unicode Emoji 15.0
(Debian: unicode-data, emoji/emoji-test.txt). Pillow must have Raqm, which puts sequences of code
points together. The same font and list give the same files.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from atlas import write
from PIL import Image, ImageDraw, ImageFont, features

from ganvas.data.emoji import GROUPS, SIDE, file_of

ASSETS = Path(__file__).parents[1] / "src" / "ganvas" / "data" / "assets"
STRIKE = 109
"""The only size at which the font has its pictures ..."""
BOX = (0, -101, 136, 27)
"""... and where these lie, from the origin of a glyph: left, top, right, bottom."""
MARGIN = 4
"""Pixels to the left and right in which nothing is drawn; without them a picture is square."""
FONT = (
    "Copyright 2022 Google Inc. Changed by the ganvas project in November 2026: pictures of "
    f"{SIDE}x{SIDE} pixels were made from the font Noto Color Emoji, version 2.042. "
    "SIL Open Font License 1.1, see OFL.txt beside this file."
)
TABLE = """\
# Copyright (c) 2022 Unicode, Inc. Unicode License v3, see UNICODE.txt beside this file.
# Changed by the ganvas project in November 2026: made from emoji-test.txt of Unicode Emoji 15.0,
# of which the fully-qualified emoji were kept; the fourth column was added.
# code points, group, subgroup, kin (what looks nearly the same has it in common), name
"""

SAME = {
    "prince": "royalty",
    "princess": "royalty",
    "person with crown": "royalty",
    "merman": "merfolk",
    "mermaid": "merfolk",
    "merperson": "merfolk",
    "older person": "old",
    "Santa Claus": "Claus",
    "Mrs. Claus": "Claus",
    "mx claus": "Claus",
    "woman and man holding hands": "holding hands",
}
"""Emoji that differ in who is shown, where the names differ in more than a word."""
SOMEBODY = r"\b(man|woman|person|men|women|people|boy|girl|child)\b"


@dataclass(frozen=True)
class Line:
    """A line of Unicode's list."""

    codes: str
    group: str
    subgroup: str
    name: str

    @property
    def text(self) -> str:
        """The emoji itself."""
        return "".join(chr(int(code, 16)) for code in self.codes.split())


def main() -> None:
    """Draws all emoji and writes down what they are."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("font", type=Path)
    parser.add_argument("list", type=Path)
    given = parser.parse_args()
    if not features.check("raqm"):
        raise SystemExit("this Pillow lacks Raqm, which sequences need")
    font = ImageFont.truetype(given.font, STRIKE, layout_engine=ImageFont.Layout.RAQM)
    lines = list(listed(given.list))
    tiles = [drawn(font, line) for line in lines]
    for group in GROUPS:
        mine = [tile for line, tile in zip(lines, tiles, strict=True) if line.group == group]
        write(ASSETS / file_of(group), mine, FONT)
    rows = [
        "\t".join((line.codes, line.group, line.subgroup, kin, line.name))
        for line, kin in zip(lines, kins(lines, tiles), strict=True)
    ]
    (ASSETS / "emoji" / "emoji.tsv").write_text(TABLE + "\n".join(rows) + "\n", "utf-8")
    print(f"{len(rows):,} emoji")


def listed(file: Path) -> Iterator[Line]:
    """The fully-qualified emoji of Unicode's list, in its order."""
    group = subgroup = ""
    for line in file.read_text("utf-8").splitlines():
        if line.startswith("# group: "):
            group = line.removeprefix("# group: ")
        elif line.startswith("# subgroup: "):
            subgroup = line.removeprefix("# subgroup: ")
        elif found := re.fullmatch(r"([0-9A-F ]+?) +; fully-qualified +# \S+ E[\d.]+ (.+)", line):
            yield Line(found[1], group, subgroup, found[2])


def drawn(font: ImageFont.FreeTypeFont, line: Line) -> Image.Image:
    """An emoji in the middle of a square, RGBA.

    Raises:
        SystemExit: if the font has no single picture of it.
    """
    left, top, right, bottom = BOX
    large = Image.new("RGBA", (right - left, bottom - top))
    pen = ImageDraw.Draw(large)
    pen.text((-left, -top), line.text, font=font, anchor="ls", embedded_color=True)
    square = (MARGIN, 0, large.width - MARGIN, large.height)
    ink = large.getbbox() or (0, 0, 0, 0)
    if font.getbbox(line.text, anchor="ls") != BOX or ink[0] < square[0] or ink[2] > square[2]:
        raise SystemExit(f"the font does not have {line.name} ({line.codes}) as one picture")
    return large.crop(square).resize((SIDE, SIDE), Image.Resampling.BOX)


def kins(lines: list[Line], tiles: list[Image.Image]) -> list[str]:
    """What each emoji has in common with those that look nearly the same.

    That is the name without skin tone, hair and gender; names that have a picture in common, as
    some flags have, count as one.
    """
    first: dict[bytes, str] = {}
    counts_as: dict[str, str] = {}
    for line, tile in zip(lines, tiles, strict=True):
        mine = kin(line.name)
        other = first.setdefault(tile.tobytes(), mine)
        if counts_as.get(mine, mine) != counts_as.get(other, other):
            print(f"the same picture: {line.name}, {other}")
            counts_as[mine] = counts_as.get(other, other)
    return [counts_as.get(kin(line.name), kin(line.name)) for line in lines]


def kin(name: str) -> str:
    """The name without what tells apart those who are shown."""
    what, _, who = name.partition(": ")
    if not who or what in ("flag", "keycap"):
        what = name
    plain = re.sub(SOMEBODY, "", SAME.get(what, what))
    return " ".join(plain.split()) or "person"


if __name__ == "__main__":
    main()

"""The built-in sources by name, and the modules that make them."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from ganvas.core import UsageError
from ganvas.core.errors import did_you_mean
from ganvas.data import emoji, glyphs, photos, pictures, sentences, shapes, toys
from ganvas.data.source import About, Source, Wish


class Maker(Protocol):
    """A module that makes built-in sources."""

    def about(self, name: str) -> About:
        """What there is to know about one, without making it."""
        ...

    def make(self, name: str, wish: Wish) -> Source:
        """The source, as it is wished for."""
        ...


MAKERS: dict[str, Maker] = {
    **dict.fromkeys(toys.LAWS, toys),
    "digits": pictures,
    "faces": pictures,
    "photos": photos,
    **dict.fromkeys(("negatives", "edges", "stacked"), pictures),
    "glyphs": glyphs,
    **dict.fromkeys(emoji.ABOUTS, emoji),
    **dict.fromkeys(shapes.WORDS, shapes),
    "tokens": sentences,
    "oracle": sentences,
}
"""Who makes each; what has a colon in its name is a variant of what stands before it."""
NUMBERED = ("oracle",)
"""Sources behind whose name a colon and a number may stand."""
PAIRED = ("glyphs", "emoji:genders", *shapes.PAIRED)
"""Sources that have pairs."""


def names() -> list[str]:
    """The built-in sources."""
    return list(MAKERS)


def is_built_in(source: str | Path) -> bool:
    """Whether these words name a built-in source, and not a folder."""
    return isinstance(source, str) and (source in MAKERS or source.partition(":")[0] in NUMBERED)


def about(name: str) -> About:
    """What there is to know about a built-in source, without making it.

    Raises:
        UsageError: if there is none of this name.
    """
    return maker(name).about(name)


def maker(name: str) -> Maker:
    """Who makes a built-in source.

    Raises:
        UsageError: if there is none of this name, or not in this variant.
    """
    if name in MAKERS:
        return MAKERS[name]
    head, colon, _ = name.partition(":")
    if head in NUMBERED:
        return MAKERS[head]
    if colon and head in MAKERS:
        variants = [known for known in MAKERS if known.partition(":")[0] == head]
        raise UsageError(f"unknown source {name!r}; there are: {', '.join(variants)}")
    raise did_you_mean(name, names(), "source")

"""What the page may ask for, by name, and the two kinds of answers.

A room registers functions; each takes an `Ask` and either returns its answer, plain values, or is a
generator: what it yields is sent at once, and between two yields others have their turn. So a step
between two yields should be short: nobody waits longer than one step of somebody else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ganvas.studio.wording import Words

if TYPE_CHECKING:
    from ganvas.studio.desk import Desk
    from ganvas.studio.session import Session

Plain = Mapping[str, Any]


@dataclass(frozen=True)
class Said:
    """Plain values on the way to the answer."""

    about: Plain


@dataclass(frozen=True)
class Shown:
    """A picture, or another file, on the way to the answer."""

    part: str
    """Which of the pictures of this answer it is."""
    content: bytes
    """PNG, WebP, GIF or MP4."""
    about: Plain = field(default_factory=dict)
    """What to know of it: `width`, `height`, a point's name."""


Answers = Generator[Said | Shown | None, None, Any]
"""None is no answer: others have their turn."""
Doing = Callable[["Ask"], Any]

KNOWN: dict[str, Doing] = {}
"""All that may be asked for, by name: ROOM.WORD."""


def does(name: str) -> Callable[[Doing], Doing]:
    """Makes a function one that the page may ask for."""

    def known(function: Doing) -> Doing:
        KNOWN[name] = function
        return function

    return known


class Wrong(Exception):
    """A request makes no sense; the page has a mistake, or somebody else sent it.

    Args:
        template: what is wrong.
        fields: what its names stand for.
    """

    def __init__(self, template: str, **fields: str | float) -> None:
        super().__init__(Words(template, **fields))


@dataclass
class Ask:
    """A request of a page.

    The functions that read a value refuse those that make no sense: what comes from a browser is
    never taken as it is.
    """

    id: int
    do: str
    given: dict[str, Any]
    files: dict[str, bytes]
    """Pictures that came along, by name."""
    key: str | None
    """A newer request of the same key takes the place of this one."""
    session: Session
    desk: Desk

    def whole(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number between two others, both included.

        Raises:
            Wrong: if it is none.
        """
        value = self.given.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            template = "{name} is a whole number from {low} to {high}, not {value}"
            raise Wrong(template, name=name, low=low, high=high, value=_short(value))
        return value

    def number(self, name: str, low: float, high: float, default: float | None = None) -> float:
        """A number between two others, both included.

        Raises:
            Wrong: if it is none.
        """
        return _number(name, self.given.get(name, default), low, high)

    def numbers(self, name: str, low: float, high: float, most: int = 64) -> list[float]:
        """Some numbers, none if they are not given.

        Raises:
            Wrong: if one is out of range, or there are too many.
        """
        values = self.given.get(name, [])
        if not isinstance(values, list) or len(values) > most:
            raise Wrong("{name} are up to {most} numbers", name=name, most=most)
        return [_number(name, value, low, high) for value in values]

    def word(self, name: str, known: tuple[str, ...] | None = None, default: str = "") -> str:
        """A word, one of those known if these are given.

        Raises:
            Wrong: if it is none.
        """
        value = self.given.get(name, default)
        if not isinstance(value, str) or len(value) > 200 or (known and value not in known):
            if known:
                among = ", ".join(known)
                template = "{name} is one of {known}, not {value}"
                raise Wrong(template, name=name, known=among, value=_short(value))
            raise Wrong("{name} is a word, not {value}", name=name, value=_short(value))
        return value

    def words(self, name: str, most: int = 64) -> list[str]:
        """Some words, none if they are not given.

        Raises:
            Wrong: if one is none, or there are too many.
        """
        values = self.given.get(name, [])
        if not isinstance(values, list) or len(values) > most:
            raise Wrong("{name} are up to {most} words", name=name, most=most)
        if any(not isinstance(value, str) or len(value) > 200 for value in values):
            raise Wrong("{name} are words", name=name)
        return values

    def flag(self, name: str) -> bool:
        """Whether something is asked for; it is not unless it is said so."""
        return self.given.get(name) is True

    def has(self, name: str) -> bool:
        """Whether a value was given, and is not null."""
        return self.given.get(name) is not None


def _number(name: str, value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Wrong("{name} is a number, not {value}", name=name, value=_short(value))
    if not low <= value <= high:
        template = "{name} is a number from {low} to {high}, not {value}"
        raise Wrong(template, name=name, low=f"{low:g}", high=f"{high:g}", value=f"{value:g}")
    return float(value)


def _short(value: Any) -> str:
    return repr(str(value)[:40] if isinstance(value, str) else value)[:42]

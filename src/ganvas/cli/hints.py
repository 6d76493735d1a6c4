"""How the type of an option reads in a help text or a message."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from ganvas.core import Schedule

WIDE = 48
"""Characters of choices that stand in the place of a value; more are listed in the help."""


def alternatives(hint: Any) -> tuple[Any, ...]:
    """The alternatives of a union, None first, text last; or the type alone."""
    if get_origin(hint) not in (Union, UnionType):
        return (hint,)
    return tuple(sorted(get_args(hint), key=lambda h: (h is not NoneType, h is str)))


_WORDS = {
    bool: ("flag", "on or off"),
    int: ("N", "a whole number"),
    float: ("X", "a number"),
    Schedule: ("SCHEDULE", "a schedule ('2e-4@0 0@1')"),
    NoneType: ("none", "none"),
}


def kind(hint: Any, name: str = "text", *, none: bool = True) -> str:
    """A type as it stands for a value in the help, such as `X|none`, or `X` if not `none`."""
    words = []
    for option in sorted(alternatives(hint), key=lambda h: h is NoneType):
        if option is NoneType and not none:
            continue
        if get_origin(option) is Literal:
            choices = ",".join(map(str, get_args(option)))
            words.append("{" + choices + "}" if len(choices) <= WIDE else "NAME")
        elif get_origin(option) is tuple:
            each = kind(get_args(option)[0], name)
            several = [each] * len(get_args(option))
            many = [each, "..."] if "{" in each else [each, each, "..."]
            words.append(",".join(many if ... in get_args(option) else several))
        else:
            words.append(_WORDS.get(option, (name.upper(), ""))[0])
    return "|".join(words)


def expected(hint: Any, *, none: bool = True) -> str:
    """A type in words, for a message; with None among them only if `none`."""
    words = []
    for option in sorted(alternatives(hint), key=lambda h: h is NoneType):
        if option is NoneType and not none:
            continue
        if get_origin(option) is Literal:
            words.append(" or ".join(map(str, get_args(option))))
        elif get_origin(option) is tuple:
            each = expected(get_args(option)[0]).removeprefix("a ")
            number = "" if ... in get_args(option) else f"{len(get_args(option))} "
            words.append(f"{number}values with commas between, each a {each}")
        else:
            words.append(_WORDS.get(option, ("", "a word"))[1])
    return " or ".join(words)


def shown(value: Any) -> str:
    """A value as it could be typed."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ",".join(map(shown, value)) or "none"
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    return "none" if value is None else str(value)


def choices(hint: Any) -> str:
    """The names that an option may have, for its help, where its `kind` does not list them."""
    lists = [get_args(h) for h in alternatives(hint) if get_origin(h) is Literal]
    names = [", ".join(map(str, listed)) for listed in lists]
    return "".join(f" One of {text}." for text in names if len(text) > WIDE)

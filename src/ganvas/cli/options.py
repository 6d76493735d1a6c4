"""Options of the command line, made from the fields of dataclasses: same names, defaults, help."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, make_dataclass
from difflib import get_close_matches
from itertools import pairwise
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import tyro
from tyro.constructors import PrimitiveConstructorSpec

from ganvas.cli.hints import alternatives, choices, expected, kind, shown
from ganvas.core import Schedule, UsageError
from ganvas.core.config import Options, docs

JSON = "--json"
_NUMBER = re.compile(r"-[\d.]")


@dataclass(frozen=True)
class Option:
    """`--name VALUE`, or a flag if its type is bool.

    Args:
        name: as in Python; the command line takes `-` for `_`, and none at the end.
        hint: the type of its values.
        default: its value if it is not given.
        help: what it means.
        value: what stands for the value in the help; by its type if None.
        read: makes a value of the word given; by its type if None. It raises UsageError.
        short: a one-letter name, such as `-n`.
    """

    name: str
    hint: Any
    default: Any
    help: str
    value: str | None = None
    read: Callable[[str], Any] | None = None
    short: str | None = None

    @property
    def word(self) -> str:
        """The option as it is typed."""
        return "--" + self.name.rstrip("_").replace("_", "-")

    def parse(self, text: str) -> Any:
        """The value of a word.

        Raises:
            UsageError: if it is none.
        """
        if self.read is not None:
            return self.read(text)
        for hint in alternatives(self.hint):
            try:
                return _read(text, hint)
            except ValueError:
                continue
        wanted = expected(self.hint, none=self.default is not None)
        raise UsageError(f"{self.word} must be {wanted}, not {text!r}")

    def as_field(self) -> tuple[str, Any, Any]:
        """The option as tyro wants it: a field of a dataclass."""
        silent = self.default is None or self.hint is bool
        about = tyro.conf.arg(
            name=self.word[2:],
            help=self.help,
            help_behavior_hint="" if silent else f"(default: {shown(self.default)})",
            aliases=[self.short] if self.short else None,
        )
        if self.hint is bool:
            return self.name, Annotated[bool, about], field(default=self.default)
        spec: PrimitiveConstructorSpec[Any] = PrimitiveConstructorSpec(
            nargs=1,
            metavar=self.value or kind(self.hint, self.name, none=self.default is not None),
            instance_from_str=lambda words: self.parse(words[0]),
            is_instance=lambda _: True,
            str_from_instance=lambda value: [shown(value)],
        )
        return self.name, Annotated[Any, about, spec], field(default=self.default)


def options_of(options: Options, *, but: Collection[str] = (), **more: Any) -> list[Option]:
    """An option for each field, with its value as default.

    Args:
        options: the fields and their values.
        but: fields to leave out.
        more: for a field by its name, arguments of `Option` that the field does not tell.
    """
    hints, helps = get_type_hints(type(options)), docs(type(options))
    made: list[Option] = []
    for name in (f.name for f in dataclasses.fields(options) if f.name not in but):
        help = helps.get(name, "") + choices(hints[name])
        about: dict[str, Any] = {"default": getattr(options, name), "help": help}
        made.append(Option(**{"name": name, "hint": hints[name], **about, **more.get(name, {})}))
    return made


def flags_of(options: Sequence[Option]) -> list[str]:
    """The options that have no value, as they are typed."""
    return [option.word for option in options if option.hint is bool]


def parse(
    command: str,
    about: str,
    groups: Mapping[str, Sequence[Option]],
    words: Sequence[str],
    elsewhere: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Reads the options of a command; `--help` prints them, by group, and leaves.

    Args:
        command: what was typed before the options.
        about: what to say of it in the help.
        groups: the options, by the word that heads them.
        words: what was typed after it.
        elsewhere: why there is not what other commands have, by the option as it is typed.

    Returns:
        The value of each option, by name.

    Raises:
        UsageError: for an unknown option or a word that is no value of its option.
    """
    parts: list[tuple[str, type, Any]] = []
    for name, options in groups.items():
        part = make_dataclass(name, [o.as_field() for o in options])
        part.__doc__ = ""
        parts.append((name, part, field(default_factory=part)))
    known = {o.word: o for options in groups.values() for o in options}
    known |= {o.short: o for o in known.values() if o.short}
    for word, following in pairwise([*words, "--"]):
        if word in known and known[word].hint is not bool and _is_option(following):
            raise UsageError(f"{word} needs a value; see ganvas {command} --help")
    made: Any
    made, left = tyro.cli(
        make_dataclass("Command", parts),
        prog=f"ganvas {command}",
        description=about,
        args=list(words),
        config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff),
        return_unknown_args=True,
    )
    for option in (word.split("=")[0] for word in left if elsewhere):
        if elsewhere and option in elsewhere:
            raise UsageError(f"ganvas {command} has no option {option}: {elsewhere[option]}")
    refuse(left, known, command)
    return {k: v for name, *_ in parts for k, v in vars(getattr(made, name)).items()}


def refuse(left: Sequence[str], known: Collection[str], command: str) -> None:
    """Complains of the first word that nobody wanted.

    Raises:
        UsageError: if there is one.
    """
    for word in left:
        if word.startswith("-"):
            option = word.split("=")[0]
            near = get_close_matches(option, known, n=1, cutoff=0.7)
            few = f"there are: {', '.join(sorted(known))}" if len(known) < 13 else ""
            hint = f"did you mean {near[0]}?" if near else few or f"see ganvas {command} --help"
            raise UsageError(f"ganvas {command} has no option {option}; {hint}")
    if left:
        raise UsageError(f"ganvas {command} does not take {left[0]!r}; see ganvas {command} --help")


def take(words: Sequence[str], flags: Collection[str]) -> tuple[str | None, list[str]]:
    """The first word that is neither an option nor an option's value, and the words without it.

    Args:
        words: what was typed.
        flags: the options that have no value.
    """
    value_follows = False
    for i, word in enumerate(words):
        if _is_option(word):
            value_follows = "=" not in word and word not in flags
        elif value_follows:
            value_follows = False
        else:
            return word, [*words[:i], *words[i + 1 :]]
    return None, list(words)


def _is_option(word: str) -> bool:
    return word.startswith("-") and not _NUMBER.match(word)


def value_of(option: str, words: Sequence[str], default: str) -> str:
    """The value of one option, before the others are known."""
    for word, following in pairwise([*words, None]):
        if word == option and following is not None:
            return following
        if word and word.startswith(option + "="):
            return word.partition("=")[2]
    return default


def size_of(text: str) -> int | tuple[int, int]:
    """The size of images: `32` for squares, `24x32` for height x width.

    Raises:
        UsageError: if the text is none.
    """
    try:
        sides = [int(side) for side in text.lower().split("x")]
    except ValueError:
        sides = []
    if len(sides) not in (1, 2) or min(sides) < 1:
        raise UsageError(f"--size must be like 32 or, height x width, 24x32; not {text!r}")
    return sides[0] if len(sides) == 1 else (sides[0], sides[1])


def _read(text: str, hint: Any) -> Any:
    """A value of a plain type; ValueError if the text is none."""
    if hint is NoneType and text.lower() == "none":
        return None
    if hint is int:
        return int(text)
    if hint is float and math.isfinite(number := float(text)):
        return number
    if hint is Schedule and "@" in text:
        return Schedule.parse(text)
    if hint is str:
        return text
    if get_origin(hint) is tuple:
        words = [] if text.lower() == "none" else [word for word in text.split(",") if word]
        if ... in get_args(hint) or len(words) == len(get_args(hint)):
            return tuple(_read(word, get_args(hint)[0]) for word in words)
    if get_origin(hint) is Literal:
        for choice in get_args(hint):
            if str(choice) == text:
                return choice
    raise ValueError(text)

"""What one can set: a frozen dataclass for each game, read from JSON, options or keywords."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import math
import textwrap
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Self, Union, get_args, get_origin, get_type_hints

from ganvas.core.errors import UsageError, did_you_mean
from ganvas.core.schedule import Schedule


@dataclass(frozen=True)
class Between:
    """Beside a type (`Annotated[int, Between(1)]`): the numbers that an option may have."""

    low: float
    high: float = math.inf

    def __str__(self) -> str:
        if self.high == math.inf:
            return f"{self.low:g} or more"
        return f"between {self.low:g} and {self.high:g}"


Count = Annotated[int, Between(1)]
"""How many there are of what cannot be absent: feature maps, steps, images."""
Whole = Annotated[int, Between(0)]
"""How many there are of what may be absent."""
Weight = Annotated[float, Between(0)]
"""How much a term of a loss counts."""
Share = Annotated[float, Between(0, 1)]
"""A part of a whole, a probability, the decay of an average."""


@dataclass(frozen=True)
class Options:
    """Named values, checked when made. Each field's docstring is its help on the command line."""

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self), include_extras=True)
        for field in dataclasses.fields(self):
            _check(field.name, getattr(self, field.name), hints[field.name])

    def to_json(self) -> dict[str, Any]:
        """Plain values, by field; schedules as their text, tuples as lists."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return {k: _plain(v) for k, v in values.items()}

    @classmethod
    def build(cls, **values: Any) -> Self:
        """A config from plain values (of JSON, say); the other fields keep their defaults.

        Raises:
            UsageError: for an unknown field or a value of the wrong type.
        """
        return cls().but(**values)

    def but(self, **values: Any) -> Self:
        """This config with other values.

        Raises:
            UsageError: for an unknown field or a value of the wrong type.
        """
        hints = get_type_hints(type(self))
        known = {field.name for field in dataclasses.fields(self)}
        for name in values:
            if name not in known:
                raise did_you_mean(name, known, f"option of {type(self).__qualname__}")
        return dataclasses.replace(self, **{k: _read(v, hints[k]) for k, v in values.items()})


@dataclass(frozen=True)
class Config(Options):
    """What every game has. A game adds its paper's own fields."""

    batch: Count = 64
    """Images per step, over all processes and micro-batches."""
    images: Count = 192_000
    """Length of the run: how many real images it sees (repeats counted)."""


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Schedule) else value


def groups(options: type[Options]) -> dict[str, str]:
    """For each field, the word for what it belongs to: the `group` of the class that declares it.

    A field that a class declares anew belongs to that class.
    """
    found: dict[str, str] = {}
    for cls in reversed(options.__mro__):
        for name in vars(cls).get("__annotations__", {}):
            found[name] = vars(cls).get("group", "game")
    return {field.name: found[field.name] for field in dataclasses.fields(options)}


def _alternatives(hint: Any) -> tuple[Any, ...]:
    """The alternatives of a union, or the type alone."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _read(value: Any, hint: Any) -> Any:
    """Undoes what JSON did to a value: tuples that became lists, schedules that became text."""
    if isinstance(value, str) and Schedule in _alternatives(hint):
        return Schedule.parse(value)
    return tuple(value) if isinstance(value, list) else value


def _fits(value: Any, hint: Any) -> bool:
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) is Annotated:
        base, limits = get_args(hint)
        return _fits(value, base) and limits.low <= value <= limits.high
    if get_origin(hint) is tuple:
        each = get_args(hint)
        right = isinstance(value, tuple) and (... in each or len(value) == len(each))
        return right and all(_fits(v, each[0]) for v in value)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return hint is Any or isinstance(value, hint or type(None))


def _check(name: str, value: Any, hint: Any) -> None:
    options = _alternatives(hint)
    if any(_fits(value, option) for option in options):
        return
    expected = " or ".join(map(_in_words, options))
    raise UsageError(f"{name} must be {expected}, not {value!r}")


def _in_words(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return " | ".join(map(repr, get_args(hint)))
    if get_origin(hint) is Annotated:
        base, limits = get_args(hint)
        return f"{_in_words(base)}, {limits}"
    return hint.__name__ if isinstance(hint, type) and get_origin(hint) is None else str(hint)


def docs(options: type[Options]) -> dict[str, str]:
    """The docstring of each field, by name, of the class and its bases."""
    found: dict[str, str] = {}
    fields = {field.name for field in dataclasses.fields(options)}
    for cls in reversed(options.__mro__):
        if not dataclasses.is_dataclass(cls):
            continue
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
        assert isinstance(tree, ast.ClassDef)
        for node, after in zip(tree.body, tree.body[1:], strict=False):
            match node, after:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ) if name in fields:
                    found[name] = " ".join(text.split())
    return found

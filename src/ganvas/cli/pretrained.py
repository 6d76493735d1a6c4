"""`ganvas pretrained list | card NAME | get NAME`: generators that come with ganvas."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from ganvas.cli.options import JSON, options_of, parse, refuse, take
from ganvas.cli.pages import HELP, PAGES
from ganvas.cli.printing import table
from ganvas.core import UsageError
from ganvas.core.config import Options
from ganvas.core.errors import did_you_mean
from ganvas.tools import pretrained
from ganvas.tools.pretrained import Shipped

VERBS = ("list", "card", "get")
HEADINGS = ("name", "game", "MB", "measured", "makes")


@dataclass(frozen=True)
class Get(Options):
    """What `get` takes besides the name."""

    out: str | None = None
    """The run's folder; runs/pretrained/NAME unless given."""
    json: bool = False
    """Print the result as one JSON object."""


def main(words: Sequence[str]) -> None:
    """Prints what was asked for.

    Raises:
        UsageError: for an unknown word or name, or a folder that holds something else.
        GanvasError: if a file is not what was measured.
    """
    verb, rest = take(words, (JSON, *HELP))
    if verb is None and set(rest) & set(HELP):
        print(PAGES["pretrained"], end="")
    elif verb == "list":
        _list(rest)
    elif verb == "card":
        _card(rest)
    elif verb == "get":
        _get(rest)
    elif verb is None:
        raise UsageError(f"ganvas pretrained does what? one of: {', '.join(VERBS)}")
    else:
        raise did_you_mean(verb, VERBS, "verb of ganvas pretrained")


def _list(words: Sequence[str]) -> None:
    """The generators, a line each."""
    refuse([word for word in words if word != JSON], [JSON], "pretrained list")
    found = list(pretrained.shipped().values())
    if JSON in words:
        print(json.dumps([_plain(about) for about in found], indent=2, ensure_ascii=False))
    else:
        print(table([HEADINGS, *map(_row, found)], right=[2]))


def _row(about: Shipped) -> tuple[str, ...]:
    figure = f"{about.figure['title']} {about.figure['value']:.3g}"
    return about.name, about.game, f"{about.size / 1e6:.1f}", figure, about.makes


def _card(words: Sequence[str]) -> None:
    """What a generator is, for people."""
    name, rest = _named("card", words, (JSON,))
    refuse([word for word in rest if word != JSON], [JSON], "pretrained card")
    text = pretrained.card(name)
    if JSON in rest:
        print(json.dumps({**_plain(pretrained.find(name)), "card": text}, ensure_ascii=False))
    else:
        print(text, end="")


def _get(words: Sequence[str]) -> None:
    """Makes a run of a generator."""
    name, rest = _named("get", words, (JSON, *HELP))
    groups = {"get": options_of(Get(), out={"short": "-o", "value": "RUN"})}
    asked = Get(**parse(f"pretrained get {name}", "Makes a run of a generator.", groups, rest))
    run = pretrained.get(name, asked.out)
    if asked.json:
        about = {"run": str(run.folder), "name": name, "game": run.plan.game}
        print(json.dumps(about, ensure_ascii=False))
        return
    verb = "translate {} INPUT OUTPUT" if run.plan.data.get("paired") else "sample {}"
    following = f"ganvas {verb.format(shlex.quote(str(run.folder)))}"
    print(table([("run", str(run.folder)), ("next", following)], whole=True))


def _named(verb: str, words: Sequence[str], flags: Sequence[str]) -> tuple[str, list[str]]:
    """The name that was given, and the words without it.

    Raises:
        UsageError: if there is none.
    """
    name, rest = take(words, flags)
    if name is None and not set(rest) & set(HELP):
        there = ", ".join(pretrained.names())
        raise UsageError(f"{verb} which generator? there are: {there}")
    return name or "NAME", rest


def _plain(about: Shipped) -> dict[str, object]:
    """A generator as plain values."""
    return {**asdict(about), "bytes": about.size}

"""`ganvas explore RUN ACTION`: what a trained generator has learned, as pictures."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_type_hints

from ganvas.cli.inputs import elements
from ganvas.cli.options import Option, flags_of, options_of, parse, take
from ganvas.cli.pages import HELP, PAGES
from ganvas.cli.printing import full
from ganvas.core import Image, Space, UsageError
from ganvas.core.config import Options
from ganvas.core.run import Run
from ganvas.tools.explore.action import Action
from ganvas.tools.explore.exploring import ACTIONS, action_of, explore
from ganvas.tools.pretrained import opened


@dataclass(frozen=True)
class Ask(Options):
    """What can be asked beside what the action takes."""

    output: str | None = None
    """The file; RUN/ACTION-SEED.png unless given."""
    fps: float = 20.0
    """Pictures in a second of a video."""
    device: str = "auto"
    """Where to compute: auto (a GPU if there is one), cpu, cuda, cuda:1, mps."""
    json: bool = False
    """Print the result as one JSON object."""


def main(words: Sequence[str]) -> None:
    """Explores, writes, and says where to.

    Raises:
        UsageError: for an unknown action, wrong options, or what the run cannot show.
        GanvasError: if the run's weights are damaged.
    """
    flags = {flag for cls in ACTIONS.values() for flag in flags_of(options_of(cls()))}
    flags |= {*flags_of(options_of(Ask())), *HELP}
    folder, rest = take(words, flags)
    word, rest = take(rest, flags)
    if folder is None and set(rest) & set(HELP):
        print(PAGES["explore"], end="")
        return
    if folder is None:
        raise UsageError("explore which run? ganvas explore RUN ACTION")
    run = opened(folder)
    if word is None and set(rest) & set(HELP):
        print(PAGES["explore"], end="")
        return
    if word is None:
        raise UsageError(f"explore it how? ganvas explore {folder} {'|'.join(ACTIONS)}")
    cls = action_of(word)
    inputs = run.game.inputs
    asked, values, texts = _read(run, word, cls, inputs, rest)
    given = {name: elements(name, inputs[name], text, run) for name, text in texts.items()}
    output = asked.output or run.folder / f"{word}-{values['seed']}.png"
    more: dict[str, Any] = {"fps": asked.fps, "device": asked.device, "inputs": given}
    done = explore(run, word, output, **more, **values)
    if asked.json:
        told = {k: v for k, v in vars(done).items() if k != "picture"}
        print(json.dumps(told, ensure_ascii=False))
        return
    for note in done.notes:
        print(note, file=sys.stderr)
    print(done.output)


def _read(
    run: Run, word: str, cls: type[Action], inputs: Mapping[str, Space], words: Sequence[str]
) -> tuple[Ask, dict[str, Any], dict[str, str]]:
    """What was asked: in general, of the action, and the text for each picture it takes.

    Raises:
        UsageError: for an unknown option or a value of the wrong type.
    """
    action = options_of(cls(), **_words(cls))
    general = options_of(Ask(), output={"short": "-o", "value": "FILE"})
    taken = [
        Option(name, str | None, None, full(space), value="FILE")
        for name, space in inputs.items()
        if isinstance(space, Image)
    ]
    groups = {word: action, "general": general} | ({"input": taken} if taken else {})
    about = " ".join((cls.__doc__ or "").split())
    values = parse(f"explore {run.folder} {word}", about, groups, words)
    asked = Ask(**{option.name: values.pop(option.name) for option in general})
    texts = {option.name: values.pop(option.name) for option in taken}
    return asked, values, {name: text for name, text in texts.items() if text is not None}


def _words(cls: type[Action]) -> dict[str, dict[str, Any]]:
    """What the fields of an action do not tell of their options."""
    more: dict[str, dict[str, Any]] = {"number": {"short": "-n"}, "label": {"value": "CLASS"}}
    more |= {"point": {"value": "FILE.safetensors"}}
    sources = {"read": _group, "value": "SEED|FILE,..."}
    for name, hint in get_type_hints(cls).items():
        if hint == tuple[int | str, ...]:
            more[name] = sources
    for name in ("start", "minus", "plus"):
        more[name] = {"read": _group, "value": "SEED|CLASS,..."}
    return {name: about for name, about in more.items() if name in cls.__dataclass_fields__}


def _group(text: str) -> tuple[int | str, ...]:
    """Seeds, files or classes, with commas between."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return tuple(int(part) if part.lstrip("-").isdecimal() else part for part in parts)

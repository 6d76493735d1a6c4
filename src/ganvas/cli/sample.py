"""`ganvas sample RUN`: draws from a trained game."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from ganvas.cli import drawings
from ganvas.cli.inputs import elements, in_turn, real_rows
from ganvas.cli.options import JSON, Option, options_of, parse, take
from ganvas.cli.pages import HELP, PAGES
from ganvas.cli.printing import full
from ganvas.core import GameError, Image, UsageError
from ganvas.core.config import Options
from ganvas.core.run import Run
from ganvas.core.space import Space
from ganvas.tools.pretrained import opened


@dataclass(frozen=True)
class Draw(Options):
    """What can be asked of any game; its inputs come beside."""

    number: int = 64
    """How many."""
    seed: int = 0
    """Decides the draw."""
    best: float | None = None
    """Draw number / best, keep those that the discriminator finds most real."""
    truncation: float | None = None
    """Less variety for better samples: ψ in W where the game has styles, else the largest
    magnitude of the values of z."""
    output: str | None = None
    """FILE.png, FILE.npz, FILE.txt or FOLDER/; RUN/sample-SEED.png (or .txt) unless given."""
    json: bool = False
    """Print the result as one JSON object."""


def main(words: Sequence[str]) -> None:
    """Draws, writes, and says where to.

    Raises:
        UsageError: for wrong options, inputs that are not in their space, or nowhere to write to.
        GanvasError: if the run's weights are damaged.
    """
    folder, rest = take(words, [JSON, *HELP])
    if folder is None and set(rest) & set(HELP):
        print(PAGES["sample"], end="")
        return
    if folder is None:
        raise UsageError("sample from which run? ganvas sample RUN -n 64 -o grid.png")
    run = opened(folder)
    with torch.device("meta"):
        game = run.plan.build()
    asked, texts = _read(run, game.inputs, rest)
    if asked.number < 1:
        raise UsageError(f"cannot draw {asked.number} samples; ask for at least 1")
    place = drawings.place(asked.output, run.folder / f"sample-{asked.seed}", game.output)
    given = {name: elements(name, game.inputs[name], text, run) for name, text in texts.items()}
    for name, space in game.inputs.items():
        if name not in given and isinstance(space, Image):
            given[name] = real_rows(run, name, space, asked.number, asked.seed)
    inputs = {name: in_turn(rows, asked.number) for name, rows in given.items()}
    how = {"best": asked.best, "truncation": asked.truncation}
    made = run.sample_with_inputs(asked.number, seed=asked.seed, **how, **inputs)  # type: ignore[arg-type]
    drawn = drawings.Drawn(run, *made, turns={name: len(rows) for name, rows in given.items()})
    drawings.write(drawn, place)
    if asked.json:
        result = {"run": str(run.folder), "output": str(place.path), "number": asked.number}
        result |= {
            "seed": asked.seed,
            "best": asked.best,
            "truncation": asked.truncation,
            "inputs": texts,
        }
        print(json.dumps(result, ensure_ascii=False))
    else:
        print(place.path)


def _read(
    run: Run, inputs: Mapping[str, Space], words: Sequence[str]
) -> tuple[Draw, dict[str, str]]:
    """What was asked for, and the text given for each input.

    Raises:
        UsageError: for an unknown option or a value of the wrong type.
    """
    more = {"number": {"short": "-n"}, "output": {"short": "-o", "value": "FILE|FOLDER/"}}
    groups = {"draw": options_of(Draw(), **more), "input": _inputs(run, inputs)}
    about = f"Draws from a run of {run.plan.game}"
    values = parse(f"sample {run.folder}", about, groups, words)
    asked = Draw(**{option.name: values.pop(option.name) for option in groups["draw"]})
    return asked, {name: text for name, text in values.items() if text is not None}


def _inputs(run: Run, inputs: Mapping[str, Space]) -> list[Option]:
    """An option for each input of the game; its text is read later, by the space.

    Raises:
        GameError: if an input has the name of one of the other options.
    """
    if taken := inputs.keys() & Draw().to_json().keys():
        raise GameError(f"{run.plan.game} has an input with an option's name: {min(taken)}")
    usual = "(some of the run's own data unless given)"
    return [
        Option(
            name, str | None, None,
            full(space) + " " + (usual if isinstance(space, Image) else "(drawn unless given)"),
            value="FILE|FOLDER" if isinstance(space, Image) else None,
        )
        for name, space in inputs.items()
    ]  # fmt: skip

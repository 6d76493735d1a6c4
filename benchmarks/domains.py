"""Does a translation reach the domain that is asked for, and leave the rest of the picture alone?

    python -m benchmarks.domains                  seeds 0, 1, 2
    python -m benchmarks.domains stargan:colours
    python -m benchmarks.domains --table          what was measured

Every held-out picture is sent to each of the other domains: a shape to the other colours, an emoji
to the other skin tones. Of both the true pictures are known: the scene drawn anew, and the emoji of
the same name. Where these differ between domains is the part to be changed.

`recognised` is the share of translations in which a classifier, which learned from real pictures of
the training part, sees the domain that was asked for; beside it what it reaches on real held-out
pictures. `nearest` is the share whose nearest true picture, in that part, is the right one. L1 is
in parts of the range from black to white: outside, to the picture that was given; inside, to the
true one, beside what the picture that was given has. Prints a line for each run and keeps it in
results/GAME.json.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from benchmarks import kept
from torch import Tensor

import ganvas
from ganvas import data
from ganvas.core.run import Run
from ganvas.data import emoji, shapes
from ganvas.data.shapes import scene
from ganvas.data.shapes.canvas import Canvas
from ganvas.data.source import as_floats
from ganvas.metrics.classifier import Classifier
from ganvas.watch.pictures import grid

PART, DIFFERS, SHOWN = "domains", 0.02, 12
WHERE = {"colours": "shapes:colours", "tones": "emoji:tones"}
GAMES: dict[str, dict[str, Any]] = {"stargan:colours": {}, "stargan:tones": {}}
"""What differs from each game's default."""


def twins_of_shapes(size: int) -> Tensor:
    """Each held-out scene in every colour: (n, colours, 3, size, size)."""

    def drawn(number: int, colour: str) -> Tensor:
        canvas = Canvas(size, size)
        plan = scene.planned(number, canvas.box, alone=True)
        scene.painted(replace(plan, things=(replace(plan.main, colour=colour),)), canvas)
        return torch.from_numpy(canvas.picture()).permute(2, 0, 1)

    held = range(shapes.ROWS - shapes.TEST, shapes.ROWS)
    rows = [torch.stack([drawn(number, colour) for colour in shapes.COLOURS]) for number in held]
    return as_floats(torch.stack(rows))


def twins_of_emoji(size: int) -> Tensor:
    """Each held-out emoji in every skin tone: (n, tones, 3, size, size)."""
    table = data.load("emoji:tones", size=size, split="test", fields=("x", "label")).tables[0]
    rows = table.fetch(torch.arange(len(table)))
    families: dict[tuple[str, ...], dict[int, Tensor]] = {}
    names = emoji.captions("emoji:tones", "test")
    for name, x, tone in zip(names, rows["x"], rows["label"].tolist(), strict=True):
        words = [word.strip() for word in name.replace(":", ",").split(",")]
        bare = tuple(word for word in words if not word.endswith("skin tone"))
        families.setdefault(bare, {})[tone] = x
    tones = range(len(emoji.TONES))
    whole = [one for one in families.values() if len(one) == len(tones)]
    return torch.stack([torch.stack([one[tone] for tone in tones]) for one in whole])


TWINS: dict[str, Callable[[int], Tensor]] = {"colours": twins_of_shapes, "tones": twins_of_emoji}
"""The true held-out pictures in every domain."""


def measured(name: str, seed: int, folder: Path) -> kept.Row:
    """One run, and what its translations are like."""
    game, _, where = name.partition(":")
    config = GAMES[name]
    run = ganvas.train(game, data=WHERE[where], seed=seed, out=folder, quiet=True, **config)
    learned = data.reload(run.plan.data)
    judge = Classifier(learned)
    truth = TWINS[where](run.game.output.height)
    said = figures(run, judge, truth, folder / "held-out.png")
    return {
        "seed": seed,
        "rounds": run.clock.round,
        "seconds": round(run.clock.seconds, 1),
        **{figure: round(value, 4) for figure, value in said.items()},
        "classifier": judge.protocol(),
    }


def figures(run: Run, judge: Classifier, truth: Tensor, picture: Path) -> dict[str, float]:
    """What is to be said of the translations of (n, domains, ...) to all other domains."""
    n, domains = truth.shape[:2]
    part = (truth.amax(1) - truth.amin(1)).amax(1) > DIFFERS
    found: dict[str, list[Tensor]] = {}
    for own in range(domains):
        x = truth[:, own]
        found.setdefault("recognised, real", []).append(judge.names(x) == own)
        for step in range(1, domains):
            to = (own + step) % domains
            made = run.sample(n, x=x, label=torch.full((n,), to))
            off = (made[:, None] - truth).abs().mean(2)
            nearest = (off * part[:, None]).flatten(2).sum(2).argmin(1)
            found.setdefault("recognised", []).append(judge.names(made) == to)
            found.setdefault("nearest", []).append(nearest == to)
            found.setdefault("L1 inside", []).append(off[:, to][part] / 2)
            given = (x - truth[:, to]).abs().mean(1)[part] / 2
            found.setdefault("L1 inside, given", []).append(given)
            found.setdefault("L1 outside", []).append(off[:, own][~part] / 2)
    shown = torch.cat([_row(run, truth[i], i % domains) for i in range(min(n, SHOWN))])
    grid(shown, domains + 1).save(picture)
    return {figure: float(torch.cat(parts).double().mean()) for figure, parts in found.items()}


def _row(run: Run, truth: Tensor, own: int) -> Tensor:
    """A picture and what becomes of it in each domain: (1 + domains, ...)."""
    x = truth[own : own + 1]
    return torch.cat([x, run.sample(len(truth), x=x, label=torch.arange(len(truth)))])


def table() -> Iterator[str]:
    """Mean and standard deviation of all that were measured."""
    for name in GAMES:
        game, _, where = name.partition(":")
        if where and f"{PART} of {where}" in kept.read(game):
            part = f"{PART} of {where}"
            for figure in kept.figures(game, part):
                yield f"{name:<18}{figure:<24}{kept.cell(game, part, figure, '.4g')}"
                name = ""


if __name__ == "__main__":
    what = __doc__.splitlines()[0]
    kept.measure("python -m benchmarks.domains", what, PART, [*GAMES], measured, table)

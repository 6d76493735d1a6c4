"""Compare: two runs, or two states of one, from the same latent points."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ganvas.core import UsageError
from ganvas.studio.controls import draws, label_of
from ganvas.studio.doing import Answers, Ask, does
from ganvas.studio.pictures import shown
from ganvas.studio.shelf import Opened
from ganvas.studio.wording import Words

MOST = 48
SIDES = ("left", "right")


@does("compare.open")
def begin(ask: Ask) -> dict[str, Any]:
    """The states of a run that can be compared: its newest, and those of earlier rounds."""
    shelf, name = ask.desk.shelf, ask.word("run")
    opened = shelf.open(name)
    if not draws(opened.game):
        template = "{run} makes pictures of pictures: there is no latent point to share"
        raise UsageError(Words(template, run=name))
    return {"run": name, "rounds": shelf.rounds(name), "round": opened.game.clock.round}


@does("compare.sample")
def sample(ask: Ask) -> Answers:
    """The pictures of the same seeds from both sides, in turn."""
    n, seed = ask.whole("n", 1, MOST, 12), ask.whole("seed", 0, 2**31 - 1, 0)
    both = {side: _opened(ask, side) for side in SIDES}
    shapes = {opened.latent("z").shape for opened in both.values()}
    for i in range(n):
        for side, opened in both.items():
            yield shown(f"{side}-{i}", _picture(opened, seed + i), seed=seed + i)
        yield None
    return {"same": len(shapes) == 1}


def _opened(ask: Ask, side: str) -> Opened:
    at = ask.whole(f"{side}_round", 0, 2**40) if ask.has(f"{side}_round") else None
    return ask.desk.shelf.open(ask.word(side), at)


def _picture(opened: Opened, seed: int) -> Tensor:
    """The picture of a seed; where there are classes, seeds go through them."""
    space = label_of(opened.game)
    latent = opened.latent("z", None if space is None else seed % space.classes)
    with torch.no_grad():
        return latent.show(latent.at([seed]))[0].cpu()

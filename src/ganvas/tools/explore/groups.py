"""Points whose pictures are of a class."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ganvas import data
from ganvas.core import Label, UsageError
from ganvas.metrics.features import features
from ganvas.tools.explore.action import Study
from ganvas.tools.latent import Latent

DRAWN = 2000
"""Points among which those of a class are looked for."""


def of_class(study: Study, word: int | str, n: int, seed: int) -> Tensor:
    """Up to `n` points whose pictures show a class: (n, *shape).

    Where the game is told the class, w depends on it: the points are drawn with it. Else they are
    those among many of which a classifier of the run's data is surest.

    Raises:
        UsageError: if there is no such class, none of its pictures is found, or points say nothing
            of it.
    """
    latent = study.latent
    told = [name for name, space in latent.game.inputs.items() if isinstance(space, Label)]
    if not told:
        return _found(study, word, n, seed)
    if latent.space == "z":
        raise UsageError(
            f"{latent.game.name} is told the class beside z, so that z says nothing of it; give "
            "groups of seeds"
        )
    given: dict[str, Any] = {k: x for k, x in latent.others.items() if k != told[0]}
    given["truncation"] = latent.truncation
    return Latent(latent.game, latent.space, word, latent.seed, **given).draw(n, seed)


def _found(study: Study, word: int | str, n: int, seed: int) -> Tensor:
    latent, about = study.latent, study.run.plan.data
    source = data.held_out(about, about.get("split", "train"))
    label = source.tables[0].spaces.get("label")
    if not isinstance(label, Label):
        raise UsageError(
            f"the data of {study.run.folder} has no labels to find groups by; give seeds"
        )
    number = int(label.parse(str(word))[0])
    classifier = features("classifier", latent.game.output, source)
    points = latent.draw(DRAWN, seed)
    with torch.no_grad():
        sure = torch.cat(
            [classifier.probabilities(latent.show(some).cpu()) for some in points.split(250)]
        )
    of_it = (sure.argmax(1) == number).nonzero()[:, 0]
    if not len(of_it):
        raise UsageError(f"of {DRAWN:,} pictures none shows {word!r}: the run has not learned it")
    best = of_it[sure[of_it, number].argsort(descending=True)[:n]]
    return points[best.to(points.device)]

"""GAN dissection: which unit of a generator draws what, and what a picture is without it.

A unit agrees with a concept if the places where it is strong are those where the concept is seen.
It is a cause of the concept if the concept goes when the unit does.

David Bau, Jun-Yan Zhu, Hendrik Strobelt, Bolei Zhou, Joshua Tenenbaum, William Freeman, Antonio
Torralba. ICLR 2019. https://arxiv.org/abs/1811.10597

    IoU(u, c) = |u↑ > t  and  c| / |u↑ > t  or  c|                                         (eq. 2)
    t = argmax I(u↑ > t; c) / H(u↑ > t, c)

u↑ is the unit's map, enlarged to the picture. t is chosen on every other batch of pictures, IoU is
taken on the others. The paper's concepts are the classes of a segmenter; these are what pixels tell
by themselves (`ganvas.tools.concepts`) and what pictures were asked to show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ganvas.core import Game, Label, UsageError, sampling
from ganvas.core.chance import Chance
from ganvas.core.errors import did_you_mean
from ganvas.tools.agreement import Counts, enlarged, levels_of
from ganvas.tools.concepts import concepts_of, opaque
from ganvas.tools.layers import Layer, reading

BATCH = 32
CLASSES = 20
"""Games with more classes are dissected without them."""
Namer = Callable[[Tensor], Tensor]
"""Says which class pictures show: (n, channels, h, w) -> (n,)."""


@dataclass(frozen=True)
class Dissection:
    """How well each unit of a layer agrees with each concept."""

    layer: Layer
    concepts: tuple[str, ...]
    iou: Tensor
    """(units, concepts), 0 to 1."""
    thresholds: Tensor
    """(units, concepts): above it a unit says that the concept is here."""
    shares: Tensor
    """(concepts,): of all pixels. A unit that is always on has this IoU."""
    pictures: int
    """How many were looked at."""

    def best(self, concept: str, k: int = 1) -> list[int]:
        """The units that agree best with a concept, the best first.

        Raises:
            UsageError: if the concept is unknown.
        """
        return self.iou[:, self.number(concept)].topk(min(k, len(self.iou))).indices.tolist()

    def number(self, concept: str) -> int:
        """The column of a concept.

        Raises:
            UsageError: if it is unknown.
        """
        if concept not in self.concepts:
            raise did_you_mean(concept, self.concepts, "concept")
        return self.concepts.index(concept)

    def rows(self) -> list[tuple[str, int, float, float]]:
        """Concept, its best unit, their IoU, the concept's share of all pixels; the best first."""
        values, units = self.iou.max(0)
        found = zip(
            self.concepts, units.tolist(), values.tolist(), self.shares.tolist(), strict=True
        )
        return sorted(found, key=lambda row: -row[2])


def dissect(
    game: Game,
    layer: Layer,
    *,
    n: int = 256,
    seed: int = 0,
    namer: Namer | None = None,
    words: Sequence[str] = (),
    **given: Any,
) -> Dissection:
    """How well the units of a layer agree with what can be seen.

    Args:
        game: the trained game.
        layer: one of `ganvas.tools.layers.layers_of(game)`.
        n: how many pictures are drawn to look at.
        seed: decides them.
        namer: says which class a picture shows; for games that take a label it need not be asked.
        words: the names of its classes.
        given: inputs that are not drawn.

    Raises:
        UsageError: if there are too few pictures, or an input cannot be drawn.
    """
    if n < 2 * BATCH:
        raise UsageError(f"{n} pictures are too few to dissect a layer; take {2 * BATCH} or more")
    levels, names = Tensor(), tuple[str, ...]()
    counts: list[Counts] = []
    for i, (pictures, inputs, maps) in enumerate(batches(game, layer, n, seed, given)):
        masks = concepts_of(pictures)
        masks |= _classes(game, masks["figure"], pictures, inputs, namer, words)
        if not counts:
            names, levels = tuple(masks), levels_of(maps)
            counts = [Counts.none(levels, len(names)) for _ in range(2)]
        counts[i % 2].add(maps, torch.stack(list(masks.values())), levels)
    learnt, told = counts
    at = learnt.quality().argmax(0)  # (units, concepts)
    both = told.there + learnt.there
    return Dissection(
        layer,
        names,
        told.iou().gather(0, at[None])[0],
        levels.T.gather(1, at),
        (both / (told.pixels + learnt.pixels)).float(),
        n,
    )


def batches(
    game: Game, layer: Layer, n: int, seed: int, given: dict[str, Any]
) -> Iterator[tuple[Tensor, dict[str, Tensor], Tensor]]:
    """Pictures, the inputs that made them, and the layer's maps, on the CPU."""
    inputs = sampling.inputs_of(game, n, Chance("sample", seed), None, given)
    for start in range(0, n, BATCH):
        rows = {name: x[start : start + BATCH] for name, x in inputs.items()}
        maps, pictures = _seen(game, layer, min(BATCH, n - start), seed + start, rows)
        yield pictures, rows, maps


def _seen(
    game: Game, layer: Layer, n: int, seed: int, rows: dict[str, Any]
) -> tuple[Tensor, Tensor]:
    """A layer's maps and the pictures, of a batch."""
    with reading([layer]) as maps:
        pictures, _ = game.sample(n, seed=seed, **rows)
    return maps[layer.name].float().cpu(), pictures


def _classes(
    game: Game,
    figure: Tensor,
    pictures: Tensor,
    inputs: dict[str, Tensor],
    namer: Namer | None,
    words: Sequence[str],
) -> dict[str, Tensor]:
    """A concept for each class: the figure in pictures that show it, nothing in all others."""
    labels = [name for name, space in game.inputs.items() if isinstance(space, Label)]
    if namer is not None:
        shown, known, prefix = namer(pictures), list(words), "class"
    elif labels and (space := game.inputs[labels[0]]) and isinstance(space, Label):
        shown, prefix = inputs[labels[0]], labels[0]
        known = list(space.names) or [str(i) for i in range(space.classes)]
    else:
        return {}
    if len(known) > CLASSES:
        return {}
    return {
        f"{prefix} {word}": figure & (shown == i)[:, None, None] for i, word in enumerate(known)
    }


def exhibits(game: Game, found: Dissection, concept: str, *, n: int = 8, seed: int = 0) -> Tensor:
    """Of many pictures those that show a concept's best unit most, dark where it is silent.

    (n, 1 or 3, h, w) in [-1, 1].
    """
    unit, column = found.best(concept)[0], found.number(concept)
    shown, scores = list[Tensor](), list[Tensor]()
    for pictures, _, maps in batches(game, found.layer, max(n, 4 * BATCH), seed, {}):
        size = (pictures.shape[2], pictures.shape[3])
        strong = enlarged(maps[:, unit : unit + 1], size) > found.thresholds[unit, column]
        shown.append(opaque(pictures) * torch.where(strong, 1.0, 0.25) * 2 - 1)
        scores.append(maps[:, unit].amax((1, 2)))
    return torch.cat(shown)[torch.cat(scores).topk(n).indices]

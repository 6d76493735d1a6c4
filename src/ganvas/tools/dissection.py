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
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ganvas.core import Game, Label, UsageError, sampling
from ganvas.core.chance import Chance
from ganvas.core.errors import did_you_mean
from ganvas.tools.concepts import concepts_of, opaque
from ganvas.tools.layers import Layer, changing, checked, reading, setting

BATCH = 32
LEVELS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99)
"""Shares of a unit's values below the thresholds that are tried."""
SIDE = 64
"""Larger pictures are compared at every second, third ... pixel."""
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
    for i, (pictures, inputs, maps) in enumerate(_batches(game, layer, n, seed, given)):
        masks = concepts_of(pictures)
        masks |= _classes(game, masks["figure"], pictures, inputs, namer, words)
        if not counts:
            names, levels = tuple(masks), _levels(maps)
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


@dataclass
class Counts:
    """Pixels: where units are strong, where concepts are, where both are."""

    strong: Tensor
    """(levels, units)"""
    there: Tensor
    """(concepts,)"""
    both: Tensor
    """(levels, units, concepts)"""
    pixels: int = 0

    @classmethod
    def none(cls, levels: Tensor, concepts: int) -> Counts:
        """Nothing counted yet."""
        zeros = torch.zeros(*levels.shape, concepts, dtype=torch.float64)
        return cls(zeros[..., 0].clone(), zeros[0, 0].clone(), zeros)

    def add(self, maps: Tensor, masks: Tensor, levels: Tensor) -> None:
        """Counts a batch: maps (n, units, h, w), masks (concepts, n, H, W), levels (L, units)."""
        stride = -(-max(masks.shape[2:]) // SIDE)
        masks = masks[:, :, ::stride, ::stride]
        large = enlarged(maps, (masks.shape[2], masks.shape[3])).transpose(0, 1).flatten(1)
        flat = masks.flatten(1).float().T  # (pixels, concepts)
        for i, level in enumerate(levels):
            strong = (large > level[:, None]).float()
            self.strong[i] += strong.sum(1)
            self.both[i] += strong @ flat
        self.there += flat.sum(0)
        self.pixels += len(flat)

    def iou(self) -> Tensor:
        """(levels, units, concepts); 0 where neither is anywhere."""
        either = self.strong[..., None] + self.there - self.both
        return (self.both / either.clamp(min=1)).float()

    def quality(self) -> Tensor:
        """I(u; c) / H(u, c), (levels, units, concepts); 0 where they exclude each other."""
        u, c = self.strong[..., None] / self.pixels, self.there / self.pixels
        p = self.both / self.pixels
        joint = sum(map(_information, (p, u - p, c - p, 1 - u - c + p)))
        mutual = sum(map(_information, (u, 1 - u, c, 1 - c))) - joint
        return torch.where(p > u * c, mutual / torch.clamp(torch.as_tensor(joint), min=1e-12), 0.0)


def enlarged(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Feature maps (n, units, h, w) at the size of the picture."""
    return interpolate(maps, size, mode="bilinear", align_corners=False)


def _information(p: Tensor) -> Tensor:
    """-p log p, and 0 for 0."""
    return torch.special.entr(p.clamp(min=0))


def _batches(
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


def _levels(maps: Tensor) -> Tensor:
    """The thresholds to try for each unit: (levels, units)."""
    values = maps.transpose(0, 1).flatten(1)
    values = values[:, :: -(-values.shape[1] // 16_384)]
    return values.quantile(torch.tensor(LEVELS), 1)


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


# -- what is a picture without them? -------------------------------------------------------------


@torch.no_grad()
def ablated(
    game: Game,
    layer: Layer,
    units: Sequence[int],
    *,
    to: float | Literal["mean"] = 0.0,
    n: int = 8,
    seed: int = 0,
    **given: Any,
) -> tuple[Tensor, Tensor]:
    """Pictures, and the same without some units: (n, channels, h, w) each.

    Args:
        game: the trained game.
        layer: where the units are.
        units: their numbers.
        to: what they say instead, everywhere: a number, or each its own mean.
        n: how many pictures.
        seed: decides them.
        given: inputs that are not drawn.

    Raises:
        UsageError: if there are no such units.
    """
    chosen = checked(layer, units)
    if not chosen:
        raise UsageError("without which units? give their numbers, such as 3,5")
    value: float | Tensor = means(game, layer, seed=seed, **given)[chosen] if to == "mean" else to
    before, _ = game.sample(n, seed=seed, **given)
    with changing(layer, setting(chosen, value)):
        after, _ = game.sample(n, seed=seed, **given)
    return before, after


def means(game: Game, layer: Layer, *, n: int = 2 * BATCH, seed: int = 0, **given: Any) -> Tensor:
    """What each unit says on average: (units,)."""
    batches = [maps.mean((2, 3)) for _, _, maps in _batches(game, layer, n, seed, given)]
    return torch.cat(batches).mean(0)


def effects(before: Tensor, after: Tensor) -> dict[str, tuple[float, float]]:
    """The share of all pixels that shows each concept, before and after."""
    a, b = concepts_of(before), concepts_of(after)
    return {name: (float(a[name].float().mean()), float(b[name].float().mean())) for name in a}


def strip(
    game: Game,
    layer: Layer,
    units: Sequence[int],
    *,
    to: float | Literal["mean"] = 0.0,
    n: int = 8,
    seed: int = 0,
    **given: Any,
) -> Tensor:
    """Pictures, below them the same without some units, below these the difference.

    (3 · n, 1 or 3, h, w) in [-1, 1], row by row, as `ganvas.watch.pictures.grid(..., columns=n)`
    lays them out. Arguments as for `ablated`.
    """
    before, after = ablated(game, layer, units, to=to, n=n, seed=seed, **given)
    return torch.cat([opaque(before) * 2 - 1, opaque(after) * 2 - 1, difference(before, after)])


def difference(before: Tensor, after: Tensor) -> Tensor:
    """How much each pixel differs, in [-1, 1]: grey where it does not."""
    return (opaque(after) - opaque(before)).clamp(-1, 1)


def exhibits(game: Game, found: Dissection, concept: str, *, n: int = 8, seed: int = 0) -> Tensor:
    """Of many pictures those that show a concept's best unit most, dark where it is silent.

    (n, 1 or 3, h, w) in [-1, 1].
    """
    unit, column = found.best(concept)[0], found.number(concept)
    shown, scores = list[Tensor](), list[Tensor]()
    for pictures, _, maps in _batches(game, found.layer, max(n, 4 * BATCH), seed, {}):
        size = (pictures.shape[2], pictures.shape[3])
        strong = enlarged(maps[:, unit : unit + 1], size) > found.thresholds[unit, column]
        shown.append(opaque(pictures) * torch.where(strong, 1.0, 0.25) * 2 - 1)
        scores.append(maps[:, unit].amax((1, 2)))
    return torch.cat(shown)[torch.cat(scores).topk(n).indices]

"""What a picture is without some units of its generator (Bau et al. 2019, section 3.2).

If the concept goes with the units, they are its cause: "remove the windows".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor

from ganvas.core import Game, UsageError
from ganvas.tools.concepts import concepts_of, opaque
from ganvas.tools.dissection import BATCH, batches
from ganvas.tools.layers import Layer, changing, checked, setting


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
    found = [maps.mean((2, 3)) for _, _, maps in batches(game, layer, n, seed, given)]
    return torch.cat(found).mean(0)


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

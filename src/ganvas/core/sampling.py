"""Samples of a trained game: inputs that are given or drawn, and what is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ganvas.core import truncation as trick
from ganvas.core.chance import Chance
from ganvas.core.errors import UsageError
from ganvas.core.space import Noise

if TYPE_CHECKING:
    from ganvas.core.game import Game


@torch.no_grad()
def sample(
    game: Game,
    n: int,
    *,
    seed: int,
    batch: int,
    truncation: float | None,
    given: Mapping[str, Tensor],
) -> tuple[Tensor, dict[str, Tensor]]:
    """`Game.sample`, where what it takes is explained."""
    if unknown := given.keys() - game.inputs.keys():
        raise UsageError(f"{game.name} takes {', '.join(game.inputs)}, not {min(unknown)!r}")
    inputs = inputs_of(game, n, Chance("sample", seed), truncation, given)
    styled = truncation is not None and trick.kind(game) == "w"
    more: dict[str, Any] = {"truncation": truncation} if styled else {}
    made = []
    with game.showing():
        game.truncation = truncation
        for start in range(0, n, batch):
            game.chance = Chance("sample", seed, start, device=game.device)
            rows = {name: x[start : start + batch] for name, x in inputs.items()}
            x = game.generate(**{name: x.to(game.device) for name, x in rows.items()}, **more)
            made.append(x.to(game.output.dtype).cpu())
    return torch.cat(made), inputs


def inputs_of(
    game: Game, n: int, chance: Chance, truncation: float | None, given: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """`n` elements of each input of a game: as given, else drawn, truncated if so asked.

    Raises:
        UsageError: if an input is not in its space, or cannot be drawn, or not truncated.
    """
    if truncation is not None:
        trick.check(game, truncation)
    threshold = truncation if truncation is not None and trick.kind(game) == "z" else None
    inputs = {}
    for name, space in game.inputs.items():
        noise = isinstance(space, Noise) and space.law == "normal"
        if name in given:
            if noise and threshold is not None:
                raise UsageError(
                    f"truncation decides how {name} is drawn, and {name} is given: take one of them"
                )
            inputs[name] = _given(game, name, given[name], n)
        elif noise and threshold is not None:
            assert isinstance(space, Noise)
            inputs[name] = trick.truncated_normal(n, space.size, threshold, chance.generator())
        else:
            inputs[name] = _drawn(game, name, n, chance)
    return inputs


@torch.no_grad()
def scores(game: Game, x: Tensor, inputs: Mapping[str, Tensor], *, batch: int) -> Tensor:
    """`Game.scores`, where what it takes is explained."""
    given = {
        name: rows for name, rows in inputs.items() if not isinstance(game.inputs[name], Noise)
    }
    parts = []
    with game.showing():
        for start in range(0, len(x), batch):
            here = slice(start, start + batch)
            rows = {name: rows[here].to(game.device) for name, rows in given.items()}
            parts.append(game.judge(x[here].to(game.device), **rows).float().cpu())
    return torch.cat(parts)


def _given(game: Game, name: str, x: Tensor, n: int) -> Tensor:
    space = game.inputs[name]
    if len(x) not in (1, n):
        raise UsageError(f"{len(x)} elements of {name} were given for {n} samples")
    if why := space.why_not(x):
        raise UsageError(f"{name} is not in {space}: {why}")
    return x.cpu().expand(n, *space.shape)


def _drawn(game: Game, name: str, n: int, chance: Chance) -> Tensor:
    if not game.inputs[name].prior:
        raise UsageError(f"{game.name} needs the input {name!r} ({game.inputs[name]})")
    return chance.draw(game.inputs[name], n)

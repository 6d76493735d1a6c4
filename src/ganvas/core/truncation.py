"""Truncation: fewer kinds of samples, each of them better.

Where there are styles, w is drawn towards its mean by ψ (Karras et al. 2019, appendix B). Else the
values of a normal z whose magnitude is above a threshold are drawn again (Brock et al. 2019,
section 3.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from ganvas.core.errors import UsageError
from ganvas.core.space import Noise
from ganvas.core.styled import Styled

if TYPE_CHECKING:
    from ganvas.core.game import Game

LEAST = 0.02
"""Below this threshold z hardly differs from 0."""


def kind(game: Game) -> Literal["w", "z"]:
    """Where a game is truncated.

    Raises:
        UsageError: if it cannot be, with the reason.
    """
    if isinstance(game, Styled):
        return "w"
    laws = [space.law for space in game.inputs.values() if isinstance(space, Noise)]
    if "normal" in laws:
        return "z"
    why = "its noise is uniform, and has no tails" if laws else "it draws from no noise"
    raise UsageError(f"{game.name} cannot be truncated: {why}")


def check(game: Game, value: float) -> None:
    """Refuses a truncation that makes no sense.

    Raises:
        UsageError: if the game has none, or the value is out of range.
    """
    where = kind(game)
    if where == "w" and not -2 <= value <= 2:
        raise UsageError(f"truncation ψ is between -2 and 2, usually 0.5 to 1, not {value:g}")
    if where == "z" and not value >= LEAST:
        raise UsageError(
            f"truncation of z is a threshold of at least {LEAST:g}, usually 0.5 to 2, not {value:g}"
        )


def truncated_normal(n: int, size: int, threshold: float, generator: torch.Generator) -> Tensor:
    """Normal values, drawn anew where their magnitude is above `threshold`: (n, size).

    They are found by the inverse of the normal law, in one draw.
    """
    device = generator.device
    # u between Φ(-threshold) and Φ(threshold); then Φ⁻¹(u) lies within, with the density of a
    # normal value that was drawn again until it did.
    edge = torch.special.ndtr(torch.tensor(-threshold, dtype=torch.float64))
    u = torch.rand(n, size, generator=generator, device=device, dtype=torch.float64)
    z = torch.special.ndtri(edge.to(device) + u * (1 - 2 * edge.to(device)))
    return z.to(torch.get_default_dtype()).clamp(-threshold, threshold)

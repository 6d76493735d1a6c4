"""Networks that are not there: a generator that was passed on comes without those that taught it.

Which are missing stands in the run's `config.json` (`Plan.absent`), by player and part: `D.net`, or
`G.net` where only the moving average `G.average` is kept. In their place stands one that nobody can
play. So what needs them fails with the reason, and is never played with random weights.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NoReturn

from torch import nn

from ganvas.core.errors import CheckpointError, UsageError
from ganvas.core.game import Game


class Absent(nn.Module):
    """Stands where a network is missing.

    Args:
        why: what to tell who plays it.
    """

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why

    def forward(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuses.

        Raises:
            UsageError: always.
        """
        raise UsageError(self.why)


def networks(game: Game) -> list[str]:
    """All networks of a game, such as `G.net`, `G.average`, `D.net`."""
    return [f"{name}.{part}" for name, player in game.players.items() for part in player.networks]


def leave_out(game: Game, absent: Collection[str], where: str) -> None:
    """Takes networks out of a game.

    Args:
        game: the game.
        absent: which of its `networks`.
        where: the run that lacks them, for whoever needs one.

    Raises:
        CheckpointError: if the game has no such network.
    """
    known = networks(game)
    for network in absent:
        if network not in known:
            raise CheckpointError(
                f"{where} says that it lacks {network!r}, and {game.name} has {', '.join(known)}"
            )
        player, part = network.split(".")
        setattr(game.players[player], part, Absent(lacks(where, network)))


def lacks(where: str, what: str) -> str:
    """Why something cannot be had of a run that has only what generates."""
    return (
        f"{where} has no {what}: it came with what generates, and with nothing that taught it. "
        "Train one of your own for that; the command is on its card (ganvas pretrained card NAME)"
    )

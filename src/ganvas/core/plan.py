"""What a run was asked to do, as it stands in its `config.json`."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import torch

from ganvas.core import registry
from ganvas.core.config import Config
from ganvas.core.errors import UsageError
from ganvas.core.game import Game
from ganvas.core.settings import Settings
from ganvas.core.space import Space


@dataclass(frozen=True)
class Plan:
    """What a run was asked to do: all of `config.json`."""

    game: str
    preset: str
    config: dict[str, Any]
    spaces: dict[str, Any]
    data: dict[str, Any]
    seed: int
    settings: dict[str, Any]
    rounds: int | None
    minutes: float | None
    versions: dict[str, str]
    created: str
    origin: dict[str, Any] | None = None
    """Where the weights come from, if they were not learned here."""

    @property
    def absent(self) -> tuple[str, ...]:
        """The networks that the run does not have; see `ganvas.core.absent`."""
        return tuple((self.origin or {}).get("absent", ()))

    @classmethod
    def of(
        cls,
        game: str,
        config: Config,
        spaces: Mapping[str, Space],
        data: dict[str, Any],
        *,
        preset: str = "default",
        seed: int = 0,
        settings: Settings | None = None,
        rounds: int | None = None,
        minutes: float | None = None,
    ) -> Plan:
        """The plan for a game, with the versions of what it runs on."""
        libraries = ("ganvas", "torch", "numpy")
        return cls(
            game=game,
            preset=preset,
            config=config.to_json(),
            spaces={name: space.to_json() for name, space in spaces.items()},
            data=data,
            seed=seed,
            settings=(settings or Settings()).to_json(),
            rounds=rounds,
            minutes=minutes,
            versions={"python": platform.python_version(), **{n: version(n) for n in libraries}},
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def build(self) -> Game:
        """The untrained game of this plan, its weights decided by the seed.

        Raises:
            GanvasError: if the plan asks for what there is not.
        """
        game = registry.find(self.game)
        config = registry.config_of(game).build(**self.config)
        spaces = {name: Space.from_json(space) for name, space in self.spaces.items()}
        torch.manual_seed(self.seed)
        try:
            return registry.build(game, config, spaces)
        except (ValueError, RuntimeError, ZeroDivisionError) as error:
            raise UsageError(f"{self.game} cannot be made with these options: {error}") from error

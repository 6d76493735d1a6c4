"""What there is to train on, and how fast a game is there."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from ganvas.core import Settings, Space, Trainer, parallel, registry
from ganvas.core.settings import resolve_device
from ganvas.testing import StandIn

Pace = Callable[[str, Mapping[str, Space], Mapping[str, Any]], float]
"""Seconds that a game takes for each image (point, sentence) of its data, when the data has these
spaces and its config these values; infinite if there is not enough memory."""

FINE = 10**6
"""Rounds of a run that nobody plays, so that any moment of it can be entered."""


@dataclass(frozen=True)
class Machine:
    """What there is to train on."""

    what: str
    """In words: "2 CPU threads"."""
    pace: Pace

    @classmethod
    def here(cls, settings: Settings) -> Machine:
        """This machine; all processes of a run must ask it, and in the same order.

        Raises:
            UsageError: if there is no such device.
        """
        device = resolve_device(settings.device)
        parallel.join(device)
        threads = torch.get_num_threads()
        what = f"{threads} CPU thread" + "s" * (threads > 1)
        if device.type == "cuda":
            memory = torch.cuda.get_device_properties(device).total_memory
            what = f"a GPU with {memory / 2**30:.0f} GB"
        elif device.type != "cpu":
            what = f"the device {device}"
        return cls(what, partial(pace, settings=settings))


def pace(
    game: str, spaces: Mapping[str, Space], config: Mapping[str, Any], *, settings: Settings
) -> float:
    """The pace of a game here (see `Pace`): three rounds of each of its stages, with noise."""
    try:
        torch.manual_seed(0)
        made = registry.make(game, spaces=spaces, **config)
        trainer = Trainer(made, [StandIn(spaces)], settings=settings, rounds=FINE)
        shares = [stage.share for stage in made.stages()]
        mean = 0.0
        for number, share in enumerate(shares):
            middle = (sum(shares[:number]) + share / 2) / sum(shares)
            trainer.clock.round = round(middle * FINE)
            trainer.round()  # the first is slower
            mean += share / sum(shares) * min(_one_round(trainer) for _ in range(2))
        return mean
    except (torch.OutOfMemoryError, MemoryError):
        return math.inf


def _one_round(trainer: Trainer) -> float:
    """Seconds for each image of a round; all processes agree on them."""
    seconds, images = trainer.clock.seconds, trainer.clock.images
    trainer.round()
    return (trainer.clock.seconds - seconds) / (trainer.clock.images - images)

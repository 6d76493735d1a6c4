"""Games small enough to be watched for many rounds in no time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ganvas.core import (
    Adam,
    Batch,
    Config,
    Game,
    Image,
    Label,
    Listener,
    Move,
    Noise,
    Paper,
    Player,
    Points,
    Preset,
    Settings,
    Space,
    Stage,
    Trainer,
)


@dataclass(frozen=True)
class ToyConfig(Config):
    batch: int = 8
    breaks_in: int = -1
    """The round in which the loss is not a number."""


class Toy(Game):
    """Linear players; D judges by a straight line, and the figures say what round it is."""

    paper = Paper("A Toy", "Nobody", 2024, "https://example.org/toy")
    presets = {"default": Preset({"x": Points(2)})}

    def __init__(self, config: ToyConfig, x: Points | Image, label: Label | None = None) -> None:
        super().__init__(config)
        self.inputs: dict[str, Space] = {"z": Noise(3)}
        if label is not None:
            self.inputs["label"] = label
        self.output, size = x, math.prod(x.shape)
        self.G = Player(nn.Sequential(nn.Linear(3, size), nn.Dropout(0.5)), Adam())
        self.D = Player(nn.Linear(size, 1), Adam())
        self.colours = label.classes if label is not None else 0

    def stages(self) -> list[Stage]:
        return [Stage("first", self.play), Stage("second", self.play)]

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        x = next(data).x.flatten(1)
        gap = self.D(x).mean() - self.D(self.G.still(self.noise(len(x)))).mean()
        if self.clock.round == self.config.breaks_in and self.clock.retries == 0:
            gap = gap * float("nan")
        yield Move(self.D, -gap, number=float(self.clock.round))
        yield Move(self.G, -self.D(self.G(self.noise(len(x)))).mean())

    def generate(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        made = self.G.best(z).unflatten(1, self.output.shape)
        if label is not None:  # a class is a shade, so that a picture tells which it was
            made = 0.1 * made.tanh() + shade(label, self.colours)[:, None, None, None]
        return made

    def judge(self, x: Tensor, **inputs: Tensor) -> Tensor:
        return self.D(x.flatten(1)).squeeze(1)


def shade(label: Tensor, classes: int) -> Tensor:
    """From -0.8 for the first class to 0.8 for the last."""
    return label / (classes - 1) * 1.6 - 0.8


class Rows:
    """A table in memory."""

    slow = False

    def __init__(self, spaces: dict[str, Space], **fields: Tensor) -> None:
        self.spaces, self.fields = spaces, fields

    def __len__(self) -> int:
        return len(next(iter(self.fields.values())))

    def fetch(self, rows: Tensor) -> dict[str, Tensor]:
        return {name: field[rows] for name, field in self.fields.items()}


PLANE = Points(2)


def play(
    *listeners: Listener,
    rounds: int = 12,
    space: Space = PLANE,
    label: Label | None = None,
    stop_after: int | None = None,
    settings: Settings | None = None,
    **config: int,
) -> Trainer:
    """A trainer whose run was watched; the same game and data every time."""
    trainer = prepare(
        *listeners, rounds=rounds, space=space, label=label, settings=settings, **config
    )
    if stop_after is not None:
        trainer.listeners.append(StopAfter(stop_after))
    trainer.run()
    return trainer


def prepare(
    *listeners: Listener,
    rounds: int = 12,
    space: Space = PLANE,
    label: Label | None = None,
    settings: Settings | None = None,
    **config: int,
) -> Trainer:
    """A trainer that has not begun."""
    generator = torch.Generator().manual_seed(0)
    fields = {"x": space.sample(40, generator)}
    spaces: dict[str, Space] = {"x": space}
    if label is not None:
        fields["label"], spaces["label"] = label.sample(40, generator), label
    torch.manual_seed(0)
    game = Toy(ToyConfig(**config), space, label)
    return Trainer(
        game, [Rows(spaces, **fields)], rounds=rounds, settings=settings, listeners=listeners
    )


class StopAfter(Listener):
    """Ends a run as a signal would."""

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds

    def after_round(self, trainer: Trainer) -> None:
        if trainer.clock.round == self.rounds:
            trainer.stopping = "asked to"

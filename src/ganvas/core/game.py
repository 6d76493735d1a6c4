"""What one paper proposes: who plays, what each wants, and in what order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ganvas.core import parallel, sampling
from ganvas.core.chance import Chance
from ganvas.core.clock import Clock
from ganvas.core.config import Config
from ganvas.core.errors import UsageError
from ganvas.core.player import Player
from ganvas.core.space import Image, Space
from ganvas.core.stream import Batch


class Move:
    """These players descend this loss; nobody else moves.

    Args:
        players: who moves (one or several).
        loss: what they descend, a scalar, the mean over the batch.
        figures: numbers worth logging, by name.
    """

    def __init__(
        self, players: Player | Sequence[Player], loss: Tensor, **figures: Tensor | float
    ) -> None:
        self.players = (players,) if isinstance(players, Player) else tuple(players)
        self.loss, self.figures = loss, figures

    @property
    def name(self) -> str:
        """The movers, such as `D+Q`."""
        return "+".join(player.name for player in self.players)


@dataclass(frozen=True)
class Carried:
    """A move that was carried out."""

    name: str
    """The movers, such as `D+Q`."""
    loss: Tensor
    """What it was before they moved, the mean over all micro-batches and processes."""
    norm: Tensor
    """The gradient's, before it was clipped."""


Play = Callable[[Iterator[Batch]], Iterator[Move]]


@dataclass(frozen=True)
class Stage:
    """A stretch of rounds under the same rules."""

    name: str
    play: Play
    """One round: a generator that takes batches from its argument and yields moves."""
    share: float = 1.0
    """How much of the run it takes, relative to the other stages."""
    batch: int | None = None
    """Its batch, if it is not the config's."""
    fresh: bool = False
    """Whether the optimisers forget what they know when it begins."""


@dataclass(frozen=True)
class Paper:
    """Where a game comes from."""

    title: str
    authors: str
    year: int
    url: str


@dataclass(frozen=True)
class Preset:
    """A size of a game: the spaces of its data and the config fields that differ."""

    spaces: Mapping[str, Space]
    config: Mapping[str, Any] = field(default_factory=dict)
    data: str = "digits"
    """The source that it trains on unless told otherwise."""
    partner: str | None = None
    """Makes x of single pictures, where data has no x of its own; see `ganvas.data.partners`."""


@dataclass(frozen=True)
class Direction:
    """A way from pictures to pictures that a game has learned."""

    field: str
    """The side that is translated; `make` takes it by this name."""
    takes: Image
    makes: Image
    make: Callable[..., Tensor]
    """(n, *takes.shape), and whatever `also` says by name -> (n, *makes.shape)."""
    also: tuple[str, ...] = ()
    """The other inputs of the game that it needs: a domain, a noise."""


class Game(nn.Module, ABC):
    """A paper's proposal as code. Subclasses are final: games never inherit from games.

    The constructor says what a game needs: its config, and by name and type each field that the
    data must have (`x: Image, label: Label`). It makes the players, `inputs` and `output`.
    A game draws all its noise from `noise`, `draw` or `chance`, which makes a run repeatable,
    and keeps what must survive a resume in buffers. It never yields inside a `with`.
    """

    paper: ClassVar[Paper]
    presets: ClassVar[Mapping[str, Preset]]
    """At least `default`, which trains on a CPU in minutes, and `paper`."""
    paired: ClassVar[bool] = False
    """Whether x and y of a row must belong together, as a picture and its translation."""
    multiple: ClassVar[int | None] = None
    """Pictures of any size can be translated whose sides are multiples of this; None: only those of
    the size that was learned."""

    inputs: dict[str, Space]
    """What `generate` takes, by name."""
    output: Space
    """What `generate` makes."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config: Any = config
        self.clock = Clock()
        self.chance = Chance("unset")
        self.truncation: float | None = None
        """What samples are drawn with just now, for those whom more than z must follow."""
        self.share = 1.0
        """1 / micro-batches: the weight of a change of state that each micro-batch makes."""
        self.remarks: list[str] = []
        """What whoever trains it had better know, in sentences."""

    @abstractmethod
    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        """One round, in the paper's order."""

    @abstractmethod
    def generate(self, *args: Any, **inputs: Any) -> Tensor:
        """Makes a batch of `output` from a batch of each of `inputs`, given by name."""

    def stages(self) -> Sequence[Stage]:
        """The stages of a run, in order; one, if the paper has none."""
        return [Stage("play", self.play)]

    def judge(self, *args: Any, **inputs: Any) -> Tensor:
        """How real the discriminator finds each of a batch: (n,), more is more real.

        It takes the samples and, by name, the inputs other than noise: `judge(x, label=...)`.

        Raises:
            UsageError: if the game has nobody who could say.
        """
        raise UsageError(f"{self.name} has no discriminator that could judge samples")

    def back(self, y: Tensor) -> Tensor:
        """Translates the other way than `generate`: y (n, *output.shape) -> x.

        Raises:
            UsageError: if the game has learned no way back.
        """
        raise UsageError(f"{self.name} translates one way only, from x to y")

    def directions(self) -> dict[str, Direction]:
        """The ways in which it translates pictures, by the side that is made: y of x, x of y."""
        pictures = {k: space for k, space in self.inputs.items() if isinstance(space, Image)}
        if not pictures or not isinstance(self.output, Image):
            return {}
        field = "x" if "x" in pictures else next(iter(pictures))
        also = tuple(name for name in self.inputs if name != field)
        forth = Direction(field, pictures[field], self.output, self.generate, also)
        if type(self).back is Game.back:
            return {"y": forth}
        return {"y": forth, "x": Direction("y", self.output, forth.takes, self.back)}

    @property
    def name(self) -> str:
        """The word for this game on the command line: its module's name."""
        return type(self).__module__.rpartition(".")[2]

    @property
    def players(self) -> dict[str, Player]:
        """The players, by the name of their attribute."""
        return {name: p for name, p in self.named_children() if isinstance(p, Player)}

    @property
    def stage(self) -> Stage:
        """The stage that the clock is in."""
        return self.stages()[max(0, self.clock.stage)]

    @property
    def device(self) -> torch.device:
        """Where the players are; on the CPU if all their networks are absent."""
        return next((p.device for p in self.parameters()), torch.device("cpu"))

    def draw(self, name: str, n: int) -> Tensor:
        """`n` elements of the input `name`, in a round."""
        return self.chance.draw(self.inputs[name], n)

    def noise(self, n: int) -> Tensor:
        """`n` elements of the input `z`: (n, size)."""
        return self.draw("z", n)

    def everywhere(self, value: Tensor) -> Tensor:
        """The mean of a figure over all processes, for state that must agree between them."""
        return parallel.mean(value)

    def of_all(self, rows: Tensor) -> Tensor:
        """The rows (n, ...) of every process, in order: (processes · n, ...)."""
        everyones = rows.new_zeros(parallel.size(), *rows.shape)
        everyones[parallel.rank()] = rows * parallel.size()
        return self.everywhere(everyones).flatten(0, 1)

    def sample(
        self,
        n: int,
        *,
        seed: int = 0,
        batch: int = 256,
        truncation: float | None = None,
        **given: Tensor,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Generates `n` elements of `output` in evaluation mode.

        Args:
            n: how many.
            seed: decides every draw.
            batch: how many at a time.
            truncation: less variety for better samples; see `ganvas.core.truncation`.
            given: inputs that are not drawn, each of (n, ...), or (1, ...) for all.

        Returns:
            The samples, (n, *output.shape), and the inputs that made them, all on the CPU.

        Raises:
            UsageError: if an input is unknown, is not in its space, or has no law to draw it from
                and is not given; or if this game cannot be truncated so.
        """
        return sampling.sample(self, n, seed=seed, batch=batch, truncation=truncation, given=given)

    def scores(self, x: Tensor, inputs: Mapping[str, Tensor], *, batch: int = 256) -> Tensor:
        """What `judge` says of samples and the inputs that made them: (n,), on the CPU.

        Raises:
            UsageError: if the game has nobody who could say.
        """
        return sampling.scores(self, x, inputs, batch=batch)

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Evaluation mode for a while; the game, its draws too, returns to where it was."""
        training, chance, truncation = self.training, self.chance, self.truncation
        self.eval()
        try:
            yield
        finally:
            self.train(training)
            self.chance, self.truncation = chance, truncation

"""A toy law that is played move by move, and all that there is to see between two moves.

The idea of showing both players' points, surface and gradients at once is that of "GAN Lab:
Understanding Complex Deep Generative Models using Interactive Visual Experimentation" (Kahng,
Thorat, Chau, Viégas, Wattenberg 2018, arXiv:1809.01587).
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from functools import lru_cache
from itertools import repeat
from typing import Any

import torch
from torch import Tensor

from ganvas import data
from ganvas.core import (
    Batch,
    Carried,
    Chance,
    Game,
    GanvasError,
    Noise,
    Points,
    Settings,
    Trainer,
    registry,
)
from ganvas.core.schedule import at
from ganvas.data.source import Source
from ganvas.data.toys import LAWS
from ganvas.studio.wording import Words

SMALL = {"batch": 64, "hidden": 64, "units": 64, "width": 64, "noise": 8}
"""Options of games, where they have them: a round takes a few milliseconds."""
REAL, MADE = 600, 240
"""Points that are drawn."""
GRID, LINE = 48, 160
"""Places at which the discriminator is asked, on a side of the plane and on the line."""
FOREVER = 10**9


@dataclasses.dataclass(frozen=True)
class View:
    """What there is to see at a moment."""

    made: Tensor
    """What the maker makes of noise that stays the same: (n, d)."""
    pull: Tensor
    """Where its loss would move each of them: minus the gradient, times n; (n, d)."""
    surface: Tensor
    """The discriminator's scores, more is more real: (GRID · GRID,) row by row from below, or
    (LINE,) on the line."""


class Lab:
    """A game on a toy law.

    Args:
        law: one of `laws()`.
        game: one of `games(law)`.
        seed: decides every draw.

    Raises:
        GanvasError: if there is no such law or game, or it does not fit.
    """

    def __init__(self, law: str, game: str, seed: int = 0) -> None:
        source = _points(law)
        self.law, self.name, self.space = law, game, source.spaces["x"]
        terms: Any = {"seed": seed, "settings": Settings(device="cpu"), "rounds": FOREVER}
        self.trainer = Trainer(_small(game, self.space, seed), source.tables, **terms)
        self.game = self.trainer.game
        self._twin = _Twin(_small(game, self.space, seed), source)
        self._moves: Iterator[Carried] = iter(())
        self.number = 0
        """Of the round at hand, or of the last one."""
        self.made: list[Carried] = []
        """Its moves."""
        self.order, self.maker = self._twin.order(self.game)

    @property
    def real(self) -> Tensor:
        """Some of the law's points: (n, d)."""
        return _points(self.law).tables[0].fetch(torch.arange(REAL))["x"]

    @property
    def view(self) -> tuple[float, float]:
        """The middle of what is shown, and how far it reaches to each side."""
        x = self.real
        if x.shape[1] == 1:
            return float(x.mean()), 5 * float(x.std())
        return 0.0, 1.45 * float(x.abs().max())

    # -- playing ---------------------------------------------------------------------------------

    def move(self) -> Carried:
        """The next move, of the round at hand or of the next.

        Raises:
            Diverged: if it cannot be made; the round then begins anew.
        """
        carried = next(self._moves, None)
        if carried is None:
            self._begin()
            carried = next(self._moves)
        self.made.append(carried)
        return carried

    def round(self) -> None:
        """The rest of the round at hand; a whole one if it is over.

        Raises:
            Diverged: if a move cannot be made; the round then begins anew.
        """
        rest = list(self._moves)
        if not rest:
            self._begin()
            rest = list(self._moves)
        self.made += rest

    def _begin(self) -> None:
        self._moves, self.made = self.trainer.moves(), []
        self.number = self.trainer.clock.round + 1

    def rounds(self, most: int, seconds: float) -> int:
        """Rounds, as many as there is time for, one at least; how many.

        Raises:
            Diverged: if a move cannot be made.
        """
        end = time.perf_counter() + seconds
        for number in range(1, most + 1):
            self.round()
            if time.perf_counter() >= end:
                return number
        return most

    @property
    def rates(self) -> dict[str, float]:
        """Each player's learning rate."""
        players, now = self.game.players, self.trainer.clock.progress
        return {name: at(player.recipe.lr, now) for name, player in players.items()}

    def set_rate(self, player: str, rate: float) -> None:
        """Lets a player learn faster or slower from its next move on."""
        mover = self.game.players[player]
        mover.recipe = dataclasses.replace(mover.recipe, lr=rate)

    # -- looking ---------------------------------------------------------------------------------

    def look(self) -> View:
        """What there is to see now; nothing changes by it."""
        made, pull = self._twin.look(self.game, self.maker)
        return View(made, pull, self._surface())

    def _surface(self) -> Tensor:
        middle, reach = self.view
        if self.space.shape == (1,):
            places = torch.linspace(middle - reach, middle + reach, LINE)[:, None]
        else:
            line = torch.linspace(middle - reach, middle + reach, GRID)
            places = torch.cartesian_prod(line, line).flip(1)
        return self.game.scores(places, {}, batch=len(places))


class _Twin:
    """A second game with the weights of the first, which plays without learning.

    It meets the same rows and the same draws each time, so what is seen moves only because the
    players do.
    """

    def __init__(self, game: Game, source: Source) -> None:
        self.game = game
        rows = source.tables[0].fetch(torch.arange(MADE) + REAL)
        self.batch = Batch(x=rows["x"])
        self._heard: dict[str, Tensor] = {}
        for name, player in game.players.items():
            player.name = name
            player.register_forward_hook(self._hear(name))

    def _hear(self, name: str) -> Any:
        shape = (MADE, *self.game.output.shape)

        def hear(player: Any, given: Any, said: Any) -> None:
            if isinstance(said, Tensor) and tuple(said.shape) == shape and said.requires_grad:
                self._heard[name] = said

        return hear

    def _play(self, like: Game) -> Iterator[Any]:
        self.game.load_state_dict(like.state_dict())
        for name, player in like.players.items():
            mine = self.game.players[name]
            mine.steps = player.steps
            for p, q in zip(mine.net.parameters(), player.net.parameters(), strict=True):
                p.grad = q.grad  # read by games that follow an optimiser's steps, as unrolled does
        self.game.clock = dataclasses.replace(like.clock)
        self.game.chance = Chance("lab")
        self.game.train()
        self._heard.clear()
        return self.game.stage.play(repeat(self.batch))

    def order(self, like: Game) -> tuple[list[str], str]:
        """The movers of a round, in turn, and who makes the samples."""
        names, maker = [], ""
        for move in self._play(like):
            names.append(move.name)
            if not maker:
                maker = next((p.name for p in move.players if p.name in self._heard), "")
        return names, maker

    def look(self, like: Game, maker: str) -> tuple[Tensor, Tensor]:
        """What the maker makes, and where its loss would move that."""
        for move in self._play(like):
            made = self._heard.get(maker)
            if made is not None and maker in [player.name for player in move.players]:
                (gradient,) = torch.autograd.grad(move.loss, made)
                return made.detach(), -gradient * len(made)
        raise GanvasError(Words("{game} makes nothing in this round", game=self.game.name))


# -- what there is ---------------------------------------------------------------------------------


def laws() -> list[str]:
    """The toy laws, from the simplest."""
    return list(LAWS)


@lru_cache(maxsize=1)
def games() -> tuple[str, ...]:
    """The games that can be played so: they learn points from noise alone, and one judges."""
    return tuple(name for name in registry.names() if _fits(name))


def _fits(name: str) -> bool:
    if Points not in registry.needs(registry.find(name)).get("x", ()):
        return False
    try:
        game = _small(name, Points(2), 0)
        game.scores(torch.zeros(4, 2), {})
        lab_twin = _Twin(game, _points("ring8"))
        lab_twin.look(_small(name, Points(2), 0), lab_twin.order(game)[1])
    except GanvasError:
        return False
    return all(isinstance(space, Noise) for space in game.inputs.values())


@lru_cache(maxsize=4)
def _points(law: str) -> Source:
    return data.load(law, fields=("x",))


def _small(name: str, space: Any, seed: int) -> Game:
    """A game whose networks are small."""
    cls = registry.find(name)
    fields = {field.name for field in dataclasses.fields(registry.config_of(cls))}
    config = {k: v for k, v in SMALL.items() if k in fields}
    torch.manual_seed(seed)
    return registry.build(cls, registry.config_of(cls).build(**config), {"x": space})

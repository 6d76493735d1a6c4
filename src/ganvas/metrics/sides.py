"""The two sides of a measurement: real rows, and those that are held against them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import torch

from ganvas import data
from ganvas.core import Game, Label, Space, Table, UsageError
from ganvas.core.chance import seed_of
from ganvas.data import Source
from ganvas.data.source import Split
from ganvas.metrics.figure import Rows

BATCH = 250
MOST, FEWEST = 50_000, 2_000
"""Real rows that are looked at, at most; generated rows, at least, unless a number is given."""


@dataclass(frozen=True)
class Wish:
    """What is asked of a measurement."""

    metrics: Sequence[str] | None = None
    """Names of figures; None for all usual ones that fit."""
    n: int | None = None
    """Generated rows; as many as there are real ones, but at least `FEWEST`, if None."""
    features: str = "auto"
    split: Split = "test"
    seed: int = 0
    weights: Literal["average", "last"] = "average"
    truncation: float | None = None
    """Of the generated rows; see `ganvas.core.truncation`."""
    allow_small: bool = False
    """Whether figures may come from fewer rows than they ask for; they say so then."""
    download: bool = False
    """Whether weights of a feature space may be downloaded."""


@dataclass(frozen=True)
class Sides:
    """Real rows and what is measured against them."""

    of: str
    real: Source
    field: str
    """The field of the real rows."""
    space: Space
    n: int
    fakes: Callable[[], Iterator[Rows]]
    learned: Source | None = None
    """What the other side learned from, and a classifier may learn from, if it is at hand."""
    labelled: bool = False
    """Whether the other side has the labels that it was made for."""
    paired: bool = False
    """Whether the other side has the truth beside each row."""
    game: Game | None = None

    @property
    def table(self) -> Table:
        """The real rows."""
        return next(t for t in self.real.tables if self.field in t.spaces)

    @property
    def n_real(self) -> int:
        """How many of them are looked at."""
        return min(len(self.table), MOST)


def sides_of(game: Game, trained_on: Mapping[str, Any], wish: Wish, of: str = "") -> Sides:
    """A game's samples against the part of its data that is wished for.

    Args:
        trained_on: the `to_json` of the data that it was trained on.
        of: what to call it.

    Raises:
        UsageError: if its data is gone, or has nothing like what it makes.
    """
    real = data.held_out(trained_on, wish.split)
    field = imitated(game, real)
    n = _number(game, real, field, wish.n)
    learned = data.held_out(trained_on, trained_on.get("split", "train"))
    fakes = partial(generated, game, n, wish.seed, real, field, wish.truncation)
    labelled = isinstance(game.inputs.get("label"), Label)
    pictures = _pictures(game)
    together = any({field, *pictures} <= table.spaces.keys() for table in real.tables)
    paired = together and bool(pictures) and field not in pictures
    return Sides(of, real, field, game.output, n, fakes, learned, labelled, paired, game)


def _pictures(game: Game) -> list[str]:
    """The inputs that are data: what the game translates."""
    return [name for name, space in game.inputs.items() if not space.prior]


def _number(game: Game, real: Source, field: str, n: int | None) -> int:
    """How many rows are generated: `n`, or what is usual.

    Raises:
        UsageError: if there are not so many rows to translate.
    """
    sizes = {name: len(table) for table in real.tables for name in table.spaces}
    given = [sizes[name] for name in _pictures(game)]
    if not given:
        return n if n is not None else max(FEWEST, min(sizes[field], MOST))
    if n is not None and n > min(given):
        raise UsageError(f"there are {min(given)} held-out rows to translate, not {n}")
    return n if n is not None else min(*given, MOST)


def imitated(game: Game, real: Source) -> str:
    """The field of the data that a game imitates: of the kind that it makes, and not its input.

    A game that is told the class to go to has one field alone, which is both.

    Raises:
        UsageError: if there is none.
    """
    for name, space in real.spaces.items():
        if space == game.output and (name not in game.inputs or "label" in game.inputs):
            return name
    raise UsageError(
        f"{game.name} makes {game.output}, and there is nothing like it in {real.name} "
        f"({', '.join(f'{name}: {space}' for name, space in real.spaces.items())})"
    )


def generated(
    game: Game, n: int, seed: int, real: Source, field: str, truncation: float | None = None
) -> Iterator[Rows]:
    """`n` samples in batches; what the game translates comes from `real`, in turn.

    Where one table of `real` has that beside the `field` that the game imitates, the truth of each
    sample comes along.
    """
    pictures = _pictures(game)
    true = bool(pictures) and field not in pictures
    tables = [table for table in real.tables if table.spaces.keys() & set(pictures)]
    for start in range(0, n, BATCH):
        size = min(BATCH, n - start)
        rows: dict[str, torch.Tensor] = {}
        for table in tables:
            rows |= table.fetch(torch.arange(start, start + size) % len(table))
        given = {name: rows[name] for name in pictures}
        place = seed_of("evaluate", seed, start)
        x, inputs = game.sample(size, seed=place, batch=BATCH, truncation=truncation, **given)
        labelled = isinstance(game.inputs.get("label"), Label)
        source = given[pictures[0]] if pictures else None
        yield Rows(
            x,
            label=inputs["label"] if labelled else None,
            truth=rows[field] if field in rows and true else None,
            source=source,
        )


def real_rows(sides: Sides, seed: int) -> Iterator[Rows]:
    """The real rows in batches: all, or as many as are looked at, in an order of their own."""
    return rows_of(sides.table, sides.field, sides.n_real, seed)


def rows_of(table: Table, field: str, n: int, seed: int) -> Iterator[Rows]:
    """`n` rows of a table in batches, shuffled: folders are sorted by class, blocks must not be."""
    draws = torch.Generator().manual_seed(seed_of("order", seed))
    for part in torch.randperm(len(table), generator=draws)[:n].split(BATCH):
        fields = table.fetch(part)
        yield Rows(fields[field], label=fields.get("label"))

"""The order of the data: endless, shuffled anew each epoch, and restartable at any position.

Position p of a run shows row `permutation(seed, epoch)[p mod length]`, with epoch = p // length.
Nothing else decides the order: not the number of workers, of processes, or of interruptions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace
from typing import Protocol

import torch
from torch import Tensor

from ganvas.core.chance import seed_of
from ganvas.core.errors import GameError
from ganvas.core.space import Space


class Batch(SimpleNamespace):
    """One batch: an attribute for each field of the data (`x`, `y`, `label`), rows in step."""

    def __len__(self) -> int:
        return len(next(iter(vars(self).values())))


class Table(Protocol):
    """Rows that belong together, such as images and their labels."""

    spaces: Mapping[str, Space]
    """What one row holds, by field."""
    slow: bool
    """Whether rows are worth fetching ahead, in a thread (files that must be decoded, say)."""

    def __len__(self) -> int: ...

    def fetch(self, rows: Tensor) -> dict[str, Tensor]:
        """The rows of these numbers: a (n, *shape) tensor for each field, on the CPU."""
        ...


class Stream:
    """Feeds a trainer from one or more tables.

    Tables are shuffled apart from each other, so two tables are unpaired domains.

    Args:
        tables: where the rows come from.
        seed: decides the order.
        part: which parts of each batch this process takes (one per micro-batch).
        parts: into how many parts each batch is divided, over all processes.
    """

    def __init__(
        self,
        tables: Sequence[Table],
        seed: int,
        *,
        part: Sequence[int] = (0,),
        parts: int = 1,
        device: torch.device | str = "cpu",
    ) -> None:
        self.tables, self.seed, self.part, self.parts = tuple(tables), seed, tuple(part), parts
        self.device = torch.device(device)
        self.position = 0
        """Rows shown since the run began, over all processes: the 'images seen'."""
        self._orders: dict[tuple[int, int], Tensor] = {}
        self._ahead: dict[tuple[int, int, int], Future[dict[str, Tensor]]] = {}
        slow = any(table.slow for table in self.tables)
        self._pool = ThreadPoolExecutor(1, "ganvas-data") if slow else None

    @property
    def spaces(self) -> dict[str, Space]:
        """What a batch holds, by field."""
        return {name: space for table in self.tables for name, space in table.spaces.items()}

    def feeds(self, batch: int) -> list[Feed]:
        """One iterator over batches for each micro-batch of this process, from `position` on.

        Raises:
            GameError: if `batch` does not divide into the parts.
        """
        if batch % self.parts:
            raise GameError(
                f"a batch of {batch} does not divide into {self.parts} parts "
                "(processes x micro-batches); change the batch or the parts"
            )
        return [Feed(self, part, batch, self.position) for part in self.part]

    def _order(self, table: int, epoch: int) -> Tensor:
        if (table, epoch) not in self._orders:
            generator = torch.Generator().manual_seed(seed_of(self.seed, "order", table, epoch))
            order = torch.randperm(len(self.tables[table]), generator=generator)
            recent = {k: v for k, v in self._orders.items() if k[0] != table or k[1] >= epoch - 1}
            self._orders = {**recent, (table, epoch): order}
        return self._orders[table, epoch]

    def _rows(self, table: int, start: int, n: int) -> Tensor:
        length, rows = len(self.tables[table]), []
        while n > 0:
            epoch, offset = divmod(start, length)
            rows.append(self._order(table, epoch)[offset : offset + n])
            start, n = start + len(rows[-1]), n - len(rows[-1])
        return rows[0] if len(rows) == 1 else torch.cat(rows)

    def fetch(self, start: int, n: int, following: int) -> Batch:
        """The rows at positions start .. start+n-1; the next call may ask for `following`."""
        fields: dict[str, Tensor] = {}
        for number, table in enumerate(self.tables):
            waiting = self._ahead.pop((number, start, n), None)
            got = waiting.result() if waiting else table.fetch(self._rows(number, start, n))
            if self._pool and table.slow:
                rows, key = self._rows(number, following, n), (number, following, n)
                if len(self._ahead) > 2 * self.parts * len(self.tables):
                    self._ahead.clear()  # guesses that a change of batch size made useless
                self._ahead[key] = self._pool.submit(table.fetch, rows)
            fields |= got
        if self.device.type == "cuda":
            fields = {
                name: rows.pin_memory().to(self.device, non_blocking=True)
                for name, rows in fields.items()
            }
        return Batch(**fields)


class Feed(Iterator[Batch]):
    """What `Game.play` calls `data`: `next(data)` is this part's share of the next batch."""

    def __init__(self, stream: Stream, part: int, batch: int, position: int) -> None:
        self.stream, self.part, self.batch, self.position = stream, part, batch, position

    def __next__(self) -> Batch:
        rows = self.batch // self.stream.parts
        start = self.position + self.part * rows
        got = self.stream.fetch(start, rows, following=start + self.batch)
        self.position += self.batch
        return got

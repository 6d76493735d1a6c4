"""Tables made of others, for sources with two sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from torch import Tensor

from ganvas.core import Image, Space, Table

T = TypeVar("T")


class Zipped:
    """Tables whose rows of the same number belong together, as one."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables, self.slow = tables, any(table.slow for table in tables)
        self.spaces: Mapping[str, Space] = {
            name: space for table in tables for name, space in table.spaces.items()
        }

    def __len__(self) -> int:
        return min(map(len, self.tables))

    def fetch(self, rows: Tensor) -> dict[str, Tensor]:
        """The rows of these numbers."""
        return {name: column for table in self.tables for name, column in table.fetch(rows).items()}


class Halved:
    """Pictures that show two beside each other: x on the left, y on the right."""

    def __init__(self, table: Table) -> None:
        both = table.spaces["x"]
        assert isinstance(both, Image)
        self.table, self.slow, self.width = table, table.slow, both.width // 2
        half = Image(both.channels, both.height, self.width)
        self.spaces: Mapping[str, Space] = {**table.spaces, "x": half, "y": half}

    def __len__(self) -> int:
        return len(self.table)

    def fetch(self, rows: Tensor) -> dict[str, Tensor]:
        """The rows of these numbers."""
        got = self.table.fetch(rows)
        both = got["x"]
        return {**got, "x": both[..., : self.width], "y": both[..., self.width :]}


class Turned:
    """The same rows with x and y exchanged."""

    def __init__(self, table: Table) -> None:
        self.table, self.slow = table, table.slow
        self.spaces: Mapping[str, Space] = _exchanged(table.spaces)

    def __len__(self) -> int:
        return len(self.table)

    def fetch(self, rows: Tensor) -> dict[str, Tensor]:
        """The rows of these numbers."""
        return _exchanged(self.table.fetch(rows))


def _exchanged(sides: Mapping[str, T]) -> dict[str, T]:
    return {{"x": "y", "y": "x"}.get(name, name): value for name, value in sides.items()}

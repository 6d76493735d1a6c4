"""A few labels: all pictures of a source without labels, and a small table of labelled ones.

Whoever draws them must know the classes. After that nobody who trains holds another label: the
column of labels stays behind, and the draw is the same if every label that was not drawn is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol, Self, runtime_checkable

import torch
from torch import Tensor

from ganvas.core import Label, Space, Table, UsageError
from ganvas.core.chance import seed_of
from ganvas.data.source import Source, fingerprint

USUAL = 10
"""Labels of each class unless a number is given."""


@runtime_checkable
class Divisible(Table, Protocol):
    """A table that can do without one of its fields."""

    def without(self, field: str) -> Self:
        """The same rows; what they have in this field is forgotten."""
        ...


class Few:
    """Some rows of a table, and their labels: fields `few` and `label`.

    Args:
        table: the rows, without labels; their field is `x`.
        rows: the numbers of those that have a label, (n,).
        label: their labels, (n,).
    """

    def __init__(self, table: Table, space: Label, rows: Tensor, label: Tensor) -> None:
        self.table, self.rows, self.label, self.slow = table, rows, label, table.slow
        self.spaces: Mapping[str, Space] = {"few": table.spaces["x"], "label": space}

    def __len__(self) -> int:
        return len(self.rows)

    def fetch(self, rows: Tensor) -> dict[str, Tensor]:
        """The rows of these numbers."""
        x = self.table.fetch(self.rows[rows])["x"]
        return {"few": x, "label": self.label[rows]}


def divided(source: Source, per_class: int, draw: int) -> Source:
    """A labelled source as two tables: `x` of all rows, and `few` with `label` of some of them.

    Args:
        source: one table with `x` and `label`.
        per_class: how many rows of each class keep their label.
        draw: which.

    Raises:
        UsageError: if there are no labels, or of a class fewer than are asked for.
    """
    table, space = source.tables[0], source.tables[0].spaces.get("label")
    if not isinstance(space, Label) or not isinstance(table, Divisible):
        raise UsageError(
            f"{source.name} has no labels to keep a few of; take labelled data, such as digits, "
            "or put the images of each class into a folder of its own: FOLDER/<class>/"
        )
    label = _labels(table)
    rows = drawn(label, space, per_class, draw)
    bare = table.without("label")
    given = {**source.given, "labels_per_class": per_class, "label_draw": draw}
    digest = fingerprint([source.fingerprint, rows, label[rows]])
    few = Few(bare, space, rows, label[rows])
    note = f"{len(rows):,} of {len(table):,} rows keep their label: {per_class} of each class"
    return replace(
        source,
        tables=[bare, few],
        given=given,
        fingerprint=digest,
        notes=[*source.notes, f"{note} (draw {draw})"],
    )


def _labels(table: Divisible) -> Tensor:
    """The labels of all rows; where a table keeps them as a column, no picture is decoded."""
    columns = getattr(table, "columns", {})
    if "label" in columns:
        return columns["label"]
    return torch.cat([table.fetch(some)["label"] for some in torch.arange(len(table)).split(256)])


def drawn(label: Tensor, space: Label, per_class: int, draw: int) -> Tensor:
    """The numbers of rows that keep their label: the first of each class in a random order.

    Whether another row is passed over for its class or for having no label at all (-1) is the same.

    Raises:
        UsageError: if a class has fewer.
    """
    order = torch.randperm(
        len(label), generator=torch.Generator().manual_seed(seed_of("few labels", draw))
    )
    found = []
    for number in range(space.classes):
        mine = order[label[order] == number][:per_class]
        if len(mine) < per_class:
            name = space.names[number] if space.names else str(number)
            raise UsageError(
                f"--labels-per-class {per_class}: there are only {len(mine)} of class {name!r}"
            )
        found.append(mine)
    return torch.cat(found)

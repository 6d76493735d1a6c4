"""Figures that must remember rows: of each side the same number at most, whatever comes by."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ganvas.core.chance import seed_of
from ganvas.metrics.figure import Figure, Rows, Subject, too_few

MOST = 5_000
"""Rows that are remembered of each side."""


class Sample:
    """At most `MOST` of the rows that come by, each as likely as any other (algorithm R)."""

    def __init__(self, seed: int, most: int = MOST) -> None:
        self.most, self.seen = most, 0
        self.rows = torch.empty(0)
        self.draws = torch.Generator().manual_seed(seed)

    def add(self, rows: Tensor) -> None:
        """Sees a batch: (n, ...)."""
        room = min(len(rows), max(0, self.most - self.seen))
        if self.seen == 0:
            self.rows = torch.empty(0, *rows.shape[1:], dtype=rows.dtype)
        self.rows = torch.cat([self.rows, rows[:room].cpu()]) if room else self.rows
        late = torch.arange(room, len(rows))
        u = torch.rand(len(late), dtype=torch.float64, generator=self.draws)
        place = (u * (self.seen + late + 1)).long()
        stays = place < self.most
        for i, at in zip(late[stays].tolist(), place[stays].tolist(), strict=True):
            self.rows[at] = rows[i]  # one after the other: a later row may take the same place
        self.seen += len(rows)


class Remembering(Figure):
    """A figure that remembers at most so many rows of each side: their features, unless it says."""

    needs = frozenset({"features"})
    least = 2
    """So many rows of each side it takes."""
    most = MOST

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.sides = {
            side: Sample(seed_of(subject.seed, side), self.most) for side in ("real", "generated")
        }

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        return None

    def kept(self, rows: Rows) -> Tensor:
        """What is remembered of a batch: (n, ...)."""
        assert rows.features is not None
        return rows.features

    def real(self, rows: Rows) -> None:
        self.sides["real"].add(self.kept(rows))

    def fake(self, rows: Rows) -> None:
        self.sides["generated"].add(self.kept(rows))

    def both(self) -> tuple[Tensor, Tensor, dict[str, object]]:
        """What is remembered of real and of generated rows, and what the protocol says of it.

        Raises:
            UsageError: if there are too few.
        """
        notes: dict[str, object] = {}
        for side, sample in self.sides.items():
            notes |= too_few(self.subject, sample.seen, self.least, side, self.title.lower())
            if len(sample.rows) < sample.seen:
                notes[f"{side} rows remembered"] = len(sample.rows)
        return self.sides["real"].rows, self.sides["generated"].rows, notes

    def reference(self) -> dict[str, Tensor]:
        sample = self.sides["real"]
        return {"rows": sample.rows, "seen": torch.tensor(sample.seen)}

    def refer(self, kept: Mapping[str, Tensor]) -> None:
        self.sides["real"].rows, self.sides["real"].seen = kept["rows"], int(kept["seen"])

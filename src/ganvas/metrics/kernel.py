"""The kernel distance: a squared maximum mean discrepancy with a cubic kernel, and no bias.

    MMD² = E k(x, x') + E k(y, y') - 2 E k(x, y),     k(a, b) = (a·b / d + 1)³

over different rows x, x' and y, y' (Bińkowski et al. 2018, arXiv:1801.01401, section 4: the KID).
It is estimated in blocks of rows that are then forgotten; its standard error is that of their mean.
An unbiased estimate may come out below 0 where the clouds are alike.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ganvas.core import UsageError
from ganvas.metrics.figure import Figure, Rows, Subject, Value, too_few

BLOCK, BLOCKS, LEAST = 1_000, 10, 50
"""Rows of a block at most, as in the paper; blocks at most; rows of one at least."""


def mmd2(x: Tensor, y: Tensor) -> float:
    """The unbiased estimate of MMD²: x (n, d), y (m, d), n and m at least 2."""
    x, y = x.double(), y.double()
    d = x.shape[1]

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        return (a @ b.T / d + 1) ** 3

    def within(a: Tensor) -> Tensor:
        of_itself = kernel(a, a)
        return (of_itself.sum() - of_itself.trace()) / (len(a) * (len(a) - 1))

    return float(within(x) + within(y) - 2 * kernel(x, y).mean())


class KID(Figure):
    """The mean of MMD² over blocks, with its standard error."""

    name = "kid"
    title = "Kernel distance"
    better = "lower"
    paper = "Bińkowski et al. 2018, arXiv:1801.01401"
    needs = frozenset({"features"})

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        rows = min(subject.n_real, subject.n_fake)
        self.block = min(BLOCK, max(min(LEAST, rows // 2), rows // BLOCKS))
        self.blocks = min(rows // max(1, self.block), BLOCKS)
        assert subject.dims is not None
        # The real rows of each block wait for as many generated ones.
        self.rows = torch.zeros(self.blocks * self.block, subject.dims)
        self.seen = {"real": 0, "generated": 0}
        self.waiting: list[Tensor] = []
        self.estimates: list[float] = []

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        return None

    def real(self, rows: Rows) -> None:
        assert rows.features is not None
        room = self.rows[self.seen["real"] :][: len(rows)]
        room.copy_(rows.features[: len(room)])
        self.seen["real"] += len(rows)

    def fake(self, rows: Rows) -> None:
        assert rows.features is not None
        self.seen["generated"] += len(rows)
        if len(self.estimates) == self.blocks:
            return
        self.waiting.append(rows.features)
        while len(self.estimates) < self.blocks and sum(map(len, self.waiting)) >= self.block:
            waiting = torch.cat(self.waiting)
            start = len(self.estimates) * self.block
            real = self.rows[start : start + self.block]
            self.estimates.append(mmd2(real, waiting[: self.block]))
            self.waiting = [waiting[self.block :]]

    def value(self) -> Value:
        notes: dict[str, str] = {}
        for side, seen in self.seen.items():
            why = f"two blocks of {LEAST} rows"
            notes |= too_few(self.subject, seen, 2 * LEAST, side, why)
        if self.block < 2:
            raise UsageError(f"{self.name} needs two rows in each of two blocks, 4 on each side")
        found = torch.tensor(self.estimates, dtype=torch.float64)
        error = float(found.std() / len(found) ** 0.5) if len(found) > 1 else None
        return Value(
            float(found.mean()),
            error,
            {"blocks": len(found), "rows of a block": self.block, **notes},
        )

    def reference(self) -> dict[str, Tensor]:
        return {"rows": self.rows, "seen": torch.tensor(self.seen["real"])}

    def refer(self, kept: Mapping[str, Tensor]) -> None:
        self.rows, self.seen["real"] = kept["rows"], int(kept["seen"])

"""Stacked digits: how many of 1,000 modes does a generator find?

A classifier names the digit in each of the three channels; the three together are the mode.
(Metz et al. 2017, arXiv:1611.02163, section 3.3.1; Lin et al. 2018, arXiv:1712.04086, section 4.2)
"""

from __future__ import annotations

import torch
from torch import Tensor

from ganvas.metrics.figure import Figure, Rows, Subject, Value, too_few

MODES = 1_000


def histogram(digits: Tensor) -> Tensor:
    """How often each mode comes: (n, 3) of 0..9 -> (1000,)."""
    place = torch.tensor([100, 10, 1])
    return torch.bincount((digits.cpu() * place).sum(1), minlength=MODES)


def reverse_kl(counts: Tensor, law: Tensor) -> float:
    """KL(generated ‖ data) in nats, of counts (k,) against counts or shares (k,) of the data.

    Modes that the data does not have are left out.
    """
    p, q = (t.double() / t.sum() for t in (counts, law))
    there = (p > 0) & (q > 0)
    return float((p[there] * (p[there] / q[there]).log()).sum())


class StackedModes(Figure):
    """Modes that come at least once among the samples, of 1,000; the papers draw 26,000 samples."""

    name, title, better = "stacked_modes", "Modes of 1,000", "higher"
    paper = "Metz et al. 2017, arXiv:1611.02163"

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.counts = torch.zeros(MODES, dtype=torch.int64)

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        return None if subject.names and subject.source == "stacked" else "the source stacked"

    def fake(self, rows: Rows) -> None:
        assert self.subject.names is not None
        self.counts += histogram(self.subject.names(rows.x))

    def value(self) -> Value:
        n = int(self.counts.sum())
        notes = too_few(self.subject, n, 2 * MODES, "generated", "a count of 1,000 modes")
        kl = reverse_kl(self.counts, torch.ones(MODES))
        about = {"samples": n, "reverse KL against uniform": round(kl, 4), **notes}
        return Value(float((self.counts > 0).sum()), protocol=about)

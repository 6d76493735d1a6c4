"""Figures of many moves, kept as tensors until somebody asks for their means."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor


class Ledger:
    """Sums figures by name. A figure that lies on a GPU is not waited for."""

    def __init__(self) -> None:
        self._sums: dict[str, tuple[Tensor | float, int]] = {}

    def note(self, figures: Mapping[str, Tensor | float]) -> None:
        """Adds what was seen once."""
        for name, value in figures.items():
            total, count = self._sums.get(name, (0.0, 0))
            value = value.detach().float() if isinstance(value, Tensor) else value
            self._sums[name] = (total + value, count + 1)

    def means(self) -> dict[str, float]:
        """The mean of each figure since the last call."""
        means = {name: float(total) / count for name, (total, count) in self._sums.items()}
        self.clear()
        return means

    def clear(self) -> None:
        """Forgets all."""
        self._sums.clear()

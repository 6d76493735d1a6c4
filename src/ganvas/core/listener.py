"""What watches a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganvas.core.errors import Diverged

if TYPE_CHECKING:
    from ganvas.core.trainer import Trainer


class Listener:
    """What watches a run. Every method is optional; none may change the run."""

    def begin(self, trainer: Trainer) -> None:
        """Before the first round of this process."""

    def after_round(self, trainer: Trainer) -> None:
        """After each round."""

    def trouble(self, trainer: Trainer, error: Diverged) -> None:
        """Something was not finite, and the trainer has gone back to its last good state."""

    def end(self, trainer: Trainer, reason: str) -> None:
        """After the last round: the goal was reached, or `reason` says what stopped the run."""

    def close(self) -> None:
        """Last of all, also after an error that gave no chance for `end`."""

"""What watches a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganvas.core.errors import GanvasError

if TYPE_CHECKING:
    from ganvas.core.trainer import Trainer


class Listener:
    """What watches a run. Every method is optional.

    None may change what a round does: who draws, draws with generators of their own. After a round
    a listener may end the run, by setting `trainer.stopping` to a reason, or take it back to an
    earlier state with `trainer.go_back`, if that is what it was asked to do.
    """

    def begin(self, trainer: Trainer) -> None:
        """Before the first round of this process."""

    def after_round(self, trainer: Trainer) -> None:
        """After each round."""

    def trouble(self, trainer: Trainer, error: GanvasError) -> None:
        """Something went wrong, and the trainer has gone back to an earlier state."""

    def end(self, trainer: Trainer, reason: str) -> None:
        """After the last round: the goal was reached, or `reason` says what stopped the run."""

    def close(self) -> None:
        """Last of all, also after an error that gave no chance for `end`."""

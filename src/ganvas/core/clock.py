"""Where a run stands. Progress is counted in images seen, or in what limits the run instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass
class Clock:
    """The time of a run; all of it survives a resume."""

    round: int = 0
    """Rounds played."""
    images: int = 0
    """Real images (points, sentences) seen, over all processes."""
    seconds: float = 0.0
    """Seconds spent in rounds."""
    stage: int = -1
    """Number of the current stage; -1 before the first round."""
    stage_progress: float = 0.0
    """From 0 at the first round of the stage to 1 at its end."""
    retries: int = 0
    """How often the run went back because something was not finite; other draws follow each."""
    goal_images: int = 1
    """The run ends when it has seen so many images ..."""
    goal_rounds: int | None = None
    """... or, if this is set, after so many rounds ..."""
    goal_seconds: float | None = None
    """... or, if this is set, after so many seconds spent in rounds."""

    @property
    def progress(self) -> float:
        """From 0 at the first round to 1 at the end of the run."""
        if self.goal_seconds is not None:
            return min(1.0, self.seconds / max(1e-9, self.goal_seconds))
        if self.goal_rounds is not None:
            return min(1.0, self.round / max(1, self.goal_rounds))
        return min(1.0, self.images / max(1, self.goal_images))

    @property
    def done(self) -> bool:
        """Whether the run has reached its goal."""
        return self.progress >= 1.0

    def enter(self, shares: Sequence[float]) -> bool:
        """Finds the stage for the progress made; whether it is another one than before.

        Args:
            shares: how much of the run each stage takes, relative to the others.
        """
        total, reached, number, width = sum(shares), 0.0, 0, 1.0
        for number, share in enumerate(shares):
            width = share / total
            if self.progress < reached + width - 1e-12 or number == len(shares) - 1:
                break
            reached += width
        self.stage_progress = min(1.0, max(0.0, (self.progress - reached) / width))
        before, self.stage = self.stage, number
        return number != before

    def to_json(self) -> dict[str, Any]:
        """The clock as plain numbers."""
        return asdict(self)

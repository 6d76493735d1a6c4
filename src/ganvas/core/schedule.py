"""Hyper-parameters that change with the progress of a run."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

from ganvas.core.errors import UsageError


@dataclass(frozen=True)
class Schedule:
    """A piecewise linear function of progress (0 at the first round, 1 at the last).

    It is written, on the command line and in `config.json`, as `value@progress` pairs:
    `"2e-4@0 2e-4@0.5 0@1"` stays at 2e-4 for half of the run and then falls to 0.
    """

    points: tuple[tuple[float, float], ...]
    """(progress, value) pairs, by rising progress."""

    def __post_init__(self) -> None:
        places = [place for place, _ in self.points]
        if not places or places != sorted(places) or places[0] < 0 or places[-1] > 1:
            raise UsageError(f"a schedule needs rising points between 0 and 1, not {places}")

    def at(self, progress: float) -> float:
        """The value at `progress`, constant beyond both ends."""
        i = bisect_right([place for place, _ in self.points], progress)
        if i == 0:
            return self.points[0][1]
        if i == len(self.points):
            return self.points[-1][1]
        (p0, v0), (p1, v1) = self.points[i - 1], self.points[i]
        return v0 + (v1 - v0) * (progress - p0) / (p1 - p0)

    @classmethod
    def cosine(cls, first: float, last: float, share: float, pieces: int = 8) -> Schedule:
        """From `first` to `last` along half a cosine in a share of the run, as a broken line."""
        parts = [i / pieces for i in range(pieces + 1)]
        values = [last + (first - last) * (1 + math.cos(math.pi * part)) / 2 for part in parts]
        return cls(tuple(
            (float(f"{share * part:.4g}"), float(f"{value:.4g}"))
            for part, value in zip(parts, values, strict=True)
        ))  # fmt: skip

    @classmethod
    def parse(cls, text: str) -> Schedule:
        """Reads `"2e-4@0 0@1"`.

        Raises:
            UsageError: if the text is not a list of `value@progress` pairs.
        """
        try:
            pairs = [word.split("@") for word in text.replace(",", " ").split()]
            return cls(tuple((float(place), float(value)) for value, place in pairs))
        except ValueError:
            raise UsageError(
                f"cannot read the schedule {text!r}; write value@progress pairs: '2e-4@0 0@1'"
            ) from None

    def __str__(self) -> str:
        return " ".join(f"{value:g}@{place:g}" for place, value in self.points)


Rate = float | Schedule
"""A number, or a schedule of numbers."""


def at(rate: Rate, progress: float) -> float:
    """The value of `rate` now."""
    return rate.at(progress) if isinstance(rate, Schedule) else rate

"""Long work as steps: whoever waits can look on, and others have their turn in between."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Work = Generator[Any, None, T]
"""Stops after each step; what it returns is what was made."""


class Steps(Generic[T]):
    """Work that goes on when asked to.

    Args:
        work: it; begins with the first step.
    """

    def __init__(self, work: Work[T]) -> None:
        self._work = work
        self._made: list[T] = []

    def step(self) -> None:
        """The next step; none if there is no more."""
        try:
            next(self._work)
        except StopIteration as end:
            if not self._made:
                self._made.append(end.value)

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return bool(self._made)

    @property
    def result(self) -> T:
        """What was made; all of the work is done first if it was not."""
        while not self._made:
            self.step()
        return self._made[0]

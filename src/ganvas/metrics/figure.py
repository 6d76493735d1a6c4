"""What a figure is: it sees real and generated rows go by, and then says a number.

Rows come in batches and are gone afterwards, so memory does not grow with their number; a figure
that must remember rows says how many at most. The arithmetic itself is in functions of tensors
beside each figure, for those who have features of their own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from torch import Tensor

from ganvas.core import Game, Space, UsageError

Need = Literal["features", "probabilities", "label"]


@dataclass(frozen=True)
class Rows:
    """A batch of real or generated rows, and what a feature space says of them."""

    x: Tensor
    """The rows themselves: (n, *space.shape)."""
    features: Tensor | None = None
    """(n, d), float32; present if the figure needs them."""
    probabilities: Tensor | None = None
    """Of the classes, by the classifier of the feature space: (n, classes)."""
    label: Tensor | None = None
    """Of real rows, their label; of generated ones, the label that was asked for: (n,)."""
    truth: Tensor | None = None
    """Of generated rows, what each should be, where the data tells: (n, *space.shape)."""
    source: Tensor | None = None
    """... and what each was made of: (n, ...)."""

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Subject:
    """What is measured, as far as a figure must know it before it sees a row."""

    space: Space
    """Of one row."""
    source: str
    """The words for the data: `digits`, or a folder."""
    n_real: int
    """Real rows that will come."""
    n_fake: int
    """Generated rows that will come."""
    seed: int = 0
    """Decides whatever a figure draws."""
    dims: int | None = None
    """Size d of a feature vector; None without a feature space."""
    classes: int | None = None
    """How many labels the data has; None without labels."""
    labelled: bool = False
    """Whether the game is told a label, so that generated rows have one too."""
    paired: bool = False
    """Whether generated rows come with the truth."""
    probable: bool = False
    """Whether the feature space gives probabilities of classes."""
    native: bool = False
    """Whether these are the classes of the data."""
    game: Game | None = None
    """The game that generates, for figures that ask it more than samples; None for a folder."""
    features: Callable[[Tensor], Tensor] | None = None
    """The feature space itself: (n, *space.shape) -> (n, d)."""
    names: Callable[[Tensor], Tensor] | None = None
    """The classes that a classifier sees in rows: (n,), or (n, 3) for three stacked digits."""
    learned: Callable[[], Iterator[Tensor]] | None = None
    """The rows that the game learned from, in batches, if the real side is others."""
    allow_small: bool = False
    """Whether figures come from fewer rows than they ask for; they say so then."""


@dataclass(frozen=True)
class Value:
    """What a figure says."""

    value: float
    error: float | None = None
    """Its standard error, where there is one."""
    protocol: Mapping[str, Any] = field(default_factory=dict)
    """What one must know to repeat it, beyond the feature space and the numbers of rows."""


class Figure(ABC):
    """One measurement. Make it of a subject, show it all rows, ask for its value.

    The real half can be kept: `reference` gives all that the figure knows of the real rows, and
    another figure of the same class and subject takes it with `refer` in place of those rows.
    """

    name: ClassVar[str]
    """As on the command line and in scores.json: lower case, words joined by `_`."""
    title: ClassVar[str]
    """As in tables and plots."""
    better: ClassVar[Literal["lower", "higher", "neither"]]
    paper: ClassVar[str]
    """Authors, year and arXiv number or address."""
    needs: ClassVar[frozenset[Need]] = frozenset()
    usual: ClassVar[bool] = True
    """Whether it is measured unless told otherwise: some take long, or answer rare questions."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject

    @classmethod
    @abstractmethod
    def misfit(cls, subject: Subject) -> str | None:
        """Why the figure cannot be had for the subject, as the end of "it needs ..."; else None.

        For example "pictures of at least 32x32 pixels" or "a game that takes a label". What the
        class attribute `needs` says is checked before and need not be said again.
        """

    def real(self, rows: Rows) -> None:  # noqa: B027
        """Sees real rows."""

    def fake(self, rows: Rows) -> None:  # noqa: B027
        """Sees generated rows."""

    @abstractmethod
    def value(self) -> Value:
        """The figure, after all rows.

        Raises:
            UsageError: if there were too few rows, with the number that is needed.
        """

    def reference(self) -> dict[str, Tensor]:
        """All that the figure knows of the real rows, to be kept."""
        return {}

    def refer(self, kept: Mapping[str, Tensor]) -> None:  # noqa: B027
        """Takes what another figure's `reference` gave, in place of the real rows."""


def too_few(subject: Subject, have: int, need: int, side: str, why: str) -> dict[str, str]:
    """What a protocol says of too few rows, where they are allowed.

    Raises:
        UsageError: where they are not, with the number that is needed.
    """
    if have >= need:
        return {}
    if not subject.allow_small:
        raise UsageError(
            f"{have:,} {side} rows are too few: {why} takes at least {need:,}; "
            "give more, or --allow-small for a figure that says so"
        )
    return {"note": f"only {have:,} {side} rows, where {why} takes {need:,}"}

"""What can go wrong, and with which exit code the command line says so."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class GanvasError(Exception):
    """Something failed; the message says what was given, what was expected and what to do."""

    exit_code = 1


class UsageError(GanvasError):
    """The request itself is wrong: an unknown name, a contradiction, a missing folder."""

    exit_code = 2


class DataError(GanvasError):
    """The data is not what it should be (too many broken images, say)."""


class CheckpointError(GanvasError):
    """A file of a run is damaged or does not belong to it. Nothing was loaded."""


class GameError(GanvasError):
    """A game broke the contract of `ganvas.core`: a mistake in the game's own code."""


class Diverged(GanvasError):
    """A loss or gradient stopped being finite, more often than the run forgives."""


class Collapsed(GanvasError):
    """What is generated lost the variety of the data, and the run was told not to bear it."""


def did_you_mean(given: str, known: Iterable[str], what: str) -> UsageError:
    """The error for an unknown name, with the nearest known one or the whole list."""
    names = sorted(known)
    near = nearest(given, names)
    hint = f"did you mean {near!r}?" if near else f"there are: {', '.join(names)}"
    return UsageError(f"unknown {what} {given!r}; {hint}")


def nearest(given: str, known: Iterable[str]) -> str | None:
    """The known name that somebody meant who mistyped it, if there is one."""
    return next(iter(get_close_matches(given, list(known), n=1, cutoff=0.5)), None)

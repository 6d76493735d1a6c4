"""How evidence becomes a suspicion: thresholds with their reasons, and how sure one may be.

The thresholds are for figures without a unit (shares, ratios to the real data, ratios to the run's
own beginning), so that they mean the same for every game.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from ganvas.watch.evidence import Evidence
from ganvas.watch.lines import Line

ALIKE = 0.25
"""Samples are alike if they differ a quarter as much as real ones. Blurred ones differ more than
half as much; those of one class out of ten, two thirds as much."""
GONE = 0.01
"""Samples are one and the same. An untrained generator may make them as alike, and a trained one
never again: they count if they differed three times as much at first."""
RARE = 0.1
"""A kind is missing if it is made a tenth as often as it occurs (the measure for toy modes too)."""
FEWEST = 6
"""So many samples of a kind must be due in a look: by chance there is none once in 400 times."""
COMING = 0.4
"""While the distance to the data falls by so much, what is missing may yet come."""
LOST = 0.25
"""Kinds that nobody named are heaps of nearby rows, and a heap may be empty by chance or for a
smoother style. So much of the data in empty heaps is more than that."""
NARROW = 0.4
"""A look sees few kinds if they are as many as four in ten of those that the data has, both counted
by the inverse of Simpson's index. Healthy runs are above 0.7 once they have learned."""
FELL = 0.6
"""Diversity fell if it is below so much of the most there was. Looks differ by some percent."""
FAR = 0.1
"""Samples differ plainly from the data if the energy distance is a tenth of the spread of the data:
a generator that learned is at 0.01 to 0.05, one that makes a single class at 0.3."""
READ = 0.8
"""Classes can be told if the nearest other row has the same class so often."""
SURELY, MOSTLY, BLINDLY = 0.97, 0.85, 0.6
"""A judge is right all but 1 time in 30, though some looks find it worse; or might as well toss."""
GREW = 30.0
"""Singular values grow by 3 to 10 while a network learns; by so many times, never."""
LEAPT = 100.0
"""So many times the median of the run itself no gradient goes by chance."""
COPIED = 0.6
"""From a new sample the nearest row is nearly as far as the next, as from a real row; from a copy
it is not. The ratio of both, relative to that of real rows, is 0.9 to 1.1 for what is new."""
EFFECT = 0.05
"""An input does nothing if samples move by a twentieth of what lies between two of them."""
TURNS = 0.3
"""Between looks, the same noise goes on to make the same kind; here a third of it changes."""
LONG = 0.3
"""What may be a phase is held against nobody before it has lasted for such a part of the run."""


@dataclass(frozen=True)
class Seen:
    """A trouble that the evidence shows."""

    trouble: str
    """Its name; `advice.ADVICE` knows more of it."""
    seen: str
    """What was seen, with figures."""
    since: int
    """Real images that the run had seen when it began."""
    sure: float
    """From 0 to 1."""


Check = Callable[[Evidence], Iterator[Seen]]
"""Says what it saw of one trouble; mostly nothing."""


def streak(looks: Sequence[Line], holds: Callable[[Line], bool]) -> list[Line]:
    """The last looks, in a row, of which something holds."""
    found: list[Line] = []
    for look in reversed(looks):
        if not holds(look):
            break
        found.insert(0, look)
    return found


def mostly(looks: Sequence[Line], holds: Callable[[Line], bool]) -> list[Line]:
    """The last looks, of which something holds in three of four, and in the first and the last."""
    found: list[Line] = []
    held = 0
    for number, look in enumerate(reversed(looks), 1):
        held += holds(look)
        if number == 1 and not held:
            break
        if holds(look) and held >= 0.75 * number:
            found = list(looks[len(looks) - number :])
    return found


def sureness(looks: int, strength: float) -> float:
    """From how many looks in a row, and from 0 at the threshold to 1 far beyond it."""
    habit = {0: 0.0, 1: 0.5, 2: 0.65}.get(looks, 0.8)
    return round(min(0.99, habit + 0.19 * max(0.0, min(1.0, strength))), 2)


def lasted(looks: Sequence[Line]) -> float:
    """The part of the run so far over which these looks were taken."""
    if not looks:
        return 0.0
    return (looks[-1]["images"] - looks[0]["images"]) / max(1, looks[-1]["images"])


def unfolding(looks: Sequence[Line]) -> bool:
    """Whether samples come nearer to the data: it is too early to call it anything else."""
    return rises(looks, "gap", -0.1)


def rises(looks: Sequence[Line], what: str, by: float) -> bool:
    """Whether a figure rose by more than such a part (or fell, if that is below 0)."""
    half = len(looks) // 2
    if half == 0:
        return False
    early, late = (median(look[what] for look in part) for part in (looks[:half], looks[-half:]))
    return late > (1 + by) * early if by > 0 else late < (1 + by) * early

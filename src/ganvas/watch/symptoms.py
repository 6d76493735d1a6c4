"""Troubles that show in the samples and in the game: collapse, copies, a judge that is no match."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from ganvas.watch.causes import dead_data, random_labels
from ganvas.watch.evidence import WARM, Evidence
from ganvas.watch.lines import Line
from ganvas.watch.signs import (
    ALIKE,
    BLINDLY,
    COMING,
    COPIED,
    EFFECT,
    FAR,
    FELL,
    FEWEST,
    GONE,
    LONG,
    LOST,
    MOSTLY,
    NARROW,
    RARE,
    READ,
    SURELY,
    TURNS,
    Seen,
    lasted,
    mostly,
    rises,
    streak,
    sureness,
    unfolding,
)

# -- what is made --------------------------------------------------------------------------------


def collapse(e: Evidence) -> Iterator[Seen]:
    """Samples alike, and they do not come nearer to the data meanwhile."""
    looks = mostly(e.warm, lambda look: look["spread"] < ALIKE)
    if not looks or flat(e):
        return
    now, most = looks[-1]["spread"], max(look["spread"] for look in e.warm)
    few = len(e.warm) < 3 and min(looks[-1]["steps"].values()) >= 10 * WARM
    fell = most > 2 * ALIKE and len(looks) > 1
    first = e.looks[0].get("spread", 0.0)
    usual = median(look["spread"] for look in looks)
    gone = len(looks) > 1 and usual < min(GONE, first / 3)
    spreading = rises(looks, "spread", 0.05) and unfolding(looks)
    if not (fell or few or gone) and (lasted(looks) < LONG or spreading):
        return
    seen = f"two samples differ by {now:.1%} of what two real ones do"
    if most > 2 * ALIKE:
        seen += f"; it was {most:.0%}"
    yield Seen("collapse", seen, looks[0]["images"], sureness(len(looks), 1 - 2 * now / ALIKE))


def partial_collapse(e: Evidence) -> Iterator[Seen]:
    """Kinds that the data has and nobody makes; or diversity that there was and is no more."""
    if flat(e) or any(collapse(e)):
        return
    read = e.real.get("read", 0.0) >= READ
    kinds, least = ("classes", 1e-9) if read else ("heaps", LOST)
    looks = streak(e.warm, lambda look: _part(look, kinds, _missing(look, kinds)) > least)
    always = set.intersection(*(_missing(look, kinds) for look in looks)) if looks else set()
    part = _part(looks[-1], kinds, always) if looks else 0.0
    coming = rises(looks, "gap", -COMING)
    if len(looks) >= 3 and lasted(looks) > LONG and part > least and not coming:
        which = "classes" if read else "kinds of rows"
        seen = f"of {len(looks[-1][kinds])} {which}, {len(always)} are hardly ever made"
        if read:
            seen += f" (number {', '.join(map(str, sorted(always)[:8]))})"
        seen += f"; they are {part:.0%} of the data"
        if "modes" in looks[-1]:
            seen += " ({} of {} modes covered)".format(*looks[-1]["modes"])
        yield Seen("partial-collapse", seen, looks[0]["images"], sureness(len(looks), part))
        return
    yield from _narrow(e, kinds) or _fallen(e)


def _narrow(e: Evidence, kinds: str) -> list[Seen]:
    """A few kinds at a time, be it others from look to look: few modes, between which it hops."""

    def share(look: Line) -> float:
        return _number(look[kinds]) / _number(look["real"][kinds])

    looks = streak(e.warm, lambda look: kinds in look and share(look) < NARROW)
    if len(looks) < 2 or lasted(looks) < LONG or rises(looks, "gap", -LONG):
        return []
    usual = median(_number(look[kinds]) for look in looks)
    which = "classes" if kinds == "classes" else "kinds of rows"
    seen = (
        f"a look sees {usual:.1f} {which}; in the data they count as {_number(e.real[kinds]):.1f}"
    )
    if "modes" in looks[-1]:
        seen += " ({} of {} modes covered)".format(*looks[-1]["modes"])
    far = 1 - median(map(share, looks)) / NARROW
    return [Seen("partial-collapse", seen, looks[0]["images"], sureness(len(looks), far))]


def _number(shares: Sequence[float]) -> float:
    """How many kinds there are, each counted by its share: the inverse of Simpson's index."""
    return 1 / max(1e-9, sum(share**2 for share in shares))


def _missing(look: Line, kinds: str) -> set[int]:
    """The kinds that are made far less often than they occur; none if all is far from the data.

    Of rare ones a look cannot expect to see enough to tell.
    """
    if kinds not in look or look["gap"] > 3 * FAR:
        return set()
    pairs = zip(look[kinds], look["real"][kinds], strict=True)
    due = FEWEST / look["made"]
    return {i for i, (made, real) in enumerate(pairs) if real > due and made < RARE * real}


def _part(look: Line, kinds: str, which: set[int]) -> float:
    """How much of the data is of these kinds."""
    return sum(look["real"].get(kinds, [])[i] for i in which)


def _fallen(e: Evidence) -> list[Seen]:
    """Diversity was there, and went."""
    if len(e.warm) < 3:
        return []
    peak = max(e.warm, key=lambda look: look["spread"])
    after = e.warm[e.warm.index(peak) :]
    looks = streak(after, lambda look: look["spread"] < FELL * min(1.0, peak["spread"]))
    if len(looks) >= 2 and peak["spread"] > 0.5 and looks[-1]["gap"] > peak["gap"]:
        was, now = peak["spread"], looks[-1]["spread"]
        seen = f"two samples differ by {now:.0%} of what two real ones do; it was {was:.0%}"
        sure = sureness(len(looks), 1 - now / was)
        return [Seen("partial-collapse", seen, looks[0]["images"], sure)]
    return []


def memorised(e: Evidence) -> Iterator[Seen]:
    """Samples nearer to one training row than to all others, as no row of the data is."""
    real = e.real
    if not e.warm or flat(e) or not real.get("contrast") or e.last.get("copies") is None:
        return

    def near(look: Line) -> float:
        return (look["contrast"] or 0.0) / look["real"]["contrast"]

    def copied(look: Line) -> bool:
        return look["copies"] > look["real"]["copies"] + RARE and near(look) < COPIED

    looks = streak(e.warm, copied)
    if looks:
        now = looks[-1]
        seen = (
            f"{now['copies']:.0%} of the samples are not a third as far from one training row as "
            f"from the next (of the rows themselves, {real['copies']:.0%}); there are "
            f"{real['rows']:,} rows to compare with"
        )
        sure = sureness(len(looks), 1 - near(now) / COPIED)
        yield Seen("memorised", seen, looks[0]["images"], sure)


def ignores_inputs(e: Evidence) -> Iterator[Seen]:
    """An input that changes nothing; or a label that does not bring what it names."""
    if flat(e) or any(collapse(e)):
        return
    for name in e.last.get("inputs", {}):
        kind = "ignores-noise" if name == "noise" else "ignores-label"

        def idle(look: Line, name: str = name) -> bool:
            effect = look.get("inputs", {}).get(name)
            return effect is not None and effect < EFFECT

        if len(looks := streak(e.warm, idle)) >= 2 and lasted(looks) > LONG:
            effect = looks[-1]["inputs"][name]
            seen = f"another {name} moves a sample by {effect:.1%} of what lies between two samples"
            yield Seen(kind, seen, looks[0]["images"], sureness(len(looks), 1 - effect / EFFECT))
            return
    if e.real.get("read", 0.0) >= READ and not any(random_labels(e)):
        chance = sum(share**2 for share in e.real["classes"])
        looks = streak(e.warm, lambda look: look.get("obeys", 1.0) < 2 * chance)
        near = [look for look in looks if look["gap"] < 0.4 * FAR]
        if len(near) >= 3 and lasted(near) > LONG and chance < 0.4:
            obeys = looks[-1]["obeys"]
            seen = f"{obeys:.0%} of the samples are of the class asked for; chance is {chance:.0%}"
            yield Seen("ignores-label", seen, looks[0]["images"], sureness(len(looks), 0.5))


# -- the game ------------------------------------------------------------------------------------


def strong_critic(e: Evidence) -> Iterator[Seen]:
    """The judge makes no mistake for long, while samples stay far from the data."""
    looks = streak(e.warm, lambda look: look.get("wins", 0.5) > MOSTLY and look["gap"] > FAR)
    if len(looks) < 3 or flat(e) or median(look["wins"] for look in looks) < SURELY:
        return
    gap, before = looks[-1]["gap"], looks[0]["gap"]
    if lasted(looks) < LONG or gap < 0.2 * before:
        return
    seen = (
        f"it finds a real row more real than a sample in {looks[-1]['wins']:.1%} of all pairs, "
        f"and samples stay far from the data (energy distance {gap:.2g} of its spread)"
    )
    yield Seen("strong-critic", seen + _vanishing(e), looks[0]["images"], sureness(len(looks), gap))


def _vanishing(e: Evidence) -> str:
    """What became of the makers' gradient, if it is next to nothing."""
    for name, curve in e.curves("gradient/").items():
        if set(name.split("+")) & set(e.last.get("makers", ())) and curve:
            most = max(value for _, value in curve)
            if curve[-1][1] < 0.01 * most:
                return f"; the gradient of {name} fell from {most:.2g} to {curve[-1][1]:.2g}"
    return ""


def weak_critic(e: Evidence) -> Iterator[Seen]:
    """The judge might as well toss a coin, while samples differ plainly from the data."""
    looks = streak(e.warm, lambda look: look.get("wins", 1.0) < BLINDLY and look["gap"] > FAR)
    if len(looks) >= 3 and lasted(looks) > LONG and not flat(e):
        wins, gap = looks[-1]["wins"], looks[-1]["gap"]
        seen = (
            f"it finds a real row more real than a sample in {wins:.0%} of all pairs (tossing a "
            f"coin: 50%), yet they differ plainly (energy distance {gap:.2g} of the data's spread)"
        )
        yield Seen("weak-critic", seen, looks[0]["images"], sureness(len(looks), gap))


def oscillation(e: Evidence) -> Iterator[Seen]:
    """What is made keeps changing from one kind to another, and comes no nearer to the data."""
    number = next((n for n in range(6, len(e.warm) + 1) if lasted(e.warm[-n:]) > LONG), None)
    if number is None or flat(e):
        return
    looks = e.warm[-number:]
    steps = [_moved(a, b) for a, b in pairwise(looks)]
    if median(steps) < TURNS or unfolding(looks) or looks[-1]["gap"] < FAR:
        return
    seen = (
        f"between looks, {median(steps):.0%} of the samples become of another kind, and the "
        f"distance to the data does not fall (from {looks[0]['gap']:.2g} to {looks[-1]['gap']:.2g})"
    )
    yield Seen("oscillation", seen, looks[0]["images"], sureness(3, 2 * (median(steps) - TURNS)))


def _moved(a: Line, b: Line) -> float:
    """The share of samples that are of another kind in one look than in the other."""
    return sum(abs(p - q) for p, q in zip(a["heaps"], b["heaps"], strict=True)) / 2


def no_progress(e: Evidence) -> Iterator[Seen]:
    """Far from the data, and no nearer than long ago."""
    looks = e.warm
    if len(looks) < 6 or flat(e) or looks[-1]["gap"] < FAR:
        return
    best = min(looks, key=lambda look: look["gap"])
    idle = (looks[-1]["images"] - best["images"]) / max(1, looks[-1]["images"])
    if idle > 0.5:
        seen = (
            f"the distance to the data is {looks[-1]['gap']:.2g} of its spread, no less than the "
            f"{best['gap']:.2g} after {best['images']:,} images"
        )
        yield Seen("no-progress", seen, best["images"], sureness(len(looks), idle))


def flat(e: Evidence) -> bool:
    """Whether the data itself is all alike, so that nothing can be said of what is made."""
    return any(dead_data(e))

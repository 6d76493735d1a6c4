"""Troubles of the data and of the weights: what is wrong whatever the samples look like."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from ganvas.watch.evidence import Evidence
from ganvas.watch.lines import Line
from ganvas.watch.signs import GREW, LEAPT, Seen, streak, sureness

# -- the data ------------------------------------------------------------------------------------


def dead_data(e: Evidence) -> Iterator[Seen]:
    """All rows alike: of a hundred, hardly two differ, or by less than a shade of grey."""
    real = e.real
    if real and real["rows"] > 1:
        few = real["distinct"] <= max(1, real["rows"] // 100)
        if few or real["spread"] < 0.01 * real["size"] ** 0.5:
            told = f"of {real['rows']:,} rows of the data, {real['distinct']:,} differ"
            if real["distinct"] > 1:
                told += f", by {real['spread']:.2g} on average"
            yield Seen("dead-data", told, 0, 0.99)


def random_labels(e: Evidence) -> Iterator[Seen]:
    """The nearest other row has the same label hardly more often than chance would have it."""
    real = e.real
    if (
        not real
        or "read" not in real
        or any(dead_data(e))
        or e.last.get("takes", {}).get("label") != "Label"
    ):
        return
    chance = sum(share**2 for share in real["classes"])
    # Likeness reads hard pictures badly, but better than not at all.
    luck = 2 * (chance * (1 - chance) / min(real["rows"], 512)) ** 0.5
    if real["rows"] >= 100 and real["read"] < chance + luck and chance < 0.9:
        seen = (
            f"of real rows, {real['read']:.0%} have the label of the row most like them; "
            f"by chance it would be {chance:.0%}"
        )
        yield Seen("random-labels", seen, 0, 0.7)


# -- the weights ---------------------------------------------------------------------------------


def not_finite(e: Evidence) -> Iterator[Seen]:
    """A loss, gradient or sample was no number."""
    told = [line for line in e.stats if "trouble" in line and line.get("kind") != "Collapsed"]
    if told:
        times = "once" if len(told) == 1 else f"{len(told)} times"
        seen = f"the run went back {times}; the last time: {told[-1]['trouble']}"
        yield Seen("nan", seen, told[0].get("images", 0), 0.99)
    elif bad := streak(e.looks, lambda look: look.get("finite") is False):
        yield Seen("nan", "samples or scores are not finite", bad[0]["images"], 0.99)


def frozen(e: Evidence) -> Iterator[Seen]:
    """A player takes steps, and its weights stay where they are to the seventh digit."""
    for name in e.last.get("steps", {}):

        def still(look: Line, name: str = name) -> bool:
            return look["moved"][name] is not None and look["moved"][name] < 1e-7

        looks = streak([look for look in e.looks if name in look.get("moved", {})], still)
        before = e.looks[: e.looks.index(looks[0])] if looks else []
        if not before:
            continue
        steps = looks[-1]["steps"].get(name, 0) - before[-1]["steps"].get(name, 0)
        # A rate that falls to 0 may end a run: what counts is a player that never moved, or
        # has not for half of the run.
        lately = steps < 0.5 * looks[-1]["steps"].get(name, 0)
        if steps >= 20 and not lately:
            seen = f"{name} took {steps:,} steps, and its weights have not moved"
            yield Seen("frozen", seen, before[-1]["images"], 0.97)


def exploding(e: Evidence) -> Iterator[Seen]:
    """A layer's largest singular value, or the gradient, has grown out of all proportion.

    A layer that began as 0 grows without end by that measure: it is held against 1.
    """
    if len(e.looks) < 2:
        return
    first = {layer: max(value or 1.0, 0.1) for layer, value in e.looks[0].get("sigma", {}).items()}

    def growth(look: Line) -> dict[str, float]:
        now = look.get("sigma", {})
        return {
            layer: (now[layer] if now[layer] is not None else 1e9) / first[layer]
            for layer in first.keys() & now.keys()
        }

    grown = streak(e.looks, lambda look: max(growth(look).values(), default=0) > GREW)
    if grown:
        rates = growth(e.looks[-1])
        layer = max(rates, key=lambda name: rates[name])
        now = e.looks[-1]["sigma"][layer]
        at = "not finite" if now is None else f"{now:.3g}"
        was = e.looks[0]["sigma"][layer]
        grew = f"{rates[layer]:,.0f} times what it was ({was:.3g})" if was else "and began as 0"
        many = sum(rate > GREW for rate in rates.values())
        seen = (
            f"the largest singular value of {layer} is {at}, {grew}; "
            f"{many} of {len(rates)} layers are beyond {GREW:g} times"
        )
        yield Seen("exploding", seen, grown[0]["images"], sureness(3, rates[layer] / 300))
        return
    yield from _leaping(e)


def _leaping(e: Evidence) -> Iterator[Seen]:
    """Gradient norms far above what they were in the same stage of the run."""
    for name, curve in e.curves("gradient/").items():
        half = len(curve) // 2
        if half < 10:
            continue
        usual = median(value for _, value in curve[:half])
        late = [(images, value) for images, value in curve[half:] if value > LEAPT * usual]
        if usual > 0 and len(late) >= 5 and late[-1] == curve[-1]:
            seen = f"the gradient norm of {name} is {curve[-1][1]:.3g}; it was about {usual:.3g}"
            yield Seen("exploding", seen, late[0][0], 0.7)
            return

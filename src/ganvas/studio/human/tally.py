"""What answers come to: shares with their intervals, mean ratings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import NormalDist, fmean, stdev
from typing import Any

from ganvas.studio.human.ledger import Line

Z = NormalDist().inv_cdf(0.975)


def wilson(count: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval for a share (Wilson 1927); the whole of [0, 1] if `of` is 0.

    Unlike the share ± 1.96 standard errors it stays within [0, 1] and holds for few answers too.
    """
    if of == 0:
        return 0.0, 1.0
    p, more = count / of, Z * Z / of
    middle = (p + more / 2) / (1 + more)
    half = Z / (1 + more) * math.sqrt(p * (1 - p) / of + more / of / 4)
    low = 0.0 if count == 0 else middle - half
    return low, 1.0 if count == of else middle + half


def share(answers: Sequence[bool]) -> dict[str, Any]:
    """How many are True, with the interval; the rate is None where there are no answers."""
    count, of = sum(answers), len(answers)
    low, high = wilson(count, of)
    return {"rate": count / of if of else None, "low": low, "high": high, "count": count, "of": of}


def rating(answers: Sequence[Line]) -> dict[str, Any]:
    """The mean rating and the standard deviation; None where there are too few."""
    values = [a["rating"] for a in answers]
    return {
        "mean": fmean(values) if values else None,
        "sd": stdev(values) if len(values) > 1 else None,
        "of": len(values),
    }


def summary(answers: Iterable[Line]) -> dict[str, Any]:
    """The figures of some answers.

    `fooling` is the share of generated images judged real; `control` the share of real images
    judged real, which it is held against; `correct` the share of all that were judged rightly.
    """
    answers = list(answers)
    made, real = ([a for a in answers if a["real"] is kind] for kind in (False, True))
    return {
        "answers": len(answers),
        "fooling": share([not a["machine"] for a in made]),
        "control": share([not a["machine"] for a in real]),
        "correct": share([a["machine"] is not a["real"] for a in answers]),
        "rating": {"made": rating(made), "real": rating(real)},
    }


def per_image(image: str, real: bool, answers: Sequence[Line]) -> dict[str, Any]:
    """The figures of one image; `believed` is the share of answers that took it for real."""
    return {
        "image": image,
        "real": real,
        "answers": len(answers),
        "machine": sum(a["machine"] for a in answers),
        "believed": share([not a["machine"] for a in answers]),
        "rating": rating(answers),
    }


def told(found: dict[str, Any]) -> str:
    """The figures of `summary` for people."""
    raters = len(found["raters"])
    rows = [
        ("fooling rate", _percent(found["fooling"], "generated images judged real")),
        ("control", _percent(found["control"], "real images judged real")),
        ("mean rating", _ratings(found["rating"])),
        ("answers", found["file"]),
    ]
    head = f"{_count(raters, 'rater')}, {_count(found['answers'], 'answer')}"
    return "\n".join([head, *(f"  {name:<13} {what}" for name, what in rows)])


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}" + "s" * (n != 1)


def _percent(share: dict[str, Any], what: str) -> str:
    if share["rate"] is None:
        return "nothing judged yet"
    rate, low, high = (round(100 * share[name]) for name in ("rate", "low", "high"))
    return f"{rate} % ({share['count']} of {share['of']} {what}; 95 %: {low} to {high} %)"


def _ratings(found: dict[str, Any]) -> str:
    words = {"made": "generated", "real": "real"}
    return ", ".join(
        f"{'-' if found[kind]['mean'] is None else format(found[kind]['mean'], '.1f')} {word}"
        for kind, word in words.items()
    )

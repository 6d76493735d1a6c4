"""The referee's judgement: a pure function of the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ganvas.watch import causes, symptoms
from ganvas.watch.advice import ADVICE, tries
from ganvas.watch.evidence import Evidence
from ganvas.watch.signs import Check, Seen

CHECKS: tuple[Check, ...] = (
    causes.dead_data,
    causes.random_labels,
    causes.not_finite,
    causes.exploding,
    causes.frozen,
    symptoms.collapse,
    symptoms.partial_collapse,
    symptoms.strong_critic,
    symptoms.weak_critic,
    symptoms.memorised,
    symptoms.ignores_inputs,
    symptoms.oscillation,
    symptoms.no_progress,
)
"""All that is looked for, causes before what follows from them."""

FOLLOWS = {
    "exploding": {"frozen", "partial-collapse", "oscillation", "no-progress"},
    "frozen": {"collapse", "partial-collapse", "strong-critic", "weak-critic", "no-progress"},
    "collapse": {"oscillation", "strong-critic", "no-progress"},
    "weak-critic": {"no-progress"},
    "strong-critic": {"no-progress", "partial-collapse", "oscillation"},
    "partial-collapse": {"no-progress"},
    "memorised": {"no-progress", "partial-collapse"},
    "oscillation": {"no-progress"},
}
"""What is not told beside a trouble that explains it."""

COLLAPSES = ("collapse", "partial-collapse")
"""What `--on-collapse` is about."""


@dataclass(frozen=True)
class Finding:
    """A trouble of a run, with the evidence for it and a way out."""

    trouble: str
    """Its name, which stays the same whatever the figures: `collapse`, `nan` ..."""
    title: str
    """In a few words."""
    seen: str
    """What was seen, with figures."""
    since: int
    """Real images that the run had seen when it began."""
    sure: float
    """From 0 to 1."""
    why: str
    """How such a thing comes about."""
    paper: str
    """Who found out."""
    tries: tuple[str, ...]
    """Options of `ganvas train` for this game that may help, the best first."""

    @property
    def word(self) -> str:
        """How sure, in a word."""
        return "certain" if self.sure >= 0.95 else "likely" if self.sure >= 0.75 else "perhaps"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "tries": list(self.tries), "word": self.word}

    def __str__(self) -> str:
        return f"{self.title} ({self.word}): {self.seen}"


def judge(evidence: Evidence) -> list[Finding]:
    """All troubles that the evidence shows, causes first."""
    found = [seen for check in CHECKS for seen in check(evidence)]
    explained = {
        effect.trouble
        for cause in found
        for effect in found
        if effect.trouble in FOLLOWS.get(cause.trouble, ())
    }
    return [_finding(s, evidence) for s in found if s.trouble not in explained]


def _finding(seen: Seen, evidence: Evidence) -> Finding:
    known = ADVICE[seen.trouble]
    options = tries(seen.trouble, evidence.config)
    return Finding(
        seen.trouble, known.title, seen.seen, seen.since, seen.sure, known.why, known.paper, options
    )


def scope(evidence: Evidence) -> str:
    """What a verdict without findings rests on, or why there is none."""
    looks, warm = len(evidence.looks), len(evidence.warm)
    figures = sum("trouble" not in line for line in evidence.stats)
    if not looks:
        return f"nobody looked at what it makes; of {figures:,} lines of figures none is amiss"
    if "real" not in evidence.last:
        return f"looked {_times(looks)}, at weights and figures: nothing real is like what it makes"
    if not warm:
        return f"too early to tell: looked {_times(looks)}, always before the players had learned"
    return f"looked {_times(looks)} at {', '.join(_topics(evidence))}: nothing amiss"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _topics(evidence: Evidence) -> Sequence[str]:
    """What the looks could see."""
    last = evidence.warm[-1]
    there = {
        "variety": True,
        "classes": "classes" in last,
        "modes": "modes" in last,
        "copies": last.get("copies") is not None,
        "what each input does": bool(last.get("inputs")),
        "the judge": "wins" in last,
        "weights": True,
        "gradients": bool(evidence.stats),
    }
    return [topic for topic, known in there.items() if known]

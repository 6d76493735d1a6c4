"""How a verdict is told: in a line beside the progress, in a section of the report."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from rich.text import Text

from ganvas.watch.evidence import Evidence
from ganvas.watch.verdicts import Finding, judge, scope


def line(found: Finding) -> Text:
    """A finding and the first thing to try, in one line."""
    text = Text.assemble((f"! {found.title}", "bold yellow"), (f" ({found.word}): ", "yellow"))
    text.append(found.seen, "yellow")
    if found.tries:
        text.append(f" · try {found.tries[0]}", "dim")
    return text


def section(folder: Path) -> str:
    """What the referee says of a run, as HTML; nothing if nobody looked.

    Nothing in the run's files is trusted: whatever they hold is shown as text.
    """
    evidence = Evidence.of(folder)
    if not evidence.looks:
        return ""
    try:
        found, rest = judge(evidence), scope(evidence)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        return ""  # lines that no referee wrote
    body = (
        "".join(map(_card, found)) or f'<div class="card"><p class="soft">{escape(rest)}</p></div>'
    )
    return f"<h2>Referee</h2>{body}"


def _card(found: Finding) -> str:
    tries = "".join(f"<li><code>{escape(option)}</code></li>" for option in found.tries)
    return (
        f'<div class="card warning finding"><h3>{escape(found.title)} '
        f"<small>{found.word}, since {found.since:,} images</small></h3>"
        f"<p>{_sentence(found.seen)}</p><p>{escape(found.why)} "
        f'<small>{escape(found.paper)}</small></p><p class="soft">Try, one at a time:</p>'
        f"<ul>{tries}</ul></div>"
    )


def _sentence(text: str) -> str:
    return escape(text[:1].upper() + text[1:].rstrip(".") + ".")


def in_short(findings: Sequence[Finding], evidence: Evidence) -> str:
    """A verdict in one sentence."""
    if findings:
        return "; ".join(map(str, findings[:2]))
    return scope(evidence)

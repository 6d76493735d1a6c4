"""The measured figures of a run, as a part of its report."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from ganvas.metrics.scores import Scores
from ganvas.watch.curves import Curve, chart, short_number
from ganvas.watch.sections import is_number

WAYS = {"lower": "lower is better", "higher": "higher is better"}


def measured(scores: Sequence[Scores]) -> str:
    """A table of the newest measurement with its protocol, and curves if there are several."""
    if not scores:
        return ""
    newest = max(scores, key=lambda s: s.round if is_number(s.round) else 0)
    rows = "".join(_row(name, about) for name, about in newest.figures.items())
    how = "; ".join(f"{escape(k)} {escape(str(v))}" for k, v in newest.protocol.to_text().items())
    table = f'<div class="card"><table>{rows}</table><p class="soft">{how}</p></div>'
    alike = [s for s in scores if s.protocol == newest.protocol]
    curves = [
        (str(about.get("title", name)), [*_curve(name, alike)])
        for name, about in newest.figures.items()
    ]
    charts = "".join(chart(title, {title: curve}) for title, curve in curves if len(curve) > 1)
    return f'<h2>Measured</h2><div class="charts">{table}{charts}</div>'


def _row(name: str, about: Any) -> str:
    value, error = about.get("value"), about.get("error")
    told = short_number(value) if is_number(value) else escape(str(value))
    more = f" ± {short_number(error)}" if is_number(error) else ""
    way = WAYS.get(str(about.get("better")), "")
    title = escape(str(about.get("title", name)))
    return (
        f'<tr><th>{title}</th><td class="number">{told}{more}</td><td class="soft">{way}</td></tr>'
    )


def _curve(name: str, scores: Sequence[Scores]) -> Curve:
    found = [(s.images, s.figures[name].get("value")) for s in scores if name in s.figures]
    return sorted((at, value) for at, value in found if is_number(at) and is_number(value))

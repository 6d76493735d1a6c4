"""`ganvas doctor RUN`: what is wrong with a run, and what to try."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ganvas.cli.options import JSON, refuse, take
from ganvas.cli.pages import HELP, PAGES
from ganvas.cli.printing import bold, paragraph, table
from ganvas.core import UsageError
from ganvas.core.run import Run
from ganvas.tools.pretrained import opened
from ganvas.watch.evidence import Evidence
from ganvas.watch.second_look import evidence_of
from ganvas.watch.verdicts import Finding, judge, scope


def main(words: Sequence[str]) -> None:
    """Judges a run, finished, stopped or still running; writes nothing.

    Raises:
        UsageError: if the folder is no run.
        GanvasError: if its files cannot be read.
    """
    folder, rest = take(words, [JSON, *HELP])
    if folder is None and set(rest) & set(HELP):
        print(PAGES["doctor"], end="")
        return
    refuse([word for word in rest if word != JSON], [JSON], "doctor")
    if folder is None:
        raise UsageError("which run? ganvas doctor RUN")
    run = opened(folder)
    evidence, blind = evidence_of(run)
    findings = judge(evidence)
    if JSON in rest:
        print(json.dumps(_result(run, evidence, findings, blind), ensure_ascii=False))
    else:
        print(_told(run, evidence, findings, blind))


def _result(
    run: Run, evidence: Evidence, findings: Sequence[Finding], blind: str | None
) -> dict[str, Any]:
    """The verdict as plain values."""
    return {
        "run": str(run.folder),
        "game": run.plan.game,
        "images": evidence.images,
        "looks": len(evidence.looks),
        "findings": [found.to_json() for found in findings],
        "scope": scope(evidence),
        "could_not_look": blind,
    }


def _told(run: Run, evidence: Evidence, findings: Sequence[Finding], blind: str | None) -> str:
    source = run.plan.data.get("source")
    head = f"{run.folder}: {run.plan.game} on {source}, {evidence.images:,} images"
    parts = [bold(head), *map(_finding, findings)]
    if blind is not None:
        parts.append(paragraph(f"It could not be looked at now: {blind}."))
    if not findings:
        parts.append(paragraph(scope(evidence).capitalize() + "."))
    return "\n\n".join(parts)


def _finding(found: Finding) -> str:
    rows = [
        ("seen", found.seen),
        ("since", f"{found.since:,} images"),
        ("why", found.why),
        ("paper", found.paper),
        *(("" if i else "try", option) for i, option in enumerate(found.tries)),
    ]
    return f"{bold(found.title)} ({found.trouble}), {found.word}\n{table(rows, indent=2)}"

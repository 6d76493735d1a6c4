"""A look at a run from outside: at what lies on disk, whether it still runs or not."""

from __future__ import annotations

from dataclasses import replace

from ganvas import data
from ganvas.core import GanvasError, checkpoint
from ganvas.core.run import Run
from ganvas.watch.evidence import Evidence
from ganvas.watch.eye import Eye, some_rows
from ganvas.watch.lines import Line

FEW = 3
"""Looks that a short run had time for, and that a judgement had better not rest on alone."""


def evidence_of(run: Run) -> tuple[Evidence, str | None]:
    """All that there is to judge a run by; nothing is written.

    Where the referee has looked `FEW` times or less since the players learned anything, and not at
    the newest state, this looks at it.

    Returns:
        The evidence, and why it could not look if it should have.
    """
    evidence = Evidence.of(run.folder)
    if len(evidence.warm) > FEW:
        return evidence, None
    try:
        state = checkpoint.read(checkpoint.locate(run.folder))
        if evidence.warm and state.rest["clock"]["images"] <= evidence.last["images"]:
            return evidence, None
        return replace(evidence, looks=[*evidence.looks, look_at(run, state)]), None
    except (GanvasError, OSError) as error:
        return evidence, None if evidence.warm else str(error)


def look_at(run: Run, state: checkpoint.State) -> Line:
    """Looks at the newest state of a run.

    Raises:
        GanvasError: if its data is gone.
    """
    game, steps = run.game, state.rest["steps"]
    for name, player in game.players.items():
        player.steps = steps.get(name, 0)
    source = data.reload(run.plan.data)
    clock: Line = {key: state.rest["clock"][key] for key in ("round", "images", "seconds")}
    return {**clock, **Eye(game, some_rows(source.tables), run.plan.data["source"]).look(game)}

"""A look at a run from outside: at what lies on disk, whether it still runs or not."""

from __future__ import annotations

from dataclasses import replace

from ganvas import data
from ganvas.core import GanvasError, checkpoint
from ganvas.core.run import Run
from ganvas.watch.evidence import Evidence
from ganvas.watch.eye import Eye, some_rows
from ganvas.watch.lines import Line


def evidence_of(run: Run) -> tuple[Evidence, str | None]:
    """All that there is to judge a run by; nothing is written.

    If nobody has looked since its players learned anything, this looks once.

    Returns:
        The evidence, and why it could not look if it should have.
    """
    evidence = Evidence.of(run.folder)
    if evidence.warm:
        return evidence, None
    try:
        return replace(evidence, looks=[*evidence.looks, look_at(run)]), None
    except (GanvasError, OSError) as error:
        return evidence, str(error)


def look_at(run: Run) -> Line:
    """Looks at the newest state of a run.

    Raises:
        GanvasError: if it has none, or its data is gone.
    """
    state = checkpoint.read(checkpoint.locate(run.folder))
    game, steps = run.game, state.rest["steps"]
    for name, player in game.players.items():
        player.steps = steps.get(name, 0)
    source = data.reload(run.plan.data)
    clock: Line = {key: state.rest["clock"][key] for key in ("round", "images", "seconds")}
    return {**clock, **Eye(game, some_rows(source.tables), run.plan.data["source"]).look(game)}

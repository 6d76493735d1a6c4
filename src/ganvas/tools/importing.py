"""Makes a run of weights that others have trained."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganvas.core import Clock, Game, UsageError, checkpoint, registry
from ganvas.core.errors import did_you_mean
from ganvas.core.plan import Plan
from ganvas.core.run import CONFIG, Run, free_folder
from ganvas.data import UNKNOWN
from ganvas.tools.foreign import files, layers
from ganvas.tools.foreign.formats import FORMATS, Known, Wish


@dataclass(frozen=True)
class Imported:
    """What became of the files."""

    run: str
    game: str
    architecture: str
    """What was recognised."""
    players: dict[str, dict[str, Any]]
    """For each player that got weights: the file, tensors, parameters, which layer went where."""
    untrained: list[str]
    """Players that got none: they are as they begin."""
    notes: list[str]

    def to_json(self) -> dict[str, Any]:
        """The report as plain values."""
        return dataclasses.asdict(self)


def import_(
    places: str | Path | Sequence[str | Path],
    format: str,
    out: str | Path | None = None,
    *,
    size: int | None = None,
    labels: Sequence[str] = (),
) -> Imported:
    """Makes a run of checkpoints of another repository.

    Args:
        places: files, or the folder that they lie in.
        format: the repository, a key of `FORMATS`.
        out: the run's folder; a new one below `runs/` if None.
        size: of the pictures that they were trained on, where the weights do not tell.
        labels: names of the domains, in order.

    Raises:
        UsageError: if there is nothing to import, or nowhere to.
        CheckpointError: if a file is no checkpoint, or of another architecture. No run is made.
    """
    if format not in FORMATS:
        raise did_you_mean(format, FORMATS, "format")
    if size is not None and size < 1:
        raise UsageError(f"--size must be at least 1, not {size}")
    places = [places] if isinstance(places, str | Path) else places
    nets = [files.read(file) for file in files.found(places)]
    known = FORMATS[format](nets, Wish(size, tuple(labels)))
    plan = _plan(known, format)
    game = plan.build()
    matches = {
        player: layers.fill(game.players[player].net, net, f"{player} of {known.game}")
        for player, net in known.players.items()
    }
    for player in game.players.values():
        player.begin_average()
    folder = Path(out) if out is not None else free_folder(f"{known.game}-imported")
    _write(folder, plan, game)
    told = {
        player: {
            "file": str(known.players[player].file),
            "tensors": match.tensors,
            "parameters": match.numbers,
            "dropped": match.dropped,
            "layers": match.pairs,
        }
        for player, match in matches.items()
    }
    untrained = [name for name in game.players if name not in matches]
    return Imported(str(folder), known.game, known.architecture, told, untrained, known.notes)


def _write(folder: Path, plan: Plan, game: Game) -> None:
    """Makes the run's folder, with the game's weights as its only state."""
    Run.create(folder, plan)
    try:
        about = {name: getattr(plan, name) for name in ("game", "config", "spaces")}
        rest = {"clock": Clock().to_json()}
        checkpoint.save(folder, checkpoint.State(game.state_dict(), rest), about)
    except BaseException:
        (folder / CONFIG).unlink()  # a run without weights would only be in the way
        raise


def _plan(known: Known, format: str) -> Plan:
    """The plan of a run that would have led to these weights, as far as it is known."""
    game = registry.find(known.game)
    config_class = registry.config_of(game)
    fields = {field.name for field in dataclasses.fields(config_class)}
    if known.config.get("network", "resnet") != "resnet" and "network" not in fields:
        raise UsageError(f"{known.game} has no {known.config['network']} here")
    differs = {name: value for name, value in known.config.items() if name in fields}
    values = {**registry.preset_of(game, "paper").config, **differs}
    origin = {
        "format": format,
        "architecture": known.architecture,
        "files": {player: net.file.name for player, net in known.players.items()},
        "sha256": {player: net.sha256 for player, net in known.players.items()},
        "directions": known.directions,
    }
    data = {"source": UNKNOWN}
    plan = Plan.of(known.game, config_class.build(**values), known.spaces, data, preset="paper")
    return dataclasses.replace(plan, origin=origin)

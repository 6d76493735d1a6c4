"""States on disk: written whole or not at all, checked before use, never unpickled as code.

A run keeps its last states under `checkpoints/<round>/`. Each folder is written under another name
and renamed when it is complete, so a kill at any moment leaves the state before it. The run's own
`weights.safetensors` and `state.pt` are links to the newest.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ganvas.core.clock import Clock
from ganvas.core.errors import CheckpointError, GanvasError

WEIGHTS, REST, SUMS = "weights.safetensors", "state.pt", "checksums.json"


@dataclass
class State:
    """All that a run needs to go on: what `Trainer.state` gives and `Trainer.load` takes."""

    weights: dict[str, Tensor]
    """The game's state: players, averages, buffers."""
    rest: dict[str, Any]
    """Clock, optimisers, step counts: plain values and tensors only."""


def save(run: Path, state: State, about: Mapping[str, Any], *, keep: int = 2) -> Path:
    """Writes a state to `run/checkpoints/<round>` and lets the run's own files point to it.

    Args:
        run: the run's folder.
        state: what to write.
        about: what the weights file should say of itself, for those who get only that file.
        keep: how many of the newest states to keep; later ones than this are removed.

    Raises:
        GanvasError: if it cannot be written; what was on disk before is still there.
    """
    home, now = run / "checkpoints", state.rest["clock"]["round"]
    final = home / f"{now:08d}"
    draft = home / f".{final.name}.draft"
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        weights = {name: tensor.contiguous() for name, tensor in state.weights.items()}
        # One key and no wall clock: equal runs give equal files, byte for byte.
        clock = {name: value for name, value in state.rest["clock"].items() if name != "seconds"}
        says = json.dumps({**about, "clock": clock}, sort_keys=True)
        save_file(weights, draft / WEIGHTS, metadata={"ganvas": says})
        torch.save(state.rest, draft / REST)
        (draft / WEIGHTS).chmod((draft / REST).stat().st_mode)  # safetensors lets nobody else read
        sums = {name: _sha256(draft / name) for name in (WEIGHTS, REST)}
        (draft / SUMS).write_text(json.dumps({**sums, "clock": state.rest["clock"]}, indent=1))
        for file in draft.iterdir():
            _flush(file)
        if final.exists():
            final.rename(draft.with_suffix(".old"))
        draft.rename(final)
        _flush(home)
        for name in (WEIGHTS, REST):
            _point(run / name, final / name)
    except (OSError, RuntimeError, SafetensorError) as error:
        shutil.rmtree(draft, ignore_errors=True)
        rounds = [str(int(kept.name)) for kept in whole(run)]
        raise GanvasError(
            f"cannot write a checkpoint to {run} ({error}); "
            + (f"the state of round {rounds[-1]} is safe there" if rounds else "nothing is there")
        ) from error
    # What is later than this state belongs to a future that the run has gone back from.
    kept, later = kept_rounds(run), [old for old in kept_rounds(run) if int(old.name) > now]
    for old in [*home.glob(".*"), *later, *kept[: -keep - len(later)]]:
        shutil.rmtree(old, ignore_errors=True)
    return final


def kept_rounds(run: Path) -> list[Path]:
    """The folders of the kept states, oldest first, whole or not."""
    return sorted(p for p in (run / "checkpoints").glob("[0-9]*") if p.name.isdigit())


def whole(run: Path) -> list[Path]:
    """The folders of the kept states that are undamaged, oldest first."""
    return [folder for folder in kept_rounds(run) if damage(folder) is None]


def damage(folder: Path) -> str | None:
    """What is wrong with a checkpoint's folder; None if every byte is as it was written."""
    try:
        sums = json.loads((folder / SUMS).read_text())
        for name in (WEIGHTS, REST):
            if _sha256(folder / name) != sums[name]:
                return f"{name} is not what was written"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def clock_of(folder: Path) -> Clock:
    """Where the run stood in a checkpoint's folder.

    Raises:
        CheckpointError: if the folder does not say.
    """
    try:
        return Clock(**json.loads((folder / SUMS).read_text())["clock"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"cannot read {folder / SUMS}: {error}") from error


def locate(run: Path, at: int | None = None) -> Path:
    """The folder of a run's newest state, or of its state `at` a round, after checking it.

    Raises:
        CheckpointError: if there is none, or if it is damaged; the message offers an earlier one.
    """
    kept = kept_rounds(run)
    if at is not None:
        kept = [folder for folder in kept if int(folder.name) == at]
    if not kept:
        known = ", ".join(str(int(folder.name)) for folder in kept_rounds(run)) or "none"
        wanted = "checkpoint" if at is None else f"checkpoint of round {at}"
        raise CheckpointError(f"{run} has no {wanted} (kept rounds: {known})")
    newest = kept[-1]
    why = damage(newest) or (_strangers(run) if at is None else None)
    if why is None:
        return newest
    others = [folder for folder in whole(run) if at is None or folder != newest]
    offer = (
        f"the state of round {int(others[-1].name)} is whole, go back to it with "
        f"ganvas train --resume {run} --from {int(others[-1].name)}"
        if others
        else "and there is no other whole state to go back to"
    )
    raise CheckpointError(f"refused the checkpoint of {run}: {why}; {offer}")


def _strangers(run: Path) -> str | None:
    """Whether one of the run's own files is none of those it wrote itself."""
    written: dict[str, set[str]] = {WEIGHTS: set(), REST: set()}
    for folder in whole(run):
        sums = json.loads((folder / SUMS).read_text())
        for name, digests in written.items():
            digests.add(sums[name])
    for name, digests in written.items():
        if (run / name).exists() and _sha256(run / name) not in digests:
            return f"{name} is not what this run wrote"
    return None


def forget_after(run: Path, at: int) -> None:
    """Removes the states later than round `at`, which a run resumed there will write anew."""
    for folder in kept_rounds(run):
        if int(folder.name) > at:
            shutil.rmtree(folder)
    for name in (WEIGHTS, REST):
        _point(run / name, run / "checkpoints" / f"{at:08d}" / name)


def read(folder: Path) -> State:
    """The state in a checkpoint's folder.

    Raises:
        CheckpointError: if a file cannot be read as what it should be.
    """
    try:
        rest = torch.load(folder / REST, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever its unpickler met
        raise CheckpointError(f"cannot read {folder / REST}: {error}") from error
    return State(read_weights(folder / WEIGHTS)[0], rest)


def read_weights(file: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors of a weights file, and what it says of itself.

    Raises:
        CheckpointError: if it is no whole safetensors file.
    """
    try:
        with safe_open(file, framework="pt") as opened:
            names = opened.keys()  # not a dict: it has no iterator
            about = json.loads((opened.metadata() or {}).get("ganvas", "{}"))
            return {name: opened.get_tensor(name) for name in names}, about
    except (OSError, SafetensorError, ValueError) as error:
        raise CheckpointError(f"cannot read {file}: {error}") from error


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _flush(path: Path) -> None:
    """Makes sure that a file, or the names in a folder, survive a loss of power."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _point(name: Path, target: Path) -> None:
    """Lets `name` be `target`: a hard link, or a copy where there are no links."""
    draft = name.with_name(f".{name.name}.draft")
    draft.unlink(missing_ok=True)
    try:
        os.link(target, draft)
    except OSError:
        shutil.copyfile(target, draft)
    os.replace(draft, name)

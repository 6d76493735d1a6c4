"""What was measured, and how: figures and their protocol, as in a run's scores.json."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ganvas.core import DataError
from ganvas.core.files import write_whole

FILE = "scores.json"


@dataclass(frozen=True)
class Protocol:
    """What must be equal before two figures may be compared."""

    data: str
    """The words for the real rows."""
    fingerprint: str
    """SHA-256 of the real rows."""
    split: str
    """Which part of the data they are: train, test or all."""
    field: str
    """Which field of the data is imitated."""
    space: Mapping[str, Any]
    """Of a row."""
    n_real: int
    n_generated: int
    seed: int
    weights: str
    """`average` (the moving average, where a player has one), `last`, or `none`: no game."""
    features: Mapping[str, Any] | None
    """The feature space; None where there is none."""
    truncation: float | None = None
    """Of the generated rows."""

    def to_text(self) -> dict[str, str]:
        """Each point in words, for people: digests are cut to what one can compare by eye."""
        return {name.replace("_", " "): _short(value) for name, value in asdict(self).items()}

    def differences(self, other: Protocol) -> list[str]:
        """In which points two protocols differ, in words."""
        mine, theirs, same = self.to_text(), other.to_text(), asdict(other)
        differing = [name for name, value in asdict(self).items() if value != same[name]]
        words = [name.replace("_", " ") for name in differing]
        return [f"{word} ({mine[word]}, {theirs[word]})" for word in words]


def _short(value: Any) -> str:
    if isinstance(value, dict) and value:
        name, *rest = [(k, _short(v)) for k, v in value.items() if v not in ([], ())]
        return name[1] + (f" ({', '.join(' '.join(pair) for pair in rest)})" if rest else "")
    return value[:8] if isinstance(value, str) and len(value) == 64 else str(value)


@dataclass(frozen=True)
class Scores:
    """The figures of one measurement."""

    of: str
    """What was measured: a run's folder, or the words for a source."""
    game: str | None
    protocol: Protocol
    figures: Mapping[str, Mapping[str, Any]]
    """By name: title, value, error (its standard error, or None), better, protocol."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Why a figure that fits is not there."""
    round: int = 0
    images: int = 0
    """Real images that the game had seen."""
    trained: float = 0.0
    """Seconds of training."""
    took: float = 0.0
    """Seconds of measuring."""
    ganvas: str = version("ganvas")

    def to_json(self) -> dict[str, Any]:
        """Plain values, from which `from_json` makes an equal object."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Scores:
        """The inverse of `to_json`.

        Raises:
            TypeError, KeyError: if it is something else.
        """
        return cls(**{**plain, "protocol": Protocol(**plain["protocol"])})


def write(folder: Path, scores: Scores) -> Path:
    """Adds a measurement to a run's scores.json; it replaces one of the same state and protocol.

    Raises:
        DataError: if there is a scores.json that cannot be read.
        OSError: if it cannot be written.
    """
    same = (scores.round, scores.protocol)
    return _write(folder, [*(s for s in read(folder) if (s.round, s.protocol) != same), scores])


def forget_after(folder: Path, at: int) -> None:
    """Removes measurements of states later than round `at`.

    Raises:
        DataError: if there is a scores.json that cannot be read.
        OSError: if it cannot be written.
    """
    found = read(folder)
    if len(kept := [s for s in found if s.round <= at]) < len(found):
        _write(folder, kept)


def _write(folder: Path, all_: Sequence[Scores]) -> Path:
    plain = {"scores": [s.to_json() for s in sorted(all_, key=lambda s: s.round)]}
    write_whole(folder / FILE, json.dumps(plain, indent=2, ensure_ascii=False) + "\n")
    return folder / FILE


def read(folder: Path) -> list[Scores]:
    """What was measured of a run, oldest first.

    Raises:
        DataError: if its scores.json cannot be read.
    """
    file = folder / FILE
    if not file.exists():
        return []
    try:
        return [Scores.from_json(plain) for plain in json.loads(file.read_text("utf-8"))["scores"]]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(f"cannot read {file}: {error}; remove it and evaluate again") from None

"""What is known of a run when it is judged: its figures, and what was seen at each look."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ganvas.watch import lines, log
from ganvas.watch.lines import Line

LOOKS = "referee.jsonl"
WARM = 100
"""Steps that a maker is given before anything is held against what it makes."""

Curve = list[tuple[int, float]]
"""(images seen, value), by images."""


@dataclass(frozen=True)
class Evidence:
    """All that a verdict depends on."""

    stats: Sequence[Line] = ()
    """The lines of `stats.jsonl`."""
    looks: Sequence[Line] = ()
    """The lines of `referee.jsonl`."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """The game's options, as in `config.json`."""

    @classmethod
    def of(cls, folder: Path) -> Evidence:
        """What lies in a run's folder; whatever is damaged or not there is left out."""
        config = about(folder).get("config")
        return cls(
            log.read(folder),
            [look for look in lines.read(folder / LOOKS) if sound(look)],
            config if isinstance(config, dict) else {},
        )

    @property
    def last(self) -> Line:
        """The last look; an empty one if there is none."""
        return self.looks[-1] if self.looks else {}

    @property
    def real(self) -> Line:
        """What is known of the real rows."""
        return self.last.get("real", {})

    @property
    def images(self) -> int:
        """How far the run is."""
        return max(
            (line.get("images", 0) for line in (*self.looks[-1:], *self.stats[-1:])), default=0
        )

    @cached_property
    def warm(self) -> list[Line]:
        """The looks of the present stage, at samples of makers that had taken some steps in it.

        What was made under other rules says nothing of these: a picture that grows, say.
        """
        before = [look for look in self.looks if look.get("stage") != self.last.get("stage")]
        begun = before[-1].get("steps", {}) if before else {}

        def steps(look: Line) -> int:
            taken = look.get("steps", {})
            makers = look.get("makers", ())
            return min((taken.get(name, 0) - begun.get(name, 0) for name in makers), default=0)

        since = self.looks.index(before[-1]) + 1 if before else 0
        return [look for look in self.looks[since:] if "spread" in look and steps(look) >= WARM]

    def curves(self, prefix: str) -> dict[str, Curve]:
        """The figures whose names begin like that, by the rest, in the run's present stage."""
        found: dict[str, Curve] = {}
        stage = next((s["stage"] for s in reversed(self.stats) if "stage" in s), None)
        for line in self.stats:
            if line.get("stage") != stage:
                continue
            for name, value in line.items():
                if name.startswith(prefix) and isinstance(value, int | float):
                    curve = found.setdefault(name.removeprefix(prefix), [])
                    curve.append((line.get("images", 0), float(value)))
        return found


ALWAYS: dict[str, type | tuple[type, ...]] = {
    "images": int, "seconds": (int, float), "steps": dict, "moved": dict, "sigma": dict,
}  # fmt: skip
OF_SAMPLES: dict[str, type | tuple[type, ...]] = {
    "real": dict, "makers": list, "takes": dict, "made": int, "spread": (int, float),
    "gap": (int, float), "heaps": list, "inputs": dict,
}  # fmt: skip


def sound(look: Line) -> bool:
    """Whether a line is a look of a referee, and not something else that a file may hold."""
    parts = ALWAYS | (OF_SAMPLES if "spread" in look else {})
    return all(isinstance(look.get(name), kind) for name, kind in parts.items())


def about(folder: Path) -> dict[str, Any]:
    """A run's `config.json`; an empty one if there is none."""
    try:
        found = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}

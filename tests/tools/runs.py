"""Runs with random weights, made at once, and pictures to translate."""

from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from ganvas.core import Clock, Space, checkpoint, registry
from ganvas.core.plan import Plan
from ganvas.core.run import Run


def untrained(folder: Path, name: str, spaces: dict[str, Space], **config: object) -> Run:
    """A run as it begins, with a state on disk."""
    about = {"source": "nowhere", **config.pop("data", {})}
    plan = Plan.of(name, registry.config_of(registry.find(name)).build(**config), spaces, about)
    run = Run.create(folder, plan)
    state = checkpoint.State(plan.build().state_dict(), {"clock": Clock().to_json()})
    checkpoint.save(folder, state, {})
    return run


def ramp(high: float, dtype: str, size: tuple[int, int] = (20, 30)) -> np.ndarray:
    """From 0 at the left to `high` at the right."""
    return np.linspace(0, high, size[1])[None].repeat(size[0], 0).astype(dtype)


def fill(folder: Path) -> None:
    """Pictures of several kinds, one of them torn, in a folder and below it."""
    (folder / "below").mkdir(parents=True)
    grey = Pillow.fromarray(ramp(255, "uint8"))
    colour = Pillow.merge("RGB", (grey, grey.transpose(Pillow.Transpose.ROTATE_180), grey))
    clear = colour.copy()
    clear.putalpha(grey)
    grey.save(folder / "grey.png")
    Pillow.fromarray(ramp(65535, "uint16")).save(folder / "deep.png")
    colour.save(folder / "below" / "colour.jpg")
    clear.save(folder / "below" / "clear.png")
    (folder / "below" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "notes.txt").write_text("no picture")

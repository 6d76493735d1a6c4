"""Films of the way from picture to picture, as files."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import torch
from PIL.Image import Image as Picture

from ganvas.studio.doing import Answers, Ask, Said, Shown, does
from ganvas.studio.kept import spots, together
from ganvas.studio.rooms.explore import way
from ganvas.tools import films
from ganvas.watch.pictures import grid

STEP, MOST = 8, 600
FRAME = 256
"""Small pictures are enlarged to about so many pixels."""
KINDS = ("gif", "webp", "mp4")


@does("explore.film")
def film(ask: Ask) -> Answers:
    """A film through pictures, and back to the first if so asked; some frames at each step."""
    stops = spots(ask, "points", 2)
    kind = ask.word("kind", KINDS, "gif")
    films.check(Path(f"film.{kind}"))
    fps = ask.whole("fps", 5, 60, 25)
    latent, x = together(ask, stops)
    if loop := ask.flag("loop"):
        x = torch.cat([x, x[:1]])
    seconds = ask.number("seconds", 0.1, 20, 1.5)
    n = min(MOST, max(2, round(seconds * fps * (len(x) - 1))))
    t = torch.linspace(0, len(x) - 1, n + loop)[:n]
    smooth = t.floor() + (1 - torch.cos(math.pi * (t - t.floor()))) / 2  # rests at each stop
    frames: list[Picture] = []
    for some in smooth.split(STEP):
        for image in latent.show(way(latent, x, some)).cpu():
            frames.append(grid(image[None], 1, gap=0, min_tile=FRAME))
        yield Said({"done": len(frames), "of": n})
    yield Shown("film", written(frames, kind, fps), {"kind": kind, "frames": n})


def written(frames: list[Picture], kind: str, fps: float) -> bytes:
    """The bytes of a film."""
    with tempfile.TemporaryDirectory(prefix="ganvas-") as folder:
        file = Path(folder) / f"film.{kind}"
        films.write(frames, file, fps)
        return file.read_bytes()

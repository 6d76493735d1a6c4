"""Edits made by hand, painting and dragging: from files into files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from ganvas.core import UsageError
from ganvas.core.run import Run
from ganvas.tools.dragging import KEEP, RATE, Dragging, Place, checked
from ganvas.tools.edited import Told
from ganvas.tools.painting import NEAR, Painting
from ganvas.tools.strokes import Strokes
from ganvas.tools.touched import Begun, Touched, begun, large, marked, pixels, shown

BETWEEN = 9
"""Pictures from the start to the result, along which an edit is carried over."""
FILMED = 30
"""Pictures of a film from the start to the result; of a drag twice as many, at most."""
Thing = TypeVar("Thing")


def paint(
    run: str | Path | Run,
    output: str | Path | None = None,
    *,
    strokes: str | Path | None = None,
    sketch: str | Path | None = None,
    region: str | Path | None = None,
    by: Place = (0.0, 0.0),
    times: float = 1.0,
    steps: int = 200,
    candidates: int = 4,
    near: float = NEAR,
    prior: float = 0.0,
    tell: Told = lambda *_: None,
    **asked: Any,
) -> Touched:
    """Lets a picture of a run follow strokes, with all that belongs to them.

    Args:
        run: the run or its folder.
        output: FILE.png or a folder; RUN/paint/ if None. Beside it come NAME-strip.png,
            NAME.safetensors and, if it began with a picture, NAME-transferred.png.
        strokes: colours, transparent where nothing is painted.
        sketch: a drawing of lines.
        region: a mask, white where a part is that is to be moved `by` so many pixels to the right
            and down, and to be so many `times` as large.
        steps: how many steps to take, at most.
        candidates: how many points look for a picture.
        near: how much points are kept near the start.
        prior: what the discriminator's judgement counts.
        tell: is told how far it is.
        asked: what it begins with, and a film of it, fields of `touched.With`; fields of `How`;
            and of `Search`, which says how to look for an image.

    Raises:
        UsageError: for what cannot be; nothing was written then.
        DataError: if a picture cannot be read.
        GanvasError: if the run is damaged, or a file cannot be written.
    """
    begin = begun(run, "paint", output, steps, asked)
    wanted, moved = _wanted(begin, strokes, sketch, region)
    latent, start = begin.found(tell)
    painting = Painting(
        latent, start, candidates=candidates, seed=begin.how.seed, near=near, prior=prior
    )
    if moved is not None:
        wanted = wanted.moved(painting.begun.cpu(), moved.float(), by, times)
    painting.constrain(wanted)
    while painting.steps < steps and not painting.settled:
        painting.step()
        tell(painting.steps / steps, begin.name)
    tiles = {"start": painting.begun, "wanted": shown(painting.begun.cpu(), wanted)}
    tiles |= {str(i + 1): x for i, x in enumerate(painting.pictures)}
    done = begin.written(painting.picture, tiles, latent, painting.best, painting.steps)
    done.losses = [round(loss, 5) for loss in painting.losses.tolist()]
    begin.carried(done, painting.way(torch.linspace(0, 1, BETWEEN)))
    return begin.filmed(done, lambda: map(large, painting.way(torch.linspace(0, 1, FILMED))))


def _wanted(
    begin: Begun,
    strokes: str | Path | None,
    sketch: str | Path | None,
    region: str | Path | None,
) -> tuple[Strokes, Tensor | None]:
    """What is painted in files, and which region is to be moved.

    Raises:
        UsageError: if there is nothing, or no such file.
    """
    files = [None if f is None else Path(f).expanduser() for f in (strokes, sketch, region)]
    if not any(files):
        raise UsageError(
            "paint what? --strokes FILE (colours, transparent where nothing is painted), "
            "--sketch FILE (lines) or --region MASK --by X,Y"
        )
    return begin.strokes(*files[:2]), None if files[2] is None else begin.mask(files[2])


def drag(
    run: str | Path | Run,
    handles: Sequence[Place],
    targets: Sequence[Place],
    output: str | Path | None = None,
    *,
    mask: str | Path | None = None,
    layer: str | None = None,
    steps: int = 200,
    rate: float = RATE,
    keep: float = KEEP,
    tell: Told = lambda *_: None,
    **asked: Any,
) -> Touched:
    """Drags parts of a picture of a run to where they are wanted.

    Args:
        run: the run or its folder.
        handles: what is taken hold of: x, y in pixels of the run's picture.
        targets: where each is to go.
        output, tell: as for `paint`.
        mask: white where the picture may change; all of it if None.
        layer: whose feature maps are followed, by name or number.
        steps: how many steps to take, at most.
        rate: how far a coordinate goes in a step.
        keep: how much what is not in the mask is to stay.
        asked: as for `paint`; the space is w+ if the game has one.

    Raises:
        UsageError: for what cannot be; nothing was written then.
        DataError: if a picture cannot be read.
        GanvasError: if the run is damaged, or a file cannot be written.
    """
    begin = begun(run, "drag", output, steps, asked)
    checked(handles, targets, None, (begin.space.height, begin.space.width))
    where = None if mask is None else begin.mask(Path(mask).expanduser())
    latent, start = begin.found(tell)
    dragging = Dragging(latent, start, handles, targets, where, layer=layer, rate=rate, keep=keep)
    frames, shots = [marked(dragging)], [dragging.begun]
    while dragging.steps < steps and not dragging.done:
        dragging.step()
        frames.append(marked(dragging))
        shots.append(dragging.picture)
        tell(dragging.steps / steps, begin.name)
    tiles = {"start": pixels(frames[0]), "dragged": pixels(frames[-1])}
    done = begin.written(dragging.picture, tiles, latent, dragging.point, dragging.steps)
    done.handles = [(x, y) for x, y in dragging.handles.tolist()]
    done.distances = [round(x, 3) for x in dragging.distances.tolist()]
    done.layer = dragging.layer.name
    if not dragging.done:
        done.notes.append(
            f"after {dragging.steps} steps a handle is still {max(done.distances):.1f} pixels from "
            "its target: more --steps, another --layer, or less to do"
        )
    begin.carried(done, torch.stack(_some(shots, BETWEEN)))
    return begin.filmed(done, lambda: _some(frames, 2 * FILMED))


def _some(all_: list[Thing], most: int) -> list[Thing]:
    """So many of them at most, evenly, with the first and the last."""
    rows = torch.linspace(0, len(all_) - 1, min(most, len(all_))).round().long()
    return [all_[i] for i in rows.tolist()]

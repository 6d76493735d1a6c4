"""Explores a trained run: one function for all actions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL.Image import Image as Picture
from torch import Tensor

from ganvas.core import UsageError
from ganvas.core.errors import did_you_mean
from ganvas.core.run import Run
from ganvas.core.settings import resolve_device
from ganvas.tools import films
from ganvas.tools.explore.action import Action, Study
from ganvas.tools.explore.blends import Arithmetic, Mix
from ganvas.tools.explore.insides import Dissect, Features
from ganvas.tools.explore.variations import Seeds, Sweep, Traverse
from ganvas.tools.explore.walks import Grid, Interpolate
from ganvas.tools.latent import Latent
from ganvas.tools.shots import save
from ganvas.watch.pictures import grid

ACTIONS: Mapping[str, type[Action]] = {
    "seeds": Seeds,
    "interpolate": Interpolate,
    "grid": Grid,
    "arithmetic": Arithmetic,
    "mix": Mix,
    "traverse": Traverse,
    "sweep": Sweep,
    "features": Features,
    "dissect": Dissect,
}
"""What one can do, by name, in the order of the help."""
FRAME = 256
"""Small pictures are enlarged to about so many pixels in a video."""


@dataclass
class Explored:
    """What came of it."""

    run: str
    action: str
    output: str | None
    """The file, if one was asked for."""
    size: tuple[int, int]
    """Width and height of the picture, or of the video."""
    frames: int
    """Pictures of a video; 1 for a picture."""
    latent: dict[str, Any]
    """Where points were moved, and what was held still."""
    about: dict[str, Any]
    """What was shown."""
    notes: list[str] = field(default_factory=list)
    """What one had better know."""
    picture: Picture | None = field(default=None, repr=False)
    """The picture; None of a video."""


def explore(
    run: str | Path | Run,
    action: str,
    output: str | Path | None = None,
    *,
    fps: float = 20.0,
    device: str = "auto",
    inputs: Mapping[str, Tensor] | None = None,
    **asked: Any,
) -> Explored:
    """Shows what a run's generator has learned.

    Args:
        run: the run or its folder.
        action: one of `ACTIONS`.
        output: FILE.png, or .gif, .webp, .mp4 for a video, if the action has one; None: it is
            returned and written nowhere.
        fps: pictures in a second of a video.
        device: where to compute.
        inputs: pictures that the game takes beside noise, by name, (1, *shape).
        asked: fields of the action: `seeds`, `space`, `label` ...

    Raises:
        UsageError: for what cannot be; nothing was written then.
        GanvasError: if the run is damaged, or the file cannot be written.
    """
    run = run if isinstance(run, Run) else Run(run)
    plan = action_of(action).build(**asked)
    path = None if output is None else place(output, action)
    if not fps > 0:
        raise UsageError(f"fps must be above 0, not {fps:g}")
    given: dict[str, Any] = dict(inputs or {})
    how = {"truncation": plan.truncation, **given}
    latent = Latent(run.game, plan.space, plan.label, plan.seed, **how)
    plan.check(latent)
    run.game.to(resolve_device(device))
    study = Study(run, latent)
    done = Explored(str(run.folder), action, None if path is None else str(path), (0, 0), 1,
                    latent.to_json(), {})  # fmt: skip
    if path is not None and path.suffix.lower() in films.SUFFIXES:
        return _film(plan, study, path, fps, done)
    sheet = plan.sheet(study)
    done.picture, done.about, done.notes = sheet.picture(), dict(sheet.about), list(sheet.notes)
    done.size = done.picture.size
    if path is not None:
        save(path, done.picture)
    return done


def action_of(word: str) -> type[Action]:
    """The action of a name.

    Raises:
        UsageError: if there is none.
    """
    if word not in ACTIONS:
        raise did_you_mean(word, ACTIONS, "action of explore")
    return ACTIONS[word]


def place(asked: str | Path, action: str) -> Path:
    """Where to write, after all that can be said about it beforehand.

    Raises:
        UsageError: if there is no such place, or nothing of this kind to write.
    """
    path = Path(asked).expanduser()
    known = [".png", *(films.SUFFIXES if ACTIONS[action].films else ())]
    if path.suffix.lower() not in known or path.is_dir():
        raise UsageError(
            f"{action} is written to {', '.join(f'FILE{kind}' for kind in known)}; not to "
            f"{str(asked)!r}"
        )
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {str(path.parent)!r} to write {path.name!r} into")
    films.check(path)
    return path


def _film(plan: Action, study: Study, path: Path, fps: float, done: Explored) -> Explored:
    sizes: list[tuple[int, int]] = []

    def frames() -> Iterator[Picture]:
        for some in plan.film(study):
            for image in some:
                picture = grid(image[None], 1, gap=0, min_tile=FRAME)
                sizes.append(picture.size)
                yield picture

    done.frames = films.write(frames(), path, fps)
    done.size, done.about = sizes[0], {**plan.to_json(), "fps": fps}
    return done

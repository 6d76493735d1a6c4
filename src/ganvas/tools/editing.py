"""Pictures of one's own, found in a generator: from files into files."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from PIL.Image import Image as Picture
from torch import Tensor

from ganvas.core import GanvasError, UsageError
from ganvas.core.errors import did_you_mean
from ganvas.core.files import write_whole
from ganvas.core.run import Run
from ganvas.core.settings import resolve_device
from ganvas.data.source import Fit
from ganvas.tools import inpainting, points, projection
from ganvas.tools.concepts import opaque
from ganvas.tools.given import hole, output_of, picture
from ganvas.tools.inpainting import PRIOR, TYPICAL, Blend
from ganvas.tools.projection import Projected, Search
from ganvas.tools.shots import picture as as_picture
from ganvas.tools.still import Name, noises_of, space_of
from ganvas.watch.pictures import grid

Told = Callable[[float, str], None]
"""Is told which part of the work is done, 0 to 1, and at what picture."""


@dataclass
class Edited:
    """What became of a picture."""

    image: str
    output: str
    strip: str
    """Beside each other: what was given, what was found, and the difference."""
    point: str
    """The point as a file of tensors."""
    space: str
    label: int | None
    """The class that it was found in, of a game that takes one."""
    psnr: float
    """How near the found picture is, in dB; of one with a hole, around the hole."""
    seconds: float
    steps: int
    notes: list[str] = field(default_factory=list)
    """What was changed to fit the game, in sentences."""
    curve: list[tuple[float, float]] = field(default_factory=list)
    """Seconds and PSNR whenever it was better."""


@dataclass(frozen=True)
class How:
    """What all edits are asked."""

    space: Name | None = None
    label: int | str | None = None
    seed: int = 0
    fit: Fit = "crop"
    device: str = "auto"


def project(
    run: str | Path | Run,
    images: str | Path | Sequence[str | Path],
    output: str | Path | None = None,
    *,
    tell: Told = lambda *_: None,
    **asked: Any,
) -> list[Edited]:
    """Finds pictures in the generator of a run.

    Args:
        run: the run or its folder.
        images: a file, or several.
        output: FILE.png for a single one, else a folder; RUN/project/ if None. Beside each picture
            come NAME-strip.png and NAME.safetensors.
        tell: is told how far it is.
        asked: fields of `How`: space, label ... and of `ganvas.tools.projection.Search`: seconds,
            goal ...

    Raises:
        UsageError: for what cannot be; nothing was written then.
        DataError: if a picture cannot be read.
        GanvasError: if the run is damaged, or a file cannot be written.
    """
    run, (how, search) = run if isinstance(run, Run) else Run(run), _apart(asked)
    several = [images] if isinstance(images, str | Path) else images
    files = [Path(image).expanduser() for image in several]
    space = _checked(run, how)
    places = _places(files, output, run.folder / "project")
    found = [picture(file, space, how.fit) for file in files]
    game = run.game.to(resolve_device(how.device))
    done = list[Edited]()
    for file, place, (target, notes) in zip(files, places, found, strict=True):

        def here(part: float, _: float, name: str = file.name) -> None:
            tell((len(done) + part) / len(files), name)

        result = projection.project(
            game, target, search, space=how.space, label=how.label, seed=how.seed, tell=here
        )
        made = result.picture.cpu()
        off = (opaque(made[None]) - opaque(target[None])).clamp(-1, 1)[0]
        tiles = {"given": target, "found": made, "difference": off}
        done.append(_written(file, place, made, tiles, result, notes))
    return done


def inpaint(
    run: str | Path | Run,
    image: str | Path,
    mask: str | Path | None = None,
    output: str | Path | None = None,
    *,
    prior: float = PRIOR,
    blend: Blend = "poisson",
    tell: Told = lambda *_: None,
    **asked: Any,
) -> Edited:
    """Fills the hole of a picture by what the generator of a run would draw there.

    Args:
        run: the run or its folder.
        image: the picture.
        mask: a picture of its size, white where the hole is; None: it is where the picture is
            transparent.
        output: FILE.png, or a folder; RUN/inpaint/ if None. Beside it come NAME-strip.png and
            NAME.safetensors.
        prior: weight of what the discriminator says.
        blend: poisson, paste, or none.
        tell: is told how far it is.
        asked: as for `project`.

    Raises:
        UsageError: for what cannot be; nothing was written then.
        DataError: if a picture cannot be read.
        GanvasError: if the run is damaged, or a file cannot be written.
    """
    run = run if isinstance(run, Run) else Run(run)
    how, search = _apart({"typical": TYPICAL, **asked})
    file = Path(image).expanduser()
    space = _checked(run, how)
    (place,) = _places([file], output, run.folder / "inpaint")
    given, notes = picture(file, space, how.fit)
    where = hole(file, None if mask is None else Path(mask).expanduser(), space, how.fit)
    game = run.game.to(resolve_device(how.device))
    done = inpainting.inpaint(
        game, given, where, search, space=how.space, label=how.label, seed=how.seed, prior=prior,
        blend=blend, tell=lambda part, _: tell(part, file.name),
    )  # fmt: skip
    if mask is None:
        notes = [note for note in notes if "laid over white" not in note]
    holed = torch.where(where, torch.zeros(()), given)
    tiles = {"given": holed, "drawn": done.drawn, "filled": done.picture}
    return _written(file, place, done.picture, tiles, done.projected, notes)


def _apart(asked: dict[str, Any]) -> tuple[How, Search]:
    """Where to look, and how.

    Raises:
        UsageError: for a word that is neither's, or a value that makes no sense.
    """
    parts = [{f.name for f in fields(cls)} for cls in (How, Search)]
    if unknown := asked.keys() - parts[0] - parts[1]:
        raise did_you_mean(min(unknown), parts[0] | parts[1], "option of edit")
    where, how = ({k: v for k, v in asked.items() if k in part} for part in parts)
    return How(**where), Search(**how)


def _checked(run: Run, how: How) -> Any:
    """The pictures that a run makes, after all that can be said before its weights are loaded."""
    with torch.device("meta"):
        game = run.plan.build()
    space = output_of(game)
    noises_of(game)
    space_of(game, how.space)
    return space


def _places(files: Sequence[Path], output: str | Path | None, usual: Path) -> list[Path]:
    """The file for each picture.

    Raises:
        UsageError: if there is no such place.
    """
    if not files:
        raise UsageError("which picture? give a file, or several")
    if output is not None:
        place = Path(output).expanduser()
        folder = str(output).endswith("/") or place.is_dir() or not place.suffix
        if not folder and len(files) > 1:
            raise UsageError(f"{len(files)} pictures do not go into one file; give a folder, "
                             f"{str(place.with_suffix('')) + '/'!r} say")  # fmt: skip
        if not folder and place.suffix.lower() != ".png":
            raise UsageError(f"a picture is written to FILE.png or FOLDER/; not to {str(output)!r}")
        if not place.parent.is_dir():
            raise UsageError(
                f"there is no folder {str(place.parent)!r} to write {place.name!r} into"
            )
        if folder and place.exists() and not place.is_dir():
            raise UsageError(f"{str(place)!r} is a file, and what is made needs a folder")
        if not folder:
            return [place]
        usual = place
    stems = Counter(file.stem for file in files)
    names = [f.stem if stems[f.stem] == 1 else f.name.replace(".", "-") for f in files]
    if twice := [name for name, k in Counter(names).items() if k > 1]:
        raise UsageError(f"two of the pictures would both be written to {twice[0]}.png: rename one")
    return [usual / f"{name}.png" for name in names]


def _written(
    file: Path,
    place: Path,
    made: Tensor,
    tiles: dict[str, Tensor],
    found: Projected,
    notes: list[str],
) -> Edited:
    """Writes the picture, the strip and the point beside it."""
    shown = [x if len(x) in (1, 3) else (opaque(x[None]) * 2 - 1)[0] for x in tiles.values()]
    strip, point = place.with_name(f"{place.stem}-strip.png"), place.with_suffix(points.ENDING)
    sheet = grid(torch.stack(shown), len(shown), header=list(tiles), min_tile=96)
    for path, drawn in ((place, as_picture(made)), (strip, sheet)):
        try:
            write_whole(path, _png(drawn))
        except OSError as error:
            raise GanvasError(f"cannot write {path}: {error.strerror or error}") from error
    points.write(point, found.latent, found.point, found.noises)
    label = found.latent.to_json().get("label")
    return Edited(
        str(file), str(place), str(strip), str(point), found.latent.space, label,
        round(found.psnr, 3), round(found.seconds, 3), found.steps, notes, found.curve,
    )  # fmt: skip


def _png(drawn: Picture) -> bytes:
    memory = io.BytesIO()
    drawn.save(memory, "PNG")
    return memory.getvalue()

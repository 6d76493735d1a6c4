"""What all edits from files to files share: what is asked, where it goes, what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from PIL.Image import Image as Picture
from torch import Tensor

from ganvas.core import Game, Image, UsageError
from ganvas.core.errors import did_you_mean
from ganvas.core.run import Run
from ganvas.data.source import Fit
from ganvas.tools import points
from ganvas.tools.concepts import opaque
from ganvas.tools.given import output_of
from ganvas.tools.latent import Latent
from ganvas.tools.projection import Projected, Search
from ganvas.tools.shots import picture as as_picture
from ganvas.tools.shots import save
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
    point: str | None
    """The point as a file of tensors; None of a game that draws from none."""
    space: str | None
    label: int | None
    """The class that it was found in, of a game that takes one."""
    psnr: float | None
    """How near the found picture is, in dB; of one with a hole, around the hole. None if none was
    looked for."""
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


def apart(asked: dict[str, Any]) -> tuple[How, Search]:
    """Where to look, and how.

    Raises:
        UsageError: for a word that is neither's, or a value that makes no sense.
    """
    parts = [{f.name for f in fields(cls)} for cls in (How, Search)]
    if unknown := asked.keys() - parts[0] - parts[1]:
        raise did_you_mean(min(unknown), parts[0] | parts[1], "option of edit")
    where, how = ({k: v for k, v in asked.items() if k in part} for part in parts)
    return How(**where), Search(**how)


def unmade(run: Run) -> Game:
    """The game of a run without its weights, which is there at once."""
    with torch.device("meta"):
        return run.plan.build()


def checked(run: Run, how: How) -> Image:
    """The pictures that a run makes, after all that can be said before its weights are loaded."""
    game = unmade(run)
    space = output_of(game)
    noises_of(game)
    space_of(game, how.space)
    return space


def places_for(files: Sequence[Path], output: str | Path | None, usual: Path) -> list[Path]:
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


def written(
    file: Path,
    place: Path,
    made: Tensor,
    tiles: dict[str, Tensor],
    found: Projected,
    notes: list[str],
) -> Edited:
    """Writes the picture, the strip and the point beside it."""
    strip, point = place.with_name(f"{place.stem}-strip.png"), place.with_suffix(points.ENDING)
    save(place, as_picture(made))
    save(strip, strip_of(tiles))
    points.write(point, found.latent, found.point, found.noises)
    return Edited(
        str(file), str(place), str(strip), str(point), found.latent.space, label_of(found.latent),
        round(found.psnr, 3), round(found.seconds, 3), found.steps, notes, found.curve,
    )  # fmt: skip


def label_of(latent: Latent) -> int | None:
    """The class of all pictures, if there are classes."""
    label: int | None = latent.to_json().get("label")
    return label


def strip_of(tiles: Mapping[str, Tensor]) -> Picture:
    """Pictures beside each other, each below its word."""
    shown = [x if len(x) in (1, 3) else (opaque(x[None]) * 2 - 1)[0] for x in tiles.values()]
    return grid(torch.stack(shown), len(shown), header=list(tiles), min_tile=96)

"""Pictures of one's own, found in a generator, or their holes filled: from files into files."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganvas.core import Game, Image, UsageError
from ganvas.core.run import Run
from ganvas.core.settings import resolve_device
from ganvas.tools import inpainting, projection
from ganvas.tools.concepts import opaque
from ganvas.tools.edited import (
    Edited,
    How,
    Told,
    apart,
    checked,
    places_for,
    strip_of,
    unmade,
    written,
)
from ganvas.tools.given import hole, output_of, picture
from ganvas.tools.holes import hole_of
from ganvas.tools.inpainting import PRIOR, TYPICAL, Blend
from ganvas.tools.shots import picture as as_picture
from ganvas.tools.shots import save


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
    run, (how, search) = run if isinstance(run, Run) else Run(run), apart(asked)
    several = [images] if isinstance(images, str | Path) else images
    files = [Path(image).expanduser() for image in several]
    space = checked(run, how)
    places = places_for(files, output, run.folder / "project")
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
        done.append(written(file, place, made, tiles, result, notes))
    return done


def inpaint(
    run: str | Path | Run,
    image: str | Path,
    mask: str | Path | None = None,
    output: str | Path | None = None,
    *,
    missing: str | None = None,
    prior: float = PRIOR,
    blend: Blend = "poisson",
    tell: Told = lambda *_: None,
    **asked: Any,
) -> Edited:
    """Fills the hole of a picture by what the generator of a run would draw there.

    A game that has learned to fill holes (`context`) is shown the picture; of any other that draws
    from noise the point is looked for whose picture agrees with what is known.

    Args:
        run: the run or its folder.
        image: the picture.
        mask: a picture of its size, white where the hole is; None: it is where the picture is
            transparent.
        output: FILE.png, or a folder; RUN/inpaint/ if None. Beside it come NAME-strip.png and
            NAME.safetensors.
        missing: a hole by a word, in place of a mask: `centre:50%`, `random:80%`.
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
    how, search = apart({"typical": TYPICAL, **asked})
    file = Path(image).expanduser()
    space = (
        output_of(unmade(run)) if (learned := inpainting.fills(unmade(run))) else checked(run, how)
    )
    (place,) = places_for([file], output, run.folder / "inpaint")
    given, notes = picture(file, space, how.fit)
    where = _hole(file, mask, missing, space, how)
    game = run.game.to(resolve_device(how.device))
    if mask is None:
        notes = [note for note in notes if "laid over white" not in note]
    holed = torch.where(where, torch.zeros(()), given)
    if learned:
        return _filled(game, file, place, given, where, notes)
    done = inpainting.inpaint(
        game, given, where, search, space=how.space, label=how.label, seed=how.seed, prior=prior,
        blend=blend, tell=lambda part, _: tell(part, file.name),
    )  # fmt: skip
    tiles = {"given": holed, "drawn": done.drawn, "filled": done.picture}
    return written(file, place, done.picture, tiles, done.projected, notes)


def _hole(
    file: Path, mask: str | Path | None, missing: str | None, space: Image, how: How
) -> Tensor:
    """Where the hole is, (h, w), by a mask, by a word, or where the picture is transparent.

    Raises:
        UsageError: if there is no such mask or word, or both.
    """
    if missing is None:
        return hole(file, None if mask is None else Path(mask).expanduser(), space, how.fit)
    if mask is not None:
        raise UsageError("a hole by a mask, or by a word: not both")
    return hole_of(missing, (space.height, space.width), how.seed)


def _filled(
    game: Game, file: Path, place: Path, given: Tensor, where: Tensor, notes: list[str]
) -> Edited:
    """The hole as a game fills it that has learned to."""
    began = time.monotonic()
    made = inpainting.filled(game, given, where)
    strip = place.with_name(f"{place.stem}-strip.png")
    save(place, as_picture(made))
    save(strip, strip_of({"given": torch.where(where, torch.zeros(()), given), "filled": made}))
    seconds = round(time.monotonic() - began, 3)
    return Edited(str(file), str(place), str(strip), None, None, None, None, seconds, 1, notes)

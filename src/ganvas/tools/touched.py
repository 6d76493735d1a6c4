"""Where an edit made by hand begins, and what is written when it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import ImageDraw
from PIL.Image import Image as Picture
from torch import Tensor

from ganvas.core import Image, UsageError
from ganvas.core.run import Run
from ganvas.core.settings import resolve_device
from ganvas.core.styled import is_styled
from ganvas.data import decode
from ganvas.data.images import load_picture
from ganvas.tools import films, given, points, projection
from ganvas.tools.concepts import opaque
from ganvas.tools.dragging import Dragging, Place
from ganvas.tools.edited import (
    How,
    Told,
    apart,
    checked,
    label_of,
    places_for,
    strip_of,
    unmade,
)
from ganvas.tools.inpainting import TYPICAL
from ganvas.tools.latent import Latent
from ganvas.tools.projection import Search
from ganvas.tools.shots import picture as as_picture
from ganvas.tools.shots import save
from ganvas.tools.strokes import Strokes
from ganvas.tools.transfer import transferred
from ganvas.watch.pictures import grid

FPS, SIDE = 15.0, 192
"""Pictures in a second of a film, and the least side of them in pixels."""
FROM, TO = (230, 60, 60), (60, 120, 240)
"""The colours of handles and of targets."""


@dataclass
class Touched:
    """What became of an edit."""

    begun: str
    """What it began with: a file, or a seed."""
    output: str
    strip: str
    """Beside each other: the start, what was wanted, and what came out."""
    point: str
    space: str
    label: int | None
    seconds: float
    steps: int
    film: str | None = None
    transferred: str | None = None
    """The picture that it began with, at its own size, with the edit."""
    losses: list[float] = field(default_factory=list)
    """Of the candidates that were painted, the best first."""
    handles: list[Place] = field(default_factory=list)
    """Where what was dragged is now, in pixels."""
    distances: list[float] = field(default_factory=list)
    """How far each handle still is from its target, in pixels."""
    layer: str | None = None
    """Whose feature maps were followed."""
    notes: list[str] = field(default_factory=list)
    """What was changed to fit the game, and what did not come out, in sentences."""


@dataclass(frozen=True)
class With:
    """What an edit begins with, and what it leaves beside the picture."""

    image: str | Path | None = None
    """A picture, which is looked for first."""
    point: str | Path | None = None
    """The file of a point; with neither it is the sample of the seed."""
    film: str | Path | None = None
    """FILE.gif, .webp or .mp4 from the start to the result."""


@dataclass
class Begun:
    """An edit before its first step: everything that can be refused was looked at."""

    run: Run
    how: How
    search: Search
    space: Image
    image: Path | None
    point: Path | None
    film: Path | None
    place: Path
    notes: list[str]
    clock: float

    @property
    def name(self) -> str:
        """What it begins with, in a word."""
        return self.image.name if self.image else str(self.point or f"seed {self.how.seed}")

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) of the picture that is painted on: the one that was given, or the run's."""
        if self.image is None:
            return self.space.height, self.space.width
        header = decode.peek(self.image)
        return header.height, header.width

    @property
    def whose(self) -> str:
        """Whose size that is."""
        return "the run's pictures" if self.image is None else str(self.image)

    def strokes(self, colours: Path | None, lines: Path | None) -> Strokes:
        """What is painted in files."""
        wanted = Strokes.none(self.space)
        about = (self.size, self.whose, self.space, self.how.fit)
        if colours is not None:
            x = given.painted(colours, *about)
            wanted = wanted.coloured(x[-1], x[:-1])
        if lines is not None:
            wanted = wanted.sketched(given.drawn(lines, *about))
        return wanted

    def mask(self, file: Path) -> Tensor:
        """Where a mask is white: (h, w), bool."""
        return given.white(file, self.size, self.whose, self.space, self.how.fit)

    def found(self, tell: Told) -> tuple[Latent, Tensor]:
        """The space to move in, and where to begin."""
        game, how = self.run.game.to(resolve_device(self.how.device)), self.how
        if self.point is not None:
            latent, rows, maps = points.read(self.point, game)
            if len(rows) > 1:
                self.notes.append(f"{self.point.name}: {len(rows)} points; the first is taken")
            if maps:
                self.notes.append(f"{self.point.name}: its noise maps are left out")
            if how.space not in (None, latent.space):
                raise UsageError(
                    f"{self.point} holds a point of {latent.space}: leave out --space {how.space}"
                )
            return latent, rows[:1].to(game.device)
        if self.image is None:
            latent = Latent(game, how.space, how.label, how.seed)
            return latent, latent.draw(1, how.seed)
        target, notes = given.picture(self.image, self.space, how.fit)
        self.notes += notes
        found = projection.project(
            game, target, self.search, space=how.space, label=how.label, seed=how.seed,
            tell=lambda part, _: tell(part / 2, self.name),
        )  # fmt: skip
        self.notes.append(f"{self.image.name}: found with {found.psnr:.1f} dB")
        return found.latent, found.point

    def written(
        self, made: Tensor, tiles: dict[str, Tensor], latent: Latent, point: Tensor, steps: int
    ) -> Touched:
        """Writes the picture, the strip and the point."""
        strip, file = self._beside("-strip.png"), self.place.with_suffix(points.ENDING)
        save(self.place, as_picture(made.cpu()))
        save(strip, strip_of({word: x.cpu() for word, x in tiles.items()}))
        points.write(file, latent, point)
        seconds = round(time.monotonic() - self.clock, 3)
        return Touched(
            self.name, str(self.place), str(strip), str(file), latent.space, label_of(latent),
            seconds, steps, notes=self.notes,
        )  # fmt: skip

    def carried(self, done: Touched, frames: Tensor) -> None:
        """Carries the edit over to the picture that it began with, at its own size."""
        if self.image is None:
            return
        h, w = self.size
        times = min(h / self.space.height, w / self.space.width)
        full = Image(
            self.space.channels, round(self.space.height * times), round(self.space.width * times)
        )
        whole = load_picture(self.image, full, self.how.fit)
        file = self._beside("-transferred.png")
        save(file, as_picture(transferred(whole, frames.cpu())))
        done.transferred = str(file)

    def filmed(self, done: Touched, frames: Callable[[], Iterable[Picture]]) -> Touched:
        """Writes the film, if one is wanted."""
        if self.film is not None:
            films.write(frames(), self.film, FPS)
            done.film = str(self.film)
        return done

    def _beside(self, ending: str) -> Path:
        return self.place.with_name(f"{self.place.stem}{ending}")


def begun(
    run: str | Path | Run,
    action: str,
    output: str | Path | None,
    steps: int,
    asked: dict[str, Any],
) -> Begun:
    """What an edit begins with, after all that can be said before the weights are loaded.

    Raises:
        UsageError: for what cannot be.
    """
    clock, run = time.monotonic(), run if isinstance(run, Run) else Run(run)
    names = [f.name for f in fields(With)]
    start = With(**{name: asked[name] for name in names if name in asked})
    rest = {name: value for name, value in asked.items() if name not in names}
    how, search = apart({"typical": TYPICAL, "seconds": 20.0, **rest})
    if action == "drag" and how.space is None and not start.point and is_styled(unmade(run)):
        how = How(**{**vars(how), "space": "w+"})
    space = checked(run, how)
    if steps < 1:
        raise UsageError(f"steps must be at least 1, not {steps}")
    if start.image is not None and start.point is not None:
        raise UsageError("begin with a picture, or with a point: not both")
    image, point, film = (
        None if f is None else Path(f).expanduser() for f in (start.image, start.point, start.film)
    )
    if image is not None:
        given.picture(image, space, how.fit)
    if point is not None:
        points.tensors(point)
    if film is not None:
        _checked_film(film)
    name = image or point or Path(f"seed-{how.seed}")
    (place,) = places_for([name], output, run.folder / action)
    return Begun(run, how, search, space, image, point, film, place, [], clock)


def _checked_film(film: Path) -> None:
    if film.suffix.lower() not in films.SUFFIXES:
        raise UsageError(f"a film is written to {', '.join(films.SUFFIXES)}; not to {str(film)!r}")
    if not film.parent.is_dir():
        raise UsageError(f"there is no folder {str(film.parent)!r} to write {film.name!r} into")
    films.check(film)


def shown(picture: Tensor, strokes: Strokes) -> Tensor:
    """Strokes as they lie on a picture, (channels, h, w); lines are white."""
    over = torch.lerp(picture, strokes.colour, strokes.painted)
    return torch.where(strokes.lines > 0, strokes.lines * 2 - 1, over)


def large(picture: Tensor) -> Picture:
    """A picture (channels, h, w) of at least `SIDE` pixels."""
    x = picture if len(picture) in (1, 3) else (opaque(picture[None]) * 2 - 1)[0]
    return grid(x[None], 1, gap=0, min_tile=SIDE).convert("RGB")


def marked(dragging: Dragging) -> Picture:
    """What is dragged, with its handles and where they are to go."""
    drawn = large(dragging.picture)
    scale = drawn.width / dragging.picture.shape[2]
    pen, r = ImageDraw.Draw(drawn), max(3.0, drawn.width / 48)
    pairs = zip(dragging.handles.tolist(), dragging.targets.tolist(), strict=True)
    for places in pairs:
        (x, y), (u, v) = [[(p + 0.5) * scale for p in place] for place in places]
        pen.line((x, y, u, v), fill=(255, 255, 255), width=max(1, round(r / 3)))
        pen.ellipse((u - r, v - r, u + r, v + r), fill=TO, outline=(255, 255, 255))
        pen.ellipse((x - r, y - r, x + r, y + r), fill=FROM, outline=(255, 255, 255))
    return drawn


def pixels(drawn: Picture) -> Tensor:
    """A picture as (3, h, w) in [-1, 1]."""
    return torch.from_numpy(np.asarray(drawn).copy()).permute(2, 0, 1).float() / 127.5 - 1

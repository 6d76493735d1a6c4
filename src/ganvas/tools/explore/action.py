"""What all ways to explore have in common: what they are asked, and what they show."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar, get_args

import torch
from PIL.Image import Image as Picture
from torch import Tensor

from ganvas.core import UsageError
from ganvas.core.config import Options
from ganvas.core.run import Run
from ganvas.tools import points
from ganvas.tools.latent import Latent
from ganvas.tools.still import Name
from ganvas.watch.pictures import GAP, grid

Source = int | str
"""Where a picture comes from: a seed, or a file with a point."""
T = TypeVar("T")
TILE = 96
"""Small pictures are enlarged to about so many pixels."""


@dataclass(frozen=True)
class Sheet:
    """Pictures in rows, with words beside them."""

    images: Tensor
    """(n, channels, h, w) in [-1, 1], row by row."""
    columns: int
    header: Sequence[str] = ()
    """A word above each column."""
    side: Sequence[str] = ()
    """A word beside each row."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """What was shown, as plain values."""
    notes: Sequence[str] = ()
    """What one had better know, in sentences."""
    gap: int | None = None
    """Pixels between pictures; a sixteenth of one if None."""

    def picture(self) -> Picture:
        """All of it as one picture."""
        words: Any = {"header": self.header, "side": self.side}
        return grid(self.images, self.columns, gap=self.gap, min_tile=TILE, **words)


@dataclass(frozen=True)
class Study:
    """A trained run, and where its pictures come from."""

    run: Run
    latent: Latent

    def at(self, sources: Sequence[Source]) -> Tensor:
        """The points of seeds, and of files that hold one each: (n, *shape).

        Raises:
            UsageError: if a word is neither, or a file's points are not of this space.
            DataError: if a file cannot be read.
        """
        latent = self.latent
        return torch.cat(
            [latent.at([x]) if isinstance(x, int) else of_file(latent, x) for x in sources]
        )


@dataclass(frozen=True)
class Action(Options):
    """What can be asked of all."""

    seed: int = 0
    """Decides what is drawn and not given."""
    label: int | str | None = None
    """The class of all pictures, by number or name; drawn unless given."""
    truncation: float | None = None
    """Less variety for better pictures, as in `ganvas sample`."""
    space: Literal["z", "w", "w+"] | None = None
    """Where to move: z, or, in a game with styles, w or w+; w if there is one unless given."""

    films: ClassVar[bool] = False
    """Whether there is a video of it."""

    def check(self, latent: Latent) -> None:
        """Refuses what the game cannot do, before anything is drawn.

        Raises:
            UsageError: with the reason.
        """

    @abstractmethod
    def sheet(self, study: Study) -> Sheet:
        """What it shows.

        Raises:
            UsageError: if it cannot be shown of this run.
        """

    def film(self, study: Study) -> Iterator[Tensor]:
        """The pictures of a video, some at a time: (n, channels, h, w)."""
        raise NotImplementedError


def of_file(latent: Latent, word: str) -> Tensor:
    """The points of a file, in this space: (n, *shape).

    z can be mapped to w, and w be taken for every layer; there is no way back.

    Raises:
        UsageError: if it is none, or its points cannot be taken into this space.
        DataError: if it cannot be read.
    """
    if not word.endswith(points.ENDING):
        raise UsageError(
            f"a picture is a seed, a whole number, or FILE{points.ENDING} from ganvas edit RUN "
            f"project; not {word!r}"
        )
    theirs, found, _ = points.read(Path(word).expanduser(), latent.game)
    order = get_args(Name)
    if order.index(theirs.space) > order.index(latent.space):
        raise UsageError(f"{word} holds points of {theirs.space}: take --space {theirs.space}")
    found = found.to(latent.game.device)
    if theirs.space == latent.space:
        return found
    styles = theirs.styles(found)
    return styles if latent.space == "w+" else styles[:, 0]


def name_of(source: Source) -> str:
    """A seed or a file, for a word beside a picture."""
    return str(source) if isinstance(source, int) else Path(source).stem


def seeds_from(given: Sequence[T], first: int, number: int) -> tuple[T | int, ...]:
    """The seeds that are given, or `number` of them from the first on."""
    return tuple(given) or tuple(range(first, first + number))


def blank(image: Tensor) -> Tensor:
    """A tile like a picture (channels, h, w) that is not seen."""
    tile = torch.full_like(image, GAP / 127.5 - 1)
    if len(tile) in (2, 4):
        tile[-1] = 1.0
    return tile


def styles_of(text: str, layers: int, game: str) -> list[int]:
    """The numbers of the styles that are meant: coarse, middle, fine, all, 0-3, or 1,4-5.

    The ranges are those of the paper: the styles of 4² and 8² are coarse, those of 16² and 32²
    middle, all others fine; each size has two (Karras et al. 2019, section 3.1).

    Raises:
        UsageError: if the text means none.
    """
    ranges = {
        "coarse": range(min(4, layers)),
        "middle": range(4, min(8, layers)),
        "fine": range(8, layers),
        "all": range(layers),
    }
    if text in ranges:
        if found := list(ranges[text]):
            return found
        there = ", ".join(f"{k} {v[0]}-{v[-1]}" for k, v in ranges.items() if v)
        raise UsageError(
            f"{text!r} holds no style: {game} draws from {layers}: {there}; or give numbers, "
            f"as {layers // 2}-{layers - 1}"
        )
    try:
        ends = [[int(end) for end in part.split("-")] for part in text.split(",")]
        found = [i for part in ends for i in range(part[0], part[-1] + 1)]
    except ValueError:
        ends, found = [], []
    if not found or any(len(part) > 2 for part in ends):
        raise UsageError(f"styles are coarse, middle, fine, all or numbers as 0-3; not {text!r}")
    if outside := [i for i in found if i >= layers]:
        raise UsageError(
            f"{game} draws from {layers} styles, 0 to {layers - 1}: there is no {outside[0]}"
        )
    return sorted(set(found))

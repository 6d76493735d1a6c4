"""Walks: from one picture to another, and over a plane between four."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Literal

import torch
from torch import Tensor

from ganvas.core import Count, UsageError
from ganvas.tools.explore.action import Action, Sheet, Source, Study, name_of, seeds_from
from ganvas.tools.latent import Latent

STRIP, FILM = 8, 30
"""Pictures from each seed to the next, in a strip and in a video."""


@dataclass(frozen=True)
class Walk(Action):
    """What walks have in common."""

    how: Literal["linear", "spherical"] | None = None
    """Straight, or along great circles: spherical for normal noise, linear for uniform noise and
    for styles unless given."""

    def _told(self, latent: Latent) -> str:
        """How it is walked, in a word."""
        usual = any(space.law == "normal" for space in latent.noises.values())
        return self.how or ("spherical" if latent.space == "z" and usual else "linear")


@dataclass(frozen=True)
class Interpolate(Walk):
    """From picture to picture; a video comes back to the first."""

    seeds: tuple[int | str, ...] = ()
    """The pictures to go between, seeds or files with points; -n seeds from --seed on unless
    given."""
    number: Count = 4
    """How many pictures to go between, if their seeds are not given."""
    frames: Count | None = None
    """Pictures from each to the next, both counted; 8 in a strip, 30 in a video unless given."""

    films: ClassVar[bool] = True

    @property
    def keys(self) -> tuple[Source, ...]:
        """The pictures to go between."""
        return seeds_from(self.seeds, self.seed, self.number)

    def check(self, latent: Latent) -> None:
        if len(self.keys) < 2:
            raise UsageError("to go between pictures takes two at least: --seeds 1,5 or -n 2")
        if self.frames is not None and self.frames < 2:
            raise UsageError(f"a walk takes 2 frames at least, not {self.frames}")

    def sheet(self, study: Study) -> Sheet:
        frames, latent = self.frames or STRIP, study.latent
        points = study.at(self.keys)
        t = torch.linspace(0, 1, frames, device=points.device)
        legs = [latent.between(a[None], b[None], t, self.how) for a, b in pairwise(points)]
        side = [f"{name_of(a)} to {name_of(b)}" for a, b in pairwise(self.keys)]
        about = {"seeds": list(self.keys), "frames": frames, "how": self._told(latent)}
        return Sheet(latent.show(torch.cat(legs)), frames, side=side, about=about)

    def film(self, study: Study) -> Iterator[Tensor]:
        frames, latent = self.frames or FILM, study.latent
        points = study.at(self.keys)
        t = torch.arange(frames, device=points.device) / frames
        for a, b in zip(points, points.roll(-1, 0), strict=True):
            yield latent.show(latent.between(a[None], b[None], t, self.how))


@dataclass(frozen=True)
class Grid(Walk):
    """A plane between four pictures, one in each corner."""

    seeds: tuple[int | str, ...] = ()
    """The corners, seeds or files with points: above left, above right, below left, below right;
    four seeds from --seed on unless given."""
    rows: Count = 7
    """Rows of pictures."""
    columns: Count = 7
    """Columns of pictures."""

    def check(self, latent: Latent) -> None:
        if len(seeds_from(self.seeds, self.seed, 4)) != 4:
            raise UsageError(f"a grid has four corners: --seeds 1,2,3,4, not {len(self.seeds)}")
        if min(self.rows, self.columns) < 2:
            raise UsageError("a grid takes 2 rows and 2 columns at least")

    def sheet(self, study: Study) -> Sheet:
        latent, corners = study.latent, seeds_from(self.seeds, self.seed, 4)
        a, b, c, d = study.at(corners)[:, None]
        down = torch.linspace(0, 1, self.rows, device=a.device)
        across = torch.linspace(0, 1, self.columns, device=a.device).repeat(self.rows)
        ends = [latent.between(x, y, down, self.how) for x, y in ((a, c), (b, d))]
        left, right = (x.repeat_interleave(self.columns, 0) for x in ends)
        points = latent.between(left, right, across, self.how)
        about = {"seeds": list(corners), "how": self._told(latent)}
        return Sheet(latent.show(points), self.columns, about=about)

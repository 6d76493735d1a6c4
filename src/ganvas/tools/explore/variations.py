"""Variations: many seeds, along directions, and with more or less truncation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import torch

from ganvas.core import Count, UsageError
from ganvas.core import truncation as trick
from ganvas.tools import directions
from ganvas.tools.explore.action import Action, Sheet, Study, seeds_from, styles_of
from ganvas.tools.latent import Latent
from ganvas.tools.still import no_styles


@dataclass(frozen=True)
class Seeds(Action):
    """Pictures with their seeds, to find those that other actions are asked about."""

    number: Count = 40
    """How many, from --seed on."""
    columns: Count = 10
    """Pictures in a row."""

    def sheet(self, study: Study) -> Sheet:
        seeds = seeds_from((), self.seed, self.number)
        columns = min(self.columns, self.number)
        side = [str(seed) for seed in seeds[::columns]]
        header = [f"+{i}" for i in range(columns)]
        images = study.latent.show(study.latent.at(seeds))
        return Sheet(images, columns, header, side, {"seeds": list(seeds)})


@dataclass(frozen=True)
class Traverse(Action):
    """Along directions that were found without labels."""

    method: Literal["pca", "sefa"] = "pca"
    """How directions are found: pca (GANSpace), along which points or first features vary most;
    sefa, along which the first weights change most."""
    layers: str = "all"
    """Styles that are moved, in a game with styles: coarse, middle, fine, all, or numbers as
    0-3."""
    number: Count = 5
    """How many directions, the strongest first."""
    steps: Count = 7
    """Pictures along each."""
    reach: float = 3.0
    """How far to either side, in standard deviations."""
    point: str | None = None
    """The picture in the middle, a file with its point; that of --seed unless given."""

    def check(self, latent: Latent) -> None:
        if self.steps < 2 or not self.reach > 0:
            raise UsageError("a traversal takes 2 steps at least, and a reach above 0")
        if self.layers != "all" and latent.space == "z":
            none = f"there are no styles to choose from: {no_styles(latent.game)}"
            raise UsageError(none if self.space is None else "in z all styles move; take space w")
        if latent.space != "z":
            self._styles(latent)

    def sheet(self, study: Study) -> Sheet:
        latent = study.latent.into("w") if study.latent.space != "z" else study.latent
        start = study.at([self.point if self.point is not None else self.seed])
        chosen = None if latent.space == "z" else self._styles(latent)
        find = directions.pca if self.method == "pca" else directions.sefa
        found = find(latent, self.number, styles=chosen, seed=self.seed)
        at = torch.linspace(-self.reach, self.reach, self.steps)
        rows = [directions.along(study.latent, start, step, at, chosen) for step in found.steps]
        header = [f"{x:+.3g}" if abs(x) > 1e-6 else "0" for x in at.tolist()]
        side = [f"{i}: {share:.0%}" for i, share in enumerate(found.shares.tolist())]
        about: dict[str, Any] = {"method": self.method, "styles": chosen}
        about |= {"shares": [round(x, 4) for x in found.shares.tolist()]}
        about |= {"of": found.of, "steps": [round(x, 4) for x in at.tolist()]}
        return Sheet(torch.cat(rows), self.steps, header, side, about)

    def _styles(self, latent: Latent) -> list[int]:
        return styles_of(self.layers, latent.into("w+").shape[0], latent.game.name)


@dataclass(frozen=True)
class Sweep(Action):
    """The same seeds with more and more truncation."""

    levels: tuple[float, ...] = ()
    """What to truncate to: ψ in W where the game has styles, else the largest magnitude of the
    values of z; six from much to none unless given."""
    seeds: tuple[int, ...] = ()
    """The rows; -n of them from --seed on unless given."""
    number: Count = 6
    """Rows, where their seeds are not given."""

    def check(self, latent: Latent) -> None:
        if self.truncation is not None:
            raise UsageError("a sweep goes over truncations: give --levels, not --truncation")
        trick.kind(latent.game)
        if trick.kind(latent.game) == "w" and latent.space == "z":
            raise UsageError(f"{latent.game.name} is truncated in W: leave out --space z")
        for level in self._levels(latent):
            trick.check(latent.game, level)

    def sheet(self, study: Study) -> Sheet:
        latent, levels = study.latent, self._levels(study.latent)
        seeds = seeds_from(self.seeds, self.seed, self.number)
        columns = [latent.show(latent.at(seeds, truncation=level)) for level in levels]
        word = "" if trick.kind(latent.game) == "w" else "< "
        about: dict[str, Any] = {"seeds": list(seeds), "levels": list(levels)}
        return Sheet(
            torch.stack(columns, 1).flatten(0, 1),
            len(levels),
            [f"{word}{level:g}" for level in levels],
            [f"seed {seed}" for seed in seeds],
            {**about, "of": "w" if trick.kind(latent.game) == "w" else "z"},
        )

    def _levels(self, latent: Latent) -> tuple[float, ...]:
        usual = {"w": (0.0, 0.2, 0.4, 0.6, 0.8, 1.0), "z": (0.25, 0.5, 0.75, 1.0, 1.5, 2.5)}
        return self.levels or usual[trick.kind(latent.game)]

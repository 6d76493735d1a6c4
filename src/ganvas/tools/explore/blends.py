"""Blends: sums of pictures' points, and styles of several pictures in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ganvas.core import Count, UsageError
from ganvas.tools import points
from ganvas.tools.explore.action import (
    Action,
    Sheet,
    Source,
    Study,
    blank,
    name_of,
    seeds_from,
    styles_of,
)
from ganvas.tools.explore.groups import of_class
from ganvas.tools.latent import Latent
from ganvas.tools.still import no_styles

SHOWN = 4
"""So many of a group are shown."""


@dataclass(frozen=True)
class Arithmetic(Action):
    """start - minus + plus, each the mean of a group (Radford et al. 2015, section 6.3.2)."""

    start: tuple[int | str, ...] = ()
    """The group to begin with: seeds of pictures or files with points, or classes with
    --by label."""
    minus: tuple[int | str, ...] = ()
    """The group whose mean is taken away."""
    plus: tuple[int | str, ...] = ()
    """The group whose mean is added."""
    by: str = "seed"
    """What a group's words are: seed, or label for classes, whose pictures are found by a
    classifier of the run's data, or asked for where the game takes a class."""
    number: Count = 50
    """Pictures for each class, with --by label."""
    rescale: bool = False
    """Bring the result to where points usually lie: as far from the centre as they do."""

    def check(self, latent: Latent) -> None:
        if not self.start or not (self.minus or self.plus):
            raise UsageError(
                "arithmetic takes groups of seeds: --start 1,5,9 --minus 2,7 --plus 3,4; ganvas "
                "explore RUN seeds shows pictures with theirs"
            )
        if self.by not in ("seed", "label"):
            raise UsageError(f"groups are by seed or by label, not by {self.by!r}")
        words = [word for _, group in self._groups() for word in group]
        other = [w for w in words if isinstance(w, str) and not w.endswith(points.ENDING)]
        if self.by == "seed" and other:
            raise UsageError(
                f"seeds are whole numbers, not {other[0]!r}; --by label for classes by name"
            )

    def sheet(self, study: Study) -> Sheet:
        latent, total, parts = study.latent, study.latent.centre * 0, []
        for sign, words in self._groups():
            group = self._points(study, words)
            mean = group.mean(0, keepdim=True)
            total = total + (-mean if sign == "-" else mean)
            parts.append((group[:SHOWN], mean))
        if self.rescale:
            away = total - latent.centre
            total = latent.centre + away * latent.norm / away.norm().clamp_min(1e-12)
        names = {"": "start", "-": "- minus", "+": "+ plus"}
        header = [*(names[sign] for sign, _ in self._groups()), "= result"]
        rows = max(len(members) for members, _ in parts) + 1
        columns = [_column(latent, members, rows, mean) for members, mean in parts]
        columns.append(_column(latent, total[:0], rows, total))
        images = torch.stack(columns, 1).flatten(0, 1)
        return Sheet(images, len(columns), header, [""] * (rows - 1) + ["mean"], self._about(total))

    def _groups(self) -> list[tuple[str, tuple[int | str, ...]]]:
        """Sign and words of each group that there is."""
        every = (("", self.start), ("-", self.minus), ("+", self.plus))
        return [(sign, words) for sign, words in every if words]

    def _points(self, study: Study, words: Sequence[int | str]) -> Tensor:
        if self.by == "seed":
            return study.at(words)
        return torch.cat([of_class(study, word, self.number, self.seed) for word in words])

    def _about(self, total: Tensor) -> dict[str, object]:
        groups = {name: list(getattr(self, name)) for name in ("start", "minus", "plus")}
        return {**groups, "by": self.by, "point": [round(x, 5) for x in total.flatten().tolist()]}


def _column(latent: Latent, members: Tensor, rows: int, mean: Tensor) -> Tensor:
    """A group's pictures, nothing where there are fewer than rows, and their mean's last."""
    pictures = latent.show(torch.cat([members, mean]))
    empty = blank(pictures[0])[None].expand(rows - len(pictures), *pictures.shape[1:])
    return torch.cat([pictures[:-1], empty, pictures[-1:]])


@dataclass(frozen=True)
class Mix(Action):
    """Rows with some of their styles from the columns (Karras et al. 2019, section 3.1)."""

    styles: str = "coarse"
    """The styles that the columns give: coarse, middle, fine, all, or numbers as 0-3."""
    rows: tuple[int | str, ...] = ()
    """The rows, seeds or files with points; -n seeds from --seed on unless given."""
    columns: tuple[int | str, ...] = ()
    """The columns, likewise; the -n seeds after those of the rows unless given."""
    number: Count = 5
    """Rows and columns, where their seeds are not given."""

    def check(self, latent: Latent) -> None:
        if latent.space == "z" and self.space is None:
            raise UsageError(f"there is nothing to mix: {no_styles(latent.game)}")
        if latent.space == "z":
            raise UsageError("styles are mixed in w, not in z")
        styles_of(self.styles, latent.into("w+").shape[0], latent.game.name)

    def sheet(self, study: Study) -> Sheet:
        latent = study.latent.into("w+")
        wide = Study(study.run, latent)
        chosen = styles_of(self.styles, latent.shape[0], latent.game.name)
        rows = seeds_from(self.rows, self.seed, self.number)
        columns = seeds_from(self.columns, self.seed + len(rows), self.number)
        a, b = wide.at(rows), wide.at(columns)
        mixed = a[:, None].repeat(1, len(b), 1, 1)
        mixed[:, :, chosen] = b[None][:, :, chosen]
        lines = latent.show(torch.cat([a[:, None], mixed], 1).flatten(0, 1))
        above = latent.show(b)
        images = torch.cat([blank(above[0])[None], above, lines])
        header = [f"{chosen[0]}-{chosen[-1]} of", *map(_word, columns)]
        about = {"rows": list(rows), "columns": list(columns), "styles": chosen}
        side = ["", *map(_word, rows)]
        return Sheet(images, 1 + len(columns), header, side, about)


def _word(source: Source) -> str:
    return f"seed {source}" if isinstance(source, int) else name_of(source)

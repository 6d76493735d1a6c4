"""Projection: the point of a latent space whose picture is nearest to a given one.

Many points are drawn, and those whose pictures are nearest go downhill together; the worse halves
drop out on the way. Where there are classes, a few points of each go first, until one class is
left. Where the space is z, by L-BFGS: a small space with valleys, which it follows to their ends.
In w and w+ by Adam as in StyleGAN2 (Karras et al. 2020, arXiv:1912.04958, appendix D): the rate
rises first and falls at the end, and noise is added to w at first, ever less of it.

    z:   ||G(z) - x||² / pixels
    w:   the same at the picture's size and at each half of it

The paper compares by LPIPS, whose weights would have to be downloaded.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor

from ganvas.core import Game, Label, UsageError
from ganvas.core.chance import Chance
from ganvas.tools.aim import Aim, psnr_of
from ganvas.tools.chart import Chart, unevenness
from ganvas.tools.descent import LBFGS, Adam, Descent, Loss, pace
from ganvas.tools.latent import Latent
from ganvas.tools.steps import Steps, Work
from ganvas.tools.still import Name

Tell = Callable[[float, float], None]
"""Is told which part of the work is done, 0 to 1, and the PSNR so far."""
HALVED = (0.1, 0.25, 0.45, 0.7)
"""When the worse half of the points drops out, in parts of the way."""
CHUNK, DRAWING = 32, 0.2
"""Points are drawn so many at a time, for at most this part of the time."""
FEW, RACERS, HEAT, RACING = 4, 9, 12, 0.5
"""So many of the nearest draws tell how near a class is; they of so many classes go downhill, by so
many steps before the worse half of the classes drops out; until this part of the time is over."""
GAIN = 1e-3
"""What counts as a gain, in parts of the error."""
CLASSES = 50
"""Of more classes than these, so many are tried."""
EVEN = 0.1
"""Weight of the noise maps' unevenness."""


@dataclass(frozen=True)
class Search:
    """How a point is looked for."""

    steps: int = 400
    """Evaluations of all points that are still there, at most."""
    seconds: float | None = 60.0
    """When to stop at the latest; None: after the steps alone, the same on each machine."""
    goal: float = 40.0
    """The PSNR that is enough, in dB."""
    draws: int = 512
    """Points that are drawn to begin with."""
    starts: int = 16
    """The best of them, which go downhill."""
    method: Literal["lbfgs", "adam"] = "lbfgs"
    """How the points go: by L-BFGS, or by Adam with noise."""
    noises: bool = False
    """Whether the noise maps of a game with styles are moved too."""
    rate: float = 0.1
    """Adam's highest rate, in units of how far drawn points stray."""
    stir: float = 0.05
    """How much noise is added to w at first, in the same units."""
    typical: float = 0.0
    """Weight of the coordinates' mean square: above 0, points stay where drawn ones are."""
    patience: int = 50
    """L-BFGS stops after so many evaluations that gained nothing."""

    def __post_init__(self) -> None:
        for name, least in (("steps", 1), ("draws", 1), ("starts", 1)):
            if getattr(self, name) < least:
                raise UsageError(f"{name} must be at least {least}, not {getattr(self, name)}")
        if self.seconds is not None and not self.seconds > 0:
            raise UsageError(f"seconds must be above 0, not {self.seconds:g}")


@dataclass
class Projected:
    """Where a picture was found."""

    latent: Latent
    """The space, and what is held still in it."""
    point: Tensor
    """(1, *latent.shape)."""
    picture: Tensor
    """What it shows: (channels, h, w)."""
    psnr: float
    """Of it and what was looked for, in dB; where there is a mask, within that."""
    seconds: float
    steps: int
    noises: list[Tensor] = field(default_factory=list)
    """The noise maps that belong to it, if they were moved: (1, 1, h, w) each."""
    curve: list[tuple[float, float]] = field(default_factory=list)
    """Seconds and PSNR whenever it was better."""


def project(game: Game, target: Tensor, search: Search | None = None, **asked: Any) -> Projected:
    """Looks for the point whose picture is nearest to a given one.

    Args:
        game, target, search, asked: as for `Projecting`.

    Raises:
        UsageError: as for `Projecting`.
    """
    return Projecting(game, target, search, **asked).result


class Projecting(Steps[Projected]):
    """A projection while it goes on; a step is a few draws, or one of all points downhill.

    Args:
        game: an image game that draws from noise.
        target: the picture, (channels, h, w) in [-1, 1], of the game's size.
        search: how to look for it.
        space: `z`, `w` or `w+`; the usual one of the game if None.
        label: its class; if None, the one whose draws come nearest.
        seed: decides all that is drawn.
        weight: how much each pixel counts, (h, w); all the same if None.
        prior: something else to make small, of pictures: (n, channels, h, w) -> (n,).
        tell: is told how far it is.
        given: other inputs by name, (1, *shape) each.

    Raises:
        UsageError: if the game draws from no noise, has no such space or class, or the picture has
            another shape than the game's.
    """

    def __init__(
        self,
        game: Game,
        target: Tensor,
        search: Search | None = None,
        *,
        space: Name | None = None,
        label: int | str | None = None,
        seed: int = 0,
        weight: Tensor | None = None,
        prior: Callable[[Tensor], Tensor] | None = None,
        tell: Tell = lambda *_: None,
        **given: Any,
    ) -> None:
        if tuple(target.shape) != game.output.shape:
            raise UsageError(
                f"{game.name} makes pictures of {game.output.shape}, and this one has "
                f"{tuple(target.shape)}: resize it first"
            )
        self.began, self.search, self.tell = time.monotonic(), search or Search(), tell
        first = Latent(game, space, label, seed, **given)
        self.aim = Aim(
            target.to(game.device), None if weight is None else weight.to(game.device),
            scales=first.space != "z", prior=prior,
        )  # fmt: skip
        self.best, self.least, self.error = Tensor(), math.inf, math.inf
        self.picture: Tensor | None = None
        """What the best point so far shows; None before the first step downhill."""
        self.steps = self.gained = 0
        self.curve: list[tuple[float, float]] = []
        latents = [first] if label is not None else _of_each_class(first, given)
        super().__init__(self._found(latents, seed))

    def _found(self, latents: Sequence[Latent], seed: int) -> Work[Projected]:
        heats = yield from self._nearest(latents, seed)
        latent, points = yield from self._race(heats)
        chart = Chart(latent, noises=self.search.noises)
        yield from self._down(chart, points)
        return self._projected(chart)

    def _nearest(self, latents: Sequence[Latent], seed: int) -> Work[list[tuple[Latent, Tensor]]]:
        """The best of many draws of each class, the nearest class first."""
        each = max(self.search.starts, self.search.draws // len(latents))
        found = []
        for i, latent in enumerate(latents):
            points, losses = latent.draw(each, seed), list[Tensor]()
            for some in points.split(max(CHUNK, self.search.starts)):
                with torch.no_grad():
                    losses.append(self.aim(latent.show(some))[0])
                yield
                if self.of_time > DRAWING * (i + 1) / len(latents):
                    break
            best = torch.cat(losses).topk(self.search.starts, largest=False)
            found.append((float(best.values[:FEW].mean()), latent, points[best.indices]))
        return [one[1:] for one in sorted(found, key=lambda one: one[0])]

    def _race(self, heats: list[tuple[Latent, Tensor]]) -> Work[tuple[Latent, Tensor]]:
        """The class that comes nearest by some steps downhill, and its points.

        Draws alone do not tell it: a class that is right may be far at most of its points.
        """
        if len(heats) == 1:
            return heats[0]
        racing = []
        for latent, points in heats[:RACERS]:
            chart = Chart(latent, noises=False)
            racing.append((chart, points, LBFGS(chart.coordinates(points[:FEW]))))
        while len(racing) > 1 and self.of_time < RACING:
            for chart, _, rows in racing:
                for _ in range(HEAT):
                    rows.go(lambda x, chart=chart: self.aim(chart.show(x))[0])  # type: ignore[misc]
                yield
            racing.sort(key=lambda one: float(one[2].value.min()))
            racing = racing[: (len(racing) + 1) // 2]
        chart, points, rows = racing[0]
        return chart.latent, torch.cat([chart.points(rows.x), points[FEW:]])

    def _down(self, chart: Chart, points: Tensor) -> Work[None]:
        """Moves points downhill until one is good enough, or the search is over."""
        search, x = self.search, chart.coordinates(points)
        rows: Descent = LBFGS(x) if search.method == "lbfgs" else Adam(x)
        chance = Chance("projection", chart.latent.seed, device=x.device)
        while self.steps == 0 or (self.progress < 1 and self.psnr < search.goal):
            done = self.progress
            stir = search.stir * max(0.0, 1 - done / 0.75) ** 2 if search.method == "adam" else 0.0
            rows.go(self._loss(chart, stir, chance), search.rate * pace(done))
            self.steps += 1
            keep = max(1, search.starts >> sum(done >= part for part in HALVED))
            if keep < len(rows.x):
                rows.keep(rows.value.topk(keep, largest=False).indices)
            self.tell(self.progress, self.psnr)
            yield
            if search.method == "lbfgs" and self.steps - self.gained > search.patience:
                break

    @property
    def psnr(self) -> float:
        """Of the best picture so far, in dB."""
        return psnr_of(self.error)

    @property
    def progress(self) -> float:
        """How far it is, 0 to 1, by its steps or by the clock, whichever is nearer to the end."""
        return min(1.0, max(self.steps / self.search.steps, self.of_time))

    @property
    def of_time(self) -> float:
        """Which part of its time is over; 0 if it has no end."""
        gone = time.monotonic() - self.began
        return 0.0 if self.search.seconds is None else gone / self.search.seconds

    def _loss(self, chart: Chart, stir: float, chance: Chance) -> Loss:
        """What the points are to make small; the best of them is kept."""

        def loss(x: Tensor) -> Tensor:
            noise = x.new_zeros(()) if stir == 0 else stir * chance.normal(len(x), chart.size)
            near = torch.cat([x[:, : chart.size] + noise, x[:, chart.size :]], 1)
            pictures = chart.show(near)
            values, errors = self.aim(pictures)
            if self.search.typical:
                away = near[:, : chart.size].square().mean(1)
                values = values + self.search.typical * away
            self._keep(near.detach(), values.detach(), errors, pictures.detach())
            if hidden := chart.noises(near):
                values = values + EVEN * unevenness(hidden)
            return values

        return loss

    def _keep(self, x: Tensor, values: Tensor, errors: Tensor, pictures: Tensor) -> None:
        alone = self.aim.prior is None and self.search.typical == 0
        judged = errors if alone else values
        row = int(judged.nan_to_num(math.inf).argmin())
        if not float(judged[row]) < self.least:
            return
        if float(judged[row]) < (1 - GAIN) * self.least:
            self.gained = self.steps
        self.least, self.error, self.best = float(judged[row]), float(errors[row]), x[row : row + 1]
        self.picture = pictures[row]
        self.curve.append((time.monotonic() - self.began, self.psnr))

    @torch.no_grad()
    def _projected(self, chart: Chart) -> Projected:
        point, noises = chart.points(self.best), chart.noises(self.best)
        seconds = time.monotonic() - self.began
        return Projected(
            chart.latent, point, chart.show(self.best)[0], psnr_of(self.error), seconds, self.steps,
            noises, self.curve,
        )  # fmt: skip


def _of_each_class(first: Latent, given: dict[str, Any]) -> list[Latent]:
    """The latent space of each class; the one at hand where there are none, or it is given."""
    labels = [(k, s) for k, s in first.game.inputs.items() if isinstance(s, Label)]
    if not labels or labels[0][0] in given:
        return [first]
    numbers = range(min(labels[0][1].classes, CLASSES))
    return [Latent(first.game, first.space, i, first.seed, **given) for i in numbers]

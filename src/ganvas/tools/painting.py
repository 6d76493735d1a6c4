"""Painting with a generator: strokes say what is wanted, and all else is made to suit them.

Points are moved until their pictures agree with the strokes, and not further than need be, so what
comes out is always a picture that the generator could have drawn.

Jun-Yan Zhu, Philipp Krähenbühl, Eli Shechtman, Alexei A. Efros. ECCV 2016.
https://arxiv.org/abs/1609.03552

    z = argmin  Σ ||f(G(z)) - v||² + λ_s ||z - z_0||² + λ_D log(1 - D(G(z)))

f and v are in `ganvas.tools.strokes`. Points go by L-BFGS, where the authors take gradient steps;
the term of D is that of `ganvas.tools.inpainting`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ganvas.core import UsageError
from ganvas.tools.chart import Chart
from ganvas.tools.descent import LBFGS
from ganvas.tools.inpainting import liking
from ganvas.tools.latent import Latent
from ganvas.tools.strokes import Pull, Strokes

NEAR = 0.01
"""λ_s: what the mean square distance from the start counts, in units of how far draws stray."""
ALONE = 3
"""So many steps after a new stroke are the shown candidate's alone: it is the one being watched."""
DRAWS = 8
"""So many points are drawn; those whose pictures are nearest to the strokes become candidates."""
Loss = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Coordinates (n, d) -> what each loses, (n,), and what it shows, (n, channels, h, w)."""
STEEP = 10.0
"""So much the loss is enlarged for the descent: its first step is as long as the slope, up to 1."""
SETTLED, GAIN = 15, 1e-3
"""After so many steps of a candidate that gain less than this, it has arrived."""


class Painting:
    """A picture that follows strokes, and other candidates beside it.

    After `constrain` each `step()` moves the shown candidate or, in turn, the others. All begin
    where they are, so a stroke that grows is followed on the way.

    Args:
        latent: the space to move in.
        point: where to begin, (1, *latent.shape).
        candidates: how many points look for a picture.
        seed: decides where the others begin.
        near: λ_s, how much points are kept near the start.
        prior: λ_D, what the discriminator's judgement counts, where there is one.

    Raises:
        UsageError: if that is no point of this space, a weight is below 0, or there is no
            discriminator and it is to count.
    """

    shown: _Walk
    others: _Walk | None

    def __init__(
        self,
        latent: Latent,
        point: Tensor,
        *,
        candidates: int = 4,
        seed: int = 0,
        near: float = NEAR,
        prior: float = 0.0,
    ) -> None:
        if candidates < 1:
            raise UsageError(f"candidates must be at least 1, not {candidates}")
        for name, weight in (("near", near), ("prior", prior)):
            if not weight >= 0:
                raise UsageError(f"{name} must be 0 or more, not {weight:g}")
        self.latent, self.chart = latent, Chart(latent)
        self.candidates, self.seed, self.near, self.prior = candidates, seed, near, prior
        labels = {k: v for k, v in latent.others.items() if k != "label"}
        label = latent.to_json().get("label")
        self.judge = liking(latent.game, label, latent.seed, labels) if prior else None
        if prior and self.judge is None:
            raise UsageError("this run has no discriminator that could judge: leave out the prior")
        self.begin(point)

    def begin(self, point: Tensor) -> None:
        """From another point, upon which nothing is painted yet."""
        self.start = point.detach().to(self.latent.game.device)
        self.begun = self.latent.show(self.start)[0]
        """What the start shows."""
        self.home = self.chart.coordinates(self.start)
        self.steps = 0
        self.constrain(Strokes.none(self.latent.game.output))  # type: ignore[arg-type]

    def constrain(self, strokes: Strokes) -> None:
        """Wants something else: all that is painted now, earlier strokes too.

        The best candidate so far becomes the one that is shown; without any stroke it is the start.
        """
        self.strokes, self.since = strokes.to(self.start.device), 0
        self.pull = Pull(self.strokes)
        if strokes.empty:
            self.shown, self.others = _Walk(self.home, self.begun[None]), None
            return
        x, pictures = self._all()
        row = int(self._order()[0])
        rest = [i for i in range(len(x)) if i != row]
        self.shown = _Walk(x[row : row + 1], pictures[row : row + 1])
        self.others = _Walk(x[rest], pictures[rest]) if rest else None

    def restart(self, seed: int) -> None:
        """Draws the other candidates anew, by another seed."""
        self.seed, self.others = seed, None
        self.since = ALONE

    def step(self) -> None:
        """Moves the shown candidate, or in turn the others, one step; quick.

        Without a stroke nothing moves.
        """
        if self.strokes.empty:
            return
        others = self.candidates > 1 and self.since >= ALONE and self.since % 2 == ALONE % 2
        if not others:
            self.shown.go(self._loss)
            if self.since == 0:  # that only found out which way to go
                self.shown.glance(self._loss)
        else:
            self.others = self.others or self._scattered()
            self.others.go(self._loss)
        self.since += 1
        self.steps += 1

    @property
    def settled(self) -> bool:
        """Whether further steps would change nothing that one sees."""
        if self.strokes.empty:
            return True
        parts = [self.shown, self.others] if self.candidates > 1 else [self.shown]
        return all(part is not None and part.idle > SETTLED for part in parts)

    # -- what there is, the best first -----------------------------------------------------------

    @property
    def points(self) -> Tensor:
        """The candidates, (n, *latent.shape); the first is the best."""
        return self.chart.points(self._all()[0][self._order()])

    @property
    def pictures(self) -> Tensor:
        """What they show, (n, channels, h, w)."""
        return self._all()[1][self._order()]

    @property
    def losses(self) -> Tensor:
        """What each still loses, (n,): infinity before it has taken a step."""
        return self._values()[self._order()]

    @property
    def best(self) -> Tensor:
        """The point of the best candidate, (1, *latent.shape)."""
        return self.points[:1]

    @property
    def picture(self) -> Tensor:
        """What it shows, (channels, h, w)."""
        return self.pictures[0]

    def way(self, t: Tensor, row: int = 0) -> Tensor:
        """The pictures between the start and a candidate, at t in [0, 1]: (len(t), channels, h, w).

        Args:
            t: how far.
            row: which candidate, by its place.
        """
        points = self.latent.between(self.start, self.points[row : row + 1], t.to(self.start))
        return self.latent.show(points)

    def _all(self) -> tuple[Tensor, Tensor]:
        parts = [part for part in (self.shown, self.others) if part is not None]
        return torch.cat([part.x for part in parts]), torch.cat([p.pictures for p in parts])

    def _values(self) -> Tensor:
        parts = [part for part in (self.shown, self.others) if part is not None]
        return torch.cat([part.values for part in parts])

    def _order(self) -> Tensor:
        return self._values().sort(stable=True).indices

    def _loss(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What points lose, and what they show."""
        pictures = self.chart.show(x)
        values = self.pull(pictures) + self.near * (x - self.home).square().mean(1)
        if self.judge is not None:
            values = values + self.prior * self.judge(pictures)
        return values, pictures.detach()

    @torch.no_grad()
    def _scattered(self) -> _Walk:
        """The best of many draws, each half-way from the start: near it, and apart."""
        n = self.candidates - 1
        drawn = self.latent.draw(max(DRAWS, n), self.seed)
        x = self.chart.coordinates(self.latent.between(self.start, drawn, 0.5))
        values, pictures = self._loss(x)
        rows = values.topk(n, largest=False).indices
        return _Walk(x[rows], pictures[rows])


class _Walk:
    """Points on their way: the best place of each so far, what it loses and shows there."""

    def __init__(self, x: Tensor, pictures: Tensor) -> None:
        self.rows = LBFGS(x)
        self.x, self.values, self.pictures = x, self.rows.value, pictures
        self.idle, self.least = 0, math.inf

    def go(self, loss: Loss) -> None:
        """A step of the descent."""
        seen: list[Tensor] = []

        def watched(x: Tensor) -> Tensor:
            values, pictures = loss(x)
            seen.append(pictures)
            return STEEP * values

        before = self.rows.value
        self.rows.go(watched, 1.0)
        self._keep(self.rows.x, self.rows.value / STEEP, seen[0], self.rows.value < before)
        value = float(self.values.min())
        self.idle = 0 if value < self.least - GAIN else self.idle + 1
        self.least = value if self.idle == 0 else self.least

    @torch.no_grad()
    def glance(self, loss: Loss) -> None:
        """Looks where the next step leads: without its slope, so sooner than by taking it."""
        ahead = self.rows.x + self.rows.length[:, None] * self.rows.way
        values, pictures = loss(ahead)
        self._keep(ahead, values, pictures, torch.ones_like(values, dtype=torch.bool))

    def _keep(self, x: Tensor, values: Tensor, pictures: Tensor, new: Tensor) -> None:
        better = new & (values < self.values)
        self.x = torch.where(better[:, None], x, self.x)
        self.values = torch.where(better, values, self.values)
        self.pictures = torch.where(better[:, None, None, None], pictures, self.pictures)

"""Descents of many points at once, each for itself.

The losses of a batch of points come from one pass through the generator, but no point knows of the
others: each has its own moments, its own history, its own length of step. Rows that lose can be
dropped on the way.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor

Loss = Callable[[Tensor], Tensor]
"""Points (n, d) -> what each is to make small, (n,)."""


class Descent(ABC):
    """Points that go downhill.

    Args:
        x: where they begin, (n, d).
    """

    def __init__(self, x: Tensor) -> None:
        self.x = x.detach().clone()
        self.value = x.new_full((len(x),), torch.inf)
        """What each loses where it is."""

    @abstractmethod
    def go(self, loss: Loss, rate: float) -> None:
        """One evaluation of the loss and its slope for each point, and a step."""

    @abstractmethod
    def keep(self, rows: Tensor) -> None:
        """Goes on with these rows alone."""


def sloped(loss: Loss, x: Tensor) -> tuple[Tensor, Tensor]:
    """The losses of points and their slopes: (n,), (n, d)."""
    at = x.detach().requires_grad_()
    with torch.enable_grad():
        values = loss(at)
        (slope,) = torch.autograd.grad(values.sum(), at)
    return values.detach(), slope


class Adam(Descent):
    """Adam (Kingma & Ba 2015, arXiv:1412.6980) with steps of about `rate`."""

    def __init__(self, x: Tensor, betas: tuple[float, float] = (0.9, 0.999)) -> None:
        super().__init__(x)
        self.betas, self.steps = betas, 0
        self.mean, self.square = torch.zeros_like(x), torch.zeros_like(x)

    def go(self, loss: Loss, rate: float = 1.0) -> None:
        self.value, slope = sloped(loss, self.x)
        self.steps += 1
        self.mean.lerp_(slope, 1 - self.betas[0])
        self.square.lerp_(slope.square(), 1 - self.betas[1])
        mean, square = (
            moment / (1 - beta**self.steps)
            for moment, beta in zip((self.mean, self.square), self.betas, strict=True)
        )
        self.x -= rate * mean / (square.sqrt() + 1e-8)

    def keep(self, rows: Tensor) -> None:
        self.x, self.value = self.x[rows], self.value[rows]
        self.mean, self.square = self.mean[rows], self.square[rows]


class LBFGS(Descent):
    """L-BFGS (Liu & Nocedal 1989), where each point looks for the length of its own step.

    A step that gains too little is shortened at the next evaluation, while other points go on.
    """

    def __init__(self, x: Tensor, memory: int = 10) -> None:
        super().__init__(x)
        n, d = x.shape
        self.s, self.y = x.new_zeros(memory, n, d), x.new_zeros(memory, n, d)
        self.rho = x.new_zeros(memory, n)
        """1 / s·y of each step, the newest first; 0 where there is none."""
        self.slope = x.new_zeros(n, d)
        self.way, self.length = x.new_zeros(n, d), x.new_zeros(n)
        self.begun = False

    def go(self, loss: Loss, rate: float = 1.0) -> None:
        trial = self.x + self.length[:, None] * self.way
        values, slope = sloped(loss, trial)
        gain = self.length * dot(self.way, self.slope)
        good = values.isfinite() & (values <= self.value + 1e-4 * gain)
        if self.begun:
            self._remember(trial - self.x, slope - self.slope, good)
        self.begun = True
        # The least of the parabola through both values and the slope, within a tenth and a half.
        least = 0.5 * gain / (gain - (values - self.value)).clamp(max=-1e-30)
        shorter = self.length * least.nan_to_num(0.1).clamp(0.1, 0.5)
        row = good[:, None]
        self.x = torch.where(row, trial, self.x)
        self.value = torch.where(good, values, self.value)
        self.slope = torch.where(row, slope, self.slope)
        stuck = ~good & (shorter < 1e-6)
        self.rho[:, stuck] = 0
        turn = good | stuck
        self.way = torch.where(turn[:, None], self._way(), self.way)
        self.length = torch.where(turn, torch.ones_like(shorter), shorter)

    def keep(self, rows: Tensor) -> None:
        self.s, self.y, self.rho = self.s[:, rows], self.y[:, rows], self.rho[:, rows]
        self.x, self.slope, self.way = self.x[rows], self.slope[rows], self.way[rows]
        self.value, self.length = self.value[rows], self.length[rows]

    def _remember(self, s: Tensor, y: Tensor, good: Tensor) -> None:
        """A step and the change of slope along it, of the rows that took it and curve upwards."""
        curve = dot(s, y)
        new = good & (curve > 1e-10 * s.norm(dim=1) * y.norm(dim=1)) & (curve > 0)
        for kept, fresh in ((self.s, s), (self.y, y)):
            kept.copy_(torch.where(new[None, :, None], torch.cat([fresh[None], kept[:-1]]), kept))
        rho = torch.cat([1 / curve.clamp(min=1e-30)[None], self.rho[:-1]])
        self.rho = torch.where(new, rho, self.rho)

    def _way(self) -> Tensor:
        """-H · slope by the two loops; a row without history goes straight down, not too far."""
        q, alphas = self.slope, list[Tensor]()
        for s, y, rho in zip(self.s, self.y, self.rho, strict=True):
            alphas.append(rho * dot(s, q))
            q = q - alphas[-1][:, None] * y
        fresh = self.rho[0] == 0
        size = 1 / (self.rho[0] * self.y[0].square().sum(1)).clamp(min=1e-30)
        first = (1 / self.slope.norm(dim=1).clamp(min=1e-30)).clamp(max=1.0)
        q = q * torch.where(fresh, first, size)[:, None]
        newest_last = zip(
            *(t.flip(0) for t in (self.s, self.y, self.rho)), alphas[::-1], strict=True
        )
        for s, y, rho, alpha in newest_last:
            q = q + (alpha - rho * dot(y, q))[:, None] * s
        return -q


def dot(a: Tensor, b: Tensor) -> Tensor:
    """Of each row: (n, d), (n, d) -> (n,)."""
    return (a * b).sum(1)


def pace(done: float) -> float:
    """The rate along the way, in parts of its highest: up in a twentieth, down in the last quarter.

    The way down is that of a cosine (Karras et al. 2020, appendix D).
    """
    return min(1.0, done / 0.05 + 0.02) * (
        0.5 - 0.5 * math.cos(math.pi * min(1, (1 - done) / 0.25))
    )

"""The sliced Wasserstein distance: optimal transport, which is sorting on a line, on many lines.

    SW = E_θ W₁( θ·x, θ·y ),   θ uniform on the sphere

For points it is taken of the rows. For pictures, of 7x7 patches of each level of their Laplacian
pyramids, normalised by channel (Karras et al. 2018, arXiv:1710.10196, section 5): fine levels tell
of texture, coarse ones of structure.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, unfold

from ganvas.core import Image, Points
from ganvas.core.chance import seed_of
from ganvas.metrics.figure import Rows, Subject, Value
from ganvas.metrics.remembered import Remembering

LINES = 512
"""Directions, of points."""
PATCH, PATCHES, SMALLEST, ACROSS = 7, 32, 16, 128
"""Pixels of a patch's side, patches of each picture and level, pixels of the coarsest level, and
directions of patches (the paper: 7, 128, 16, 512)."""
PICTURES = 4_000
"""Pictures whose patches are compared, of each side (the paper: 8192)."""


def sliced_wasserstein(x: Tensor, y: Tensor, lines: int = LINES, seed: int = 0) -> float:
    """SW of x (n, d) and y (m, d), in units of the rows."""
    draws = torch.Generator().manual_seed(seed_of("lines", seed))
    theta = torch.randn(x.shape[1], lines, generator=draws)
    theta /= theta.norm(dim=0)
    return sum(float(wasserstein_1d(x @ t, y @ t).sum()) for t in theta.split(32, 1)) / lines


def wasserstein_1d(x: Tensor, y: Tensor) -> Tensor:
    """W₁ of each column of x (n, k) and y (m, k), exactly, also where n is not m: (k,)."""
    x, y = x.sort(0).values, y.sort(0).values
    if len(x) == len(y):
        return (x - y).abs().mean(0)
    # The area between the two quantile functions, whose steps are at i / n and j / m.
    n, m = len(x), len(y)
    ends = torch.cat([torch.arange(1, n + 1) * m, torch.arange(1, m + 1) * n]).unique()
    starts = torch.cat([torch.zeros(1, dtype=ends.dtype), ends[:-1]])
    widths = (ends - starts).double() / (n * m)
    apart = (x[starts // m] - y[starts // n]).abs()
    return (widths[:, None] * apart).sum(0)


def laplacian(x: Tensor) -> list[Tensor]:
    """The levels of the pyramid of pictures (n, c, h, w), finest first."""
    levels = []
    while min(x.shape[2:]) >= 2 * SMALLEST:
        coarse = avg_pool2d(x, 2)
        levels.append(x - interpolate(coarse, x.shape[2:], mode="bilinear"))
        x = coarse
    return [*levels, x]


def patches(level: Tensor, draws: torch.Generator) -> Tensor:
    """`PATCHES` random patches of each picture (n, c, h, w): (n · PATCHES, c · 49)."""
    side = min(PATCH, *level.shape[2:])
    found = unfold(level, side)
    places = torch.randint(found.shape[2], (PATCHES,), generator=draws)
    return found[:, :, places].transpose(1, 2).flatten(0, 1)


def normalised(rows: Tensor, channels: int) -> Tensor:
    """Patches (n, c · 49) with mean 0 and standard deviation 1 in each channel, over all."""
    by = rows.view(len(rows), channels, -1)
    mean = by.mean((0, 2), keepdim=True)
    return ((by - mean) / by.std((0, 2), keepdim=True).clamp_min(1e-8)).flatten(1)


class SWD(Remembering):
    """Of points: SW in their units. Of pictures: the mean over the levels, times 1,000."""

    name, title, better = "swd", "Sliced Wasserstein", "lower"
    paper = "Rabin et al. 2011; of pictures, Karras et al. 2018, arXiv:1710.10196"

    needs = frozenset()
    least, most = 100, PICTURES

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        return None if isinstance(subject.space, Image | Points) else "pictures or points"

    def kept(self, rows: Rows) -> Tensor:
        return rows.x.cpu()

    def value(self) -> Value:
        real, fake, notes = self.both()
        if isinstance(self.subject.space, Points):
            distance = sliced_wasserstein(real, fake, LINES, self.subject.seed)
            return Value(distance, protocol={**notes, "lines": LINES})
        levels = [self._level(a, b) for a, b in zip(laplacian(real), laplacian(fake), strict=True)]
        notes |= {"lines": ACROSS, "patches of a picture": PATCHES}
        notes["levels"] = [round(level, 2) for level in levels]
        return Value(sum(levels) / len(levels), protocol=notes)

    def _level(self, real: Tensor, fake: Tensor) -> float:
        n, rows = min(len(real), len(fake)), []
        for x in (real[:n], fake[:n]):
            draws = torch.Generator().manual_seed(seed_of("patches", self.subject.seed))
            rows.append(normalised(patches(x, draws), x.shape[1]))
        return 1000 * sliced_wasserstein(rows[0], rows[1], ACROSS, self.subject.seed)

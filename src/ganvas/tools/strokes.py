"""What is painted upon a picture, and how far a picture is from it.

The constraints of Zhu et al. 2016 (arXiv:1609.03552): a brush of colour wants the colour of each
pixel, a pencil wants the direction of edges, and a region that is moved wants its own colours
elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, avg_pool2d, grid_sample, max_pool2d, pad

from ganvas.core import Image, UsageError
from ganvas.data.partners import luma

BINS, CELLS = 8, 8
"""Directions of edges, and cells along the shorter side of a picture in which they are counted."""
FAINT = 0.4
"""Edges much fainter than this are none."""
EDGES = 0.5
"""What edges count beside colours."""


@dataclass(frozen=True)
class Strokes:
    """Colours and lines where somebody painted. Each brush gives strokes with its own on top."""

    colour: Tensor
    """(channels, h, w) in [-1, 1]; anything where nothing is painted."""
    painted: Tensor
    """How much a colour counts, (h, w) from 0, nothing is painted here, to 1."""
    lines: Tensor
    """A drawing, (h, w) from 0, paper, to 1, a line."""

    @classmethod
    def none(cls, space: Image) -> Strokes:
        """Nothing is painted yet upon pictures of a space."""
        flat = torch.zeros(space.height, space.width)
        return cls(torch.zeros(space.shape), flat, flat)

    @property
    def empty(self) -> bool:
        """Whether there is no stroke at all."""
        return not bool(self.painted.any() or self.lines.any())

    def coloured(self, where: Tensor, colour: Tensor) -> Strokes:
        """With a stroke of the colour brush.

        Args:
            where: (h, w) from 0 to 1.
            colour: of each pixel, (channels, h, w), or one for all, (channels,).
        """
        where = self._checked(where)
        wide = colour.reshape(len(colour), *colour.shape[1:] or (1, 1)).expand_as(self.colour)
        mixed = torch.where(where > 0, wide.to(self.colour), self.colour)
        return replace(self, colour=mixed, painted=torch.maximum(self.painted, where))

    def sketched(self, where: Tensor) -> Strokes:
        """With a stroke of the pencil, (h, w) from 0 to 1."""
        return replace(self, lines=torch.maximum(self.lines, self._checked(where)))

    def erased(self, where: Tensor) -> Strokes:
        """Without the parts of all strokes that lie here, (h, w) from 0 to 1."""
        left = 1 - self._checked(where)
        return replace(self, painted=self.painted * left, lines=self.lines * left)

    def moved(
        self, picture: Tensor, where: Tensor, by: tuple[float, float], times: float = 1.0
    ) -> Strokes:
        """With a region of a picture painted elsewhere.

        Args:
            picture: (channels, h, w).
            where: the region, (h, w) from 0 to 1.
            by: how far it goes, in pixels to the right and down.
            times: how much it grows around its middle.

        Raises:
            UsageError: if there is no region, or nothing of it stays in the picture.
        """
        where = self._checked(where)
        if not (math.isfinite(sum(by)) and 0 < times < math.inf):
            raise UsageError(
                "a region is moved by finite pixels and made larger by a number above 0, not by "
                f"{by[0]:g},{by[1]:g} and {times:g} times"
            )
        if not where.any():
            raise UsageError("nothing is chosen that could be moved: the region is empty")
        both = torch.cat([picture.to(where), where[None]])
        *colours, there = _shifted(both, _middle(where), by, times)
        there = torch.where(there > 0.5, there, 0.0)
        if not there.any():
            raise UsageError(
                f"moved by {by[0]:g},{by[1]:g} the region leaves the picture: move it less far"
            )
        return self.coloured(there, torch.stack(colours))

    def to(self, device: torch.device) -> Strokes:
        """The same on a device."""
        return Strokes(*(x.to(device) for x in (self.colour, self.painted, self.lines)))

    def _checked(self, where: Tensor) -> Tensor:
        if where.shape != self.painted.shape:
            raise UsageError(
                f"a stroke has the size of the picture, {tuple(self.painted.shape)}, not "
                f"{tuple(where.shape)}"
            )
        return where.to(self.painted).clamp(0, 1)


class Pull:
    """How far pictures are from strokes.

        Σ w (x - colour)² / Σ w  +  λ Σ v ||h(x) - h(lines)||² / Σ v

    w is where colour is painted, h the histograms of edges, v where the cells are that have lines.
    (The data term of the paper, but each kind of stroke by its mean: a long stroke does not
    count more than a short one.)

    Args:
        strokes: what is painted.
    """

    def __init__(self, strokes: Strokes) -> None:
        self.strokes = strokes
        self.painted = strokes.painted / strokes.painted.sum().clamp(min=1e-6)
        self.drawn = bool(strokes.lines.any())
        if self.drawn:
            self.edges = histograms(strokes.lines[None, None] * 2 - 1)
            cell = cell_of(strokes.lines)
            touched = (max_pool2d(strokes.lines[None, None], cell) > 0).float()
            self.touched = touched / touched.sum()

    def __call__(self, pictures: Tensor) -> Tensor:
        """(n, channels, h, w) -> (n,)."""
        off = (pictures - self.strokes.colour).square().mean(1)
        total = (off * self.painted).sum((1, 2))
        if not self.drawn:
            return total
        apart = (histograms(luma(pictures)) - self.edges).square().sum(1, keepdim=True)
        return total + EDGES * (apart * self.touched).sum((1, 2, 3))


def cell_of(picture: Tensor) -> int:
    """The side of a cell of a picture (..., h, w), in pixels."""
    return max(2, min(picture.shape[-2:]) // CELLS)


def histograms(grey: Tensor) -> Tensor:
    """How strong edges of each direction are in cells: (n, 1, h, w) -> (n, bins, rows, columns).

    Histograms of oriented gradients (Dalal & Triggs 2005) that can be differentiated: a gradient g
    at angle φ counts |g| max(0, cos 2(φ - θ))² for the direction θ, so one side of a line counts
    as the other. Each cell is divided by its length, unless there is hardly an edge in it.
    """
    wide = pad(grey, (1, 1, 1, 1), "replicate")
    right = (wide[..., 1:-1, 2:] - wide[..., 1:-1, :-2]) / 2
    down = (wide[..., 2:, 1:-1] - wide[..., :-2, 1:-1]) / 2
    square = right.square() + down.square() + 1e-6
    angles = torch.arange(BINS, dtype=grey.dtype, device=grey.device) * (math.pi / BINS)
    angles = 2 * angles.view(1, -1, 1, 1)
    twice = (right.square() - down.square()) * angles.cos() + 2 * right * down * angles.sin()
    counts = square.sqrt() * (twice / square).clamp(min=0).square()
    cells = avg_pool2d(counts, cell_of(grey))
    return cells / (cells.square().sum(1, keepdim=True) + FAINT**2).sqrt()


def _middle(where: Tensor) -> tuple[float, float]:
    """The middle of a region (h, w), in pixels: x, y."""
    y, x = (where > 0).nonzero().float().mean(0).tolist()
    return x, y


def _shifted(
    x: Tensor, middle: tuple[float, float], by: tuple[float, float], times: float
) -> Tensor:
    """A picture (channels, h, w) moved, and enlarged around a place; zeros come in."""
    h, w = x.shape[1:]
    # What is shown at u was at middle + (u - middle - by) / times, in units where a side goes from
    # -1 to 1.
    at = [(2 * m + 1) / side - 1 for m, side in zip(middle, (w, h), strict=True)]
    go = [2 * b / side for b, side in zip(by, (w, h), strict=True)]
    theta = x.new_tensor(
        [
            [1 / times, 0, at[0] - (at[0] + go[0]) / times],
            [0, 1 / times, at[1] - (at[1] + go[1]) / times],
        ]
    )
    grid = affine_grid(theta[None], [1, *x.shape], align_corners=False)
    return grid_sample(x[None], grid, align_corners=False)[0]

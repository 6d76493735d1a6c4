"""Draws the toy laws: what is real, what is generated, and what the discriminator makes of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

Judge = Callable[[Tensor], Tensor]
"""Points (n, d) -> scores (n,); more is more real. Any scale: they are drawn as they are."""

REAL, MADE, SCORE, INK, PALE = "#3b6fb6", "#e4572e", "#7a5ea8", "#33363d", "#b9bdc6"
SURFACE = LinearSegmentedColormap.from_list("score", ["#ffffff", "#e9e3f3", "#a996cf"])


def density(
    real: Tensor, made: Tensor, judge: Judge | None = None, *, title: str = ""
) -> Image.Image:
    """Draws a law on the line: both densities and, on an axis of its own, the judge's curve.

    The view depends on the real points alone, so that frames of a run can be compared.

    Args:
        real: points of the law, (n, 1).
        made: generated points, (m, 1).
        judge: the discriminator, if there is one.
        title: written above.
    """
    real, made = real.flatten().float(), made.flatten().float()
    low, high = _span(real, margin=0.5)
    x = torch.linspace(low, high, 400)
    at = x.numpy()
    width = 0.9 * float(real.std()) * len(real) ** -0.2  # Silverman's rule
    truth, copy = (_kernel_density(points, x, width).numpy() for points in (real, made))
    figure, axes = _canvas((7.2, 4.2), (0.09, 0.09, 0.82, 0.83), title)
    axes.fill_between(at, truth, color=REAL, alpha=0.22, lw=0)
    axes.plot(at, truth, color=REAL, lw=1.5, label="real")
    axes.fill_between(at, copy, color=MADE, alpha=0.15, lw=0)
    axes.plot(at, copy, color=MADE, lw=2.2, label="generated")
    axes.set_xlim(low, high)
    axes.set_ylim(0, 1.8 * float(truth.max()))
    axes.set_ylabel("density", color=INK)
    if judge is not None:
        other = axes.twinx()
        other.plot(
            at, judge(x[:, None]).clamp(-1e30, 1e30).numpy(), color=SCORE, lw=1.6, ls=(0, (5, 2))
        )
        other.set_ylabel("D's score (more is more real)", color=SCORE)
        other.tick_params(colors=SCORE, labelsize=8)
        other.spines[:].set_visible(False)
        other.margins(y=0.25)
        axes.plot([], [], color=SCORE, lw=1.6, ls=(0, (5, 2)), label="D")
    _legend(figure, axes, right=0.92)
    _tell_outside(axes, int(((made < low) | (made > high)).sum()))
    return _picture(figure)


def plane(
    real: Tensor, made: Tensor, judge: Judge | None = None, *, title: str = ""
) -> Image.Image:
    """Draws a law in the plane: real points, generated points, and the judge's surface below.

    Of points with more coordinates the first two are drawn. The view depends on the real points
    alone.

    Args:
        real: points of the law, (n, d), d >= 2.
        made: generated points, (m, d).
        judge: the discriminator, if there is one and d is 2.
        title: written above.
    """
    real, made = real[:, :2].float(), made[:, :2].float()
    (left, right), (bottom, top) = (_span(real[:, i], margin=0.3) for i in (0, 1))
    figure, axes = _canvas((6.8, 6.2), (0.07, 0.06, 0.78, 0.87), title)
    if judge is not None:
        _surface(figure, axes, judge, (left, right, bottom, top))
    for points, word, colour, alpha in ((real, "real", REAL, 0.3), (made, "generated", MADE, 0.7)):
        x, y = points.T.numpy()
        axes.scatter(x, y, s=10, lw=0, color=colour, alpha=alpha, label=word)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.set_aspect("equal")
    _legend(figure, axes, right=0.86)
    inside = (made > torch.tensor([left, bottom])) & (made < torch.tensor([right, top]))
    _tell_outside(axes, int((~inside.all(1)).sum()))
    return _picture(figure)


def _surface(
    figure: Figure, axes: Axes, judge: Judge, view: tuple[float, float, float, float]
) -> None:
    """The judge's score as a tint with contour lines, and a scale beside it."""
    x, y = torch.linspace(view[0], view[1], 100), torch.linspace(view[2], view[3], 100)
    points = torch.cartesian_prod(x, y)
    scores = judge(points).view(100, 100).T.nan_to_num().clamp(-1e30, 1e30)
    low, high = scores.quantile(0.01).item(), scores.quantile(0.99).item()
    if high - low < 1e-5 * max(1.0, abs(high)):
        room = max(1.0, abs(high)) / 2  # a judge without an opinion
        low, high = low - room, high + room
    tint = axes.imshow(
        scores.numpy(), extent=view, origin="lower", cmap=SURFACE, vmin=low, vmax=high,
        interpolation="bilinear", aspect="auto",
    )  # fmt: skip
    levels = np.linspace(low, high, 9)[1:-1]
    axes.contour(
        x.numpy(),
        y.numpy(),
        scores.numpy(),
        levels=levels,
        colors="white",
        linewidths=0.8,
        linestyles="-",
    )
    scale = figure.colorbar(tint, cax=figure.add_axes((0.88, 0.06, 0.025, 0.87)))
    scale.outline.set_visible(False)
    scale.ax.tick_params(colors=SCORE, labelsize=8)
    scale.set_label("D's score (more is more real)", color=SCORE)


def _span(values: Tensor, margin: float) -> tuple[float, float]:
    """The range of the values, outliers left aside, with a margin on both sides."""
    low, high = values.quantile(0.001).item(), values.quantile(0.999).item()
    room = margin * max(high - low, 1e-3)
    return low - room, high + room


def _kernel_density(points: Tensor, x: Tensor, width: float) -> Tensor:
    """The density at the equidistant x of equal normal bumps of that width around the points."""
    step = (x[1] - x[0]).item()
    width = max(width, step)
    counts = torch.histc(points, len(x), (x[0] - step / 2).item(), (x[-1] + step / 2).item())
    bumps = torch.exp(-0.5 * ((x[:, None] - x) / width) ** 2)
    return bumps @ counts / (len(points) * width * (2 * torch.pi) ** 0.5)


def _canvas(
    size: tuple[float, float], place: tuple[float, float, float, float], title: str
) -> tuple[Figure, Axes]:
    """A figure with fixed places for everything, so that nothing moves between frames."""
    figure = Figure(size, dpi=100, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes(place, facecolor="white")
    figure.text(place[0], 0.985, title, va="top", fontsize=11, color=INK)
    axes.locator_params(nbins=7)
    axes.tick_params(colors=INK, labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(PALE)
    return figure, axes


def _legend(figure: Figure, axes: Axes, right: float) -> None:
    """What the colours mean, in the line of the title."""
    legend = axes.legend(
        loc="upper right", bbox_to_anchor=(right, 1.005), bbox_transform=figure.transFigure,
        frameon=False, ncols=3, borderaxespad=0.3, labelcolor=INK, fontsize=9, markerscale=2,
    )  # fmt: skip
    for handle in legend.legend_handles:
        if handle is not None:
            handle.set_alpha(1)


def _tell_outside(axes: Axes, number: int) -> None:
    if number:
        text, place = f"{number:,} generated outside this view", (0.99, 0.01)
        axes.text(*place, text, transform=axes.transAxes, ha="right", fontsize=8, color=MADE)


def _picture(figure: Figure) -> Image.Image:
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")

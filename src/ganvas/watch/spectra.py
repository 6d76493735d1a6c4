"""The largest singular values of all weights, along a run.

Before a GAN collapses, the first singular values of some of its layers grow without bound, and
after it they have jumped (Brock et al. 2019, arXiv:1809.11096, section 4). What is looked at are
the weights that learn, before spectral normalisation divides them by what is measured here.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganvas.core import Chance, Game, GanvasError, Trainer
from ganvas.core.files import write_whole
from ganvas.watch import lines
from ganvas.watch.decoration import Decoration
from ganvas.watch.lines import Line, Lines, plain, when
from ganvas.watch.referee import Account
from ganvas.watch.sections import embedded

SPECTRA, PICTURE = "spectra.jsonl", "spectra.png"
VALUES = 3
"""How many of each weight's singular values are kept: σ0, σ1, σ2."""
EXACT = 256
"""Up to so many rows or columns all singular values are worked out; of larger matrices the first
ones are found by iteration."""
MORE, FRESH, STEPS = 5, 8, 2
"""Directions that are followed beside the first three; steps at first, and from then on."""


class Spectra(Decoration):
    """Appends σ0, σ1, σ2 of each weight to `spectra.jsonl`, and draws them at the end.

    It watches the games whose option `spectra` says every how many rounds. It looks less often
    where that would cost more than its share of the time.

    Args:
        folder: the run's folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.account = folder, Account()
        self.every = 0
        self._lines, self._written = Lines(folder / SPECTRA), list[Line]()
        self._places: dict[str, Tensor] = {}
        self._due = 0

    def begin(self, trainer: Trainer) -> None:
        self.every = trainer.game.config.to_json().get("spectra", 0)
        if self.every:
            self._forget_after(trainer)
            self._look(trainer)

    def after_round(self, trainer: Trainer) -> None:
        now = trainer.clock
        if self.every and now.round >= self._due and self.account.allows(now.seconds, looks=2):
            self._look(trainer)

    def trouble(self, trainer: Trainer, error: GanvasError) -> None:
        if self.every:
            self._forget_after(trainer)

    def end(self, trainer: Trainer, reason: str) -> None:
        if not self.every:
            return
        if not self._written or self._written[-1]["round"] != trainer.clock.round:
            self._look(trainer)
        with self.attempt(f"draw {self.folder / PICTURE}"):
            write_whole(self.folder / PICTURE, picture(self._written))

    def _look(self, trainer: Trainer) -> None:
        began = time.perf_counter()
        with self.attempt("follow the singular values"):
            sigma = {
                name: [plain(value) for value in self._leading(name, weight)]
                for name, weight in weights(trainer.game)
            }
            self._written.append({**when(trainer), "sigma": sigma})
            self._lines.append(self._written[-1])
        self.account.add(time.perf_counter() - began)
        self._due = trainer.clock.round + self.every

    def _leading(self, name: str, weight: Tensor) -> list[float]:
        found, self._places[name] = leading(weight, self._places.get(name))
        return found

    def _forget_after(self, trainer: Trainer) -> None:
        self._due = trainer.clock.round
        with self.attempt(f"write {self.folder / SPECTRA}"):
            self._written = self._lines.cut(trainer.clock.round)


def weights(game: Game) -> Iterator[tuple[str, Tensor]]:
    """The weight matrices of the players that learn, by player and layer, from input to output."""
    for player, owner in game.players.items():
        for name, weight in owner.net.named_parameters():
            if weight.dim() >= 2 and weight.requires_grad:
                layer = name.replace(".parametrizations.weight.original", "")
                yield f"{player}.{layer.removesuffix('.weight')}", weight.detach()


@torch.no_grad()
def leading(weight: Tensor, places: Tensor | None = None) -> tuple[list[float], Tensor]:
    """The first singular values of a weight as a matrix (outputs, rest), the largest first.

    Small matrices: the roots of the eigenvalues of W Wᵀ, all of which are found, in float64. Large
    ones: iteration of a subspace with more dimensions than are asked for.

    Args:
        weight: a layer's; a convolution's kernel is flattened, as in the paper's analysis.
        places: where a large matrix's iteration begins: what came with the last values.

    Returns:
        At most three values, and the places to begin with next time. They are not numbers where
        a weight is none.
    """
    matrix = weight.detach().float().flatten(1)
    if len(matrix) > matrix.shape[1]:
        matrix = matrix.T
    k, empty = min(VALUES, len(matrix)), matrix.new_empty(0)
    if not bool(torch.isfinite(matrix).all()):
        return [math.nan] * k, empty
    if len(matrix) <= EXACT:
        found = torch.linalg.eigvalsh(matrix.double() @ matrix.double().T)
        return found.flip(0)[:k].clamp_min(0).sqrt().tolist(), empty
    steps = STEPS
    if places is None or places.shape != (len(matrix), VALUES + MORE):
        start = Chance("spectra").normal(len(matrix), VALUES + MORE).to(matrix)
        places, steps = torch.linalg.qr(start)[0], FRESH
    for _ in range(steps):
        places = torch.linalg.qr(matrix @ (matrix.T @ places))[0]
    return torch.linalg.svdvals(places.T @ matrix)[:k].tolist(), places


def read(folder: Path) -> list[dict[str, Any]]:
    """The lines of a run's `spectra.jsonl`, oldest first; none if there is no such file."""
    return lines.read(folder / SPECTRA)


def section(folder: Path) -> str:
    """The picture of the singular values for the report of a run; nothing if there is none."""
    shown = embedded(folder / PICTURE)
    caption = "σ0 of each weight <small>from the input, dark, to the output, bright</small>"
    figure = f"<figure><figcaption>{caption}</figcaption>{shown}</figure>"
    return f'<h2>Singular values</h2><div class="card samples">{figure}</div>' if shown else ""


def picture(seen: list[dict[str, Any]]) -> bytes:
    """A PNG: σ0 of all weights of each player, against images seen."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = list(seen[-1]["sigma"])
    players = list(dict.fromkeys(name.partition(".")[0] for name in names))
    figure = Figure((4.6 * len(players), 3.4), layout="constrained")
    FigureCanvasAgg(figure)
    for axis, player in zip(
        figure.subplots(1, len(players), squeeze=False)[0], players, strict=True
    ):
        draw(axis, seen, player)
    memory = io.BytesIO()
    figure.savefig(memory, format="png", dpi=110)
    return memory.getvalue()


def draw(axis: Any, seen: list[dict[str, Any]], player: str) -> None:
    """Draws σ0 of all weights of a player into a diagram of matplotlib."""
    from matplotlib import colormaps
    from matplotlib.ticker import (
        EngFormatter,
        LogLocator,
        MaxNLocator,
        NullFormatter,
        StrMethodFormatter,
    )

    names = [name for name in seen[-1]["sigma"] if name.partition(".")[0] == player]
    for place, name in enumerate(names):
        points = [(s["images"], s["sigma"].get(name)) for s in seen]
        known = [(at, values[0]) for at, values in points if values and values[0] is not None]
        colour = colormaps["viridis"](0.92 * place / max(1, len(names) - 1))
        axis.plot([at for at, _ in known], [v for _, v in known], color=colour, lw=1.2)
    axis.set_yscale("log")
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.yaxis.set_minor_formatter(NullFormatter())
    axis.set_title(f"σ0 of {player}'s {len(names)} weights", fontsize=10)
    axis.set_xlabel("images seen")
    axis.xaxis.set_major_locator(MaxNLocator(5))
    axis.xaxis.set_major_formatter(EngFormatter(sep=""))
    axis.grid(alpha=0.3)

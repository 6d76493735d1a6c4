"""The toy laws of the papers: points of a line or of the plane, drawn once and for all.

Each is a fixed set of points of the order of 1. Those that are mixtures of Gaussians say where
their modes are, so that drawings and metrics know what a perfect generator would do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ganvas.core import Label, Points, Space, UsageError
from ganvas.data.source import About, Rows, Source, Wish, fingerprint, given

TRAIN, TEST = 100_000, 10_000


@dataclass(frozen=True)
class Law:
    """A law that points are drawn from: a mixture of equal Gaussians, or a curve with noise."""

    what: str
    origin: str
    std: float
    """Standard deviation of each coordinate about its mode, or about the curve."""
    modes: np.ndarray | None = None
    """(k, size): the centres of the mixture."""
    curve: Callable[[np.ndarray], np.ndarray] | None = None
    """From u uniform in [0, 1), (n,), to points (n, size)."""

    @property
    def spaces(self) -> dict[str, Space]:
        """`x`, and for a mixture of several Gaussians the number of the mode as `label`."""
        if self.modes is None:
            return {"x": Points(2)}
        k, size = self.modes.shape
        return {"x": Points(size), **({"label": Label(k)} if k > 1 else {})}

    def draw(self, n: int, seed: int) -> dict[str, Tensor]:
        """`n` points (and their modes)."""
        # numpy's generator in double precision: the same points on every machine
        rng = np.random.default_rng(seed)
        if self.curve is not None:
            centres, label = self.curve(rng.random(n)), None
        else:
            assert self.modes is not None
            label = rng.integers(len(self.modes), size=n)
            centres = self.modes[label]
        x = torch.from_numpy(centres + self.std * rng.standard_normal(centres.shape)).float()
        if label is None or "label" not in self.spaces:
            return {"x": x}
        return {"x": x, "label": torch.from_numpy(label)}


def _ring(k: int) -> np.ndarray:
    angle = 2 * np.pi * np.arange(k) / k
    return np.stack([np.cos(angle), np.sin(angle)], 1)


def _grid(k: int) -> np.ndarray:
    """k² centres with variance 1 in each coordinate."""
    line = np.arange(k) - (k - 1) / 2
    line = line / line.std()
    return np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)


def _roll(u: np.ndarray) -> np.ndarray:
    """The spiral t(cos t, sin t), t from 1.5π to 4.5π, at a scale of 1 / 7.5."""
    t = 1.5 * np.pi * (1 + 2 * u)
    return np.stack([t * np.cos(t), t * np.sin(t)], 1) / 7.5


LAWS = {
    "gaussian1d": Law(
        "one normal law on the line: mean 1, standard deviation 0.5",
        "made, after Goodfellow et al. 2014, figure 1",
        0.5,
        np.array([[1.0]]),
    ),
    "ring8": Law(
        "8 Gaussians of standard deviation 0.02 on a circle of radius 1",
        "made, after Metz et al. 2016 (arXiv:1611.02163), figure 2",
        0.02,
        _ring(8),
    ),
    "grid25": Law(
        "25 Gaussians on a 5x5 grid: spacing 0.71, standard deviation 0.018",
        "made, after Gulrajani et al. 2017 (arXiv:1704.00028), figure 1",
        0.05 / 8**0.5,
        _grid(5),
    ),
    "swissroll": Law(
        "a spiral of one and a half turns, with noise of standard deviation 0.033",
        "made, after Gulrajani et al. 2017 (arXiv:1704.00028), figure 1",
        0.25 / 7.5,
        curve=_roll,
    ),
}


def about(name: str) -> About:
    """What there is to know about a toy law."""
    law = LAWS[name]
    return About(name, law.what, law.origin, law.spaces, TRAIN + TEST, TEST)


def make(name: str, wish: Wish) -> Source:
    """The points of a toy law; size, channels and fit are of pictures and play no part."""
    law = LAWS[name]
    parts = {"train": (TRAIN, 1), "test": (TEST, 2)}
    drawn = [law.draw(*parts[p]) for p in parts if wish.split in (p, "all")]
    columns = {field: torch.cat([part[field] for part in drawn]) for field in law.spaces}
    table = Rows(law.spaces, columns)
    return Source(name, [table], given(name, wish, None), fingerprint(list(columns.values())))


def mixtures() -> list[str]:
    """The toy laws that are mixtures of Gaussians."""
    return [name for name, law in LAWS.items() if law.modes is not None]


def modes(name: str) -> Tensor:
    """The centres of a toy law's Gaussians: (k, size) float32.

    Raises:
        UsageError: if it is no mixture of Gaussians.
    """
    law = LAWS.get(name)
    if law is None or law.modes is None:
        raise UsageError(f"{name} is no mixture of Gaussians; these are: {', '.join(mixtures())}")
    return torch.from_numpy(law.modes).float()


def std(name: str) -> float:
    """The standard deviation, in each coordinate, of every one of a toy law's Gaussians.

    For `swissroll` it is that of the noise about the spiral.

    Raises:
        UsageError: if it is no toy law.
    """
    if name not in LAWS:
        raise UsageError(f"{name} is no toy law; these are: {', '.join(LAWS)}")
    return LAWS[name].std

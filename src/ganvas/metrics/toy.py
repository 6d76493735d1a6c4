"""How well the samples of a toy law are spread over its modes.

Protocol (after Srivastava et al. 2017, arXiv:1705.07761, section 4): a sample is good if it lies
within `std` standard deviations of the nearest mode; the usual 3 hold 98.9 % of a two-dimensional
Gaussian and 99.7 % of a one-dimensional one, so that is what a perfect generator scores. A mode
counts as covered if at least `fewest` good samples are nearest to it. The paper is content with
one of 2,500; one stray sample is no mode, so here it is a tenth of a mode's fair share unless told
otherwise (31 of 2,500 for eight modes).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ganvas.core import UsageError
from ganvas.data import toys


def modes_covered(samples: Tensor, name: str, std: float = 3, *, fewest: int | None = None) -> int:
    """How many of a toy law's modes the samples cover.

    Args:
        samples: (n, size), n of some thousand.
        name: the toy law: gaussian1d, ring8 or grid25.
        std: how far from its mode a good sample may lie, in standard deviations.
        fewest: good samples that make a mode covered; ceil(n / modes / 10) if None.

    Raises:
        UsageError: if the law has no modes or the samples are not its points.
    """
    nearest, good = _nearest(samples, name, std)
    k = len(toys.modes(name))
    fewest = math.ceil(len(samples) / k / 10) if fewest is None else fewest
    counts = torch.bincount(nearest[good], minlength=k)
    return int((counts >= max(1, fewest)).sum())


def share_of_good_samples(samples: Tensor, name: str, std: float = 3) -> float:
    """The share, 0 to 1, of samples within `std` standard deviations of the nearest mode.

    Args:
        samples: (n, size).
        name: the toy law: gaussian1d, ring8 or grid25.
        std: how far from its mode a good sample may lie, in standard deviations.

    Raises:
        UsageError: if the law has no modes or the samples are not its points.
    """
    return float(_nearest(samples, name, std)[1].double().mean())


def _nearest(samples: Tensor, name: str, std: float) -> tuple[Tensor, Tensor]:
    """The number of the nearest mode of each sample, and whether it is near enough."""
    centres = toys.modes(name)
    if samples.dim() != 2 or samples.shape[1] != centres.shape[1] or len(samples) == 0:
        raise UsageError(
            f"{name} has points of shape (n, {centres.shape[1]}), not {tuple(samples.shape)}"
        )
    # Not cdist's matrix product: near a mode its rounding is of the order of the distance itself.
    apart = samples.detach().cpu().float()[:, None] - centres
    distance, nearest = apart.square().sum(-1).sqrt().min(1)
    return nearest, distance <= std * toys.std(name)

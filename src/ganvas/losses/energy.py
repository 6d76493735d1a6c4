"""What players want of an energy, which is low where data is (Zhao et al. 2016, 1609.03126)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import normalize


def margin_d(real: Tensor, fake: Tensor, margin: float) -> Tensor:
    """D(x) + max(0, m - D(G(z))): energies above the margin m are high enough (eq. 1).

    Args:
        real, fake: energies of any shape; the loss is the mean.
    """
    return real.mean() + (margin - fake).relu().mean()


def pulling_away(codes: Tensor) -> Tensor:
    """Mean squared cosine between the codes of different samples (section 2.4, eq. 4).

        f_PT(S) = 1 / (N (N - 1)) Σ_i Σ_{j≠i} (S_i·S_j / (|S_i| |S_j|))²

    Args:
        codes: S, (N, size); of a single one there is nothing to pull away: 0.
    """
    n = len(codes)
    directions = normalize(codes)
    cosines = directions @ directions.T
    others = 1 - torch.eye(n, dtype=codes.dtype, device=codes.device)
    return (cosines.square() * others).sum() / max(1, n * (n - 1))

"""How unlike two pictures are in what a network sees of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def feature_distance(made: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """Mean over layers of ||φ(made) - φ(real)||² / ||φ(real)||², picture by picture.

    In parts of what is there, since the features of a discriminator have no scale of their own. No
    gradient goes to the real ones: nobody is to bring these nearer.

    Args:
        made, real: features of each layer, (n, ...).
    """
    parts = []
    for m, r in zip(made, real, strict=True):
        truth = r.detach().flatten(1)
        off = (m.flatten(1) - truth).square().mean(1)
        parts.append((off / (truth.square().mean(1) + 1e-8)).mean())
    return torch.stack(parts).mean()

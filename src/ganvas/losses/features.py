"""Losses between what a discriminator makes of real and of generated samples, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import l1_loss

Heard = Sequence[Sequence[Tensor]]
"""Of each of several discriminators, what each layer makes of a batch; the last are scores."""


def feature_matching(real: Heard, fake: Heard) -> Tensor:
    """The mean over discriminators of the sum over layers of mean |D_i(y) - D_i(G(x))|.

    Wang et al. 2018, arXiv:1711.11585, eq. 4, weighted as in the authors' code. Scores are left
    out, and what is real is no target to be moved.
    """
    sums = [
        torch.stack([l1_loss(b, a.detach()) for a, b in zip(r[:-1], f[:-1], strict=True)]).sum()
        for r, f in zip(real, fake, strict=True)
    ]
    return torch.stack(sums).mean()


def gram(features: Tensor) -> Tensor:
    """How the maps of (n, c, h, w) go together: F Fᵀ / (c h w), (n, c, c).

    Gatys, Ecker, Bethge 2016, arXiv:1505.07376, eq. 1. Where something is does not matter to it,
    only what there is: it describes textures.
    """
    flat = features.flatten(2)
    return flat @ flat.transpose(1, 2) / flat[0].numel()

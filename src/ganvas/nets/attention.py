"""Self-attention over pixels (Zhang et al. 2019, arXiv:1805.08318): far parts see each other."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d


class SelfAttention(nn.Module):
    """x + γ o: each pixel adds what it gathers from all others. (n, c, h, w) -> (n, c, h, w).

        β_ji = softmax over i of f(x_i)·g(x_j),   o_j = v(sum over i of β_ji h(x_i))    (equation 1)

    with 1x1 convolutions f, g, h, v. γ is 0 at first: the network learns from what is near before
    it relies on what is far.

    The paper gives f, g and h c/8 channels and lets i run over all pixels. The official code, and
    BigGAN after it, gives h c/2, and pools f and h by 2, which is four times as cheap.

    Args:
        maps: c.
        values: channels of h; None: c/2.
        pool: whether pixels attend to the maxima of 2x2 squares of f and h.
    """

    def __init__(self, maps: int, *, values: int | None = None, pool: bool = True) -> None:
        super().__init__()
        keys, values = max(1, maps // 8), max(1, maps // 2) if values is None else values
        self.query = nn.Conv2d(maps, keys, 1, bias=False)  # g
        self.key = nn.Conv2d(maps, keys, 1, bias=False)  # f
        self.value = nn.Conv2d(maps, values, 1, bias=False)  # h
        self.out = nn.Conv2d(values, maps, 1, bias=False)  # v
        self.gamma = nn.Parameter(torch.zeros(()))
        self.pool = pool

    def forward(self, x: Tensor) -> Tensor:
        key, value = self.key(x), self.value(x)
        if self.pool:
            key, value = (max_pool2d(t, 2, ceil_mode=True) for t in (key, value))
        # Fused attention has no second derivative on GPUs, and gradient penalties need it.
        match = self.query(x).flatten(2).transpose(1, 2) @ key.flatten(2)  # (n, pixels j, i)
        found = value.flatten(2) @ match.softmax(2).transpose(1, 2)  # (n, values, pixels j)
        return torch.addcmul(x, self.gamma, self.out(found.unflatten(2, x.shape[2:])))

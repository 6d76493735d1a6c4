"""Instance norm of a picture that is seen in tiles, by the statistics of the whole picture.

Left to itself, instance norm gives each tile the same mean and the same contrast: a bright sky next
to a dark wood would come out alike. So first all tiles are looked at, and the moments of every such
layer are added up over the whole picture; then they are made with these.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate


class WholeNorms:
    """The instance norms of a network, sharing their statistics between tiles.

    A layer is known by its turn: the first, the second ... that is asked in one pass.
    """

    def __init__(self, net: nn.Module) -> None:
        self.layers = [
            layer
            for layer in net.modules()
            if isinstance(layer, nn.InstanceNorm2d) and layer.running_mean is None
        ]
        self.known: list[tuple[Tensor, Tensor]] = []
        """Mean and variance, (1, maps, 1, 1), of each turn, once they are known."""
        self._sums: list[Tensor] = []
        self._weights: Tensor | None = None
        self._turn = 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """For a while the layers use what is known, and add up what they see."""
        hooks = [layer.register_forward_hook(self._asked) for layer in self.layers]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def forget(self) -> None:
        """What was added up is no longer; what is known stays."""
        self._sums = []

    def next_pass(self, weights: Tensor | None = None) -> None:
        """Before a batch of tiles: how much each pixel (n, h, w) counts; None: nothing is added."""
        self._turn, self._weights = 0, weights

    def learn(self) -> None:
        """What was added up becomes what is known."""
        self.known = []
        for total in self._sums:
            weight, mean, square = total[0], total[1] / total[0], total[2] / total[0]
            assert bool((weight > 0).all())
            variance = (square - mean.square()).clamp(min=0)
            self.known.append((mean.float()[None, :, None, None],
                               variance.float()[None, :, None, None]))  # fmt: skip

    def _asked(self, layer: nn.InstanceNorm2d, given: tuple[Any, ...], out: Tensor) -> Tensor:
        x, turn = given[0], self._turn
        self._turn += 1
        if self._weights is not None:
            self._add(turn, x)
        if turn >= len(self.known):
            return out
        mean, variance = self.known[turn]
        scale = (variance + layer.eps).rsqrt()
        y = (x - mean).mul_(scale)
        if layer.affine:
            y = y.mul_(layer.weight[:, None, None]).add_(layer.bias[:, None, None])
        return y

    def _add(self, turn: int, x: Tensor) -> None:
        """Adds weight, weight · x and weight · x² of a batch of tiles, for each map."""
        assert self._weights is not None
        maps, h, w = x.shape[1:]
        share = interpolate(self._weights.to(x)[:, None], (h, w), mode="area")
        sums = torch.stack([
            share.double().sum().expand(maps),
            torch.einsum("nchw,nhw->c", x, share[:, 0]).double(),
            torch.einsum("nchw,nhw->c", x.square(), share[:, 0]).double(),
        ])  # fmt: skip
        if turn == len(self._sums):
            self._sums.append(torch.zeros_like(sums))
        self._sums[turn] += sums

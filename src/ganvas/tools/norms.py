"""Instance norm of a picture that is translated in tiles, by statistics of the whole picture.

Left to itself, instance norm gives each tile the same mean and the same contrast: a bright sky and
a dark wood would come out alike, with a step in between. So the whole picture is looked at first,
reduced as far as memory asks for; what each such layer then finds, it takes for all tiles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn


class WholeNorms:
    """The instance norms of a network, with the same statistics for all tiles of a picture.

    A layer is known by its turn: the first, the second ... that is asked in a forward pass.
    """

    def __init__(self, net: nn.Module) -> None:
        self.layers = [
            layer
            for layer in net.modules()
            if isinstance(layer, nn.InstanceNorm2d) and layer.running_mean is None
        ]
        self.known: list[tuple[Tensor, Tensor]] = []
        """Mean and 1 / standard deviation, (1, maps, 1, 1), of each turn."""
        self._turn = 0

    @contextmanager
    def learning(self) -> Iterator[None]:
        """During one forward pass of the whole picture, the layers write down what they find."""
        self.known = []
        with self._hooked(self._learn):
            yield

    @contextmanager
    def known_to_all(self) -> Iterator[None]:
        """During one forward pass of tiles, the layers take what they found before."""
        self._turn = 0
        with self._hooked(self._apply):
            yield

    @contextmanager
    def _hooked(self, hook: Callable[..., Any]) -> Iterator[None]:
        hooks = [layer.register_forward_hook(hook) for layer in self.layers]
        try:
            yield
        finally:
            for handle in hooks:
                handle.remove()

    def _learn(self, layer: nn.InstanceNorm2d, given: tuple[Any, ...], _: Tensor) -> None:
        variance, mean = torch.var_mean(given[0], (2, 3), correction=0, keepdim=True)
        self.known.append((mean, (variance + layer.eps).rsqrt()))

    def _apply(self, layer: nn.InstanceNorm2d, given: tuple[Any, ...], _: Tensor) -> Tensor:
        mean, scale = self.known[self._turn]
        self._turn += 1
        x = (given[0] - mean).mul_(scale)
        if layer.affine:
            x = x.mul_(layer.weight[:, None, None]).add_(layer.bias[:, None, None])
        return x

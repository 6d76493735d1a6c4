"""Standing statistics: what a generator's batch norms go by when it is shown.

Running averages lag behind the weights, the more so behind a moving average of them, and know
nothing of truncation. So the moments are taken anew, over batches of fresh draws from the law that
is shown (Brock et al. 2019, arXiv:1809.11096, appendix C.1).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm

from ganvas.core import Chance, Noise, Space
from ganvas.core.truncation import truncated_normal

Moments = list[tuple[Tensor, Tensor]]
"""Mean and variance of what each batch norm is given, in the order of the modules."""


class Standing:
    """Lends a network standing statistics for as long as it is shown.

    They are worked out when first needed, on a copy, always from the same draws, and again once a
    weight has changed. They are no state: the network's own running averages, which belong to the
    training, are back afterwards, to the bit.

    Args:
        inputs: what the network takes, in this order.
        batches: how many batches are drawn; 0 shows the network by its running averages.
        rows: of each batch.
    """

    def __init__(self, inputs: Mapping[str, Space], batches: int, rows: int) -> None:
        self.inputs, self.batches, self.rows = dict(inputs), batches, rows
        self._known: dict[float | None, Moments] = {}
        self._stamp: list[tuple[int, int]] = []

    @contextmanager
    def of(self, net: nn.Module, truncation: float | None = None) -> Iterator[None]:
        """In evaluation mode the network goes by standing statistics meanwhile.

        Args:
            net: a network, on whatever device.
            truncation: the largest magnitude of the values of z that are shown.
        """
        if net.training or self.batches == 0:
            yield
            return
        norms: list[Any] = [module for module in net.modules() if _remembers(module)]
        before = [(norm.running_mean, norm.running_var) for norm in norms]
        try:
            for norm, moments in zip(norms, self._moments(net, truncation), strict=True):
                norm.running_mean, norm.running_var = moments
            yield
        finally:
            for norm, moments in zip(norms, before, strict=True):
                norm.running_mean, norm.running_var = moments

    def _moments(self, net: nn.Module, truncation: float | None) -> Moments:
        stamp = [(p.data_ptr(), p._version) for p in net.parameters()]
        if stamp != self._stamp:
            self._known, self._stamp = {}, stamp
        if truncation not in self._known:
            self._known[truncation] = self._measured(net, truncation)
        return self._known[truncation]

    @torch.no_grad()
    def _measured(self, net: nn.Module, truncation: float | None) -> Moments:
        """What a copy of the network finds; nobody who listens to the network itself is told."""
        twin = copy.deepcopy(net)
        for module in twin.modules():
            module._forward_hooks.clear()
            module._forward_pre_hooks.clear()
        tallies = _with_tallies(twin)
        device = next(net.parameters()).device
        for number in range(self.batches):
            twin(*self._draw(Chance("standing", number, device=device), truncation))
        return [tally.moments() for tally in tallies]

    def _draw(self, chance: Chance, truncation: float | None) -> Iterator[Tensor]:
        for space in self.inputs.values():
            if truncation is not None and isinstance(space, Noise) and space.law == "normal":
                yield truncated_normal(self.rows, space.size, truncation, chance.generator())
            else:
                yield chance.draw(space, self.rows)


class Tally(nn.Module):
    """In the place of a batch norm: normalises by the batch, and remembers its moments."""

    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.norm: Any = norm
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        var, mean = torch.var_mean(x.float(), [0, *range(2, x.dim())], correction=0)
        self.seen.append(torch.stack([mean, var]))
        norm = self.norm
        return batch_norm(x, None, None, norm.weight, norm.bias, training=True, eps=norm.eps)

    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean and variance over all batches: within them, and between them."""
        mean, var = torch.stack(self.seen).unbind(1)
        dtype = self.norm.running_mean.dtype
        return mean.mean(0).to(dtype), (var.mean(0) + mean.var(0, correction=0)).to(dtype)


def _with_tallies(net: nn.Module) -> list[Tally]:
    """Puts a tally in the place of each batch norm below; these, in the order of the modules."""
    found = []
    for name, child in net.named_children():
        if _remembers(child):
            found.append(Tally(child))
            setattr(net, name, found[-1])
        else:
            found += _with_tallies(child)
    return found


def _remembers(module: nn.Module) -> bool:
    """Whether a module is a batch norm, torch's or that of several processes, with averages."""
    return getattr(module, "running_mean", None) is not None

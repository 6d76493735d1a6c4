"""A network that learns: it keeps its own optimiser recipe and, if asked, its moving average."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ganvas.core.schedule import Rate, at


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma & Ba 2015, arXiv:1412.6980)."""

    lr: Rate = 2e-4
    betas: tuple[float, Rate] = (0.5, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0

    def rates(self, progress: float) -> dict[str, Any]:
        """What follows a schedule, as it is now."""
        return {"lr": at(self.lr, progress), "betas": (self.betas[0], at(self.betas[1], progress))}

    def build(self, params: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """The optimiser at the start of a run, in torch's fused form."""
        more: dict[str, Any] = {"eps": self.eps, "weight_decay": self.weight_decay}
        return torch.optim.Adam(params, **self.rates(0.0), **more, fused=True)


@dataclass(frozen=True)
class RMSProp:
    """RMSProp (Tieleman & Hinton 2012); `alpha` smooths the squared gradients."""

    lr: Rate = 5e-5
    alpha: float = 0.99
    eps: float = 1e-8

    def rates(self, progress: float) -> dict[str, Any]:
        """What follows a schedule, as it is now."""
        return {"lr": at(self.lr, progress)}

    def build(self, params: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """The optimiser at the start of a run, over many tensors at once (foreach)."""
        lr = at(self.lr, 0.0)
        return torch.optim.RMSprop(params, lr, self.alpha, self.eps, foreach=True)


@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent with momentum."""

    lr: Rate = 1e-2
    momentum: float = 0.0

    def rates(self, progress: float) -> dict[str, Any]:
        """What follows a schedule, as it is now."""
        return {"lr": at(self.lr, progress)}

    def build(self, params: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """The optimiser at the start of a run, in torch's fused form."""
        return torch.optim.SGD(params, at(self.lr, 0.0), self.momentum, fused=True)


Recipe = Adam | RMSProp | SGD
"""How a player learns."""


class Player(nn.Module):
    """A network with the recipe by which it learns.

    Args:
        net: the network. No module may belong to two players.
        recipe: its optimiser.
        ema: decay of the moving average of the weights per own step (None: no average). The
            average warms up: step t uses min(ema, (1 + t) / (10 + t)).
        double_backward: its gradient is differentiated again (gradient penalties), which
            `torch.compile` cannot do; such a player is left uncompiled.
    """

    def __init__(
        self,
        net: nn.Module,
        recipe: Recipe,
        *,
        ema: float | None = None,
        double_backward: bool = False,
    ) -> None:
        super().__init__()
        self.net, self.recipe, self.ema = net, recipe, ema
        self.double_backward = double_backward
        self.name = type(net).__name__
        self.steps = 0
        self.average: nn.Module | None = None
        self.begin_average()

    def begin_average(self) -> None:
        """The average, if there is one, begins at what the network is now."""
        if self.ema is not None:
            self.average = copy.deepcopy(self.net).requires_grad_(False)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Plays: the network's own forward."""
        return self.net(*args, **kwargs)

    def still(self, *args: Any, **kwargs: Any) -> Any:
        """Plays without learning: the same, with no gradient recorded."""
        with torch.no_grad():
            return self.net(*args, **kwargs)

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The network, `net`, and its `average` if there is one."""
        return {"net": self.net, **({} if self.average is None else {"average": self.average})}

    @property
    def best(self) -> nn.Module:
        """The network to show to people: the moving average if there is one."""
        return self.net if self.average is None else self.average

    def parameters_that_learn(self) -> list[nn.Parameter]:
        """The parameters that a move of this player may change."""
        return [p for p in self.net.parameters() if p.requires_grad]

    @torch.no_grad()
    def stepped(self) -> None:
        """Counts a step and lets the average follow the weights; the trainer calls it."""
        self.steps += 1
        if self.average is None or self.ema is None:
            return
        weight = 1.0 - min(self.ema, (1 + self.steps) / (10 + self.steps))
        slow, fast = _floats(self.average), _floats(self.net)
        torch._foreach_lerp_(slow, fast, weight)
        for mine, theirs in zip(self.average.buffers(), self.net.buffers(), strict=True):
            if not mine.is_floating_point():
                mine.copy_(theirs)


def _floats(net: nn.Module) -> list[Tensor]:
    tensors = [*net.parameters(), *net.buffers()]
    return [t.detach() for t in tensors if t.is_floating_point()]

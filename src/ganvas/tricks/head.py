"""The last layer of a critic, and what it hears: the features that the score is made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

LAYERS = (nn.Linear, nn.Conv2d)
Head = nn.Linear | nn.Conv2d


def head_of(net: nn.Module) -> Head | None:
    """The last linear layer or convolution of a network, in the order of its modules."""
    layers = [module for module in net.modules() if isinstance(module, LAYERS)]
    return layers[-1] if layers else None


def features_of(head: Head) -> int:
    """How many features one score of this layer is made of."""
    return head.weight[0].numel()


@contextmanager
def hearing(head: nn.Module | None) -> Iterator[list[Tensor]]:
    """What the layer is given meanwhile, flattened: (n, features) for each time it runs."""
    heard: list[Tensor] = []
    if head is None:
        yield heard
        return

    def keep(_: nn.Module, inputs: tuple[Any, ...]) -> None:
        heard.append(inputs[0].flatten(1))

    hook = head.register_forward_pre_hook(keep)
    try:
        yield heard
    finally:
        hook.remove()

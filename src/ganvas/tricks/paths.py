"""Path length regularisation (Karras et al. 2020, arXiv:1912.04958, section 3.2).

A step of a fixed length in W is to change the picture by a fixed length, wherever and whichever way
it goes: J, the Jacobian of G in w, is to be near a multiple of an orthogonal matrix, and then the
length of Jᵀy is the same for all w and all white noise y.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

MEMORY = 0.99
"""Decay of the mean length, for each round in which it counts."""


def path_lengths(x: Tensor, w: Tensor, y: Tensor) -> Tensor:
    """||Jᵀy||, where Jᵀy is the gradient of G(w) · y in w (eq. 4); the graph is kept: (n,).

    Of a w for each layer, the mean of the squares over the layers is taken.

    Args:
        x: G(w), (n, channels, height, width).
        w: (n, layers, width).
        y: white noise like x, here divided by sqrt(height · width): the size makes no difference.
    """
    y = y / (x.shape[2] * x.shape[3]) ** 0.5
    (slope,) = torch.autograd.grad((x * y).sum(), w, create_graph=True)
    return slope.square().sum(2).mean(1).sqrt()


class PathLengths(nn.Module):
    """What all lengths are to be: their own mean so far."""

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(()))

    def spread(self, lengths: Tensor) -> Tensor:
        """The mean of (||Jᵀy|| - a)²."""
        return (lengths - self.mean).square().mean()

    def pull(self, lengths: Tensor) -> Tensor:
        """What is to be added to the mean after the move."""
        return (1 - MEMORY) * (lengths.detach().mean() - self.mean)

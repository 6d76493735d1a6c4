"""Spectral normalisation: weights whose largest singular value is 1.

Takeru Miyato, Toshiki Kataoka, Masanori Koyama, Yuichi Yoshida. "Spectral Normalization for
Generative Adversarial Networks", ICLR 2018. https://arxiv.org/abs/1802.05957
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from torch.nn.utils.parametrize import register_parametrization

BEFORE = 15
"""Steps of the power iteration before the first use."""


class SpectralNorm(nn.Module):
    """W -> W / σ(W) with σ(W) = uᵀ W v, by one step of the power iteration each time (algorithm 1).

        v = Wᵀ u / |Wᵀ u|,   u <- W v / |W v|

    Derivatives hold u and v, as the paper's do (equation 12). In evaluation mode the step is made
    and u stays as it was. So the σ of a moving average of the weights is found from their own
    product with u; torch's form would take the average of v for it, which is no singular vector.

    Args:
        weight: W as it is at first.
        dim: which of its dimensions counts outputs; the others together count inputs.
    """

    u: Tensor

    def __init__(self, weight: Tensor, dim: int = 0) -> None:
        super().__init__()
        self.dim = dim
        matrix = self._matrix(weight.detach())
        self.register_buffer("u", normalize(matrix.new_empty(len(matrix)).normal_(), dim=0))
        for _ in range(BEFORE):
            self.u.copy_(self._step(matrix)[0])

    def forward(self, weight: Tensor) -> Tensor:
        matrix = self._matrix(weight)
        u, v = self._step(matrix)
        if self.training:
            self.u.copy_(u)
        return weight / (u @ (matrix @ v))

    def _matrix(self, weight: Tensor) -> Tensor:
        return weight.movedim(self.dim, 0).flatten(1)

    @torch.no_grad()
    def _step(self, matrix: Tensor) -> tuple[Tensor, Tensor]:
        v = normalize(matrix.T @ self.u, dim=0)
        return normalize(matrix @ v, dim=0), v


def spectral_norm(layer: nn.Module) -> None:
    """Gives a layer's weight largest singular value 1 from now on."""
    weight = layer.weight
    assert isinstance(weight, Tensor)
    dim = 1 if isinstance(layer, nn.ConvTranspose1d | nn.ConvTranspose2d) else 0
    register_parametrization(layer, "weight", SpectralNorm(weight, dim))

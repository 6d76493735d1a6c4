"""Spectral normalisation: weights whose largest singular value is 1.

Takeru Miyato, Toshiki Kataoka, Masanori Koyama, Yuichi Yoshida. "Spectral Normalization for
Generative Adversarial Networks", ICLR 2018. https://arxiv.org/abs/1802.05957

torch's own takes the singular vectors of a network in evaluation mode as they are stored. A moving
average of the network averages them too, and the mean of vectors that turned is short and points
nowhere: σ comes out several times too small. Here each use iterates, from wherever it stands.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from torch.nn.utils.parametrize import register_parametrization

FRESH, SHOWN = 15, 4
"""Steps of the power iteration when a layer is made; and when it is shown. In training: one."""


class SpectralNorm(nn.Module):
    """W -> W / σ(W) with σ(W) = uᵀ W v, W as a matrix (outputs, rest).

        v = Wᵀ u / |Wᵀ u|,   u <- W v / |W v|

    is a step of the power iteration. In training u is kept, so that one step each time follows the
    weights (algorithm 1). Derivatives hold u and v (equation 12).

    Args:
        weight: W as it is at first.
        outputs: which of its dimensions counts outputs; the others together count inputs.
    """

    u: Tensor

    def __init__(self, weight: Tensor, outputs: int = 0) -> None:
        super().__init__()
        self.outputs = outputs
        matrix = self._matrix(weight.detach())
        self.register_buffer("u", normalize(torch.randn_like(matrix[:, 0]), dim=0))
        if not weight.is_meta:
            self.u.copy_(self._iterated(matrix, FRESH)[0])

    def forward(self, weight: Tensor) -> Tensor:
        matrix = self._matrix(weight)
        u, v = self._iterated(matrix.detach(), 1 if self.training else SHOWN)
        if self.training:
            self.u.copy_(u)
        return weight / (u @ (matrix @ v))

    def _matrix(self, weight: Tensor) -> Tensor:
        return weight.movedim(self.outputs, 0).flatten(1)

    @torch.no_grad()
    def _iterated(self, matrix: Tensor, steps: int) -> tuple[Tensor, Tensor]:
        u = self.u
        for _ in range(steps):
            v = normalize(matrix.T @ u, dim=0)
            u = normalize(matrix @ v, dim=0)
        return u, v


def spectral_norm(layer: nn.Module) -> None:
    """Gives a layer's weight spectral norm 1 from now on."""
    weight = layer.weight
    assert isinstance(weight, Tensor)
    transposed = isinstance(layer, nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d)
    norm = SpectralNorm(weight, int(transposed))
    # Unsafe: the shape need not be checked, which on the meta device takes long.
    register_parametrization(layer, "weight", norm, unsafe=True)

"""Minibatch discrimination: D sees how alike the samples of a batch are, and so that G collapsed.

Tim Salimans, Ian Goodfellow, Wojciech Zaremba, Vicki Cheung, Alec Radford, Xi Chen. "Improved
Techniques for Training GANs", NIPS 2016, section 3.2. https://arxiv.org/abs/1606.03498

    M_i = f(x_i) T                                    T: inputs x kernels x dims
    o(x_i)_b = sum over j of exp(-||M_ib - M_jb||₁)

The sum runs over all j, i itself too, as in the paper: that adds 1, and where G has collapsed o is
the batch's size. (The authors' code leaves j = i out; the bias of the next layer makes up for it.)
D's last layer takes f(x) and o(x) side by side. Real and generated samples come in batches of their
own, of the same size.

The paper does not say how T begins. Here its columns have a length of about 1, as in the authors'
code, so that distances do not grow with the number of inputs.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class MinibatchDiscrimination(nn.Module):
    """How close each sample of a batch is to the others: f(x) (n, inputs) -> o(x) (n, kernels).

    Args:
        inputs: A, how many features a sample has.
        kernels: B, how many measures of closeness there are (the paper's figures: 100).
        dims: C, in how many dimensions each measures (5).
    """

    batch_statistics = True

    def __init__(self, inputs: int, kernels: int, dims: int) -> None:
        super().__init__()
        self.T = nn.Parameter(torch.randn(inputs, kernels, dims) / inputs**0.5)

    def forward(self, features: Tensor) -> Tensor:
        m = torch.tensordot(features, self.T, 1)
        # Not cdist, which torch cannot differentiate twice, as gradient penalties do.
        distances = (
            (m[:, None] - m).abs().sum(-1, dtype=torch.promote_types(m.dtype, torch.float32))
        )
        return torch.exp(-distances).sum(1).to(m)

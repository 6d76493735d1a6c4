"""Convolutions that halve or double the size, low-pass filtered so that nothing aliases.

The filter of `nets.resample` stands before the convolution that halves and after the transposed one
that doubles (Karras et al. 2020, arXiv:1912.04958, section 4; Zhang 2019, arXiv:1904.11486). All is
linear, so a convolution at half the size costs a quarter and does the work of one at full size.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import conv2d, conv_transpose2d, pad

from ganvas.nets.equalised import Conv
from ganvas.nets.resample import blurred


def conv_up(x: Tensor, weight: Tensor) -> Tensor:
    """`up`, then a 3x3 convolution: (n, b, h, w), (a, b, 3, 3) -> (n, a, 2h, 2w).

    It is as if the pictures had no border until the end: nothing is cut off between the two.
    """
    full = conv_transpose2d(x, weight.flip(2, 3).transpose(0, 1), stride=2)
    return 4 * blurred(full)[:, :, 1:, 1:]


def conv_down(x: Tensor, weight: Tensor) -> Tensor:
    """A 3x3 convolution, then `down`: (n, b, h, w), (a, b, 3, 3) -> (n, a, h/2, w/2).

    As in `conv_up`, nothing is cut off between the two.
    """
    return conv2d(blurred(pad(x, (0, 1, 0, 1))), weight, stride=2)


class ConvUp(Conv):
    """A 3x3 convolution to twice the size, with an equalised learning rate and no bias."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(before, after, 3, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return conv_up(x, self.weight * self.scale)


class ConvDown(Conv):
    """A 3x3 convolution to half the size, with an equalised learning rate and a bias."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(before, after, 3)

    def forward(self, x: Tensor) -> Tensor:
        assert self.bias is not None
        return conv_down(x, self.weight * self.scale) + self.bias[:, None, None]

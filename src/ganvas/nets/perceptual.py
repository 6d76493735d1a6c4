"""What networks see in a picture: features, in which content losses compare pictures."""

from __future__ import annotations

import torch
from torch import Tensor, nn

CONVOLUTIONS = (2, 2, 4, 4, 4)
"""Of VGG19's five blocks; the feature maps of a block are 64, 128, 256, 512 and 512."""
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's red, green and blue in [0, 1]: what VGG19 was trained on."""


class VGG19(nn.Module):
    """φ_{i,j}: x (n, 3, h, w) in [-1, 1] -> maps of convolution j of block i (n, maps, ...).

    The network of Simonyan & Zisserman 2015 (arXiv:1409.1556), configuration E, up to one layer;
    its layers have the names under which PyTorch users know the weights.

    Args:
        block: i, from 1.
        convolution: j within its block, from 1.
        activated: whether the ReLU behind it counts.
    """

    def __init__(self, block: int, convolution: int, *, activated: bool) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for i, count in enumerate(CONVOLUTIONS[:block]):
            maps = 64 * min(2**i, 8)
            for _ in range(count if i < block - 1 else convolution):
                layers += [nn.Conv2d(before, maps, 3, 1, 1), nn.ReLU()]
                before = maps
            layers += [nn.MaxPool2d(2)] if i < block - 1 else []
        self.features = nn.Sequential(*(layers if activated else layers[:-1]))

    def forward(self, x: Tensor) -> Tensor:
        mean, std = (x.new_tensor(v).view(3, 1, 1) for v in (MEAN, STD))
        return self.features(((x + 1) / 2 - mean) / std)


def activations(layers: nn.Sequential, x: Tensor) -> list[Tensor]:
    """What a chain of layers says after each of its leaky ReLUs."""
    found = []
    for layer in layers:
        x = layer(x)
        if isinstance(layer, nn.LeakyReLU):
            found.append(x)
    return found


def in_colour(x: Tensor) -> Tensor:
    """Pictures (n, 1, 3 or 4, h, w) in [-1, 1] as RGB, transparency laid on black."""
    if x.shape[1] == 4:
        return torch.lerp(torch.full_like(x[:, :3], -1.0), x[:, :3], (x[:, 3:] + 1) / 2)
    return x.expand(-1, 3, -1, -1) if x.shape[1] == 1 else x

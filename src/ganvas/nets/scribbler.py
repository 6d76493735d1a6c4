"""The networks of Scribbler (Sangkloy et al. 2017, arXiv:1612.00835), as TextureGAN has them.

Their layers are those of TextureGAN's authors' code.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Residual(nn.Module):
    """(n, maps, h, w) -> the same shape."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        layers = [nn.Conv2d(maps, maps, 3, 1, 1), nn.BatchNorm2d(maps), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(maps, maps, 3, 1, 1), nn.BatchNorm2d(maps))

    def forward(self, x: Tensor) -> Tensor:
        return (x + self.layers(x)).relu()


class Scribbler(nn.Module):
    """(n, before, 8h, 8w) -> (n, after, 8h, 8w): down, along, up, and past all that to the end.

    Args:
        before, after: channels of the pictures.
        width: feature maps of the first layer.
        norm: whether the picture itself goes through batch norm, as in the authors' code.
    """

    def __init__(self, before: int, after: int, width: int, *, norm: bool = True) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for i, (a, b) in enumerate([(before, 1), (1, 2), (2, 4), (4, 8)]):
            conv = nn.Conv2d(a if i == 0 else a * width, b * width, 3, 1 if i == 0 else 2, 1)
            layers += [conv, nn.BatchNorm2d(b * width), nn.ReLU(inplace=True), Residual(b * width)]
        layers += [Residual(8 * width) for _ in range(4)]
        for maps in (4 * width, 2 * width, width):
            layers += [nn.Conv2d(2 * maps, maps, 3, 1, 1)]
            layers += [nn.Upsample(scale_factor=2, mode="bilinear"), nn.BatchNorm2d(maps)]
            layers += [nn.ReLU(inplace=True), Residual(maps)]
            layers += [Residual(maps) if maps > width else nn.BatchNorm2d(maps)]
        self.main = nn.Sequential(*layers)
        joined = width + before
        self.last = nn.Sequential(Residual(joined), nn.Conv2d(joined, after, 3, 1, 1))
        self.norm = nn.BatchNorm2d(after) if norm else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.last(torch.cat([self.main(x), x], 1)))


class ScribblerDiscriminator(nn.Module):
    """(n, 1, h, w) -> scores (n, 1, ·, ·) of parts, and the features φ before them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after, kernel in (
            (1, width, 9),
            (width, 2 * width, 5),
            (2 * width, 8 * width, 5),
        ):
            layers += [nn.Conv2d(before, after, kernel, 2, 1), nn.LeakyReLU(0.2)]
        self.features = nn.Sequential(*layers)
        layers = [nn.Dropout(0.2), Residual(8 * width), Residual(8 * width)]
        layers += [nn.Conv2d(8 * width, 4 * width, 4, 2, 1), nn.Dropout(0.2)]
        self.scores = nn.Sequential(*layers, nn.Conv2d(4 * width, 1, 4, 2, 1))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = self.features(x)
        return self.scores(features), features

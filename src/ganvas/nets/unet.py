"""An hourglass from picture to picture whose two halves are joined at every size, or are not."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ganvas.nets.translation import Noise, Norm, normalised


class UNet(nn.Module):
    """(n, before, h, w) -> (n, after, h, w), sides multiples of 2^halvings (Isola et al. 2017).

    Args:
        before, after: channels.
        width: feature maps of the outermost layer; they double to 8 times as many at most.
        halvings: how often the picture is halved.
        norm: which normalisation.
        skips: whether each layer on the way up sees that of its size on the way down; without, it
            is a plain encoder and decoder.
        noise: dropout of the three innermost layers on the way up; it stays on when the network is
            shown, since it is its only noise.
    """

    def __init__(
        self,
        before: int,
        after: int,
        width: int,
        halvings: int,
        *,
        norm: Norm = "batch",
        skips: bool = True,
        noise: float = 0.5,
    ) -> None:
        super().__init__()
        self.skips = skips
        maps = [width * min(2**i, 8) for i in range(halvings)]
        conv: Any = {"kernel_size": 4, "stride": 2, "padding": 1, "bias": norm == "instance"}
        outermost = {**conv, "bias": True}
        down: list[nn.Module] = [nn.Conv2d(before, maps[0], **conv)]
        for i in range(1, halvings):
            layers = [nn.LeakyReLU(0.2), nn.Conv2d(maps[i - 1], maps[i], **conv)]
            # A single pixel has no variance: the innermost layer is not normalised.
            layers += [normalised(maps[i], norm)] if i < halvings - 1 else []
            down += [nn.Sequential(*layers)]
        self.down = nn.ModuleList(down)
        up: list[nn.Module] = []
        for i in reversed(range(halvings)):
            joined = maps[i] * (2 if skips and i < halvings - 1 else 1)
            to = maps[i - 1] if i else after
            layers = [nn.ReLU(), nn.ConvTranspose2d(joined, to, **conv if i else outermost)]
            layers += [normalised(to, norm)] if i else [nn.Tanh()]
            layers += [Noise(noise)] if i >= max(1, halvings - 3) else []
            up += [nn.Sequential(*layers)]
        self.up = nn.ModuleList(up)

    def forward(self, x: Tensor) -> Tensor:
        seen: list[Tensor] = []
        for layer in self.down:
            x = layer(x)
            seen.append(x)
        for layer, skip in zip(self.up, reversed(seen), strict=True):
            joined = self.skips and x is not skip
            x = layer(torch.cat([skip, x], 1) if joined else x)
        return x

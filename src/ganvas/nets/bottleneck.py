"""BigGAN-deep's blocks (Brock et al. 2019, arXiv:1809.11096, appendix B, figure 16).

Inside they are narrow; their shortcuts pass on what they can as it is.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from ganvas.nets.dcgan import Norm
from ganvas.nets.residual import doubled


class NarrowUp(nn.Module):
    """(n, before, h, w) -> (n, after, 2h, 2w), after <= before; or of the size it was (fig. 16b).

    Norm, ReLU, 1x1 to `inner` maps; norm, ReLU, up, 3x3; norm, ReLU, 3x3; norm, ReLU, 1x1. Beside
    it the first `after` maps of what came in, enlarged.
    """

    def __init__(self, before: int, after: int, inner: int, norm: Norm, *, up: bool) -> None:
        super().__init__()
        self.after, self.up = after, up
        self.norms = nn.ModuleList([norm(before), norm(inner), norm(inner), norm(inner)])
        self.convs = nn.ModuleList(bottleneck(before, inner, after))

    def forward(self, x: Tensor, given: Tensor) -> Tensor:
        h = x
        for place, (norm, conv) in enumerate(zip(self.norms, self.convs, strict=True)):
            h = norm(h, given).relu()
            h = conv(doubled(h) if self.up and place == 1 else h)
        kept = x[:, : self.after]
        return h + (doubled(kept) if self.up else kept)


class WideDown(nn.Module):
    """(n, before, h, w) -> (n, after, h/2, w/2), after >= before; or of the size it was (fig. 16c).

    ReLU, 1x1 to `inner` maps; ReLU, 3x3; ReLU, 3x3; ReLU, pool, 1x1. Beside it what came in,
    pooled, and the missing maps by a 1x1 convolution of it.
    """

    def __init__(self, before: int, after: int, inner: int, *, down: bool) -> None:
        super().__init__()
        self.down = down
        self.convs = nn.ModuleList(bottleneck(before, inner, after))
        self.more = nn.Conv2d(before, after - before, 1) if after > before else None

    def forward(self, x: Tensor) -> Tensor:
        h = x
        for place, conv in enumerate(self.convs):
            h = h.relu()
            h = conv(avg_pool2d(h, 2) if self.down and place == 3 else h)
        kept = avg_pool2d(x, 2) if self.down else x
        return h + (kept if self.more is None else torch.cat([kept, self.more(kept)], 1))


def bottleneck(before: int, inner: int, after: int) -> list[nn.Conv2d]:
    """The four convolutions of a block."""
    inside = [nn.Conv2d(inner, inner, 3, 1, 1) for _ in range(2)]
    return [nn.Conv2d(before, inner, 1), *inside, nn.Conv2d(inner, after, 1)]

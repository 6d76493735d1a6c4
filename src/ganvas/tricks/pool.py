"""A pool of past fakes, so that D does not forget what G did before.

Ashish Shrivastava, Tomas Pfister, Oncel Tuzel, Josh Susskind, Wenda Wang, Russell Webb. "Learning
from Simulated and Unsupervised Images through Adversarial Training", CVPR 2017, section 2.3.
https://arxiv.org/abs/1612.07828

Shrivastava et al. fill half of D's batch from the pool and put half of the fresh fakes into it. Zhu
et al. (CycleGAN, https://arxiv.org/abs/1703.10593, section 4) decide for each fake alone, and so
does this: D meets the fake itself or, half of the time, a past one, whose place the fake takes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganvas.core import Game, parallel


class ImagePool(nn.Module):
    """The last fakes, more or less: (size, *shape), kept in buffers.

    Args:
        size: how many it keeps; 0 gives every fake straight back.
        shape: that of one.
    """

    def __init__(self, size: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.size = size
        self.images: Tensor
        self.filled: Tensor
        self.register_buffer("images", torch.zeros(size, *shape))
        self.register_buffer("filled", torch.zeros((), dtype=torch.int64))

    def swap(self, fresh: Tensor, draws: Tensor) -> Tensor:
        """Takes in each of `fresh` (n, *shape) in turn; gives it back, or a past one instead.

        Args:
            fresh: the newest fakes, detached.
            draws: uniform in [0, 1), (n, 2). A full pool gives a past one if the first is below
                0.5; the second says which.
        """
        shown = []
        for x, (coin, place) in zip(fresh, draws, strict=True):
            if self.filled < self.size:
                self.images[self.filled] = x
                self.filled += 1
            elif self.size > 0 and coin < 0.5:
                slot = (place * self.size).long()
                x, self.images[slot] = self.images[slot].clone(), x
            shown.append(x)
        return torch.stack(shown)

    def swap_among_all(self, fresh: Tensor, draws: Tensor, game: Game) -> Tensor:
        """`swap`, in a game that several processes play: their pools stay equal.

        Every process passes the fakes of all through its pool, and has its own rows back.
        """
        shown = self.swap(game.of_all(fresh), game.of_all(draws))
        return shown.chunk(parallel.size())[parallel.rank()]

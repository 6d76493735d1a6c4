"""Points of a latent space as plain coordinates, which a descent may move without care.

Coordinates are (n, d). A unit is how far a drawn point strays, whatever the space: so the same step
is as large in z as in w. Where z is uniform its coordinate is its inverse tanh: it cannot leave.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ganvas.core import Styled, UsageError
from ganvas.tools.latent import Latent
from ganvas.tools.still import Alike

WITHIN = 0.999
"""As near to the end of a uniform law as a point begins."""


class Chart:
    """The coordinates of the points of a latent space, and of noise maps if these move too.

    Args:
        latent: the space.
        noises: whether the noise maps of a game with styles are coordinates as well.

    Raises:
        UsageError: if there are no noise maps.
    """

    def __init__(self, latent: Latent, *, noises: bool = False) -> None:
        self.latent, game = latent, latent.game
        if noises and not isinstance(game, Styled):
            raise UsageError(f"{game.name} has no noise maps that could be moved")
        self.size = int(torch.Size(latent.shape).numel())
        styled = latent.space != "z"
        self.centre = latent.centre.flatten(1) if styled else latent.centre
        self.scale = latent.norm / self.size**0.5 if styled else 1.0
        laws = [space.law == "uniform" for space in latent.noises.values()]
        sizes = [space.size for space in latent.noises.values()]
        uniform = torch.tensor(laws).repeat_interleave(torch.tensor(sizes))
        self.uniform = uniform.to(game.device) if not styled and uniform.any() else None
        self.maps = self._maps() if noises else []

    def _maps(self) -> list[Tensor]:
        """The noise maps that the latent space holds still: (1, 1, h, w) each."""
        game: Any = self.latent.game
        with game.showing():
            game.chance = Alike("latent", self.latent.seed, device=game.device)
            return [noise[:1] for noise in game.noises(1)]

    def coordinates(self, points: Tensor) -> Tensor:
        """(n, *latent.shape) -> (n, d); noise maps are those that the space holds still."""
        x = (points.flatten(1) - self.centre) / self.scale
        if self.uniform is not None:
            x = torch.where(self.uniform, x.clamp(-WITHIN, WITHIN).atanh(), x)
        still = [noise.flatten(1).expand(len(x), -1) for noise in self.maps]
        return torch.cat([x, *still], 1)

    def points(self, x: Tensor) -> Tensor:
        """(n, d) -> (n, *latent.shape)."""
        x = x[:, : self.size]
        if self.uniform is not None:
            x = torch.where(self.uniform, x.tanh(), x)
        return (self.centre + self.scale * x).view(-1, *self.latent.shape)

    def noises(self, x: Tensor) -> list[Tensor]:
        """(n, d) -> the noise maps, (n, 1, h, w) each, with mean 0 and variance 1.

        (Karras et al. 2020, appendix D; there they are brought to it after each step.) None, if
        they are held still.
        """
        sizes = [noise.numel() for noise in self.maps]
        parts = x[:, self.size :].split(sizes, 1) if sizes else ()
        even = [p - p.mean(1, keepdim=True) for p in parts]
        scaled = [p * p.square().mean(1, keepdim=True).add(1e-8).rsqrt() for p in even]
        return [p.view(-1, *n.shape[1:]) for p, n in zip(scaled, self.maps, strict=True)]

    def show(self, x: Tensor) -> Tensor:
        """The pictures of coordinates, (n, channels, h, w), which can be differentiated."""
        if not self.maps:
            return self.latent.show(self.points(x))
        game: Any = self.latent.game
        with game.showing():
            made = game.paint(self.latent.styles(self.points(x)), self.noises(x))
        return made.float().clamp(-1, 1)


def unevenness(noises: list[Tensor]) -> Tensor:
    """How much of a picture hides in noise maps: (n,) (Karras et al. 2020, appendix D).

    The squared correlation of each map with itself, one pixel to the right and one below, at its
    own size and halved again and again down to 8x8: white noise has none.
    """
    total = noises[0].new_zeros(len(noises[0]))
    for noise in noises:
        while True:
            for side in (2, 3):
                total = total + (noise * noise.roll(1, side)).mean((1, 2, 3)).square()
            if min(noise.shape[2:]) <= 8:
                break
            # The mean of four has half the deviation of one: twice that keeps the variance at 1.
            noise = 2 * torch.nn.functional.avg_pool2d(noise, 2)
    return total

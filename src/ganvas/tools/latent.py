"""Where a game's pictures come from, as points that one can move.

A game with noise inputs draws each picture from a point: z, its latent vectors one after another,
or, where it draws from styles, w (one style for all layers) or w+ (a style for each layer).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Literal

import torch
from torch import Tensor

from ganvas.core import Chance, Game, Noise, Styled, UsageError, sampling
from ganvas.core import truncation as trick
from ganvas.metrics.path import slerp
from ganvas.tools.still import Alike, Name, no_styles, noises_of, others_of, space_of

How = Literal["linear", "spherical"]
MEANT = 1000
"""So many draws tell how far points of W lie from their mean."""


class Latent:
    """The points that an image game draws from, with all else held still.

    Labels, other inputs and noise maps are the same for every point, so that a picture changes only
    where its point is moved.

    Args:
        game: whose pictures.
        space: `z` any game with noise has; `w` and `w+` those that draw from styles, whose usual
            one is `w`.
        label: the class of all pictures, a number or a name; drawn by the seed if None.
        seed: decides the label, the noise maps, and what else a picture needs and is not given.
        truncation: less variety for better pictures (`ganvas.core.truncation`), of all points that
            are drawn.
        given: other inputs by name, (1, *shape) each: `x` of a game that translates.

    Raises:
        UsageError: if the game makes no images, draws from no noise, has no such space or class,
            or needs an input that is not given.
    """

    def __init__(
        self,
        game: Game,
        space: Name | None = None,
        label: int | str | None = None,
        seed: int = 0,
        *,
        truncation: float | None = None,
        **given: Tensor,
    ) -> None:
        self.game, self.seed, self.truncation = game, seed, truncation
        self.noises = noises_of(game)
        self.space: Name = space_of(game, space)
        if truncation is not None:
            trick.check(game, truncation)
        self.others = others_of(game, self.noises, label, seed, given)

    def into(self, space: Name) -> Latent:
        """The same, in another of the game's spaces.

        Raises:
            UsageError: if the game has no such space.
        """
        other = copy.copy(self)
        other.__dict__.pop("norm", None)
        other.space = space_of(self.game, space)
        return other

    # -- points ----------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of a point: (size of z,), (width,) or (layers, width)."""
        if self.space == "z":
            return (sum(space.size for space in self.noises.values()),)
        game = self._styled
        return (*([game.layers] if self.space == "w+" else []), len(game.mean_style))

    @torch.no_grad()
    def draw(self, n: int, seed: int, truncation: float | None = None) -> Tensor:
        """`n` points of a seed, those that `ganvas sample --seed SEED -n N` draws: (n, *shape).

        Args:
            n: how many.
            seed: decides them.
            truncation: another than that of all points.

        Raises:
            UsageError: if the game cannot be truncated so.
        """
        given = {name: x.expand(n, *x.shape[1:]) for name, x in self.others.items()}
        level = self.truncation if truncation is None else truncation
        if level is not None:
            trick.check(self.game, level)
        of_z = None if level is None or trick.kind(self.game) == "w" else level
        inputs = sampling.inputs_of(self.game, n, Chance("sample", seed), of_z, given)
        z = torch.cat([inputs[name] for name in self.noises], 1).to(self.game.device)
        if self.space == "z":
            if truncation is not None and of_z is None:
                raise UsageError(
                    f"{self.game.name} is truncated in W, and these are points of z: take space w"
                )
            return z
        w = self.styles(z, of="z")
        w = w if level is None else self._styled.toward_mean(w, level)
        return w if self.space == "w+" else w[:, 0]

    def at(self, seeds: Sequence[int], truncation: float | None = None) -> Tensor:
        """The point of each seed: (n, *shape)."""
        return torch.cat([self.draw(1, seed, truncation) for seed in seeds])

    @property
    def centre(self) -> Tensor:
        """Where the points lie around: 0, or the mean style; (1, *shape)."""
        if self.space == "z":
            return torch.zeros(1, *self.shape, device=self.game.device)
        return self._styled.mean_style.expand(1, *self.shape)

    @cached_property
    def norm(self) -> float:
        """How far from the centre points usually lie: the root of the mean square distance.

        A normal value has the mean square 1, a uniform one 1/3. In w+ it is the distance of all
        layers together.
        """
        if self.space == "z":
            power = {"normal": 1.0, "uniform": 1 / 3}
            return float(sum(s.size * power[s.law] for s in self.noises.values()) ** 0.5)
        away = self.draw(MEANT, self.seed, truncation=1.0)  # ψ = 1 changes nothing
        return float((away - self.centre).flatten(1).square().sum(1).mean().sqrt())

    def between(self, a: Tensor, b: Tensor, t: float | Tensor, how: How | None = None) -> Tensor:
        """The points on the way from a to b, at t in [0, 1]: (n, *shape).

        Spherical is along the great circle around the centre (Shoemake 1985; White 2016,
        arXiv:1609.04468), where normal points have the density of drawn ones; a game's noises go
        along one each. Linear is straight.

        Args:
            a, b: points, (n or 1, *shape).
            t: how far, a number or (n,).
            how: spherical for the parts of z that are normal and linear for all else if None.
        """
        t = torch.as_tensor(t, dtype=a.dtype, device=a.device).reshape(-1)
        n = max(len(a), len(b), len(t))
        a, b, t = a.expand(n, *self.shape), b.expand(n, *self.shape), t.expand(n)[:, None]
        if self.space == "z":
            ways = [how or ("spherical" if s.law == "normal" else "linear") for s in self._spaces]
            parts = zip(ways, self._apart(a), self._apart(b), strict=True)
            return torch.cat([_way(w, x, y, t) for w, x, y in parts], 1)
        # One way for each layer of w+, all around the mean style.
        layers = [(x - self.centre).reshape(-1, self.shape[-1]) for x in (a, b)]
        t = t.repeat_interleave(len(layers[0]) // n, 0)
        return self.centre + _way(how or "linear", layers[0], layers[1], t).view(n, *self.shape)

    # -- pictures --------------------------------------------------------------------------------

    def show(self, points: Tensor, *, batch: int = 64) -> Tensor:
        """The pictures of points, (n, *shape) -> (n, channels, height, width) in [-1, 1].

        They are on the game's device, and can be differentiated by the points if these ask for it.

        Raises:
            UsageError: if these are no points of this space.
        """
        if tuple(points.shape[1:]) != self.shape:
            raise UsageError(
                f"points of {self.space} of {self.game.name} are (n, "
                f"{', '.join(map(str, self.shape))}), not {tuple(points.shape)}"
            )
        learns = torch.is_grad_enabled() and points.requires_grad
        with torch.set_grad_enabled(learns), self.game.showing():
            parts = [self._shown(some) for some in points.to(self.game.device).split(batch)]
        return torch.cat(parts)

    def _shown(self, points: Tensor) -> Tensor:
        game: Any = self.game
        game.chance = Alike("latent", self.seed, device=game.device)
        if not isinstance(game, Styled):
            x = game.generate(**self._inputs(points))
        else:
            w = self.styles(points)
            if self.space == "z" and self.truncation is not None:
                w = game.toward_mean(w, self.truncation)
            x = game.paint(w, game.noises(len(w)))
        return x.float().clamp(-1, 1)

    def styles(self, points: Tensor, *, of: Name | None = None) -> Tensor:
        """The styles of points of this space, or `of` another: (n, layers, width).

        Raises:
            UsageError: if the game draws from no styles.
        """
        game, of = self._styled, of or self.space
        if of == "w+":
            return points
        if of == "w":
            return points[:, None].expand(-1, game.layers, -1)
        with self.game.showing():
            return game.styles(**self._inputs(points))

    def _inputs(self, z: Tensor) -> dict[str, Tensor]:
        """All inputs of the game, by name, for points of z."""
        others = {
            name: x.to(z.device).expand(len(z), *x.shape[1:]) for name, x in self.others.items()
        }
        return {**dict(zip(self.noises, self._apart(z), strict=True)), **others}

    def _apart(self, z: Tensor) -> tuple[Tensor, ...]:
        """The vectors of each noise input."""
        return z.split([space.size for space in self._spaces], 1)

    @property
    def _spaces(self) -> list[Noise]:
        return list(self.noises.values())

    @property
    def _styled(self) -> Styled:
        if not isinstance(self.game, Styled):
            raise UsageError(no_styles(self.game))
        return self.game

    def to_json(self) -> dict[str, Any]:
        """What the points are, and what is held still."""
        labels = {
            k: int(x) for k, x in self.others.items() if x.dtype == torch.int64 and x.ndim < 2
        }
        return {
            "space": self.space,
            "shape": list(self.shape),
            "seed": self.seed,
            "truncation": self.truncation,
            **labels,
        }


def _way(how: How, a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """From a to b at t: (n, d), (n, d), (n, 1) -> (n, d)."""
    return slerp(a, b, t) if how == "spherical" else torch.lerp(a, b, t)

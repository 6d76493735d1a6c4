"""Perceptual path length: how much the picture changes where the latent vector hardly does.

    PPL = E d( G(slerp(z₁, z₂; t)), G(slerp(z₁, z₂; t + ε)) ) / ε²     (Karras et al. 2019,
                                                                        arXiv:1812.04948, eq. 2)

    in W: the same of lerp(w₁, w₂; t), at all t or at t = 0            (eq. 3)

d is the squared distance of the features, here divided by their mean squared norm, where the paper
takes a learned one. Other inputs, such as a label, and noise maps stay as they are along a path.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ganvas.core import Chance, Noise, Styled, sampling
from ganvas.core.chance import seed_of
from ganvas.metrics.figure import Figure, Subject, Value

EPSILON = 1e-3
"""A step. The paper's 1e-4 is lost in the rounding of float32 where features are few."""
PATHS, BATCH, EXTREMES = 2_000, 125, 0.01
"""Paths; how many at a time; the part that is left out at either end, as in the authors' code."""


def slerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Along the great circle between the directions of a and b, at t: (n, d), (n, d), (n, 1).

    The length is interpolated as well, so that t = 0 and t = 1 give a and b themselves.
    """
    length_a, length_b = a.norm(dim=1, keepdim=True), b.norm(dim=1, keepdim=True)
    a, b = a / length_a.clamp_min(1e-12), b / length_b.clamp_min(1e-12)
    angle = (a * b).sum(1, keepdim=True).clamp(-1, 1).acos()
    along = torch.where(
        angle.sin().abs() < 1e-6,
        a.lerp(b, t),
        (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin().clamp_min(1e-12),
    )
    return along * length_a.lerp(length_b, t)


class PPL(Figure):
    """The mean over 2,000 paths, without the extremes; with its standard error."""

    name, title, better = "ppl", "Perceptual path length", "lower"
    paper = "Karras, Laine, Aila 2019, arXiv:1812.04948"
    needs = frozenset({"features"})
    usual = False
    of = "z, whole paths"

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.noise = _noise(subject)

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        return None if _noise(subject) else "a game that draws from a latent vector"

    @torch.no_grad()
    def value(self) -> Value:
        found, norms = zip(*(self._some(start) for start in range(0, PATHS, BATCH)), strict=True)
        lengths = torch.cat(found) / torch.cat(norms).mean() / EPSILON**2
        lengths = lengths.sort().values
        cut = int(len(lengths) * EXTREMES)
        kept = lengths[cut : len(lengths) - cut]
        error = float(kept.std() / len(kept) ** 0.5)
        about = {
            "paths": len(lengths),
            "step": EPSILON,
            "latent": self.noise,
            "of": self.of,
        }
        return Value(float(kept.mean()), error, about)

    def _some(self, start: int) -> tuple[Tensor, Tensor]:
        """The squared changes along a batch of paths, and the features' squared norms: (n,)."""
        features, noise = self.subject.features, self.noise
        assert self.subject.game is not None
        assert features is not None
        assert noise is not None
        seed, space = seed_of(self.subject.seed, "path", start), self.subject.game.inputs[noise]
        draws = torch.Generator().manual_seed(seed)
        a, b = space.sample(BATCH, draws), space.sample(BATCH, draws)
        t = torch.rand(BATCH, 1, generator=draws) * (1 - EPSILON)
        seen = [features(x.cpu()).double() for x in self._ends(noise, seed, a, b, t)]
        return (seen[0] - seen[1]).square().sum(1), seen[0].square().sum(1)

    def _ends(self, noise: str, seed: int, a: Tensor, b: Tensor, t: Tensor) -> list[Tensor]:
        """The pictures at both ends of a step between latent vectors: (n, *output.shape) each."""
        game: Any = self.subject.game
        space = game.inputs[noise]
        between = slerp if isinstance(space, Noise) and space.law == "normal" else torch.lerp
        others: dict[str, Tensor] = {}
        seen = []
        for at in (t, t + EPSILON):
            given: dict[str, Any] = {**others, noise: between(a, b, at)}
            x, used = game.sample(BATCH, seed=seed, **given)
            others = {name: rows for name, rows in used.items() if name != noise}
            seen.append(x)
        return seen


class PPLinW(PPL):
    """The same between styles, at any place of the path."""

    name, title = "ppl_w", "Perceptual path length in W"
    of = "w, whole paths"
    ends = False

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        return None if isinstance(subject.game, Styled) else "a game that draws from styles"

    def _ends(self, noise: str, seed: int, a: Tensor, b: Tensor, t: Tensor) -> list[Tensor]:
        game: Any = self.subject.game
        given = sampling.inputs_of(game, BATCH, Chance("path", seed), None, {noise: a})
        t = (torch.zeros_like(t) if self.ends else t)[:, :, None].to(game.device)
        with game.showing():
            game.chance = Chance("path maps", seed, device=game.device)
            ways = [{**given, noise: z} for z in (a, b)]
            w = [game.styles(**{k: x.to(game.device) for k, x in way.items()}) for way in ways]
            maps = game.noises(BATCH)
            return [game.paint(torch.lerp(w[0], w[1], at), maps).float() for at in (t, t + EPSILON)]


class PPLinWEnds(PPLinW):
    """The same between styles, where the path begins: at what the mapping makes, not between."""

    name, title = "ppl_w_end", "Perceptual path length in W, at the ends"
    of = "w, ends of paths"
    ends = True


def _noise(subject: Subject) -> str | None:
    """The name of the game's latent vector: its largest, if it has several."""
    if subject.game is None or any(not space.prior for space in subject.game.inputs.values()):
        return None
    found = {n: s.size for n, s in subject.game.inputs.items() if isinstance(s, Noise)}
    return max(found, key=lambda name: found[name]) if found else None

"""Holes in pictures, filled by a generator that has never seen a hole.

The point is looked for whose picture agrees with what is known around the hole and pleases the
discriminator; what that picture shows in the hole is put in, without a seam.

Raymond Yeh, Chen Chen, Teck Yian Lim, Alexander Schwing, Mark Hasegawa-Johnson, Minh Do. CVPR 2017.
https://arxiv.org/abs/1607.07539

    z = argmin ||W (G(z) - x)||² + λ prior                                         (eq. 3, 4, 5)

W is larger beside the hole than far from it. The paper's context loss is an L1, which L-BFGS does
not like, its prior log(1 - D(G(z))), whose slope is gone where D is sure; here it is
softplus(-D(G(z))), in units of how much D varies over draws. And points are kept from straying, for
which the paper cuts z off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, pad, softplus

from ganvas.core import Game, UsageError
from ganvas.tools.latent import Latent
from ganvas.tools.projection import Projected, Projecting, Search, Tell
from ganvas.tools.shots import has_hole
from ganvas.tools.steps import Steps, Work
from ganvas.tools.still import Name

Blend = Literal["poisson", "paste", "none"]
NEAR = 7
"""Side of the window in which a hole makes what is known count more (the paper: 7)."""
FAR = 0.25
"""What a known pixel counts that has no hole near it (the paper: 0)."""
PRIOR, TYPICAL = 0.003, 0.02
"""Weight of the prior (the paper's λ), and of how far a point strays."""
JUDGED, CHUNK = 256, 32
"""Draws that tell how much D varies, and how many are judged at a time."""
Liking = Callable[[Tensor], Tensor]
"""How little somebody likes pictures, (n, ...) -> (n,)."""


@dataclass
class Inpainted:
    """A picture without its hole."""

    picture: Tensor
    """(channels, h, w)."""
    drawn: Tensor
    """The whole picture that the generator made for it."""
    projected: Projected
    """Where that was found; its PSNR is that of what is known."""


def inpaint(
    game: Game, picture: Tensor, hole: Tensor, search: Search | None = None, **asked: Any
) -> Inpainted:
    """Fills a hole.

    Args:
        game, picture, hole, search, asked: as for `Inpainting`.

    Raises:
        UsageError: as for `Inpainting`.
    """
    return Inpainting(game, picture, hole, search, **asked).result


class Inpainting(Steps[Inpainted]):
    """A hole while it is being filled.

    Args:
        game: an image game that draws from noise.
        picture: (channels, h, w) in [-1, 1], of the game's size; anything in the hole.
        hole: where it is, (h, w), bool.
        search: how the point is looked for.
        space: `z`, `w` or `w+`; z if None, which strays least.
        label, seed, given: as for `Projecting`.
        prior: weight of what the discriminator says.
        blend: how the hole is filled: its gradients are drawn and its border is the picture's
            (poisson), the drawn pixels (paste), or all pixels are drawn (none).
        tell: is told how far it is.

    Raises:
        UsageError: if there is no hole, or nothing else.
    """

    search: Projecting
    judged: bool | None = None
    """Whether a discriminator counts; None before that is known."""

    def __init__(
        self,
        game: Game,
        picture: Tensor,
        hole: Tensor,
        search: Search | None = None,
        *,
        space: Name | None = None,
        label: int | str | None = None,
        seed: int = 0,
        prior: float = PRIOR,
        blend: Blend = "poisson",
        tell: Tell = lambda *_: None,
        **given: Any,
    ) -> None:
        checked(picture, hole)
        self.given, self.hole, self.blend, self.prior = picture, hole, blend, prior
        self.judge: Liking | None = None
        self.search = Projecting(
            game, picture, search or Search(typical=TYPICAL), space=space or "z", label=label,
            seed=seed, weight=importance(hole), prior=self._disliked if prior else None,
            tell=tell, **given,
        )  # fmt: skip
        super().__init__(self._filled(game, label, seed, given))

    def _filled(
        self, game: Game, label: int | str | None, seed: int, given: dict[str, Any]
    ) -> Work[Inpainted]:
        if self.prior:
            self.judge = yield from _liking(game, label, seed, given)
        self.judged = self.judge is not None
        if not self.judged:
            self.search.aim.prior = None
        while not self.search.done:
            self.search.step()
            yield
        found = self.search.result
        return Inpainted(self.blended(found.picture), found.picture.detach().cpu(), found)

    def _disliked(self, x: Tensor) -> Tensor:
        assert self.judge is not None
        return self.prior * self.judge(x)

    @property
    def drawn(self) -> Tensor | None:
        """The whole picture that the generator makes for it so far; None before the first."""
        return self.search.picture

    def blended(self, drawn: Tensor) -> Tensor:
        """The picture with what was drawn in its hole: (channels, h, w)."""
        drawn = drawn.detach().cpu()
        if self.blend == "poisson":
            return poisson(self.given, drawn, self.hole)
        return drawn if self.blend == "none" else torch.where(self.hole, drawn, self.given)


def checked(picture: Tensor, hole: Tensor) -> None:
    """Refuses a hole that is none.

    Raises:
        UsageError: if it has another size than the picture, is empty, or leaves nothing.
    """
    if tuple(hole.shape) != tuple(picture.shape[1:]):
        raise UsageError(
            f"the mask has the shape {tuple(hole.shape)}, the picture {tuple(picture.shape[1:])}"
        )
    if not hole.any() or hole.all():
        raise UsageError(
            "the mask says where the hole is, in white; it shows "
            + ("no hole" if not hole.any() else "nothing but a hole")
        )


def fills(game: Game) -> bool:
    """Whether a game has learned to fill holes that it is shown."""
    way = game.directions().get("y")
    return way is not None and not way.also and has_hole(way.takes, way.makes)


@torch.no_grad()
def filled(game: Game, picture: Tensor, hole: Tensor) -> Tensor:
    """A picture without its hole, by a game that has learned to fill one.

    Args:
        game: one that `fills`.
        picture, hole: as for `Inpainting`.

    Raises:
        UsageError: as for `Inpainting`.
    """
    checked(picture, hole)
    x = torch.cat([torch.where(hole, -1.0, picture), hole[None] * -2.0 + 1])
    with game.showing():
        return game.generate(x=x[None].to(game.device))[0].float().clamp(-1, 1).cpu()


def importance(hole: Tensor) -> Tensor:
    """What each pixel counts: 0 in the hole, more beside it than far from it; (h, w)."""
    missing = hole.float()[None, None]
    edge = NEAR // 2
    near = avg_pool2d(pad(missing, (edge, edge, edge, edge)), NEAR, 1)[0, 0]
    return torch.where(hole, 0.0, FAR + near)


def liking(game: Game, label: int | str | None, seed: int, given: dict[str, Any]) -> Liking | None:
    """How little the discriminator likes pictures, (n, ...) -> (n,); None if there is none."""
    return Steps(_liking(game, label, seed, given)).result


def _liking(
    game: Game, label: int | str | None, seed: int, given: dict[str, Any]
) -> Work[Liking | None]:
    latent = Latent(game, "z", label, seed, **given)
    inputs = {k: x.to(game.device) for k, x in latent.others.items()}

    def judged(x: Tensor) -> Tensor:
        with game.showing():
            return game.judge(x, **{k: v.expand(len(x), *v.shape[1:]) for k, v in inputs.items()})

    points, scores = latent.draw(JUDGED, seed), list[Tensor]()
    for some in points.split(CHUNK):
        try:
            with torch.no_grad():
                scores.append(judged(latent.show(some)))
        except UsageError:  # nobody who could say
            return None
        yield
    usual = torch.cat(scores)
    mean, spread = usual.mean(), usual.std().clamp(min=1e-6)
    return lambda x: softplus(-(judged(x) - mean) / spread)


def poisson(picture: Tensor, drawn: Tensor, hole: Tensor) -> Tensor:
    """The picture with a hole that has the gradients of what was drawn (Pérez et al. 2003).

    Within the hole Δu = Δ drawn, and around it u is the picture; by conjugate gradients.
    """
    inside = hole.double()[None, None]
    ones = torch.ones_like(inside)
    cross = torch.tensor([[0.0, 1, 0], [1, 0, 1], [0, 1, 0]], dtype=torch.float64)[None, None]
    neighbours = conv2d(ones, cross, padding=1)

    def laplace(x: Tensor) -> Tensor:
        """Neighbours · x minus the sum of these, in the hole, (channels, 1, h, w)."""
        return inside * (neighbours * x - conv2d(x, cross, padding=1))

    known, guide = picture.double()[:, None], drawn.double()[:, None]
    # u = drawn + e, and e is known around the hole: laplace(e) = 0 within.
    around = (1 - inside) * (known - guide)
    rest = -laplace(around)
    e, way, left = torch.zeros_like(rest), rest, rest.square().sum((2, 3), keepdim=True)
    for _ in range(4 * int(hole.sum())):
        if float(left.max()) < 1e-12:
            break
        down = laplace(way)
        length = left / (way * down).sum((2, 3), keepdim=True).clamp(min=1e-300)
        e, rest = e + length * way, rest - length * down
        before, left = left, rest.square().sum((2, 3), keepdim=True)
        way = rest + left / before.clamp(min=1e-300) * way
    filled = torch.where(inside > 0, guide + e, known)
    return filled[:, 0].to(picture.dtype).clamp(-1, 1)

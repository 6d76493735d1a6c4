"""Dragging what a generator drew: a place that is taken hold of goes where it is wanted.

Feature maps of the generator know which part of a picture is which. So they can say in which way a
part is to go, without any flow or tracker that would have to be learned.

Xingang Pan, Ayush Tewari, Thomas Leimkühler, Lingjie Liu, Abhimitra Meka, Christian Theobalt.
SIGGRAPH 2023. https://arxiv.org/abs/2305.10973

    L = Σ_i mean_q |sg F(q) - F(q + d_i)| + λ mean |(F - F_0) (1 - M)|                     (eq. 1)
    d_i = (t_i - p_i) / ||t_i - p_i||,  q within r_1 of p_i
    p_i = argmin_q |F(q) - F_0(p_i)|,  q within r_2 of p_i                                 (eq. 2)

F are the feature maps of a layer, enlarged to the size of the picture; sg lets no gradient through;
M is 1 where the picture may change. In w+, styles of layers after F move nothing there and stay, as
the paper wants it.

Deviations: means where the paper has sums, so that λ means the same for each radius; radii that
grow with the picture, since the paper's 3 and 12 pixels, of 512, are all of a digit; any generator,
hence any layer, and z too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

from ganvas.core import Game, Image, UsageError
from ganvas.tools.chart import Chart
from ganvas.tools.descent import Adam
from ganvas.tools.latent import Latent
from ganvas.tools.layers import Layer, following, layer, layers_of, usual

Place = tuple[float, float]
"""x and y of a pixel's middle, from the left and from the top; the first pixel is at 0, 0."""
KEEP = 20.0
"""λ of the mask (the paper: 20)."""
RATE = 0.015
"""How far a coordinate goes in a step, in units of how far drawn points stray."""
NEAR = 1.0
"""A handle so near to its target, in pixels, is there (the paper: 1)."""
BETAS = (0.9, 0.999)


class Dragging:
    """A picture while parts of it are dragged.

    Args:
        latent: the space to move in.
        point: where to begin, (1, *latent.shape).
        handles: what is taken hold of.
        targets: where each is to go.
        mask: (h, w), bool: where the picture may change; all of it if None.
        layer: whose feature maps are followed, by name or number; `layers.usual` if None.
        rate: how far a coordinate goes in a step.
        keep: λ, how much what is not in the mask is to stay.

    Raises:
        UsageError: if the game draws without feature maps, there is no such layer, a place lies
            outside of the picture, handles and targets do not agree in number, or the mask has
            another size.
    """

    def __init__(
        self,
        latent: Latent,
        point: Tensor,
        handles: Sequence[Place],
        targets: Sequence[Place],
        mask: Tensor | None = None,
        *,
        layer: str | None = None,
        rate: float = RATE,
        keep: float = KEEP,
    ) -> None:
        self.latent, self.chart, self.rate, self.keep = latent, Chart(latent), rate, keep
        self.size = size_of(latent.game)
        self.layer = layer_for(latent.game, layer, latent.others)
        self.near_radius, self.far_radius = radii(self.size)
        checked(handles, targets, mask, self.size)
        if not (rate > 0 and keep >= 0):
            raise UsageError(f"rate must be above 0 and keep 0 or more, not {rate:g} and {keep:g}")
        self.fixed = None if mask is None else (~mask.bool()).float().to(latent.game.device)
        self.steps = 0
        self.start = point.detach().to(latent.game.device)
        self.x = self.chart.coordinates(self.start)
        self.rows = Adam(self.x, BETAS)
        with torch.no_grad():
            self._picture, self.first = self._drawn(self.x)
        self.begun = self.picture
        """What the start shows."""
        self.hold(handles, targets)

    def hold(self, handles: Sequence[Place], targets: Sequence[Place]) -> None:
        """Takes hold of other parts of what is drawn now, or wants them elsewhere.

        Raises:
            UsageError: as when it began.
        """
        checked(handles, targets, None, self.size)
        device = self.x.device
        self.handles = torch.tensor(handles, dtype=torch.float32, device=device).view(-1, 2)
        self.targets = torch.tensor(targets, dtype=torch.float32, device=device).view(-1, 2)
        with torch.no_grad():
            features = self.first if self.steps == 0 else self._drawn(self.x)[1]
            self.known = at(features, self.handles)

    def step(self) -> None:
        """One step towards the targets, and then another look where the handles are; quick."""
        if self.done:
            return
        self.rows.go(self._loss, self.rate)
        with torch.no_grad():
            self.x = self.rows.x.clone()
            self._picture, features = self._drawn(self.x)
            self._track(features)
        self.steps += 1

    @property
    def picture(self) -> Tensor:
        """What is drawn now: (channels, h, w)."""
        return self._picture[0]

    @property
    def point(self) -> Tensor:
        """The point that it is drawn from, (1, *latent.shape)."""
        return self.chart.points(self.x)

    @property
    def distances(self) -> Tensor:
        """How far each handle is from its target, in pixels: (k,)."""
        return (self.targets - self.handles).norm(dim=1)

    @property
    def done(self) -> bool:
        """Whether all handles are where they are wanted."""
        return bool((self.distances <= NEAR).all())

    def _drawn(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The picture, and its feature maps at the same size: (1, c, h, w), (1, units, h, w)."""
        with following(self.layer) as maps:
            picture = self.chart.show(x)
        wide = interpolate(maps[-1], self.size, mode="bilinear", align_corners=False)
        return picture, wide

    def _loss(self, x: Tensor) -> Tensor:
        return self.loss(self._drawn(x)[1])[None]

    def loss(self, features: Tensor) -> Tensor:
        """What is to be small, of the feature maps (1, units, h, w): eq. 1."""
        way = self.targets - self.handles
        far = way.norm(dim=1, keepdim=True)
        # A handle that has arrived stays: it has no way to go, and no pull. The last step is short.
        steps = way / far.clamp(min=1.0)
        total = features.new_zeros(())
        for handle, d, distance in zip(self.handles, steps, far[:, 0], strict=True):
            if distance <= NEAR:
                continue
            around = handle + disc(self.near_radius, handle.device)
            still = at(features.detach(), around)
            total = total + (still - at(features, around + d)).abs().mean()
        if self.fixed is not None:
            total = total + self.keep * ((features - self.first).abs() * self.fixed).mean()
        return total

    def _track(self, features: Tensor) -> None:
        """Looks for each handle near where it was: eq. 2."""
        h, w = self.size
        top = self.handles.new_tensor([w - 1, h - 1])
        reach = self.far_radius
        for i, handle in enumerate(self.handles):
            around = handle + disc(reach, handle.device)
            around = around[((around >= 0) & (around <= top)).all(1)]
            off = (at(features, around) - self.known[i]).abs().sum(1)
            self.handles[i] = around[off.argmin()]


def at(features: Tensor, places: Tensor) -> Tensor:
    """The features of places, between pixels too: (1, units, h, w), (k, 2) -> (k, units)."""
    h, w = features.shape[2:]
    grid = (2 * places + 1) / places.new_tensor([w, h]) - 1
    found = grid_sample(features, grid[None, None], padding_mode="border", align_corners=False)
    return found[0, :, 0].T


def disc(radius: int, device: torch.device) -> Tensor:
    """All whole steps within a radius, the nearest first: (k, 2)."""
    line = torch.arange(-radius, radius + 1, device=device, dtype=torch.float32)
    y, x = torch.meshgrid(line, line, indexing="ij")
    steps = torch.stack([x.flatten(), y.flatten()], 1)
    steps = steps[steps.norm(dim=1) <= radius]
    return steps[steps.norm(dim=1).argsort(stable=True)]


def radii(size: tuple[int, int]) -> tuple[int, int]:
    """r_1 and r_2 for a picture: the paper's 3 and 12 where it is large, less where it is small."""
    side = min(size)
    return min(3, max(1, round(side / 32))), min(12, max(2, round(side / 10)))


def size_of(game: Game) -> tuple[int, int]:
    """Height and width of a game's pictures."""
    assert isinstance(game.output, Image)
    return game.output.height, game.output.width


def layer_for(game: Game, wanted: str | None, given: dict[str, Tensor]) -> Layer:
    """The layer whose feature maps are followed.

    Raises:
        UsageError: if there is none, or none of that name.
    """
    found = layers_of(game, **given)
    return usual(game, found) if wanted is None else layer(found, wanted)


def checked(
    handles: Sequence[Place], targets: Sequence[Place], mask: Tensor | None, size: tuple[int, int]
) -> None:
    """Refuses what cannot be dragged.

    Raises:
        UsageError: as for `Dragging`.
    """
    h, w = size
    if not handles:
        raise UsageError("drag what? give a handle and its target, one or several")
    if len(handles) != len(targets):
        raise UsageError(f"each handle needs a target: {len(handles)} and {len(targets)} are given")
    for x, y in (*handles, *targets):
        if not (math.isfinite(x) and 0 <= x <= w - 1 and math.isfinite(y) and 0 <= y <= h - 1):
            raise UsageError(
                f"the point {x:g},{y:g} lies outside of the picture, whose pixels are 0,0 to "
                f"{w - 1},{h - 1} (from the left, from the top)"
            )
    if mask is not None and tuple(mask.shape) != size:
        raise UsageError(f"a mask has the size of the picture, {size}, not {tuple(mask.shape)}")
    if mask is not None and not mask.any():
        raise UsageError("the mask says where the picture may change, in white; it shows no white")

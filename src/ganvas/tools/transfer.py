"""An edit, carried over to the picture that it was made for: its detail stays, and moves along.

What a generator makes of a photograph lacks most of what is fine in it. So not the pixels of the
edit are taken over, but its motion and its change of colour (Zhu et al. 2016, arXiv:1609.03552,
"edit transfer"), which are smooth, and hence can be had small:

    min over u, A of  Σ ||J(q) - A(q) I(q + u(q))||² + σ_s ||∇u||² + σ_c ||∇A||²

between each two neighbours I, J on the way from the start to the result; u are pixels, A maps
colours to colours (an affine map for each pixel). The flows are then joined. The authors solve for
u and A in turn; here both go downhill together, by L-BFGS, from a quarter of the size to the whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

from ganvas.core import UsageError
from ganvas.tools.descent import LBFGS
from ganvas.tools.steps import Steps, Work

UNIT = 16
"""In the descent a motion of 1 is this part of a side."""
SMOOTH, PLAIN = 0.02, 0.5
"""σ_s, of motion in this unit, and σ_c."""
STEPS = 40
"""Evaluations at each size."""
LEAST = 8
"""No flow is looked for at fewer pixels of the shorter side."""


@dataclass(frozen=True)
class Flow:
    """Where each pixel comes from, and what becomes of its colour; rows are pairs of pictures."""

    motion: Tensor
    """u: (n, 2, h, w), to the right and down, in parts of the width and of the height."""
    colour: Tensor
    """A: (n, channels, channels + 1, h, w); the last column is added."""

    def __call__(self, pictures: Tensor) -> Tensor:
        """Pictures (n, channels, h, w) as they come out of it."""
        warped = sampled(pictures, self.motion)
        turned = torch.einsum("nijhw,njhw->nihw", self.colour[:, :, :-1], warped)
        return turned + self.colour[:, :, -1]

    def resized(self, size: tuple[int, int]) -> Flow:
        """The same for pictures of another size."""
        n, c, k, *_ = self.colour.shape
        colour = interpolate(self.colour.flatten(1, 2), size, mode="bilinear")
        motion = interpolate(self.motion, size, mode="bilinear")
        return Flow(motion, colour.view(n, c, k, *size))

    def joined(self) -> Flow:
        """All rows one after another, as one: the first is the one that is applied first."""
        motion, colour = self.motion[:1], self.colour[:1]
        for u, a in zip(self.motion[1:, None], self.colour[1:, None], strict=True):
            before = sampled(colour.flatten(1, 2), u).view_as(colour)
            motion = u + sampled(motion, u)
            turned = torch.einsum("nijhw,njkhw->nikhw", a[:, :, :-1], before)
            turned[:, :, -1] += a[:, :, -1]
            colour = turned
        return Flow(motion, colour)


def transferred(original: Tensor, frames: Tensor) -> Tensor:
    """An original with the edit that some frames show.

    Args:
        original: (channels, height, width), of any size with the shape of the frames.
        frames: from the start to the result, (n, channels, h, w); the start is like the original.

    Raises:
        UsageError: if there are not two frames, or of other channels.
    """
    return Transfer(original, frames).result


class Transfer(Steps[Tensor]):
    """An edit while it is carried over.

    Args:
        original, frames: as for `transferred`.

    Raises:
        UsageError: as for `transferred`.
    """

    def __init__(self, original: Tensor, frames: Tensor) -> None:
        if len(frames) < 2 or frames.shape[1] != original.shape[0]:
            raise UsageError(
                f"an edit is two frames or more with the channels of the original, "
                f"{len(original)}, and not {tuple(frames.shape)}"
            )
        self.size: tuple[int, int] = original.shape[1], original.shape[2]
        self._gone, self._all = 0, len(_sizes(frames)) * STEPS + 2
        super().__init__(self._carried(original.to(frames)[None], frames))

    def step(self) -> None:
        """One evaluation, for all neighbours at a size."""
        super().step()
        self._gone += 1

    @property
    def progress(self) -> float:
        """How far it is, 0 to 1."""
        return min(1.0, self._gone / self._all)

    def _carried(self, original: Tensor, frames: Tensor) -> Work[Tensor]:
        found = yield from _flow_of(frames[:-1], frames[1:])
        whole = found.joined().resized(self.size)
        yield
        return whole(original)[0].clamp(-1, 1)


def flow(before: Tensor, after: Tensor) -> Flow:
    """The flow from each picture to another: (n, channels, h, w) both."""
    return Steps(_flow_of(before, after)).result


def _flow_of(before: Tensor, after: Tensor) -> Work[Flow]:
    n, c = before.shape[:2]
    # Where they do not differ, all of this is 0: no motion, and colours as they are.
    x = before.new_zeros(n, 2 + c * (c + 1), 1, 1)
    for size in _sizes(before):
        smaller = [interpolate(p, size, mode="area") for p in (before, after)]
        x = interpolate(x, size, mode="bilinear")
        rows = LBFGS(x.flatten(1))
        for _ in range(STEPS):
            rows.go(lambda y, s=size, p=smaller: _energy(_as_flow(y, c, s), *p))  # type: ignore[misc]
            yield
        x = rows.x.view(n, -1, *size)
    return _as_flow(x.flatten(1), c, before.shape[2:])


def _sizes(pictures: Tensor) -> list[torch.Size]:
    """The sizes at which a flow is looked for, the smallest first."""
    sizes = [pictures.shape[2:]]
    while min(sizes[0]) >= 2 * LEAST and len(sizes) < 3:
        sizes.insert(0, torch.Size(side // 2 for side in sizes[0]))
    return sizes


def sampled(pictures: Tensor, motion: Tensor) -> Tensor:
    """Pictures (n, channels, h, w) as seen at q + u(q), between pixels too."""
    h, w = motion.shape[2:]
    y = (torch.arange(h, device=motion.device) * 2 + 1) / h - 1
    x = (torch.arange(w, device=motion.device) * 2 + 1) / w - 1
    here = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)
    grid = here + 2 * motion.permute(0, 2, 3, 1)
    return grid_sample(pictures, grid, padding_mode="border", align_corners=False)


def _as_flow(x: Tensor, channels: int, size: torch.Size) -> Flow:
    """Coordinates (n, d) as a flow."""
    parts = x.view(len(x), -1, *size)
    colour = parts[:, 2:].reshape(len(x), channels, channels + 1, *size)
    as_they_are = torch.eye(channels, channels + 1, dtype=x.dtype, device=x.device)
    return Flow(parts[:, :2] / UNIT, colour + as_they_are[..., None, None])


def _energy(found: Flow, before: Tensor, after: Tensor) -> Tensor:
    """What is to be small, (n,); sums over pixels, so that a step is as long at each size."""
    off = (found(before) - after).square().sum((1, 2, 3))
    rough = _roughness(found.motion * UNIT) * SMOOTH + _roughness(found.colour) * PLAIN
    return off + rough


def _roughness(x: Tensor) -> Tensor:
    """The squares of all differences between neighbours: (n,)."""
    pairs = (x.diff(dim=-1), x.diff(dim=-2))
    return torch.stack([d.square().flatten(1).sum(1) for d in pairs]).sum(0)

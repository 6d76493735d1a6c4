"""Where units are strong, where concepts are, and how well the two agree, counted in pixels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import interpolate

LEVELS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99)
"""Shares of a unit's values below the thresholds that are tried."""
SIDE = 64
"""Larger pictures are compared at every second, third ... pixel."""


@dataclass
class Counts:
    """Pixels: where units are strong, where concepts are, where both are."""

    strong: Tensor
    """(levels, units)"""
    there: Tensor
    """(concepts,)"""
    both: Tensor
    """(levels, units, concepts)"""
    pixels: int = 0

    @classmethod
    def none(cls, levels: Tensor, concepts: int) -> Counts:
        """Nothing counted yet."""
        zeros = torch.zeros(*levels.shape, concepts, dtype=torch.float64)
        return cls(zeros[..., 0].clone(), zeros[0, 0].clone(), zeros)

    def add(self, maps: Tensor, masks: Tensor, levels: Tensor) -> None:
        """Counts a batch: maps (n, units, h, w), masks (concepts, n, H, W), levels (L, units)."""
        stride = -(-max(masks.shape[2:]) // SIDE)
        masks = masks[:, :, ::stride, ::stride]
        large = enlarged(maps, (masks.shape[2], masks.shape[3])).transpose(0, 1).flatten(1)
        flat = masks.flatten(1).float().T  # (pixels, concepts)
        for i, level in enumerate(levels):
            strong = (large > level[:, None]).float()
            self.strong[i] += strong.sum(1)
            self.both[i] += strong @ flat
        self.there += flat.sum(0)
        self.pixels += len(flat)

    def iou(self) -> Tensor:
        """(levels, units, concepts); 0 where neither is anywhere."""
        either = self.strong[..., None] + self.there - self.both
        return (self.both / either.clamp(min=1)).float()

    def quality(self) -> Tensor:
        """I(u; c) / H(u, c), (levels, units, concepts); 0 where they exclude each other."""
        u, c = self.strong[..., None] / self.pixels, self.there / self.pixels
        p = self.both / self.pixels
        joint = sum(map(_information, (p, u - p, c - p, 1 - u - c + p)))
        mutual = sum(map(_information, (u, 1 - u, c, 1 - c))) - joint
        return torch.where(p > u * c, mutual / torch.clamp(torch.as_tensor(joint), min=1e-12), 0.0)


def enlarged(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Feature maps (n, units, h, w) at the size of the picture."""
    return interpolate(maps, size, mode="bilinear", align_corners=False)


def _information(p: Tensor) -> Tensor:
    """-p log p, and 0 for 0."""
    return torch.special.entr(p.clamp(min=0))


def levels_of(maps: Tensor) -> Tensor:
    """The thresholds to try for each unit: (levels, units)."""
    values = maps.transpose(0, 1).flatten(1)
    values = values[:, :: -(-values.shape[1] // 16_384)]
    return values.quantile(torch.tensor(LEVELS), 1)

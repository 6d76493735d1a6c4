"""A network that names what each pixel of a facade shows: the judge of the pix2pix tables.

It learns from real pictures and their maps. On made pictures it finds what was asked for only if
they look like real ones: Isola et al. 2017 call that the FCN-score (section 3.4).
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ganvas.data.shapes import classes_of, kinds
from ganvas.data.source import Source

WORD = "shapes:facades"
STEPS, BATCH, RATE = 1_200, 16, 3e-3


class Segmenter(nn.Module):
    """Pictures (n, 3, h, w) -> logits (n, kinds, h, w); sides are multiples of 8."""

    def __init__(self, width: int = 12) -> None:
        super().__init__()
        maps = [width, 2 * width, 4 * width, 4 * width]
        self.first = _layer(3, maps[0])
        steps = [*pairwise(maps)]
        self.down = nn.ModuleList(_layer(a, b, stride=2) for a, b in steps)
        self.up = nn.ModuleList(_layer(a + b, a) for a, b in reversed(steps))
        self.out = nn.Conv2d(maps[0], len(kinds(WORD)), 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        seen = [x]
        for layer in self.down:
            x = layer(x)
            seen.append(x)
        for layer, skip in zip(self.up, reversed(seen[:-1]), strict=True):
            larger = nn.functional.interpolate(x, scale_factor=2)
            x = layer(torch.cat([larger, skip], 1))
        return self.out(x)


def _layer(before: int, after: int, stride: int = 1) -> nn.Module:
    conv = nn.Conv2d(before, after, 3, stride, 1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(after), nn.ReLU(inplace=True))


def trained(source: Source, seed: int) -> Segmenter:
    """A segmenter of the pairs of a source."""
    torch.manual_seed(seed)
    net, table = Segmenter(), source.tables[0]
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=1e-3, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=STEPS)
    for _ in range(STEPS):
        rows = table.fetch(torch.randint(len(table), (BATCH,)))
        loss = cross_entropy(net(_varied(rows["y"])), classes_of(rows["x"], WORD))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return net.eval().requires_grad_(False)


def _varied(y: Tensor) -> Tensor:
    """In another light, so that it goes by form and texture and not by shades alone."""
    light = 1 + 0.2 * (torch.rand(len(y), 3, 1, 1) - 0.5)
    return ((y + 1) * light - 1).clamp(-1, 1)


@torch.no_grad()
def scores(net: nn.Module, pictures: Tensor, truth: Tensor) -> dict[str, float]:
    """How well the kinds of pixels are found.

    Args:
        net: the segmenter.
        pictures: (n, 3, h, w) in [-1, 1].
        truth: the kinds, (n, h, w).
    """
    named = torch.cat([net(some).argmax(1) for some in pictures.split(50)])
    return agreement(named, truth, len(kinds(WORD)))


def agreement(named: Tensor, truth: Tensor, count: int) -> dict[str, float]:
    """Per-pixel accuracy, per-class accuracy and class IoU (Long et al. 2015), as in the tables.

    Of classes that there are; `named` and `truth` are int64 of the same shape.
    """
    both = torch.bincount((truth * count + named).flatten(), minlength=count * count)
    table = both.view(count, count).double()
    right, real, said = table.diag(), table.sum(1), table.sum(0)
    there = real > 0
    return {
        "per-pixel accuracy": float(right.sum() / table.sum()),
        "per-class accuracy": float((right / real)[there].mean()),
        "class IoU": float((right / (real + said - right))[there].mean()),
    }

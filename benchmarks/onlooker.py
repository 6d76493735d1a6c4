"""Features that see fine detail: how unlike two pictures are to somebody who looks at them.

A small network of 3x3 convolutions, in the five blocks of VGG, learns which of seven photographs a
patch is from, in grey and in varied light, so that it must go by what things are made of. Pictures
are then compared as in LPIPS (Zhang et al. 2018, arXiv:1801.03924, section 3) without its learned
weights: the maps of each block, brought to length 1 at each place, by their squared differences.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from ganvas import data
from ganvas.data.partners import LUMA

STEPS, BATCH, RATE, PATCH = 800, 64, 1e-3, 32
MAPS = (1, 16, 32, 64, 64, 64)
"""Of five blocks, as VGG has them."""


class Onlooker(nn.Module):
    """Pictures (n, 3, h, w) -> the maps of its blocks, each of half the size of the one before."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, 1, 1), nn.ReLU(), nn.Conv2d(b, b, 3, 1, 1), nn.ReLU())
            for a, b in pairwise(MAPS)
        )
        self.out = nn.Linear(MAPS[-1], classes)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = (x * x.new_tensor(LUMA).view(3, 1, 1)).sum(1, keepdim=True)
        seen = []
        for block in self.blocks:
            seen.append(block(nn.functional.max_pool2d(x, 2) if seen else x))
            x = seen[-1]
        return seen

    def logits(self, x: Tensor) -> Tensor:
        """Which photograph each is from: (n, classes)."""
        return self.out(self(x)[-1].mean((2, 3)))


@cache
def trained() -> Onlooker:
    """The one that learned from the parts of the photographs that others learn from too."""
    source = data.load("photos", size=2 * PATCH, fields=("x", "label"))
    table = source.tables[0]
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(0)
        net = Onlooker(source.spaces["label"].classes)  # type: ignore[attr-defined]
        optimiser = torch.optim.AdamW(net.parameters(), RATE, fused=True)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=STEPS)
        for _ in range(STEPS):
            rows = table.fetch(torch.randint(len(table), (BATCH,)))
            loss = cross_entropy(net.logits(_glimpses(rows["x"])), rows["label"])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return net.eval().requires_grad_(False)


def _glimpses(x: Tensor) -> Tensor:
    """A part of each, in another light: it tells nothing to know how bright a photograph is."""
    top, left = torch.randint(PATCH + 1, (2,)).tolist()
    x = x[..., top : top + PATCH, left : left + PATCH]
    light, contrast = torch.rand(2, len(x), 1, 1, 1)
    return (x - x.mean((1, 2, 3), keepdim=True)) * (0.5 + contrast) + light - 0.5


@torch.no_grad()
def distances(made: Tensor, true: Tensor) -> Tensor:
    """Between pictures (n, 3, h, w) and the true ones: (n,), 0 if they are equal."""
    net = trained()
    found = []
    for a, b in zip(made.split(100), true.split(100), strict=True):
        layers = zip(net(a), net(b), strict=True)
        apart = [(normalize(p, dim=1) - normalize(q, dim=1)).square().sum(1) for p, q in layers]
        found.append(torch.stack([each.mean((1, 2)) for each in apart]).sum(0))
    return torch.cat(found)

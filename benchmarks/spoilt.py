"""What do feature spaces see? Real pictures are spoilt, and compared with others that are not.

    python -m benchmarks.spoilt                 emoji and digits
    python -m benchmarks.spoilt --table         what was measured

2,000 pictures of those that a game would learn from are compared with those that are held back, as
they are and spoilt in ways that anybody sees: blurred over 5x5 pixels, with noise, each the mean of
two, cut in tiles of an eighth of the side that change places, or nothing but noise. The figure is
the Fréchet distance in the features of a classifier trained on the labels, and in those of a
network with random weights. A space in which something spoilt is as near as what is not does not
see that fault.

Prints a line for each source and keeps it in results/spoilt.json.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from benchmarks import kept
from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

from ganvas.data import Source, load
from ganvas.metrics.features import Features, features
from ganvas.metrics.frechet import Moments, frechet_distance

PART, PICTURES = "spoilt", 2000
NAMES = {"spoilt:emoji": {"size": 32, "channels": 3}, "spoilt:digits": {}}
SPACES = ("classifier", "random")
Spoil = Callable[[Tensor, torch.Generator], Tensor]


def blurred(x: Tensor, _: torch.Generator) -> Tensor:
    return avg_pool2d(pad(x, (2, 2, 2, 2), mode="replicate"), 5, 1)


def noisy(x: Tensor, draws: torch.Generator) -> Tensor:
    return x + 0.2 * torch.randn(x.shape, generator=draws)


def of_two(x: Tensor, draws: torch.Generator) -> Tensor:
    return (x + x[torch.randperm(len(x), generator=draws)]) / 2


def shuffled(x: Tensor, draws: torch.Generator) -> Tensor:
    """Tiles of an eighth of the side, in another order in each picture."""
    n, channels, h, w = x.shape
    tiles = x.view(n, channels, 8, h // 8, 8, w // 8).permute(0, 2, 4, 1, 3, 5).flatten(1, 2)
    order = torch.rand(n, 64, generator=draws).argsort(1)
    tiles = tiles[torch.arange(n)[:, None], order].view(n, 8, 8, channels, h // 8, w // 8)
    return tiles.permute(0, 3, 1, 4, 2, 5).reshape(x.shape)


def noise(x: Tensor, draws: torch.Generator) -> Tensor:
    return torch.rand(x.shape, generator=draws) * 2 - 1


WAYS: dict[str, Spoil] = {
    "as they are": lambda x, _: x,
    "noisy": noisy,
    "blurred": blurred,
    "means of two": of_two,
    "tiles shuffled": shuffled,
    "noise alone": noise,
}


@torch.no_grad()
def measured(name: str, seed: int, folder: Path) -> kept.Row:
    """Each way to spoil, in each space."""
    del folder
    given = NAMES[name]
    source = load(name.partition(":")[2], split="train", **given)
    known, held = pictures(source), pictures(load(source.name, split="test", **given))
    draws = torch.Generator().manual_seed(seed)
    chosen = known[torch.randint(len(known), (PICTURES,), generator=draws)]
    row: kept.Row = {"seed": seed}
    for space in SPACES:
        seen = features(space, source.tables[0].spaces["x"], source)
        for way, spoil in WAYS.items():
            distance = between(seen, spoil(chosen, draws), held)
            row[f"{space}, {way}"] = round(distance, 4)
    return row


def pictures(source: Source) -> Tensor:
    """All rows of a source: (n, channels, h, w)."""
    table = source.tables[0]
    return table.fetch(torch.arange(len(table)))["x"].float()


def between(seen: Features, one: Tensor, other: Tensor) -> float:
    """The Fréchet distance of two sets of pictures."""
    found = [Moments(seen.dims) for _ in range(2)]
    for moments, x in zip(found, (one, other), strict=True):
        moments.add(seen(x))
    return frechet_distance(*(part for m in found for part in (m.mean, m.covariance)))


def table() -> Iterator[str]:
    """A line for each way to spoil, the spaces of each source side by side."""
    there = [name.partition(":")[2] for name in NAMES]
    columns = [(source, space) for source in there for space in SPACES]
    yield f"{'':<16}" + "".join(f"{source + ', ' + space:>20}" for source, space in columns)
    for way in WAYS:
        cells = [
            kept.cell(PART, f"{PART} of {source}", f"{space}, {way}", ".2f")
            for source, space in columns
        ]
        yield f"{way:<16}" + "".join(f"{cell:>20}" for cell in cells)


if __name__ == "__main__":
    what = __doc__.splitlines()[0]
    kept.measure("python -m benchmarks.spoilt", what, PART, [*NAMES], measured, table)

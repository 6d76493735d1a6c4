"""Explore: samples, a map between four, sums, directions, styles, and films of the way.

The four-corner map is the plane of "Logo Synthesis and Manipulation with Clustered GANs" (Sage et
al. 2018, arXiv:1712.04407); sums are those of DCGAN (Radford et al. 2015, arXiv:1511.06434).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import torch
from torch import Tensor

from ganvas.core import UsageError
from ganvas.studio.controls import codes_of, draws, facts, label_of
from ganvas.studio.doing import Answers, Ask, Said, Wrong, does
from ganvas.studio.kept import Spot, drawn, spot, spots, together
from ganvas.studio.pictures import shown
from ganvas.studio.shelf import Opened
from ganvas.studio.wording import Words
from ganvas.tools import directions
from ganvas.tools.explore.action import styles_of
from ganvas.tools.latent import Latent

MOST = 64
REACH = 6.0
SEED = 2**31 - 1


@does("explore.open")
def begin(ask: Ask) -> dict[str, Any]:
    """What the page has to know of a run."""
    return facts(_opened(ask))


@does("explore.sample")
def sample(ask: Ask) -> Answers:
    """Pictures of seeds, from one on."""
    opened, n, seed = _opened(ask), ask.whole("n", 1, MOST, 24), ask.whole("seed", 0, SEED, 0)
    level = ask.number("truncation", -2, 10) if ask.has("truncation") else None
    latent, seeds = opened.latent(), [seed + i for i in range(n)]
    x = latent.at(seeds, level).cpu()
    _set_codes(ask, opened, x)
    labels = _labels(ask, opened, n)
    yield from drawn(
        ask,
        [
            Spot(opened.name, latent.space, label, x[i : i + 1], _about(opened, seeds[i], label))
            for i, label in enumerate(labels)
        ],
    )


@does("explore.map")
def on_the_map(ask: Ask) -> Answers:
    """The picture at a place between four corners: across from the left, down from above."""
    corners = spots(ask, "corners", 4, 4)
    at = torch.tensor([[ask.number("across", 0, 1), ask.number("down", 0, 1)]])
    latent, x = together(ask, corners)
    yield from drawn(ask, [_like(corners[0], _bilinear(latent, x, at))])


@does("explore.sheet")
def sheet(ask: Ask) -> Answers:
    """The whole map in small, a row at each step."""
    corners, n = spots(ask, "corners", 4, 4), ask.whole("n", 2, 12, 7)
    latent, x = together(ask, corners)
    across = torch.linspace(0, 1, n)
    for row, down in enumerate(across.tolist()):
        at = torch.stack([across, torch.full_like(across, down)], 1)
        pictures = latent.show(_bilinear(latent, x, at)).cpu()
        strip = torch.cat(list(pictures), 2)
        yield shown(str(row), strip)


def _bilinear(latent: Latent, corners: Tensor, at: Tensor) -> Tensor:
    """Points between four corners, above left, above right, below left, below right."""
    a, b, c, d = corners[:, None]
    left, right = latent.between(a, c, at[:, 1]), latent.between(b, d, at[:, 1])
    return latent.between(left, right, at[:, 0]).cpu()


@does("explore.sum")
def total(ask: Ask) -> Answers:
    """Start - minus + plus, of the means of groups; `rescale` brings it to where points lie."""
    groups = {name: spots(ask, name, least) for name, least in
              (("start", 1), ("minus", 0), ("plus", 0))}  # fmt: skip
    latent, _ = together(ask, [each for group in groups.values() for each in group])
    means = {name: torch.cat([s.x for s in g]).mean(0, keepdim=True)
             for name, g in groups.items() if g}  # fmt: skip
    x = means["start"] - means.get("minus", 0) + means.get("plus", 0)
    missing = ("minus" in means) != ("plus" in means)
    centre = latent.centre.cpu()
    if missing:  # one mean too many or too few: back to where points lie
        x = x + centre if "minus" in means else x - centre
    if ask.flag("rescale"):
        away = x - centre
        x = centre + away * (latent.norm / away.norm().clamp_min(1e-12))
    yield from drawn(ask, [_like(groups["start"][0], x)])


@does("explore.directions")
def found(ask: Ask) -> Answers:
    """The strongest directions of a run, and how much each explains."""
    opened, k = _opened(ask), ask.whole("n", 1, 12, 6)
    method = ask.word("method", ("pca", "sefa"), "pca")
    steps, shares = yield from _directions(opened, method, k)
    return {"shares": shares, "n": len(steps)}


@does("explore.move")
def move(ask: Ask) -> Answers:
    """A picture moved along directions, each by so many standard deviations."""
    start, amounts = spot(ask), ask.numbers("amounts", -REACH, REACH, 12)
    method = ask.word("method", ("pca", "sefa"), "pca")
    layers = ask.word("layers", default="all")
    latent, opened = start.latent(ask), ask.desk.shelf.open(start.run)
    steps, _ = yield from _directions(opened, method, len(amounts))
    there = torch.einsum("k,k...->...", torch.tensor(amounts), steps)
    if layers == "all" or start.space == "z":
        yield from drawn(ask, [_like(start, start.x + there)])
        return
    x = latent.styles(start.x).clone().cpu()
    x[:, styles_of(layers, x.shape[1], opened.game.name)] += there
    yield from drawn(ask, [Spot(start.run, "w+", start.label, x)])


def _directions(
    opened: Opened, method: str, k: int
) -> Generator[Said | None, None, tuple[Tensor, list[float]]]:
    """The first directions of a run; they are looked for once, and it is told how far that is."""
    key = ("directions", method)
    if key not in opened.found:
        latent = opened.latent()
        find = directions.pca_in_parts if method == "pca" else directions.sefa_in_parts
        opened.found[key] = yield from _told(find(latent, min(12, latent.shape[-1])))
    there: directions.Directions = opened.found[key]
    return there.steps[:k].cpu(), [round(x, 4) for x in there.shares[:k].tolist()]


def _told(finding: directions.Finding) -> Generator[Said, None, directions.Directions]:
    while True:
        try:
            yield Said({"progress": round(next(finding), 3)})
        except StopIteration as end:
            return end.value


@does("explore.mix")
def mix(ask: Ask) -> Answers:
    """A picture with some of its styles from another."""
    a, b = spot(ask, "a"), spot(ask, "b")
    if a.run != b.run:
        raise Wrong("these pictures are of two generators; take those of one")
    wide = ask.desk.shelf.open(a.run).latent("w+", a.label)
    mixed, other = (each.latent(ask).styles(each.x).clone().cpu() for each in (a, b))
    chosen = styles_of(ask.word("styles", default="coarse"), wide.shape[0], wide.game.name)
    mixed[:, chosen] = other[:, chosen]
    yield from drawn(ask, [Spot(a.run, "w+", a.label, mixed)])


@does("explore.between")
def between(ask: Ask) -> Answers:
    """The picture at a place of the way from picture to picture."""
    stops = spots(ask, "points", 2)
    latent, x = together(ask, stops)
    t = ask.number("at", 0, 1) * (len(x) - 1)
    yield from drawn(ask, [_like(stops[0], way(latent, x, torch.tensor([t])))])


def way(latent: Latent, stops: Tensor, t: Tensor) -> Tensor:
    """Points of the way through stops; t = 1.5 is the middle between the second and the third."""
    from_ = t.floor().long().clamp(0, len(stops) - 2)
    return latent.between(stops[from_], stops[from_ + 1], t - from_).cpu()


# -- what is asked -------------------------------------------------------------------------------


def _opened(ask: Ask) -> Opened:
    opened = ask.desk.shelf.open(ask.word("run"))
    if not draws(opened.game):
        raise UsageError(
            Words("{run} makes pictures of pictures: take it to Translate", run=opened.name)
        )
    return opened


def _like(start: Spot, x: Tensor) -> Spot:
    return Spot(start.run, start.space, start.label, x)


def _about(opened: Opened, seed: int, label: int | None) -> dict[str, Any]:
    space = label_of(opened.game)
    if label is None or space is None:
        return {"seed": seed}
    return {"seed": seed, "label": space.names[label] if space.names else str(label)}


def _labels(ask: Ask, opened: Opened, n: int) -> Sequence[int | None]:
    """The class of each picture: the one that is asked for, or each in turn."""
    space = label_of(opened.game)
    if space is None:
        return [None] * n
    if ask.has("label"):
        return [ask.whole("label", 0, space.classes - 1)] * n
    return [i % space.classes for i in range(n)]


def _set_codes(ask: Ask, opened: Opened, x: Tensor) -> None:
    """The codes that are asked for, the same in all points of z."""
    for name, where in codes_of(opened.game).items():
        if ask.has(name):
            values = ask.numbers(name, -REACH, REACH)
            if len(values) != where.stop - where.start:
                raise Wrong("{name} are {n} numbers", name=name, n=where.stop - where.start)
            x[:, where] = torch.tensor(values)

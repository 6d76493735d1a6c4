"""Insides: the feature maps of a picture, and what single units draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ganvas import data
from ganvas.core import Count, Image, Label, UsageError
from ganvas.metrics.features import features
from ganvas.tools.ablation import effects, strip
from ganvas.tools.dissection import Dissection, dissect, exhibits
from ganvas.tools.explore.action import Action, Sheet, Study, blank
from ganvas.tools.latent import Latent
from ganvas.tools.layers import Layer, critics_layers, layer, layers_of, reading, usual

GAP = 12
"""Pixels between feature maps, which have no edge of their own."""


@dataclass(frozen=True)
class Features(Action):
    """The feature maps of a picture, layer by layer, each from its darkest to its brightest."""

    of: Literal["G", "D"] = "G"
    """Whose: those of the generator that make the picture, or of the discriminator that judge
    it."""
    layer: str | None = None
    """All maps of one layer, by its number or name; of each layer some unless given."""
    number: Count = 12
    """Maps of each layer: those that vary most."""

    def sheet(self, study: Study) -> Sheet:
        latent, game = study.latent, study.latent.game
        picture = latent.show(latent.draw(1, self.seed))
        given = {name: x.to(picture.device) for name, x in latent.others.items()}
        if self.of == "G":
            layers = layers_of(game, **given)
        else:
            layers = critics_layers(game, picture.repeat(2, 1, 1, 1), **given)
        chosen = _finished(layers) if self.layer is None else [layer(layers, self.layer)]
        with torch.no_grad(), reading(chosen) as maps:
            if self.of == "G":
                latent.show(latent.draw(1, self.seed))
            else:
                game.scores(picture, given)
        numbers = [layers.index(one) for one in chosen]
        if self.layer is not None:
            return self._whole(chosen[0], maps[chosen[0].name][0], picture[0])
        return self._some(dict(zip(numbers, chosen, strict=True)), maps, picture[0])

    def _some(self, chosen: dict[int, Layer], maps: dict[str, Tensor], picture: Tensor) -> Sheet:
        """The maps of each layer that vary most, a row each, below the picture."""
        k = min(self.number, max(one.units for one in chosen.values()))
        rows = [torch.stack([picture, *[blank(picture)] * (k - 1)])]
        units = {}
        for one in chosen.values():
            found = maps[one.name][0].float()
            best = found.flatten(1).std(1, correction=0).topk(min(k, one.units)).indices.sort()
            units[one.name] = best.values.tolist()
            shown = _tiles(found[best.values], picture)
            rows.append(torch.cat([shown, *[blank(picture)[None]] * (k - len(shown))]))
        side = [f"{i}: {one.units} of {one.height}x{one.width}" for i, one in chosen.items()]
        side = ["picture", *side]
        return Sheet(torch.cat(rows), k, side=side, gap=GAP, about={"units": units})

    def _whole(self, one: Layer, maps: Tensor, picture: Tensor) -> Sheet:
        """All maps of a layer, with their numbers."""
        columns = min(16, one.units)
        rest = [blank(picture)[None]] * (-one.units % columns)
        images = torch.cat([_tiles(maps.float(), picture), *rest])
        side = [str(i) for i in range(0, one.units, columns)]
        header = [f"+{i}" for i in range(columns)]
        return Sheet(images, columns, header, side, {"layer": str(one)}, gap=GAP)


def _finished(layers: list[Layer]) -> list[Layer]:
    """Those that no normalisation and no activation follows: with weights, and all after them."""
    kept = []
    for one, after in zip(layers, [*layers[1:], None], strict=True):
        same = after and (one.units, one.height, one.width) == (
            after.units, after.height, after.width)  # fmt: skip
        own = after and any(p.ndim > 1 for p in after.module.parameters(recurse=False))
        if not same or own:
            kept.append(one)
    return kept


def _tiles(maps: Tensor, like: Tensor) -> Tensor:
    """Maps (k, h, w), each brought to [-1, 1], as pictures: (k, channels, height, width)."""
    low, high = (end(maps, (1, 2))[:, None, None] for end in (torch.amin, torch.amax))
    grey = 2 * (maps - low) / (high - low).clamp_min(1e-12) - 1
    grey = interpolate(grey[:, None], size=like.shape[1:], mode="nearest").to(like)
    tiles = grey.repeat(1, len(like), 1, 1)
    if len(like) in (2, 4):
        tiles[:, -1] = 1.0
    return tiles


@dataclass(frozen=True)
class Dissect(Action):
    """The units of a layer that agree best with what can be seen (GAN dissection, Bau et al. 2019);
    with --units, what pictures are without some.
    """

    layer: str | None = None
    """The layer, by number or name, as ganvas explore RUN features numbers them; one in the middle
    unless given."""
    number: Count = 8
    """Pictures in a row."""
    pictures: Count = 256
    """How many are looked at."""
    rows: Count = 8
    """Concepts that are shown, those first that a unit agrees with best."""
    units: tuple[int, ...] = ()
    """Units to leave out: pictures, the same without them, and the difference."""

    def check(self, latent: Latent) -> None:
        if self.truncation is not None:
            raise UsageError("a layer is dissected over all pictures: leave out --truncation")
        if self.space is not None:
            raise UsageError("nothing is moved in a dissection: leave out --space")

    def sheet(self, study: Study) -> Sheet:
        game, given = study.latent.game, self._given(study.latent)
        layers = layers_of(game, **given)
        one = usual(game, layers) if self.layer is None else layer(layers, self.layer)
        if self.units:
            return self._without(study, one, given)
        names, words = _namer(study)
        found = dissect(
            game, one, n=self.pictures, seed=self.seed, namer=names, words=words, **given
        )
        best = found.rows()[: self.rows]
        shown = [exhibits(game, found, word, n=self.number, seed=self.seed) for word, *_ in best]
        side = [f"{word}: unit {unit}, {iou:.2f}" for word, unit, iou, _ in best]
        return Sheet(torch.cat(shown), self.number, side=side, about=_told(found))

    def _without(self, study: Study, one: Layer, given: dict[str, Any]) -> Sheet:
        how = {"n": self.number, "seed": self.seed, **given}
        images = strip(study.latent.game, one, self.units, **how)
        before, after, _ = images.split(self.number)
        about = {"layer": str(one), "units": list(self.units), "effects": effects(before, after)}
        return Sheet(images, self.number, side=["with", "without", "difference"], about=about)

    def _given(self, latent: Latent) -> dict[str, Any]:
        """Inputs that are not drawn: pictures, and the class if one was asked for."""
        asked = self.label is not None
        spaces = latent.game.inputs
        return {
            name: x
            for name, x in latent.others.items()
            if isinstance(spaces[name], Image) or (asked and isinstance(spaces[name], Label))
        }


def _told(found: Dissection) -> dict[str, Any]:
    rows = [
        {"concept": word, "unit": unit, "iou": round(iou, 4), "share": round(share, 4)}
        for word, unit, iou, share in found.rows()
    ]
    return {"layer": str(found.layer), "pictures": found.pictures, "concepts": rows}


def _namer(study: Study) -> tuple[Any, tuple[str, ...]]:
    """Says which class a picture shows, where the game is told none but its data has some."""
    game, about = study.latent.game, study.run.plan.data
    if any(isinstance(space, Label) for space in game.inputs.values()):
        return None, ()
    try:
        source = data.held_out(about, about.get("split", "train"))
        classifier = features("classifier", game.output, source)
    except UsageError:
        return None, ()  # the data is gone, or has no labels: what pixels tell remains
    label = source.tables[0].spaces["label"]
    assert isinstance(label, Label)
    return classifier.names, label.names or tuple(map(str, range(label.classes)))

"""The layers of a generator: what each says while a picture is made, and what if it said otherwise.

A layer is a module that puts out feature maps, a unit is one of its maps. Which player makes the
pictures is found by looking: of all modules of a game, those count that run while it generates.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from ganvas.core import Game, Image, UsageError
from ganvas.core.errors import did_you_mean

Change = Callable[[Tensor], Tensor]
"""Makes other feature maps of feature maps (n, units, h, w)."""
PROBED = 2
"""Pictures that are made to see which modules run."""
COLOURS = 4
"""Maps that a picture may have itself; a layer to look at has more."""


@dataclass(frozen=True)
class Layer:
    """A module that runs once for a batch of pictures and puts out feature maps."""

    name: str
    """Where it is, such as `G.layers.3`."""
    kind: str
    """Its class, such as `Conv2d`."""
    units: int
    height: int
    width: int
    module: nn.Module = field(repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.name}: {self.kind}, {self.units} x {self.height} x {self.width}"


def layers_of(game: Game, **given: Any) -> list[Layer]:
    """The layers that make a game's pictures, in the order in which they run.

    What puts out the picture itself is left out, a module that runs several times for a picture,
    and one that only hands on what a module within it puts out.

    Args:
        game: the trained game.
        given: inputs that are not drawn, each of (1, ...).

    Raises:
        UsageError: if the game makes no pictures, or of no feature maps.
    """
    if not isinstance(game.output, Image):
        kind = type(game.output).__name__.lower()
        raise UsageError(f"{game.name} makes {kind}, no pictures: it has no feature maps")
    found = _run_by(game, game.output, lambda: game.sample(PROBED, **given))
    if not found:
        raise UsageError(f"{game.name} makes its pictures of no feature maps one could look at")
    return found


def critics_layers(game: Game, pictures: Tensor, **given: Any) -> list[Layer]:
    """The layers that judge pictures, in the order in which they run.

    Args:
        game: the trained game.
        pictures: two or more of them, (n, channels, h, w).
        given: the game's inputs that are no noise, each of (1, ...).

    Raises:
        UsageError: if nobody judges pictures, or by no feature maps.
    """
    few = pictures[:PROBED]
    inputs = {name: x.expand(len(few), *x.shape[1:]) for name, x in given.items()}
    assert isinstance(game.output, Image)
    found = _run_by(game, game.output, lambda: game.scores(few, inputs))
    if not found:
        raise UsageError(f"{game.name} judges pictures by no feature maps one could look at")
    return found


def _run_by(game: Game, picture: Image, act: Callable[[], object]) -> list[Layer]:
    """The layers that run while a game does something with `PROBED` pictures."""
    runs: list[tuple[nn.Module, Tensor]] = []

    def saw(module: nn.Module, _: Any, output: Any) -> None:
        if isinstance(output, Tensor):
            runs.append((module, output))

    modules = {m: name for name, m in game.named_modules() if name}
    with hooks(dict.fromkeys(modules, saw)):
        act()
    often = [module for module, _ in runs]
    found: list[Layer] = []
    for i, (module, maps) in enumerate(runs):
        handed_on = any(maps is other and inner in module.modules() for inner, other in runs[:i])
        if often.count(module) == 1 and not handed_on and _are_maps(maps, picture):
            units, height, width = maps.shape[1:]
            kind = type(module).__name__
            found.append(Layer(_name(modules[module]), kind, units, height, width, module))
    return found


def _are_maps(x: Tensor, picture: Image) -> bool:
    """Whether what a module puts out are feature maps, neither vectors nor the picture."""
    maps = x.dim() == 4 and len(x) == PROBED and x.shape[2:].numel() > 1
    return maps and tuple(x.shape[1:]) != picture.shape


def layer(layers: Sequence[Layer], wanted: str) -> Layer:
    """The layer of a name, or of its end if no other has that, or of a number in the list.

    Raises:
        UsageError: if there is none, or several.
    """
    if wanted.isdecimal() and int(wanted) < len(layers):
        return layers[int(wanted)]
    exact = [one for one in layers if one.name == wanted]
    fits = exact or [one for one in layers if one.name.endswith(f".{wanted}")]
    if len(fits) > 1:
        raise UsageError(f"{wanted!r} could be {', '.join(one.name for one in fits)}: say which")
    if not fits and wanted.isdecimal():
        raise UsageError(f"there is no layer {wanted}: they are numbered 0 to {len(layers) - 1}")
    if not fits:
        raise did_you_mean(wanted, [one.name for one in layers], "layer")
    return fits[0]


def usual(game: Game, layers: Sequence[Layer]) -> Layer:
    """The layer to look at unless told otherwise: the last of at most half the picture's size.

    Early layers have units of whole objects, late ones of colours and edges; those between have
    the most units that agree with something (Bau et al. 2019, section 4.1).
    """
    assert isinstance(game.output, Image)
    rich = [one for one in layers if one.units > COLOURS] or list(layers)
    small = [one for one in rich if 2 * one.height <= game.output.height]
    return (small or rich)[-1]


def checked(layer: Layer, units: Collection[int]) -> list[int]:
    """Units of a layer, by number.

    Raises:
        UsageError: if one of them is none.
    """
    if outside := [unit for unit in units if not 0 <= unit < layer.units]:
        raise UsageError(f"{layer.name} has the units 0 to {layer.units - 1}, and not {outside[0]}")
    return sorted(set(units))


@contextmanager
def reading(layers: Sequence[Layer]) -> Iterator[dict[str, Tensor]]:
    """While it lasts, the newest feature maps of each layer, by its name."""
    maps: dict[str, Tensor] = {}

    def reads(name: str) -> Callable[..., None]:
        def read(module: nn.Module, _: Any, output: Tensor) -> None:
            maps[name] = output.detach().clone()  # a ReLU in place would write over it

        return read

    with hooks({one.module: reads(one.name) for one in layers}):
        yield maps


@contextmanager
def following(layer: Layer) -> Iterator[list[Tensor]]:
    """While it lasts, all feature maps of a layer, each of which can be differentiated."""
    maps: list[Tensor] = []

    def read(module: nn.Module, _: Any, output: Tensor) -> None:
        maps.append(output.clone())  # a ReLU in place would write over it

    with hooks({layer.module: read}):
        yield maps


@contextmanager
def changing(layer: Layer, change: Change) -> Iterator[None]:
    """While it lasts, the layer puts out what `change` makes of its feature maps."""

    def changed(module: nn.Module, _: Any, output: Tensor) -> Tensor:
        return change(output)

    with hooks({layer.module: changed}):
        yield


def setting(units: Sequence[int], to: float | Tensor = 0.0) -> Change:
    """A change: these units have a value everywhere, one for all or one for each (units,)."""

    def change(maps: Tensor) -> Tensor:
        values = torch.as_tensor(to, dtype=maps.dtype, device=maps.device).expand(len(units))
        changed = maps.clone()
        changed[:, list(units)] = values[:, None, None]
        return changed

    return change


@contextmanager
def hooks(of: Mapping[nn.Module, Callable[..., Any]]) -> Iterator[None]:
    """Forward hooks of modules, for a while."""
    handles = [module.register_forward_hook(hook) for module, hook in of.items()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _name(path: str) -> str:
    """A module's place without what only the engine cares about: whose weights, an average's."""
    player, _, rest = path.partition(".")
    net, _, inner = rest.partition(".")
    return ".".join(filter(None, (player, inner if net in ("net", "average") else rest)))

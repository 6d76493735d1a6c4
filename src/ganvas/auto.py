"""`ganvas train auto`: picks a game, its size, its recipe and its length, and says why.

`choose` decides from facts about the data and the machine alone; `Machine.here` is this machine.
"""

from __future__ import annotations

import dataclasses
import math
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ganvas.core import Image, Label, Points, Space, Tokens, UsageError, parallel, registry
from ganvas.data.facts import Facts
from ganvas.data.source import Size
from ganvas.machine import Machine

AUTO = "auto"
"""What stands for a game on the command line."""

NO_DATA = (
    "auto picks a game that suits your data, so it needs --data: a folder of images, or a built-in "
    "source (ganvas data list)"
)
MINUTES = 20.0
"""How long a run may take, if nobody says: a picture shrinks until it does."""
FEW = 500
"""With fewer pictures the discriminator soon knows them by heart."""
ENOUGH, CLASSES = 50, 1000
"""Pictures that each class needs before labels help, and how many classes there may be."""
SIDES = (64, 48, 32, 24, 16)
"""Sides of a square of as many pixels as a picture, from the most to the fewest."""
EPOCHS = 10
"""How often each of very many pictures should be seen, if there is time."""

CONDITIONAL = ("acgan", "cgan")
"""Games that learn from labels; the first that there is and that suits the pictures."""
DENSE = {"cgan": 28}
"""Games whose dense networks are for grey pictures of at most so many pixels on a side, the paper's
own; what they make of photographs is mush."""
LARGE: dict[str, dict[str, Any]] = {"dcgan": {"batch": 32}}
"""Above 32 pixels half the batch: rounds teach more than pictures do in a given time."""
MODEST: dict[str, dict[str, Any]] = {
    "dcgan": {"batch": 32, "penalty_weight": 1.0},
    "cgan": {"hidden": 200, "units_x": 60, "units": 60},
}
"""More regularisation for few pictures, and smaller networks where they are dense."""


@dataclass(frozen=True)
class Choice:
    """A game, and options for it that were not given."""

    game: str
    values: dict[str, Any]
    """The options that were picked, by name; `size` and `images` among them."""
    reasons: list[str]


def choose(facts: Facts, machine: Machine, given: Mapping[str, Any] | None = None) -> Choice:
    """The game for some data on some machine.

    Args:
        facts: what is known of the data.
        machine: what is known of the machine.
        given: options that are settled, by name; they are not picked. Nothing is, of a preset
            other than the default.

    Raises:
        UsageError: if the game cannot be had with what is given.
    """
    given = {name: value for name, value in (given or {}).items() if value is not None}
    game, why = game_for(facts)
    reasons = [f"{game}: {why}"]
    if (preset := given.get("preset", "default")) != "default":
        return Choice(game, {}, [*reasons, f"all else as its preset {preset} has it"])
    kept = {name: given[name] for name in _fields(game) & given.keys()}
    seconds = 60 * given.get("minutes", MINUTES)
    slower: tuple[Size, float] | None = None
    for size in _sizes(game, facts, given, kept):
        recipe, why = _recipe(game, facts, size, kept)
        config = {**recipe, **kept}
        images = _length(game, facts, config, given)
        pace = machine.pace(game, _spaces(facts, size, given.get("channels")), config)
        if images * pace <= seconds:
            break
        slower = slower or (size and (size, images * pace))
    picked = dict(recipe)
    if picked:
        reasons.append(f"{' '.join(words(picked))}: {why}")
    if size is not None and "size" not in given:
        picked = {"size": size, **picked}
        reasons.insert(1, _about_size(size, facts, slower))
    if not given.keys() & {"images", "steps", "minutes"}:
        picked["images"] = _more(images, facts, seconds / pace)
        what = {Tokens: "sentences", Points: "points"}.get(type(facts.spaces["x"]), "pictures")
        time = _time(picked["images"] * pace)
        reasons.append(f"{picked['images']:,} {what}, repeats counted: {time} on {machine.what}")
    return Choice(game, picked, reasons)


def game_for(facts: Facts) -> tuple[str, str]:
    """A game's name, and why that one."""
    x, label, rows = facts.spaces["x"], facts.spaces.get("label"), f"{facts.rows:,}"
    if isinstance(x, Tokens):
        return "seqgan", f"{rows} sentences, whose words have no slope to follow"
    if isinstance(x, Points):
        return "wgan_gp", f"{rows} points: its critic's loss says how far it still is"
    if "y" in facts.spaces:
        return "cyclegan", f"two domains, unpaired, of at least {rows} pictures each"
    if not isinstance(label, Label):
        return "dcgan", f"{rows} pictures without labels"
    told = f"{rows} pictures in {label.classes:,} classes"
    if label.classes > CLASSES:
        return "dcgan", f"{told}, too many to learn each: labels are left aside"
    if facts.rarest < ENOUGH:
        rarest = f"the rarest has {facts.rarest}, and {ENOUGH} are needed"
        return "dcgan", f"{told}: {rarest}, so labels are left aside"
    largest = max(x.shape) if x.shape[0] == 1 else math.inf
    for game in CONDITIONAL:
        if game in registry.names() and largest <= DENSE.get(game, math.inf):
            return game, f"{told}, the rarest of {facts.rarest}: enough to draw each as asked"
    return "dcgan", f"{told}; labels are left aside: no game for them suits such pictures"


def _fields(game: str) -> set[str]:
    """The fields of a game's config."""
    return {field.name for field in dataclasses.fields(registry.config_of(registry.find(game)))}


def _recipe(
    game: str, facts: Facts, size: Size | None, kept: Mapping[str, Any]
) -> tuple[dict[str, Any], str]:
    """Fields of a config that differ from its default and are not settled, and why."""
    if size is None or not _are_pictures(facts):
        return {}, ""
    large = math.prod(size) > 32 * 32
    recipe, why = (LARGE.get(game, {}), "large pictures, so fewer at once") if large else ({}, "")
    if facts.rows < FEW:
        recipe = {**MODEST.get(game, {}), "augment": "diff"}
        why = f"fewer than {FEW} pictures are soon known by heart"
    free = _fields(game) - kept.keys()
    if "penalty" in kept:  # another one, or none, for which no weight was chosen here
        free -= {"penalty_weight"}
    return {name: value for name, value in recipe.items() if name in free}, why


def _length(game: str, facts: Facts, config: Mapping[str, Any], given: Mapping[str, Any]) -> int:
    """How many images a run shall see; or should, the usual rounds, and down to half for few."""
    cls = registry.find(game)
    usual = registry.config_of(cls).build(**registry.preset_of(cls, "default").config)
    batch = config.get("batch", usual.batch)
    if "images" in given or "steps" in given:
        return int(given.get("images") or given["steps"] * batch)
    images = usual.images * batch / usual.batch
    if _are_pictures(facts):
        images *= min(1.0, 0.5 + 0.5 * facts.rows / FEW)
    return max(1, round(images / 1000)) * 1000


def _more(images: int, facts: Facts, affordable: float) -> int:
    """That many, or `EPOCHS` of very many pictures as far as there is time."""
    if not _are_pictures(facts):
        return images
    return max(images, int(min(EPOCHS * facts.rows, affordable)) // 1000 * 1000)


def _are_pictures(facts: Facts) -> bool:
    """Whether the data are pictures of one domain."""
    return isinstance(facts.spaces["x"], Image) and "y" not in facts.spaces


# -- sizes ---------------------------------------------------------------------------------------


def _sizes(
    game: str, facts: Facts, given: Mapping[str, Any], config: Mapping[str, Any]
) -> Iterator[Size | None]:
    """The sizes to try, from the largest; None for what has no size."""
    x, size = facts.spaces["x"], given.get("size")
    if not isinstance(x, Image):
        yield None
        return
    if size is not None:
        yield (size, size) if isinstance(size, int) else (size[0], size[1])
        return
    own, before = math.sqrt(x.height * x.width), None
    first = max(SIDES[-1], min(SIDES[0], own))
    for side in (first, *(side for side in SIDES if side < first)):
        scale = max(side / own, SIDES[-1] / min(x.height, x.width))
        near = _makeable(game, (x.height * scale, x.width * scale), facts, config)
        if near != before:
            yield near
        before = near


def _makeable(
    game: str, wanted: tuple[float, float], facts: Facts, config: Mapping[str, Any]
) -> Size:
    """The nearest size that a game makes."""
    height, width = wanted

    def far(size: Size) -> float:
        taller, wider = math.log(size[0] / height), math.log(size[1] / width)
        return abs(taller) + abs(wider) + abs(taller - wider)

    near = [
        [s for s in range(8, 2 * round(side) + 8, 4) if 0.7 < s / side < 1.4] for side in wanted
    ]
    exact = (round(height), round(width))
    sizes = {exact} | {(h, w) for h in near[0] for w in near[1] if height != width or h == w}
    for size in sorted(sizes, key=lambda size: (far(size), size)):
        try:
            with torch.device("meta"):
                registry.make(game, spaces=_spaces(facts, size), **config)
        except UsageError:
            continue
        return size
    return exact  # the run says why not


def _spaces(facts: Facts, size: Size | None, channels: int | None = None) -> dict[str, Space]:
    """What a batch holds once pictures have a size."""
    if size is None:
        return dict(facts.spaces)
    return {
        name: Image(channels or space.channels, *size) if isinstance(space, Image) else space
        for name, space in facts.spaces.items()
    }


def _about_size(size: Size, facts: Facts, slower: tuple[Size, float] | None) -> str:
    """Why pictures get this size."""
    x = facts.spaces["x"]
    assert isinstance(x, Image)
    own = "they have many sizes" if facts.mixed else f"theirs is {x.height}x{x.width}"
    said = f"size {size[0]}x{size[1]}: "
    if size == (x.height, x.width):
        return said + ("the usual one among them" if facts.mixed else "their own")
    said += own
    if slower is not None and slower[0] != size:
        (height, width), seconds = slower
        said += f", and {height}x{width} would take {_time(seconds)}"
    if math.prod(size) < 0.8 * x.height * x.width:
        return f"{said}; ask for more with --size"
    return said + ("; smaller ones teach little" if size > (x.height, x.width) else "")


def _time(seconds: float) -> str:
    """A time in words."""
    if not math.isfinite(seconds):
        return "more memory than there is"
    for unit, length in (("hours", 3600), ("minutes", 60)):
        if seconds >= 1.5 * length:
            return f"about {seconds / length:.0f} {unit}"
    return "about a minute" if seconds > 40 else "less than a minute"


# -- the words ------------------------------------------------------------------------------------


def words(values: Mapping[str, Any]) -> list[str]:
    """Options as they are typed."""
    typed: list[str] = []
    for name, value in values.items():
        word = name.replace("_", "-")
        if isinstance(value, bool):
            typed.append(f"--{word}" if value else f"--no-{word}")
            continue
        if name == "size" and not isinstance(value, int):
            value = value[0] if value[0] == value[1] else f"{value[0]}x{value[1]}"
        if isinstance(value, tuple | list):
            value = ",".join(map(str, value))
        typed += [f"--{word}", "none" if value is None else str(value)]
    return typed


def tell(choice: Choice, given: Sequence[str]) -> None:
    """Says on standard error what was picked, why, and what one would have typed."""
    if parallel.rank() == 0:
        command = shlex.join(["ganvas", "train", choice.game, *given, *words(choice.values)])
        for line in (*choice.reasons, command):
            print(f"{AUTO}: {line}", file=sys.stderr)

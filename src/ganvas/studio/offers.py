"""What there is to train: sources, the games that fit each, and what one may choose of a game."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import torch

from ganvas.auto import AUTO, game_for
from ganvas.core import Game, GanvasError, Image, Label, Points, Space, Tokens, UsageError, registry
from ganvas.core.config import docs, groups
from ganvas.data import PAIRED, about
from ganvas.data.facts import Facts
from ganvas.data.folder import survey
from ganvas.data.makers import names
from ganvas.studio.doing import Wrong
from ganvas.studio.wording import Words

SIZES = (16, 24, 32, 48, 64, 96, 128)
"""Sides of squares that are offered, where a game makes them."""
LEFT_OUT = ("oracle",)
"""A source that is there to check a game with."""
HIDDEN = ("images",)
"""Options that have a place of their own in the form."""


@dataclass(frozen=True)
class Offer:
    """A source, as the page knows it."""

    name: str
    data: str
    """What `--data` is given."""
    what: str
    rows: int
    spaces: Mapping[str, Space]
    """Of a folder, whose pictures nobody has decoded yet, the size of pictures is a guess."""
    own: bool
    """Whether it is a folder of the person's own."""

    @property
    def kind(self) -> str:
        """In a word what it holds."""
        match self.spaces["x"]:
            case Points():
                return "toy"
            case Tokens():
                return "text"
        return "pairs" if "y" in self.spaces else "pictures"

    @property
    def facts(self) -> Facts:
        """Enough to choose a game."""
        label = self.spaces.get("label")
        rarest = self.rows // (2 * label.classes) if isinstance(label, Label) else 0
        return Facts(self.spaces, self.rows, rarest)

    def to_json(self) -> dict[str, Any]:
        """What the page is told; a path is not."""
        x, label = self.spaces["x"], self.spaces.get("label")
        return {
            "source": self.name,
            "kind": self.kind,
            "what": self.what,
            "rows": self.rows,
            "classes": label.classes if isinstance(label, Label) else 0,
            "size": [x.height, x.width] if isinstance(x, Image) and not self.own else None,
            "own": self.own,
        }


def built_in() -> list[Offer]:
    """The sources that come along."""
    found = [about(name) for name in names() if name not in LEFT_OUT]
    return [Offer(a.name, a.name, a.what, a.rows, a.spaces, False) for a in found]


def of_folder(name: str, folder: Path) -> Offer:
    """A folder of images.

    Raises:
        UsageError: if there are none.
    """
    layout = survey(folder, "train")
    image, rows = Image(3, 64, 64), len(layout.files)
    if layout.sided:
        rows = min(map(len, layout.groups.values()))
        return Offer(name, str(folder), "", rows, {"x": image, "y": image}, True)
    label = {"label": Label(n)} if (n := len(layout.groups)) > 1 else {}
    return Offer(name, str(folder), "", rows, {"x": image, **label}, True)


# -- games ---------------------------------------------------------------------------------------


def games(offer: Offer) -> Iterator[dict[str, Any]]:
    """The games that fit a source, the one that suits it best first."""
    best = game_for(offer.facts)[0]
    for name in (best, *(name for name in registry.names() if name != best)):
        cls = registry.find(name)
        fits = _fits(cls, offer)
        if fits:
            preset = registry.preset_of(cls, "default")
            config = registry.config_of(cls).build(**preset.config)
            yield {
                "game": name,
                "title": cls.paper.title,
                "year": cls.paper.year,
                "images": config.images,
                "best": name == best,
            }
        else:
            yield {}


def _fits(cls: type[Game], offer: Offer) -> bool:
    """Whether a source has what a game needs, or a partner makes it."""
    preset = registry.preset_of(cls, "default")
    there = dict(offer.spaces)
    if cls.paired and "y" in there and offer.name not in PAIRED and not offer.own:
        return False
    if "few" in registry.needs(cls) and "label" in there:
        there["few"] = there["x"]
    pictures = isinstance(there["x"], Image)
    if pictures and preset.partner is not None:
        there["y"] = there["x"]
    for field, kinds in registry.needs(cls).items():
        made = pictures and field not in ("x", "y", "label", "few") and field in preset.spaces
        if not made and not isinstance(there.get(field), kinds):
            return False
    return True


def choices(offer: Offer, game: str) -> dict[str, Any]:
    """What one may choose of a game: sizes, length, options.

    Raises:
        GanvasError: if there is no such game.
    """
    if game == AUTO:
        return {"sizes": list(SIZES) if _pictures(offer) else [], "usual": None,
                "images": None, "options": []}  # fmt: skip
    cls = registry.find(game)
    preset = registry.preset_of(cls, "default")
    config = registry.config_of(cls).build(**preset.config)
    shape = preset.spaces.get("y", preset.spaces.get("x"))
    usual = [shape.height, shape.width] if isinstance(shape, Image) else None
    return {
        "sizes": [s for s in SIZES if _makes(cls, offer, s)] if usual else [],
        "usual": usual,
        "images": config.images,
        "options": _options(config),
    }


def _pictures(offer: Offer) -> bool:
    return isinstance(offer.spaces["x"], Image)


def _makes(cls: type[Game], offer: Offer, side: int) -> bool:
    try:
        build(cls, offer, side, {})
    except GanvasError:
        return False
    return True


def build(cls: type[Game], offer: Offer, side: int | None, values: Mapping[str, Any]) -> None:
    """Makes a game without memory, to hear what speaks against it.

    Raises:
        GanvasError: if it cannot be made so: what `ganvas train` would say.
    """
    preset = registry.preset_of(cls, "default")
    config = registry.config_of(cls).build(**{**preset.config, **values})
    spaces = dict(offer.spaces) if preset.partner is None else dict(preset.spaces)
    if side is not None:
        spaces = {k: _resized(space, side) for k, space in spaces.items()}
    elif _pictures(offer):
        return  # of its usual size; the pictures' own is not known before they are loaded
    for field in registry.needs(cls):
        if field not in spaces and field in preset.spaces:
            spaces[field] = _resized(preset.spaces[field], side)
    with torch.device("meta"):
        registry.build(cls, config, spaces)


def _resized(space: Space, side: int | None) -> Space:
    if side is None or not isinstance(space, Image):
        return space
    return Image(space.channels, side, side)


# -- options -------------------------------------------------------------------------------------


def _options(config: Any) -> list[dict[str, Any]]:
    """The fields of a config, as the page shows them."""
    hints, helps, of = get_type_hints(type(config)), docs(type(config)), groups(type(config))
    return [
        {
            "name": name,
            "group": of[name],
            "help": helps.get(name, ""),
            "usual": usual,
            **_control(hints[name]),
        }
        for name, usual in config.to_json().items()
        if name not in HIDDEN
    ]


def _control(hint: Any) -> dict[str, Any]:
    """How a value is chosen, by its type."""
    if get_origin(hint) is Literal:
        return {"kind": "menu", "choices": [str(choice) for choice in get_args(hint)]}
    return {"kind": "flag"} if hint is bool else {"kind": "text"}


def typed(game: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Options that the page sent: as values, and as words of the command line.

    Raises:
        Wrong: for what is no option of the game, or no plain text.
        UsageError: for a value that makes no sense, as on the command line.
    """
    if game == AUTO:
        return {}, []
    cls = registry.find(game)
    hints = get_type_hints(registry.config_of(cls))
    values: dict[str, Any] = {}
    words: list[str] = []
    for name, text in given.items():
        if name not in hints or name in HIDDEN or not isinstance(text, str) or len(text) > 200:
            raise Wrong(
                "{game} has no option {name} of this kind", game=game, name=repr(str(name)[:40])
            )
        word = name.replace("_", "-")
        if hints[name] is bool:
            values[name] = text == "true"
            words.append(f"--{word}" if values[name] else f"--no-{word}")
        elif text.strip():
            values[name] = _value(text.strip(), hints[name])
            words.append(f"--{word}={text.strip()}")
    return values, words


def _value(text: str, hint: Any) -> Any:
    """A value as JSON would have it; text that is no number stays text, and is refused as such."""
    if text.lower() == "none":
        return () if get_origin(hint) is tuple else None
    if get_origin(hint) is tuple:
        return [_value(word, get_args(hint)[0]) for word in text.split(",") if word]
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def checked(offer: Offer, game: str, side: int | None, given: Mapping[str, Any]) -> list[str]:
    """The words for a game's options, after all that can be said against them at once.

    Raises:
        Wrong, GanvasError: what `ganvas train` would say, as far as no data need be loaded.
    """
    values, words = typed(game, given)
    if game != AUTO:
        cls = registry.find(game)
        if not _fits(cls, offer):
            template = "{game} does not suit {source}: see what fits in the list"
            raise UsageError(Words(template, game=game, source=offer.name))
        build(cls, offer, side, values)
    return words

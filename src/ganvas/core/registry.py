"""Finds games by name and says what is on their cards."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

import torch

from ganvas.core.chance import Chance
from ganvas.core.config import Config, docs
from ganvas.core.errors import GameError, UsageError, did_you_mean
from ganvas.core.game import Game, Paper, Preset
from ganvas.core.schedule import Schedule
from ganvas.core.space import Space
from ganvas.core.stream import Batch

SHELF = "ganvas.zoo"
"""The package whose modules are the games, a file for each paper."""

_registered: dict[str, type[Game]] = {}


def register(game: type[Game]) -> type[Game]:
    """Makes a game from outside the package known under its module's name; a decorator."""
    _registered[name_of(game)] = game
    return game


def name_of(game: type[Game]) -> str:
    """The word for a game on the command line: its module's name."""
    return game.__module__.rpartition(".")[2]


def names() -> list[str]:
    """The names of all games, without importing them."""
    shelf = importlib.import_module(SHELF)
    return sorted({m.name for m in pkgutil.iter_modules(shelf.__path__)} | _registered.keys())


def find(name: str) -> type[Game]:
    """The game of this name.

    Raises:
        UsageError: if there is none; it names the nearest.
    """
    if name in _registered:
        return _registered[name]
    if name not in names():
        raise did_you_mean(name, names(), "game")
    module = importlib.import_module(f"{SHELF}.{name}")
    for thing in vars(module).values():
        if (
            isinstance(thing, type)
            and issubclass(thing, Game)
            and thing.__module__ == module.__name__
        ):
            return thing
    raise GameError(f"{module.__name__} defines no Game")


def config_of(game: type[Game]) -> type[Config]:
    """The class of a game's config."""
    hint: type[Config] = get_type_hints(game.__init__)["config"]
    return hint


def takes(game: type[Game]) -> dict[str, tuple[type[Space], ...]]:
    """The fields of the data that a game looks at and the kinds of space that each may be."""
    hints = get_type_hints(game.__init__)
    fields = [name for name in inspect.signature(game.__init__).parameters if name in hints]
    return {
        name: tuple(kind for kind in _kinds(hints[name]) if kind is not types.NoneType)
        for name in fields
        if name != "config"
    }


def _kinds(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if isinstance(hint, types.UnionType) else (hint,)


def needs(game: type[Game]) -> dict[str, tuple[type[Space], ...]]:
    """Of the fields that a game takes, those that the data must have: they have no default."""
    parameters = inspect.signature(game.__init__).parameters
    return {
        name: kinds
        for name, kinds in takes(game).items()
        if parameters[name].default is inspect.Parameter.empty
    }


def preset_of(game: type[Game], name: str) -> Preset:
    """A preset by name.

    Raises:
        UsageError: if the game has none of this name.
    """
    if name not in game.presets:
        raise did_you_mean(name, game.presets, f"preset of {game.__name__}")
    return game.presets[name]


def build(game: type[Game], config: Config, spaces: Mapping[str, Space]) -> Game:
    """A game for data with these spaces; fields that it does not take are left aside.

    Raises:
        UsageError: if a field is missing or of the wrong kind, or the game cannot make that size.
    """
    chosen = {}
    needed = needs(game)
    for field, kinds in takes(game).items():
        if field not in spaces and field not in needed:
            continue
        expected = " or ".join(kind.__name__ for kind in kinds)
        word = name_of(game)
        if field not in spaces:
            hint = {
                "label": "; put the images of each class into a folder of its own: FOLDER/<class>/",
                "few": "; load it with few among its fields: ganvas.data.load(..., fields=...)",
                "y": "; it learns between two domains: FOLDER/trainA and trainB, or any two "
                "folders; ganvas data prepare takes pictures apart that show A and B",
            }.get(field, "")
            has = ", ".join(f"{k} ({type(s).__name__})" for k, s in spaces.items())
            raise UsageError(
                f"{word} needs {field} ({expected}), but the data has only {has}{hint}"
            )
        if not isinstance(spaces[field], kinds):
            raise UsageError(f"{word} needs {field} to be {expected}, not {spaces[field]}")
        chosen[field] = spaces[field]
    return game(config, **chosen)


def make(
    name: str | type[Game],
    *,
    preset: str = "default",
    spaces: Mapping[str, Space] | None = None,
    **config: Any,
) -> Game:
    """An untrained game.

    Args:
        name: which, or a game's class.
        preset: a size: `default`, or `paper` for the paper's own.
        spaces: what the data is made of, by field, where it differs from the preset's.
        config: fields of the game's config that differ from the preset's.

    Raises:
        UsageError: for an unknown name, preset or field, or spaces that the game cannot have.
    """
    game = find(name) if isinstance(name, str) else name
    chosen = preset_of(game, preset)
    values = {**chosen.config, **config}
    return build(game, config_of(game).build(**values), {**chosen.spaces, **(spaces or {})})


@dataclass(frozen=True)
class Card:
    """What there is to know about a game before one plays it."""

    name: str
    paper: Paper
    idea: str
    preset: str
    data: str
    needs: dict[str, str]
    inputs: dict[str, Space]
    output: Space
    players: dict[str, dict[str, Any]]
    stages: list[dict[str, Any]]
    moves: list[str]
    moves_preset: str
    """Whose round was played to see the moves: a paper's networks take long for one."""
    config: dict[str, dict[str, Any]]
    presets: list[str]

    def to_json(self) -> dict[str, Any]:
        """The card as plain values."""
        plain = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        plain["paper"] = dataclasses.asdict(self.paper)
        plain["inputs"] = {k: s.to_json() for k, s in self.inputs.items()}
        return {**plain, "output": self.output.to_json()}


def card(name: str, preset: str = "default", **spaces: Space) -> Card:
    """A game's card. Its networks are built on the meta device: no size costs memory."""
    cls = find(name)
    with torch.device("meta"):
        game = make(name, preset=preset, spaces=spaces)
    chosen, config_class = preset_of(cls, preset), config_of(cls)
    page = (inspect.getmodule(cls).__doc__ or "").strip().split("\n\n")
    return Card(
        name=name,
        paper=cls.paper,
        idea=" ".join(page[1].split()) if len(page) > 1 else "",
        preset=preset,
        data=chosen.data,
        needs=_needs(cls),
        inputs=game.inputs,
        output=game.output,
        players={
            word: {
                "network": type(player.net).__name__,
                "parameters": sum(p.numel() for p in player.net.parameters()),
                "optimiser": _recipe(player.recipe),
                "ema": player.ema,
            }
            for word, player in game.players.items()
        },
        stages=[{"name": s.name, "share": s.share, "batch": s.batch} for s in game.stages()],
        moves=order_of_moves(cls),
        moves_preset="default",
        config={
            field: {
                "default": game.config.to_json()[field],
                "type": str(get_type_hints(config_class)[field])
                .removeprefix("<class '")
                .rstrip("'>"),
                "help": text,
            }
            for field, text in docs(config_class).items()
        },
        presets=list(cls.presets),
    )


def _needs(game: type[Game]) -> dict[str, str]:
    kinds = {name: [kind.__name__ for kind in kinds] for name, kinds in takes(game).items()}
    needed = needs(game)
    return {name: " or ".join(k if name in needed else [*k, "none"]) for name, k in kinds.items()}


def _recipe(recipe: Any) -> str:
    values = {f.name: getattr(recipe, f.name) for f in dataclasses.fields(recipe)}
    words = [f"{k}={str(v) if isinstance(v, Schedule) else v}" for k, v in values.items()]
    return f"{type(recipe).__name__}({', '.join(words)})"


def order_of_moves(game: type[Game]) -> list[str]:
    """The moves of one round of the last stage, in order, seen by playing the default preset."""
    played = make(game, batch=8)
    for name, player in played.players.items():
        player.name = name
    played.clock.stage, played.clock.stage_progress = len(played.stages()) - 1, 0.5
    played.chance = Chance("card")
    spaces = preset_of(game, "default").spaces

    def batches() -> Any:
        while True:
            yield Batch(**{name: Chance("card", name).draw(s, 8) for name, s in spaces.items()})

    return [move.name for move in played.stage.play(batches())]

"""`ganvas list`: the games, one line each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import torch

from ganvas.cli.options import JSON, refuse
from ganvas.cli.printing import table
from ganvas.core import registry

HEADINGS = ("game", "year", "takes -> makes", "parameters", "data", "paper")


def main(words: Sequence[str]) -> None:
    """Prints the table of games, oldest first.

    Raises:
        UsageError: for a word that it does not take.
    """
    refuse([word for word in words if word != JSON], [JSON], "list")
    games = sorted(map(about, registry.names()), key=lambda game: (game["year"], game["name"]))
    if JSON in words:
        print(json.dumps(games, indent=2, ensure_ascii=False))
    else:
        print(table([HEADINGS, *map(_row, games)], right=[3], cut=True))


def about(name: str) -> dict[str, Any]:
    """A game in short, at the size of its default preset; its networks are not made."""
    with torch.device("meta"):
        game = registry.make(name)
    parameters = (p for player in game.players.values() for p in player.net.parameters())
    return {
        "name": name,
        "title": game.paper.title,
        "authors": game.paper.authors,
        "year": game.paper.year,
        "url": game.paper.url,
        "inputs": {word: space.to_json() for word, space in game.inputs.items()},
        "output": game.output.to_json(),
        "parameters": sum(p.numel() for p in parameters),
        "data": registry.preset_of(type(game), "default").data,
    }


def _row(game: dict[str, Any]) -> tuple[str, ...]:
    takes = ", ".join(dict.fromkeys(space["kind"].lower() for space in game["inputs"].values()))
    return (
        game["name"],
        str(game["year"]),
        f"{takes} -> {game['output']['kind'].lower()}",
        f"{game['parameters']:,}",
        game["data"],
        game["title"],
    )

"""`ganvas show GAME`: the card of a game."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ganvas.cli.hints import kind, shown
from ganvas.cli.options import JSON, options_of, refuse, take, value_of
from ganvas.cli.printing import bold, full, in_turn, paragraph, table
from ganvas.core import UsageError, registry
from ganvas.core.config import groups
from ganvas.core.registry import Card

PRESET = "--preset"


def main(words: Sequence[str]) -> None:
    """Prints a card.

    Raises:
        UsageError: for an unknown game, preset or option.
    """
    name, rest = take(words, [JSON])
    if name is None:
        raise UsageError(f"show which game? there are: {', '.join(registry.names())}")
    preset = value_of(PRESET, rest, "default")
    known = (JSON, PRESET, f"{PRESET}={preset}")
    refuse([w for w in rest if w not in (*known, preset)], [JSON, PRESET], "show")
    card = registry.card(name, preset)
    if JSON in rest:
        print(json.dumps(card.to_json(), indent=2, ensure_ascii=False))
    else:
        print("\n".join(_lines(card)))


def _lines(card: Card) -> Iterator[str]:
    """The card for people, section by section."""
    paper = card.paper
    yield from (bold(card.name), paragraph(paper.title))
    yield from (f"{paper.authors}, {paper.year}. {paper.url}", "", paragraph(card.idea), "")
    yield table(_facts(card))
    yield from ("", bold("players"), table(_players(card), right=[2], indent=2))
    yield from ("", bold(f"options of ganvas train {card.name}"))
    own, tricks = _options(card)
    yield table(own, right=[2], indent=2)
    if tricks:
        yield from ("", bold("tricks that can be switched on (what they do: --help)"))
        yield paragraph(" ".join(tricks))
    preset = "" if card.preset == "default" else f" --preset {card.preset}"
    yield from ("", bold("to train it"), f"  ganvas train {card.name}{preset}")


def _facts(card: Card) -> list[tuple[str, str]]:
    """What it plays with and how; a word that comes again is not written again."""
    others = ", ".join(f"--preset {name}" for name in card.presets if name != card.preset)
    rows = [
        ("preset", card.preset + (f" (there is also {others})" if others else "")),
        ("data", f"{card.data} unless told otherwise"),
        *(("needs", f"{field}: {kinds.lower()}") for field, kinds in card.needs.items()),
        *(("takes", f"{field}: {full(space)}") for field, space in card.inputs.items()),
        ("makes", full(card.output)),
        ("a round", in_turn(card.moves) + _whose(card)),
        *(("stages", text) for text in _stages(card)),
    ]
    again = [False, *(a[0] == b[0] for a, b in pairwise(rows))]
    return [("" if same else word, text) for same, (word, text) in zip(again, rows, strict=True)]


def _whose(card: Card) -> str:
    same = card.preset == card.moves_preset
    return "" if same else f" (of the preset {card.moves_preset})"


def _stages(card: Card) -> list[str]:
    """A line for each stage; none for a game of one stage."""
    if len(card.stages) == 1:
        return []
    total = sum(stage["share"] for stage in card.stages)
    return [
        f"{stage['name']}: {stage['share'] / total:.0%} of the run"
        + (f", batches of {stage['batch']}" if stage["batch"] else "")
        for stage in card.stages
    ]


def _players(card: Card) -> list[tuple[str, ...]]:
    return [
        (
            name,
            player["network"],
            f"{player['parameters']:,} parameters",
            player["optimiser"]
            + (f", shown as its average (EMA {player['ema']:g})" if player["ema"] else ""),
        )
        for name, player in card.players.items()
    ]


def _options(card: Card) -> tuple[list[tuple[str, ...]], list[str]]:
    """Name, type, default and meaning of each field of the config; and the names of the tricks."""
    values = {name: about["default"] for name, about in card.config.items()}
    config = registry.config_of(registry.find(card.name)).build(**values)
    found, group = options_of(config), groups(type(config))
    own = [o for o in found if group[o.name] == "game"]
    rows: list[tuple[str, ...]] = [(o.word, kind(o.hint), shown(o.default), o.help) for o in own]
    return rows, [o.word for o in found if group[o.name] != "game"]

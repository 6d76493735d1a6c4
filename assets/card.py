"""The card of a generator that comes with ganvas, in Markdown."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from ganvas.cli.evaluate import WAYS, number
from ganvas.metrics.scores import Scores

COLUMNS = 100


def card(
    name: str, *, makes: str, uses: Sequence[str], facts: Mapping[str, str], **parts: str
) -> str:
    """The card.

    Args:
        name: the generator's.
        makes: what it makes, in words.
        uses: commands to begin with.
        facts: what there is to know at a glance, by word.
        parts: `data`, `figures`, `limits` and `deviations`, each the text of a section.
    """
    picture = "![Samples of seed 0, not chosen](grid.png)"
    rows = [f"| {word} | {text} |" for word, text in facts.items()]
    blocks = [
        f"# {name}",
        prose(makes[0].upper() + makes[1:] + "."),
        picture,
        "\n".join(f"    {use}" for use in uses),
        "\n".join(["| | |", "|---|---|", *rows]),
        f"## Data\n\n{prose(parts['data'])}",
        f"## Figures\n\n{parts['figures']}",
        f"## Limits\n\n{prose(parts['limits'])}",
        f"## Deviations from the paper\n\n{prose(parts['deviations'])}",
    ]
    return "\n\n".join(blocks) + "\n"


def deviations(page: str, game: str) -> str:
    """What the page of a game says of them, with what a shipped generator adds."""
    said = next(part for part in page.split("\n\n") if part.startswith("Deviations"))
    first, _, rest = " ".join(said.split()).partition(": ")
    assert first == "Deviations from the paper"
    return (
        f"Those of `{game}`, whose page says: {rest[0].upper()}{rest[1:]} The options of the "
        "command above come on top."
    )


def page(text: str, index: Mapping[str, Mapping[str, Any]]) -> str:
    """docs/pretrained.md with the generators of the index: a row and a picture for each."""
    rows = "".join(
        f"| `{name}` | `{about['game']}` | "
        f"{sum(file['bytes'] for file in about['files'].values()) / 1e6:.1f} | "
        f"{about['figure']['title']} {about['figure']['value']:.3g} | {about['makes']} |\n"
        for name, about in index.items()
    )
    pictures = "".join(
        f"\n![Samples of {name}](../src/ganvas/generators/{name}/grid.png)\n" for name in index
    )
    text = re.sub(r"(\| name \|.*\n\|---.*\n)(?:\|.*\n)*", lambda found: found[1] + rows, text)
    return text[: re.search(r"\n!\[|\Z", text).start()] + pictures  # type: ignore[union-attr]


def prose(text: str) -> str:
    """Paragraphs in lines of one width."""
    fill = {"width": COLUMNS, "break_long_words": False, "break_on_hyphens": False}
    return "\n\n".join(textwrap.fill(part, **fill) for part in text.strip().split("\n\n"))


def figures(found: Scores, more: Mapping[str, Mapping[str, Any]], features: str) -> str:
    """A table of figures, and below it how they were taken.

    Args:
        found: what `ganvas evaluate` measured.
        more: what it does not, in the same form.
        features: what was asked of it.
    """
    asked = "" if features == "auto" else f" --features {features}"
    rows = [
        f"| {about['title']} | {number(about)} | {_input(about)} | {WAYS[about['better']]} |"
        for about in [*found.figures.values(), *more.values()]
    ]
    head = ["| figure | value | of the input | |", "|---|---|---|---|"]
    how = "; ".join(f"{word} {text}" for word, text in found.protocol.to_text().items())
    notes = [f"By `ganvas evaluate{asked}`, of the weights as they are here. Protocol: {how}."]
    notes += dict.fromkeys(
        f"{about['title'].partition(' by ')[0]}: {about['protocol']['what']}."
        for about in more.values()
    )
    return "\n".join([*head, *rows]) + "\n\n" + "\n\n".join(map(prose, notes))


def _input(about: Mapping[str, Any]) -> str:
    """What the input of a translation has already, to see what was gained."""
    value = about.get("protocol", {}).get("of the input")
    return "" if value is None else f"{value:.4g}"

"""`ganvas evaluate RUN`: figures of a run, with their protocol."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

from ganvas.cli.options import flags_of, options_of, parse, take
from ganvas.cli.pages import HELP, PAGES
from ganvas.cli.printing import paragraph, table, working
from ganvas.core import UsageError
from ganvas.core.config import Options
from ganvas.core.run import Run
from ganvas.metrics import scores
from ganvas.metrics.evaluation import evaluate
from ganvas.metrics.scores import Protocol, Scores
from ganvas.metrics.sides import Wish
from ganvas.tools.pretrained import opened


@dataclass(frozen=True)
class Ask(Options):
    """What is measured, and how."""

    metrics: tuple[str, ...] | None = None
    """Names of figures with commas between; all usual ones that fit unless given."""
    n: int | None = None
    """Generated rows; as many as real ones but at least 2000 unless given."""
    features: str = "auto"
    """Feature space: classifier, random, inception, dinov2, clip, itself; what fits best (auto)."""
    split: Literal["test", "train", "all"] = "test"
    """Part of the data that they are measured against."""
    seed: int = 0
    """Decides what is drawn."""
    allow_small: bool = False
    """Figures also from fewer rows than they ask for, with a note."""
    download: bool = False
    """Download the weights of the feature space if they are missing."""
    json: bool = False
    """Print the result as one JSON object."""


@dataclass(frozen=True)
class AskRun(Ask):
    """What is asked of a run beside."""

    weights: Literal["average", "last"] = "average"
    """The moving averages that a game shows, or the weights themselves."""
    truncation: float | None = None
    """Less variety for better samples, as in `ganvas sample`; the measurement says so."""
    human: bool = False
    """Ask people instead: serve a page that shows real and generated pictures."""
    host: str = "127.0.0.1"
    """Address of that page; others than this machine's let anybody in."""
    port: int = 8000
    """Port of that page."""
    exposure: int | None = None
    """Milliseconds for which that page shows a picture; until the answer unless given."""
    no_open: bool = False
    """Do not open that page in a browser."""


ALIASES = {"n": {"short": "-n"}, "metrics": {"value": "NAME,NAME..."}}
HUMAN = ("host", "port", "exposure", "no_open")


def main(words: Sequence[str]) -> None:
    """Measures, writes scores.json, and prints a table.

    Raises:
        UsageError: for wrong options, or figures that do not fit.
        GanvasError: if the run is damaged or its samples are not finite.
    """
    folder, rest = take(words, [*flags_of(options_of(AskRun())), *HELP])
    if folder is None and set(rest) & set(HELP):
        print(PAGES["evaluate"], end="")
        return
    if folder is None:
        raise UsageError("evaluate which run? ganvas evaluate RUN")
    run = opened(folder)
    groups = {"evaluate": options_of(AskRun(), **ALIASES)}
    asked = parse(f"evaluate {folder}", f"Measures a run of {run.plan.game}.", groups, rest)
    as_json = asked.pop("json")
    if asked.pop("human"):
        _ask_people(run, asked, as_json=as_json)
        return
    wish = Wish(**{name: value for name, value in asked.items() if name not in HUMAN})
    with working(f"measuring {folder}", quiet=as_json) as tell:
        found = evaluate(run, wish, tell)
    file = scores.write(run.folder, found)
    if as_json:
        print(json.dumps(found.to_json(), ensure_ascii=False))
    else:
        print(told(found))
        print(f"\n{table([('scores', str(file))], whole=True)}")


def _ask_people(run: Run, asked: Mapping[str, Any], *, as_json: bool) -> None:
    from ganvas.studio.human.asking import serve

    serve(
        run,
        n=asked["n"] or 40,
        seed=asked["seed"],
        host=asked["host"],
        port=asked["port"],
        open_browser=not asked["no_open"],
        exposure=asked["exposure"],
        as_json=as_json,
    )


def told(found: Scores) -> str:
    """Figures for people: what, how good, which way is better, under which protocol."""
    head = f"{found.game} after {found.images:,} images" if found.game else found.of
    rows = figures_of(found)
    parts = [f"{head}, measured in {found.took:.0f} s"]
    parts += [table(rows, right=[1], indent=2)] if rows else ["no figure fits"]
    left = [f"{name}: {why}" for name, why in found.left_out.items()]
    parts += [
        paragraph(line) for line in [*left, *doubts(found.protocol), protocol(found.protocol)]
    ]
    return "\n".join(parts)


def figures_of(found: Scores) -> list[tuple[str, ...]]:
    """A row for each figure: name, value, which way is better, title."""
    return [
        (name, number(about), WAYS[about["better"]], about["title"] + _before(about))
        for name, about in found.figures.items()
    ]


def _before(about: Mapping[str, Any]) -> str:
    """What the input of a translation has, to see what was gained."""
    value = about.get("protocol", {}).get("of the input")
    return "" if value is None else f" (the input: {value:.4g})"


SURE = 0.9
"""The accuracy from which a classifier's features are taken without a word."""
WAYS = {"lower": "lower is better", "higher": "higher is better", "neither": ""}


def number(about: Mapping[str, Any]) -> str:
    """A figure with its standard error."""
    value, error = about["value"], about.get("error")
    if error is None or not isfinite(error):
        return f"{value:.4g}"
    digits = max(0, min(8, 1 - int(f"{error:e}".split("e")[1]))) if error else 4
    return f"{value:.{digits}f} ± {error:.{digits}f}"


def doubts(how: Protocol) -> Iterator[str]:
    """What is to be known of a classifier that is often wrong, before its figures are believed."""
    about = how.features or {}
    seen = next((share for word, share in about.items() if word.startswith("accuracy")), None)
    if seen is not None and seen < SURE:
        yield (
            f"doubtful: the classifier whose features these are names {seen:.0%} of rows rightly: "
            "it may overlook noise and blur; measure with --features random too"
        )


def protocol(how: Protocol) -> str:
    """The protocol in a sentence."""
    return "protocol: " + "; ".join(f"{word} {text}" for word, text in how.to_text().items())

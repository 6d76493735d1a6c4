"""Figures of a run, or of one source against another: who is shown what, under which protocol.

Real and generated rows go by in batches, and features are taken once for all figures. What a
figure knows of the real rows is kept in the cache under the SHA-256 of the data and of the feature
space, so it is worked out once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from typing import Any, Literal

import torch
from torch import Tensor

from ganvas.core import DataError, Game, Label, UsageError
from ganvas.core.errors import did_you_mean
from ganvas.core.run import Run
from ganvas.metrics import FIGURES, cache
from ganvas.metrics.features import Features, available, features
from ganvas.metrics.figure import Figure, Rows, Subject
from ganvas.metrics.scores import Protocol, Scores
from ganvas.metrics.sides import BATCH, Sides, Wish, real_rows, rows_of, sides_of

Tell = Callable[[float], None]
"""Is told which part of the work is done, 0 to 1."""


def evaluate(run: Run, wish: Wish | None = None, tell: Tell = lambda _: None) -> Scores:
    """Measures a run against the part of its data that was held back.

    Raises:
        UsageError: if a figure is asked for that does not fit: the message says which do.
        DataError: if rows are not finite.
        CheckpointError: if the run has no weights.
    """
    wish = wish or Wish()
    game, clock = run.game, run.clock
    averages = {player: player.average for player in game.players.values()}
    try:
        for player in averages if wish.weights == "last" else ():
            player.average = None
        found = evaluate_game(game, run.plan.data, wish, tell, of=str(run.folder))
    finally:
        for player, average in averages.items():
            player.average = average
    return replace(found, images=clock.images, round=clock.round, trained=round(clock.seconds, 3))


def evaluate_game(
    game: Game, trained_on: Mapping[str, Any], wish: Wish, tell: Tell = lambda _: None, of: str = ""
) -> Scores:
    """Measures a game; `trained_on` is the `to_json` of its data."""
    return measure(sides_of(game, trained_on, wish, of), wish, tell)


def fitting(game: Game, trained_on: Mapping[str, Any], wish: Wish) -> list[str]:
    """The names of the figures that a measurement would give, without measuring.

    Raises:
        UsageError: if one is asked for that does not fit, or none fits.
    """
    figures = chosen(wish.metrics, _subject(sides_of(game, trained_on, wish), wish)[0])
    if not figures:
        raise UsageError(f"there is no figure for what {game.name} makes ({game.output})")
    return [figure.name for figure in figures]


def measure(sides: Sides, wish: Wish, tell: Tell = lambda _: None) -> Scores:
    """Shows both sides to all figures that are wished for, or that fit.

    Raises:
        UsageError: if a figure or feature space is asked for that does not fit.
        DataError: if rows are not finite.
    """
    began = time.perf_counter()
    if min(sides.n, len(sides.table)) < 2:
        raise UsageError(
            f"a measurement takes at least 2 rows of each side, not {len(sides.table)} real and "
            f"{sides.n} generated"
        )
    subject, space = _subject(sides, wish)
    figures = [cls(subject) for cls in chosen(wish.metrics, subject)]
    protocol = Protocol(
        subject.source, sides.real.fingerprint, sides.real.given["split"], sides.field,
        sides.space.to_json(), subject.n_real, sides.n, wish.seed,
        wish.weights if sides.game else "none", space.protocol() if space else None,
        wish.truncation,
    )  # fmt: skip
    total = subject.n_real + subject.n_fake
    _show_real(figures, sides, protocol, space, lambda seen: tell(seen / total))
    seen = subject.n_real
    for rows in sides.fakes():
        _refuse_nan(rows.x, f"generated rows {seen - subject.n_real} and following")
        _show(figures, "fake", _looked_at(rows, figures, space))
        seen += len(rows)
        tell(seen / total)
    values, left_out = _values(figures, asked=wish.metrics is not None)
    game = sides.game.name if sides.game else None
    took = round(time.perf_counter() - began, 3)
    return Scores(sides.of, game, protocol, values, left_out, took=took)


def _subject(sides: Sides, wish: Wish) -> tuple[Subject, Features | None]:
    """What the figures must know, and the feature space."""
    label = sides.table.spaces.get("label") if sides.field == "x" else None
    subject = Subject(
        space=sides.space,
        source=str(sides.real.given["source"]),
        n_real=sides.n_real,
        n_fake=sides.n,
        seed=wish.seed,
        classes=label.classes if isinstance(label, Label) else None,
        labelled=sides.labelled,
        paired=sides.paired,
        game=sides.game,
        learned=_learned(sides),
        allow_small=wish.allow_small,
    )
    if wish.features == "auto" and not available(sides.space, sides.learned):
        return subject, None
    space = features(wish.features, sides.space, sides.learned, download=wish.download)
    return replace(
        subject,
        dims=space.dims,
        features=space,
        probable=space.classes is not None,
        native=space.name == "classifier",
        names=space.names,
    ), space


def _learned(sides: Sides) -> Callable[[], Iterator[Tensor]] | None:
    """The rows that a game learned from, if those it is measured against are others."""
    learned = sides.learned
    if sides.game is None or learned is None:
        return None
    if learned.given["split"] == sides.real.given["split"] or sides.real.given["split"] == "all":
        return None
    table = next(t for t in learned.tables if sides.field in t.spaces)
    return lambda: (rows.x for rows in rows_of(table, sides.field, len(table), 0))


def chosen(names: Sequence[str] | None, subject: Subject) -> list[type[Figure]]:
    """The figures of these names, or all usual ones that fit, or `all` that fit.

    Raises:
        UsageError: if one is unknown or does not fit: the message says which do.
    """
    misfits = {name: misfit(cls, subject) for name, cls in FIGURES.items()}
    fitting = [name for name, why in misfits.items() if why is None]
    if names is None or list(names) == ["all"]:
        return [FIGURES[name] for name in fitting if names or FIGURES[name].usual]
    for name in names:
        if name not in FIGURES:
            raise did_you_mean(name, list(FIGURES), "figure")
        if misfits[name] is not None:
            there = f"these fit: {', '.join(fitting)}" if fitting else "no figure fits"
            raise UsageError(f"{name} cannot be had here: it needs {misfits[name]}; {there}")
    return [FIGURES[name] for name in dict.fromkeys(names)]


def misfit(figure: type[Figure], subject: Subject) -> str | None:
    """Why a figure cannot be had for a subject, as the end of "it needs ..."; else None."""
    if "features" in figure.needs and subject.dims is None:
        return "a feature space, and there is none for such rows"
    if "probabilities" in figure.needs and not subject.probable:
        return "a feature space that knows classes (--features classifier, of labelled data)"
    if "label" in figure.needs and not subject.labelled:
        return "a game that is told a label"
    return figure.misfit(subject)


def _show_real(
    figures: Sequence[Figure],
    sides: Sides,
    protocol: Protocol,
    space: Features | None,
    tell: Tell,
) -> None:
    """Shows the real rows to the figures that the cache does not know already."""
    small = figures[0].subject.allow_small if figures else False
    key = {**asdict(protocol), "weights": "", "ganvas": version("ganvas"), "small": small}
    waiting = []
    for figure in figures:
        if type(figure).real is Figure.real:
            continue  # it does not look at them
        found = cache.find("reference", {"figure": figure.name, **key})
        if found is None:
            waiting.append(figure)
        else:
            figure.refer(found[0])
    if not waiting:
        return
    for number, rows in enumerate(real_rows(sides, protocol.seed)):
        _refuse_nan(rows.x, f"real rows {number * BATCH} and following")
        _show(waiting, "real", _looked_at(rows, waiting, space))
        tell(min((number + 1) * BATCH, protocol.n_real))
    for figure in waiting:
        if reference := figure.reference():
            cache.keep("reference", {"figure": figure.name, **key}, reference, {})


@torch.no_grad()
def _looked_at(rows: Rows, figures: Sequence[Figure], space: Features | None) -> Rows:
    """The rows with what the feature space says of them, as far as a figure needs it."""
    needs = set().union(*(figure.needs for figure in figures))
    if space is None:
        return rows
    return replace(
        rows,
        features=space(rows.x) if "features" in needs else None,
        probabilities=space.probabilities(rows.x) if "probabilities" in needs else None,
    )


def _show(figures: Sequence[Figure], side: Literal["real", "fake"], rows: Rows) -> None:
    for figure in figures:
        getattr(figure, side)(rows)


def _values(
    figures: Sequence[Figure], *, asked: bool
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """What the figures say, and why some say nothing; if it was `asked` for, that is an error."""
    values: dict[str, dict[str, Any]] = {}
    left_out: dict[str, str] = {}
    for figure in figures:
        about = {"title": figure.title, "better": figure.better}
        try:
            values[figure.name] = {**about, **asdict(figure.value())}
        except UsageError as error:
            if asked:
                raise
            left_out[figure.name] = str(error)
    return values, left_out


def _refuse_nan(x: Tensor, which: str) -> None:
    """Raises a DataError if a number is not finite."""
    if x.is_floating_point() and not bool(torch.isfinite(x).all()):
        raise DataError(f"{which} hold numbers that are not finite; nothing can be measured")

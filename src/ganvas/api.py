"""The words of the command line, as functions."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from ganvas import auto, watch
from ganvas import data as sources
from ganvas.core import (
    Config,
    Game,
    Image,
    Preset,
    Settings,
    Trainer,
    UsageError,
    parallel,
    registry,
)
from ganvas.core.plan import Plan
from ganvas.core.registry import Card, card, make
from ganvas.core.run import Run, free_folder
from ganvas.machine import Machine
from ganvas.metrics import scores
from ganvas.metrics.evaluation import evaluate as measure_run
from ganvas.metrics.scores import Scores
from ganvas.metrics.sides import Wish
from ganvas.playing import Watching, play
from ganvas.tools.pretrained import get as pretrained
from ganvas.tools.pretrained import opened
from ganvas.watch.second_look import evidence_of
from ganvas.watch.verdicts import Finding, judge

__all__ = ["doctor", "evaluate", "games", "load", "make", "pretrained", "resume", "train"]


NOT_TYPED = ("game", "settings", "config", "quiet")
"""Arguments of `train` that are no options, or make no difference to what is trained."""
OF_DATA = ("channels", "fit", "labels_per_class", "label_draw", "partner", "to")
"""Arguments of `train` that are those of `ganvas.data.load`."""


def games() -> dict[str, Card]:
    """The card of every game, by name."""
    return {name: card(name) for name in registry.names()}


def load(folder: str | Path) -> Run:
    """A run on disk; `pretrained:NAME` for a generator that comes with ganvas.

    Raises:
        UsageError: if the folder is no run.
    """
    return opened(folder)


def evaluate(run: str | Path | Run, **wish: Any) -> Scores:
    """Measures a run against the part of its data that was held back; adds to its scores.json.

    Args:
        run: the run or its folder.
        wish: fields of `ganvas.metrics.sides.Wish`: metrics, n, features, split, seed ...

    Raises:
        UsageError: if something is asked for that does not fit.
        GanvasError: if the run is damaged or its samples are not finite.
    """
    run = run if isinstance(run, Run) else opened(run)
    found = measure_run(run, Wish(**wish))
    scores.write(run.folder, found)
    return found


def train(
    game: str | type[Game],
    *,
    data: str | Path | None = None,
    out: str | Path | None = None,
    steps: int | None = None,
    images: int | None = None,
    minutes: float | None = None,
    preset: str = "default",
    seed: int = 0,
    size: int | tuple[int, int] | None = None,
    channels: int | None = None,
    fit: Literal["crop", "pad", "stretch"] = "crop",
    labels_per_class: int | None = None,
    label_draw: int | None = None,
    partner: str | None = None,
    to: Literal["A", "B"] = "B",
    settings: Settings | None = None,
    save_every: float = 30.0,
    evaluate_every: int | None = None,
    metrics: Sequence[str] | None = None,
    on_collapse: watch.OnCollapse = "warn",
    quiet: bool = False,
    **config: Any,
) -> Run:
    """Trains a game.

    Args:
        game: its name, or a class of your own; "auto" picks one that suits the data and this
            machine, with what is not given of size, length and config, and says so.
        data: a built-in source or a folder of images; the preset's source if None.
        out: the run's folder; a new one below `runs/` if None.
        steps, images, minutes: the length of the run, one of them; else the config's `images`.
        preset: `default`, or `paper` for the paper's own size.
        seed: decides everything that is drawn.
        size: of images, a number for squares or (height, width); the preset's if None.
        channels: 1 grey, 3 RGB, 4 RGBA; what the data has if None.
        fit: how images of another shape become that size.
        labels_per_class: so many labels of each class are all that a game learns which learns from
            few (its data has the field `few`); 10 if None. All other rows it sees without theirs.
        label_draw: decides which rows these are; 0 if None.
        partner: makes x of single pictures, for a game from x to y: grey, edges, smaller:4 ...
            (`ganvas.data.partners`); the preset's if None and the data has no x of its own.
        to: which of two sides is to be made: B of A, or A of B.
        settings: how to compute.
        save_every: seconds between checkpoints.
        evaluate_every: rounds between measurements; none if None. The state that measured best is
            kept in the run's folder `best`.
        metrics: the figures that are measured then, the deciding one first; all usual ones that
            fit if None.
        on_collapse: what to do once mode collapse is likely: warn, stop (saved, to be resumed), or
            rollback to before it and go on with other draws (in one process).
        quiet: without a progress bar.
        config: fields of the game's config.

    Returns:
        The finished run.

    Raises:
        UsageError: if something was asked for that there is not.
        GanvasError: if the training failed; what was saved is in the run's folder.
    """
    how = Watching(save_every, evaluate_every, metrics, on_collapse, quiet)
    settings = settings or Settings()
    asked = locals()
    game, size, config = _picked(asked)
    cls, chosen, options = _configured(game, preset, images, config)
    source = _open(cls, data, chosen, size, **{name: asked[name] for name in OF_DATA})
    terms: Any = {"seed": seed, "settings": settings, "rounds": steps, "minutes": minutes}
    about, word = source.to_json(), registry.name_of(cls)
    plan = Plan.of(word, options, source.spaces, about, preset=preset, **terms)
    trainer = Trainer(plan.build(), source.tables, **terms)
    how.check(trainer.game, plan.data)
    folder = Path(out or free_folder(f"{word}-{source.name}"))
    run = Run.create(folder, plan) if parallel.rank() == 0 else None
    _say(source, trainer.game, quiet=quiet or run is None)
    return play(trainer, run, folder, how)


def _picked(asked: dict[str, Any]) -> tuple[str | type[Game], Any, dict[str, Any]]:
    """Game, size and config as asked for; or, for `auto`, what suits the data and this machine.

    Tells the command for the same.

    Args:
        asked: the arguments of `train`.

    Raises:
        UsageError: if they contradict each other.
    """
    _one_length(asked["steps"], asked["images"], asked["minutes"])
    if asked["game"] != auto.AUTO:
        return asked["game"], asked["size"], asked["config"]
    if asked["data"] is None:
        raise UsageError(auto.NO_DATA)
    settings, usual = asked["settings"], inspect.signature(train).parameters
    terms = {k: v for k, v in asked.items() if k in usual and v != usual[k].default}
    given = {k: v for k, v in {**terms, **asked["config"]}.items() if k not in NOT_TYPED}
    compute = {k: v for k, v in settings.to_json().items() if v != Settings().to_json()[k]}
    choice = auto.choose(sources.facts_of(asked["data"]), Machine.here(settings), given)
    if not asked["quiet"]:
        auto.tell(choice, auto.words({**given, **compute}))
    size = choice.values.pop("size", asked["size"])
    return choice.game, size, {**choice.values, **asked["config"]}


def resume(
    folder: str | Path,
    *,
    at: int | None = None,
    steps: int | None = None,
    images: int | None = None,
    minutes: float | None = None,
    save_every: float = 30.0,
    evaluate_every: int | None = None,
    metrics: Sequence[str] | None = None,
    on_collapse: watch.OnCollapse = "warn",
    quiet: bool = False,
) -> Run:
    """Goes on with a run exactly where it stands.

    Args:
        folder: the run's.
        at: the round of an earlier checkpoint, to go on from there instead.
        steps, images, minutes: a new length of the whole run, one of them.
        save_every: seconds between checkpoints.
        evaluate_every, metrics: as for `train`.
        on_collapse: what to do once mode collapse is likely: warn, stop (saved, to be resumed), or
            rollback to before it and go on with other draws (in one process).
        quiet: without a progress bar.

    Raises:
        UsageError: if the folder is no run, or its data is no longer what it was.
        CheckpointError: if the checkpoint is damaged.
    """
    _one_length(steps, images, minutes)
    how = Watching(save_every, evaluate_every, metrics, on_collapse, quiet)
    run = Run(folder)
    source = sources.reload(run.plan.data)
    settings = Settings.build(**run.plan.settings)
    trainer = Trainer(run.plan.build(), source.tables, seed=run.plan.seed, settings=settings)
    run.restore(trainer, at)
    if steps or images or minutes:
        trainer.clock.goal_rounds = steps
        trainer.clock.goal_seconds = None if minutes is None else 60 * minutes
        trainer.clock.goal_images = images or trainer.clock.goal_images
    if trainer.clock.done:
        raise UsageError(
            f"{run.folder} has reached its goal after {trainer.clock.round} rounds and "
            f"{trainer.clock.images} images; give a longer --steps, --images or --minutes"
        )
    how.check(trainer.game, run.plan.data)
    mine = run if parallel.rank() == 0 else None
    return play(trainer, mine, run.folder, how)


def doctor(folder: str | Path) -> list[Finding]:
    """What is wrong with a run, finished or not, causes first; it is only read.

    Raises:
        UsageError: if the folder is no run.
    """
    return judge(evidence_of(opened(folder))[0])


def _one_length(steps: int | None, images: int | None, minutes: float | None) -> None:
    given = {"--steps": steps, "--images": images, "--minutes": minutes}
    asked = {name: value for name, value in given.items() if value is not None}
    if len(asked) > 1:
        raise UsageError(f"give one length, not {' and '.join(asked)}")
    for name, value in asked.items():
        if not value > 0:
            raise UsageError(f"{name} must be above 0, not {value:g}")


def _configured(
    game: str | type[Game], preset: str, images: int | None, config: Mapping[str, Any]
) -> tuple[type[Game], Preset, Config]:
    """The game's class, its preset, and its config with what was asked for.

    Raises:
        UsageError: if there is no such game or preset, or a value makes no sense.
    """
    cls = registry.register(game) if isinstance(game, type) else registry.find(game)
    chosen = registry.preset_of(cls, preset)
    values = {**chosen.config, **config, **({"images": images} if images else {})}
    return cls, chosen, registry.config_of(cls).build(**values)


def _open(
    game: type[Game],
    data: str | Path | None,
    preset: Preset,
    size: int | tuple[int, int] | None,
    **more: Any,
) -> sources.Source:
    """The data for a game, or the preset's, at the size asked for or else the preset's.

    `more` goes to `ganvas.data.load`.
    """
    fields = tuple(registry.takes(game))
    usual = preset.spaces.get("y", preset.spaces.get("x"))
    if size is None and isinstance(usual, Image):
        size = (usual.height, usual.width)
    data = data or preset.data
    if more["partner"] is None and preset.partner is not None:
        own = sources.has_two_sides(data, paired=game.paired)
        more["partner"] = None if own else preset.partner
    source = sources.load(data, size=size, fields=fields, paired=game.paired, **more)
    if not game.paired and source.single:
        raise UsageError(
            f"{source.name} has a single picture as {source.single}: {registry.name_of(game)} "
            "learns what the pictures of each side have in common, from several, better hundreds"
        )
    return source


def _say(source: sources.Source, game: Game, *, quiet: bool) -> None:
    """Tells what of the data was left out or changed, and what speaks against the options."""
    for note in () if quiet else source.notes:
        print(f"{source.name}: {note}", file=sys.stderr)
    for remark in () if quiet else game.remarks:
        print(f"{game.name}: {remark}", file=sys.stderr)

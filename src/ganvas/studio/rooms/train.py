"""Train: what to train on, a process for each training, and what is to be seen of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ganvas.auto import AUTO
from ganvas.core import GanvasError, UsageError
from ganvas.core.errors import did_you_mean
from ganvas.studio import offers
from ganvas.studio.doing import Answers, Ask, Said, Shown, Wrong, does
from ganvas.studio.following import Seen
from ganvas.studio.offers import Offer
from ganvas.studio.wording import Words, told
from ganvas.watch import files

SAVE_EVERY = 10
"""Seconds between states: a run can be explored while it is trained."""
LONGEST = 7 * 24 * 60.0
"""Minutes."""
IMAGES = 10**9

_built_in: dict[str, Offer] = {}
_folders: dict[Path, Offer] = {}
_seen: dict[Path, Seen] = {}


@does("train.sources")
def sources(ask: Ask) -> Answers:
    """All sources: the person's own folders first."""
    for name, folder in ask.desk.data.items():
        try:
            yield Said(_offer(ask, name).to_json())
        except GanvasError as error:
            plain = GanvasError(str(error).replace(str(folder), name))
            yield Said({"source": name, **told(plain)})
    for name in _all_built_in():
        yield Said(_offer(ask, name).to_json())


@does("train.games")
def games(ask: Ask) -> Answers:
    """The games that fit a source."""
    for game in offers.games(_offer(ask, ask.word("source"))):
        yield Said(game) if game else None


@does("train.choices")
def choices(ask: Ask) -> dict[str, Any]:
    """What one may choose of a game."""
    return offers.choices(_offer(ask, ask.word("source")), ask.word("game"))


@does("train.begin")
def begin(ask: Ask) -> dict[str, Any]:
    """Begins a training."""
    offer, game = _offer(ask, ask.word("source")), ask.word("game")
    given = ask.given.get("options", {})
    if not isinstance(given, dict):
        raise Wrong("options are names with values")
    side = ask.whole("size", 1, 4096) if ask.has("size") else None
    words = [game, f"--data={offer.data}", f"--seed={ask.whole('seed', 0, 2**31 - 1, 0)}"]
    words += offers.checked(offer, game, side, given)
    if side is not None:
        words.append(f"--size={side}")
    length, more = _length(ask, game)
    about = {"game": game, "source": offer.name, "size": side, "length": length, "options": given}
    name = ask.word("name").strip()
    if name in ask.desk.shelf.places:
        raise Wrong("there is a run {name} already; take another name", name=name)
    training = ask.desk.trainings.begin(
        name, [*words, *more, f"--save-every={SAVE_EVERY}"], _owner(ask), about
    )
    _seen.pop(training.folder, None)
    return {"name": training.name}


@does("train.list")
def trainings(ask: Ask) -> Answers:
    """All trainings, the newest first."""
    for training in ask.desk.trainings:
        yield Said(_look(ask, training.name).brief(ask.word("owner")))


@does("train.follow")
def follow(ask: Ask) -> dict[str, Any]:
    """All that there is to see of a training, and of its curves what is new."""
    seen = _look(ask, ask.word("name"))
    name = next((n for n, f in ask.desk.shelf.places.items() if f == seen.folder), None)
    saved = name is not None and (seen.folder / "checkpoints").is_dir()
    whole = seen.whole(ask.word("owner"), ask.whole("since", -1, 2**62, -1))
    return {**whole, "run": name if saved else None}


@does("train.frame")
def frame(ask: Ask) -> Answers:
    """One of the pictures that a training drew of itself, or of what is real."""
    seen = _look(ask, ask.word("name"))
    what = "real" if ask.flag("real") else f"{ask.whole('images', 0, 2**62):09d}"
    opened = files.open_picture(file := seen.folder / "samples" / f"{what}.png")
    if opened is None:
        raise UsageError(Words("that picture is no longer there"))
    size = {"width": opened.width, "height": opened.height}
    yield Shown(what, file.read_bytes(), size)


@does("train.pause")
def pause(ask: Ask) -> None:
    """Ends the process after its round; all is saved."""
    ask.desk.trainings.mine(ask.word("name"), _owner(ask)).end("paused")


@does("train.stop")
def stop(ask: Ask) -> None:
    """The same, for good: it is not told as one that waits."""
    training = ask.desk.trainings.mine(ask.word("name"), _owner(ask))
    training.end("stopped")


@does("train.resume")
def resume(ask: Ask) -> None:
    """Goes on where it stands; if it is done, to a new length."""
    training = ask.desk.trainings.mine(ask.word("name"), _owner(ask))
    length, words = _length(ask, AUTO)
    if length:
        training.record.about["length"] = length
    ask.desk.trainings.go_on(training, [*words, f"--save-every={SAVE_EVERY}"])


# -- what is asked -------------------------------------------------------------------------------


def _all_built_in() -> dict[str, Offer]:
    if not _built_in:
        _built_in.update({offer.name: offer for offer in offers.built_in()})
    return _built_in


def _offer(ask: Ask, name: str) -> Offer:
    """The source of a name: a folder that was given on the command line, or a built-in one."""
    folder = ask.desk.data.get(name)
    if folder is None:
        if name not in _all_built_in():
            raise did_you_mean(name, [*ask.desk.data, *_built_in], "source")
        return _built_in[name]
    if folder not in _folders:
        _folders[folder] = offers.of_folder(name, folder)
    return _folders[folder]


def _look(ask: Ask, name: str) -> Seen:
    training = ask.desk.trainings.get(name)
    there = _seen.get(training.folder)
    if there is None or there.training is not training:
        there = _seen[training.folder] = Seen(training)
    return there


def _owner(ask: Ask) -> str:
    owner = ask.word("owner")
    if len(owner) < 16:
        raise Wrong("owner is a secret of the browser, of 16 characters or more")
    return owner


def _length(ask: Ask, game: str) -> tuple[dict[str, float], list[str]]:
    """How long to train: as the record has it, and as words."""
    if ask.has("minutes"):
        minutes = ask.number("minutes", 0.01, LONGEST)
        return {"minutes": minutes}, [f"--minutes={minutes:g}"]
    if ask.has("images"):
        images = ask.whole("images", 1, IMAGES)
        return {"images": images}, [f"--images={images}"]
    return {}, []

"""The gallery: which runs there are, with pictures, figures and cards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image as Pillow

from ganvas.core import GanvasError, Image, registry
from ganvas.core.plan import Plan
from ganvas.core.run import Run
from ganvas.core.space import Space
from ganvas.studio.controls import draws, label_of
from ganvas.studio.doing import Answers, Ask, Said, Shown, does
from ganvas.studio.fitting import rooms_of
from ganvas.studio.kept import Spot, drawn
from ganvas.studio.pictures import png
from ganvas.studio.shelf import Opened, Shelf
from ganvas.studio.wording import told
from ganvas.tools.pretrained import CARD, GRID

PICTURES = 16
"""In a run's entry."""
SIDE = 480
FIGURES = 4


@does("gallery.list")
def runs(ask: Ask) -> Answers:
    """All runs, in words: the shipped generators first."""
    shelf = ask.desk.shelf
    for name in list(shelf.places):
        yield Said(_entry(shelf, name))


@does("gallery.pictures")
def pictures(ask: Ask) -> Answers:
    """A run's pictures: drawn now where it draws from noise, else those that it kept."""
    shelf, name = ask.desk.shelf, ask.word("run")
    plan, folder = Run(shelf.folder(name)).plan, shelf.folder(name)
    if _task(plan.game, _spaces(plan)) == "draw" and draws((opened := shelf.open(name)).game):
        yield from drawn(ask, _spots(opened))
    elif (kept := _kept(folder)) is not None:
        yield _shown(kept)


@does("gallery.card")
def card(ask: Ask) -> dict[str, Any]:
    """What there is to read about a run."""
    shelf, name = ask.desk.shelf, ask.word("run")
    folder = shelf.folder(name)
    if name in shelf.shipped:
        return {"text": shelf.shipped[name].read(CARD).decode()}
    run = Run(folder)
    about = registry.find(run.plan.game).paper
    changed = {k: v for k, v in run.plan.config.items() if isinstance(v, int | float | str)}
    return {
        "paper": {"title": about.title, "authors": about.authors, "year": about.year},
        "facts": {
            "data": str(run.plan.data.get("source", "")).rpartition("/")[2],
            "created": run.plan.created[:10],
            "seed": run.plan.seed,
            **changed,
        },
    }


def _entry(shelf: Shelf, name: str) -> dict[str, Any]:
    """What the gallery says of a run; of one that cannot be read, why."""
    try:
        run = Run(shelf.folder(name))
        spaces = _spaces(run.plan)
    except (GanvasError, KeyError, TypeError) as error:
        return {"run": name, **told(error)}
    plan, shipped = run.plan, shelf.shipped.get(name)
    image = next((s for s in reversed(spaces.values()) if isinstance(s, Image)), None)
    about = {
        "run": name,
        "game": plan.game,
        "year": _year(plan.game),
        "task": _task(plan.game, spaces),
        "rooms": _rooms(run.folder),
        "data": str(plan.data.get("source", "")).rpartition("/")[2],
        "size": [image.width, image.height, image.channels] if image else None,
        "shipped": shipped is not None,
        "figures": _figures(run.folder),
    }
    if shipped is not None:
        figure = {k: shipped.figure.get(k) for k in ("title", "value", "better")}
        about |= {"makes": shipped.makes, "licence": shipped.licence, "figures": [figure]}
    return about


def _rooms(folder: Path) -> list[str]:
    """The rooms that can take a run; none if its game cannot be built any more."""
    try:
        return rooms_of(folder)
    except (GanvasError, OSError, KeyError, TypeError, ValueError):
        return []


def _year(game: str) -> int | None:
    try:
        return registry.find(game).paper.year
    except GanvasError:
        return None


def _task(game: str, spaces: dict[str, Space]) -> str:
    """In a word what a run is for."""
    images = [s for s in spaces.values() if isinstance(s, Image)]
    if not images:
        return "toy" if any(type(s).__name__ == "Points" for s in spaces.values()) else "text"
    x, y = spaces.get("x"), spaces.get("y")
    if isinstance(x, Image) and isinstance(y, Image):
        if y.height > x.height:
            return "enlarge"
        return "repair" if x.channels in (2, 4) and y.channels == x.channels - 1 else "translate"
    return "translate" if game == "stargan" else "draw"


def _figures(folder: Path) -> list[dict[str, Any]]:
    """What was measured of a run, the first few."""
    try:
        found = json.loads((folder / "scores.json").read_text("utf-8"))
        last = found[-1] if isinstance(found, list) else found
        return [
            {"title": about["title"], "value": about["value"], "better": about["better"]}
            for about in list(last["figures"].values())[:FIGURES]
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return []


def _spaces(plan: Plan) -> dict[str, Space]:
    return {name: Space.from_json(space) for name, space in plan.spaces.items()}


def _spots(opened: Opened) -> list[Spot]:
    """Points of the first seeds, of each class in turn."""
    latent, space = opened.latent(), label_of(opened.game)
    points = latent.at(range(PICTURES), 0.7 if latent.space == "w" else None).cpu()
    labels = [None if space is None else i % space.classes for i in range(PICTURES)]
    return [
        Spot(opened.name, latent.space, label, points[i : i + 1], {"seed": i})
        for i, label in enumerate(labels)
    ]


def _kept(folder: Path) -> Path | None:
    """The newest picture that a run has of itself."""
    if (folder / GRID).is_file():
        return folder / GRID
    return max((folder / "samples").glob("*.png"), default=None)


def _shown(file: Path) -> Shown:
    with Pillow.open(file, formats=("PNG",)) as opened:
        picture = opened.convert("RGB")
    return Shown("grid", png(picture), {"width": picture.width, "height": picture.height})

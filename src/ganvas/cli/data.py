"""`ganvas data list | show SOURCE | check FOLDER`; `prepare` is in a file of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image as Pillow
from torch import Tensor

from ganvas import data
from ganvas.cli import prepare
from ganvas.cli.checked import checked
from ganvas.cli.options import JSON, options_of, parse, refuse, size_of, take
from ganvas.cli.pages import HELP, PAGES
from ganvas.cli.printing import bold, full, paragraph, table
from ganvas.core import DataError, Image, Points, Space, Tokens, UsageError
from ganvas.core.config import Options
from ganvas.core.errors import did_you_mean
from ganvas.data.check import check
from ganvas.data.source import Source

VERBS = ("list", "show", "check", "prepare")


@dataclass(frozen=True)
class Look(Options):
    """How to look at pictures: as the training would."""

    size: str | None = None
    """Of the images: 32 for squares, 24x32 for height x width; what they have if none."""
    channels: int | None = None
    """1 grey, 3 RGB, 4 RGBA; what they have if none."""
    fit: Literal["crop", "pad", "stretch"] = "crop"
    """How images of another shape become that size."""
    json: bool = False
    """Print the result as one JSON object."""


@dataclass(frozen=True)
class Show(Look):
    """What `show` takes besides."""

    split: Literal["train", "test", "all"] = "train"
    """Which part: what is trained on, what is held back, or both."""
    output: str | None = None
    """A PNG to draw some of it into."""


def main(words: Sequence[str]) -> None:
    """Prints what was asked for.

    Raises:
        UsageError: for an unknown word, source or folder.
        DataError: if more than half of a folder's images cannot be read.
    """
    verb, rest = take(words, (JSON, *HELP))
    if verb is None and set(rest) & set(HELP):
        print(PAGES["data"], end="")
    elif verb == "list":
        _list(rest)
    elif verb == "show":
        _show(rest)
    elif verb == "check":
        _check(rest)
    elif verb == "prepare":
        prepare.main(rest)
    elif verb is None:
        raise UsageError(f"ganvas data does what? one of: {', '.join(VERBS)}")
    else:
        raise did_you_mean(verb, VERBS, "verb of ganvas data")


# -- list --------------------------------------------------------------------------------------


def _list(words: Sequence[str]) -> None:
    """The built-in sources, a line each."""
    refuse([word for word in words if word != JSON], [JSON], "data list")
    abouts = [data.about(name) for name in data.names()]
    if JSON in words:
        print(json.dumps([_plain(about) for about in abouts], indent=2, ensure_ascii=False))
        return
    heading = ("source", "rows", "held back", "holds", "what")
    rows = [
        (
            about.name,
            f"{about.rows:,}",
            f"{about.test:,}" if about.test else "",
            ", ".join(_holds(field, space) for field, space in about.spaces.items()),
            about.what,
        )
        for about in abouts
    ]
    print(table([heading, *rows], right=[1, 2]))
    print()
    print(paragraph("Any folder of images is a source too: ganvas data check FOLDER looks at it."))


def _holds(field: str, space: Space) -> str:
    """A field with its kind, unless it is named after it."""
    kind = type(space).__name__.lower()
    return field if field == kind else f"{field} ({kind})"


def _plain(about: data.About) -> dict[str, Any]:
    return {**asdict(about), "spaces": {f: s.to_json() for f, s in about.spaces.items()}}


# -- show --------------------------------------------------------------------------------------


def _show(words: Sequence[str]) -> None:
    """What a source holds, as a game would get it."""
    name, rest = take(words, (JSON, *HELP))
    if name is None and not set(rest) & set(HELP):
        raise UsageError(f"show which source? {', '.join(data.names())}, or a folder of images")
    output = {"short": "-o", "value": "FILE.png"}
    groups = {"pictures": options_of(Show(), size={"value": "N|HxW"}, output=output)}
    values = parse("data show", "Shows what a source holds.", groups, rest)
    target = None if values["output"] is None else Path(values["output"]).expanduser()
    if target is not None and (target.suffix.lower() != ".png" or not target.parent.is_dir()):
        raise UsageError(f"-o takes a FILE.png in a folder that there is, not {str(target)!r}")
    source = data.load(
        name or "",
        size=_size(values),
        channels=values["channels"],
        fit=values["fit"],
        split=values["split"],
        fields=("x", "y"),
        paired=name in data.PAIRED,
    )
    about = data.about(name) if name is not None and data.is_built_in(name) else None
    if target is not None:
        _draw(source, target)
    if values["json"]:
        spaces = {field: space.to_json() for field, space in source.spaces.items()}
        known = {} if about is None else {"what": about.what, "origin": about.origin}
        plain = {"name": source.name, **known, **source.to_json(), "spaces": spaces}
        drawn = {} if target is None else {"output": str(target)}
        print(json.dumps({**plain, "notes": source.notes, **drawn}, ensure_ascii=False))
        return
    print("\n".join(_shown(source, about)))
    if target is not None:
        print(f"\nsome of it: {target}")


def _shown(source: Source, about: data.About | None) -> list[str]:
    """A source for people."""
    told = source.to_json()
    facts = [("source", told["source"])]
    if about is not None:
        facts += [("what", about.what), ("from", about.origin)]
    facts += [("rows", ", ".join(f"{n:,} of {field}" for field, n in told["rows"].items()))]
    facts += [(field, full(space)) for field, space in source.spaces.items()]
    facts += [("note" if i == 0 else "", note) for i, note in enumerate(source.notes)]
    rows = [bold(source.name), table(facts, indent=2)]
    space = source.spaces["x"]
    if isinstance(space, Tokens):
        from ganvas.data.sentences import text

        some = source.tables[0].fetch(torch.arange(min(8, len(source.tables[0]))))["x"]
        rows += ["", *(f"  {sentence}" for sentence in text(some, space))]
    return rows


def _draw(source: Source, target: Path) -> None:
    """A picture of some rows, drawn at random but always the same."""
    space = source.spaces["x"]
    some: dict[str, Tensor] = {}
    most = 2000 if isinstance(space, Points) else 64 // len(source.tables)
    for one in source.tables:
        order = torch.randperm(len(one), generator=torch.Generator().manual_seed(0))
        some |= one.fetch(order[:most])
    if isinstance(space, Points):
        picture = _points(source.name, some["x"])
    elif isinstance(space, Image):
        from ganvas.watch.pictures import grid

        sides = [some[field] for field in ("x", "y") if field in some]
        if source.given.get("paired"):
            pairs = torch.stack(sides, 1)[:32].flatten(0, 1)
            picture = grid(pairs, 8, group=2)
        else:
            picture = grid(torch.cat(sides), 8)
    else:
        raise UsageError(f"{source.name} holds no pictures: there is nothing to draw")
    try:
        picture.save(target)
    except OSError as error:
        raise DataError(f"cannot write {target}: {error}") from error


def _points(name: str, x: Tensor) -> Pillow.Image:
    """Points of the line as their density, points of the plane as points; modes as circles."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Circle

    figure = Figure((6, 6), dpi=100)
    canvas, axes = FigureCanvasAgg(figure), figure.add_subplot(title=f"{name}: {len(x):,} points")
    if x.shape[1] == 1:
        axes.hist(x[:, 0].numpy(), bins=60, density=True, color="#3b6fb6")
    else:
        axes.scatter(x[:, 0], x[:, 1], s=6, lw=0, alpha=0.5, color="#3b6fb6")
        axes.set_aspect("equal")
        if name in data.mixtures():
            for centre in data.modes(name).tolist():
                axes.add_patch(Circle(centre, 3 * data.std(name), fill=False, color="#e4572e"))
    canvas.draw()
    return Pillow.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


# -- check -------------------------------------------------------------------------------------


def _check(words: Sequence[str]) -> None:
    """What is in a folder of images, and what training would make of it."""
    folder, rest = take(words, (JSON, *HELP))
    if folder is None and not set(rest) & set(HELP):
        raise UsageError("check which folder? ganvas data check FOLDER")
    groups = {"pictures": options_of(Look(), size={"value": "N|HxW"})}
    values = parse("data check", "Looks at every image of a folder.", groups, rest)
    size, channels, fit = _size(values), values["channels"], values["fit"]
    report = check(folder or "", size=size, channels=channels, fit=fit)
    if values["json"]:
        print(json.dumps(report.to_json(), ensure_ascii=False))
    else:
        print("\n".join(checked(report)))
    if report.trouble is not None:
        raise DataError(report.trouble)


def _size(values: Mapping[str, Any]) -> int | tuple[int, int] | None:
    return None if values["size"] is None else size_of(values["size"])

"""What can be asked of `ganvas edit`: of each action, and of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ganvas.core import UsageError
from ganvas.core.config import Options
from ganvas.tools.dragging import KEEP, RATE, Place
from ganvas.tools.inpainting import PRIOR, TYPICAL, Blend
from ganvas.tools.painting import NEAR


@dataclass(frozen=True)
class Ask(Options):
    """What can be asked of all edits."""

    space: Literal["z", "w", "w+"] | None = None
    """Where to look: z, or, in a game with styles, w or w+."""
    label: str | None = None
    """The class of the picture, by number or name; the one that comes nearest unless given."""
    fit: Literal["crop", "pad", "stretch"] = "crop"
    """How pictures of another shape become that of the run."""
    output: str | None = None
    """FILE.png for one picture, or FOLDER/; RUN/ACTION/ unless given."""
    device: str = "auto"
    """Where to compute: auto (a GPU if there is one), cpu, cuda, cuda:1, mps."""
    json: bool = False
    """Print the result as one JSON object."""


@dataclass(frozen=True)
class Found(Ask):
    """What can be asked of all edits that look for a picture."""

    seconds: float | None = 60.0
    """How long to look for each picture, at most; none: the steps alone, the same everywhere."""
    steps: int = 400
    """How many steps to take, at most."""
    goal: float = 40.0
    """The PSNR that is enough, in dB."""
    draws: int = 512
    """Points that are drawn to begin with."""
    starts: int = 16
    """The best of them, which go downhill together; the worse halves drop out on the way."""
    method: Literal["lbfgs", "adam"] = "lbfgs"
    """How they go."""
    noises: bool = False
    """Move the noise maps of a game with styles too."""
    seed: int = 0
    """Decides what is drawn."""


@dataclass(frozen=True)
class Project(Options):
    """What can be asked of a projection."""

    typical: float = 0.0
    """Above 0 the point stays where drawn ones are, such as 0.02, at the cost of likeness."""


@dataclass(frozen=True)
class Inpaint(Options):
    """What can be asked of filling holes."""

    mask: str | None = None
    """A picture of the same size, white where the hole is; unless given, the hole is where the
    picture is transparent."""
    hole: str | None = None
    """A hole by a word, in place of a mask: centre (50% of the picture's area, or centre:25%) or
    random (80%, or random:50%)."""
    prior: float = PRIOR
    """Weight of what the discriminator says."""
    typical: float = TYPICAL
    """How much the point is kept where drawn ones are."""
    blend: Blend = "poisson"
    """How the hole is filled: without a seam (poisson), with what was drawn (paste), or with all
    of the picture drawn (none)."""


@dataclass(frozen=True)
class Hand(Ask):
    """What can be asked of all edits that are made by hand."""

    seed: int = 0
    """The picture to begin with, if there is neither IMAGE nor --point; else what is drawn."""
    point: str | None = None
    """The point of a picture to begin with, as edits and projections leave it."""
    steps: int = 200
    """How many steps to take, at most."""
    seconds: float | None = 20.0
    """How long to look for IMAGE, at most; none: its steps alone, the same everywhere."""
    film: str | None = None
    """A film of it too: FILE.gif, .webp or .mp4."""


@dataclass(frozen=True)
class Paint(Options):
    """What can be asked of painting."""

    strokes: str | None = None
    """Colours that are wanted, a picture that is transparent where nothing is painted."""
    sketch: str | None = None
    """Lines that are wanted, dark on light or light on dark."""
    region: str | None = None
    """A mask, white where the part is that is to be moved."""
    by: str = "0,0"
    """How far the region is moved: pixels to the right, pixels down."""
    times: float = 1.0
    """How large the region becomes."""
    candidates: int = 4
    """How many pictures to look for; the best is kept."""
    near: float = NEAR
    """How much the picture is kept near to where it began."""
    prior: float = 0.0
    """Weight of what the discriminator says."""


@dataclass(frozen=True)
class Drag(Options):
    """What can be asked of dragging."""

    from_: str | None = None
    """What is taken hold of: a pixel, from the left and from the top. Several: again."""
    to: str | None = None
    """Where it is to go; as often as --from, in the same order."""
    mask: str | None = None
    """White where the picture may change; all of it may unless given."""
    layer: str | None = None
    """Whose feature maps are followed, by name or number (ganvas explore RUN features)."""
    rate: float = RATE
    """How far a coordinate goes in a step, in parts of how far draws stray."""
    keep: float = KEEP
    """How much what is not in the mask is to stay."""


ACTIONS: Mapping[str, tuple[type[Options], type[Options]]] = {
    "project": (Project, Found),
    "inpaint": (Inpaint, Found),
    "paint": (Paint, Hand),
    "drag": (Drag, Hand),
}
"""The options of each action: its own, and those that it shares."""
ABOUT = {
    "project": "Finds pictures in a generator",
    "inpaint": "Fills the hole of a picture",
    "paint": "Lets a picture follow strokes",
    "drag": "Drags parts of a picture to where they are wanted",
}
SEVERAL = ("--from", "--to")
"""Options that may be given again and again."""


def words() -> dict[str, dict[str, Any]]:
    """What the fields do not tell of their options."""
    files = ("mask", "strokes", "sketch", "region", "point", "film")
    return {
        "label": {"value": "CLASS"},
        "hole": {"value": "KIND:SHARE"},
        "output": {"short": "-o", "value": "FILE|FOLDER/"},
        "by": {"value": "X,Y"},
        "from_": {"value": "X,Y"},
        "to": {"value": "X,Y"},
        **{name: {"value": "FILE"} for name in files},
    }


def places(text: str | None, option: str) -> list[Place]:
    """Places that were typed: x,y each, between blanks.

    Raises:
        UsageError: if one of them is none.
    """
    return [place(word, option) for word in (text or "").split()]


def place(text: str, option: str) -> Place:
    """A place that was typed: x,y.

    Raises:
        UsageError: if it is none.
    """
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"{option} must be X,Y in pixels, such as 12,7; not {text!r}") from None
    return x, y


def gathered(words: list[str]) -> list[str]:
    """The words with each of `SEVERAL` once, all its values in one."""
    found: dict[str, list[str]] = {option: [] for option in SEVERAL}
    left, rest = list[str](), iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        if option not in found:
            left.append(word)
        elif (value := value if equals else next(rest, "")) == "":
            return words  # a value is missing, which whoever reads them says
        else:
            found[option].append(value)
    return left + [word for k, v in found.items() if v for word in (k, " ".join(v))]

"""What to draw of a game, decided from its spaces alone: always from the same inputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

import torch
from PIL.Image import Image as Picture
from torch import Tensor
from torch.nn.functional import interpolate

from ganvas.core import Game, Image, Label, Noise, Points, Space, Tokens, UsageError
from ganvas.core.chance import Chance
from ganvas.watch.pictures import GAP, grid

Rows = Mapping[str, Tensor]
"""Rows of real data, by field."""
Scene = Callable[[Game], Picture | str]
"""Draws a game as it is now. Text is for sentences."""

CLASSES = 12
"""So many classes beside each other at most."""
SENTENCES = 24
"""In a sample of text."""


def scene(game: Game, real: Rows) -> Scene | None:
    """How to draw what the game makes; None if there is no drawing for its output (yet).

    Images become a grid of tiles: with one column for each class if a label is among the inputs,
    and beside their inputs if those are images. Points are drawn as a law, tokens written out.

    Args:
        game: whose inputs and output decide.
        real: rows to draw beside what is generated, or to make it from.
    """
    match game.output:
        case Points():
            return partial(_law, real=real["x"])
        case Tokens():
            return _sentences
        case Image():
            sources = _of_kind(game, Image)
            if sources:
                return partial(_translations, sources=sources, real=real)
            return _classes if _of_kind(game, Label) else _gallery
    return None


def real_scene(game: Game, real: Rows) -> Picture | str | None:
    """Real rows in the same arrangement, to compare with; None if nothing real looks like it."""
    translates = bool(_of_kind(game, Image))
    fields = ("y", "x") if translates else ("x",)
    labelled = bool(_of_kind(game, Label)) and "label" in real and not translates
    match game.output:
        case Tokens() as space if "x" in real:
            return _written(space, real["x"][:SENTENCES])
        case Image() as space:
            for x in (real[field] for field in fields if field in real):
                if x.shape[1:] == space.shape:
                    return _real_classes(game, x, real["label"]) if labelled else _tiles(x)
    return None


@contextmanager
def untouched(game: Game) -> Iterator[None]:
    """Evaluation mode for a while; leaves the game and torch's global generators as they were."""
    modes = [(module, module.training) for module in game.modules()]
    chance, cuda = game.chance, game.device.type == "cuda"
    with torch.random.fork_rng([game.device] if cuda else []), torch.no_grad():
        torch.default_generator.manual_seed(0)
        if cuda:
            torch.cuda.manual_seed(0)
        game.eval()
        try:
            yield
        finally:
            game.chance = chance
            for module, mode in modes:
                module.training = mode


# -- images ------------------------------------------------------------------------------------


def _gallery(game: Game) -> Picture:
    columns, rows = _room(game.output.shape)
    return grid(_made(game, columns * rows), columns)


def _classes(game: Game) -> Picture:
    """One column for each class; the images of a row share everything else."""
    label = _of_kind(game, Label)[0]
    shown, names = _shown_classes(game.inputs[label])
    rows = _rows_for(game.output.shape, len(shown))
    chance = Chance("preview")
    given = {
        name: chance.draw(space, rows).repeat_interleave(len(shown), 0)
        for name, space in game.inputs.items()
        if space.prior
    }
    given[label] = shown.repeat(rows)
    return grid(_made(game, rows * len(shown), **given), len(shown), header=names)


def _translations(game: Game, sources: Sequence[str], real: Rows) -> Picture:
    """Each input image with its output beside it, or one for each class; and with its truth."""
    columns, rows = _room(game.output.shape)
    labels = _of_kind(game, Label)
    shown, names = (
        _shown_classes(game.inputs[labels[0]]) if labels else (torch.zeros(1), ["output"])
    )
    truth = ["y"] if game.paired and not labels and "y" in real else []
    width = len(sources) + len(shown) + len(truth)
    groups = 1 if labels else max(1, columns // width)
    inputs = {name: _sources(game.inputs[name], name, real)[: rows * groups] for name in sources}
    given = {name: x.repeat_interleave(len(shown), 0) for name, x in inputs.items()}
    n = len(inputs[sources[0]])
    if labels:
        given[labels[0]] = shown.repeat(n)
    made = _made(game, n * len(shown), **given)
    parts = alike(*inputs.values(), made, *(real[field][:n] for field in truth))
    tiles = torch.cat([part.unflatten(0, (n, -1)) for part in parts], 1).flatten(0, 1)
    header = ["input", *sources[1:], *names, *("truth" for _ in truth)] * groups
    return grid(tiles, width * groups, group=width, header=header if labels or truth else ())


def _sources(space: Space, name: str, real: Rows) -> Tensor:
    """Real images that the game can start from."""
    for field in (name, "x", "y"):
        if field in real and space.why_not(real[field]) is None:
            return real[field]
    raise UsageError(f"the data has no images for the input {name!r} ({space})")


def _tiles(x: Tensor) -> Picture:
    columns, rows = _room(x.shape)
    return grid(x[: columns * rows], columns)


def _real_classes(game: Game, x: Tensor, labels: Tensor) -> Picture:
    """Real images below their class; a tile stays empty where there are too few."""
    shown, names = _shown_classes(game.inputs[_of_kind(game, Label)[0]])
    rows = _rows_for(x.shape, len(shown))
    tiles = torch.full((rows, len(shown), *x.shape[1:]), 2 * GAP / 255 - 1)
    if x.shape[1] in (2, 4):
        tiles[:, :, -1] = 1.0
    for column, number in enumerate(shown):
        mine = x[labels == number][:rows]
        tiles[: len(mine), column] = mine
    return grid(tiles.flatten(0, 1), len(shown), header=names)


def alike(*parts: Tensor) -> list[Tensor]:
    """Batches of images with the most channels and the largest size of them."""
    channels = max(x.shape[1] for x in parts)
    if any(x.shape[1] == 2 for x in parts):
        channels = 4 if channels > 1 else 1
    size = max(x.shape[2:] for x in parts)
    return [_shaped(x, channels, size) for x in parts]


def _shaped(x: Tensor, channels: int, size: tuple[int, ...]) -> Tensor:
    """Images in more channels: grey becomes colour, what has no alpha is opaque."""
    colours, alpha = (x[:, :-1], x[:, -1:]) if x.shape[1] in (2, 4) else (x, x[:, :0])
    if channels >= 3 and colours.shape[1] == 1:
        colours = colours.repeat(1, 3, 1, 1)
    if channels == 4 and alpha.shape[1] == 0:
        alpha = torch.ones_like(x[:, :1])
    x = torch.cat([colours, alpha], 1)
    return x if x.shape[2:] == size else interpolate(x, size)


def _room(shape: Sequence[int]) -> tuple[int, int]:
    """Columns and rows of a grid of images of shape (..., height, width): few if they are large."""
    height, width = shape[-2:]
    return max(2, min(8, 1200 // width)), max(2, min(8, 1200 // height))


def _rows_for(shape: Sequence[int], columns: int) -> int:
    return max(2, min(_room(shape)[1], 96 // columns))


def _shown_classes(space: Space) -> tuple[Tensor, list[str]]:
    """The classes to show, evenly spread if there are many, and their names."""
    assert isinstance(space, Label)
    shown = torch.linspace(0, space.classes - 1, min(CLASSES, space.classes)).round().long()
    names = space.names or tuple(map(str, range(space.classes)))
    # The font of the pictures knows Latin letters only.
    return shown, [names[i] if names[i].isascii() else str(i) for i in shown.tolist()]


def _made(game: Game, n: int, **given: Tensor) -> Tensor:
    """Samples, as many at a time as memory allows for sure."""
    batch = max(1, min(256, 2**22 // math.prod(game.output.shape)))
    with untouched(game):
        return game.sample(n, seed=0, batch=batch, truncation=None, **given)[0]


# -- points and tokens ---------------------------------------------------------------------------


def _law(game: Game, real: Tensor) -> Picture:
    from ganvas.watch import toys  # matplotlib is slow to import, and only toy laws need it

    size = game.output.shape[0]
    draw, n = (toys.density, 4000) if size == 1 else (toys.plane, 1000)
    title = f"{game.name}, {game.clock.images:,} images"
    with untouched(game):
        made = game.sample(n, seed=0, batch=n)[0]
        return draw(real, made, _judge(game) if size <= 2 else None, title=title)


def _judge(game: Game) -> Callable[[Tensor], Tensor] | None:
    """The game's discriminator, if it has one that looks at points alone."""
    if not all(isinstance(space, Noise) for space in game.inputs.values()):
        return None
    try:
        game.judge(torch.zeros(2, *game.output.shape, device=game.device))
    except UsageError:
        return None
    return lambda x: game.scores(x, {}, batch=4096)


def _sentences(game: Game) -> str:
    with untouched(game):
        return _written(game.output, game.sample(SENTENCES, seed=0)[0])


def _written(space: Space, sentences: Tensor) -> str:
    """One sentence on each line: words if they have names, else their numbers."""
    assert isinstance(space, Tokens)
    words = space.words or tuple(map(str, range(space.vocabulary)))
    return "".join(" ".join(words[i] for i in line) + "\n" for line in sentences.tolist())


def _of_kind(game: Game, kind: type[Space]) -> list[str]:
    return [name for name, space in game.inputs.items() if isinstance(space, kind)]

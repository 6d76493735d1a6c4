"""One way of a game from pictures to pictures, for pictures of any size.

Where the game can, a picture is translated whole. Where it has learned one size only, or the whole
would not fit into memory, it is translated in tiles (`ganvas.tools.tiles`), whose instance norms
share the statistics of the whole picture if the game takes any size (`ganvas.tools.norms`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ganvas.core import Chance, Direction, Game, UsageError
from ganvas.tools import memory
from ganvas.tools.norms import WholeNorms
from ganvas.tools.tiles import Cut, Size, reflected, tiled

MEMORY = 640 * 1024**2
"""Bytes of tensors that may be alive at once. What a convolution needs beside comes on top."""
RIM = 96
"""Pixels at the rim of a tile that are thrown away, at most: deep networks look about as far."""
LEAST_TILE = 64

Tell = Callable[[float], None]
"""Is told which part of the work is done, 0 to 1."""


class AnySize:
    """A direction of a game as a function of pictures of any size.

    Args:
        game: the game, with its weights.
        way: one of its directions.
        inputs: its other inputs, by name: (1, *shape) each; noise that is not given is drawn.
        seed: decides what is drawn; it is the same for every picture and every tile.
        tile: the side of the tiles; None to do without as long as memory allows.
        overlap: pixels that tiles have in common; what suits the tile if None.

    Raises:
        UsageError: if the game cannot be used like that.
    """

    def __init__(
        self,
        game: Game,
        way: Direction,
        inputs: Mapping[str, Tensor] | None = None,
        *,
        seed: int = 0,
        tile: int | None = None,
        overlap: int | None = None,
    ) -> None:
        self.game, self.way, self.seed, self.tile, self.overlap = game, way, seed, tile, overlap
        self.trained: Size = (way.takes.height, way.takes.width)
        self.scale = _scale(game, way)
        self.step = game.multiple or 1
        if tile is not None:
            self._refuse_tile(tile)
        chance = Chance("translate", seed)
        self.inputs = {
            name: (inputs or {}).get(name, chance.draw(game.inputs[name], 1)).to(game.device)
            for name in way.also
        }
        self.norms = WholeNorms(game)

    def __call__(self, x: Tensor, tell: Tell = lambda _: None) -> Tensor:
        """Translates a picture.

        Args:
            x: (channels, height, width) in [-1, 1].
            tell: is told how far it is.

        Returns:
            (channels, scale·height, scale·width) in [-1, 1], on the CPU.
        """
        height, width = x.shape[1:]
        padded = reflected(x, self._enough((height, width)))
        with torch.no_grad(), self.game.showing():
            cut = self.cut((padded.shape[1], padded.shape[2]))
            made = self._make(padded[None])[0] if cut is None else self._in_tiles(padded, cut, tell)
        tell(1.0)
        return made[:, : self.scale * height, : self.scale * width].clamp(-1, 1)

    def cut(self, size: Size) -> Cut | None:
        """How a picture of a size (that the game takes) is cut into tiles; None: it is not."""
        if self.game.multiple is None:
            if size == self.trained:
                return None
            tile, overlap = self.trained, (self.trained[0] // 2, self.trained[1] // 2)
        else:
            side = self.tile or self._affordable(size)
            if side is None or max(size) <= side:
                return None
            tile = min(side, size[0]), min(side, size[1])
            overlap = (3 * min(RIM, side // 8),) * 2
        if self.overlap is not None:
            overlap = (self.overlap,) * 2
        return Cut(tile, overlap, self.step, self.scale)

    def _in_tiles(self, x: Tensor, cut: Cut, tell: Tell) -> Tensor:
        rows, columns = cut.starts((x.shape[1], x.shape[2]))
        todo, done = len(rows) * len(columns), 0
        batch = int(MEMORY / (self.bytes_per_pixel * cut.tile[0] * cut.tile[1]))

        def advance(n: int) -> None:
            nonlocal done
            done += n
            tell(done / todo)

        make = self._make
        if self.game.multiple is not None and self.norms.layers:
            with self.norms.learning():
                self._make(self._reduced(x, cut)[None])
            make = self._make_alike
        return tiled(make, x, cut, min(max(1, batch), 32), advance)

    def _reduced(self, x: Tensor, cut: Cut) -> Tensor:
        """The whole picture, small enough for the memory that there is."""
        area = cut.tile[0] * cut.tile[1] if self.tile else MEMORY / self.bytes_per_pixel
        times = math.sqrt(x.shape[1] * x.shape[2] / area)
        if times <= 1:
            return x
        sides = (max(self.step, int(side / times / self.step) * self.step) for side in x.shape[1:])
        height, width = sides
        return interpolate(x[None], (height, width), mode="bilinear", antialias=True)[0]

    def _make_alike(self, x: Tensor) -> Tensor:
        with self.norms.known_to_all():
            return self._make(x)

    def _make(self, x: Tensor) -> Tensor:
        """What the game makes of pictures of a size that it takes; every time from equal draws."""
        self.game.chance = Chance("translate", self.seed, device=self.game.device)
        given = {k: v.expand(len(x), *v.shape[1:]) for k, v in self.inputs.items()}
        made = self.way.make(**{self.way.field: x.to(self.game.device)}, **given)
        return made.float().cpu()

    def _enough(self, size: Size) -> Size:
        """The size to which a picture must be continued before the game takes it."""
        if self.game.multiple is None:
            return max(size[0], self.trained[0]), max(size[1], self.trained[1])
        # Of a few pixels, deep layers would be left with nothing to normalise.
        least = [min(side, 8 * self.step) for side in self.trained]
        height, width = (max(s, small) for s, small in zip(size, least, strict=True))
        return height + -height % self.step, width + -width % self.step

    def _affordable(self, size: Size) -> int | None:
        """The side of the largest tile that memory allows; None if it allows the whole picture."""
        if size[0] * size[1] <= self.trained[0] * self.trained[1]:
            return None
        if size[0] * size[1] * self.bytes_per_pixel <= MEMORY:
            return None
        side = int(math.sqrt(MEMORY / self.bytes_per_pixel))
        return max(LEAST_TILE + -LEAST_TILE % self.step, side - side % self.step)

    @cached_property
    def bytes_per_pixel(self) -> float:
        """Memory for a picture, for each of its pixels: as much as one of the trained size took."""
        x = torch.zeros(1, *self.way.takes.shape)
        with torch.no_grad(), self.game.showing():
            return memory.peak(lambda: self._make(x)) / (self.trained[0] * self.trained[1])

    def _refuse_tile(self, tile: int) -> None:
        name, step = self.game.name, self.game.multiple
        if step is None and {tile} != set(self.trained):
            raise UsageError(
                f"this {name} takes pictures of {self.trained[0]}x{self.trained[1]} alone, so its "
                f"tiles are of that size, not {tile}; leave --tile out"
            )
        if step is not None and (tile % step or tile < 8 * step):
            raise UsageError(
                f"the tiles of {name} must be multiples of {step}, {8 * step} or more, not {tile}"
            )


def _scale(game: Game, way: Direction) -> int:
    """How many times as large a picture becomes.

    Raises:
        UsageError: if that is no whole number.
    """
    before, after = way.takes, way.makes
    scale = max(1, after.height // before.height)
    if (after.height, after.width) != (scale * before.height, scale * before.width):
        raise UsageError(
            f"this {game.name} makes pictures of {after.height}x{after.width} from those of "
            f"{before.height}x{before.width}: for other sizes nobody knows how large the result "
            "should be"
        )
    return scale

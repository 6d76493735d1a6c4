"""What a game takes and makes.

A space knows the shape of one element, draws elements, recognises them and reads them from the
command line. From these alone come the options of `ganvas sample`, the pictures of a run and the
inputs of the tests. A new space joins this file with its first game.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from ganvas.core.errors import UsageError, nearest

LISTED = 20
"""Classes that an error names, at most."""


@dataclass(frozen=True)
class Space(ABC):
    """A set of tensors of one shape."""

    kinds: ClassVar[dict[str, type[Space]]] = {}
    dtype: ClassVar[torch.dtype] = torch.float32
    prior: ClassVar[bool] = True
    """Whether `sample` is a law that a game may draw its inputs from, not a stand-in for data."""

    def __init_subclass__(cls) -> None:
        Space.kinds[cls.__name__] = cls

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """The shape of one element, without the batch."""

    @abstractmethod
    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Draws `n` elements: a tensor of shape (n, *shape) on the generator's device."""

    def parse(self, text: str) -> Tensor:
        """Reads elements from the command line: a tensor of shape (k, *shape).

        Raises:
            UsageError: if the text names no element of this space.
        """
        raise UsageError(f"{self} cannot be written on the command line")

    def why_not(self, x: Tensor) -> str | None:
        """Why the batch `x` does not lie in this space; None if it does."""
        if x.dtype != self.dtype:
            return f"dtype {x.dtype}, expected {self.dtype}"
        if tuple(x.shape[1:]) != self.shape:
            return f"shape {tuple(x.shape)}, expected (n, {', '.join(map(str, self.shape))})"
        if x.is_floating_point() and not bool(torch.isfinite(x).all()):
            return "values that are not finite"
        return None

    def to_json(self) -> dict[str, Any]:
        """A plain dict from which `from_json` makes an equal space."""
        return {"kind": type(self).__name__, **asdict(self)}

    @staticmethod
    def from_json(data: dict[str, Any]) -> Space:
        """The inverse of `to_json`."""
        fields = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items() if k != "kind"}
        return Space.kinds[data["kind"]](**fields)


@dataclass(frozen=True)
class Noise(Space):
    """A latent vector: normal with variance 1, or uniform in [-1, 1]."""

    size: int
    law: Literal["normal", "uniform"] = "normal"

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.size,)

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        if self.law == "normal":
            return torch.randn(n, self.size, generator=generator, device=generator.device)
        return torch.rand(n, self.size, generator=generator, device=generator.device) * 2 - 1

    def parse(self, text: str) -> Tensor:
        """One latent vector: `size` numbers, separated by commas."""
        try:
            values = torch.tensor([float(word) for word in text.split(",")])
        except ValueError:
            values = torch.empty(0)
        if len(values) != self.size or self.why_not(values[None]):
            within = " between -1 and 1" if self.law == "uniform" else ""
            raise UsageError(
                f"expected {self.size} numbers{within} separated by commas, not {text!r}"
            )
        return values[None]

    def why_not(self, x: Tensor) -> str | None:
        if (why := super().why_not(x)) or self.law == "normal":
            return why
        return "values outside [-1, 1]" if bool((x.abs() > 1).any()) else None


@dataclass(frozen=True)
class Label(Space):
    """One of `classes` classes, as an integer. `names` are for people.

    Where pictures are labelled in several ways, each in one of them, names are SET=CLASS.
    """

    classes: int
    names: tuple[str, ...] = ()
    dtype: ClassVar[torch.dtype] = torch.int64

    @property
    def shape(self) -> tuple[int, ...]:
        return ()

    @property
    def sets(self) -> tuple[int, ...]:
        """The number of the set of each class: all 0 unless their names are SET=CLASS.

        Raises:
            UsageError: if only some of the names are.
        """
        bare = [name for name in self.names if "=" not in name]
        if len(bare) == len(self.names):
            return (0,) * self.classes
        if bare:
            raise UsageError(
                "classes of several sets are all named SET=CLASS, as hair=black and mood=happy; "
                f"these are not: {', '.join(bare)}"
            )
        words = [name.partition("=")[0] for name in self.names]
        order = list(dict.fromkeys(words))
        return tuple(map(order.index, words))

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        return torch.randint(self.classes, (n,), generator=generator, device=generator.device)

    def parse(self, text: str) -> Tensor:
        """Classes by number or name, separated by commas; `all` is each class once."""
        if text == "all":
            return torch.arange(self.classes)
        known = {name: i for i, name in enumerate(self.names)}
        known |= {str(i): i for i in range(self.classes)}
        try:
            return torch.tensor([known[word.strip()] for word in text.split(",")])
        except KeyError as missing:
            given, names = missing.args[0], self.names or tuple(map(str, range(self.classes)))
            meant = nearest(given, self.names)
            more = ", ..." if len(names) > LISTED else ""
            hint = f"; did you mean {meant!r}?" if meant else f": {', '.join(names[:LISTED])}{more}"
            raise UsageError(f"no class {given!r} among the {self.classes} classes{hint}") from None

    def why_not(self, x: Tensor) -> str | None:
        if why := super().why_not(x):
            return why
        outside = bool(((x < 0) | (x >= self.classes)).any())
        return f"classes outside 0..{self.classes - 1}" if outside else None


@dataclass(frozen=True)
class Image(Space):
    """A picture: (channels, height, width) in [-1, 1], channels first (1 grey, 3 RGB, 4 RGBA)."""

    prior: ClassVar[bool] = False
    channels: int
    height: int
    width: int

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.channels, self.height, self.width)

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Uniform noise: a stand-in for pictures, for shapes and tests."""
        return torch.rand(n, *self.shape, generator=generator, device=generator.device) * 2 - 1

    def why_not(self, x: Tensor) -> str | None:
        if why := super().why_not(x):
            return why
        # A linear output layer may overshoot a little where a tanh would have saturated.
        return "values far outside [-1, 1]" if bool((x.abs() > 1.5).any()) else None


@dataclass(frozen=True)
class Points(Space):
    """A point of a toy law: `size` coordinates, of the order of 1."""

    prior: ClassVar[bool] = False
    size: int

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.size,)

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        return torch.randn(n, self.size, generator=generator, device=generator.device)


@dataclass(frozen=True)
class Tokens(Space):
    """A sentence: `length` words of a vocabulary, as integers. `words` are for people."""

    prior: ClassVar[bool] = False
    vocabulary: int
    length: int
    words: tuple[str, ...] = ()
    dtype: ClassVar[torch.dtype] = torch.int64

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.length,)

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        shape = (n, self.length)
        return torch.randint(self.vocabulary, shape, generator=generator, device=generator.device)

    def why_not(self, x: Tensor) -> str | None:
        if why := super().why_not(x):
            return why
        outside = bool(((x < 0) | (x >= self.vocabulary)).any())
        return f"words outside 0..{self.vocabulary - 1}" if outside else None

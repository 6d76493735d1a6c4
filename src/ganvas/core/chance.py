"""Randomness that depends on where a run stands, and on nothing else.

Each draw is seeded by (seed, round, number of the draw in its round), so there is no generator
state to save or to lose. A draw is made for the whole batch and each micro-batch and process takes
its own rows: however the batch is divided, every row meets the same noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b

import torch
from torch import Tensor

from ganvas.core.space import Space


def seed_of(*place: int | str) -> int:
    """A seed for a place in a run, far from the seeds of all other places."""
    return int.from_bytes(blake2b(repr(place).encode(), digest_size=8).digest(), "big") >> 1


class Chance:
    """The draws of one part (micro-batch of a process) of one round.

    Args:
        place: what the draws depend on: the run's seed, the round and so on.
        part, parts: this part takes the rows [part·n, (part+1)·n) of parts·n rows drawn.
    """

    def __init__(
        self,
        *place: int | str,
        part: int = 0,
        parts: int = 1,
        device: torch.device | str = "cpu",
    ) -> None:
        self.place, self.part, self.parts, self.device = place, part, parts, torch.device(device)
        self.draws = 0

    def generator(self) -> torch.Generator:
        """A freshly seeded generator for the next draw."""
        self.draws += 1
        return torch.Generator(self.device).manual_seed(seed_of(*self.place, self.draws))

    def _mine(self, rows: Tensor) -> Tensor:
        return rows.chunk(self.parts)[self.part] if self.parts > 1 else rows

    def draw(self, space: Space, n: int) -> Tensor:
        """`n` elements of `space`: (n, *space.shape)."""
        return self._mine(space.sample(n * self.parts, self.generator()))

    def uniform(self, n: int, *shape: int) -> Tensor:
        """Uniform in [0, 1): (n, *shape)."""
        return self._mine(
            torch.rand(n * self.parts, *shape, generator=self.generator(), device=self.device)
        )

    def normal(self, n: int, *shape: int) -> Tensor:
        """Normal with mean 0 and variance 1: (n, *shape)."""
        return self._mine(
            torch.randn(n * self.parts, *shape, generator=self.generator(), device=self.device)
        )

    def integers(self, high: int, n: int, *shape: int) -> Tensor:
        """Integers in [0, high): (n, *shape)."""
        size, generator = (n * self.parts, *shape), self.generator()
        return self._mine(torch.randint(high, size, generator=generator, device=self.device))

    @contextmanager
    def of_layers(self) -> Iterator[None]:
        """Seeds for a while what layers such as dropout draw from: torch's own generators."""
        cuda = self.device.type == "cuda"
        with torch.random.fork_rng([self.device] if cuda else []):
            seed = self.generator().initial_seed()
            torch.default_generator.manual_seed(seed)
            if cuda:
                torch.cuda.manual_seed(seed)
            yield


class GlobalGenerators:
    """torch's own generators, which dropout and the like draw from: the CPU's and the device's."""

    def __init__(self, device: torch.device) -> None:
        self._all = [torch.default_generator]
        if device.type == "cuda":
            index = torch.cuda.current_device() if device.index is None else device.index
            self._all.append(torch.cuda.default_generators[index])
        self._parked: list[Tensor] = []

    def seed(self, seed: int) -> None:
        """Lets them begin anew."""
        for generator in self._all:
            generator.manual_seed(seed)

    def park(self) -> None:
        """Remembers where they stand, while others draw."""
        self._parked = [generator.get_state() for generator in self._all]

    def go_on(self) -> None:
        """Returns to where they stood."""
        for generator, state in zip(self._all, self._parked, strict=True):
            generator.set_state(state)

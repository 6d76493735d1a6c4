"""How the pictures of a folder are prepared: what becomes of which file, and what that holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from PIL import Image as Pillow

from ganvas.core import Image, UsageError
from ganvas.core.chance import seed_of
from ganvas.data import arrange, decode, pixels
from ganvas.data.arrange import Arrangement, Unit, Way
from ganvas.data.decode import Span
from ganvas.data.examine import Examination, are_halves
from ganvas.data.folder import Layout
from ganvas.data.pairs import told_alone
from ganvas.data.partners import Partner
from ganvas.data.source import Size, listed

WHOLE: Span = (0.0, 65535.0)
"""Of pictures of 16 bits: every value stays as it is."""


@dataclass(frozen=True)
class Preparation:
    """What is to be made of which files, and how."""

    there: Layout
    found: Examination
    way: Way
    to: Arrangement
    partner: Partner | None
    seed: int

    def units(self, shares: dict[str, float] | None) -> list[Unit]:
        """What is written, in parts.

        Raises:
            UsageError: if too little of it fits.
        """
        some = arrange.units(self.there, self.found, self.way)
        if self.to == "side-by-side":
            whole = [unit for unit in some if len(unit.files) == 2]
            if 2 * len(whole) < len(some) or not whole:
                raise UsageError(
                    f"only {len(whole):,} of {len(some):,} names are on both sides: the two of a "
                    f"pair have the same name. {told_alone(arrange.alone(some))}"
                )
            some = whole
        self._refuse_sizes(some)
        if shares is None:
            return some
        if parts := arrange.own_parts(some):
            raise UsageError(
                f"{self.there.root} has parts of its own ({', '.join(parts)}), which are kept: "
                "--split is for a folder without"
            )
        looks = self.found.looks
        return arrange.divided(
            some, shares, self.seed, lambda unit: tuple(looks[i].same for i in unit.files.values())
        )

    def _refuse_sizes(self, some: list[Unit]) -> None:
        """Refuses pictures that no partner can be made of, or that cannot stand beside another."""
        if self.partner is not None:
            for height, width in sorted({self.size(i) for u in some for i in u.files.values()}):
                y = Image(self.found.channels, height, width)
                x = self.partner.space(y)
                if self.to == "side-by-side" and x.shape[1:] != y.shape[1:]:
                    raise UsageError(
                        f"--partner {self.partner.words} makes A smaller than B, so they cannot "
                        "stand beside each other; take --layout domains"
                    )
        elif self.to == "side-by-side" and (unequal := self.unequal(some)):
            raise UsageError(
                f"in {len(unequal):,} of {len(some):,} pairs the pictures have different sizes: "
                f"{listed(unequal)}; bring them to one: --size N"
            )

    @property
    def recoloured(self) -> bool:
        """Whether all pictures get the same channels."""
        return self.found.wish.channels is not None or self.partner is not None

    def unmatched(self) -> dict[str, list[str]]:
        """The names that only one of two sides has, by side."""
        if self.way != "sides":
            return {}
        names = arrange.alone(arrange.units(self.there, self.found, self.way))
        return {side: mine for side, mine in names.items() if mine}

    def unequal(self, some: list[Unit]) -> list[str]:
        """The names of pairs whose pictures would have different sizes."""
        return [u.name for u in some if len({self.size(i) for i in u.files.values()}) > 1]

    def size(self, i: int) -> Size:
        """The size that a picture gets; the half of it, if it shows two."""
        header = self.found.headers[i]
        return self.found.wish.size or (header.height, header.width // (1 + self.found.halves))

    def kind(self, files: Sequence[int]) -> tuple[int, bool, Span | None]:
        """Channels of what is made of files together, whether in 16 bits, black and white."""
        found, looks = self.found, [self.found.looks[i] for i in files]
        enough = 4 if any(look.clear for look in looks) else 3 - 2 * all(k.grey for k in looks)
        channels = found.wish.channels or (found.channels if self.partner else enough)
        spans = [found.headers[i].span for i in files]
        deep = channels == 1 and any(span is not None for span in spans)
        if deep and all(spans) and self.partner is None and self._fits:
            return channels, deep, WHOLE  # every value stays as it is
        return channels, deep, found.span

    @cached_property
    def _fits(self) -> bool:
        """Whether all deep pictures hold whole numbers that 16 bits hold too."""
        deep = [h for h in self.found.headers.values() if h.span is not None]
        whole = all(h.mode != "F" for h in deep)
        return whole and all(h.span and 0 <= h.span[0] <= h.span[1] <= 65535 for h in deep)

    def pictures(self, unit: Unit) -> dict[str, np.ndarray]:
        """The pictures of a unit, by side; both in one where they stand beside each other.

        Raises:
            Unreadable: if a file cannot be read any more.
        """
        files = list(dict.fromkeys(unit.files.values()))
        size = self.found.wish.size
        enough = None if size is None else max(size) * (1 + self.found.halves)
        plain = {i: decode.picture(self.there.files[i], enough) for i in files}
        together = files if self.to == "side-by-side" else None
        made = {
            side: self._picture(unit, side, plain[i], together or [i])
            for side, i in unit.files.items()
        }
        return {"": pixels.beside(made["A"], made["B"])} if together else made

    def _picture(
        self, unit: Unit, side: str, plain: Pillow.Image, together: Sequence[int]
    ) -> np.ndarray:
        if self.way == "halves":
            plain = decode.halved(plain)[side == "B"]
        channels, deep, span = self.kind(together)
        size, fit = self.size(unit.files[side]), self.found.wish.fit
        x = pixels.developed(plain, size, fit, span, channels, deep=deep)
        if self.partner is None or side == "B":
            return x
        place = seed_of("partner", self.seed, unit.group, unit.name)
        return pixels.changed(x, self.partner, [torch.Generator().manual_seed(place)])

    # -- what to tell --------------------------------------------------------------------------

    def notes(self, some: list[Unit], unmatched: dict[str, list[str]]) -> list[str]:
        """What becomes of pictures and what to know of it, beside `ganvas.data.notes`."""
        told = (self._sides(some, unmatched), self._sizes(some), self._depth(some))
        return [sentence for sentences in told for sentence in sentences]

    def _sides(self, some: list[Unit], unmatched: dict[str, list[str]]) -> Iterator[str]:
        """Which pictures are A and B."""
        headers = self.found.headers
        if self.way == "partner" and are_halves(list(headers.values())):
            yield "twice as wide as high: taken as single pictures, since --partner makes A"
        if self.way == "sides" and not self.there.sided:
            yield "A is {}, B is {}".format(*self.there.groups)
        if self.way == "sides" and not any(len(unit.files) == 2 for unit in some):
            yield "no name is on both sides: nothing is paired"
        if unmatched:
            fate = "left out" if self.to == "side-by-side" else "no partner, kept all the same"
            yield f"{fate}: {told_alone(unmatched)}"

    def _sizes(self, some: list[Unit]) -> Iterator[str]:
        """What of the sizes may surprise."""
        asked, headers = self.found.wish, self.found.headers
        shapes = [{headers[i].width / headers[i].height for i in u.files.values()} for u in some]
        if unequal := self.unequal(some):
            yield f"pictures of different sizes in {len(unequal):,} pairs: --size N levels them"
        elif asked.fit == "crop" and (number := sum(max(s) > 1.02 * min(s) for s in shapes)):
            yield f"pictures of different shapes in {number:,} pairs: each is cropped by itself"
        sizes = {self.size(i) for unit in some for i in unit.files.values()}
        if self.to == "side-by-side" and any(h != w for h, w in sizes):
            yield "not square: training takes pairs apart only if each side is (--layout domains)"
        if self.partner is not None and any(self._smaller(h, w) for h, w in sizes):
            yield (
                "A is smaller than B: training makes such pairs itself of the large ones, "
                f"--partner {self.partner.words}"
            )

    def _smaller(self, height: int, width: int) -> bool:
        assert self.partner is not None
        y = Image(self.found.channels, height, width)
        return self.partner.space(y).shape[1:] != y.shape[1:]

    def _depth(self, some: list[Unit]) -> Iterator[str]:
        """What becomes of more than 8 bits."""
        shown: Counter[tuple[bool, Span | None]] = Counter()
        for unit in some:
            files = list(dict.fromkeys(unit.files.values()))
            for i in files:
                _, deep, span = self.kind(files if self.to == "side-by-side" else [i])
                shown[deep, span] += self.found.headers[i].span is not None
        for (deep, span), number in shown.items():
            if number and span and not (deep and span == WHOLE):
                bits = "16 bits" if deep else "8 bits, all that PNG has beside colour"
                yield (
                    f"{number:,} of more than 8 bits, written with {bits}: {span[0]:g} becomes "
                    f"black and {span[1]:g} white"
                )

"""Looks at every image of a folder: what is there, what is broken, what training would make of it.

Nothing is believed that was not decoded: whether there is colour or transparency is decided by the
pixels, and what is truncated is found here and not in the middle of a run.
"""

from __future__ import annotations

import hashlib
import os
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from ganvas.data import decode
from ganvas.data.decode import Header, Span, Unreadable
from ganvas.data.folder import Layout
from ganvas.data.source import MEMORY, Size, Wish

LARGEST = 512
"""No side longer than this is chosen for a folder, if nobody asks for a size."""
DEPTHS = (10, 12, 14, 16)
"""Bits that the grey levels of scientific and medical cameras have."""

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Look:
    """What the pixels of one file showed."""

    grey: bool
    clear: bool
    """Whether something in it is transparent."""
    same: bytes
    """Equal for equal pictures."""


@dataclass
class Examination:
    """What was found in a folder. Files are known by their number in `Layout.files`."""

    wish: Wish
    size: Size
    channels: int
    span: Span | None
    """Which values of deep pictures become black and white; None if there are none."""
    headers: dict[int, Header]
    looks: dict[int, Look]
    broken: dict[int, str]
    """Why a file cannot be read."""
    sums: dict[int, str]
    """SHA-256 of each file that can be read."""
    halves: bool = False
    """Whether each picture shows two beside each other, of that size each."""
    pixels: np.ndarray | None = None
    """(good files, channels, height, width) uint8, if they were to be kept and there was room."""

    @property
    def good(self) -> list[int]:
        """The files that can be read."""
        return list(self.looks)

    def sizes(self) -> Counter[Size]:
        """How many of the good pictures have each size; of two beside each other that of each."""
        seen = (self.headers[i] for i in self.good)
        return Counter((header.height, header.width // (1 + self.halves)) for header in seen)

    def twins(self) -> list[list[int]]:
        """Files that show exactly the same picture, group by group."""
        groups: dict[bytes, list[int]] = {}
        for i, look in self.looks.items():
            groups.setdefault(look.same, []).append(i)
        return [group for group in groups.values() if len(group) > 1]


def examine(layout: Layout, wish: Wish, *, keep: bool) -> Examination:
    """Decodes every image of a folder.

    Args:
        layout: the images.
        wish: the size, channels and fit that are asked for.
        keep: whether to keep the decoded pictures, if they are no more than `MEMORY`.
    """
    peeked = each(decode.peek, layout.files, "reading headers")
    headers = {i: h for i, h in enumerate(peeked) if isinstance(h, Header)}
    broken = {i: str(h) for i, h in enumerate(peeked) if isinstance(h, Unreadable)}
    halves = wish.paired and not layout.sided and are_halves(list(headers.values()))
    seen = [replace(h, width=h.width // (1 + halves)) for h in headers.values()]
    size = wish.size or choose_size(seen)
    span = choose_span(list(headers.values()))
    wide = wish.channels or _enough_channels(headers.values())
    shape = (len(headers), wide, size[0], size[1] * (1 + halves))
    store = np.empty(shape, np.uint8) if keep and np.prod(shape, dtype=float) <= MEMORY else None

    def look(slot: tuple[int, int]) -> tuple[Look, str]:
        row, i = slot
        plain = decode.picture(layout.files[i], max(size) * (1 + halves))
        if store is not None:
            x = decode.render(plain, size, wish.fit, span, halves=halves)
            store[row] = decode.recolour(x, wide)
        with layout.files[i].open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        clear = plain.mode == "RGBA"
        return Look(decode.is_grey(plain), clear, decode.same(plain)), digest

    results = each(look, list(enumerate(headers)), "decoding")
    looks: dict[int, Look] = {}
    sums: dict[int, str] = {}
    for i, result in zip(headers, results, strict=True):
        if isinstance(result, Unreadable):
            broken[i] = str(result)
        else:
            looks[i], sums[i] = result
    channels = wish.channels or choose_channels(list(looks.values()))
    rows = [row for row, i in enumerate(headers) if i in looks]
    pixels = None if store is None else _narrowed(store, rows, channels)
    broken = dict(sorted(broken.items()))
    return Examination(wish, size, channels, span, headers, looks, broken, sums, halves, pixels)


def headers_of(layout: Layout) -> list[Header]:
    """What the files say of themselves, of those that can be read."""
    return [h for h in each(decode.peek, layout.files, "reading headers") if isinstance(h, Header)]


def each(work: Callable[[T], U], items: Sequence[T], what: str) -> list[U | Unreadable]:
    """The result of `work` for each item, in order, or why there is none; on all processors."""

    def attempt(item: T) -> U | Unreadable:
        try:
            return work(item)
        except Unreadable as why:
            return why

    pool = ThreadPoolExecutor(workers(), "ganvas-decode")
    try:
        with _hushed(), _progress(what, len(items)) as advance:
            results = []
            for result in pool.map(attempt, items):
                results.append(result)
                advance()
            return results
    finally:
        pool.shutdown(cancel_futures=True)  # Ctrl-C need not wait for all the rest


def workers() -> int:
    """How many threads decode: one for each processor that this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return min(16, len(usable(0)) if usable else os.cpu_count() or 1)


@contextmanager
def _hushed() -> Iterator[None]:
    """Pillow's warnings are for the authors of files."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar on the terminal, gone when all is done; nothing where there is no terminal."""
    if total < 200 or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"{what} {total:,} images", total=total)
        yield lambda: bar.advance(task)


# -- what to make of a folder ------------------------------------------------------------------


def choose_size(headers: Sequence[Header]) -> Size:
    """The size of more than half of the images, else a square of their median shorter side.

    Never more than `LARGEST` on a side.
    """
    if not headers:
        return (1, 1)
    (size, count), *_ = Counter((h.height, h.width) for h in headers).most_common(1)
    if 2 * count <= len(headers):
        shorter = sorted(min(h.height, h.width) for h in headers)
        size = (shorter[len(shorter) // 2],) * 2
    scale = min(1.0, LARGEST / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def are_halves(headers: Sequence[Header]) -> bool:
    """Whether nine of ten pictures are twice as wide as high: two beside each other."""
    return 10 * sum(h.width == 2 * h.height for h in headers) >= 9 * len(headers) > 0


def choose_span(headers: Sequence[Header]) -> Span | None:
    """Which values of the folder's deep pictures become black and white; None without any.

    One span for the whole folder, so that pictures keep their brightness beside each other: 0 to 1
    or to 255 for floats that lie there, 0 to the first of 10, 12, 14 and 16 bits that holds all
    whole numbers, else from the least to the greatest value.
    """
    deep = [h for h in headers if h.span is not None]
    if not deep:
        return None
    low = min(h.span[0] for h in deep if h.span)
    high = max(h.span[1] for h in deep if h.span)
    floats = any(h.mode == "F" for h in deep)
    usual = (1.0, 255.0) if floats else tuple(2.0**bits - 1 for bits in DEPTHS)
    return next(((0.0, top) for top in usual if low >= 0 and high <= top), (low, high))


def choose_channels(looks: Sequence[Look]) -> int:
    """4 if most pictures are transparent somewhere, 1 if none has colour, else 3."""
    if 2 * sum(look.clear for look in looks) > len(looks):
        return 4
    return 1 if all(look.grey for look in looks) else 3


def _enough_channels(headers: Collection[Header]) -> int:
    """As many as `choose_channels` might ask for once everything is decoded."""
    if any(h.clear for h in headers):
        return 4
    return 3 if any(h.mode not in ("1", "L", *decode.DEEP) for h in headers) else 1


def _narrowed(store: np.ndarray, rows: list[int], channels: int) -> np.ndarray:
    """Those rows with so many channels; bit for bit what decoding to so many would have given."""
    if len(rows) == len(store) and channels == store.shape[1]:
        return store
    kept = np.empty((len(rows), channels, *store.shape[2:]), np.uint8)
    for start in range(0, len(rows), 256):
        kept[start : start + 256] = decode.recolour(store[rows[start : start + 256]], channels)
    return kept

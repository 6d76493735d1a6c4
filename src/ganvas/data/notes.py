"""What is skipped or converted in a folder of images, in sentences for people."""

from __future__ import annotations

from ganvas.data.examine import Examination
from ganvas.data.folder import Layout
from ganvas.data.source import listed

CHANNELS = {1: "grey", 3: "RGB", 4: "RGBA"}


def notes(layout: Layout, found: Examination) -> list[str]:
    """One sentence for each thing that is not as it is in the files."""
    if not found.good:
        return [sentence for sentence in (_broken(layout, found),) if sentence]
    writers = (_broken, _places, _halves, _shapes, _small, _colours, _deep, _frames, _twins)
    return [sentence for write in writers if (sentence := write(layout, found))]


def changes(layout: Layout, found: Examination, *, recoloured: bool) -> list[str]:
    """The same of what is written anew, where nothing is chosen that nobody asked for.

    Files that cannot be read are not in it.

    Args:
        recoloured: whether all get the same channels.
    """
    sized = (_shapes, _small) if found.wish.size else ()
    writers = (_halves, *sized, *[_colours] * recoloured, _frames)
    return [sentence for write in writers if (sentence := write(layout, found))]


def named_broken(layout: Layout, found: Examination) -> list[str]:
    """Each file that cannot be read, with the reason."""
    return [f"{layout.short(layout.files[i])} ({why})" for i, why in found.broken.items()]


def _images(number: int) -> str:
    return f"{number:,} image" + ("s" if number != 1 else "")


def _broken(layout: Layout, found: Examination) -> str | None:
    if not found.broken:
        return None
    which = listed(named_broken(layout, found))
    return f"{len(found.broken):,} of {_images(len(layout.files))} cannot be read: {which}"


def _places(layout: Layout, found: Examination) -> str | None:
    if layout.closed:
        return f"folders that could not be opened: {listed(layout.closed)}"
    if layout.strays:
        return (
            f"{_images(layout.strays)} beside the folders of classes: there are no labels, "
            "since not every image has a class"
        )
    return None


def _halves(layout: Layout, found: Examination) -> str | None:
    """That pictures are taken for pairs."""
    if not found.halves:
        return None
    others = sum(h.width != 2 * h.height for h in map(found.headers.__getitem__, found.good))
    told = f"; {_images(others)} of another shape: divided in the middle too" if others else ""
    return f"twice as wide as high: A on the left, B on the right of each{told}"


def _shapes(layout: Layout, found: Examination) -> str | None:
    """How images of other sizes get the size."""
    sizes, (height, width) = found.sizes(), found.size
    chosen = "" if found.wish.size else " (chosen from the folder, since no size was asked for)"
    others = sum(count for size, count in sizes.items() if size != found.size)
    if not others:
        return f"all are {height}x{width}{chosen}" if chosen else None
    if all(h * width == w * height for h, w in sizes):
        how = "resized"
    else:
        how = {"crop": "cropped and resized", "pad": "padded and resized"}.get(
            found.wish.fit, "stretched"
        )
    return f"{_images(others)} of another size: {how} to {height}x{width}{chosen}"


def _small(layout: Layout, found: Examination) -> str | None:
    height, width = found.size
    small = sum(count for (h, w), count in found.sizes().items() if h < height or w < width)
    return f"{_images(small)} smaller than {height}x{width}: enlarged" if small else None


def _colours(layout: Layout, found: Examination) -> str | None:
    looks, channels = found.looks.values(), found.channels
    clear, grey = sum(look.clear for look in looks), sum(look.grey for look in looks)
    said = []
    if clear and channels < 4:
        said.append(f"{_images(clear)} with transparency: laid over white")
    if channels > 1 and grey:
        said.append(f"{_images(grey)} without colour: turned into {CHANNELS[channels]}")
    if channels == 1 and grey < len(looks):
        said.append(f"{_images(len(looks) - grey)} with colour: turned grey")
    return "; ".join(said) or None


def _deep(layout: Layout, found: Examination) -> str | None:
    number = sum(found.headers[i].span is not None for i in found.good)
    if not number or found.span is None:
        return None
    low, high = found.span
    return f"{_images(number)} of more than 8 bits: {low:g} becomes black and {high:g} white"


def _frames(layout: Layout, found: Examination) -> str | None:
    number = sum(found.headers[i].frames for i in found.good)
    return f"{_images(number)} with several frames: the first is taken" if number else None


def _twins(layout: Layout, found: Examination) -> str | None:
    number = sum(len(group) - 1 for group in found.twins())
    return f"{_images(number)} exactly like another one: kept" if number else None

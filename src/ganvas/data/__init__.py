"""Sources of data: built-in ones, which work without a network, and any folder of images."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from ganvas.core import Image, UsageError
from ganvas.data import few, partners, textures
from ganvas.data.makers import PAIRED, about, is_built_in, maker, names
from ganvas.data.source import About, Fit, Side, Source, Split, Wish, fingerprint
from ganvas.data.tables import Turned
from ganvas.data.toys import mixtures, modes, std

if TYPE_CHECKING:
    from ganvas.data.facts import Facts

__all__ = [
    "PAIRED",
    "About",
    "Source",
    "about",
    "facts_of",
    "has_two_sides",
    "held_out",
    "is_built_in",
    "load",
    "mixtures",
    "modes",
    "names",
    "reload",
    "std",
]

ELSEWHERE = (
    *("mnist", "fashion-mnist", "fashionmnist", "kmnist", "svhn", "stl10", "imagenet"),
    *("cifar10", "cifar-10", "cifar100", "cifar-100", "tinyimagenet", "tiny-imagenet"),
    *("celeba", "celeba-hq", "celebahq", "ffhq", "afhq", "lfw", "lsun", "lsun-bedroom"),
    *("cub", "flowers", "oxford-flowers", "horse2zebra", "facades", "maps", "cityscapes"),
    *("edges2shoes", "edges2handbags", "monet2photo", "div2k", "coco", "ade20k"),
)
"""Data sets that people ask for and that do not come with ganvas."""
PARTNERS = {"negatives": "negative", "edges": "edges"}
"""What makes pairs like the two sides of a source that has none."""
UNKNOWN = "unknown"
"""In place of a source's name where nobody can tell: in runs of imported weights."""
BETWEEN = ("paired", "partner", "to")
"""What is asked of two sides."""


def load(
    source: str | Path,
    *,
    size: int | tuple[int, int] | None = None,
    channels: int | None = None,
    fit: Fit = "crop",
    split: Split = "train",
    fields: Collection[str] = ("x",),
    labels_per_class: int | None = None,
    label_draw: int | None = None,
    paired: bool = False,
    partner: str | None = None,
    to: Side = "B",
) -> Source:
    """The data of a built-in source or of a folder of images.

    Args:
        source: a name of `names()`, or `oracle:VOCABULARY`, or a folder (`./digits` is one), with
            classes FOLDER/<class>/*, with domains FOLDER/trainA, trainB (testA, testB);
            FOLDER/train and FOLDER/test, each laid out like that, are its parts.
        size: of a square, or (height, width); None takes pictures as they are, or what suits a
            folder of several sizes. Points and sentences have no size.
        channels: 1 grey, 3 RGB, 4 RGBA; None takes what the pictures have.
        fit: how pictures of another shape get the size: `crop` fills it and cuts off what stands
            out, `pad` adds black (or nothing, to a transparent picture), `stretch` distorts.
        split: the part to learn from (`train`), the part held back (`test`), or `all`.
        fields: what the game needs. With `y` among them, two domains become two unpaired tables;
            with `few`, the training part becomes all rows without labels, and a few with theirs;
            with `texture`, a patch of each picture comes beside it.
        labels_per_class: how many rows of each class are in `few`; 10 unless given.
        label_draw: which; 0 unless given.
        paired: whether `x` and `y` of a row must belong together: a folder's are pictures of the
            same name in two domains, or the halves of pictures twice as wide as high.
        partner: makes `x` of single pictures, which become `y`: a word of `partners.words()`.
        to: which of two sides is `y`, the one to be made: `B`, or `A` for the other direction.

    Returns:
        Its tables hold `x` (and `label`, if there are classes); or `x` in one, `y` in the other;
        or both in one, if they are paired; or `x` in one, `few` and `label` in the other.

    Raises:
        UsageError: if there is no such source, or nothing in it to train on.
        DataError: if more than half of the images cannot be read.
    """
    between: Any = {"paired": paired, "partner": partner, "to": to}
    wish = Wish.of(size, channels, fit, split, fields, labels_per_class, label_draw, **between)
    if textures.FIELD in wish.fields:
        rest = tuple(field for field in wish.fields if field != textures.FIELD)
        of = _two_sides if "y" in rest else _found
        found = of(source, replace(wish, fields=rest))
        found.given["fields"] = list(wish.fields)
        return textures.textured(found)
    if "y" in wish.fields:
        return _two_sides(source, wish)
    found = _found(source, wish)
    if "few" not in fields or split != "train":
        return found
    return few.divided(found, labels_per_class or few.USUAL, label_draw or 0)


def _two_sides(source: str | Path, wish: Wish) -> Source:
    """A source of x and y, paired or not, the way round that is wished for.

    Raises:
        UsageError: if it has no two sides of this kind, and no partner was asked for.
    """
    if wish.partner is not None:
        if has_two_sides(source):
            raise UsageError(
                f"{source} has two sides of its own: --partner {wish.partner} is for single "
                "pictures, of which it makes another side"
            )
        single = replace(wish, fields=("x",), paired=False)
        found = partners.partnered(_found(source, single), wish.partner, paired=wish.paired)
        found.given["fields"] = list(wish.fields)
    else:
        found = _found(source, wish)
    if wish.paired and not any({"x", "y"} <= table.spaces.keys() for table in found.tables):
        raise UsageError(_no_pairs(found))
    if wish.paired:
        found.given["paired"] = True
    if wish.to == "A" and "y" in found.spaces:
        found.tables = [Turned(table) for table in found.tables]
        found.given["to"] = "A"
        found.fingerprint = fingerprint([found.fingerprint, "to A"])
    return found


def _no_pairs(source: Source) -> str:
    """What to do with a built-in source whose rows do not belong together two by two."""
    built_in = f"there are pairs in {', '.join(PAIRED)}, or let" if PAIRED else "let"
    if "y" in source.spaces:
        return (
            f"{source.name} has two sides of which no two rows belong together; {built_in} x be "
            f"made of single pictures: --data digits --partner {PARTNERS.get(source.name, 'edges')}"
        )
    if not isinstance(source.spaces["x"], Image):
        return f"{source.name} has no pairs of pictures: it holds {source.spaces['x']}"
    return (
        f"{source.name} has no pairs; {built_in} x be made of each picture: --partner "
        f"{', '.join(partners.words())}"
    )


def has_two_sides(source: str | Path, *, paired: bool = False) -> bool:
    """Whether a source has an x and a y of its own, so that no partner need be made.

    Args:
        source: a built-in one or a folder.
        paired: whether pictures that show two beside each other count: whoever wants no pairs
            takes them as they are.
    """
    if is_built_in(source):
        return "y" in about(str(source)).spaces
    _refuse_words(source)
    from ganvas.data import examine
    from ganvas.data.folder import survey

    layout = survey(Path(source).expanduser(), "train")
    return layout.sided or (paired and examine.are_halves(examine.headers_of(layout)))


def _found(source: str | Path, wish: Wish) -> Source:
    """What there is of a source, with all the labels that it has."""
    if isinstance(source, str) and is_built_in(source):
        return maker(source).make(source, wish)
    _refuse_words(source)
    from ganvas.data import images  # Pillow, which the built-in sources do without

    return images.load_folder(Path(source).expanduser(), wish)


def facts_of(source: str | Path) -> Facts:
    """What `load` would find to train on, before anybody has chosen a size.

    Raises:
        UsageError, DataError: those of `load`.
    """
    from ganvas.data import facts  # Pillow

    if not is_built_in(source):
        _refuse_words(source)
        return facts.of_folder(Path(source).expanduser())
    found, rarest = load(source, fields=("x", "y")), 0
    if isinstance(found.spaces["x"], Image) and "label" in found.spaces:
        table = found.tables[0]
        rarest = int(table.fetch(torch.arange(len(table)))["label"].bincount().min())
    return facts.Facts(found.spaces, min(map(len, found.tables)), rarest)


def reload(data: Mapping[str, Any]) -> Source:
    """The source of which `data` is the `to_json`.

    Raises:
        UsageError: if it is gone or is no longer what it was.
    """
    _refuse_unknown(data)
    keys = ["source", "size", "channels", "fit", "split", "fields"]
    if missing := [key for key in (*keys, "fingerprint") if key not in data]:
        raise UsageError(f"this is no description of a source: it lacks {', '.join(missing)}")
    keys += [key for key in ("labels_per_class", "label_draw", *BETWEEN) if key in data]
    found = load(data["source"], **{key: data[key] for key in keys[1:]})
    if found.fingerprint != data["fingerprint"]:
        rows = found.to_json()["rows"]
        raise UsageError(
            f"{data['source']} is no longer what it was (rows {data.get('rows')}, now {rows}; "
            f"SHA-256 {data['fingerprint'][:12]}, now {found.fingerprint[:12]}); "
            "bring the data back as it was, or begin a new run"
        )
    return found


def held_out(data: Mapping[str, Any], split: Split = "test") -> Source:
    """The part that was held back of a source of which `data` is the `to_json`.

    Where nothing was held back it is what was trained on: its `given["split"]` tells. It has all
    its labels, even those that a game was not told: whoever measures one may know more than it.
    """
    _refuse_unknown(data)
    same = {key: data[key] for key in ("size", "channels", "fit", *BETWEEN) if key in data}
    same["fields"] = [field for field in data.get("fields", ("x",)) if field != "few"]
    try:
        return load(data["source"], split=split, **same)
    except UsageError:
        return reload(data)


def _refuse_unknown(data: Mapping[str, Any]) -> None:
    if data.get("source") == UNKNOWN:
        raise UsageError(
            "this run has no data: its weights were imported, and what they were trained on is not "
            "known here. Give it pictures (ganvas translate RUN INPUT OUTPUT --truth FOLDER), and "
            "measure what comes out with ganvas measure REFERENCE OUTPUT"
        )


def _refuse_words(source: str | Path) -> None:
    """Raises the right error for what is neither a built-in source nor on disk."""
    if isinstance(source, Path):
        return
    word = source.strip()
    if not word:
        raise UsageError(f"name a source ({', '.join(names())}) or a folder of images")
    if Path(source).expanduser().exists():
        return
    if any(mark in word for mark in "/\\~") or word.startswith("."):
        return  # the folder's own error says that it is missing
    if word.lower().replace("_", "-") in ELSEWHERE:
        raise UsageError(
            f"{word} does not come with ganvas: download it, unpack it into a folder of images "
            "(FOLDER/<class>/ for labels), look at it with `ganvas data check FOLDER`, "
            "and give the folder: --data FOLDER"
        )
    try:
        maker(word)
    except UsageError as error:
        raise UsageError(f"{error}; and there is no folder {word!r}") from None

"""The experiment: which images each rater sees in which order, and what their answers come to."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Any

import torch

from ganvas.core import UsageError
from ganvas.core.chance import Chance
from ganvas.studio.human import ledger, tally
from ganvas.studio.human.ledger import LEDGER, Line


class Unknown(LookupError):
    """There is no such rater or image."""


class Conflict(Exception):
    """A name that somebody has already, or an answer that came too late to be changed."""


class Trials:
    """One set of images, half of them real, and its raters.

    Images have opaque names, made from the set's secret salt; each rater sees them in an order of
    their own, made from salt and name. So nothing has to be remembered but the answers.

    Args:
        folder: the run's.
        about: what decides which images these are; answers to equal ones are found again.
        n: images of each kind.
    """

    def __init__(self, folder: Path, about: dict[str, Any], n: int) -> None:
        self.folder, self.lock = folder, Lock()
        lines = ledger.read(folder)
        same = [s for s in lines if s["kind"] == "set" and (s["about"], s["n"]) == (about, n)]
        new = {"set": secrets.token_hex(4), "salt": secrets.token_hex(16), "n": n, "about": about}
        old = {name: same[-1][name] for name in new} if same else new
        self.head = ledger.append(folder, {"kind": "set", **old})
        self.lines = [*lines, self.head]
        self.images = _images(self.head)

    def join(self, name: str | None = None, again: bool = False) -> str:
        """Begins with a rater, or goes on with one; gives the name to go by.

        Args:
            name: what to be called; something new if None.
            again: go on as the rater who has this name already.

        Raises:
            Conflict: if there is such a rater and this is not `again`.
        """
        with self.lock:
            known = {_key(rater): rater for rater in self._raters()}
            if not (name := _clean(name or "")):
                numbers = range(1, len(known) + 2)
                name = next(f"Rater {i}" for i in numbers if _key(f"Rater {i}") not in known)
            if there := known.get(_key(name)):
                if not again:
                    raise Conflict(f"there is a rater called {there}")
                return there
            self._append({"kind": "rater", "rater": name})
            return name

    def state(self, rater: str) -> dict[str, Any]:
        """Where a rater stands: the image to judge next, None after the last.

        Raises:
            Unknown: if nobody of this name has begun.
        """
        with self.lock:
            return self._state(rater)

    def answer(
        self, rater: str, image: str, machine: bool, rating: int, seconds: float | None = None
    ) -> dict[str, Any]:
        """Keeps an answer, and gives the rater's new state.

        Raises:
            Unknown: if there is no such rater or image.
            Conflict: if that image is neither next nor the one before.
            OSError: if the answer cannot be written; then it is not kept.
        """
        with self.lock:
            state = self._state(rater)
            if image not in self.images:
                raise Unknown(f"no image {image!r}")
            if image not in (state["image"], state["previous"]):
                raise Conflict("that image is not the one to judge")
            self._append({
                "kind": "answer", "set": self.head["set"], "rater": rater, "image": image,
                "real": self.images[image], "machine": machine, "rating": rating,
                "seconds": seconds,
            })  # fmt: skip
            return self._state(rater)

    def results(self, rater: str | None = None) -> dict[str, Any]:
        """The same as `results`; for a rater who is not done without the images still to come."""
        with self.lock:
            found = _results(self.folder, self.lines)
            hidden = set()
            if rater is not None and rater in self._raters() and self._state(rater)["image"]:
                hidden = self.images.keys() - self._answered(rater)
            found["images"] = [i for i in found["images"] if i["image"] not in hidden]
            return {**found, "hidden": len(hidden)}

    def _append(self, line: Line) -> None:
        self.lines.append(ledger.append(self.folder, line))

    def _raters(self) -> list[str]:
        return [line["rater"] for line in self.lines if line["kind"] == "rater"]

    def _answered(self, rater: str) -> dict[str, Line]:
        return {a["image"]: a for a in _answers(self.lines, self.head) if a["rater"] == rater}

    def _state(self, rater: str) -> dict[str, Any]:
        if rater not in self._raters():
            raise Unknown(f"no rater {rater!r}")
        answered = self._answered(rater)
        order = _order(list(self.images), self.head["salt"], rater)
        left = [image for image in order if image not in answered]
        before = [image for image in order if image in answered]
        state = {"rater": rater, "done": len(before), "total": len(order)}
        if left:
            return {**state, "image": left[0], "previous": before[-1] if before else None}
        score = tally.summary(answered.values())
        return {**state, "image": None, "previous": None, "score": score}


def results(folder: str | Path) -> dict[str, Any]:
    """What people said of the images of a run that were served last.

    Returns:
        The figures of `tally.summary` over all answers, for each rater (`raters`) and for each
        image (`images`: first the real ones), and what decided which images these are.

    Raises:
        UsageError: if nobody was ever asked.
    """
    return _results(Path(folder), ledger.read(Path(folder)))


def _results(folder: Path, lines: Sequence[Line]) -> dict[str, Any]:
    head = next((line for line in reversed(lines) if line["kind"] == "set"), None)
    if head is None:
        raise UsageError(
            f"nobody has judged {folder} yet; begin with `ganvas evaluate {folder} --human`"
        )
    answers, images = _answers(lines, head), _images(head)
    raters = [line["rater"] for line in lines if line["kind"] == "rater"]
    by_rater, by_image = _grouped(answers, "rater", raters), _grouped(answers, "image", images)
    return {
        "run": str(folder),
        "file": str(folder / LEDGER),
        **head["about"],
        "total": len(images),
        **tally.summary(answers),
        "raters": [
            {"rater": rater, **tally.summary(mine)} for rater, mine in by_rater.items() if mine
        ],
        "images": [tally.per_image(image, real, by_image[image]) for image, real in images.items()],
    }


def _answers(lines: Sequence[Line], head: Line) -> list[Line]:
    """The answers to a set of images, the last of each rater to each image."""
    images = _images(head)
    found: dict[tuple[str, str], Line] = {}
    for line in lines:
        if line["kind"] == "answer" and line["set"] == head["set"] and line["image"] in images:
            found[line["rater"], line["image"]] = line
    return list(found.values())


def _grouped(answers: Iterable[Line], by: str, groups: Iterable[str]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {group: [] for group in groups}
    for answer in answers:
        found.setdefault(answer[by], []).append(answer)
    return found


def _images(head: Line) -> dict[str, bool]:
    """The name of each image of a set, and whether it is real: first the real ones."""
    n, key = head["n"], head["salt"].encode()[:64]
    name = [blake2b(str(i).encode(), key=key, digest_size=8).hexdigest() for i in range(2 * n)]
    return {image: i < n for i, image in enumerate(name)}


def _order(images: list[str], salt: str, rater: str) -> list[str]:
    generator = Chance("human", salt, rater).generator()
    return [images[i] for i in torch.randperm(len(images), generator=generator).tolist()]


def _clean(name: str) -> str:
    """A name without what cannot be seen and spaces that mean nothing."""
    seen = "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", name))
    return " ".join(seen.split())[:40]


def _key(name: str) -> str:
    return name.casefold()

"""The page that shows pictures, what was made of them and what should have been, side by side.

One file, which asks for no other: small copies are in it; a click opens the file that was made.
"""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

import torch
from PIL import Image as Pillow
from torch import Tensor

from ganvas.core import GanvasError, UsageError
from ganvas.core.files import write_whole
from ganvas.data.decode import Unreadable
from ganvas.data.folder import survey
from ganvas.data.source import listed
from ganvas.metrics.pairs import psnr, ssim
from ganvas.tools import shots
from ganvas.tools.jobs import Job
from ganvas.tools.shots import Shot

SIDE = 384
"""Pixels of the longer side of a copy."""
MOST = 400
"""Rows on a page; of more pictures the first are shown."""
STYLE = """\
:root { color-scheme: light dark; --page: #f6f6f8; --ink: #1f2329; --soft: #646b76;
  --rule: #e4e6eb }
@media (prefers-color-scheme: dark) {
  :root { --page: #131519; --ink: #e7e9ee; --soft: #989fab; --rule: #2e333c }
}
body { margin: 0 auto; max-width: 1240px; padding: 36px 24px 64px; background: var(--page);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
h1 { margin: 0; font-size: 30px }
p, figcaption { color: var(--soft) }
section { display: flex; flex-wrap: wrap; gap: 16px; padding: 20px 0;
  border-top: 1px solid var(--rule) }
h2 { width: 100%; margin: 0; font-size: 15px; overflow-wrap: anywhere }
h2 small { color: var(--soft); font-weight: normal }
figure { margin: 0; flex: 1 1 240px; max-width: 384px }
img { display: block; width: 100%; border-radius: 6px;
  background: repeating-conic-gradient(#ccc 0 25%, #eee 0 50%) 0 0 / 20px 20px }
img.small { image-rendering: pixelated }
"""


class Page:
    """Gathers what is to be shown.

    Args:
        file: the page; None if nobody wants one.
        truth: where what should come out lies: a folder, or a file for one picture.
        jobs: all pictures.
        overwrite: whether to write over a page that is there.

    Raises:
        UsageError: if there is no truth where it should be, or the page cannot go where it should.
    """

    def __init__(
        self,
        file: str | Path | None,
        truth: str | Path | None,
        jobs: Sequence[Job],
        *,
        overwrite: bool = False,
    ) -> None:
        self.file = None if file is None else Path(file).expanduser()
        if self.file is not None and self.file.suffix.lower() not in (".html", ".htm"):
            raise UsageError(f"the page of results is a file such as page.html, not {str(file)!r}")
        if self.file is not None and self.file.exists() and not overwrite:
            raise UsageError(
                f"there is a {self.file} already; give another --results or --overwrite"
            )
        self.truths = {} if truth is None else _truths(Path(truth).expanduser(), jobs)
        self.without = [job.short for job in jobs if truth is not None and job not in self.truths]
        self.unfit: list[str] = []
        self.found: dict[str, list[float]] = {"psnr": [], "ssim": []}
        self.rows: list[str] = []
        self.left = self.equal = 0

    def add(self, job: Job, shot: Shot, y: Tensor) -> None:
        """One more picture: as it was, and what was made of it."""
        truth = self._truth(job)
        said = self._measured(job, y, truth)
        if self.file is None:
            return
        if len(self.rows) == MOST:
            self.left += 1
            return
        figures = [("input", _shown(shot))]
        figures.append(("output", _image(y, "output")))
        if truth is not None:
            figures.append(("truth", _shown(truth)))
        link = quote(os.path.relpath(job.target.resolve(), self.file.resolve().parent))
        images = "".join(
            f"<figure><figcaption>{word}</figcaption>"
            + (f'<a href="{link}">{image}</a>' if word == "output" else image)
            + "</figure>"
            for word, image in figures
        )
        size = f"{shot.size[1]} × {shot.size[0]}"
        head = f"{escape(job.short)} <small>{size}{said}</small>"
        self.rows.append(f"<section><h2>{head}</h2>{images}</section>")

    def write(self, title: str, skipped: Mapping[str, str]) -> str | None:
        """Writes the page, if somebody wants one.

        Raises:
            GanvasError: if it cannot be written.
        """
        if self.file is None:
            return None
        lines = [f"{name}: {value:.4g}" for name, value in self.figures().items()]
        lines += [f"{name} could not be read: {why}" for name, why in skipped.items()]
        lines += [f"and {self.left:,} pictures more"] if self.left else []
        page = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
            "img-src data:; style-src 'unsafe-inline'\">"
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
            f"<h1>{escape(title)}</h1>" + "".join(f"<p>{escape(line)}</p>" for line in lines)
            + "\n".join(self.rows) + "</body></html>\n"
        )  # fmt: skip
        try:
            write_whole(self.file, page)
        except OSError as error:
            raise GanvasError(f"cannot write {self.file}: {error.strerror or error}") from error
        return str(self.file)

    def figures(self) -> dict[str, float]:
        """The means over all pictures that differ from a truth that is there."""
        return {name: sum(all_) / len(all_) for name, all_ in self.found.items() if all_}

    def notes(self) -> list[str]:
        """What is missing of the truth, in sentences."""
        said = []
        if self.without:
            said.append(f"{len(self.without):,} pictures have no truth: {listed(self.without)}")
        if self.equal:
            said.append(f"{self.equal:,} are equal to their truth and in no mean")
        if self.unfit:
            said.append(f"the truth does not fit or cannot be read: {listed(self.unfit)}")
        return said

    def _truth(self, job: Job) -> Shot | None:
        try:
            return shots.read(self.truths[job]) if job in self.truths else None
        except Unreadable as why:
            self.unfit.append(f"{job.short} ({why})")
            return None

    def _measured(self, job: Job, y: Tensor, truth: Shot | None) -> str:
        """How near to its truth a picture comes, in words."""
        if truth is None:
            return ""
        if truth.size != tuple(y.shape[1:]):
            sizes = f"{truth.size[1]}x{truth.size[0]}, not {y.shape[2]}x{y.shape[1]}"
            self.unfit.append(f"{job.short} ({sizes})")
            return ""
        one, other = (_rgb(x)[None] for x in (y, truth.colour))
        values = {"psnr": float(psnr(one, other)), "ssim": float(ssim(one, other))}
        if values["psnr"] == float("inf"):
            self.equal += 1
            return " · equal to the truth"
        for name, value in values.items():
            self.found[name].append(value)
        return f" · {values['psnr']:.2f} dB · SSIM {values['ssim']:.3f}"


def _truths(place: Path, jobs: Sequence[Job]) -> dict[Job, Path]:
    """The truth of each picture: of the same name, whatever the ending."""
    if place.is_file():
        if len(jobs) != 1:
            raise UsageError(f"{place} is one picture; give a folder of truths for {len(jobs):,}")
        return {jobs[0]: place}
    layout = survey(place, "all")
    names = {file.relative_to(layout.root).with_suffix(""): file for file in layout.files}
    found = {
        job: names[job.name.with_suffix("")] for job in jobs if job.name.with_suffix("") in names
    }
    if not found:
        raise UsageError(
            f"none of the pictures in {place} has the name of one that is translated "
            f"({listed([job.short for job in jobs], 3)})"
        )
    return found


def _rgb(x: Tensor) -> Tensor:
    return x[:3] if len(x) >= 3 else x[:1].expand(3, -1, -1)


def _shown(shot: Shot) -> str:
    whole = shot.colour
    if shot.alpha is not None:
        whole = torch.cat([whole, shot.alpha[None] * 2 - 1])
    return _image(whole, "")


def _image(x: Tensor, about: str) -> str:
    """A small copy as an image within the page."""
    copy = shots.picture(x)
    small = max(copy.size) <= SIDE // 2
    copy.thumbnail((SIDE, SIDE), Pillow.Resampling.LANCZOS)
    memory = io.BytesIO()
    if copy.mode in ("L", "RGB") and max(x.shape[1:]) > SIDE:
        copy.save(memory, "JPEG", quality=90)
        kind = "jpeg"
    else:
        copy.save(memory, "PNG")
        kind = "png"
    source = base64.b64encode(memory.getvalue()).decode()
    css = ' class="small"' if small else ""
    return f'<img{css} alt="{about}" src="data:image/{kind};base64,{source}">'

"""Which files become which: pictures in a file, a folder or a pattern, and where what is made goes.

Everything that speaks against it is said before the first picture is touched.
"""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ganvas.core import UsageError
from ganvas.data.decode import ENDINGS
from ganvas.data.folder import natural, printable, survey
from ganvas.data.source import listed
from ganvas.tools.shots import FORMATS

Input = str | Path | Sequence[str | Path]
"""A file, a folder, a pattern such as `photos/*.jpg`, or several of these."""


@dataclass(frozen=True)
class Job:
    """One picture."""

    name: Path
    """Where it lies below the input."""
    source: Path
    target: Path

    @property
    def short(self) -> str:
        """The name, fit to be printed."""
        return printable(str(self.name))


@dataclass(frozen=True)
class Jobs:
    """All pictures, in a natural order."""

    jobs: tuple[Job, ...]
    folder: Path | None
    """Where what is made goes; None if that is one file."""


def plan(given: Input, output: str | Path, *, overwrite: bool = False) -> Jobs:
    """What is to be done.

    Raises:
        UsageError: if there is nothing to translate, or it cannot go where it should.
    """
    words = [given] if isinstance(given, str | Path) else [*given]
    found: dict[Path, Path] = {}
    for word in words:
        for name, source in _below(word, alone=len(words) == 1).items():
            if name in found and found[name].resolve() != source.resolve():
                raise UsageError(f"{found[name]} and {source} would become one and the same file")
            found[name] = source
    single = len(found) == 1 and all(Path(word).expanduser().is_file() for word in words)
    planned = _single(found, output) if single else None
    planned = planned or _many(found, output, words)
    _refuse_harm(planned, overwrite=overwrite)
    return planned


def _below(word: str | Path, *, alone: bool) -> dict[Path, Path]:
    """The pictures that a word means, by the name that they keep."""
    path = Path(word).expanduser()
    if path.is_dir():
        layout = survey(path, "all")
        names = {file.relative_to(layout.root): file for file in layout.files}
        return names if alone else {path.name / name: file for name, file in names.items()}
    if path.exists():
        return {Path(path.name): path}
    if not glob.has_magic(str(path)):
        raise UsageError(f"there is no picture, folder or pattern {str(word)!r}")
    return _matching(path)


def _matching(pattern: Path) -> dict[Path, Path]:
    """The pictures that a pattern means, by where they lie below what of it is fixed."""
    fixed = Path(*_until_magic(pattern))
    matches = [Path(m) for m in glob.glob(str(pattern), recursive=True)]  # noqa: PTH207
    files = [m for m in matches if m.is_file() and m.suffix.lower() in ENDINGS]
    if not files:
        other = f"; it matches {len(matches):,} other files or folders" if matches else ""
        raise UsageError(f"no picture matches {str(pattern)!r}{other}")
    named = {Path(os.path.relpath(file, fixed)): file for file in files}
    return dict(sorted(named.items(), key=lambda item: [natural(w) for w in item[0].parts]))


def _until_magic(pattern: Path) -> list[str]:
    parts: list[str] = []
    for part in pattern.parts[:-1]:
        if glob.has_magic(part):
            break
        parts.append(part)
    return parts


def _single(found: dict[Path, Path], output: str | Path) -> Jobs | None:
    """One picture into one file; None if the output is a folder."""
    ((name, source),) = found.items()
    target = Path(output).expanduser()
    if str(output).endswith(("/", os.sep)) or not target.suffix or target.is_dir():
        return None
    if target.suffix.lower() not in FORMATS:
        raise UsageError(
            f"a picture is written to FILE{', FILE'.join(FORMATS)} or into FOLDER/; not to "
            f"{str(output)!r}"
        )
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {str(target.parent)!r} to write {target.name!r} into")
    return Jobs((Job(name, source, target),), None)


def _many(found: dict[Path, Path], output: str | Path, words: Sequence[str | Path]) -> Jobs:
    """Pictures into a folder, each as a PNG file below it where it lay below the input.

    Raises:
        UsageError: if the output is no folder, or lies inside of what is translated.
    """
    folder = Path(output).expanduser()
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{str(output)!r} is a file, and {len(found):,} pictures need a folder")
    if not folder.exists() and folder.suffix.lower() in ENDINGS:
        raise UsageError(f"{len(found):,} pictures do not go into one file; give a folder, "
                         f"{str(folder.with_suffix('')) + '/'!r} say")  # fmt: skip
    for given in (Path(word).expanduser() for word in words):
        if given.is_dir() and folder.resolve().is_relative_to(given.resolve()):
            raise UsageError(
                f"{folder} lies inside {given}, which is translated: the next time, what was made "
                "would be translated too; give a folder outside of it"
            )
    stems = Counter(name.with_suffix("") for name in found)
    jobs = []
    for name, source in found.items():
        # a.jpg beside a.png: both endings stay in the names.
        twin = f"-{name.suffix[1:]}" if stems[name.with_suffix("")] > 1 else ""
        jobs.append(Job(name, source, folder / name.parent / f"{name.stem}{twin}.png"))
    return Jobs(tuple(jobs), folder)


def _refuse_harm(planned: Jobs, *, overwrite: bool) -> None:
    """Raises a UsageError where something that is there would be lost."""
    sources = {job.source.resolve() for job in planned.jobs}
    own = [str(job.target) for job in planned.jobs if job.target.resolve() in sources]
    if own:
        raise UsageError(f"would write over what is translated: {listed(own)}; give another place")
    there = [str(job.target) for job in planned.jobs if os.path.lexists(job.target)]
    if there and not overwrite:
        raise UsageError(
            f"{len(there):,} of the results are there already: {listed(there)}; give another "
            "place, or --overwrite"
        )
    if any(job.target.is_dir() for job in planned.jobs):
        raise UsageError(f"{there[0]} is a folder, where a picture should go")

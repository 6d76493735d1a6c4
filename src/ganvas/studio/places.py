"""Which runs there are, by name: the browser only ever says names, never paths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

CONFIG = "config.json"
PREFIX = "pretrained:"


def places(words: Sequence[str]) -> dict[str, Path]:
    """The folder of each run, by a name of its own.

    Args:
        words: runs, and folders that hold some; generators that come along are there anyway.

    Raises:
        UsageError: if one is neither.
    """
    found: dict[str, Path] = {}
    for word in words:
        if word.startswith(PREFIX):
            continue
        for folder in _runs(Path(word).expanduser()):
            whole = folder.resolve()
            if whole not in found.values():
                found[_free(whole.name or "run", found)] = whole
    return found


def folders(words: Sequence[str]) -> dict[str, Path]:
    """Folders to train on, by a name of their own.

    Raises:
        UsageError: if one is none.
    """
    found: dict[str, Path] = {}
    for word in words:
        folder = Path(word).expanduser()
        if not folder.is_dir():
            from ganvas.core.errors import UsageError

            raise UsageError(f"--data {word}: there is no such folder")
        whole = folder.resolve()
        if whole not in found.values():
            found[_free(whole.name or "pictures", found)] = whole
    return found


def _runs(folder: Path) -> list[Path]:
    if (folder / CONFIG).is_file():
        return [folder]
    inside = sorted(file.parent for file in folder.glob(f"*/{CONFIG}")) if folder.is_dir() else []
    if not inside:
        from ganvas.core.errors import UsageError  # torch comes with it: not before it is needed

        raise UsageError(f"{folder} is no run and holds none: there is no {CONFIG}")
    return inside


def _free(name: str, found: dict[str, Path]) -> str:
    """The name, with a number if it is taken."""
    numbered = (f"{name}-{i}" for i in range(2, len(found) + 3))
    return name if name not in found else next(n for n in numbered if n not in found)

"""Pictures that move: GIF and WebP, and MP4 where the extra `video` is installed."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL.Image import Image as Picture

from ganvas.core import GanvasError, UsageError
from ganvas.core.files import write_whole
from ganvas.watch.pictures import animation

KINDS = {".gif": "GIF", ".webp": "WEBP"}
SUFFIXES = (*KINDS, ".mp4")


def check(path: Path) -> None:
    """Refuses what could not be written in the end.

    Raises:
        UsageError: if it takes an extra that is not installed.
    """
    if path.suffix.lower() != ".mp4":
        return
    try:
        import imageio_ffmpeg  # noqa: F401
    except ImportError:
        raise UsageError(
            "an mp4 takes the extra `video`: pip install 'ganvas[video]'; .gif and .webp take "
            "nothing more"
        ) from None


def write(frames: Iterable[Picture], path: Path, fps: float) -> int:
    """Writes a film, whole or not at all; how many frames it has.

    Args:
        frames: pictures of one size, in order.
        path: where to; its suffix says which kind.
        fps: frames in a second.

    Raises:
        UsageError: if it takes an extra that is not installed.
        GanvasError: if it cannot be written.
    """
    check(path)
    try:
        if path.suffix.lower() == ".mp4":
            return _mp4(frames, path, fps)
        pictures, memory = list(frames), io.BytesIO()
        kind = KINDS[path.suffix.lower()]
        animation(pictures, memory, kind, seconds=1 / fps, rest=1 / fps)  # type: ignore[arg-type]
        write_whole(path, memory.getvalue())
        return len(pictures)
    except OSError as error:
        raise GanvasError(f"cannot write {path}: {error.strerror or error}") from error


def _mp4(frames: Iterable[Picture], path: Path, fps: float) -> int:
    import imageio_ffmpeg

    draft = path.with_name(f".{path.stem}.{os.getpid()}.draft.mp4")
    all_of_them = _even(frames)
    first = next(all_of_them)
    try:
        # H.264 with colours at half the size: what every browser and telephone plays.
        writer = imageio_ffmpeg.write_frames(
            str(draft), first.shape[1::-1], fps=fps, codec="libx264", macro_block_size=2,
            quality=8, ffmpeg_log_level="error",
        )  # fmt: skip
        writer.send(None)
        writer.send(np.ascontiguousarray(first))
        n = 1
        for frame in all_of_them:
            writer.send(np.ascontiguousarray(frame))
            n += 1
        writer.close()
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return n


def _even(frames: Iterable[Picture]) -> Iterator[np.ndarray]:
    """RGB bytes (h, w, 3) whose sides are even: the last row or column comes twice if need be."""
    for frame in frames:
        pixels = np.asarray(frame.convert("RGB"))
        odd = [(0, side % 2) for side in pixels.shape[:2]]
        yield np.pad(pixels, (*odd, (0, 0)), "edge")

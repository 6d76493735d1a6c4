"""What listens to a run: its log, pictures, referee, singular values, report, a progress bar."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from torch import Tensor

from ganvas.core import Listener
from ganvas.watch.log import Log
from ganvas.watch.previews import Previews
from ganvas.watch.progress import Progress
from ganvas.watch.referee import OnCollapse, Referee
from ganvas.watch.report import Report
from ganvas.watch.spectra import Spectra
from ganvas.watch.tensorboard import TensorBoard, installed

__all__ = [
    "Log",
    "OnCollapse",
    "Previews",
    "Progress",
    "Referee",
    "Report",
    "Spectra",
    "TensorBoard",
    "listeners",
]


def listeners(
    folder: Path,
    real: Mapping[str, Tensor] | None = None,
    *,
    on_collapse: OnCollapse = "warn",
    quiet: bool = False,
    console: Console | None = None,
) -> list[Listener]:
    """All that a run is usually watched by, in an order in which each finds what it reads.

    Args:
        folder: the run's folder, for what they write.
        real: rows of real data to draw from and beside; from the run's tables if None.
        on_collapse: what the referee does about mode collapse: warn, stop or rollback.
        quiet: without a progress bar.
        console: where the progress bar goes; stderr if None.
    """
    log = Log(folder)
    referee = Referee(folder, log, on_collapse)
    found: list[Listener] = [log, Previews(folder, real), referee, Spectra(folder)]
    if installed():
        found.append(TensorBoard(folder, log))
    found.append(Report(folder))
    return found if quiet else [*found, Progress(log, console, referee)]

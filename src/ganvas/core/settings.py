"""How to compute, whatever the game."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal

import torch

from ganvas.core import parallel
from ganvas.core.config import Count, Options
from ganvas.core.errors import UsageError


@dataclass(frozen=True)
class Settings(Options):
    """How rounds are computed; which paper they come from makes no difference."""

    device: str = "auto"
    """Where to compute: auto (a GPU if there is one), cpu, cuda, cuda:1, mps."""
    micro_batches: Count = 1
    """Into how many parts each batch is divided to save memory; the parts move in lockstep."""
    precision: Literal["fp32", "bf16"] = "fp32"
    """bf16 computes the forward passes in bfloat16 (autocast); weights stay in fp32."""
    compile: bool = False
    """Compile the players' networks with torch.compile (needs a C++ compiler)."""
    channels_last: bool | None = None
    """Keep the channels of a pixel together in memory; on a GPU unless given."""
    clip_norm: float | None = None
    """Scale each move's gradient down to this norm."""
    sync_batchnorm: bool = False
    """Batch statistics over all processes instead of each its own."""
    patience: Count = 3
    """How many times in a row the run may go back after a NaN or infinity before it gives up."""
    snapshot_every: Count = 100
    """Rounds between the states, kept in memory, that such a run goes back to."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.clip_norm is not None and not self.clip_norm > 0:
            raise UsageError(f"clip_norm must be above 0, not {self.clip_norm:g}")

    def autocast(self, device: torch.device) -> AbstractContextManager[None]:
        """Within it, networks compute in the precision that was asked for."""
        if self.precision == "bf16":
            return torch.autocast(device.type, torch.bfloat16)
        return nullcontext()


def resolve_device(wanted: str) -> torch.device:
    """The device for a wish; `auto` is a GPU if there is one (the own one, under torchrun).

    Raises:
        UsageError: if there is no such device here.
    """
    if wanted != "auto":
        try:
            device = torch.device(wanted)
            torch.empty(1, device=device)
        except (RuntimeError, AssertionError, NotImplementedError) as error:
            why = str(error).splitlines()[0]
            raise UsageError(f"cannot compute on {wanted!r} ({why}); auto always works") from error
        if device.type == "meta":
            raise UsageError("the device meta has no memory: nothing can be learned there")
        return device
    if torch.cuda.is_available():
        return torch.device("cuda", parallel.local_rank())
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")

"""What is computed once and kept between runs: classifiers, statistics of real data, weights.

All of it can be thrown away at any time. It lies in `$GANVAS_CACHE`, or else in `ganvas` within the
user's cache folder (`$XDG_CACHE_HOME`, `~/.cache`).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ganvas.core.files import write_whole


def home() -> Path:
    """The folder of the cache, which need not exist."""
    if chosen := os.environ.get("GANVAS_CACHE"):
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "ganvas"


def find(kind: str, parts: Any) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """The tensors and plain values that were kept for `parts`; None if there are none, or damaged.

    Args:
        kind: a word for people who look into the folder.
        parts: all that the content depends on, plain values.
    """
    try:
        with safe_open(_file(kind, parts), framework="pt") as opened:
            about = json.loads((opened.metadata() or {})["ganvas"])
            return {name: opened.get_tensor(name) for name in opened.keys()}, about  # noqa: SIM118
    except (OSError, SafetensorError, ValueError, KeyError):
        return None


def keep(kind: str, parts: Any, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Keeps what `find` finds. Where the cache cannot be written, that costs time, nothing else."""
    whole = {name: tensor.contiguous() for name, tensor in tensors.items()}
    with suppress(OSError):
        write_whole(_file(kind, parts), save(whole, metadata={"ganvas": json.dumps(about)}))


def _file(kind: str, parts: Any) -> Path:
    name = json.dumps([kind, parts], sort_keys=True, default=str)
    return home() / f"{kind}-{hashlib.sha256(name.encode()).hexdigest()[:32]}.safetensors"


def sha256_of(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 over tensors and their names, in order of the names, in hex."""
    total = hashlib.sha256()
    for name in sorted(tensors):
        total.update(name.encode())
        total.update(tensors[name].detach().cpu().contiguous().numpy().tobytes())
    return total.hexdigest()

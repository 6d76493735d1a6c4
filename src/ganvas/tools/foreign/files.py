"""Checkpoints of PyTorch as tensors by name. Whatever else a file holds is refused, never run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganvas.core import CheckpointError, UsageError, checkpoint
from ganvas.data.folder import natural

ENDINGS = (".pth", ".pt", ".ckpt", ".safetensors")
LARGEST = 8 * 1024**3
"""Bytes of a file that is looked into at all."""
MOST = 1_000_000_000
"""Numbers in a network; the largest here have a twentieth of that."""
ROLES = (
    re.compile(r"(?P<when>\w+)_net_(?P<role>[GD](_[AB])?)$"),
    re.compile(r"(?P<when>\d+)-(?P<role>[GD])$"),
)
"""What files are called by the repositories: latest_net_G_A, 200000-D."""


@dataclass(frozen=True)
class Net:
    """The weights of one network."""

    file: Path
    role: str
    """Such as G_A, by the name of the file; empty if that does not tell."""
    state: dict[str, Tensor]

    @property
    def sha256(self) -> str:
        """Of the file."""
        with self.file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()


def found(places: Sequence[str | Path]) -> list[Path]:
    """The files that are meant: themselves, or of a folder the latest of each network.

    Raises:
        UsageError: if there are none.
    """
    files: list[Path] = []
    for place in (Path(p).expanduser() for p in places):
        if place.is_dir():
            files += _latest(place)
        elif place.is_file():
            files.append(place)
        else:
            raise UsageError(f"there is no file or folder {str(place)!r}")
    return list(dict.fromkeys(files))


def _latest(folder: Path) -> list[Path]:
    """Of each network in a folder the latest state: `latest`, or the highest number."""
    best: dict[str, tuple[Any, Path]] = {}
    for file in sorted(folder.iterdir()):
        role, when = _called(file)
        rank = (when == "latest", natural(when))
        if role and (role not in best or rank > best[role][0]):
            best[role] = rank, file
    if not best:
        raise UsageError(
            f"{folder} holds no checkpoints by their names (latest_net_G.pth, 200000-G.ckpt ...); "
            "give the files themselves"
        )
    return [file for _, file in best.values()]


def _called(file: Path) -> tuple[str, str]:
    """The network and the time that a file's name tells of."""
    if file.suffix.lower() not in ENDINGS or not file.is_file():
        return "", ""
    for pattern in ROLES:
        if told := pattern.search(file.stem):
            return told["role"], told["when"]
    return "", ""


def read(file: Path) -> Net:
    """The weights in a file.

    Raises:
        CheckpointError: if it is not a network's tensors and nothing else.
    """
    if file.stat().st_size > LARGEST:
        raise CheckpointError(f"{file} has {file.stat().st_size:,} bytes: too many for a generator")
    if file.suffix.lower() == ".safetensors":
        return Net(file, _called(file)[0], _checked(file, checkpoint.read_weights(file)[0]))
    try:
        loaded = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever its unpickler met
        reason = " ".join(str(error).split())
        code = re.search(r"(?:GLOBAL|global) ([\w.]+)", reason)
        why = f" (it holds {code[1]}, which would have to be executed)" if code else ""
        raise CheckpointError(
            f"refused {file}: it is no checkpoint of tensors alone{why}; save the state_dict() of "
            "the network with torch.save"
        ) from error
    while isinstance(loaded, Mapping) and isinstance(loaded.get("state_dict"), Mapping):
        loaded = loaded["state_dict"]
    return Net(file, _called(file)[0], _checked(file, loaded))


def _checked(file: Path, loaded: Any) -> dict[str, Tensor]:
    """Tensors by name, in a natural order, without the prefix of a wrapper.

    Raises:
        CheckpointError: if something is no dense tensor of finite numbers.
    """
    if not isinstance(loaded, Mapping) or not loaded:
        raise CheckpointError(f"{file} holds {type(loaded).__name__}, expected tensors by name")
    total = 0
    for name, tensor in loaded.items():
        if not isinstance(name, str) or type(tensor) is not Tensor:
            raise CheckpointError(
                f"{file} is no network's state: under {name!r} it has {type(tensor).__name__}"
            )
        total += tensor.numel()
        if tensor.layout != torch.strided or total > MOST:
            raise CheckpointError(f"{file} is no network's state: {name} is sparse or endless")
        if not bool(torch.isfinite(tensor).all()):
            raise CheckpointError(f"{file} is damaged: {name} has values that are not finite")
    state = {name: tensor.detach() for name, tensor in loaded.items()}
    for prefix in ("module.", "_orig_mod."):
        if all(name.startswith(prefix) for name in state):
            state = {name.removeprefix(prefix): tensor for name, tensor in state.items()}
    order = sorted(state, key=lambda name: [natural(part) for part in name.split(".")])
    return {name: state[name] for name in order}

"""Points as files: where pictures come from, to be taken up again.

A .safetensors file with a row for each point: the game's inputs by name where points are of z
(`ganvas sample RUN --z FILE` takes them); `w` or `w+` where they are styles; and the noise maps
`noise.0`, `noise.1` ... if they were moved. Its metadata say of which game and space they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ganvas.core import DataError, Game, GanvasError, Noise, UsageError
from ganvas.core.files import write_whole
from ganvas.tools.latent import Latent
from ganvas.tools.still import space_of

ENDING = ".safetensors"


def write(file: Path, latent: Latent, points: Tensor, noises: Sequence[Tensor] = ()) -> None:
    """Writes points, and what is held still beside them.

    Args:
        file: where to; its name ends in .safetensors.
        latent: their space.
        points: (n, *latent.shape).
        noises: the noise maps that belong to them, (n, 1, h, w) each, if they were moved.

    Raises:
        GanvasError: if it cannot be written.
    """
    rows: dict[str, Tensor] = {k: x.expand(len(points), *x.shape[1:]) for k, x in
                               latent.others.items()}  # fmt: skip
    if latent.space == "z":
        sizes = [space.size for space in latent.noises.values()]
        rows |= dict(zip(latent.noises, points.split(sizes, 1), strict=True))
    else:
        rows[latent.space] = points
    rows |= {f"noise.{i}": noise for i, noise in enumerate(noises)}
    plain = {name: x.detach().cpu().contiguous() for name, x in rows.items()}
    about = {"game": latent.game.name, "space": latent.space, "seed": str(latent.seed)}
    try:
        write_whole(file, save(plain, about))
    except OSError as error:
        raise GanvasError(f"cannot write {file}: {error.strerror or error}") from error


def read(file: Path, game: Game) -> tuple[Latent, Tensor, list[Tensor]]:
    """Points, their space with what is held still in it, and their noise maps if they have some.

    Raises:
        UsageError: if there is no such file, or it is of another game.
        DataError: if it cannot be read.
    """
    rows, about = tensors(file)
    if about.get("game") != game.name:
        whose = f"a {about['game']}" if "game" in about else "no game that it would name"
        raise UsageError(f"{file} holds points of {whose}, and this is a run of {game.name}")
    space = space_of(game, about["space"])
    noises = [rows[f"noise.{i}"] for i in range(sum(k.startswith("noise.") for k in rows))]
    others: dict[str, Any] = {
        k: rows[k][:1]
        for k, input in game.inputs.items()
        if k in rows and not isinstance(input, Noise)
    }
    if "label" in others:  # which Latent takes as a number or a name
        others["label"] = int(others["label"])
    try:
        latent = Latent(game, space, seed=int(about["seed"]), **others)
        points = torch.cat([rows[k] for k in latent.noises], 1) if space == "z" else rows[space]
    except KeyError as missing:
        raise DataError(f"{file} lacks {missing}, which points of {space} have") from None
    if tuple(points.shape[1:]) != latent.shape:
        raise UsageError(
            f"{file} holds points of shape {tuple(points.shape[1:])}, and those of {space} of this "
            f"run have {latent.shape}"
        )
    return latent, points, noises


def tensors(file: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a file by name, and its metadata.

    Raises:
        UsageError: if there is no such file.
        DataError: if it is none of safetensors.
    """
    if not file.is_file():
        raise UsageError(f"there is no file {str(file)!r}")
    try:
        with safe_open(file, "pt") as opened:
            found = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
            return found, opened.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise DataError(f"{file} cannot be read as safetensors: {error}") from None

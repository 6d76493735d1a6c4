"""A run is a folder that anyone can read.

config.json            what was asked for: game, config, spaces, data, seed, settings, versions
weights.safetensors    players, averages, buffers
state.pt               optimisers, clock; plain values and tensors, loaded with weights_only
checkpoints/<round>/   the last states, whole
stats.jsonl, samples/, report.html    what the listeners wrote
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from ganvas.core import checkpoint, parallel
from ganvas.core.absent import lacks, leave_out
from ganvas.core.clock import Clock
from ganvas.core.errors import CheckpointError, GanvasError, UsageError
from ganvas.core.game import Game
from ganvas.core.plan import Plan
from ganvas.core.trainer import Trainer

CONFIG = "config.json"


class Run:
    """A run on disk.

    Args:
        folder: the run's folder.

    Raises:
        UsageError: if the folder is no run.
        CheckpointError: if its config cannot be read.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.ended: str | None = None
        """Why its training ended, if it was trained in this process: "done", or a reason."""
        if not (self.folder / CONFIG).is_file():
            raise UsageError(f"{self.folder} is no run: it has no {CONFIG}")
        try:
            self.plan = Plan(**json.loads((self.folder / CONFIG).read_text("utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise CheckpointError(f"cannot read {self.folder / CONFIG}: {error}") from error

    @classmethod
    def create(cls, folder: str | Path, plan: Plan) -> Run:
        """Makes a new run's folder and writes its plan, before anything else.

        Raises:
            UsageError: if there is a run already.
            GanvasError: if the folder cannot be written.
        """
        folder = Path(folder)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(
                f"{folder} exists already; take another --out"
                + (", or go on with --resume" if (folder / CONFIG).exists() else "")
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
            draft = folder / f".{CONFIG}.draft"
            asked = {name: value for name, value in vars(plan).items() if name != "origin" or value}
            draft.write_text(json.dumps(asked, indent=2, ensure_ascii=False) + "\n", "utf-8")
            os.replace(draft, folder / CONFIG)
        except OSError as error:
            raise GanvasError(f"cannot write the run {folder}: {error}") from error
        return cls(folder)

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r}: {self.plan.game} on {self.plan.data.get('source')})"

    # -- the trained game ----------------------------------------------------------------------

    @cached_property
    def game(self) -> Game:
        """The game with the newest weights, in evaluation mode.

        Raises:
            CheckpointError: if there are none, or they are damaged or not this game's.
        """
        file = self.folder / checkpoint.WEIGHTS
        if checkpoint.kept_rounds(self.folder):
            file = checkpoint.locate(self.folder) / checkpoint.WEIGHTS
        if not file.exists():
            raise CheckpointError(f"{self.folder} has no weights yet: it has not saved a state")
        weights, about = checkpoint.read_weights(file)
        game = self.plan.build()
        leave_out(game, self.plan.absent, str(self.folder))
        load_weights(game, weights, file)
        try:
            game.clock = Clock(**about["clock"])
        except (KeyError, TypeError) as error:
            raise CheckpointError(f"{file} does not say how far it was trained") from error
        for name, player in game.players.items():
            player.name = name
        return game.eval()

    @property
    def clock(self) -> Clock:
        """How far the game was trained, and in what time."""
        kept = checkpoint.kept_rounds(self.folder)
        return checkpoint.clock_of(kept[-1]) if kept else self.game.clock

    def sample(
        self,
        n: int = 64,
        *,
        seed: int = 0,
        best: float | None = None,
        truncation: float | None = None,
        **inputs: Tensor,
    ) -> Tensor:
        """Draws from the trained game: (n, *output.shape), on the CPU.

        Args:
            n: how many.
            seed: decides the draw.
            best: draw n / best and keep the n that the discriminator likes best.
            truncation: less variety for better samples: ψ in W where the game has styles, else
                the largest magnitude of the values of z.
            inputs: inputs that are not drawn, such as `label=torch.tensor([3])`.

        Raises:
            UsageError: if an input is unknown or missing, `best` is not in (0, 1], or nobody can
                judge.
        """
        return self.sample_with_inputs(n, seed=seed, best=best, truncation=truncation, **inputs)[0]

    def sample_with_inputs(
        self,
        n: int = 64,
        *,
        seed: int = 0,
        best: float | None = None,
        truncation: float | None = None,
        **inputs: Tensor,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The same as `sample`, with the inputs that made each sample."""
        if n < 1:
            raise UsageError(f"cannot draw {n} samples; ask for at least 1")
        if best is None:
            return self.game.sample(n, seed=seed, batch=256, truncation=truncation, **inputs)
        if not 0 < best <= 1:
            raise UsageError(f"best must be a fraction between 0 and 1, not {best:g}")
        # What is given is kept: each sample then competes with rivals made from the same inputs.
        times = math.ceil(1 / best)
        given = {
            k: v.expand(n, *v.shape[1:]).repeat_interleave(times, 0) for k, v in inputs.items()
        }
        drawn = n * times if given else math.ceil(n / best)
        made, used = self.game.sample(drawn, seed=seed, batch=256, truncation=truncation, **given)
        scores = self.game.scores(made, used)
        if given:
            keep = torch.arange(n) * times + scores.view(n, times).argmax(1)
        else:
            keep = scores.topk(n).indices.sort().values
        return made[keep], {name: rows[keep] for name, rows in used.items()}

    # -- the training --------------------------------------------------------------------------

    def save(self, trainer: Trainer, *, keep: int = 2) -> Path:
        """Writes the trainer's state as the newest checkpoint; `keep` of the newest remain.

        Raises:
            GanvasError: if it cannot be written; the earlier ones are still there.
        """
        about = {name: getattr(self.plan, name) for name in ("game", "config", "spaces")}
        self.__dict__.pop("game", None)  # those weights are no longer the newest
        return checkpoint.save(self.folder, trainer.state(), about, keep=keep)

    def restore(self, trainer: Trainer, at: int | None = None) -> None:
        """Puts a trainer into the newest state, or the state `at` a round; removes later ones.

        Raises:
            UsageError: if the run has no more than a generator.
            CheckpointError: if that state is damaged or of another game.
        """
        if self.plan.absent:
            raise UsageError(lacks(str(self.folder), " and no ".join(self.plan.absent)))
        folder = checkpoint.locate(self.folder, at)
        state = checkpoint.read(folder)
        try:
            trainer.load(state)
        except (RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
            raise CheckpointError(f"{folder} is not a state of this run: {error}") from error
        parallel.wait()
        if parallel.rank() == 0:
            checkpoint.forget_after(self.folder, int(folder.name))


def load_weights(game: Game, weights: Mapping[str, Tensor], file: Path) -> None:
    """Puts weights into a game.

    Raises:
        CheckpointError: if they are not this game's.
    """
    try:
        game.load_state_dict(dict(weights))
    except RuntimeError as error:
        raise CheckpointError(f"{file} does not fit {game.name}: {error}") from error


def free_folder(name: str) -> Path:
    """The first of runs/name-1, runs/name-2 ... that there is not yet."""
    number = 1
    while (folder := Path("runs") / f"{name}-{number}").exists():
        number += 1
    parallel.wait()  # every process has found the same folder, before one of them makes it
    return folder

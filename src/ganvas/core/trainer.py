"""Carries moves out. The only caller of `backward()` and `step()`; it knows no paper."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grads_with_norm_

from ganvas.core import parallel
from ganvas.core.chance import Chance, GlobalGenerators, seed_of
from ganvas.core.checkpoint import State
from ganvas.core.clock import Clock
from ganvas.core.errors import Diverged, GameError, GanvasError, UsageError
from ganvas.core.game import Carried, Game, Move, Stage
from ganvas.core.ledger import Ledger
from ganvas.core.listener import Listener
from ganvas.core.player import Player
from ganvas.core.settings import Settings, resolve_device
from ganvas.core.stream import Stream, Table


class Trainer:
    """Plays a game, round by round.

    Args:
        game: who plays.
        tables: the data; see `Stream`.
        seed: decides every draw, the order of the data included.
        settings: how to compute.
        rounds: ends the run after so many rounds, instead of after `config.images` images.
        minutes: ends the run after so many minutes of rounds, instead. Then schedules and stages
            follow the time, and only a run that is not interrupted can be repeated exactly.
        listeners: what watches.
    """

    def __init__(
        self,
        game: Game,
        tables: Sequence[Table],
        *,
        seed: int = 0,
        settings: Settings | None = None,
        rounds: int | None = None,
        minutes: float | None = None,
        listeners: Sequence[Listener] = (),
    ) -> None:
        self.settings = settings = settings or Settings()
        self.device = resolve_device(settings.device)
        parallel.join(self.device)
        self.game, self.seed, self.listeners = game, seed, list(listeners)
        seconds = None if minutes is None else 60 * minutes
        self.clock = game.clock = Clock(
            goal_images=game.config.images, goal_rounds=rounds, goal_seconds=seconds
        )
        k, world = settings.micro_batches, parallel.size()
        self.parts = range(parallel.rank() * k, parallel.rank() * k + k)
        self.stream = Stream(tables, seed, part=self.parts, parts=k * world, device=self.device)
        self.stopping: str | None = None
        """Set it to a reason, from a signal handler say: the run ends after the current round."""
        self.strikes = 0
        self._ledger = Ledger()
        self._prepare(game)
        self.optimisers = self._fresh_optimisers()
        self._good = self.state(copied=True)

    def _prepare(self, game: Game) -> None:
        for name, player in game.players.items():
            player.name = name
        if self.settings.sync_batchnorm:
            parallel.share_batch_norms(game)
        game.to(self.device)
        last = self.settings.channels_last
        if last or (last is None and self.device.type == "cuda"):
            for module in game.modules():
                if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if self.settings.compile:
            for player in game.players.values():
                if not player.double_backward:
                    player.net.compile()
        game.train()
        game.share = 1.0 / self.settings.micro_batches
        self._params = {name: p.parameters_that_learn() for name, p in game.players.items()}

    def _fresh_optimisers(self) -> dict[str, torch.optim.Optimizer]:
        recipes = {name: player.recipe for name, player in self.game.players.items()}
        try:
            return {name: recipes[name].build(params) for name, params in self._params.items()}
        except ValueError as error:
            raise UsageError(f"{self.game.name} cannot learn like that: {error}") from error

    # -- a run ---------------------------------------------------------------------------------

    def run(self) -> str:
        """Plays rounds until the goal, or until somebody sets `stopping`.

        Returns:
            Why it ended: "done" or the reason.

        Raises:
            Diverged: if the run stopped being finite more often in a row than `patience` allows.
        """
        try:
            for listener in self.listeners:
                listener.begin(self)
            reason = self._play_on()
            for listener in self.listeners:
                listener.end(self, reason)
            return reason
        finally:
            for listener in self.listeners:
                listener.close()

    def _play_on(self) -> str:
        """Rounds until the end of the run; why it ended."""
        while not self.clock.done:
            if parallel.anyone(self.stopping is not None, self.device):
                return self.stopping or "another process was stopped"
            try:
                self.round()
            except Diverged as error:
                self._forgive(error)
                continue
            for listener in self.listeners:
                listener.after_round(self)
        return "done"

    def round(self) -> None:
        """Plays one round of the current stage.

        Raises:
            Diverged: if a loss or a gradient is not finite; no step was taken with it.
            GameError: if the game breaks its contract.
        """
        for _ in self.moves():
            pass

    def moves(self) -> Iterator[Carried]:
        """Plays one round a move at a time: the next is made when the next is asked for.

        Between two moves one may look at the game for as long as one likes, and draw: the round
        ends as if nobody had looked. A round that is left before its end is not counted, though
        the moves made stay made; the next one begins with the same rows.

        Raises:
            Diverged, GameError: as `round`.
        """
        began = time.perf_counter()
        spent = 0.0
        stage = self._enter_stage()
        here = (self.seed, self.clock.round, self.clock.retries)
        generators = GlobalGenerators(self.device)
        generators.seed(seed_of(*here, "global", parallel.rank()))
        feeds = self.stream.feeds(stage.batch or self.game.config.batch)
        chances = [
            Chance(*here, part=part, parts=self.stream.parts, device=self.device)
            for part in self.parts
        ]
        plays = [stage.play(feed) for feed in feeds]
        while moves := self._next_moves(plays, chances):
            carried = self._carry_out(moves)
            spent += time.perf_counter() - began
            generators.park()
            yield carried
            began = time.perf_counter()
            generators.go_on()
        spent += time.perf_counter() - began
        self.stream.position = feeds[0].position
        self.clock.images = feeds[0].position
        self.clock.round += 1
        self.clock.seconds += parallel.agreed(spent, self.device)
        if self.clock.round % self.settings.snapshot_every == 0 and self.is_finite():
            self._good, self.strikes = self.state(copied=True), 0

    def _enter_stage(self) -> Stage:
        """The stage for the progress made; on its first round, what its beginning asks for."""
        stages = self.game.stages()
        begins = self.clock.enter([stage.share for stage in stages])
        stage = stages[self.clock.stage]
        if begins and stage.fresh:
            self.optimisers = self._fresh_optimisers()
        return stage

    def _next_moves(self, plays: Sequence[Iterator[Move]], chances: list[Chance]) -> list[Move]:
        """The next move of each micro-batch; none at the end of the round."""
        moves = []
        for play, self.game.chance in zip(plays, chances, strict=True):
            with self.settings.autocast(self.device):
                moves.append(next(play, None))
        if any((a is None) != (moves[0] is None) for a in moves):
            raise GameError(f"the micro-batches of {self.game.name} end at different moves")
        return [move for move in moves if move is not None]

    # -- a move --------------------------------------------------------------------------------

    def _carry_out(self, moves: Sequence[Move]) -> Carried:
        """Lets the movers descend the mean loss of the micro-batches."""
        players = moves[0].players
        params = [p for player in players for p in self._params[player.name]]
        for p in params:
            p.grad = None
        shares = [move.loss.float() / len(moves) for move in moves]
        for move, share in zip(moves, shares, strict=True):
            if not share.requires_grad:
                raise GameError(f"{self.game.name}: the loss of {move.name} has no gradient")
            share.backward(inputs=params)
        loss = torch.stack(shares).detach().sum() if len(shares) > 1 else shares[0].detach()
        grads = [p.grad for p in params if p.grad is not None]
        parallel.average_([*grads, loss])
        norm = total_norm(grads)
        if not math.isfinite((norm + loss).item()):
            raise Diverged(self._what_happened(moves[0], loss))
        if self.settings.clip_norm is not None:
            clip_grads_with_norm_(params, self.settings.clip_norm, norm)
        for player in players:
            self._step(player)
        name = moves[0].name
        self._ledger.note({f"loss/{name}": loss, f"gradient/{name}": norm})
        for move in moves:
            self._ledger.note(move.figures)
        return Carried(name, loss, norm)

    def _step(self, player: Player) -> None:
        optimiser = self.optimisers[player.name]
        for group in optimiser.param_groups:
            group.update(player.recipe.rates(self.clock.progress))
        optimiser.step()
        player.stepped()

    def _what_happened(self, move: Move, loss: Tensor) -> str:
        what = "gradient" if bool(torch.isfinite(loss)) else "loss"
        where = f"in round {self.clock.round} (stage {self.game.stage.name!r})"
        return f"{self.game.name}: the {what} of {move.name} is not finite {where}"

    def figures(self) -> dict[str, float]:
        """The mean of each figure since the last call (in the own process)."""
        return self._ledger.means()

    # -- state ---------------------------------------------------------------------------------

    def is_finite(self) -> bool:
        """Whether every weight is finite."""
        return bool(torch.isfinite(total_norm([p.detach() for p in self.game.parameters()])))

    def state(self, *, copied: bool = False) -> State:
        """All that a run needs to go on; a view that changes with the next move, or `copied`."""
        rest = {
            "clock": self.clock.to_json(),
            "steps": {name: player.steps for name, player in self.game.players.items()},
            "optimisers": {name: o.state_dict() for name, o in self.optimisers.items()},
            "seed": self.seed,
        }
        weights = {name: tensor.detach() for name, tensor in self.game.state_dict().items()}
        state = State(weights, rest)
        return copy.deepcopy(state) if copied else state

    def load(self, state: State) -> None:
        """Goes to a state; the next round is the one that followed it."""
        state = copy.deepcopy(state)
        self.game.load_state_dict(state.weights)
        for name, optimiser in self.optimisers.items():
            optimiser.load_state_dict(state.rest["optimisers"][name])
        for name, player in self.game.players.items():
            player.steps = state.rest["steps"][name]
        self.clock = self.game.clock = Clock(**state.rest["clock"])
        self.stream.position = self.clock.images
        self._good = copy.deepcopy(state)

    def go_back(self, state: State, error: GanvasError) -> None:
        """Goes on from an earlier state with other draws (all processes must); tells why."""
        retries = self.clock.retries
        self.load(state)
        self._ledger.clear()
        self.clock.retries = retries + 1
        for listener in self.listeners:
            listener.trouble(self, error)

    def _forgive(self, error: Diverged) -> None:
        self.strikes += 1
        self.go_back(self._good, error)
        if self.strikes >= self.settings.patience:
            for listener in self.listeners:
                listener.end(self, str(error))
            raise Diverged(
                f"{error}, {self.strikes} times since round {self.clock.round}, which is the state "
                "kept; a smaller learning rate, --clip-norm 1 or another penalty may help"
            ) from error


def total_norm(tensors: Sequence[Tensor]) -> Tensor:
    """The norm of all numbers together; not finite if one of them is not."""
    return torch.linalg.vector_norm(torch.stack(torch._foreach_norm(list(tensors))))

"""The contract of a game, as a checker that anyone can run.

    from ganvas.testing import check_game

    check_game("dcgan")        # or a class of your own

Every check is a function of one game class; a failed one raises `ContractError` and says which.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ganvas.core import (
    Carried,
    Chance,
    Game,
    Image,
    Move,
    Settings,
    Space,
    Trainer,
    UsageError,
    checkpoint,
    registry,
)
from ganvas.core.config import docs

BATCH = 8


class ContractError(AssertionError):
    """A game does not keep the contract."""


class StandIn:
    """A table of random rows of some spaces: data for checks, not for learning."""

    slow = False

    def __init__(self, spaces: Mapping[str, Space], rows: int = 40) -> None:
        self.spaces = spaces
        chance = Chance("stand-in")
        self.rows = {name: chance.draw(space, rows) for name, space in spaces.items()}

    def __len__(self) -> int:
        return len(next(iter(self.rows.values())))

    def fetch(self, rows: Tensor) -> dict[str, Tensor]:
        """The rows of these numbers."""
        return {name: table[rows] for name, table in self.rows.items()}


def check_game(game: str | type[Game]) -> None:
    """Runs every check that applies to a game.

    Args:
        game: a name of the registry, or a class.

    Raises:
        ContractError: at the first broken part of the contract.
    """
    cls = registry.find(game) if isinstance(game, str) else registry.register(game)
    for check in CHECKS:
        check(cls)


def check_presets(cls: type[Game]) -> None:
    """`default` and `paper` can be built, and their configs survive JSON."""
    for name in ("default", "paper"):
        preset = registry.preset_of(cls, name)
        with torch.device("meta"):
            built = registry.make(cls, preset=name)
        copy = type(built.config).build(**json.loads(json.dumps(built.config.to_json())))
        _demand(copy == built.config, cls, f"the config of preset {name!r} changes in JSON")
        _demand(set(registry.needs(cls)) <= set(preset.spaces), cls, f"{name!r} lacks a space")
    fields, documented = dataclasses.fields(built.config), docs(type(built.config))
    undocumented = {field.name for field in fields} - documented.keys()
    _demand(not undocumented, cls, f"config fields without a docstring: {undocumented}")


def check_moves(cls: type[Game]) -> None:
    """In every stage, only the named players' weights move; every player moves at some point."""
    trainer = _WatchfulTrainer(_make(cls), [StandIn(_spaces(cls))])
    for number in range(len(trainer.game.stages())):
        _enter_middle(trainer, number)
        trainer.round()
    idle = trainer.game.players.keys() - trainer.moved
    _demand(not idle, cls, f"players that never move: {', '.join(idle)}")
    for name, value in trainer.figures().items():
        _demand(value == value, cls, f"the figure {name!r} is not a number")


def check_output(cls: type[Game]) -> None:
    """Outputs lie in the declared space, in every stage; a judge gives one score for each."""
    game = _trained(cls, 1).game
    for number in range(len(game.stages())):
        game.clock.stage, game.clock.stage_progress = number, 0.5
        made, inputs = _sample(game, 3)
        _demand(len(made) == 3, cls, f"3 samples were asked for, {len(made)} came")
        why = game.output.why_not(made)
        _demand(why is None, cls, f"the output is not in {game.output}: {why}")
        if type(game).judge is not Game.judge:
            scores = game.scores(made, inputs)
            _demand(scores.shape == (3,), cls, f"judge gives {tuple(scores.shape)}, expected (3,)")
            _demand(bool(scores.isfinite().all()), cls, "judge gives scores that are not finite")


def check_save_and_load(cls: type[Game]) -> None:
    """A game built anew from its checkpoint makes the same samples."""
    trainer = _trained(cls, 2)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint.save(Path(folder), trainer.state(), {})
        weights, about = checkpoint.read_weights(Path(folder) / checkpoint.WEIGHTS)
    other = _make(cls, seed=1)
    other.load_state_dict(weights)
    other.clock = type(other.clock)(**about["clock"])
    for name, player in other.players.items():
        player.name = name
    same = torch.equal(_sample(trainer.game, 4)[0], _sample(other, 4)[0])
    _demand(same, cls, "saved and loaded, it makes other samples: is some state no buffer?")


def check_resume(cls: type[Game]) -> None:
    """From every stage, a run that is stopped and resumed goes on bit for bit."""
    table = StandIn(_spaces(cls))
    for number in range(len(_make(cls).stages())):
        straight = Trainer(_make(cls), [table], seed=3)
        _enter_middle(straight, number)
        straight.round()
        state = straight.state(copied=True)
        straight.round()
        resumed = Trainer(_make(cls, seed=1), [table], seed=3)
        resumed.load(state)
        resumed.round()
        different = _differences(straight.game, resumed.game)
        _demand(not different, cls, f"resumed in stage {number}, these differ: {different[:5]}")


def check_seed(cls: type[Game]) -> None:
    """The seed decides everything: the same seed the same run, another seed another run."""
    one, same = _trained(cls, 2, seed=5).game, _trained(cls, 2, seed=5).game
    other = _trained(cls, 2, seed=6).game
    _demand(not _differences(one, same), cls, "the same seed gives another run")
    _demand(_differences(one, other), cls, "another seed gives the same run")


def check_micro_batches(cls: type[Game]) -> None:
    """Four micro-batches equal the large batch, unless a network mixes the samples of a batch."""
    with _double_precision():
        if _mixes_samples(_make(cls)):
            return
        whole, parts = _trained(cls, 2), _trained(cls, 2, micro_batches=4)
    a, b = whole.game.state_dict(), parts.game.state_dict()
    far = [k for k in a if not torch.allclose(a[k].double(), b[k].double(), rtol=1e-5, atol=1e-7)]
    _demand(not far, cls, f"four micro-batches do not equal the large batch in {far[:5]}")


def check_sizes(cls: type[Game]) -> None:
    """Images of 1, 3 and 4 channels and of another size work, or are refused with a reason."""
    usual = {k: s for k, s in _spaces(cls).items() if isinstance(s, Image)}
    if not usual:
        return
    sizes: list[Callable[[Image], Image]] = [
        *(lambda s, c=c: dataclasses.replace(s, channels=c) for c in (1, 3, 4)),
        lambda s: dataclasses.replace(s, height=2 * s.height, width=2 * s.width),
        lambda s: dataclasses.replace(s, height=s.height + 5),
    ]
    for change in sizes:
        spaces = {name: change(space) for name, space in usual.items()}
        try:
            trainer = _trained(cls, 1, spaces=spaces)
        except UsageError as refusal:
            resized = any(s.shape[1:] != usual[k].shape[1:] for k, s in spaces.items())
            says_which = any(letter.isdigit() for letter in str(refusal))
            _demand(resized and says_which, cls, f"refuses {spaces} without saying which it can")
            continue
        made = _sample(trainer.game, 2)[0]
        why = trainer.game.output.why_not(made)
        _demand(why is None, cls, f"with {spaces}, the output is wrong: {why}")


CHECKS: Sequence[Callable[[type[Game]], None]] = (
    check_presets,
    check_moves,
    check_output,
    check_save_and_load,
    check_resume,
    check_seed,
    check_micro_batches,
    check_sizes,
)
"""All checks, in the order in which `check_game` runs them."""


class _WatchfulTrainer(Trainer):
    """A trainer that looks at every weight before and after each move."""

    moved: set[str]

    def _carry_out(self, moves: Sequence[Move]) -> Carried:
        before = {name: _weights(p.net) for name, p in self.game.players.items()}
        carried = super()._carry_out(moves)
        self.moved = getattr(self, "moved", set()) | (movers := set(carried.name.split("+")))
        for name, player in self.game.players.items():
            changed = not all(map(torch.equal, before[name], _weights(player.net)))
            _demand(
                changed == (name in movers),
                type(self.game),
                f"in the move of {moves[0].name}, {name} {'moves' if changed else 'does not'}",
            )
        return carried


def _weights(net: nn.Module) -> list[Tensor]:
    return [p.detach().clone() for p in net.parameters()]


def _demand(fact: object, cls: type[Game], complaint: str) -> None:
    if not fact:
        raise ContractError(f"{cls.__name__}: {complaint}")


def _spaces(cls: type[Game]) -> dict[str, Space]:
    taken = registry.takes(cls)
    return {
        name: space
        for name, space in registry.preset_of(cls, "default").spaces.items()
        if name in taken
    }


def _make(cls: type[Game], *, seed: int = 0, spaces: Mapping[str, Space] | None = None) -> Game:
    torch.manual_seed(seed)
    return registry.make(cls, spaces=spaces, batch=BATCH)


def _trained(
    cls: type[Game],
    rounds: int,
    *,
    seed: int = 0,
    micro_batches: int = 1,
    spaces: Mapping[str, Space] | None = None,
) -> Trainer:
    table = StandIn({**_spaces(cls), **(spaces or {})})
    settings = Settings(micro_batches=micro_batches, device="cpu")
    game = _make(cls, seed=seed, spaces=spaces)
    trainer = Trainer(game, [table], seed=seed, settings=settings, rounds=100)
    _enter_middle(trainer, len(game.stages()) - 1)
    for _ in range(rounds):
        trainer.round()
    return trainer


def _enter_middle(trainer: Trainer, number: int) -> None:
    """Sets the clock to the middle of a stage."""
    shares = [stage.share for stage in trainer.game.stages()]
    middle = (sum(shares[:number]) + shares[number] / 2) / sum(shares)
    trainer.clock.goal_rounds = 100_000
    trainer.clock.round = round(middle * trainer.clock.goal_rounds)


def _sample(game: Game, n: int) -> tuple[Tensor, dict[str, Tensor]]:
    """Samples; inputs that have no law of their own are noise of their space."""
    chance = Chance("stand-in inputs")
    given = {k: chance.draw(s, n) for k, s in game.inputs.items() if not s.prior}
    return game.sample(n, seed=0, batch=256, truncation=None, **given)


def _differences(a: Game, b: Game) -> list[str]:
    other = b.state_dict()
    return [name for name, tensor in a.state_dict().items() if not torch.equal(tensor, other[name])]


def _mixes_samples(game: Game) -> bool:
    kinds = (nn.modules.batchnorm._BatchNorm, nn.modules.dropout._DropoutNd)
    return any(
        isinstance(m, kinds) or getattr(m, "batch_statistics", False) for m in game.modules()
    )


@contextmanager
def _double_precision() -> Iterator[Any]:
    """float64 for every new tensor: differences that remain are not rounding."""
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(usual)

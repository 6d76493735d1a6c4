"""The trainer, on the smallest game there is: G learns to add the mean of the data."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from ganvas.core import (
    SGD,
    Batch,
    Collapsed,
    Config,
    Diverged,
    Game,
    GameError,
    Listener,
    Move,
    Noise,
    Player,
    Points,
    RMSProp,
    Schedule,
    Settings,
    Stage,
    Trainer,
)
from ganvas.testing import StandIn


@dataclass(frozen=True)
class TinyConfig(Config):
    batch: int = 8
    """Batch."""
    images: int = 80
    """Images."""
    ema: float | None = None
    """Average."""


class Tiny(Game):
    """G(z) = z + b, D(x) = w x: a Wasserstein game that a pencil can follow."""

    def __init__(self, config: TinyConfig, x: Points) -> None:
        super().__init__(config)
        self.inputs, self.output = {"z": Noise(x.size)}, x
        self.G = Player(nn.Linear(x.size, x.size), SGD(0.1), ema=config.ema)
        self.D = Player(nn.Linear(x.size, 1), RMSProp(Schedule.parse("0.1@0 0@1")))
        self.seen: list[tuple[str, int, float]] = []
        self.poison: dict[int, float] = {}

    def stages(self) -> list[Stage]:
        return [Stage("first", self.play, 0.2), Stage("second", self.play, 0.8, batch=16)]

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        x = next(data).x
        self.seen.append((self.stage.name, len(x), self.clock.stage_progress))
        bad = self.poison.get(self.clock.round, 0.0) if self.clock.retries < 1 else 0.0
        yield Move(self.D, self.D(self.G.still(self.noise(len(x)))).mean() - self.D(x).mean())
        yield Move(self.G, -self.D(self.G(self.noise(len(x)))).mean() + bad, mean=x.mean())

    def generate(self, z: Tensor) -> Tensor:
        return self.G.best(z)


def trainer(
    settings: Settings | None = None, rounds: int | None = None, **config: object
) -> Trainer:
    torch.manual_seed(0)
    game = Tiny(TinyConfig.build(**config), Points(2))
    settings = settings or Settings(device="cpu")
    return Trainer(game, [StandIn({"x": Points(2)})], settings=settings, rounds=rounds)


def test_a_run_ends_at_its_images_or_rounds_or_minutes():
    by_images = trainer()
    assert by_images.run() == "done"
    assert by_images.clock.images == 2 * 8 + 4 * 16  # the second stage begins at a fifth of 80
    by_rounds = trainer(rounds=7)
    by_rounds.run()
    assert by_rounds.clock.round == 7
    game = Tiny(TinyConfig(), Points(2))
    by_time = Trainer(game, [StandIn({"x": Points(2)})], minutes=0.2 / 60)
    by_time.run()
    assert by_time.clock.done
    assert 0.2 <= by_time.clock.seconds < 2


def test_stages_follow_the_progress():
    t = trainer(rounds=10)
    t.run()
    assert [name for name, _, _ in t.game.seen] == ["first"] * 2 + ["second"] * 8
    assert [n for _, n, _ in t.game.seen] == [8] * 2 + [16] * 8
    assert [p for _, _, p in t.game.seen[2:]] == pytest.approx([i / 8 for i in range(8)])


def test_a_move_is_one_step_of_its_player_along_its_gradient():
    t = trainer(rounds=1)
    before = {k: v.clone() for k, v in t.game.state_dict().items()}
    grads = []
    t._step, step = (
        lambda p: (grads.append([q.grad.clone() for q in p.net.parameters()]), step(p)),
        t._step,
    )
    t.round()
    # G by plain SGD: weight - 0.1 * gradient; D's gradient is not even there in G's move.
    for name, grad in zip(("G.net.weight", "G.net.bias"), grads[1], strict=True):
        assert torch.equal(t.game.state_dict()[name], before[name] - 0.1 * grad)
    w = t.game.D.net.weight
    assert torch.allclose(grads[1][1], -w[0], atol=1e-6)  # d/db of -w(z + b) is -w


def test_schedules_set_the_learning_rate():
    t = trainer(rounds=10)
    rates = []

    class Watch(Listener):
        def after_round(self, trainer: Trainer) -> None:
            rates.append(trainer.optimisers["D"].param_groups[0]["lr"])

    t.listeners = [Watch()]
    t.run()
    assert rates == pytest.approx([0.1 * (1 - i / 10) for i in range(10)])


def test_the_average_follows_with_a_warm_up():
    t = trainer(rounds=3, ema=0.9)
    expected = t.game.G.net.weight.detach().clone()
    for step in (1, 2, 3):
        t.round()
        decay = min(0.9, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * t.game.G.net.weight.detach()
    assert torch.allclose(t.game.G.average.weight, expected)
    assert t.game.G.best is t.game.G.average


def test_clip_norm_bounds_the_step():
    t = trainer(Settings(device="cpu", clip_norm=1e-3), rounds=1)
    weights = torch.nn.utils.parameters_to_vector
    before = weights(t.game.G.net.parameters()).detach()
    t.round()
    moved = weights(t.game.G.net.parameters()).detach() - before
    assert float(moved.norm()) == pytest.approx(0.1 * 1e-3, rel=1e-3)


def test_figures_are_means_since_last_asked():
    t = trainer(rounds=4)
    t.round(), t.round()
    figures = t.figures()
    assert set(figures) == {"loss/D", "gradient/D", "loss/G", "gradient/G", "mean"}
    assert t.figures() == {}


class Troubles(Listener):
    def __init__(self) -> None:
        self.heard: list[str] = []

    def trouble(self, trainer: Trainer, error: Diverged) -> None:
        self.heard.append(str(error))


@pytest.mark.parametrize("poison", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_goes_back_and_on(poison: float):
    t = trainer(Settings(device="cpu", snapshot_every=2), rounds=10)
    t.game.poison = {5: poison}
    t.listeners = [watch := Troubles()]
    assert t.run() == "done"
    assert watch.heard == [
        f"{t.game.name}: the loss of G is not finite in round 5 (stage 'second')"
    ]
    assert t.clock.retries == 1
    assert len(t.game.seen) == 6 + 6  # rounds 0..5, then again from the snapshot of round 4
    assert t.is_finite()


def test_a_run_that_keeps_diverging_ends_with_its_last_good_weights():
    t = trainer(Settings(device="cpu", snapshot_every=2, patience=2), rounds=10)
    for _ in range(4):
        t.round()
    good = {k: v.clone() for k, v in t.game.state_dict().items()}
    t.stream.tables[0].rows["x"][:] = math.nan
    with pytest.raises(Diverged, match=r"the loss of D is not finite .* 2 times since round 4"):
        t.run()
    assert all(torch.equal(v, good[k]) for k, v in t.game.state_dict().items())


def test_a_listener_may_take_the_run_back_and_other_draws_follow():
    t = trainer(rounds=10)

    class Back(Troubles):
        def after_round(self, trainer: Trainer) -> None:
            if trainer.clock.round == 3:
                self.state = trainer.state(copied=True)
            if trainer.clock.round == 6 and not self.heard:
                trainer.go_back(self.state, Collapsed("all alike"))

    straight = trainer(rounds=10)
    straight.run()
    t.listeners = [watch := Back()]
    assert t.run() == "done"
    assert watch.heard == ["all alike"]
    assert (t.clock.round, t.clock.retries) == (10, 1)
    assert t.clock.images == straight.clock.images
    assert any(
        not torch.equal(v, straight.state().weights[k]) for k, v in t.state().weights.items()
    )


def test_a_gradient_that_is_not_finite_is_never_applied():
    t = trainer(Settings(device="cpu", patience=1), rounds=10)
    t.game.G.net.weight.register_hook(lambda grad: grad * math.inf)
    with pytest.raises(Diverged, match="the gradient of G is not finite"):
        t.run()
    assert t.is_finite()


def test_bf16_computes_in_bfloat16_and_keeps_the_weights_in_fp32():
    t = trainer(Settings(device="cpu", precision="bf16"), rounds=2)
    dtypes = []
    t.game.D.net.register_forward_hook(lambda _m, _i, out: dtypes.append(out.dtype))
    t.run()
    assert set(dtypes) == {torch.bfloat16}
    assert t.game.D.net.weight.dtype == torch.float32


def test_a_loss_without_a_gradient_is_the_games_mistake():
    t = trainer(rounds=1)
    t.game.play = lambda data: iter([Move(t.game.G, torch.zeros(()))])
    with pytest.raises(GameError, match="the loss of G has no gradient"):
        t.round()


def test_stopping_ends_the_run_after_its_round():
    t = trainer(rounds=10)

    class Stop(Listener):
        def after_round(self, trainer: Trainer) -> None:
            if trainer.clock.round == 3:
                trainer.stopping = "enough"

    t.listeners = [Stop()]
    assert t.run() == "enough"
    assert t.clock.round == 3


def test_a_round_can_be_played_move_by_move():
    whole, slow = trainer(), trainer()
    for _ in range(12):
        whole.round()
        seen = []
        for carried in slow.moves():
            seen.append(carried.name)
            assert carried.loss.isfinite()
            assert carried.norm > 0
            torch.rand(7)  # somebody draws meanwhile,
            with slow.game.showing():  # and looks
                slow.game.sample(3, seed=5)
        assert seen == ["D", "G"]
    assert slow.figures() == whole.figures()
    assert slow.clock.images == whole.clock.images
    for name, weight in whole.state().weights.items():
        assert torch.equal(weight, slow.state().weights[name]), name


def test_between_two_moves_only_one_player_has_moved():
    played = trainer()
    before = {name: p.net.weight.clone() for name, p in played.game.players.items()}
    moves = played.moves()
    assert next(moves).name == "D"
    assert not torch.equal(before["D"], played.game.D.net.weight)
    assert torch.equal(before["G"], played.game.G.net.weight)
    assert (played.game.D.steps, played.game.G.steps, played.clock.round) == (1, 0, 0)
    moves.close()  # the round does not count, and the next one has the same rows
    played.round()
    assert (played.game.D.steps, played.clock.round, played.clock.images) == (2, 1, 8)


def test_looking_between_two_moves_takes_no_time_of_the_run():
    played = trainer()
    for _ in played.moves():
        time.sleep(0.2)
    assert played.clock.seconds < 0.2


class Dropping(Tiny):
    """Its players forget some of what they hear, by torch's own generators."""

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        for move in (self.D, self.G, self.D):
            heard = nn.functional.dropout(next(data).x, 0.5)
            score = self.D(self.G(heard)).mean()
            yield Move(move, score if move is self.D else -score)


def test_what_layers_draw_is_the_same_move_by_move():
    whole, slow = (
        Trainer(Dropping(TinyConfig(), Points(2)), [StandIn({"x": Points(2)})],
                settings=Settings(device="cpu"))
        for _ in range(2)
    )  # fmt: skip
    slow.game.load_state_dict(whole.game.state_dict())
    for _ in range(3):
        whole.round()
        for _ in slow.moves():
            torch.rand(5)
    for name, weight in whole.state().weights.items():
        assert torch.equal(weight, slow.state().weights[name]), name

from __future__ import annotations

from itertools import product

import pytest
import torch
from torch import Tensor

from ganvas.core import Batch, Chance, Game, Tokens, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.data.source import Rows
from ganvas.losses.adversarial import minimax_d
from ganvas.metrics.tokens import oracle_nll
from ganvas.nets.language import oracle

TINY = {"embedding": 4, "hidden": 4, "d_embedding": 4, "widths": (1, 2), "filters": (4, 4)}


def small(**options: object) -> Game:
    torch.manual_seed(0)
    game = make("seqgan", spaces={"x": Tokens(3, 3)}, **{**TINY, **options})
    with torch.no_grad():  # laws and verdicts that are far from uniform
        for weight in [*game.G.parameters(), *game.D.parameters()]:
            weight.copy_(torch.randn(weight.shape))
    game.chance = Chance("test")
    return game


def everything(game: Game) -> tuple[Tensor, Tensor]:
    """All sentences, and what D thinks of each."""
    x = torch.tensor(list(product(range(3), repeat=3)))
    return x, game.D.still(x).sigmoid()


def test_maximum_likelihood_is_the_likelihood_of_what_is_real() -> None:
    game, x = small(), torch.tensor([[0, 1, 2], [2, 2, 2]])
    (move,) = game.imitate(iter([Batch(x=x)]))
    assert move.players == (game.G,)
    torch.testing.assert_close(move.loss, -game.G(x).sum() / 6)


def test_values_are_expected_verdicts() -> None:
    """Q of eq. 4 against the sum over every end a sentence can have."""
    game = small(rollouts=4000)
    x, verdict = everything(game)
    log = game.G.still(x)
    sentences = torch.tensor([[0, 1, 2], [2, 1, 0]])
    values = game.values(sentences)
    assert values.shape == (2, 4)
    for sentence, found in zip(sentences, values, strict=True):
        for t in range(4):
            begins = (x[:, :t] == sentence[:t]).all(1)
            law = log[begins].sum(1).softmax(0)
            assert float(found[t]) == pytest.approx(float(law @ verdict[begins]), abs=0.03)
    torch.testing.assert_close(values[:, -1], game.D.still(sentences).sigmoid())


@pytest.mark.parametrize("baseline", [True, False])
def test_the_policy_gradient_is_the_gradient_of_the_expected_verdict(baseline: bool) -> None:
    """Exact over all 27 sentences, against the mean of many drawn ones (eqs. 1 and 6)."""
    game = small(rollouts=2, baseline=baseline)
    x, verdict = everything(game)
    params = [*game.G.net.parameters()]
    expected = (game.G(x).sum(1).exp() * verdict).sum()
    exact = torch.cat([g.flatten() for g in torch.autograd.grad(expected, params)])
    move = next(iter(game.play(iter([Batch(x=x[:1].expand(40_000, 3))]))))
    drawn = torch.cat([g.flatten() for g in torch.autograd.grad(move.loss, params)])
    assert float((exact + 3 * drawn).norm() / exact.norm()) < 0.1  # the loss is a mean of 3 words


def test_d_learns_from_both_and_g_moves_first() -> None:
    game = small(keep=1.0, l2=0.5, d_steps=2)
    x = torch.tensor([[0, 1, 2], [2, 2, 2]])
    moves = list(game.play(iter([Batch(x=x)] * 3)))
    assert [move.players for move in moves] == [(game.G,), (game.D,), (game.D,)]
    game.chance = Chance("again")
    (move,) = game.tell_apart(iter([Batch(x=x)]))
    game.chance = Chance("again")
    fake = game.generate(game.noise(2))
    last = game.D.net.last
    penalty = 0.5 * (last.weight.square().sum() + last.bias.square().sum()) / 2
    expected = minimax_d(game.D(x), game.D(fake)) / 2 + penalty
    torch.testing.assert_close(move.loss, expected)


def test_sizes_of_the_paper() -> None:
    """G: 5000 words of 32, an LSTM of 32. D: 1720 filters of 12 widths, a highway, two logits."""
    players = card("seqgan", "paper").players
    assert players["G"]["parameters"] == 5000 * 32 + 4 * 32 * (32 + 32 + 1) + 5000 * 33
    spans = zip(
        (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20),
        (100, 200, 200, 200, 200, 100, 100, 100, 100, 100, 160, 160),
        strict=True,
    )
    filters = sum(n * (64 * width + 1) for width, n in spans)
    assert players["D"]["parameters"] == 5000 * 64 + filters + 2 * 1720 * 1721 + 2 * 1721


def test_filters_must_fit() -> None:
    with pytest.raises(UsageError, match="a number of filters for each of D's widths"):
        make("seqgan", spaces={"x": Tokens(3, 3)}, widths=(2, 3), filters=(4,))
    with pytest.raises(UsageError, match="one of them at most 3"):
        make("seqgan", spaces={"x": Tokens(3, 3)}, widths=(5,), filters=(4,))


def test_the_adversarial_stage_goes_below_maximum_likelihood() -> None:
    """On an oracle that a G this small cannot imitate: then D has something to say."""
    spaces = {"x": Tokens(20, 8)}
    judge = oracle(20)
    real = Rows(spaces, {"x": judge.sample(10_000, 8, Chance("train"))})
    rounds, d_steps = (800, 300, 60), 2
    batches = (*rounds[:2], rounds[2] * (1 + d_steps))
    torch.manual_seed(0)
    game = make("seqgan", spaces=spaces, shares=batches, d_steps=d_steps, images=64 * sum(batches))
    trainer = Trainer(game, [real], seed=0)

    def nll() -> float:
        return oracle_nll(game.sample(4000)[0], judge)

    before = nll()
    while trainer.clock.round < rounds[0]:
        trainer.round()
    imitated = nll()
    trainer.run()
    assert trainer.clock.round == sum(rounds)
    assert imitated < before - 0.5
    assert nll() < imitated - 0.1

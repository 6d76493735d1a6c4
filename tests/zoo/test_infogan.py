from __future__ import annotations

import math

import pytest
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor
from torch.nn.functional import cross_entropy

from ganvas.core import Batch, Chance, Image, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.data import load
from ganvas.losses.adversarial import minimax_d, nonsaturating_g
from ganvas.zoo.infogan import category_information, code_information

PICTURES = {"x": Image(1, 8, 8)}
TINY = {"width": 2, "noise": 3, "categories": 4, "codes": 1, "batch": 8, "ema": None}


def test_the_papers_size() -> None:
    """Appendix C.1: 74 latents, convolutions of 64 and 128 maps, dense layers of 1024 and 128."""
    shown = card("infogan", "paper")
    dense, maps = 7 * 7 * 128, 4 * 4  # a map is 7x7 in the middle, every kernel 4x4
    G = 74 * 1024 + 2 * 1024 + 1024 * dense + 2 * dense + maps * 128 * 64 + 2 * 64 + maps * 64 + 1
    D = maps * 64 + 64 + maps * 64 * 128 + 2 * 128 + dense * 1024 + 2 * 1024 + 1024 + 1
    Q = 1024 * 128 + 2 * 128 + (128 + 1) * (10 + 2)
    assert {name: player["parameters"] for name, player in shown.players.items()} == {
        "G": G,
        "D": D,
        "Q": Q,
    }
    assert sum(space.shape[0] if space.shape else 10 for space in shown.inputs.values()) == 74
    assert shown.moves == ["D+Q", "G"]


def test_information_of_a_category() -> None:
    category = torch.tensor([0, 2, 1])
    certain = 50.0 * torch.eye(3)[category]
    assert category_information(certain, category) == pytest.approx(math.log(3))
    assert category_information(torch.zeros(3, 3), category) == pytest.approx(0, abs=1e-6)
    assert category_information(certain.roll(1, 1), category) < -10


def test_information_of_codes() -> None:
    """Its two ends, as the page of the game gives them, for one code."""
    code = torch.linspace(-1, 1, 100_001)[:, None]
    assert code_information(code, code).item() == pytest.approx(-0.226, abs=1e-3)
    assert code_information(torch.zeros(1), code).item() == pytest.approx(-0.392, abs=1e-3)
    both = code.expand(-1, 2)
    assert code_information(both, both).item() == pytest.approx(2 * -0.226, abs=2e-3)


def test_who_wants_what() -> None:
    """Equation 6 with the losses of the authors' code, from the networks themselves."""
    torch.manual_seed(0)
    game = make("infogan", spaces=PICTURES, category_weight=0.7, code_weight=0.2, **TINY)
    x = torch.rand(8, 1, 8, 8) * 2 - 1
    game.chance = Chance("test")
    moves = list(game.play(iter([Batch(x=x)])))

    game.chance = Chance("test")

    def fakes() -> tuple[Tensor, Tensor]:
        z, category, code = (game.draw(name, 8) for name in ("z", "category", "code"))
        score, features = game.D(game.generate(z, category, code))
        logits, mean = game.Q(features)
        log_q = -cross_entropy(logits, category)
        gaussian = -0.5 * (math.log(2 * math.pi) + (code - mean).square()).sum(1).mean()
        return score, 0.7 * (log_q + math.log(4)) + 0.2 * (gaussian + math.log(2))

    score, information = fakes()
    torch.testing.assert_close(moves[0].loss, minimax_d(game.D(x)[0], score) - information)
    score, information = fakes()
    torch.testing.assert_close(moves[1].loss, nonsaturating_g(score) - information)
    assert [move.players for move in moves] == [(game.D, game.Q), (game.G,)]


def test_the_category_comes_to_name_the_digit() -> None:
    """Q names real digits without having seen a label, and G makes the digit that it is told."""
    torch.manual_seed(0)
    digits = load("digits", size=8, fields=("x", "label"))
    table = digits.tables[0]
    rows = table.fetch(torch.arange(len(table)))
    game = make("infogan", spaces=digits.spaces, ema=0.95, lr_g=2e-3, lr_d=2e-3)
    Trainer(game, digits.tables, rounds=240).run()

    game.eval()
    with torch.no_grad():
        probability, code = game.recognise(rows["x"])
    assert code.shape == (len(table), 2)
    torch.testing.assert_close(probability.sum(1), torch.ones(len(table)))
    assert agreement(probability.argmax(1), rows["label"]) > 0.45
    means = torch.stack([rows["x"][rows["label"] == digit].mean(0) for digit in range(10)])
    made, inputs = game.sample(500)
    nearest = torch.cdist(made.flatten(1), means.flatten(1)).argmin(1)
    assert agreement(inputs["category"], nearest) > 0.45


def agreement(category: Tensor, digit: Tensor) -> float:
    """How often the digit that is matched with a category, one to one, is the right one."""
    counts = torch.zeros(10, 10).index_put_(
        (category, digit), torch.ones(len(digit)), accumulate=True
    )
    return float(counts[linear_sum_assignment(counts, maximize=True)].sum() / len(digit))


@pytest.mark.parametrize("space", [Image(1, 28, 28), Image(3, 8, 12), Image(4, 4, 4)])
def test_sizes_it_makes(space: Image) -> None:
    game = make("infogan", spaces={"x": space}, **TINY)
    made, inputs = game.sample(3)
    assert game.output.why_not(made) is None
    assert game.scores(made, inputs).shape == (3,)


def test_sizes_it_refuses() -> None:
    with pytest.raises(UsageError, match="multiples of 4, not 28x30"):
        make("infogan", spaces={"x": Image(1, 28, 30)})

from __future__ import annotations

import math
from itertools import product

import pytest
import torch
from torch import Tensor

from ganvas.core import Chance
from ganvas.metrics.tokens import oracle_nll
from ganvas.nets.language import LanguageModel, TextClassifier, oracle, pick


def every_sentence(vocabulary: int, length: int) -> Tensor:
    return torch.tensor(list(product(range(vocabulary), repeat=length)))


def test_the_probabilities_of_all_sentences_sum_to_1() -> None:
    net = oracle(3, seed=1)
    assert float(net(every_sentence(3, 4)).sum(1).exp().sum()) == pytest.approx(1, abs=1e-5)


def test_sentences_are_written_as_often_as_they_are_likely() -> None:
    net, n = oracle(3, seed=1), 40_000
    everything = every_sentence(3, 3)
    likely = net(everything).sum(1).exp()
    written = net.sample(n, 3, Chance("written"))
    often = torch.bincount(written @ torch.tensor([9, 3, 1]), minlength=27) / n
    assert float((often - likely).abs().max()) < 4 * math.sqrt(0.25 / n)


def test_memory_is_an_lstm() -> None:
    """The same weights in torch's own cell give the same memory."""
    torch.manual_seed(0)
    net, cell = LanguageModel(5, 4, 6), torch.nn.LSTMCell(4, 6)
    i, f, o, g = range(4)
    for theirs, mine in (
        (cell.weight_ih, net.from_word.weight),
        (cell.weight_hh, net.from_memory.weight),
        (cell.bias_ih, net.from_word.bias),
    ):
        parts = mine.chunk(4)
        theirs.data = torch.cat([parts[i], parts[f], parts[g], parts[o]])  # torch's order
    cell.bias_hh.data.zero_()
    word, state = torch.tensor([1, 4]), (torch.randn(2, 6), torch.randn(2, 6))
    torch.testing.assert_close(net.read(word, state), cell(net.words(word), state))


def test_finishing_keeps_the_beginning_and_follows_the_law() -> None:
    net, n = oracle(3, seed=1), 3000
    x = torch.tensor([[2, 0, 1]]).expand(n, 3)
    u = Chance("finish").uniform(n, 3, 2, 3)
    made = net.finish(x, u)
    assert made.shape == (n, 3, 2, 3)
    for begun in range(3):  # made[:, i] begins with the first i words
        assert bool((made[:, begun, :, :begun] == x[:, None, :begun]).all())
    everything = every_sentence(3, 3)
    likely = net(everything).sum(1).exp()
    begins = everything[:, 0] == 2
    law = likely[begins] / likely[begins].sum()
    often = torch.bincount(made[:, 1].flatten(0, 1) @ torch.tensor([9, 3, 1]), minlength=27)
    assert float((often[begins] / (2 * n) - law).abs().max()) < 4 * math.sqrt(0.25 / (2 * n))


def test_pick_at_the_ends() -> None:
    logits = torch.tensor([[0.0, math.log(3.0)]])
    for u, word in ((0.0, 0), (0.24, 0), (0.26, 1), (1.0, 1)):
        assert pick(logits, torch.tensor([u])).item() == word


def test_the_oracle_is_always_the_same_and_knows_its_own_entropy() -> None:
    net = oracle(4, seed=3)
    everything = every_sentence(4, 3)
    logs = net(everything).sum(1)
    entropy = -float((logs.exp() * logs).sum()) / 3
    own = net.sample(20_000, 3, Chance("own"))
    assert oracle_nll(own, net) == pytest.approx(entropy, abs=0.02)
    other = torch.randint(4, (20_000, 3))
    assert oracle_nll(other, net) > entropy + 0.1
    oracle.cache_clear()
    torch.testing.assert_close(oracle(4, seed=3).state_dict(), net.state_dict(), rtol=0, atol=0)


def test_classifier() -> None:
    torch.manual_seed(0)
    net = TextClassifier(7, 5, (1, 3), (4, 6))
    assert net.features == 10
    x = torch.randint(7, (8, 6))
    assert net(x).shape == (8,)
    torch.testing.assert_close(net(x, torch.ones(8, 10)), net(x))
    nothing = net(x, torch.zeros(8, 10))
    fake, real = net.last.bias.detach()
    torch.testing.assert_close(nothing, (real - fake).expand(8))

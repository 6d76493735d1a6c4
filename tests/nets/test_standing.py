"""Standing statistics against the moments of all draws together."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from ganvas.core import Chance, Label, Noise
from ganvas.core.parallel import share_batch_norms
from ganvas.nets.standing import Standing

INPUTS = {"z": Noise(3), "label": Label(2)}


class Net(nn.Module):
    """Two batch norms, one of which sees what the other makes."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(2, 4)
        self.enter = nn.Linear(3, 4)
        self.rest = nn.Sequential(nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2), nn.BatchNorm1d(2))

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        return self.rest(self.enter(z) + self.embed(label))


def net() -> Net:
    torch.manual_seed(0)
    return Net().eval()


def drawn(chance: Chance) -> tuple[Tensor, Tensor]:
    return chance.draw(INPUTS["z"], 16), chance.draw(INPUTS["label"], 16)


def test_the_moments_are_those_of_all_draws_together() -> None:
    """Of the first norm, whose inputs depend on no statistics, these are plain moments."""
    G = net()
    rows = [G.enter(z) + G.embed(y) for z, y in (drawn(Chance("standing", i)) for i in range(5))]
    every = torch.cat(rows)
    with Standing(INPUTS, 5, 16).of(G):
        torch.testing.assert_close(G.rest[0].running_mean, every.mean(0))
        torch.testing.assert_close(G.rest[0].running_var, every.var(0, correction=0))


def test_each_norm_sees_what_the_one_before_makes_of_its_batch() -> None:
    """One batch: in evaluation mode the network does with it what it does in training."""
    G = net()
    with Standing(INPUTS, 1, 16).of(G):
        shown = G(*drawn(Chance("standing", 0)))
    torch.testing.assert_close(shown, G.train()(*drawn(Chance("standing", 0))))


def test_the_network_is_afterwards_what_it_was() -> None:
    G = net()
    G.rest[0].running_mean.fill_(3.0)
    before = {name: (value, value.clone()) for name, value in G.state_dict(keep_vars=True).items()}
    z, y = drawn(Chance("test"))
    standing, running = Standing(INPUTS, 2, 8), G(z, y)
    with standing.of(G):
        assert not torch.allclose(G(z, y), running)
    with pytest.raises(IndexError), standing.of(G):
        G(z, y + 2)
    assert torch.equal(G(z, y), running)
    after = G.state_dict(keep_vars=True)
    assert after.keys() == before.keys()
    for name, (same, value) in before.items():
        assert after[name] is same
        assert torch.equal(same, value)


def test_they_are_worked_out_anew_only_when_a_weight_has_changed() -> None:
    G, standing = net(), Standing(INPUTS, 2, 8)
    with standing.of(G):
        first = G.rest[0].running_mean
    with standing.of(G):
        assert G.rest[0].running_mean is first
    with torch.no_grad():
        G.enter.weight.mul_(2)
    with standing.of(G):
        assert not torch.equal(G.rest[0].running_mean, first)
    twin = net()
    with standing.of(twin):
        torch.testing.assert_close(twin.rest[0].running_mean, first)


def test_truncation_has_statistics_of_its_own() -> None:
    G, standing = net(), Standing(INPUTS, 8, 64)
    nn.init.zeros_(G.embed.weight)
    with standing.of(G):
        wide = G.rest[0].running_var
    with standing.of(G, truncation=0.5):
        narrow = G.rest[0].running_var
    assert bool((narrow < 0.15 * wide).all())  # the variance of the truncated law is 0.08
    with standing.of(G):
        assert G.rest[0].running_var is wide


def test_running_averages_are_kept_in_training_and_where_no_batches_are_asked_for() -> None:
    G = net()
    mean = G.rest[0].running_mean
    with Standing(INPUTS, 0, 8).of(G):
        assert G.rest[0].running_mean is mean
    with Standing(INPUTS, 2, 8).of(G.train()):
        assert G.rest[0].running_mean is mean


def test_who_listens_to_the_network_hears_nothing_of_it() -> None:
    G, heard = net(), list[int]()
    G.enter.register_forward_hook(lambda *_: heard.append(1))
    with Standing(INPUTS, 2, 8).of(G):
        assert heard == []
        G(*drawn(Chance("test")))
    assert heard == [1]


def test_norms_of_several_processes_have_them_too() -> None:
    G, other = net(), net()
    share_batch_norms(other)
    z, y = drawn(Chance("test"))
    with Standing(INPUTS, 2, 8).of(G), Standing(INPUTS, 2, 8).of(other.eval()):
        torch.testing.assert_close(other(z, y), G(z, y))

"""Networks that are not there refuse to play; those that are there play as before."""

import pytest
import torch

import ganvas
from ganvas.core import CheckpointError, UsageError
from ganvas.core.absent import leave_out, networks

ALL = ["G.net", "G.average", "D.net", "D.average"]


def test_what_is_there_plays_as_before():
    game, whole = ganvas.make("dcgan"), ganvas.make("dcgan")
    whole.load_state_dict(game.state_dict())
    assert networks(game) == ALL
    leave_out(game, ["G.net", "D.net", "D.average"], "this run")
    assert {name.split(".")[1] for name in game.state_dict()} == {"average"}
    assert torch.equal(game.sample(3)[0], whole.sample(3)[0])
    assert networks(game) == ALL


@pytest.mark.parametrize("which", ALL)
def test_what_is_not_there_says_so(which):
    game = ganvas.make("dcgan")
    leave_out(game, [which], "this run")
    player, part = which.split(".")
    z, x = torch.zeros(2, 16), torch.zeros(2, 1, 16, 16)
    plays = {"net": game.players[player], "average": game.players[player].best}[part]
    with pytest.raises(UsageError, match=rf"this run has no {which}: it came with what generates"):
        plays(z if player == "G" else x)


def test_a_game_without_any_network_is_still_somewhere():
    game = ganvas.make("dcgan")
    leave_out(game, ALL, "this run")
    assert game.device == torch.device("cpu")
    with pytest.raises(UsageError, match=r"this run has no G\.average"):
        game.sample(1)


@pytest.mark.parametrize("which", ["D.nose", "E.net", "D", ""])
def test_only_networks_of_the_game_can_be_absent(which):
    with pytest.raises(CheckpointError, match=f"lacks '{which}', and dcgan has G.net, G.average"):
        leave_out(ganvas.make("dcgan"), [which], "this run")

"""What is seen of a game: true figures, of every game, without a trace."""

from __future__ import annotations

import copy
import json

import pytest
import torch
from torch import Tensor
from torch.nn.functional import interpolate
from watched import prepare

from ganvas.core import Image, Label, Points, Tokens, registry
from ganvas.core.chance import Chance
from ganvas.watch import features
from ganvas.watch.eye import Eye, some_rows


def rows_of(spaces: dict, n: int = 40) -> dict[str, Tensor]:
    chance = Chance("rows")
    return {name: chance.draw(space, n) for name, space in spaces.items()}


@pytest.mark.parametrize("name", registry.names())
def test_every_game_can_be_looked_at_and_does_not_notice(name: str):
    spaces = registry.preset_of(registry.find(name), "default").spaces
    game = registry.make(name)
    eye = Eye(game, rows_of(dict(spaces)), "ring8")
    before = copy.deepcopy(game.state_dict())
    modes = [module.training for module in game.modules()]
    draws = torch.get_rng_state()
    first, second = eye.look(game), eye.look(game)
    assert torch.equal(draws, torch.get_rng_state())
    assert modes == [module.training for module in game.modules()]
    assert not any(module._forward_hooks for module in game.modules())
    for key, value in game.state_dict().items():
        assert torch.equal(value, before[key]), key
    assert json.loads(json.dumps(first, allow_nan=False))["makers"]
    assert any(maker.startswith(("G", "F")) for maker in first["makers"])
    assert not {"D", "C", "D_Y"} & set(first["makers"])
    assert set(second["moved"].values()) == {0.0}
    assert second["changed"] == 0.0
    assert second["sigma"].keys() == first["sigma"].keys()
    assert {key: first[key] for key in ("spread", "gap", "heaps")} == {
        key: second[key] for key in ("spread", "gap", "heaps")
    }
    if game.paired:  # what it makes of a row is to be that row's truth, no copy
        assert first["copies"] is None
    if name in {
        "vae",
        "autoencoder",
        "pacgan",
        "srcnn",
        "srresnet",
    }:  # nobody judges; or only several at once
        assert "wins" not in first
    else:
        assert 0 <= first["wins"] <= 1
        assert first["judges"]


def test_what_is_like_the_data_has_no_distance_from_it():
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 400, 5, generator=generator).unbind()

    def gap(x: Tensor) -> float:
        inside = features.within(features.distances(x, x))
        other = features.within(features.distances(b, b))
        return 2 * float(features.distances(x, b).mean()) - inside - other

    assert abs(gap(a)) < 0.01 < 0.5 < gap(a + 2)
    assert gap(0.1 * a) > 0.3


def test_copies_are_told_from_what_is_new_and_from_what_is_blurred():
    generator = torch.Generator().manual_seed(0)
    train, new = torch.randn(2, 50, 30, generator=generator).unbind()
    blurred = (train[:25] + train[25:]) / 2
    noise = 0.05 * torch.randn(50, 30, generator=generator)
    shares = [features.copies(features.distances(x, train)) for x in (train + noise, new, blurred)]
    assert shares == [1.0, 0.0, 0.0]


def test_the_grain_of_pictures_is_the_side_of_their_squares():
    x = torch.rand(3, 1, 4, 4)
    for side in (1, 2, 4, 8):
        assert features.grain(interpolate(x, scale_factor=side)) == side
    assert features.grain(torch.rand(3, 3, 7, 7)) == 1


def test_power_iteration_finds_the_largest_singular_value():
    weight = torch.randn(8, 3, 3, 3, generator=torch.Generator().manual_seed(0))
    v = torch.ones(27) / 27**0.5
    found, v = features.largest_singular(weight, v, 60)
    assert found == pytest.approx(torch.linalg.matrix_norm(weight.flatten(1), 2).item(), rel=1e-3)
    assert features.largest_singular(weight, v, 1)[0] == pytest.approx(found, rel=1e-4)


def test_the_largest_singular_value_of_a_layer_that_begins_as_nothing_is_found_later():
    v = torch.ones(27) / 27**0.5
    found, v = features.largest_singular(torch.zeros(8, 3, 3, 3), v, 8)
    assert found == 0
    weight = torch.randn(8, 3, 3, 3, generator=torch.Generator().manual_seed(0))
    assert features.largest_singular(weight, v, 60)[0] > 1


def test_a_distance_between_sentences_is_in_their_words():
    space = Tokens(50, 10)
    x = torch.arange(10)[None].repeat(3, 1)
    x[1, 0] += 20
    x[2] += 20
    d = features.distances(*[features.vectors(x, space)] * 2)
    assert d[0, 0] == 0
    assert 0 < 2 * d[0, 1] < d[0, 2]


def test_large_pictures_are_compared_when_small():
    assert features.vectors(torch.rand(2, 3, 64, 48), Image(3, 64, 48)).shape == (2, 3 * 16 * 16)
    assert features.vectors(torch.rand(2, 1, 8, 8), Image(1, 8, 8), side=4).shape == (2, 4)


def test_labels_and_modes_are_counted():
    trainer = prepare(space=Image(1, 8, 8), label=Label(4))
    eye = Eye(trainer.game, some_rows(trainer.stream.tables))
    seen = eye.look(trainer.game)
    assert sum(seen["classes"]) == pytest.approx(1, abs=0.01)
    assert 0 <= seen["obeys"] <= 1
    assert seen["inputs"].keys() == {"noise", "label"}
    points = prepare(space=Points(2))
    seen = Eye(points.game, some_rows(points.stream.tables), "ring8").look(points.game)
    assert seen["modes"] == [0, 8]
    assert seen["inputs"] == {}


def test_data_without_a_counterpart_leaves_the_weights_to_look_at():
    trainer = prepare()
    seen = Eye(trainer.game, {}).look(trainer.game)
    assert "spread" not in seen
    assert seen["sigma"].keys() == {"G.0", "D"}


def test_movement_is_relative_and_forgotten_when_told():
    trainer = prepare()
    eye = Eye(trainer.game, some_rows(trainer.stream.tables))
    assert eye.look(trainer.game)["moved"] == {}
    with torch.no_grad():
        for weight in trainer.game.G.net.parameters():
            weight.mul_(2)
    assert eye.look(trainer.game)["moved"] == {"G": pytest.approx(0.5), "D": 0.0}
    eye.forget()
    assert eye.look(trainer.game)["moved"] == {}


def test_numbers_that_are_none_are_told():
    trainer = prepare()
    eye = Eye(trainer.game, some_rows(trainer.stream.tables))
    with torch.no_grad():
        trainer.game.G.net[0].weight.fill_(1e30)
    assert eye.look(trainer.game)["finite"] is False
    with torch.no_grad():
        trainer.game.G.net[0].weight.fill_(torch.nan)
    seen = eye.look(trainer.game)
    assert seen["finite"] is False
    assert json.loads(json.dumps(seen, allow_nan=False))["sigma"]["G.0"] is None

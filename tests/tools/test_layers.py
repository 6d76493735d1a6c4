"""The layers of a generator: found by looking, read and changed while it draws."""

import pytest
import torch

from ganvas.core import UsageError, registry
from ganvas.tools.layers import (
    changing,
    checked,
    layer,
    layers_of,
    reading,
    setting,
    usual,
)
from tiny import LAYERS, MAPS, SIZES, tiny


@pytest.fixture(scope="module")
def game():
    torch.manual_seed(0)
    return registry.make("dcgan").eval()


def test_the_layers_of_a_plain_generator_in_order(game):
    layers = layers_of(game)
    assert [str(one) for one in layers[:3]] == [
        "G.layers.0: ConvTranspose2d, 64 x 4 x 4",
        "G.layers.1: BatchNorm2d, 64 x 4 x 4",
        "G.layers.2: ReLU, 64 x 4 x 4",
    ]
    # Neither the last convolution nor the tanh: they put out the picture.
    assert str(layers[-1]) == "G.layers.5: ReLU, 32 x 8 x 8"
    shown = dict(game.named_modules())["G.average.layers.5"]
    assert layers[-1].module is shown
    assert usual(game, layers) == layers[-1]


def test_the_layers_of_a_game_with_styles():
    layers = [one for one in layers_of(tiny()) if one.kind == "Conv2d"]
    assert [one.name for one in layers] == [f"G.convs.{i}" for i in range(LAYERS)]
    assert [(one.units, one.height, one.width) for one in layers] == [
        (MAPS, size, size) for size in SIZES
    ]


@pytest.mark.parametrize("name", ["acgan", "began", "cogan", "infogan", "progan", "srgan", "wgan"])
def test_all_kinds_of_games_have_layers(name):
    """Conditional, with several players, with pictures as inputs, half grown."""
    game = registry.make(name).eval()
    given = {
        k: s.sample(1, torch.Generator().manual_seed(0))
        for k, s in game.inputs.items()
        if not s.prior
    }
    layers = layers_of(game, **given)
    assert len({one.name for one in layers}) == len(layers) > 2
    assert usual(game, layers) in layers
    assert not any(one.module._forward_hooks for one in layers)


def test_a_layer_by_name_by_its_end_and_by_number(game):
    layers = layers_of(game)
    assert layer(layers, "G.layers.3") is layers[3]
    assert layer(layers, "layers.3") is layers[3]
    assert layer(layers, "3") is layers[3]
    for word, message in (
        ("G.layer.3", r"unknown layer 'G.layer.3'; did you mean 'G.layers.3'\?"),
        ("77", "no layer 77: they are numbered 0 to 5"),
    ):
        with pytest.raises(UsageError, match=message):
            layer(layers, word)
    deep = layers_of(registry.make("srresnet").eval(), x=torch.zeros(1, 3, 16, 16))
    with pytest.raises(UsageError, match=r"'layers.0' could be G.body.0.layers.0, .*: say which"):
        layer(deep, "layers.0")


def test_units_that_are_none(game):
    one = layers_of(game)[0]
    assert checked(one, [5, 3, 5]) == [3, 5]
    with pytest.raises(UsageError, match="G.layers.0 has the units 0 to 63, and not 64"):
        checked(one, [1, 64])


@pytest.mark.parametrize("name", ["gan", "wgan_gp", "seqgan"])
def test_games_without_feature_maps(name):
    with pytest.raises(UsageError, match="no feature maps"):
        layers_of(registry.make(name).eval())


def test_what_is_read_is_what_the_module_puts_out(game):
    """Also where a ReLU writes over it."""
    layers, z = layers_of(game), torch.randn(3, 16)
    net = game.G.best.layers
    with reading(layers) as maps:
        game.sample(3, z=z)
    with torch.no_grad():
        h = z[:, :, None, None]
        for i, one in enumerate(layers):
            h = net[i](h).clone()
            if not one.name.endswith(("1", "4")):  # the norms: what follows is in place
                assert torch.allclose(maps[one.name], h, atol=1e-5)
    assert (maps["G.layers.1"] < 0).any()
    assert (maps["G.layers.2"] >= 0).all()


def test_a_unit_that_is_set_reaches_the_picture_and_comes_back(game):
    layers, z = layers_of(game), torch.randn(3, 16)
    one = layers[-1]
    before, _ = game.sample(3, z=z)
    with changing(one, setting([2, 7], torch.tensor([0.0, 4.0]))):
        after, _ = game.sample(3, z=z)
    again, _ = game.sample(3, z=z)
    assert torch.equal(before, again)
    assert not torch.allclose(before, after)
    with reading([one]) as maps:
        game.sample(3, z=z)
    maps = maps[one.name]
    maps[:, 2], maps[:, 7] = 0.0, 4.0
    with torch.no_grad():
        by_hand = game.G.best.layers[6:](maps)
    assert torch.allclose(after, by_hand, atol=1e-6)

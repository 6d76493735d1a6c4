from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.nn.functional import l1_loss

from ganvas.core import Batch, Chance, Image, Settings, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.data.source import Rows
from ganvas.nets.translation import PatchDiscriminator, Translator
from ganvas.nets.unet import UNet

TINY = {"width": 2, "blocks": 1, "layers": 1}


def sides(*shape: int) -> dict[str, Image]:
    return {"x": Image(*shape), "y": Image(*shape)}


def test_the_published_sizes() -> None:
    """Those of the authors' PyTorch code: resnet_9blocks, resnet_6blocks, 70x70 PatchGAN."""
    players = card("cyclegan", "paper").players
    assert [players[name]["parameters"] for name in ("G", "F")] == [11_378_179] * 2
    assert [players[name]["parameters"] for name in ("D_X", "D_Y")] == [2_764_737] * 2
    smaller = card("cyclegan", "paper", **sides(3, 128, 128)).players
    assert smaller["G"]["parameters"] == 7_837_699
    assert card("cyclegan").moves == ["G+F", "D_X+D_Y"]
    falling = "Adam(lr=0.0002@0 0.0002@0.5 0@1, betas=(0.5, 0.999)"
    assert all(player["optimiser"].startswith(falling) for player in players.values())


def test_the_size_of_the_u_net() -> None:
    """Theirs is unet_256: 54.414 M with batch norm; instance norm has no scales, but biases."""
    with torch.device("meta"):
        game = make("cyclegan", preset="paper", network="unet")
    maps = [3, 64, 128, 256, 512, 512, 512, 512, 512]
    down = sum(16 * a * b + b for a, b in pairwise(maps))
    joined = [512, 1024, 1024, 1024, 1024, 512, 256, 128]
    up = sum(16 * a * b + b for a, b in zip(joined, maps[-2::-1], strict=True))
    count = sum(p.numel() for p in game.G.parameters())
    assert count == sum(p.numel() for p in game.F.parameters()) == down + up == 54_409_603
    with torch.device("meta"):
        theirs = UNet(3, 3, 64, 8, norm="batch")
    assert sum(p.numel() for p in theirs.parameters()) == 54_413_955


def test_a_patch_has_70x70_pixels() -> None:
    net = PatchDiscriminator(3, 2, layers=3)
    local = [layer for layer in net.layers if not isinstance(layer, nn.InstanceNorm2d)]
    x = torch.rand(1, 3, 256, 256, requires_grad=True)
    scores = nn.Sequential(*local)(x)
    assert net(x).shape == scores.shape == (1, 1, 30, 30)
    scores[0, 0, 15, 15].backward()
    rows, columns = x.grad[0].abs().sum(0).nonzero().T
    assert rows.max() - rows.min() + 1 == columns.max() - columns.min() + 1 == 70


def test_the_translator_keeps_the_size() -> None:
    assert Translator(1, 3, 2, 1)(torch.rand(2, 1, 12, 20)).shape == (2, 3, 12, 20)


def test_who_wants_what() -> None:
    torch.manual_seed(0)
    game = make("cyclegan", spaces=sides(1, 8, 8), cycle=7.0, identity=0.3, pool=0, **TINY)
    x, y = torch.rand(2, 4, 1, 8, 8) * 2 - 1
    game.chance = Chance("test")
    both, discriminators = game.play(iter([Batch(x=x, y=y)]))

    G, F, D_X, D_Y = game.G, game.F, game.D_X, game.D_Y
    fools = (D_Y(G(x)) - 1).square().mean() + (D_X(F(y)) - 1).square().mean()
    cycle = l1_loss(F(G(x)), x) + l1_loss(G(F(y)), y)
    identity = l1_loss(G(y), y) + l1_loss(F(x), x)
    torch.testing.assert_close(both.loss, fools + 7 * cycle + 7 * 0.3 * identity)
    torch.testing.assert_close(both.figures["cycle"], cycle / 2)
    of_x = ((D_X(x) - 1).square().mean() + D_X(F(y)).square().mean()) / 2
    of_y = ((D_Y(y) - 1).square().mean() + D_Y(G(x)).square().mean()) / 2
    torch.testing.assert_close(discriminators.loss, of_x + of_y)


def test_the_discriminators_see_the_pool() -> None:
    """Past translations, from before the last steps of G, and only half of the time."""
    torch.manual_seed(0)
    game = make("cyclegan", spaces=sides(1, 8, 8), batch=8, pool=4, **TINY)
    x, y = torch.rand(2, 8, 1, 8, 8) * 2 - 1
    settings = Settings(micro_batches=2, device="cpu")
    trainer = Trainer(game, [Rows(sides(1, 8, 8), {"x": x, "y": y})], settings=settings, rounds=3)
    trainer.round()
    assert game.pool_x.filled == game.pool_y.filled == 4
    before = game.pool_y.images.clone()
    trainer.round()
    kept = (game.pool_y.images == before).flatten(1).all(1)
    assert 0 < kept.sum() < 4


@pytest.mark.parametrize("network", ["resnet", "unet"])
def test_it_finds_the_negative(network: str) -> None:
    """Bars on black and, unpaired, bars on white: G turns one into the other, and F back."""
    torch.manual_seed(0)
    bars = torch.full((64, 1, 8, 8), -0.8)
    for i, place in enumerate(torch.randint(1, 6, (64,))):
        bars[i, :, 1 : 3 + i % 5, place : place + 2] = 0.8
    tables = [Rows({"x": Image(1, 8, 8)}, {"x": bars}), Rows({"y": Image(1, 8, 8)}, {"y": -bars})]
    small = {"width": 8, "blocks": 1, "layers": 1, "batch": 16, "lr": 2e-3}
    game = make("cyclegan", spaces=sides(1, 8, 8), network=network, **small)
    Trainer(game, tables, rounds=50).run()
    made, inputs = game.sample(64, x=bars)
    with torch.no_grad():
        returned = game.back(made)
    assert (returned - bars).abs().mean() < 0.25
    assert (made + bars).abs().mean() < 0.5  # a G that changes nothing has 1.6
    assert torch.equal(inputs["x"], bars)


@pytest.mark.parametrize(
    ("network", "x"),
    [
        ("resnet", Image(3, 8, 8)),
        ("resnet", Image(4, 12, 8)),
        ("resnet", Image(1, 16, 20)),
        ("unet", Image(3, 8, 8)),
        ("unet", Image(4, 24, 16)),
        ("unet", Image(1, 48, 48)),
    ],
)
def test_sizes_it_makes(network: str, x: Image) -> None:
    y = Image(3, x.height, x.width)
    game = make("cyclegan", spaces={"x": x, "y": y}, network=network, **TINY)
    made, inputs = game.sample(2, x=torch.rand(2, *x.shape))
    assert game.output == y
    assert y.why_not(made) is None
    assert x.why_not(game.back(made)) is None
    assert game.scores(made, inputs).shape == (2,)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (Image(1, 18, 16), Image(1, 18, 16), "multiples of 4 and at least 12 .* not 18x16"),
        (Image(1, 8, 16), Image(1, 8, 16), "at least 12 pixels"),
        (Image(1, 16, 16), Image(1, 32, 32), "the same size, not 16x16 and 32x32"),
    ],
)
def test_sizes_it_refuses(x: Image, y: Image, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make("cyclegan", spaces={"x": x, "y": y})


@pytest.mark.parametrize("network", ["resnet", "unet"])
def test_either_way_takes_other_sides_than_it_learned_from(network: str) -> None:
    game = make("cyclegan", spaces=sides(1, 16, 16), network=network, **TINY)
    x = torch.rand(1, 1, 3 * game.multiple, 16)
    assert game.generate(x).shape == game.back(x).shape == x.shape


def test_a_u_net_halves_as_often_as_it_can_and_has_no_noise() -> None:
    with pytest.raises(UsageError, match="multiples of 8, not 20x16"):
        make("cyclegan", spaces=sides(1, 20, 16), network="unet")
    for side, halvings in ((16, 4), (48, 4), (512, 8)):
        with torch.device("meta"):
            game = make("cyclegan", spaces=sides(1, side, side), network="unet", width=2)
        assert len(game.G.net.down) == len(game.F.net.down) == halvings
        assert game.multiple == 2**halvings
    game = make("cyclegan", spaces=sides(1, 16, 16), network="unet", width=2)
    x = torch.rand(1, 1, 16, 16)
    assert torch.equal(game.generate(x), game.generate(x))


def test_identity_needs_equal_channels() -> None:
    spaces = {"x": Image(1, 16, 16), "y": Image(3, 16, 16)}
    with pytest.raises(UsageError, match="x has 1 channels and y has 3; set identity to 0"):
        make("cyclegan", spaces=spaces, identity=0.5)

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.functional import l1_loss, logsigmoid

from ganvas import data
from ganvas.core import Batch, Image, Trainer, UsageError
from ganvas.core.registry import card, find, make
from ganvas.data.source import Rows
from ganvas.nets.translation import PatchDiscriminator
from ganvas.nets.unet import UNet

TINY = {"width": 2, "layers": 1, "noise": 0.0}


def sides(*shape: int) -> dict[str, Image]:
    return {"x": Image(*shape), "y": Image(*shape)}


def played(**config: object):
    """A game, its pairs, and the moves of a round in which nobody has stepped."""
    torch.manual_seed(0)
    game = make("pix2pix", spaces=sides(1, 16, 16), **{**TINY, **config})
    x, y = torch.rand(2, 3, 1, 16, 16) * 2 - 1
    return game, x, y, list(game.play(iter([Batch(x=x, y=y)])))


# -- networks --------------------------------------------------------------------------------------


def size(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


def test_the_published_sizes() -> None:
    """Those of the authors' PyTorch code: unet_256 and the 70x70 PatchGAN with batch norm."""
    players = card("pix2pix", "paper").players
    assert players["G"]["parameters"] == 54_413_955
    assert players["D"]["parameters"] == 2_768_705
    assert card("pix2pix").moves == ["D", "G"]


def test_the_other_discriminators_and_generators() -> None:
    """C64-C128 of section 6.1.2 with convolutions of 4x4 or 1x1; an encoder-decoder joins less."""
    with torch.device("meta"):
        assert size(PatchDiscriminator(6, 64, 1, "batch")) == (
            (6 * 64 * 16 + 64) + 64 * 128 * 16 + 2 * 128 + (128 * 16 + 1)
        )
        assert size(PatchDiscriminator(6, 64, 0, "batch")) == (
            (6 * 64 + 64) + 64 * 128 + 2 * 128 + (128 + 1)
        )
        joined, plain = (size(UNet(3, 3, 64, 8, skips=skips)) for skips in (True, False))
    maps = [512, 512, 512, 512, 256, 128, 64]
    assert joined - plain == sum(16 * a * b for a, b in zip(maps, [*maps[1:], 3], strict=True))


@pytest.mark.parametrize(("layers", "side"), [(0, 1), (1, 16), (2, 34), (3, 70), (4, 142)])
def test_the_sizes_of_patches(layers: int, side: int) -> None:
    """The pixels on which one score depends, apart from their neighbours' statistics."""
    net = PatchDiscriminator(2, 2, layers)
    local = [layer for layer in net.layers if not isinstance(layer, nn.InstanceNorm2d)]
    x = torch.rand(1, 2, 256, 256, requires_grad=True)
    scores = nn.Sequential(*local)(x)
    assert net(x).shape == scores.shape
    middle = scores.shape[2] // 2
    scores[0, 0, middle, middle].backward()
    rows, columns = x.grad[0].abs().sum(0).nonzero().T
    assert rows.max() - rows.min() + 1 == columns.max() - columns.min() + 1 == side


@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_what_passes_the_bottleneck(norm: str) -> None:
    """With skips, the outermost layer sees its own input; without, G can only remember."""
    torch.manual_seed(0)
    x = torch.rand(2, 1, 16, 32)
    for skips in (True, False):
        net = UNet(1, 3, 2, 4, norm=norm, skips=skips, noise=0.0)
        assert net(x).shape == (2, 3, 16, 32)
        with torch.no_grad():
            net.down[-1][1].weight.zero_()  # nothing of x is left at the innermost layer
            if net.down[-1][1].bias is not None:
                net.down[-1][1].bias.zero_()
        alike = torch.allclose(net(x)[0], net(x.flip(0))[0], atol=1e-6)
        assert alike != skips


# -- what is wanted --------------------------------------------------------------------------------


def test_equation_4() -> None:
    game, x, y, moves = played(l1=7.0, adversarial=0.5)
    fake = game.G(x)
    real, made = game.D(torch.cat([x, y], 1)), game.D(torch.cat([x, fake], 1))
    of_d = -(logsigmoid(real).mean() + logsigmoid(-made).mean()) / 2
    assert [move.players for move in moves] == [(game.D,), (game.G,)]
    torch.testing.assert_close(moves[0].loss, of_d)
    torch.testing.assert_close(moves[0].figures["D(x, y)"], real.sigmoid().mean())
    torch.testing.assert_close(moves[0].figures["D(x, G(x))"], made.sigmoid().mean())
    of_g = 7 * l1_loss(fake, y) - 0.5 * logsigmoid(made).mean()
    torch.testing.assert_close(moves[1].loss, of_g)
    torch.testing.assert_close(moves[1].figures["l1"], (fake - y).abs().mean())


def test_the_gan_without_a_condition_does_not_see_x() -> None:
    """Equation 2; and cGAN alone, without L1."""
    game, x, y, moves = played(conditional=False)
    made = game.D(game.G(x))
    of_d = -(logsigmoid(game.D(y)).mean() + logsigmoid(-made).mean()) / 2
    torch.testing.assert_close(moves[0].loss, of_d)
    torch.testing.assert_close(game.scores(y, {"x": x}), game.scores(y, {"x": -x}))
    game, x, y, moves = played(l1=0.0)
    made = game.D(torch.cat([x, game.G(x)], 1))
    torch.testing.assert_close(moves[1].loss, -logsigmoid(made).mean())
    assert not torch.allclose(game.scores(y, {"x": x}), game.scores(y, {"x": -x}))


def test_l1_alone_needs_no_discriminator() -> None:
    game, x, y, (only,) = played(adversarial=0.0)
    assert list(game.players) == ["G"]
    torch.testing.assert_close(only.loss, 100 * l1_loss(game.G(x), y))
    with pytest.raises(UsageError, match="no discriminator that could judge"):
        game.scores(y, {"x": x})


def test_the_noise_is_dropout_and_stays_on() -> None:
    torch.manual_seed(0)
    x = torch.rand(4, 1, 16, 16)
    game = make("pix2pix", spaces=sides(1, 16, 16), width=4, layers=1)
    one, same, other = (game.sample(4, seed=seed, x=x)[0] for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.allclose(one, other)
    sure = make("pix2pix", spaces=sides(1, 16, 16), **TINY)
    assert torch.equal(sure.sample(4, seed=1, x=x)[0], sure.sample(4, seed=2, x=x)[0])


# -- learning --------------------------------------------------------------------------------------


@pytest.mark.parametrize("config", [{}, {"adversarial": 0.0}, {"network": "encoder-decoder"}])
def test_it_learns_a_tiny_task(config: dict[str, object]) -> None:
    """Digits, made light on dark of dark on light."""
    source = data.load("digits", size=16, fields=("x", "y"), paired=True, partner="negative")
    rows = source.tables[0].fetch(torch.arange(64))
    torch.manual_seed(0)
    game = make("pix2pix", spaces=source.spaces, width=8, layers=1, batch=16, lr=3e-3, **config)
    table = Rows(source.spaces, rows)

    def off() -> float:
        return float((game.sample(64, x=rows["x"])[0] - rows["y"]).abs().mean())

    before = off()
    Trainer(game, [table], rounds=80).run()
    assert off() < 0.5 * before


# -- refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (Image(1, 16, 16), Image(1, 32, 32), "the same size, not 16x16 and 32x32"),
        (Image(3, 48, 48), Image(3, 48, 48), "16, 32, 64 .* not 48x48"),
        (Image(3, 8, 8), Image(3, 8, 8), "not 8x8"),
        (Image(3, 32, 48), Image(3, 32, 48), "divide the other, not 32x48"),
        (Image(3, 16, 16), Image(3, 16, 16), "at least 32 pixels, not 16x16; take fewer layers"),
    ],
)
def test_sizes_it_refuses(x: Image, y: Image, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make("pix2pix", spaces={"x": x, "y": y})


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 64, 32), (4, 32, 96)])
def test_sizes_it_makes(shape: tuple[int, ...]) -> None:
    spaces = {"x": Image(1, *shape[1:]), "y": Image(*shape)}
    game = make("pix2pix", spaces=spaces, width=2)
    x = torch.rand(2, *spaces["x"].shape)
    made, inputs = game.sample(2, x=x)
    assert spaces["y"].why_not(made) is None
    assert game.scores(made, inputs).shape == (2,)


def test_somebody_must_want_something() -> None:
    with pytest.raises(UsageError, match="one of them must be above 0"):
        make("pix2pix", l1=0.0, adversarial=0.0)


def test_it_asks_for_pairs() -> None:
    assert find("pix2pix").paired
    with pytest.raises(UsageError, match="has no pairs"):
        data.load("digits", fields=("x", "y"), paired=True)

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch.nn.functional import avg_pool2d, l1_loss

from ganvas import data
from ganvas.core import Batch, Chance, Game, Image, Noise, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.metrics.pairs import psnr
from ganvas.nets.spatial import SPADEBlock, SPADEGenerator, SPADENorm

TINY = {"width": 1, "hidden": 4, "noise": 5, "patch_width": 2, "layers": 1, "norm": "instance"}


def sides(*shape: int) -> dict[str, Image]:
    return {"x": Image(*shape), "y": Image(*shape)}


def tiny(**config: object) -> Game:
    torch.manual_seed(0)
    return make("spade", spaces=sides(3, 32, 32), **{**TINY, **config})


@pytest.mark.parametrize(
    ("channels", "size", "doublings", "millions"),
    [(151, (8, 8), 5, 96.5), (184, (8, 8), 5, 97.5), (36, (4, 8), 6, 93.0)],
    ids=["ADE20K", "COCO-Stuff", "Cityscapes"],
)
def test_the_published_sizes(
    channels: int, size: tuple[int, int], doublings: int, millions: float
) -> None:
    """Those that Tan et al. 2021 (arXiv:2012.04644, table 1) print of the authors' code."""
    with torch.device("meta"):
        net = SPADEGenerator(channels, 3, 64, size, doublings, noise=0, hidden=128, norm="batch")
    assert round(sum(p.numel() for p in net.parameters()) / 1e6, 1) == millions


def test_the_paper_s_preset() -> None:
    players = card("spade", "paper").players
    with torch.device("meta"):
        plain = SPADEGenerator(3, 3, 64, (8, 8), 5, noise=0, hidden=128, norm="batch")
    start = (256 + 1) * 1024 * 8 * 8 - (3 * 9 + 1) * 1024
    plain_size = sum(p.numel() for p in plain.parameters())
    assert players["G"]["parameters"] == plain_size + start
    assert players["D"]["parameters"] == 2 * 2_767_809
    halved = [3, 64, 128, 256, 512, 512, 512]
    convs = sum((9 * a + 1) * b for a, b in pairwise(halved))
    assert players["E"]["parameters"] == convs + (512 * 4 * 4 + 1) * 512


def test_a_spade_scales_and_shifts_as_the_map_says() -> None:
    """Equation 1: the map decides, pixel by pixel, on top of a norm without parameters."""
    net, h, x = SPADENorm(3, 2, 4, "instance"), torch.randn(2, 3, 4, 4), torch.rand(2, 2, 8, 8)
    told = net.shared(x[:, :, ::2, ::2])
    mean, var = h.mean((2, 3), keepdim=True), h.var((2, 3), keepdim=True, correction=0)
    normal = (h - mean) / (var + 1e-5).sqrt()
    torch.testing.assert_close(net(h, x), normal * (1 + net.scale(told)) + net.shift(told))
    assert not list(net.norm.parameters())


def test_what_is_the_same_all_over_is_not_washed_out() -> None:
    """A map of one colour leaves a trace, where a norm after a convolution would leave none."""
    net, h = SPADENorm(3, 1, 4, "instance"), torch.randn(1, 3, 8, 8)
    light, dark = (net(h, torch.full((1, 1, 8, 8), value)) for value in (1.0, -1.0))
    assert (light - dark).abs().mean() > 1e-3


def test_a_block_convolves_the_skip_if_the_maps_change() -> None:
    same, other = SPADEBlock(4, 4, 1, 2, "instance"), SPADEBlock(4, 2, 1, 2, "instance")
    assert [len(block.convs) for block in (same, other)] == [2, 3]
    assert other.convs[2].bias is None
    h, x = torch.randn(2, 4, 4, 4), torch.rand(2, 1, 4, 4)
    assert other(h, x).shape == (2, 2, 4, 4)
    for block in (same, other):
        block.bound()
        for conv in block.convs:
            norm = torch.linalg.matrix_norm(conv.weight.flatten(1), 2)
            torch.testing.assert_close(norm, torch.tensor(1.0), atol=0.05, rtol=0)
    assert same(h, x).shape == h.shape


@pytest.mark.parametrize("doublings", [4, 5, 6, 7])
def test_it_doubles_as_often_as_it_should(doublings: int) -> None:
    net = SPADEGenerator(
        2, 3, 2, (1, 2), doublings, noise=4, hidden=2, norm="instance"
    ).requires_grad_(False)
    # Of a single pixel the first maps have no variance.
    net.train(False)
    size = (2**doublings, 2 * 2**doublings)
    assert net(torch.rand(1, 2, *size), torch.randn(1, 4)).shape == (1, 3, *size)


@pytest.mark.parametrize("encoder", [True, False])
def test_who_wants_what(encoder: bool) -> None:
    game = tiny(encoder=encoder, matching=7.0, pixels=3.0, kl=0.3).eval()
    x, y = torch.rand(2, 2, 3, 32, 32) * 2 - 1
    game.chance = Chance("test")
    d_move, g_move = game.play(iter([Batch(x=x, y=y)]))
    game.chance = Chance("test")
    z, kl = game.noise(2), torch.zeros(())
    if encoder:
        mean, log_var = game.E(y)
        z = mean + (log_var / 2).exp() * z
        kl = (mean**2 + log_var.exp() - 1 - log_var).sum(1).mean() / 2
    fake = game.G(x, z)
    real, made = torch.cat([x, y], 1), torch.cat([x, fake], 1)
    d = fools = matching = 0.0
    for net in game.D.net.scales:
        d = d + (1 - net(real)).clamp(min=0).mean() / 2 + (1 + net(made)).clamp(min=0).mean() / 2
        fools = fools - net(made).mean() / 2
        pairs = zip(net.heard(real)[:-1], net.heard(made)[:-1], strict=True)
        matching = matching + sum(l1_loss(a, b) for a, b in pairs) / 2
        real, made = (avg_pool2d(p, 3, 2, 1, count_include_pad=False) for p in (real, made))
    torch.testing.assert_close(d_move.loss, d)
    off = l1_loss(fake, y)
    torch.testing.assert_close(g_move.loss, fools + 7 * matching + 3 * off + 0.3 * kl)
    assert g_move.players == ((game.G, game.E) if encoder else (game.G,))


def test_what_it_begins_with() -> None:
    x = torch.rand(2, 3, 32, 32)
    noisy, certain = tiny(), tiny(start="map", encoder=False)
    assert noisy.inputs["z"] == Noise(5)
    assert set(certain.inputs) == {"x"}
    assert not torch.equal(noisy.sample(2, x=x, seed=0)[0], noisy.sample(2, x=x, seed=1)[0])
    assert torch.equal(certain.sample(2, x=x, seed=0)[0], certain.sample(2, x=x, seed=1)[0])
    assert "E" not in certain.players


def test_it_learns_to_turn_negatives_round() -> None:
    torch.manual_seed(0)
    pairs = data.load("digits", size=16, fields=("x", "y"), paired=True, partner="negative")
    config = {"width": 2, "hidden": 16, "noise": 4, "patch_width": 4, "layers": 1, "batch": 16}
    game = make("spade", spaces=sides(1, 16, 16), **config, lr=3e-3, lr_d=3e-3)
    Trainer(game, pairs.tables, rounds=60).run()
    held = data.held_out(pairs.to_json()).tables[0].fetch(torch.arange(32))
    made, _ = game.sample(32, x=held["x"])
    assert psnr(made, held["y"]).mean() > 11  # a grey picture has about 5


@pytest.mark.parametrize(
    ("shape", "config", "message"),
    [
        ((3, 72, 64), {}, "multiples of 16 .* not 72x64"),
        ((3, 64, 64), {"doublings": 3}, "4 to 7 times, not 3"),
        ((3, 64, 64), {"start": "map"}, "take start noise, not map"),
    ],
)
def test_what_it_refuses(shape: tuple[int, ...], config: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make("spade", spaces=sides(*shape), **config)
    with pytest.raises(UsageError, match="the same size, not 32x32 and 16x16"):
        make("spade", spaces={"x": Image(3, 32, 32), "y": Image(3, 16, 16)})

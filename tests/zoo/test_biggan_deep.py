from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d

from ganvas.core import Game, Image, Label, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.nets.attention import SelfAttention
from ganvas.nets.bottleneck import NarrowUp, WideDown
from ganvas.nets.conditional import VectorNorm
from ganvas.testing import StandIn

TINY = {"noise": 6, "embedding": 5, "width": 4, "batch": 8, "standing": 2}
SPACES = {"x": Image(1, 16, 16), "label": Label(3)}


def small(**config: object) -> Game:
    torch.manual_seed(0)
    return make("biggan_deep", spaces=SPACES, **{**TINY, **config})


def test_the_paper_s_sizes() -> None:
    """Appendix B: 50.4 M and 34.6 M. G's last convolution there makes ch = 128 maps, of which three
    are the picture."""
    players = card("biggan_deep", "paper").players
    assert players["G"]["parameters"] == 50_244_484
    unused = 125 * (128 * 9 + 1)
    assert round((50_244_484 + unused) / 1e6, 1) == 50.4
    assert players["D"]["parameters"] == 34_590_210


def test_table_7() -> None:
    game = card_of_paper()
    up = [(b.convs[0].in_channels // 128, b.after // 128, b.up) for b in game.G.net.blocks]
    assert up == [
        *[(16, 16, False), (16, 16, True), (16, 16, False), (16, 8, True), (8, 8, False)],
        *[(8, 4, True), (4, 4, False), (4, 2, True), (2, 2, False), (2, 1, True)],
    ]
    assert game.G.net.attend == 9
    down = [
        (b.convs[0].in_channels // 128, b.convs[-1].out_channels // 128, b.down)
        for b in game.D.net.layers
        if isinstance(b, WideDown)
    ]
    assert down == [
        *[(1, 2, True), (2, 2, False), (2, 4, True), (4, 4, False), (4, 8, True), (8, 8, False)],
        *[(8, 16, True), (16, 16, False), (16, 16, True), (16, 16, False)],
    ]
    assert isinstance(game.D.net.layers[3], SelfAttention)


def card_of_paper() -> Game:
    with torch.device("meta"):
        return make("biggan_deep", preset="paper")


def up_of(x: Tensor) -> Tensor:
    return x.repeat_interleave(2, 2).repeat_interleave(2, 3)


@pytest.mark.parametrize("up", [True, False])
def test_a_block_of_g_drops_the_last_maps_beside_its_bottleneck(up: bool) -> None:
    torch.manual_seed(0)
    block = NarrowUp(6, 4, 2, lambda maps: VectorNorm(maps, 3), up=up).double().eval()
    x, given = torch.randn(2, 6, 3, 5).double(), torch.randn(2, 3).double()
    assert [conv.kernel_size[0] for conv in block.convs] == [1, 3, 3, 1]
    h = x
    for place in range(4):
        h = block.norms[place](h, given).relu()
        h = up_of(h) if up and place == 1 else h
        conv = block.convs[place]
        h = conv2d(h, conv.weight, conv.bias, padding=conv.kernel_size[0] // 2)
    beside = up_of(x[:, :4]) if up else x[:, :4]
    torch.testing.assert_close(block(x, given), h + beside)


@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize("after", [4, 7])
def test_a_block_of_d_adds_maps_to_those_it_has(down: bool, after: int) -> None:
    torch.manual_seed(0)
    block, x = WideDown(4, after, 2, down=down).double(), torch.randn(2, 4, 4, 6).double()

    def pooled(h: Tensor) -> Tensor:
        return avg_pool2d(h, 2) if down else h

    h = x
    for place, conv in enumerate(block.convs):
        h = pooled(h.relu()) if place == 3 else h.relu()
        h = conv2d(h, conv.weight, conv.bias, padding=conv.kernel_size[0] // 2)
    beside = pooled(x)
    if after > 4:
        assert block.more is not None
        more = conv2d(beside, block.more.weight, block.more.bias)
        beside = torch.cat([beside, more], 1)
    else:
        assert block.more is None
    torch.testing.assert_close(block(x), h + beside)


def test_all_of_z_and_the_class_go_to_every_block() -> None:
    game, label, z = small().eval(), torch.tensor([0, 2]), torch.randn(2, 6)
    told: list[Tensor] = []
    for block in game.G.net.blocks:
        block.register_forward_pre_hook(lambda _, inputs: told.append(inputs[1]))
    game.G.net.enter.register_forward_pre_hook(lambda _, inputs: told.append(inputs[0]))
    game.G.net(z, label)
    expected = torch.cat([z, game.G.net.embed(label)], 1)
    assert len(told) == 5
    assert all(torch.equal(given, expected) for given in told)


def test_sampling_does_not_change_the_training() -> None:
    def after(look: bool) -> dict[str, Tensor]:
        game = small()
        trainer = Trainer(game, [StandIn(SPACES)], seed=1, rounds=10)
        for _ in range(2):
            if look:
                game.sample(3, truncation=0.5)
            trainer.round()
        return trainer.state().weights

    a, b = after(False), after(True)
    assert a.keys() == b.keys()
    assert [name for name in a if not torch.equal(a[name], b[name])] == []


def test_attention_is_between_the_two_blocks_of_its_size() -> None:
    game = make(
        "biggan_deep", spaces={"x": Image(3, 32, 48), "label": Label(3)}, attention=16, **TINY
    )
    seen = []
    for attention in [m for m in game.modules() if isinstance(m, SelfAttention)]:
        attention.register_forward_pre_hook(lambda _, x: seen.append(tuple(x[0].shape[2:])))
    game.judge(game.sample(2)[0], torch.tensor([0, 1]))
    assert len(seen) > 1
    assert set(seen) == {(16, 24)}


def test_sizes_and_labels_that_it_can_do_without() -> None:
    with pytest.raises(UsageError, match="multiples of 8"):
        make("biggan_deep", spaces={"x": Image(1, 33, 40)}, **TINY)
    game = make("biggan_deep", spaces={"x": Image(4, 24, 40)}, **TINY)
    assert game.sample(2)[0].shape == (2, 4, 24, 40)
    bare = type(game)(game.config, SPACES["x"])
    assert bare.judge(bare.sample(2)[0]).shape == (2,)

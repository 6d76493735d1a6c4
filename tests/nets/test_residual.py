"""The residual blocks and networks of SNGAN."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d

from ganvas.nets.conditional import ClassNorm
from ganvas.nets.residual import (
    DownBlock,
    ResNetDiscriminator,
    ResNetGenerator,
    UpBlock,
    glorot_,
)


def up(x: Tensor) -> Tensor:
    return x.repeat_interleave(2, 2).repeat_interleave(2, 3)


def conv(layer: nn.Module, x: Tensor) -> Tensor:
    assert isinstance(layer, nn.Conv2d)
    return conv2d(x, layer.weight, layer.bias, padding=layer.kernel_size[0] // 2)


def test_an_up_block_is_the_paper_s() -> None:
    """Norm, ReLU, up, conv, norm, ReLU, conv; the shortcut goes up before its convolution."""
    torch.manual_seed(0)
    block, x = UpBlock(3, 5).double(), torch.randn(2, 3, 4, 2).double()
    h = conv(block.convs[0], up(block.norms[0](x).relu()))
    h = conv(block.convs[1], block.norms[1](h).relu())
    torch.testing.assert_close(block(x), h + conv(block.shortcut, up(x)))


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("down", [True, False])
def test_a_down_block_is_the_paper_s(first: bool, down: bool) -> None:
    """ReLU (not on pictures), conv, ReLU, conv, pool; the shortcut is convolved, then pooled."""
    torch.manual_seed(0)
    block = DownBlock(3, 5, down=down, first=first).double()
    x = torch.randn(2, 3, 4, 6).double()
    before = x.clone()
    h = conv(block.convs[1], conv(block.convs[0], x if first else x.relu()).relu())
    expected = h + conv(block.shortcut, x)
    torch.testing.assert_close(block(x), avg_pool2d(expected, 2) if down else expected)
    assert torch.equal(x, before)


def test_a_shortcut_is_the_identity_where_nothing_changes() -> None:
    same = DownBlock(4, 4, down=False)
    for layer in same.convs:
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    x = torch.randn(2, 4, 3, 3)
    assert torch.equal(same(x), x)
    assert not list(same.shortcut.parameters())
    assert list(DownBlock(4, 4).shortcut.parameters())


def test_what_norms_are_given_reaches_every_block() -> None:
    torch.manual_seed(0)
    G = ResNetGenerator(3, [4, 4, 4], 2, base=(3, 5), norm=partial(ClassNorm, classes=2)).eval()
    z = torch.randn(1, 3).expand(2, 3)
    label = torch.tensor([0, 1])
    x = G(z, label)
    assert x.shape == (2, 2, 12, 20)
    torch.testing.assert_close(x[0], x[1])  # at first the classes are equal
    norms = [m for m in G.modules() if isinstance(m, ClassNorm)]
    assert len(norms) == 4
    for norm in norms:
        before = G(z, label)
        norm.bias.data[1] += 0.5
        after = G(z, label)
        torch.testing.assert_close(after[0], before[0])
        assert not torch.allclose(after[1], before[1])


def test_the_score_is_of_sums_over_pixels() -> None:
    torch.manual_seed(0)
    D, x = ResNetDiscriminator(1, [4, 4], 1, classes=2), torch.randn(3, 1, 8, 4)
    h = D.blocks[1](D.blocks[0](x))
    assert h.shape == (3, 4, 4, 2)
    label = torch.tensor([0, 1, 0])
    torch.testing.assert_close(D(x, label), D.head(h.relu().sum((2, 3)), label))


def test_attention_stands_after_the_block_that_was_chosen() -> None:
    torch.manual_seed(0)
    G, D = (
        ResNetGenerator(3, [8, 6, 4], 1, attend=1),
        ResNetDiscriminator(1, [4, 6, 8], 3, attend=2),
    )
    assert G.attention is not None
    assert D.attention is not None
    seen: list[tuple[int, ...]] = []
    for net in (G.attention, D.attention):
        net.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].shape))
    D(G(torch.randn(2, 3)))
    assert seen == [(2, 6, 8, 8), (2, 6, 4, 4)]


def test_weights_within_branches_are_larger_at_first() -> None:
    torch.manual_seed(0)
    block = UpBlock(64, 64).apply(glorot_)
    limit = (6 / (2 * 64 * 9)) ** 0.5
    for layer in block.convs:
        assert layer.weight.abs().max().item() == pytest.approx(2**0.5 * limit, rel=0.01)
    assert block.shortcut.weight.abs().max().item() == pytest.approx((6 / 128) ** 0.5, rel=0.01)
    assert not any(conv.bias.any() for conv in (*block.convs, block.shortcut))

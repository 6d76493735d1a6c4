"""Self-attention: against a slow loop, its derivatives, and what it must leave as it is."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from ganvas.nets.attention import SelfAttention


def attention(maps: int = 8, gamma: float = 0.7, **more: Any) -> SelfAttention:
    torch.manual_seed(0)
    net = SelfAttention(maps, **more).double()
    net.gamma.data.fill_(gamma)
    return net


@torch.no_grad()
def slowly(net: SelfAttention, x: Tensor) -> Tensor:
    """Equation 1, a picture and a pixel after the other."""
    f, g, h, v = (conv.weight[:, :, 0, 0] for conv in (net.key, net.query, net.value, net.out))
    made = x.clone()
    for n, picture in enumerate(x):
        keys, values = (torch.einsum("oc,chw->ohw", w, picture) for w in (f, h))
        if net.pool:
            keys, values = (max_pool2d(t[None], 2, ceil_mode=True)[0] for t in (keys, values))
        keys, values = keys.flatten(1), values.flatten(1)
        for row in range(x.shape[2]):
            for column in range(x.shape[3]):
                query = g @ picture[:, row, column]
                alike = [math.exp(float(query @ keys[:, i])) for i in range(keys.shape[1])]
                found = sum(a * values[:, i] for i, a in enumerate(alike)) / sum(alike)
                made[n, :, row, column] += net.gamma * (v @ found)
    return made


@pytest.mark.parametrize("pool", [True, False])
@pytest.mark.parametrize("size", [(4, 4), (2, 6), (3, 5), (1, 1)])
def test_it_is_the_equation(pool: bool, size: tuple[int, int]) -> None:
    net, x = attention(16, pool=pool), torch.randn(2, 16, *size).double()
    torch.testing.assert_close(net(x), slowly(net, x))


@pytest.mark.parametrize("pool", [True, False])
def test_first_and_second_derivatives(pool: bool) -> None:
    net, x = attention(4, values=2, pool=pool), torch.randn(1, 4, 2, 4).double().requires_grad_()
    weights = [p.detach().clone().requires_grad_() for p in net.parameters()]

    def run(x: Tensor, *weights: Tensor) -> Tensor:
        named = dict(zip(dict(net.named_parameters()), weights, strict=True))
        return torch.func.functional_call(net, named, (x,))

    assert torch.autograd.gradcheck(run, (x, *weights))
    assert torch.autograd.gradgradcheck(run, (x, *weights))


def test_it_begins_as_the_identity_and_can_leave_it() -> None:
    net, x = attention(gamma=0.0), torch.randn(2, 8, 4, 4).double()
    assert torch.equal(net(x), x)
    net(x).square().sum().backward()
    assert net.gamma.grad is not None
    assert net.gamma.grad.abs() > 1e-3
    assert not torch.allclose(attention()(x), x)


def test_pixels_have_no_order() -> None:
    """Without pooling, pixels that change places take what they found along."""
    net, x = attention(pool=False), torch.randn(2, 8, 4, 4).double()
    order = torch.randperm(16, generator=torch.Generator().manual_seed(0))

    def moved(t: Tensor) -> Tensor:
        return t.flatten(2)[:, :, order].view_as(t)

    torch.testing.assert_close(net(moved(x)), moved(net(x)))
    pooled = attention(pool=True)  # squares are no set of pixels ...
    assert not torch.allclose(pooled(moved(x)), moved(pooled(x)))
    torch.testing.assert_close(pooled(x.flip(3)), pooled(x).flip(3))  # ... but mirror as they do


def test_the_sizes_of_paper_and_official_code() -> None:
    """C = 256: the official code's f, g, h, v and γ; the paper's with C/8 throughout."""
    official = sum(p.numel() for p in SelfAttention(256).parameters())
    assert official == 256 * (32 + 32 + 128 + 128) + 1
    paper = sum(p.numel() for p in SelfAttention(256, values=32, pool=False).parameters())
    assert paper == 256 * 4 * 32 + 1
    assert SelfAttention(4)(torch.zeros(1, 4, 2, 2)).shape == (1, 4, 2, 2)

from __future__ import annotations

import pytest
import torch
from torch import nn

from ganvas.nets.dcgan import DCGANDiscriminator, DCGANGenerator, layer_norm


@pytest.mark.parametrize(("k", "base"), [(1, (4, 4)), (2, (4, 4)), (2, (7, 7)), (2, (4, 6))])
def test_sizes(k: int, base: tuple[int, int]) -> None:
    G = DCGANGenerator(5, 4, 3, k, base=base)
    D = DCGANDiscriminator(4, 3, k, base=base)
    x = G(torch.randn(2, 5))
    assert x.shape == (2, 3, base[0] * 2**k, base[1] * 2**k)
    assert x.abs().max() <= 1
    assert D(x).shape == (2,)


def test_layer_norm_sees_each_image_alone() -> None:
    x = torch.randn(4, 6, 5, 5) * 3 + 1
    normed = layer_norm(6)(x)
    torch.testing.assert_close(normed[:1], layer_norm(6)(x[:1]))
    torch.testing.assert_close(normed.flatten(1).mean(1), torch.zeros(4), atol=1e-5, rtol=0)
    torch.testing.assert_close(
        normed.flatten(1).var(1, unbiased=False), torch.ones(4), atol=1e-3, rtol=0
    )
    assert sum(p.numel() for p in layer_norm(6).parameters()) == 12


def test_norms_and_biases_are_where_they_were_asked_for() -> None:
    plain = DCGANDiscriminator(4, 1, 2, bias=False)
    assert not any(name.endswith("bias") for name, _ in plain.named_parameters())
    D = DCGANDiscriminator(4, 1, 3, norm=nn.BatchNorm2d)
    assert sum(isinstance(m, nn.BatchNorm2d) for m in D.modules()) == 2, "none on the first layer"
    G = DCGANGenerator(4, 4, 1, 3)
    assert sum(isinstance(m, nn.BatchNorm2d) for m in G.modules()) == 3, "none on the last layer"

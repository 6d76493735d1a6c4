from __future__ import annotations

import math

import torch
from torch.autograd import gradcheck, gradgradcheck

from ganvas.tricks.minibatch import MinibatchDiscrimination


def test_it_is_the_formula_of_the_paper() -> None:
    torch.manual_seed(0)
    layer, x = MinibatchDiscrimination(6, 3, 2).double(), torch.randn(5, 6).double()
    o = layer(x)
    assert o.shape == (5, 3)
    for i in range(5):
        for b in range(3):
            m = [x[j] @ layer.T[:, b] for j in range(5)]
            expected = sum(math.exp(-(m[i] - m[j]).abs().sum().item()) for j in range(5))
            assert math.isclose(o[i, b].item(), expected, rel_tol=1e-9)


def test_a_collapsed_batch_has_its_size_and_a_lonely_sample_1() -> None:
    layer = MinibatchDiscrimination(4, 7, 3)
    assert torch.equal(layer(torch.randn(1, 4).expand(9, 4)), torch.full((9, 7), 9.0))
    far = 1e4 * torch.arange(5.0)[:, None] * torch.ones(4)
    torch.testing.assert_close(layer(far), torch.ones(5, 7))
    assert torch.equal(layer(torch.randn(1, 4)), torch.ones(1, 7))


def test_gradients_and_their_gradients() -> None:
    torch.manual_seed(0)
    layer, x = MinibatchDiscrimination(3, 2, 2).double(), torch.randn(4, 3).double()
    assert gradcheck(layer, x.requires_grad_())
    assert gradgradcheck(layer, x)
    assert gradcheck(lambda T: torch.func.functional_call(layer, {"T": T}, x.detach()), layer.T)


def test_distances_begin_of_one_size_however_many_inputs() -> None:
    torch.manual_seed(0)
    for inputs in (16, 4_096):
        layer, x = MinibatchDiscrimination(inputs, 50, 5), torch.randn(2, inputs)
        m = torch.tensordot(x / x.norm(dim=1, keepdim=True), layer.T, 1)
        assert 0.8 < m.std() * inputs**0.5 < 1.2

"""Norms and scores that are told something."""

from __future__ import annotations

import pytest
import torch

from ganvas.nets.conditional import ClassNorm, ProjectedScore, VectorNorm


def test_at_first_every_class_is_plain_batch_norm() -> None:
    x, label = torch.randn(6, 5, 3, 3), torch.tensor([0, 1, 2, 0, 1, 2])
    plain = torch.nn.BatchNorm2d(5, affine=False)
    torch.testing.assert_close(ClassNorm(5, 3)(x, label), plain(x))


def test_each_class_has_its_own_gain_and_bias() -> None:
    torch.manual_seed(0)
    norm, x, label = ClassNorm(4, 3), torch.randn(6, 4, 3, 3), torch.tensor([2, 1, 2, 0, 1, 2])
    norm.gain.data.normal_()
    norm.bias.data.normal_()
    normed = (x - x.mean((0, 2, 3), keepdim=True)) / (
        x.var((0, 2, 3), correction=0, keepdim=True) + 1e-5
    ).sqrt()
    made = norm(x, label)
    for row, k in enumerate(label.tolist()):
        expected = normed[row] * norm.gain[k, :, None, None] + norm.bias[k, :, None, None]
        torch.testing.assert_close(made[row], expected)
    made[label == 1].sum().backward()
    assert norm.bias.grad is not None
    assert norm.bias.grad.abs().sum(1).nonzero().flatten().tolist() == [1]


def test_a_vector_says_gain_and_bias_by_linear_maps() -> None:
    torch.manual_seed(0)
    norm, x, c = VectorNorm(4, 3), torch.randn(6, 4, 2, 2), torch.randn(6, 3)
    normed = norm.norm(x)
    torch.testing.assert_close(norm(x, torch.zeros(6, 3)), normed)
    gain, bias = 1 + c @ norm.gain.weight.T, c @ norm.bias.weight.T
    expected = normed * gain[:, :, None, None] + bias[:, :, None, None]
    torch.testing.assert_close(norm(x, c), expected)
    assert sum(p.numel() for p in norm.parameters()) == 2 * 4 * 3


@pytest.mark.parametrize("kind", ["class", "vector"])
def test_derivatives_of_conditional_norms(kind: str) -> None:
    torch.manual_seed(0)
    x = torch.randn(3, 2, 2, 1).double().requires_grad_()
    if kind == "class":
        norm, label = ClassNorm(2, 2).double(), torch.tensor([1, 0, 1])
        assert torch.autograd.gradcheck(lambda x: norm(x, label), x)
        assert torch.autograd.gradgradcheck(lambda x: norm(x, label), x)
    else:
        vector, c = VectorNorm(2, 3).double(), torch.randn(3, 3).double().requires_grad_()
        assert torch.autograd.gradcheck(vector, (x, c))
        assert torch.autograd.gradgradcheck(vector, (x, c))


def test_the_score_is_linear_in_the_features_and_in_their_projection_on_the_class() -> None:
    torch.manual_seed(0)
    head, h, y = ProjectedScore(5, 3), torch.randn(4, 5), torch.tensor([0, 2, 1, 2])
    assert head.embed is not None
    for row, k in enumerate(y.tolist()):
        linear = head.score.weight[0] @ h[row] + head.score.bias[0]
        expected = linear + sum(a * b for a, b in zip(head.embed.weight[k], h[row], strict=True))
        torch.testing.assert_close(head(h, y)[row], expected)
    plain = ProjectedScore(5)
    torch.testing.assert_close(plain(h), h @ plain.score.weight[0] + plain.score.bias)
    assert sum(p.numel() for p in plain.parameters()) == 6

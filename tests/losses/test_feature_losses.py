from __future__ import annotations

import torch

from ganvas.losses.features import feature_matching, gram


def test_feature_matching_is_the_sum_over_layers_and_the_mean_over_networks() -> None:
    zeros = [torch.zeros(2, 3, 4, 4), torch.zeros(2, 5, 2, 2), torch.zeros(2, 1, 1, 1)]
    one = [torch.full_like(zeros[0], 0.5), torch.full_like(zeros[1], -2.0), zeros[2] + 9]
    other = [torch.full_like(zeros[0], 1.0), zeros[1], zeros[2] - 9]
    found = feature_matching([zeros, zeros], [one, other])
    torch.testing.assert_close(found, torch.tensor(((0.5 + 2.0) + (1.0 + 0.0)) / 2))


def test_what_is_real_is_not_moved() -> None:
    real, fake = (torch.rand(2, 3, requires_grad=True) for _ in range(2))
    feature_matching([[real, real]], [[fake, fake]]).backward()
    assert real.grad is None
    assert fake.grad is not None


def test_gram_knows_what_there_is_and_not_where() -> None:
    x = torch.rand(2, 3, 4, 5)
    expected = torch.einsum("nihw,njhw->nij", x, x) / (3 * 4 * 5)
    torch.testing.assert_close(gram(x), expected)
    torch.testing.assert_close(gram(x.flip(2).roll(2, 3)), expected)

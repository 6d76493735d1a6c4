"""Each penalty against its closed form, and its gradient against finite differences."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from ganvas.losses.penalties import (
    clip_weights,
    dragan_penalty,
    gradient_penalty,
    orthogonal,
    zero_centred,
)


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).double()


def quadratic(x: Tensor) -> Tensor:
    """Half the squared length: its gradient at x is x itself."""
    return x.flatten(1).square().sum(1) / 2


class Smooth(nn.Module):
    """A critic whose second derivatives are not zero."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(draw(6, 4, seed=7))

    def forward(self, x: Tensor) -> Tensor:
        return (x.flatten(1) @ self.weight).tanh().sum(1)


def test_gradient_penalty_of_a_linear_critic_is_that_of_its_slope() -> None:
    """f(x) = w·x has slope ||w|| everywhere: ||w|| = 5 costs (5 - 1)^2."""
    w = torch.tensor([3.0, 4.0])
    penalty = gradient_penalty(
        lambda x: x @ w, draw(8, 2).float(), draw(8, 2).float(), torch.rand(8)
    )
    assert penalty.item() == pytest.approx(16.0, rel=1e-5)


def test_gradient_penalty_looks_between_the_samples() -> None:
    """At x̂ = ε x + (1 - ε) G(z), with an ε for each row, the quadratic's slope is ||x̂||."""
    real, fake, at = draw(5, 2, 3), draw(5, 2, 3, seed=1), draw(5, seed=2).sigmoid()
    between = torch.stack([e * r + (1 - e) * f for e, r, f in zip(at, real, fake, strict=True)])
    expected = (between.flatten(1).norm(dim=1) - 1).square().mean()
    torch.testing.assert_close(gradient_penalty(quadratic, real, fake, at), expected)


def test_gradient_penalty_can_be_descended() -> None:
    """Its derivative by the critic's weights, which is a derivative of a derivative."""
    critic, real, fake, at = (
        Smooth(),
        draw(3, 2, 3),
        draw(3, 2, 3, seed=1),
        draw(3, seed=2).sigmoid(),
    )

    def penalty(weight: Tensor) -> Tensor:
        bent = lambda x: (x.flatten(1) @ weight).tanh().sum(1)  # noqa: E731
        return gradient_penalty(bent, real, fake, at)

    assert torch.autograd.gradcheck(penalty, (critic.weight,))
    gradient_penalty(critic, real, fake, at).backward()
    assert critic.weight.grad is not None
    assert bool(critic.weight.grad.abs().sum() > 0)


def test_gradient_penalty_teaches_the_critic_alone() -> None:
    fake = draw(4, 2).requires_grad_()
    penalty = gradient_penalty(quadratic, draw(4, 2, seed=1), fake, torch.rand(4).double())
    assert torch.autograd.grad(penalty, fake, allow_unused=True) == (None,)


def test_r1_of_the_quadratic() -> None:
    real = draw(5, 1, 2, 3).requires_grad_()
    expected = real.detach().flatten(1).square().sum(1).mean() / 2
    torch.testing.assert_close(zero_centred(quadratic(real), real).detach(), expected)


def test_r1_takes_each_row_for_itself() -> None:
    critic, rows = Smooth(), draw(4, 6)
    parts = [zero_centred(critic(row), row) for row in (r[None].requires_grad_() for r in rows)]
    real = rows.clone().requires_grad_()
    torch.testing.assert_close(zero_centred(critic(real), real), torch.stack(parts).mean())


def test_r1_can_be_descended() -> None:
    real = draw(3, 6).requires_grad_()

    def penalty(weight: Tensor) -> Tensor:
        return zero_centred((real @ weight).tanh().sum(1), real)

    assert torch.autograd.gradcheck(penalty, (draw(6, 4, seed=7).requires_grad_(),))


def test_dragan_penalises_slopes_near_the_data_alone() -> None:
    """Of w·x the slope is w everywhere; of x²/2 it is x + δ."""
    real, noise = draw(6, 3), torch.rand(6, 3, generator=torch.Generator().manual_seed(1)).double()
    weight = torch.tensor([3.0, 0.0, 4.0]).double()
    flat = dragan_penalty(lambda x: x @ weight, real, noise)
    assert flat.item() == pytest.approx((5 - 1) ** 2)
    at = real + 0.5 * real.std() * noise
    expected = (at.norm(dim=1) - 1).square().mean()
    found = dragan_penalty(lambda x: x.square().sum(1) / 2, real, noise)
    torch.testing.assert_close(found.detach(), expected)


def test_orthogonal_rows_are_free() -> None:
    """Norms cost nothing, angles do: (w1·w2)² twice, once in either place."""
    net = nn.Linear(2, 2, bias=True).double()
    with torch.no_grad():
        net.weight.copy_(torch.tensor([[3.0, 0.0], [0.0, 5.0]]))
        assert orthogonal(net).item() == 0
        net.weight.copy_(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert orthogonal(net).item() == pytest.approx(2 * 11**2)
    kernel = nn.Conv2d(2, 3, 3, bias=False).double()
    gram = kernel.weight.flatten(1) @ kernel.weight.flatten(1).T
    expected = (gram * (1 - torch.eye(3))).square().sum()
    torch.testing.assert_close(orthogonal(kernel), expected)

    def cost(weight: Tensor) -> Tensor:
        return torch.func.functional_call(Cost(net), {"net.weight": weight}, ())

    assert torch.autograd.gradcheck(cost, (net.weight.detach().requires_grad_(),))


class Cost(nn.Module):
    """`orthogonal` as a network, whose weights can be given."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self) -> Tensor:
        return orthogonal(self.net)


def test_clip_weights() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    before = {name: value.clone() for name, value in net.state_dict().items()}
    clip_weights(net, 0.1)
    for name, p in net.named_parameters():
        torch.testing.assert_close(p.data, before[name].clamp(-0.1, 0.1))
        assert p.requires_grad
    assert bool((net[1].weight == 0.1).all())
    assert torch.equal(net[1].running_var, before["1.running_var"])

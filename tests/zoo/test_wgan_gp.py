from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import nn

from ganvas import data
from ganvas.core import Batch, Chance, Image, Points, Settings, Space, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.testing import StandIn

LINE = {"x": Points(1)}
PICTURES = {"x": Image(1, 16, 16)}


@pytest.fixture
def double_precision() -> Iterator[None]:
    """float64 for every new tensor, so that differences are not rounding."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def block(before: int, after: int, middle: int) -> int:
    """Parameters of a residual block: 1x1 shortcut, two norms, two 3x3 convolutions."""
    shortcut = before * after + after
    norms = 2 * before + 2 * middle
    return shortcut + norms + 9 * before * middle + 9 * middle * after + after


def test_the_paper_s_size() -> None:
    """The official 64x64 networks at width 64, weight by weight."""
    players, d = card("wgan_gp", "paper").players, 64
    ups = ((8, 8), (8, 4), (4, 2), (2, 1))
    G = (128 + 1) * 4 * 4 * 8 * d + sum(block(a * d, b * d, b * d) for a, b in ups)
    G += 2 * d + 9 * d * 3 + 3
    downs = ((1, 2), (2, 4), (4, 8), (8, 8))
    C = 9 * 3 * d + d + sum(block(a * d, b * d, a * d) for a, b in downs) + 4 * 4 * 8 * d + 1
    assert players["G"]["parameters"] == G == 8_540_483
    assert players["C"]["parameters"] == C == 7_491_841
    assert players["C"]["optimiser"].startswith("Adam(lr=0.0001, betas=(0.0, 0.9)")


@pytest.mark.parametrize(("space", "weight"), [(Points(2), 0.1), (Image(1, 8, 8), 10.0)])
def test_the_loss(space: Space, weight: float) -> None:
    """Equation 3 with the gradient of each row taken by itself."""
    game = make("wgan_gp", spaces={"x": space}, ema=None)
    game.chance = Chance("test")
    x = torch.randn(3, *space.shape)
    move = next(iter(game.play(iter([Batch(x=x)]))))

    game.chance = Chance("test")
    fake, at = game.G(game.noise(3)).detach(), game.chance.uniform(3)
    slopes = []
    for real_row, fake_row, e in zip(x, fake, at, strict=True):
        between = (e * real_row + (1 - e) * fake_row)[None].requires_grad_()
        slopes.append(torch.autograd.grad(game.C(between).sum(), between)[0].norm())
    penalty = (torch.stack(slopes) - 1).square().mean()
    expected = game.C(fake).mean() - game.C(x).mean() + weight * penalty
    torch.testing.assert_close(move.loss, expected)
    torch.testing.assert_close(move.figures["gp"], penalty)


def test_five_steps_of_the_critic_then_one_of_the_generator() -> None:
    assert card("wgan_gp").moves == ["C"] * 5 + ["G"]


@pytest.mark.parametrize("network", ["dcgan", "resnet"])
def test_no_batch_statistics_unless_asked(network: str) -> None:
    def batch_norms(**config: str) -> int:
        game = make("wgan_gp", spaces=PICTURES, network=network, width=4, **config)
        return sum(isinstance(m, nn.BatchNorm2d) for m in game.G.modules())

    assert batch_norms() == 0
    assert batch_norms(norm="batch") > 0
    game = make("wgan_gp", spaces=PICTURES, network=network, width=4, norm="batch")
    assert not any(isinstance(m, nn.BatchNorm2d) for m in game.C.modules())
    assert any(isinstance(m, nn.GroupNorm) for m in game.C.modules())


@pytest.mark.parametrize("network", ["dcgan", "resnet"])
@pytest.mark.usefixtures("double_precision")
def test_parts_of_a_batch_equal_the_batch(network: str) -> None:
    """So half a batch in each of two processes follows the run of one process."""
    ends = []
    for parts in (1, 4):
        torch.manual_seed(0)
        game = make("wgan_gp", spaces=PICTURES, network=network, width=4, batch=8)
        table = StandIn(PICTURES)
        settings = Settings(micro_batches=parts, device="cpu")
        Trainer(game, [table], rounds=2, settings=settings).run()
        ends.append(game.state_dict())
    for name, value in ends[0].items():
        torch.testing.assert_close(value, ends[1][name], rtol=1e-5, atol=1e-8)


def test_it_finds_a_gaussian() -> None:
    torch.manual_seed(0)
    game = make("wgan_gp", spaces=LINE, hidden=32, noise=4, lr=2e-3, ema=0.9)
    before = game.sample(1000)[0]
    Trainer(game, data.load("gaussian1d").tables, rounds=60).run()
    after = game.sample(1000)[0]
    assert abs(before.mean() - 1) > 0.6
    assert abs(after.mean() - 1) < 0.2
    assert 0.35 < after.std() < 0.75


@pytest.mark.parametrize("network", ["dcgan", "resnet"])
@pytest.mark.parametrize("space", [Image(1, 28, 28), Image(4, 8, 12)])
def test_sizes_it_makes(network: str, space: Image) -> None:
    game = make("wgan_gp", spaces={"x": space}, network=network, width=4)
    made, inputs = game.sample(3)
    assert game.output.why_not(made) is None
    assert game.scores(made, inputs).shape == (3,)


def test_sizes_it_refuses() -> None:
    with pytest.raises(UsageError, match="wgan_gp cannot make 30x30 .* 28x28 or 32x32"):
        make("wgan_gp", spaces={"x": Image(1, 30, 30)})

"""R3GAN: pairs of scores, a penalty on both kinds of picture, and networks that begin linear."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.autograd import gradgradcheck
from torch.nn.functional import softplus

from ganvas.core import Batch, Chance, Game, Image, Label, Schedule, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.data.source import Rows
from ganvas.zoo.r3gan import Block, Discriminator

SMALL = {"noise": 5, "base": 16, "widest": 16, "narrowest": 8, "group_size": 4, "batch": 6}
TINY = {**SMALL, "penalty_weight": 1.0, "penalty_every": 1}
SIZE = {"x": Image(1, 16, 16)}


def tiny(spaces: dict[str, Image | Label] = SIZE, **config: object) -> Game:
    torch.manual_seed(0)
    return make("r3gan", spaces=spaces, **{**TINY, **config})


def wake(net: torch.nn.Module) -> None:
    """Ends the sleep of the blocks, which begin as nothing."""
    for block in net.modules():
        if isinstance(block, Block):
            torch.nn.init.normal_(block.contract.weight, 0.0, 0.3)
            torch.nn.init.normal_(block.expand.bias, 0.0, 0.3)


@pytest.mark.parametrize(
    ("preset", "g", "d"), [("paper", 23_057_952, 23_009_568), ("cifar10", 20_781_952, 21_280_512)]
)
def test_the_paper_s_sizes(preset: str, g: int, d: int) -> None:
    """It gives 23.06 M and 23.01 M for FFHQ at 256x256, 20.8 M and 21.3 M for CIFAR-10."""
    players = card("r3gan", preset).players
    assert (players["G"]["parameters"], players["D"]["parameters"]) == (g, d)


def test_widths_fall_from_the_coarsest_size_on() -> None:
    with torch.device("meta"):
        game = make("r3gan", preset="paper")
    widths = [size[0].expand.in_channels for size in game.G.net.sizes]
    assert widths == [768, 768, 768, 768, 384, 192, 96]
    assert [size[0].expand.in_channels for size in game.D.net.sizes] == widths[::-1]
    first = game.G.net.sizes[0][0]
    assert first.spatial.weight.shape == (1536, 16, 3, 3)
    assert first.spatial.groups == 96


def test_a_block_begins_as_the_identity_at_a_scale_that_depth_keeps() -> None:
    torch.manual_seed(0)
    block, x = Block(64, 128, 16, depth=16), torch.randn(2, 64, 5, 7)
    assert torch.equal(block(x), x)
    he = math.sqrt(2 / 1.04)
    assert block.expand.weight.std().item() == pytest.approx(he / math.sqrt(64) / 2, rel=0.03)
    assert block.spatial.weight.std().item() == pytest.approx(he / math.sqrt(144) / 2, rel=0.03)
    wake(block)
    assert not torch.allclose(block(x), x)


def test_both_begin_linear_and_at_the_scale_of_their_input() -> None:
    game = tiny(noise=64, widest=64, base=256)
    z, x = torch.randn(32, 64), torch.randn(32, 1, 16, 16)
    made = game.G(z)
    torch.testing.assert_close(game.G(3 * z), 3 * made)
    assert 0.3 < made.std() < 1.5
    torch.testing.assert_close(game.D(3 * x), 3 * game.D(x))


def test_what_each_player_wants() -> None:
    """E softplus(D(G(z)) - D(x)) + γ/2 (R1 + R2), and E softplus(D(x) - D(G(z)))."""
    game = tiny(penalty_weight=0.7)
    wake(game)
    x = Chance("x").uniform(6, 1, 16, 16)
    game.chance = Chance("test")
    d, g = game.play(iter([Batch(x=x)]))
    chance = Chance("test")
    fake, again = (game.G(chance.draw(game.inputs["z"], 6)) for _ in range(2))

    def slope(x: Tensor) -> Tensor:
        x = x.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(game.D(x).sum(), x)
        return gradient.flatten(1).norm(dim=1).square().mean()

    pairs = softplus(game.D(fake) - game.D(x)).mean()
    torch.testing.assert_close(d.loss, pairs + 0.7 / 2 * (slope(x) + slope(fake)))
    torch.testing.assert_close(g.loss, softplus(game.D(x) - game.D(again)).mean())


def test_the_penalty_can_be_descended() -> None:
    torch.manual_seed(0)
    shape = {"blocks": 1, "expansion": 2, "group": 2}
    net = Discriminator(3, (2, 4), 2, (2, 3), **shape).double()
    wake(net)
    x = torch.randn(2, 2, 4, 6, dtype=torch.float64, requires_grad=True)
    label = torch.tensor([0, 2])
    assert gradgradcheck(lambda x, *_: net(x, label), (x, *net.parameters()), fast_mode=True)


def test_labels() -> None:
    spaces = {"x": Image(3, 8, 8), "label": Label(4)}
    game = tiny(spaces, conditional=True)
    z, x = torch.randn(1, 5).expand(4, 5), torch.randn(1, 3, 8, 8).expand(4, 3, 8, 8)
    label = torch.arange(4)
    made, scores = game.generate(z, label), game.judge(x, label)
    assert len({row.sum().item() for row in made}) == 4
    assert len(set(scores.tolist())) == 4
    x = torch.rand(6, 3, 8, 8)
    game.chance = Chance("test")
    d, _ = game.play(iter([Batch(x=x, label=torch.arange(6) % 4)]))
    assert d.loss.isfinite()
    assert "label" not in tiny(spaces).inputs
    with pytest.raises(UsageError, match="--conditional needs a label"):
        tiny(conditional=True)


@pytest.mark.parametrize("shape", [(4, 24, 40), (2, 8, 8), (3, 20, 12), (1, 10, 10)])
def test_sizes_that_it_can_make(shape: tuple[int, int, int]) -> None:
    game = tiny({"x": Image(*shape)})
    x, inputs = game.sample(2)
    assert x.shape == (2, *shape)
    assert x.abs().max() <= 1
    assert game.scores(x, inputs).shape == (2,)


def test_sizes_that_it_cannot() -> None:
    with pytest.raises(UsageError, match="25x25 pixels: both sides must be multiples of 4"):
        tiny({"x": Image(1, 25, 25)})
    with pytest.raises(UsageError, match="at least 8x8"):
        tiny({"x": Image(1, 7, 9)})
    with pytest.raises(UsageError, match="32 feature maps.*groups of 7"):
        tiny(group_size=7)


def test_the_paper_s_schedules() -> None:
    falls = Schedule.cosine(150, 15, 0.5)
    expected = [15 + 135 * (1 + math.cos(math.pi * i / 8)) / 2 for i in range(9)]
    assert [falls.at(i / 16) for i in range(9)] == pytest.approx(expected, rel=1e-3)
    assert falls.at(0.9) == 15
    with torch.device("meta"):
        recipe = make("r3gan", preset="paper").D.recipe
    assert recipe.rates(0.0) == {"lr": 2e-4, "betas": (0.0, 0.9)}
    assert recipe.rates(1.0) == {"lr": 5e-5, "betas": (0.0, 0.99)}


def test_it_learns() -> None:
    """A bright square that is in the left or in the right half; both must be drawn."""
    torch.manual_seed(0)
    left = torch.full((1, 8, 8), -1.0)
    left[:, 2:6, :4] = 1.0
    x = torch.stack([left if i % 2 else left.flip(2) for i in range(40)])
    spaces = {"x": Image(1, 8, 8)}
    game = tiny(spaces, batch=20, group_size=16, lr=1e-2, ema=0.9, penalty_weight=0.3)

    def far() -> Tensor:
        made, _ = game.sample(40)
        return torch.stack([(made - kind).abs().mean((1, 2, 3)) for kind in (left, left.flip(2))])

    assert far().min(0).values.mean() > 0.75
    Trainer(game, [Rows(spaces, {"x": x})], rounds=90).run()
    assert far().min(0).values.mean() < 0.5
    assert 8 <= int((far().argmin(0) == 0).sum()) <= 32

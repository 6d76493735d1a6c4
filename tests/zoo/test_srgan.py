from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, mse_loss

from ganvas.core import Batch, Image, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.metrics import vgg
from ganvas.testing import StandIn

SMALL = {"x": Image(1, 8, 8), "y": Image(1, 32, 32)}
TINY = {"width": 4, "blocks": 1, "d_width": 2}


def batch() -> Batch:
    return Batch(x=torch.rand(4, 1, 8, 8) * 2 - 1, y=torch.rand(4, 1, 32, 32) * 2 - 1)


def test_the_published_sizes() -> None:
    """G as SRResNet; D with two dense layers over 6x6 of 512 maps (figure 4)."""
    players = card("srgan", "paper").players
    assert players["G"]["parameters"] == 1_547_350
    maps = [3, 64, 64, 128, 128, 256, 256, 512, 512]
    kernels = [9 * a * b for a, b in itertools.pairwise(maps)]
    norms, dense = 2 * sum(maps[2:]), 512 * 36 * 1024 + 1024 + 1024 + 1
    assert players["D"]["parameters"] == sum(kernels) + 64 + norms + dense == 23_563_649


def test_the_stages() -> None:
    """G alone, from the squared error; then both, with optimisers that begin anew."""
    torch.manual_seed(0)
    game = make("srgan", spaces=SMALL, batch=4, pretrain=0.5, **TINY)
    assert [(s.name, s.share, s.fresh) for s in game.stages()] == [
        ("squared error", 0.5, False),
        ("adversarial", 0.5, True),
    ]
    pair = batch()
    (alone,) = game.exact(iter([pair]))
    torch.testing.assert_close(alone.loss, mse_loss(game.G(pair.x), pair.y))
    trainer = Trainer(game, [StandIn(SMALL)], rounds=4)
    trainer.round()
    trainer.round()
    assert (game.G.steps, game.D.steps, game.stage.name) == (2, 0, "squared error")
    trainer.round()
    assert (game.G.steps, game.D.steps, game.stage.name) == (3, 1, "adversarial")
    paper = card("srgan", "paper")
    assert paper.stages[0]["share"] == pytest.approx(5 / 6)
    assert [s.name for s in make("srgan", pretrain=0.0).stages()] == ["adversarial"]


def test_who_wants_what_without_vgg19() -> None:
    torch.manual_seed(0)
    game = make("srgan", spaces=SMALL, content="discriminator", features=0.3, **TINY)
    for parameter in game.D.parameters():
        parameter.data.mul_(3)  # so that D's opinion matters
    pair = batch()
    d, g = game.play(iter([pair]))
    fake = game.G(pair.x)
    (real, _), (made, _) = game.D(pair.y), game.D(fake)
    torch.testing.assert_close(d.loss, -(logsigmoid(real) + logsigmoid(-made)).mean())
    (made, seen), (_, truth) = game.D(fake), game.D(pair.y)
    assert len(seen) == 8
    apart = [
        ((a - b).square().sum((1, 2, 3)) / b.square().sum((1, 2, 3))).mean()
        for a, b in zip(seen, truth, strict=True)
    ]
    content = mse_loss(fake, pair.y) + 0.3 * torch.stack(apart).mean()
    torch.testing.assert_close(g.figures["content"], content)
    torch.testing.assert_close(g.loss, content - 1e-3 * logsigmoid(made).mean())


def test_who_wants_what_with_vgg19(small_vgg: None) -> None:
    """Equation 5 with the factor of section 2.2.1, in features of the last block."""
    torch.manual_seed(0)
    game = make("srgan", spaces=SMALL, **TINY)
    assert game.config.content == "vgg19"
    pair = batch()
    _, g = game.play(iter([pair]))
    fake = game.G(pair.x)
    phi: Tensor = (vgg.Features(5, 4, activated=True)(fake) - game.vgg(pair.y)) / 12.75
    torch.testing.assert_close(g.figures["content"], phi.square().mean())
    assert game.remarks == []
    assert not any("vgg" in name for name in game.state_dict())


def test_whose_features_is_said() -> None:
    """On its card, which is the config of a run too, and in a remark."""
    assert card("srgan").config["content"]["default"] == "discriminator"
    (remark,) = make("srgan").remarks
    assert "VGG19's weights are not here" in remark
    assert "vgg19-dcbb9e9d.pth" in remark
    with pytest.raises(UsageError, match="put https.*dcbb9e9d.pth .548 MB. at"):
        make("srgan", content="vgg19")


def test_the_adversary_sharpens() -> None:
    """Noise of which x tells the mean only: the squared error makes it grey, with D it has grain
    again."""
    torch.manual_seed(0)
    spaces = {"x": Image(1, 8, 8), "y": Image(1, 16, 16)}
    y = (torch.rand(256, 1, 16, 16) > 0.5).float() * 1.6 - 0.8
    x = torch.nn.functional.avg_pool2d(y, 2)

    class Grain(StandIn):
        def __init__(self) -> None:
            self.spaces, self.rows = spaces, {"x": x, "y": y}

    found = {}
    for name, pretrain in (("error", 1.0), ("adversary", 0.5)):
        torch.manual_seed(0)
        options = {"adversarial": 0.1, "features": 0.0, "pretrain": pretrain, "lr": 2e-3}
        game = make("srgan", spaces=spaces, batch=16, width=8, blocks=1, d_width=4, **options)
        Trainer(game, [Grain()], rounds=160).run()
        made = game.sample(64, x=x[:64])[0]
        found[name] = float((made - enlarged_means(made)).square().mean())
    truth = float((y - enlarged_means(y)).square().mean())
    assert found["error"] < 0.3 * truth
    assert found["adversary"] > 1.5 * found["error"]


def enlarged_means(y: Tensor) -> Tensor:
    means = torch.nn.functional.avg_pool2d(y, 2)
    return means.repeat_interleave(2, 2).repeat_interleave(2, 3)


@pytest.mark.parametrize("shape", [(1, 24, 40), (3, 21, 16), (4, 16, 16)])
def test_sizes_it_makes(shape: tuple[int, int, int]) -> None:
    channels, height, width = shape
    spaces = {"x": Image(*shape), "y": Image(channels, 2 * height, 2 * width)}
    game = make("srgan", spaces=spaces, **TINY)
    made, inputs = game.sample(2, x=torch.rand(2, *shape))
    assert game.output.why_not(made) is None
    assert game.scores(made, inputs).shape == (2,)
    assert game.generate(x=torch.rand(1, channels, 7, 5)).shape == (1, channels, 14, 10)
    assert game.multiple == 1


def test_it_refuses_other_scales() -> None:
    with pytest.raises(UsageError, match="srgan makes pictures 2, 3, 4 or 8 times as large"):
        make("srgan", spaces={"x": Image(3, 16, 16), "y": Image(3, 80, 80)})

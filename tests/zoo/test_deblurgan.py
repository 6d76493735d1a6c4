from __future__ import annotations

import pytest
import torch
from torch.nn.functional import mse_loss

from ganvas import data
from ganvas.core import Batch, Chance, Image, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.losses.penalties import gradient_penalty
from ganvas.metrics import psnr, vgg
from ganvas.nets.perceptual import activations
from ganvas.nets.translation import Noise

CONTENTS = ("vgg19", "discriminator")
TINY = {"width": 2, "blocks": 1, "layers": 1}


def sides(*shape: int) -> dict[str, Image]:
    return {"x": Image(*shape), "y": Image(*shape)}


def batch() -> Batch:
    x, y = torch.rand(2, 4, 1, 8, 8) * 2 - 1
    return Batch(x=x, y=y)


def test_the_published_sizes() -> None:
    """Those of the authors' code: nine blocks with dropout, a critic of 70x70 patches."""
    of_paper = card("deblurgan", "paper")
    sizes = {name: player["parameters"] for name, player in of_paper.players.items()}
    assert sizes == {"G": 11_378_179, "D": 2_764_737}
    assert of_paper.config["critic_steps"]["default"] == 5
    with torch.device("meta"):
        game = make("deblurgan", preset="paper")
    assert [m.p for m in game.modules() if isinstance(m, Noise)] == [0.5] * 9


def test_who_wants_what_without_vgg19() -> None:
    torch.manual_seed(0)
    given = {"content": "discriminator", "features": 0.3, "content_weight": 7.0, "penalty": 4.0}
    game = make("deblurgan", spaces=sides(1, 8, 8), critic_steps=2, **given, **TINY)
    pair, game.chance = batch(), Chance("test")
    first, second, g = game.play(iter([pair]))
    x, y = pair.x, pair.y

    def score(picture: torch.Tensor) -> torch.Tensor:
        return game.D(picture).mean((1, 2, 3))

    fake, game.chance = game.G(x), Chance("test")
    for move in (first, second):
        at = game.chance.uniform(4)
        loss = score(fake).mean() - score(y).mean()
        torch.testing.assert_close(move.figures["wasserstein"], -loss)
        gp = gradient_penalty(score, y, fake, at)
        torch.testing.assert_close(move.loss, loss + 4 * gp)
    seen, truth = (activations(game.D.net.layers, picture) for picture in (fake, y))
    assert len(seen) == 2
    apart = [
        ((a - b).square().sum((1, 2, 3)) / b.square().sum((1, 2, 3))).mean()
        for a, b in zip(seen, truth, strict=True)
    ]
    content = mse_loss(fake, y) + 0.3 * torch.stack(apart).mean()
    torch.testing.assert_close(g.loss, 7 * content - score(fake).mean())


def test_who_wants_what_with_vgg19(small_vgg: None) -> None:
    """The squared difference in φ_{3,3}, before its ReLU."""
    torch.manual_seed(0)
    game = make("deblurgan", spaces=sides(3, 8, 8), critic_steps=1, **TINY)
    assert game.config.content == "vgg19"
    x, y = torch.rand(2, 2, 3, 8, 8) * 2 - 1
    game.chance = Chance("test")
    _, g = game.play(iter([Batch(x=x, y=y)]))
    phi = vgg.Features(3, 3, activated=False)
    content = mse_loss(phi(game.G(x)), phi(y))
    torch.testing.assert_close(g.loss, 100 * content - game.D(game.G(x)).mean())
    assert game.remarks == []


def test_g_adds_to_what_it_is_given() -> None:
    """Without a say of R, the picture stays as it is; nothing leaves [-1, 1]."""
    game = make("deblurgan", spaces=sides(1, 8, 8), **TINY)
    x = torch.rand(2, 1, 8, 8) * 2 - 1
    assert torch.equal(game.generate(x=x), x)
    for parameter in game.G.parameters():
        parameter.data.add_(0.1)
    assert not torch.equal(game.generate(x=x), x)
    assert game.generate(x=x).abs().max() <= 1


def test_whose_features_decide_the_weight(small_vgg: None) -> None:
    weights = {content: make("deblurgan", content=content).weight for content in CONTENTS}
    assert weights == {"vgg19": 100, "discriminator": 30_000}
    assert make("deblurgan", content_weight=3.0).weight == 3


def test_dropout_stays_on() -> None:
    """It is noise that the seed of the sample decides."""
    torch.manual_seed(0)
    game = make("deblurgan", spaces=sides(1, 8, 8), noise=0.5, norm="instance", **TINY)
    x = torch.rand(3, 1, 8, 8) * 2 - 1
    one, same, other = (game.sample(3, x=x, seed=seed)[0] for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_it_sharpens() -> None:
    """Held-out digits, smeared: nearer to the sharp ones than they were by a decibel at least."""
    torch.manual_seed(0)
    given = {"size": 16, "fields": ("x", "y"), "paired": True, "partner": "blurred:6"}
    source, held = data.load("digits", **given), data.load("digits", **given, split="test")
    options = {"width": 8, "blocks": 1, "layers": 1, "critic_steps": 1, "lr": 2e-3}
    game = make("deblurgan", spaces=source.spaces, batch=8, **options)
    Trainer(game, source.tables, rounds=120).run()
    rows = held.tables[0].fetch(torch.arange(200))
    made, _ = game.sample(200, x=rows["x"])
    gain = psnr(made, rows["y"]) - psnr(rows["x"], rows["y"])
    assert gain.mean() > 1


@pytest.mark.parametrize("shape", [(1, 8, 12), (3, 16, 16), (4, 20, 8)])
def test_sizes_it_makes(shape: tuple[int, int, int]) -> None:
    game = make("deblurgan", spaces=sides(*shape), **TINY)
    made, inputs = game.sample(2, x=torch.rand(2, *shape))
    assert game.output.why_not(made) is None
    assert game.scores(made, inputs).shape == (2,)
    assert game.generate(x=torch.rand(1, shape[0], 24, 28)).shape == (1, shape[0], 24, 28)
    assert game.multiple == 4


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (Image(1, 18, 16), Image(1, 18, 16), "multiples of 4 and at least 12 .* not 18x16"),
        (Image(1, 8, 16), Image(1, 8, 16), "at least 12 pixels"),
        (Image(1, 16, 16), Image(1, 32, 32), "the same size and channels"),
        (Image(1, 16, 16), Image(3, 16, 16), "the same size and channels"),
    ],
)
def test_sizes_it_refuses(x: Image, y: Image, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make("deblurgan", spaces={"x": x, "y": y})

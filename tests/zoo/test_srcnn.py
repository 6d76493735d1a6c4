from __future__ import annotations

import pytest
import torch
from torch import nn

from ganvas import data
from ganvas.core import SGD, Batch, Image, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.metrics import psnr
from ganvas.nets.superres import enlarged

SMALL = {"x": Image(1, 8, 8), "y": Image(1, 16, 16)}


@pytest.mark.parametrize(
    ("sizes", "weights"), [((9, 1, 5), 8_032), ((9, 3, 5), 24_416), ((9, 5, 5), 57_184)]
)
def test_the_published_sizes(sizes: tuple[int, ...], weights: int) -> None:
    """Those of section 4.3.2, of one channel, biases not counted."""
    with torch.device("meta"):
        game = make("srcnn", preset="paper", sizes=sizes)
    kernels = [p for p in game.parameters() if p.dim() == 4]
    assert sum(p.numel() for p in kernels) == weights
    assert card("srcnn", "paper").moves == ["F12+F3"]


def test_the_paper_s_way_to_learn() -> None:
    """The last layer at a tenth of the rate; weights from N(0, 0.001²), no biases (section 3.3)."""
    torch.manual_seed(0)
    game = make("srcnn", preset="paper")
    assert game.F12.recipe == SGD(1e-4, 0.9)
    assert game.F3.recipe == SGD(pytest.approx(1e-5), 0.9)
    for layer in (m for m in game.modules() if isinstance(m, nn.Conv2d)):
        assert float(layer.weight.detach().std()) == pytest.approx(1e-3, rel=0.15)
        assert not layer.bias.any()
    falling = make("srcnn", last=0.5, lr="1e-3@0 0@1")
    assert falling.F3.recipe.lr.at(0.5) == pytest.approx(2.5e-4)


@pytest.mark.parametrize("base", [True, False])
def test_it_learns_from_the_middle(base: bool) -> None:
    """Equation 4: the squared norm over what no padding has touched, in pixel values of [0, 1]."""
    game = make("srcnn", spaces=SMALL, sizes=(5, 1, 3), maps=(4, 3), base=base)
    x, y = torch.rand(4, 1, 8, 8) * 2 - 1, torch.rand(4, 1, 16, 16) * 2 - 1
    (move,) = game.play(iter([Batch(x=x, y=y)]))
    u = (enlarged(x, 2) + 1) / 2
    made = game.F3(game.F12(u)) + base * u[:, :, 3:13, 3:13]
    assert made.shape == (4, 1, 10, 10)
    truth = ((y + 1) / 2)[:, :, 3:13, 3:13]
    torch.testing.assert_close(move.loss, (made - truth).square().sum((1, 2, 3)).mean())
    expected = -10 * (u[:, :, 3:13, 3:13] - truth).square().mean().log10()
    torch.testing.assert_close(move.figures["bicubic"], expected)
    shown = game.generate(x=x)
    torch.testing.assert_close(shown[:, :, 3:13, 3:13], (2 * made - 1).clamp(-1, 1))


def test_it_learns_more_than_bicubic() -> None:
    """Held-out digits of 16 pixels from 8."""
    torch.manual_seed(0)
    given = {"size": 16, "fields": ("x", "y"), "paired": True, "partner": "smaller:2"}
    source, held = data.load("digits", **given), data.load("digits", **given, split="test")
    game = make("srcnn", spaces=source.spaces, maps=(24, 12), sizes=(5, 3, 5), lr=3e-3)
    Trainer(game, source.tables, rounds=250).run()
    rows = held.tables[0].fetch(torch.arange(300))
    made, _ = game.sample(300, x=rows["x"])
    gain = psnr(made, rows["y"]) - psnr(enlarged(rows["x"], 2).clamp(-1, 1), rows["y"])
    assert gain.mean() > 0.3


@pytest.mark.parametrize("shape", [(1, 5, 7), (3, 20, 8), (4, 1, 1)])
def test_a_trained_one_takes_any_size(shape: tuple[int, int, int]) -> None:
    channels, height, width = shape
    spaces = {"x": Image(channels, 8, 8), "y": Image(channels, 24, 24)}
    game = make("srcnn", spaces=spaces, maps=(4, 3))
    made = game.generate(x=torch.rand(2, *shape))
    assert made.shape == (2, channels, 3 * height, 3 * width)
    assert made.abs().max() <= 1
    assert game.multiple == 1


def test_what_it_refuses() -> None:
    with pytest.raises(UsageError, match="srcnn makes pictures 2, 3, 4 or 8 times as large"):
        make("srcnn", spaces={"x": Image(1, 8, 8), "y": Image(1, 40, 40)})
    with pytest.raises(UsageError, match="8 pixels within the border, of which 16x16 pixels leave"):
        make("srcnn", spaces=SMALL, sizes=(9, 5, 5))
    with pytest.raises(UsageError, match="the channels of what it makes, 3, not 1; say --no-base"):
        make("srcnn", spaces={"x": Image(1, 16, 16), "y": Image(3, 32, 32)})
    for sizes in ((9, 5), (9, 4, 5), (9, 1, 5, 5)):
        with pytest.raises(UsageError, match="three odd numbers"):
            make("srcnn", sizes=sizes)

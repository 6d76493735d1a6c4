from __future__ import annotations

import pytest
import torch
from torch.nn.functional import mse_loss

from ganvas import data
from ganvas.core import Batch, Image, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.metrics import psnr
from ganvas.nets.superres import enlarged

SMALL = {"x": Image(1, 8, 8), "y": Image(1, 16, 16)}
TINY = {"width": 4, "blocks": 1}


def test_the_published_size() -> None:
    """About 1.5 million, as it is cited; figure 4, layer by layer."""
    wide = 64
    block = 2 * (wide * wide * 9 + 2 * wide) + 1
    enter, last = 3 * wide * 81 + wide + 1, wide * 3 * 81 + 3
    body = 16 * block + wide * wide * 9 + 2 * wide
    up = 2 * (wide * 4 * wide * 9 + 4 * wide + 1)
    expected = enter + body + up + last
    assert expected == 1_547_350
    of_paper = card("srresnet", "paper")
    assert of_paper.players["G"]["parameters"] == expected
    assert of_paper.moves == ["G"]


def test_it_descends_the_squared_error() -> None:
    game = make("srresnet", spaces=SMALL, **TINY)
    x, y = torch.rand(4, 1, 8, 8) * 2 - 1, torch.rand(4, 1, 16, 16) * 2 - 1
    (move,) = game.play(iter([Batch(x=x, y=y)]))
    torch.testing.assert_close(move.loss, mse_loss(game.G(x), y))
    whole = psnr(game.G(x).detach().view(1, -1), y.view(1, -1))[0]
    assert float(move.figures["psnr"]) == pytest.approx(float(whole), abs=1e-4)


def test_it_learns_more_than_bicubic() -> None:
    """Held-out digits of 16 pixels from 8: half a decibel above the plain enlargement, at least."""
    torch.manual_seed(0)
    given = {"size": 16, "fields": ("x", "y"), "paired": True, "partner": "smaller:2"}
    source, held = data.load("digits", **given), data.load("digits", **given, split="test")
    game = make("srresnet", spaces=source.spaces, width=12, blocks=2, lr=3e-3)
    Trainer(game, source.tables, rounds=150).run()
    rows = held.tables[0].fetch(torch.arange(300))
    made, inputs = game.sample(300, x=rows["x"])
    gain = psnr(made, rows["y"]) - psnr(enlarged(rows["x"], 2).clamp(-1, 1), rows["y"])
    assert gain.mean() > 0.5
    assert torch.equal(inputs["x"], rows["x"])


@pytest.mark.parametrize("shape", [(1, 5, 7), (3, 20, 8), (4, 1, 1)])
def test_a_trained_one_takes_any_size(shape: tuple[int, int, int]) -> None:
    channels, height, width = shape
    spaces = {"x": Image(channels, 8, 8), "y": Image(channels, 32, 32)}
    game = make("srresnet", spaces=spaces, **TINY)
    made = game.generate(x=torch.rand(2, *shape))
    assert made.shape == (2, channels, 4 * height, 4 * width)
    assert made.abs().max() <= 1
    assert game.multiple == 1


def test_it_refuses_other_scales() -> None:
    spaces = {"x": Image(3, 16, 16), "y": Image(3, 80, 80)}
    with pytest.raises(UsageError, match="srresnet makes pictures 2, 3, 4 or 8 times as large"):
        make("srresnet", spaces=spaces)
    other = {"x": Image(1, 16, 16), "y": Image(3, 32, 32)}
    with pytest.raises(UsageError, match="the channels of what it makes, 3, not 1; say --no-base"):
        make("srresnet", spaces=other)
    assert make("srresnet", spaces=other, base=False, **TINY).output == other["y"]

from __future__ import annotations

import itertools

import pytest
import torch
from torch.nn.functional import logsigmoid

from ganvas import data
from ganvas.core import Batch, Image, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.nets.inpainting import ChannelWise
from ganvas.zoo.context import masked

SMALL = {"x": Image(2, 16, 16), "y": Image(1, 16, 16)}
TINY = {"width": 2}


def holed(n: int, top: int, left: int, side: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures of one channel with a square hole, and the truth."""
    y = torch.rand(n, 1, 16, 16) * 2 - 1
    alpha = torch.ones(n, 1, 16, 16)
    alpha[:, :, top : top + side, left : left + side] = -1
    return torch.cat([torch.where(alpha > 0, y, -1.0), alpha], 1), y


def test_the_authors_sizes() -> None:
    """Those of their code for a hole in the middle, which keeps convolutions' biases at 0."""
    down, code, up = [3, 64, 64, 128, 256, 512], 4000, [512, 256, 128, 64, 3]
    kernels = [16 * a * b for maps in (down, up) for a, b in itertools.pairwise(maps)]
    norms = 2 * (sum(down[2:]) + code + sum(up[:-1]))
    G = sum(kernels) + 2 * 16 * 512 * code + norms + 64 + 3
    seen = [3, 64, 128, 256, 512]
    D = sum(16 * a * b for a, b in itertools.pairwise(seen)) + 16 * 512 + 2 * sum(seen[2:]) + 64 + 1
    players = card("context", "paper").players
    assert [players[name]["parameters"] for name in ("G", "D")] == [G, D] == [71_124_611, 2_765_633]


def test_a_channel_wise_layer_keeps_maps_apart() -> None:
    """m n⁴ weights (section 3.1): each map sees all of itself and nothing of the others."""
    layer = ChannelWise(5, 4, 3)
    assert layer.weight.numel() == 5 * (4 * 3) ** 2
    x = torch.rand(1, 5, 4, 3, requires_grad=True)
    layer(x)[0, 2, 3, 0].backward()
    assert (x.grad[0, 2] != 0).all()
    assert not x.grad[0, [0, 1, 3, 4]].any()
    apart = torch.stack([layer.weight[m].T @ x[0, m].flatten() for m in range(5)])
    torch.testing.assert_close(layer(x)[0].flatten(1), apart)


def test_hole_and_band() -> None:
    """4 pixels of a hole count once, the 12 around it 10 times, others not: the mean over 16."""
    y, hole = torch.zeros(1, 2, 6, 6), torch.zeros(1, 1, 6, 6)
    hole[:, :, 2:4, 2:4] = 1
    fake = torch.full((1, 2, 6, 6), 3.0)
    fake[:, :, 2:4, 2:4] = 2.0
    fake[:, :, 0] = 100.0
    error, inside = masked(fake, y, hole, 1)
    assert float(error) == pytest.approx((4 * 2**2 + 10 * 12 * 3**2) / 16)
    assert float(inside) == pytest.approx(2**2)
    alone, _ = masked(fake, y, hole, 0)
    assert float(alone) == pytest.approx(2**2)
    both, _ = masked(fake.repeat(2, 1, 1, 1), y, torch.cat([hole, 0 * hole]), 0)
    assert float(both) == pytest.approx(2**2 / 2)  # a picture without a hole is done


def test_who_wants_what() -> None:
    torch.manual_seed(0)
    game = make("context", spaces=SMALL, overlap=2, adversarial=0.1, reconstruction=0.7, **TINY)
    x, y = holed(4, 3, 5, 6)
    d, g = game.play(iter([Batch(x=x, y=y)]))
    known = (x[:, 1:] + 1) / 2
    fake = game.G(known * x[:, :1])  # holes are grey
    assert fake.shape == y.shape
    torch.testing.assert_close(d.loss, -(logsigmoid(game.D(y)) + logsigmoid(-game.D(fake))).mean())
    error, hole = masked(fake, y, 1 - known, 2)
    torch.testing.assert_close(g.loss, 0.7 * error - 0.1 * logsigmoid(game.D(fake)).mean())
    torch.testing.assert_close(g.figures["hole"], hole)


def test_what_is_known_stays() -> None:
    torch.manual_seed(0)
    game = make("context", spaces=SMALL, **TINY)
    x, y = holed(4, 3, 5, 6)
    made, _ = game.sample(4, x=x)
    known = x[:, 1:] > 0
    assert torch.equal(made[known], y[known])
    assert not torch.equal(made, x[:, :1])
    half = torch.cat([y, torch.zeros_like(y)], 1)  # half transparent: half of each
    mixed = game.generate(x=half)
    torch.testing.assert_close(mixed, (y + game.G(y / 2)) / 2)


def test_the_middle_alone() -> None:
    """With `--centre`, G makes and D sees the middle half, and the hole must be within."""
    torch.manual_seed(0)
    game = make("context", spaces=SMALL, centre=True, **TINY).eval()
    x, y = holed(4, 5, 5, 7)
    made = game.G((x[:, 1:] + 1) / 2 * x[:, :1])
    assert made.shape == (4, 1, 8, 8)
    shown = game.generate(x=x)
    assert torch.equal(shown[:, :, 5:12, 5:12], made[:, :, 1:8, 1:8])
    assert torch.equal(shown[x[:, 1:] > 0], y[x[:, 1:] > 0])
    assert game.judge(y, x).shape == (4,)
    torch.testing.assert_close(game.judge(y, x), game.D(y[:, :, 4:12, 4:12]))
    with pytest.raises(UsageError, match="holed:centre, or train without --centre"):
        game.generate(x=holed(2, 3, 5, 7)[0])


def test_without_alpha_the_middle_is_the_hole() -> None:
    spaces = {"x": Image(3, 32, 16), "y": Image(3, 32, 16)}
    game = make("context", spaces=spaces, **TINY)
    assert "no alpha" in game.remarks[0]
    x = torch.rand(2, 3, 32, 16)
    changed = (game.generate(x=x) != x).any(1)[0].nonzero()
    assert changed.min(0).values.tolist() == [9, 4]
    assert changed.max(0).values.tolist() == [22, 11]


def test_it_fills_what_its_surroundings_tell() -> None:
    """Stripes go on through the hole: better than the mean colour, on pictures it never saw."""
    torch.manual_seed(0)
    source = data.load(
        "digits", size=16, fields=("x", "y"), paired=True, partner="holed:0.1", split="train"
    )
    game = make("context", spaces=source.spaces, width=8, batch=16, lr=4e-3)
    phase, slope = torch.rand(2, 400, 1, 1)
    across, down = torch.arange(16.0).view(1, 1, 16), torch.arange(16.0).view(1, 16, 1)
    y = torch.sin(6.28 * phase + (across + slope * down) / 2)[:, None] * 0.8

    class Stripes:
        slow, spaces = False, source.spaces

        def __len__(self) -> int:
            return 300

        def fetch(self, rows: torch.Tensor) -> dict[str, torch.Tensor]:
            alpha = holed(400, 5, 6, 5)[0][:, 1:]
            return {"x": torch.cat([y * (alpha > 0), alpha], 1)[rows], "y": y[rows]}

    Trainer(game, [Stripes()], rounds=200).run()
    held = Stripes().fetch(torch.arange(300, 400))
    made, _ = game.sample(100, x=held["x"])
    off = (made - held["y"])[:, :, 5:10, 6:11].square().mean()
    assert off < 0.5 * held["y"][:, :, 5:10, 6:11].square().mean()


@pytest.mark.parametrize("channels", [(1, 1), (2, 1), (3, 3), (4, 3), (4, 4)])
@pytest.mark.parametrize("bottleneck", [0, 6])
def test_what_it_takes(channels: tuple[int, int], bottleneck: int) -> None:
    spaces = {"x": Image(channels[0], 24, 16), "y": Image(channels[1], 24, 16)}
    game = make("context", spaces=spaces, bottleneck=bottleneck, **TINY)
    made, inputs = game.sample(2, x=torch.rand(2, *spaces["x"].shape))
    assert game.output.why_not(made) is None
    assert game.scores(made, inputs).shape == (2,)
    assert game.multiple is None


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (Image(4, 32, 32), Image(3, 64, 64), "an x like y, with an alpha"),
        (Image(1, 32, 32), Image(3, 32, 32), "--partner holed makes one"),
        (Image(4, 8, 32), Image(3, 8, 32), "at least 16x16 pixels, not 8x32"),
        (Image(4, 33, 32), Image(3, 33, 32), "cannot make 33x32"),
    ],
)
def test_what_it_refuses(x: Image, y: Image, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make("context", spaces={"x": x, "y": y})

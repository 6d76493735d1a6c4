from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy, hinge_embedding_loss, mse_loss

from ganvas.core import Batch, Chance, Image, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.data.source import Rows

TINY = {"width": 2, "batch": 4}


def sides(*shape: int) -> dict[str, Image]:
    return {"x": Image(*shape), "y": Image(*shape)}


def pictures(n: int, *shape: int) -> tuple[Tensor, Tensor]:
    return tuple(Chance("pictures").uniform(2, n, *shape) * 2 - 1)


def test_the_released_code_s_sizes() -> None:
    players = card("discogan", "paper").players
    assert [players[name]["parameters"] for name in ("G", "F")] == [5_513_856] * 2
    assert [players[name]["parameters"] for name in ("D_X", "D_Y")] == [2_765_568] * 2
    assert players["G"]["optimiser"] == "Adam(lr=0.0002, betas=(0.5, 0.999), eps=1e-08, " + (
        "weight_decay=1e-05)"
    )
    with torch.device("meta"):
        game = make("discogan", preset="paper", bottleneck=100)
    # 4x4 convolutions to 100 maps and back, and what normalises 100 and 512 maps.
    more = 2 * 16 * 512 * 100 + 2 * 100 + 2 * 512
    assert sum(p.numel() for p in game.G.parameters()) == 5_513_856 + more


def test_a_step_of_d_and_two_of_the_generators_each_on_rows_of_its_own() -> None:
    assert card("discogan").moves == ["D_X+D_Y", "G+F", "G+F"]
    game = make("discogan", spaces=sides(1, 16, 16), interval=5, **TINY)
    game.chance = Chance("test")
    asked = []

    def batches():
        while True:
            x, y = pictures(4, 1, 16, 16)
            asked.append(len(x))
            yield Batch(x=x, y=y)

    moves = [[player is game.G for player in move.players] for move in game.play(batches())]
    assert moves == [[False, False], *[[True, False]] * 4]
    assert len(asked) == 5


@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_who_wants_what(norm: str) -> None:
    """The losses as the authors' code writes them, with logistic outputs and a hinge embedding."""
    torch.manual_seed(0)
    r, share = 0.3, 0.8
    game = make("discogan", spaces=sides(3, 16, 16), norm=norm, returning=r, features=share, **TINY)
    x, y = pictures(4, 3, 16, 16)
    d, g, _ = game.play(iter([Batch(x=x, y=y)] * 3))

    x, y = (x + 1) / 2, (y + 1) / 2
    fake_x, fake_y = game.F(y), game.G(x)
    of_d, of_g = torch.zeros(()), torch.zeros(())
    for D, real, fake in ((game.D_X, x, fake_x), (game.D_Y, y, fake_y)):
        (score, true), (fakes, made) = D(real), D(fake)
        ones = torch.ones(4)
        of_d += binary_cross_entropy(score.sigmoid(), ones) / 2
        of_d += binary_cross_entropy(fakes.sigmoid(), 0 * ones) / 2
        matching = sum(
            hinge_embedding_loss((t.mean(0) - m.mean(0)) ** 2, torch.ones_like(t[0]))
            for t, m in zip(true, made, strict=True)
        )
        fools = binary_cross_entropy(fakes.sigmoid(), ones)
        of_g += (1 - r) * ((1 - share) * fools + share * matching)
    of_g += r * (mse_loss(game.F(fake_y), x) + mse_loss(game.G(fake_x), y))
    torch.testing.assert_close(d.loss, of_d)
    torch.testing.assert_close(g.loss, of_g)


def test_the_features_are_those_of_every_normalised_layer() -> None:
    game = make("discogan", spaces=sides(3, 64, 64), width=2)
    _, features = game.D_X(torch.rand(2, 3, 64, 64))
    assert [f.shape[1:] for f in features] == [(4, 16, 16), (8, 8, 8), (16, 4, 4)]


def test_coming_back_counts_little_at_first() -> None:
    game = make("discogan", spaces=sides(1, 16, 16), **TINY)
    batch = Batch(**dict(zip("xy", pictures(4, 1, 16, 16), strict=True)))

    found = [_part(game, batch, progress) for progress in (0.0, 0.09, 0.1, 0.9)]
    assert found == pytest.approx([0.01, 0.01, 0.5, 0.5], abs=1e-5)


def _part(game, batch: Batch, progress: float) -> float:
    """r, from two losses whose returns differ and nothing else."""
    game.clock.goal_rounds, game.clock.round = 1000, round(1000 * progress)
    losses, returns = [], []
    for r in (None, 0.0):
        config = game.config
        if r is not None:
            game.config = config.but(returning=r)
        _, g, _ = game.play(iter([batch] * 3))
        losses.append(g.loss.item())
        returns.append(2 * g.figures["return"].item())
        game.config = config
    # loss(r) = (1 - r) loss(0) + r return
    return (losses[1] - losses[0]) / (losses[1] - returns[0])


def test_it_finds_the_negative() -> None:
    """Bars on black and, unpaired, bars on white: G turns one into the other, and F back."""
    torch.manual_seed(0)
    bars = torch.full((64, 1, 16, 16), -0.8)
    for i, place in enumerate(torch.randint(1, 12, (64,))):
        bars[i, :, 1 : 4 + i % 9, place : place + 4] = 0.8
    spaces = sides(1, 16, 16)
    tables = [Rows({k: spaces[k]}, {k: v}) for k, v in (("x", bars), ("y", -bars))]
    game = make("discogan", spaces=spaces, width=8, batch=16, lr=2e-3)
    Trainer(game, tables, rounds=60).run()
    made, _ = game.sample(64, x=bars)
    with torch.no_grad():
        returned = game.back(made)
    assert (made + bars).abs().mean() < 0.5  # a G that changes nothing has 1.6
    assert (returned - bars).abs().mean() < 0.4


@pytest.mark.parametrize("bottleneck", [0, 5])
@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_sizes_it_makes(norm: str, bottleneck: int) -> None:
    x, y = Image(3, 32, 48), Image(4, 32, 48)
    game = make("discogan", spaces={"x": x, "y": y}, norm=norm, bottleneck=bottleneck, **TINY)
    made, inputs = game.sample(2, x=torch.rand(2, *x.shape))
    assert y.why_not(made) is None
    assert x.why_not(game.back(made)) is None
    assert game.scores(made, inputs).shape == (2,)
    kind = nn.BatchNorm2d if norm == "batch" else nn.InstanceNorm2d
    assert any(isinstance(module, kind) for module in game.modules())


@pytest.mark.parametrize(
    ("size", "config", "message"),
    [
        ((8, 8), {}, "at least 16x16 pixels, not 8x8"),
        ((36, 36), {}, "multiples of 8, such as 32x32 or 40x40"),
        ((16, 16), {"interval": 1}, "leaves no step to the generators"),
        ((16, 16), {"returning": "0.1@0 1.5@1"}, "between 0 and 1, not 0.1@0 1.5@1"),
    ],
)
def test_what_it_refuses(size: tuple[int, int], config: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make("discogan", spaces=sides(1, *size), **config)


def test_both_sides_have_one_size() -> None:
    with pytest.raises(UsageError, match="same size, not 16x16 and 32x32"):
        make("discogan", spaces={"x": Image(1, 16, 16), "y": Image(1, 32, 32)})

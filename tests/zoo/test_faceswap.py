from __future__ import annotations

import pytest
import torch

from ganvas.core import Batch, Chance, Game, Image, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.data.source import Rows
from ganvas.nets.warp import bent

TINY = {"width": 2, "code": 6}


def sides(*shape: int) -> dict[str, Image]:
    return {"x": Image(*shape), "y": Image(*shape)}


def tiny(**config: object) -> Game:
    torch.manual_seed(0)
    return make("faceswap", spaces=sides(3, 16, 16), **{**TINY, **config})


def test_the_sizes_of_the_code_s_layers() -> None:
    """Version 2 at 64x64, without biases but at the dense layers and at the two ends."""
    E = 25 * 3 * 64 + 9 * (64 * 128 + 128 * 256 + 256 * 512 + 512 * 1024)
    E += (4 * 4 * 1024 + 1) * 1024 + (1024 + 1) * 4 * 4 * 1024 + 9 * 1024 * 4 * 512
    decoder = 9 * 4 * (512 * 256 + 256 * 128 + 128 * 64) + 4 * 9 * 64 * 64
    decoder += (25 * 64 + 1) * 4
    D = 16 * (6 * 64 + 64 * 128 + 128 * 256 + 256)
    players = card("faceswap", "paper").players
    sizes = {name: player["parameters"] for name, player in players.items()}
    assert sizes == {"E": E, "F": decoder, "G": decoder, "D_X": D, "D_Y": D}
    assert E == 58_717_888


def test_who_wants_what() -> None:
    game = tiny(mixing=0.0, adversarial=0.7, cover=0.8, mask=0.3, warp=0.1)
    x, y = torch.rand(2, 3, 3, 16, 16) * 2 - 1
    game.chance = Chance("test")
    d_move, g_move = game.play(iter([Batch(x=x, y=y)]))
    assert d_move.players == (game.D_X, game.D_Y)
    assert g_move.players == (game.E, game.F, game.G)

    chance, d, g = Chance("test"), 0.0, 0.0
    bends = [bent(side, 0.1 * chance.normal(3, 2, 5, 5)) for side in (x, y)]
    for real, warped, decode, D in zip(
        (x, y), bends, (game.F, game.G), (game.D_X, game.D_Y), strict=True
    ):
        mask, look = decode(game.E(warped))
        made = torch.cat([mask * look + (1 - mask) * warped, warped], 1)
        d = d + (D(torch.cat([real, warped], 1)) - 1).square().mean() + D(made).square().mean()
        g = g + 0.7 * (D(made) - 1).square().mean() + (look - real).abs().mean()
        g = g + 0.3 * (0.8 - mask).clamp(min=0).mean()
    torch.testing.assert_close(d_move.loss, d)
    torch.testing.assert_close(g_move.loss, g)


def test_mixing_shows_a_part_of_each_and_asks_for_that_part() -> None:
    game = tiny(mixing=0.5)
    x, y = torch.rand(2, 3, 3, 16, 16) * 2 - 1
    game.D_X.net.forward = game.D_Y.net.forward = lambda seen: seen[:, :1] * 0 + 0.25
    losses = set()
    for round_ in range(4):
        game.chance = Chance("test", round_)
        losses.add(round(float(next(game.play(iter([Batch(x=x, y=y)]))).loss), 5))
    # (1/4 - λ)² for two λ between 0 and 1, other ones each round
    assert len(losses) == 4
    assert 0 <= min(losses) <= max(losses) <= 2 * 0.75**2


def test_the_swap_goes_through_the_other_decoder() -> None:
    game = tiny().eval()
    x = torch.rand(2, 3, 16, 16) * 2 - 1
    for decode, swapped in ((game.G, game.generate(x)), (game.F, game.back(x))):
        mask, look = decode(game.E(x))
        torch.testing.assert_close(swapped, mask * look + (1 - mask) * x)
        assert mask.shape == (2, 1, 16, 16)
        assert 0 <= mask.min() <= mask.max() <= 1


def test_it_learns_to_swap() -> None:
    """Bars on black and, unpaired, bars on white: the swap has the other look, and is its own x."""
    torch.manual_seed(0)
    bars = torch.full((64, 1, 8, 8), -0.8)
    for i, place in enumerate(torch.randint(1, 6, (64,))):
        bars[i, :, 1 : 3 + i % 5, place : place + 2] = 0.8
    space = Image(1, 8, 8)
    tables = [Rows({"x": space}, {"x": bars}), Rows({"y": space}, {"y": -bars})]
    game = make("faceswap", spaces=sides(1, 8, 8), width=16, code=64, batch=16, lr=1e-3)
    Trainer(game, tables, rounds=140).run()
    made, _ = game.sample(64, x=bars)
    far = (made[:, None] + bars).abs().flatten(2).mean(2)  # of each swap to each negative
    assert far.diagonal().mean() < 0.35  # 1.6 if nothing were changed
    assert (far.diagonal() < far.mean(1)).float().mean() > 0.75


@pytest.mark.parametrize("shape", [(1, 8, 8), (4, 16, 24), (3, 64, 64)])
def test_sizes_it_makes(shape: tuple[int, ...]) -> None:
    game = make("faceswap", spaces=sides(*shape), **TINY)
    made, inputs = game.sample(2, x=torch.rand(2, *shape) * 2 - 1)
    assert game.output.why_not(made) is None
    assert game.scores(made, inputs).shape == (2,)


def test_sizes_it_refuses() -> None:
    with pytest.raises(UsageError, match="one size and kind, not .*16.* and .*32"):
        make("faceswap", spaces={"x": Image(3, 16, 16), "y": Image(3, 32, 32)})
    with pytest.raises(UsageError, match="such as 64x64 or 64x80"):
        make("faceswap", spaces=sides(3, 64, 70))

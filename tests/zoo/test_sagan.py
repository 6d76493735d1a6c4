"""SAGAN: its sizes, where it attends, and what it learns."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from ganvas.core import Batch, Chance, Image, Label, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.data.source import Rows
from ganvas.losses.adversarial import hinge_d
from ganvas.nets.spectral import SpectralNorm

SPACES = {"x": Image(1, 16, 16), "label": Label(2)}
SMALL = {"noise": 4, "width": 8, "widest": 8, "batch": 16}


def conv(before: int, after: int, kernel: int) -> int:
    return before * after * kernel**2 + after


def attention(maps: int) -> int:
    return 2 * maps * maps // 8 + 2 * maps * maps // 2 + 1


def test_the_official_sizes() -> None:
    """Counted layer by layer; BigGAN's table 1 has 81.5 M for both together."""
    players = card("sagan", "paper").players
    maps = [1024, 1024, 512, 256, 128, 64]
    g = 129 * 1024 * 16 + attention(256) + 2 * 64 + conv(64, 3, 3)
    for a, b in pairwise(maps):
        g += conv(a, b, 3) + conv(b, b, 3) + conv(a, b, 1) + 1000 * 2 * (a + b)
    d = attention(128) + 2 * conv(1024, 1024, 3) + 1025 + 1000 * 1024
    for a, b in pairwise([3, *maps[:0:-1]]):
        d += conv(a, b, 3) + conv(b, b, 3) + conv(a, b, 1)
    assert (players["G"]["parameters"], players["D"]["parameters"]) == (g, d)
    assert g + d == 81_542_470


def test_the_rates_of_both_players() -> None:
    game = make("sagan", lr=1e-4)
    assert (game.G.recipe.lr, game.D.recipe.lr) == (1e-4, 4e-4)
    assert game.G.recipe.betas == game.D.recipe.betas == (0.0, 0.9)


def test_every_layer_of_both_is_normed() -> None:
    game = make("sagan", spaces=SPACES, **SMALL)
    kinds = (torch.nn.Conv2d, torch.nn.Linear, torch.nn.Embedding)
    for player in (game.G, game.D):
        layers = [m for m in player.net.modules() if isinstance(m, kinds)]
        assert len(layers) > 8
        assert sum(isinstance(m, SpectralNorm) for m in player.net.modules()) == len(layers)


@pytest.mark.parametrize(
    ("space", "attend", "maps"),
    [
        (Image(1, 16, 16), None, (8, 8)),
        (Image(1, 16, 16), 4, (4, 4)),
        (Image(1, 32, 32), 8, (8, 8)),
        (Image(3, 24, 40), None, (12, 20)),
        (Image(3, 24, 40), 6, (6, 10)),
    ],
)
def test_both_attend_at_the_height_that_was_chosen(
    space: Image, attend: int | None, maps: tuple[int, int]
) -> None:
    game = make("sagan", spaces={"x": space}, attention=attend, **SMALL)
    seen: list[tuple[int, ...]] = []
    for player in (game.G, game.D):
        player.net.attention.register_forward_hook(
            lambda _, inputs, __: seen.append(tuple(inputs[0].shape[2:]))
        )
    label = torch.tensor([0, 1])
    x = game.G(torch.randn(2, 4), label)
    assert x.shape == (2, *space.shape)
    assert game.D(x, label).shape == (2,)
    assert seen == [maps, maps]


def test_without_attention() -> None:
    game = make("sagan", spaces=SPACES, attention=0, **SMALL)
    assert game.G.net.attention is None
    assert game.D.net.attention is None
    assert game.reliance() == {}
    assert game.sample(2)[0].shape == (2, 1, 16, 16)


def test_what_each_player_wants() -> None:
    torch.manual_seed(0)
    game = make("sagan", spaces=SPACES, **SMALL).eval()
    game.G.net.attention.gamma.data.fill_(0.5)
    x, label = Chance("x").uniform(6, 1, 16, 16), torch.arange(6) % 2
    game.chance = Chance("test")
    d, g = game.play(iter([Batch(x=x, label=label)]))
    chance = Chance("test")
    fake, again = (game.G(chance.draw(game.inputs["z"], 6), label) for _ in range(2))
    torch.testing.assert_close(d.loss, hinge_d(game.D(x, label), game.D(fake, label)))
    torch.testing.assert_close(g.loss, -game.D(again, label).mean())
    assert (d.figures["γ G"].item(), d.figures["γ D"].item()) == (0.5, 0)


def test_it_draws_the_class_that_is_asked_for_and_learns_to_attend() -> None:
    """Dark pictures and bright ones."""
    torch.manual_seed(0)
    spaces = {"x": Image(1, 8, 8), "label": Label(2)}
    label = torch.arange(64) % 2
    noise = 0.1 * Chance("x").normal(64, 1, 8, 8)
    x = (noise + (label - 0.5)[:, None, None, None]).clamp(-1, 1)
    game = make("sagan", spaces=spaces, **{**SMALL, "ema": 0.9, "lr": 4e-3})
    Trainer(game, [Rows(spaces, {"x": x, "label": label})], rounds=70).run()
    made, _ = game.sample(64, label=label)
    assert ((made.mean((1, 2, 3)) > 0).long() == label).float().mean() > 0.95
    assert all(gamma.abs().item() > 1e-3 for gamma in game.reliance().values())
    with pytest.raises(UsageError, match=r"label is not in .*: classes outside 0\.\.1"):
        game.sample(1, label=torch.tensor([-1]))


def test_what_it_refuses() -> None:
    with pytest.raises(UsageError, match="multiples of 4, such as 16x16 or 20x16"):
        make("sagan", spaces={"x": Image(1, 18, 16)})
    with pytest.raises(UsageError, match="attention is one of 4, 8, or 0 for none"):
        make("sagan", spaces=SPACES, attention=16)

from __future__ import annotations

import itertools

import pytest
import torch

from ganvas.core import Adam, Batch, Chance, Image, Space, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.data.source import Rows

PICTURES = {"x": Image(1, 8, 8)}
TINY = {"width": 4, "width_g": 4, "noise": 4, "halvings": 1, "batch": 8}


def test_the_paper_s_size() -> None:
    """(1024)4c-(512)4c2s-(256)4c2s-(128)4c2s-(3)4c2s, and 64-128-256-128-64-3, 4c2s each."""
    players = card("ebgan", "paper").players

    def weights(maps: list[int]) -> int:
        return sum(16 * a * b for a, b in itertools.pairwise(maps))

    G = weights([100, 1024, 512, 256, 128, 3]) + 2 * (1024 + 512 + 256 + 128) + 3
    D = weights([3, 64, 128, 256, 128, 64, 3]) + 64 + 2 * (128 + 256 + 128 + 64) + 3
    assert players["G"]["parameters"] == G == 12_658_435
    assert players["D"]["parameters"] == D == 1_318_083


def test_what_each_player_wants() -> None:
    """Equations 1 to 4, with the energy of each row by itself."""
    torch.manual_seed(0)
    game = make("ebgan", spaces=PICTURES, ema=None, margin=30.0, pull=0.7, **TINY)
    x = torch.rand(8, 1, 8, 8) * 2 - 1
    game.chance = Chance("test")
    moves = list(game.play(iter([Batch(x=x)])))

    game.chance = Chance("test")
    fake, other = (game.G(game.noise(8)) for _ in range(2))

    def energy(v: torch.Tensor) -> torch.Tensor:
        return torch.stack([row.norm() for row in game.D(v)[0] - v]).mean()

    code = game.D(other)[1]
    unit = code / code.norm(dim=1, keepdim=True)
    pull = ((unit @ unit.T).square().sum() - 8) / (8 * 7)
    assert energy(fake) < 30
    torch.testing.assert_close(moves[0].loss, energy(x) + 30 - energy(fake))
    torch.testing.assert_close(moves[1].loss, energy(other) + 0.7 * pull)
    torch.testing.assert_close(moves[1].figures["pull"], pull)
    torch.testing.assert_close(game.judge(x).mean(), -energy(x))


def test_energies_part_at_the_margin() -> None:
    """Against a G that stands still, data goes low, samples up to the margin and no further."""
    shade = torch.linspace(-0.8, 0.8, 64).view(-1, 1, 1, 1)
    x = shade * torch.linspace(-1, 1, 8).view(1, 1, 1, 8).expand(64, 1, 8, 8)
    torch.manual_seed(0)
    game = make("ebgan", spaces=PICTURES, margin=2.0, lr=3e-3, **{**TINY, "batch": 32, "width": 8})
    game.G.recipe = Adam(0.0)
    trainer = Trainer(game, [Rows(PICTURES, {"x": x})], rounds=200)
    while trainer.clock.round < 180:
        trainer.round()
    trainer.figures()
    trainer.run()
    figures = trainer.figures()
    assert figures["D(x)"] < 0.6
    assert 1.8 < figures["D(G(z))"] < 2.6


@pytest.mark.parametrize("space", [Image(1, 28, 28), Image(3, 16, 24), Image(4, 8, 8)])
def test_sizes_it_makes(space: Space) -> None:
    game = make("ebgan", spaces={"x": space}, **TINY)
    made, inputs = game.sample(3)
    assert game.output.why_not(made) is None
    assert game.scores(made, inputs).shape == (3,)


def test_sizes_it_refuses() -> None:
    with pytest.raises(UsageError, match="ebgan cannot make 30x30 .* 28x28 or 32x32"):
        make("ebgan", spaces={"x": Image(1, 30, 30)})
    with pytest.raises(UsageError, match="set halvings to 1, not 2"):
        make("ebgan", spaces=PICTURES, **{**TINY, "halvings": 2})

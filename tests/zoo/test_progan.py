from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ganvas.core import Batch, Chance, Game, Image, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.data.source import Rows
from ganvas.losses.penalties import gradient_penalty
from ganvas.nets.growing import down, up

TINY = {"noise": 8, "base": 32, "widest": 8, "batch": 4}
SIZE = {"x": Image(1, 16, 16)}


def at(stage: int, progress: float = 0.25) -> Game:
    torch.manual_seed(0)
    game = make("progan", spaces=SIZE, **TINY)
    game.clock.stage, game.clock.stage_progress = stage, progress
    return game


def test_the_official_sizes() -> None:
    """Those that the official code prints at 1024x1024; table 2 rounds both to 23.1M."""
    players = card("progan", "paper").players
    assert players["G"]["parameters"] == 23_079_115
    assert players["D"]["parameters"] == 23_087_249


def test_stages() -> None:
    stages = make("progan", spaces=SIZE, last=3.0, batches=(16, 8), **TINY).stages()
    assert [s.name for s in stages] == ["4x4", "8x8 fade", "8x8", "16x16 fade", "16x16"]
    assert [s.batch for s in stages] == [16, 8, 8, None, None]
    assert [s.share for s in stages] == [1, 1, 1, 1, 3]
    assert all(s.fresh for s in stages)
    paper = card("progan", "paper").stages
    assert len(paper) == 17
    assert [s["batch"] for s in paper[::2]] == [16] * 6 + [14, 6, 3]


def test_a_fade_begins_with_the_picture_before_and_ends_with_the_new_one() -> None:
    game = at(0)
    G, D, z = game.G.net, game.D.net, torch.randn(4, 8)
    small = G(z, 1)
    torch.testing.assert_close(G(z, 2, 0.0), up(small))
    torch.testing.assert_close(G(z, 2, 0.3), torch.lerp(up(small), G(z, 2), 0.3))
    x = torch.randn(4, 1, 16, 16)
    torch.testing.assert_close(D(x, 2, 0.0), D(down(x), 1))
    assert not torch.allclose(D(x, 2, 0.5), D(x, 2))


@pytest.mark.parametrize(("stage", "size"), [(-1, 4), (0, 4), (1, 8), (2, 8), (3, 16), (4, 16)])
def test_every_stage_makes_pictures_of_the_full_size(stage: int, size: int) -> None:
    game = at(stage)
    x, _ = game.sample(5)
    assert x.shape == (5, 1, 16, 16)
    torch.testing.assert_close(up(down(x, 16 // size), 16 // size), x)
    level = {4: 0, 8: 1, 16: 2}[size]
    alpha = 0.25 if stage in (1, 3) else 1.0
    reduced = down(x, 16 // size)
    torch.testing.assert_close(game.judge(x), game.D(reduced, level, alpha))


@pytest.mark.parametrize("stage", [0, 1, 2, 3, 4])
def test_losses(stage: int) -> None:
    """Section A.1 and the blending of real images in the official code."""
    game, real = at(stage), torch.rand(4, 1, 16, 16) * 2 - 1
    level, alpha = (stage + 1) // 2, 0.25 if stage % 2 else 1.0
    game.chance = Chance("test")
    D_move, G_move = game.play(iter([Batch(x=real)]))

    def D(x: Tensor) -> Tensor:
        return game.D(x, level, alpha)

    game.chance = Chance("test")
    x = torch.nn.functional.avg_pool2d(real, 4 // 2**level)
    if stage % 2:
        x = alpha * x + (1 - alpha) * down(x).repeat_interleave(2, 2).repeat_interleave(2, 3)
    fake, eps = game.G.still(game.noise(4), level, alpha), game.chance.uniform(4)
    loss = D(fake).mean() - D(x).mean() + 10 * gradient_penalty(D, x, fake, eps)
    torch.testing.assert_close(D_move.loss, loss + 0.001 * D(x).square().mean())
    torch.testing.assert_close(G_move.loss, -D(game.G(game.noise(4), level, alpha)).mean())


def test_layers_of_later_stages_wait_and_optimisers_begin_anew() -> None:
    torch.manual_seed(0)
    game = make("progan", spaces=SIZE, **TINY)
    trainer = Trainer(game, [Rows(SIZE, {"x": torch.rand(8, 1, 16, 16)})], rounds=10)
    before = {k: v.clone() for k, v in game.state_dict().items()}
    for _ in range(2):
        trainer.round()
    moved = {k for k, v in game.state_dict().items() if not torch.equal(v, before[k])}
    assert moved
    assert not [k for k in moved if "blocks" in k or "image.1" in k or "image.2" in k]
    steps = trainer.optimisers["G"].state[next(game.G.net.first.parameters())]
    assert steps["step"] == 2
    trainer.round()
    steps = trainer.optimisers["G"].state[next(game.G.net.first.parameters())]
    assert game.stage.name == "8x8 fade"
    assert steps["step"] == 1


def test_sizes_that_it_can_make() -> None:
    for size in ((4, 4), (24, 24), (16, 32)):
        with pytest.raises(UsageError, match=r"8, 16, 32.*not"):
            make("progan", spaces={"x": Image(3, *size)}, **TINY)
    with pytest.raises(UsageError, match="base 4 leaves no feature maps"):
        make("progan", spaces=SIZE, **{**TINY, "base": 4})
    assert make("progan", spaces={"x": Image(4, 8, 8)}, **TINY).sample(2)[0].shape == (2, 4, 8, 8)

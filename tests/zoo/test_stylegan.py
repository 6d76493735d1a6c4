from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn.functional import leaky_relu, softplus

from ganvas.core import Batch, Chance, Image, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.data.source import Rows
from ganvas.losses.penalties import zero_centred
from ganvas.nets.growing import down, up

TINY: dict[str, Any] = {"noise": 6, "style": 5, "mapping": 2, "base": 32, "widest": 4, "batch": 8}
SIZE = {"x": Image(1, 16, 16)}


def at(stage: int, progress: float = 0.25, spaces: Any = SIZE, **config: Any) -> Any:
    torch.manual_seed(0)
    game = make("stylegan", spaces=spaces, **{**TINY, **config})
    game.clock.stage, game.clock.stage_progress = stage, progress
    game.chance = Chance("test")
    return game


def test_the_official_sizes() -> None:
    players = card("stylegan", "paper").players
    assert players["G"]["parameters"] == 26_219_627
    assert players["D"]["parameters"] == 23_087_249


def test_it_begins_at_8x8() -> None:
    """Appendix C: from 8² and not from 4² as ProGAN's."""
    stages = at(0, last=3.0, batches=(16, 8, 4)).stages()
    assert [s.name for s in stages] == ["8x8", "16x16 fade", "16x16"]
    assert [s.batch for s in stages] == [8, 4, 4]
    assert [s.share for s in stages] == [1, 1, 3]
    paper = card("stylegan", "paper").stages
    assert len(paper) == 15
    assert [s["batch"] for s in paper[::2]] == [16] * 5 + [14, 6, 3]


def test_a_layer_and_the_constant_that_it_begins_with() -> None:
    game = at(0)
    net = game.G.net.synthesis
    assert torch.equal(net.const, torch.ones(4, 4, 4))
    second = net.convs[1]
    h, w, noise = torch.randn(2, 4, 4, 4), torch.randn(2, 5), torch.randn(2, 1, 4, 4)
    second.noise.strength.data.normal_()
    second.bias.data.normal_()
    x = second.conv(h) + second.noise.strength[:, None, None] * noise + second.bias[:, None, None]
    torch.testing.assert_close(second(h, w, noise), second.style(leaky_relu(x, 0.2), w))
    assert second.conv.bias is None
    assert torch.equal(net.convs[0].conv(h), h)


def test_a_fade_begins_with_the_picture_before_and_ends_with_the_new_one() -> None:
    game = at(2)
    G, D, w, noises = game.G.net, game.D.net, torch.randn(4, 6, 5), game.noises(4)
    small = G(w, noises, 1, 1.0)
    torch.testing.assert_close(G(w, noises, 2, 0.0), up(small))
    whole = G(w, noises, 2, 1.0)
    torch.testing.assert_close(G(w, noises, 2, 0.3), torch.lerp(up(small), whole, 0.3))
    x = torch.randn(4, 1, 16, 16)
    torch.testing.assert_close(D(x, torch.zeros(4)), D(down(x)))
    torch.testing.assert_close(D(x, torch.ones(4)), D(x))
    half, numbers = D(x, torch.full((4,), 0.5)), D.growing(x, 2, 0.5)
    torch.testing.assert_close(half, numbers)
    assert not torch.allclose(half, D(x))


@pytest.mark.parametrize(("stage", "size"), [(-1, 8), (0, 8), (1, 16), (2, 16)])
def test_every_stage_makes_pictures_of_the_full_size(stage: int, size: int) -> None:
    game = at(stage)
    x, _ = game.sample(5)
    assert x.shape == (5, 1, 16, 16)
    torch.testing.assert_close(up(down(x, 16 // size), 16 // size), x)
    assert game.layers == len(game.noises(1)) == {8: 4, 16: 6}[size]
    alpha = (torch.full((5,), 0.25),) if stage == 1 else ()
    torch.testing.assert_close(game.judge(x), game.D(game.growth.seen(x, game.place[0]), *alpha))


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_losses(stage: int) -> None:
    game, real = at(stage), torch.rand(8, 1, 16, 16) * 2 - 1
    D_move, G_move = game.play(iter([Batch(x=real)]))
    game.chance = Chance("test")
    x = down(real, 2 if stage == 0 else 1)
    alpha = ()
    if stage == 1:
        x, alpha = torch.lerp(up(down(x)), x, 0.25), (torch.full((8,), 0.25),)
    x = x.requires_grad_()
    said = game.D(x, *alpha)
    loss = softplus(-said).mean() + softplus(game.D(game.still(8), *alpha)).mean()
    weight = 10 if game.config.penalty_weight is None else game.config.penalty_weight
    torch.testing.assert_close(D_move.loss, loss + weight * zero_centred(said, x))
    assert D_move.figures["size"] == (8 if stage == 0 else 16)
    torch.testing.assert_close(G_move.loss, softplus(-game.D(game.made(8), *alpha)).mean())


def test_layers_of_later_stages_wait() -> None:
    torch.manual_seed(0)
    game = make("stylegan", spaces=SIZE, **TINY)
    trainer = Trainer(game, [Rows(SIZE, {"x": torch.rand(8, 1, 16, 16)})], rounds=12)
    before = {k: v.clone() for k, v in game.state_dict().items()}
    for _ in range(3):
        trainer.round()
    moved = {k for k, v in game.state_dict().items() if not torch.equal(v, before[k])}
    assert "G.net.mapping.layers.0.weight" in moved
    waits = ("convs.4", "convs.5", "image.0", "image.2", "blocks.1")
    assert not [k for k in moved for word in waits if word in k and k[0] != "m"]


@pytest.mark.parametrize("size", [(1, 24, 40), (2, 12, 8), (3, 8, 8), (4, 20, 28)])
def test_sizes_that_it_can_make(size: tuple[int, int, int]) -> None:
    game = at(99, spaces={"x": Image(*size)})
    game.clock.stage = len(game.stages()) - 1
    made, _ = game.sample(2)
    assert made.shape == (2, *size)
    assert game.judge(made).shape == (2,)


def test_sizes_that_it_cannot_make() -> None:
    with pytest.raises(UsageError, match="at least 8x8"):
        at(0, spaces={"x": Image(3, 4, 4)})
    with pytest.raises(UsageError, match="multiples of 4"):
        at(0, spaces={"x": Image(3, 18, 16)})
    with pytest.raises(UsageError, match="base 8 leaves no feature maps"):
        at(0, base=8)

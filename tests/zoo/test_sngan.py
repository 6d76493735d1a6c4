"""SNGAN: its networks, its losses, and classes by projection."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from ganvas.core import Batch, Chance, Game, Image, Label, Trainer, UsageError, registry
from ganvas.core.registry import card, make
from ganvas.data.source import Rows
from ganvas.losses.adversarial import hinge_d
from ganvas.nets.spectral import SpectralNorm

SPACES = {"x": Image(1, 8, 8), "label": Label(2)}
SMALL = {"noise": 4, "width_g": 8, "widest_g": 8, "width_d": 8, "widest_d": 8, "batch": 16}


def parameters(game: Game) -> tuple[int, int]:
    counts = [sum(q.numel() for q in p.net.parameters()) for p in game.players.values()]
    return counts[0], counts[1]


def sized(space: Image, **config: Any) -> tuple[int, int]:
    """Parameters of G and D for data without labels."""
    cls = registry.find("sngan")
    with torch.device("meta"):
        return parameters(cls(registry.config_of(cls).build(**config), space))


def conv(before: int, after: int, kernel: int) -> int:
    return before * after * kernel**2 + after


def test_the_paper_s_residual_networks() -> None:
    """Table 4, layer by layer."""
    players = card("sngan", "paper").players
    block = 2 * conv(256, 256, 3) + conv(256, 256, 1) + 4 * 256
    g = 129 * 256 * 16 + 3 * block + 2 * 256 + conv(256, 3, 3)
    both = 2 * conv(128, 128, 3)
    first = conv(3, 128, 3) + conv(128, 128, 3) + conv(3, 128, 1)
    d = first + both + conv(128, 128, 1) + 2 * both + 129
    assert (players["G"]["parameters"], players["D"]["parameters"]) == (g, d)
    assert (g, d) == (4_276_739, 1_053_825)


def test_the_paper_s_strided_networks() -> None:
    """Table 3, at 32x32."""
    widths = {"width_g": 64, "widest_g": 512, "width_d": 64, "widest_d": 512}
    found = sized(Image(3, 32, 32), network="dcgan", noise=128, **widths)
    g = 129 * 512 * 16 + conv(512, 256, 4) + conv(256, 128, 4) + conv(128, 64, 4) + conv(64, 3, 3)
    g += 2 * (256 + 128 + 64)
    d = sum(conv(a, b, 3) + conv(b, b, 4) for a, b in ((3, 64), (64, 128), (128, 256)))
    assert found == (g, d + conv(256, 512, 3) + 512 * 16 + 1)


def test_what_labels_add() -> None:
    """Two gains and biases of each class for each norm of a block in G, a direction in D."""
    without = sized(Image(1, 8, 8), **SMALL)
    with_them = parameters(make("sngan", spaces=SPACES, **SMALL))
    assert with_them[0] - without[0] == (2 - 1) * 2 * (8 + 8)  # one block; it had 2 · (8 + 8)
    assert with_them[1] - without[1] == 2 * 8
    told_nothing = make("sngan", spaces=SPACES, conditional=False, **SMALL)
    assert parameters(told_nothing) == without
    assert list(told_nothing.inputs) == ["z"]


@pytest.mark.parametrize("network", ["resnet", "dcgan"])
@pytest.mark.parametrize("conditional", [True, False])
def test_what_each_player_wants(network: str, conditional: bool) -> None:
    """Equations 16 and 17, with the same labels for real and for made pictures."""
    torch.manual_seed(0)
    options = {"conditional": conditional, "network": network, "critic_steps": 2}
    game = make("sngan", spaces=SPACES, **options, **SMALL).eval()
    xs, label = [Chance("x", i).uniform(6, 1, 8, 8) for i in (0, 1)], torch.arange(6) % 2
    game.chance = Chance("test")
    first, second, last = game.play(iter([Batch(x=x, label=label) for x in xs]))
    told = (label,) if conditional else ()
    chance = Chance("test")
    fakes = [game.G(chance.draw(game.inputs["z"], 6), *told) for _ in range(3)]
    for move, x, fake in zip((first, second), xs, fakes, strict=False):
        torch.testing.assert_close(move.loss, hinge_d(game.D(x, *told), game.D(fake, *told)))
        assert move.players == (game.D,)
    torch.testing.assert_close(last.loss, -game.D(fakes[2], *told).mean())


def test_the_score_is_a_projection() -> None:
    torch.manual_seed(0)
    game = make("sngan", spaces=SPACES, **SMALL).eval()
    D, x, label = game.D.net, torch.rand(4, 1, 8, 8), torch.tensor([0, 1, 1, 0])
    h: list[torch.Tensor] = []
    D.head.register_forward_pre_hook(lambda _, inputs: h.append(inputs[0]))
    apart = game.judge(x, label=label) - game.judge(x)
    torch.testing.assert_close(apart, (D.head.embed.weight[label] * h[0]).sum(1))
    assert apart.abs().min() > 1e-4


def test_every_layer_of_d_is_normed_and_none_of_g() -> None:
    game = make("sngan", spaces=SPACES, **SMALL)
    kinds = (torch.nn.Conv2d, torch.nn.Linear, torch.nn.Embedding)
    layers = [m for m in game.D.net.modules() if isinstance(m, kinds)]
    assert len(layers) == 3 + 2 + 1 + 1  # no shortcut in a block that keeps its size
    assert sum(isinstance(m, SpectralNorm) for m in game.D.modules()) == len(layers)
    assert not any(isinstance(m, SpectralNorm) for m in game.G.modules())


@pytest.mark.parametrize("network", ["resnet", "dcgan"])
def test_it_draws_the_class_that_is_asked_for(network: str) -> None:
    """Dark pictures and bright ones."""
    torch.manual_seed(0)
    label = torch.arange(64) % 2
    noise = 0.1 * Chance("x").normal(64, 1, 8, 8)
    x = (noise + (label - 0.5)[:, None, None, None]).clamp(-1, 1)
    game = make("sngan", spaces=SPACES, network=network, **{**SMALL, "ema": 0.9, "lr": 5e-3})
    Trainer(game, [Rows(SPACES, {"x": x, "label": label})], rounds=70).run()
    made, _ = game.sample(64, label=label)
    level = made.mean((1, 2, 3))
    assert ((level > 0).long() == label).float().mean() > 0.95
    with pytest.raises(UsageError, match=r"label is not in .*: classes outside 0\.\.1"):
        game.sample(1, label=torch.tensor([2]))


@pytest.mark.parametrize(
    "space", [Image(2, 24, 40), Image(4, 8, 8), Image(3, 20, 28), Image(1, 28, 28)]
)
def test_sizes_it_makes(space: Image) -> None:
    for network in ("resnet", "dcgan"):
        game = make("sngan", spaces={"x": space}, network=network, **SMALL)
        made, inputs = game.sample(2)
        assert made.shape == (2, *space.shape)
        assert game.scores(made, inputs).shape == (2,)


def test_what_it_refuses() -> None:
    with pytest.raises(UsageError, match="multiples of 4, such as 16x16 or 20x16"):
        make("sngan", spaces={"x": Image(1, 18, 16)})
    with pytest.raises(UsageError, match="flat is at most 2, not 3"):
        make("sngan", spaces=SPACES, flat=3)
    assert make("sngan", spaces=SPACES, flat=2, **SMALL).sample(1)[0].shape == (1, 1, 8, 8)

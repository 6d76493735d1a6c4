from __future__ import annotations

import pytest
import torch
from torch.nn.functional import elu, interpolate

from ganvas.core import Batch, Chance, Image, Space, Trainer, UsageError
from ganvas.core.registry import card, make
from ganvas.data.source import Rows
from ganvas.zoo.began import Decoder, Encoder

PICTURES = {"x": Image(1, 8, 8)}
TINY = {"width": 4, "code": 4, "batch": 8}


def conv(before: int, after: int) -> int:
    return 9 * before * after + after


def test_the_published_size() -> None:
    """Section 4.2: the biggest model, 128x128 with n = 128, has 17.3 million parameters."""
    n, h, players = 128, 64, card("began", "paper").players
    encoder = conv(3, n) + sum(conv(i * n, i * n) + conv(i * n, (i + 1) * n) for i in range(1, 5))
    encoder += 8 * 8 * 5 * n * h + h
    decoder = (h + 1) * 8 * 8 * n + 2 * conv(n, n) + 3 * (conv(2 * n, n) + conv(n, n)) + conv(n, 3)
    assert players["G"]["parameters"] == decoder == 2_158_979
    assert players["D"]["parameters"] == encoder + decoder == 15_109_059
    assert round((encoder + 2 * decoder) / 1e6, 1) == 17.3


def play(game: torch.nn.Module, x: torch.Tensor) -> list:
    game.chance = Chance("test")
    return list(game.play(iter([Batch(x=x)])))


def test_losses_balance_and_measure() -> None:
    """Section 3.4, from the errors of the autoencoder themselves."""
    torch.manual_seed(0)
    game = make("began", spaces=PICTURES, ema=None, gamma=0.6, lambda_k=0.01, **TINY)
    game.k.fill_(0.3)
    x = torch.rand(8, 1, 8, 8) * 2 - 1
    moves = play(game, x)

    game.chance = Chance("test")
    fake, other = (game.G(game.noise(8), game.carry) for _ in range(2))
    L_x, L_fake, L_other = ((v - game.D(v, game.carry)).abs().mean() for v in (x, fake, other))
    torch.testing.assert_close(moves[0].loss, L_x - 0.3 * L_fake)
    torch.testing.assert_close(moves[1].loss, L_other)
    balance = 0.6 * L_x - L_other
    torch.testing.assert_close(moves[1].figures["M"], L_x + balance.abs())
    torch.testing.assert_close(game.k, 0.3 + 0.01 * balance)
    assert moves[1].figures["k"] == pytest.approx(0.3)


def test_k_stays_between_0_and_1() -> None:
    game = make("began", spaces=PICTURES, lambda_k=50.0, **TINY)
    x = torch.rand(8, 1, 8, 8) * 2 - 1
    for outside, kept in ((-3.0, 0.0), (3.0, 1.0)):
        game.k.fill_(outside)
        assert play(game, x)[1].figures["k"] == kept


def test_both_layers_of_the_decoder_see_the_skip_connection() -> None:
    """After the first upsampling, the first tensor h0 stands beside the feature maps."""
    torch.manual_seed(0)
    net, carry = Decoder(1, 4, 2, (4, 4), 3), torch.zeros(())
    h = torch.randn(2, 3)
    v = h0 = net.enter(h).view(2, 4, 4, 4)
    v = interpolate(elu(net.up[0](v)), scale_factor=2)
    v = elu(net.same[0](v))
    v = torch.cat([v, interpolate(h0, scale_factor=2)], 1)
    v = elu(net.same[1](interpolate(elu(net.up[1](v)), scale_factor=2)))
    torch.testing.assert_close(net(h, carry), net.out(v))


def test_carry_makes_equal_layers_an_identity() -> None:
    torch.manual_seed(0)
    net, x = Encoder(1, 4, 2, (4, 4), 3), torch.randn(2, 1, 16, 16)
    before, mixed = net(x, torch.ones(())), net(x, torch.tensor(0.5))
    for layer in net.same:
        torch.nn.init.zeros_(layer.weight)
    torch.testing.assert_close(net(x, torch.ones(())), before)
    assert not torch.allclose(net(x, torch.tensor(0.5)), mixed)


def test_carry_fades_away() -> None:
    game = make("began", spaces=PICTURES, carry_rounds=4, **TINY)
    x = torch.rand(8, 1, 8, 8)
    for at, expected in ((0, 1.0), (1, 0.75), (3, 0.25), (9, 0.0)):
        game.clock.round = at
        play(game, x)
        assert game.carry == expected


def test_it_learns() -> None:
    """Copies of data get better, samples come near the data, and M falls."""
    shade = torch.linspace(-0.8, 0.8, 64).view(-1, 1, 1, 1)
    x = shade * torch.linspace(-1, 1, 8).view(1, 1, 1, 8).expand(64, 1, 8, 8)
    torch.manual_seed(0)
    game = make("began", spaces=PICTURES, width=8, code=4, ema=0.9)
    trainer = Trainer(game, [Rows(PICTURES, {"x": x})], rounds=150)
    figures = []
    while not trainer.clock.done:
        trainer.round()
        figures.append(trainer.figures()["M"])
    assert sum(figures[-10:]) < 0.5 * sum(figures[:10])
    assert game.scores(x, {}).mean() > game.scores(torch.rand_like(x), {}).mean() + 0.1


@pytest.mark.parametrize("space", [Image(1, 28, 28), Image(3, 16, 24), Image(4, 8, 8)])
def test_sizes_it_makes(space: Space) -> None:
    game = make("began", spaces={"x": space}, **TINY)
    made, inputs = game.sample(3)
    assert game.output.why_not(made) is None
    assert game.scores(made, inputs).shape == (3,)


def test_sizes_it_refuses() -> None:
    with pytest.raises(UsageError, match="began cannot make 30x30 .* 28x28 or 32x32"):
        make("began", spaces={"x": Image(1, 30, 30)})


def test_the_judge_likes_what_is_copied_well() -> None:
    game = make("began", spaces=PICTURES, **TINY)
    x = torch.rand(5, 1, 8, 8) * 2 - 1
    error = (x - game.D(x, game.carry)).abs().flatten(1).mean(1)
    torch.testing.assert_close(game.judge(x), -error)

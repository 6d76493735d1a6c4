"""What StyleGAN and StyleGAN2 share: mixing, the mean of w, truncation."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

import ganvas
from ganvas.core import Batch, Chance, Image, Move, Settings, Trainer, UsageError
from ganvas.core.styled import Styled, is_styled
from ganvas.data.source import Rows
from ganvas.tricks.styled import StyledDuel

SIZE = {"x": Image(1, 16, 16)}
TINY: dict[str, Any] = {"noise": 6, "style": 5, "mapping": 2, "base": 64, "widest": 4, "batch": 8}
GAMES = ["stylegan", "stylegan2"]


def styled(name: str, **config: Any) -> Any:
    torch.manual_seed(0)
    game = ganvas.make(name, spaces=SIZE, **{**TINY, **config})
    assert isinstance(game, StyledDuel)
    game.clock.stage = len(game.stages()) - 1
    game.chance = Chance("test")
    for parameter, strength in game.G.named_parameters():
        if "strength" in parameter:  # noise is silent at first
            strength.data.fill_(0.5)
    return game


def trained(game: Any, rounds: int, parts: int = 1) -> Trainer:
    data = Rows(SIZE, {"x": Chance("data").uniform(32, 1, 16, 16) * 2 - 1})
    trainer = Trainer(game, [data], rounds=100, settings=Settings(micro_batches=parts))
    trainer.clock.round = 90  # in the last stage of a game that grows
    for _ in range(rounds):
        trainer.round()
    return trainer


@pytest.mark.parametrize("name", GAMES)
def test_a_picture_is_a_function_of_its_styles_and_its_noise_alone(name: str) -> None:
    game = styled(name)
    assert isinstance(game, Styled)
    assert is_styled(game)
    z, noises = game.noise(4), game.noises(4)
    w = game.styles(z)
    assert w.shape == (4, 6, 5)
    assert torch.equal(w, w[:, :1].expand_as(w))
    assert [n.shape[2] for n in noises] == [4, 4, 8, 8, 16, 16][-len(noises) :]
    x = game.paint(w, noises)
    assert x.shape == (4, 1, 16, 16)
    torch.testing.assert_close(game.paint(w[2:], [n[2:] for n in noises]), x[2:])
    assert not torch.allclose(game.paint(w, game.noises(4)), x)
    # Without noise nothing else is drawn, and z and 2z have one w.
    silent = [torch.zeros_like(n) for n in noises]
    again = game.paint(game.styles(2 * z), silent)
    torch.testing.assert_close(game.paint(w, silent), again)


@pytest.mark.parametrize("name", GAMES)
def test_each_layer_has_a_style_and_a_noise_map_of_its_own(name: str) -> None:
    game = styled(name)
    w, noises = game.styles(game.noise(1)), game.noises(1)
    x = game.paint(w, noises)
    for layer in range(game.layers):
        other = w.clone()
        other[:, layer] += 1
        assert not torch.allclose(game.paint(other, noises), x), f"style {layer} does nothing"
    for layer in range(len(noises)):
        changed = [n + (i == layer) for i, n in enumerate(noises)]
        if name == "stylegan":  # AdaIN takes the mean away: a constant would do nothing
            changed = [n.flip(3) if i == layer else n for i, n in enumerate(noises)]
        assert not torch.allclose(game.paint(w, changed), x), f"noise {layer} does nothing"


@pytest.mark.parametrize("name", GAMES)
def test_mixing_takes_two_styles(name: str) -> None:
    always, never = styled(name, mixing=1.0), styled(name, mixing=0.0)
    w, chance = always.drawn(64), Chance("test")
    first, second = (always.G.net.mapping(chance.draw(always.inputs["z"], 64)) for _ in "ab")
    crossovers = set()
    for row, a, b in zip(w, first, second, strict=True):
        taken = [torch.equal(layer, a) for layer in row]
        assert taken == sorted(taken, reverse=True), "coarse layers have the first w"
        assert [torch.equal(layer, b) for layer in row] == [not t for t in taken]
        crossovers.add(sum(taken))
    assert crossovers == {1, 2, 3, 4, 5}
    w = never.drawn(64)
    assert torch.equal(w, w[:, :1].expand_as(w))
    mostly = styled(name).drawn(400)
    share = (mostly != mostly[:, :1]).flatten(1).any(1).float().mean()
    assert share.item() == pytest.approx(0.9, abs=0.05)


@pytest.mark.parametrize("name", GAMES)
def test_truncation(name: str) -> None:
    game = styled(name)
    game.mean_style.normal_(generator=torch.Generator().manual_seed(0))
    z = game.noise(3)

    def made(**psi: float) -> Tensor:
        game.chance = Chance("noise")
        return game.generate(z, **psi)

    torch.testing.assert_close(made(truncation=1.0), made(), rtol=1e-4, atol=1e-4)
    average = made(truncation=0.0)
    game.chance = Chance("noise")
    mean = game.mean_style.expand(3, game.layers, -1)
    torch.testing.assert_close(average, game.paint(mean, game.noises(3)))
    noises = [n[:1].expand(3, -1, -1, -1) for n in game.noises(3)]
    none = game.paint(game.toward_mean(game.styles(z), 0.0), noises)
    torch.testing.assert_close(none, none[:1].expand_as(none))
    half = game.toward_mean(game.styles(z), 0.5)
    torch.testing.assert_close(half, (game.styles(z) + game.mean_style) / 2)
    assert game.sample(2, truncation=0.5)[0].shape == (2, 1, 16, 16)
    with pytest.raises(UsageError, match="between -2 and 2"):
        game.sample(2, truncation=3.0)


@pytest.mark.parametrize("name", GAMES)
def test_the_mean_of_w_tracks(name: str) -> None:
    game = styled(name)
    assert game.mean_style.tolist() == [0] * 5
    trained(game, 40)
    w = game.styles(Chance("many").draw(game.inputs["z"], 4000))[:, 0]
    distance = (game.mean_style - w.mean(0)).norm()
    assert distance < 0.25 * w.std(0).norm()
    assert distance < 0.5 * w.mean(0).norm()


@pytest.mark.parametrize("name", GAMES)
def test_the_mean_of_w_is_the_same_in_micro_batches(name: str) -> None:
    """They move in lockstep: all are asked for their move before the first goes on."""

    def mean(parts: int) -> Tensor:
        game = styled(name)
        game.mean_style += 1
        game.share = 1 / parts
        move = Move(game.G, torch.zeros(()))
        plays = [game.followed(iter([move]), 8 // parts) for _ in range(parts)]
        for part, play in enumerate(plays):
            game.chance = Chance("round", part=part, parts=parts)
            assert next(play) is move
        assert [next(play, None) for play in plays] == [None] * parts
        return game.mean_style

    whole = mean(1)
    assert not torch.allclose(whole, torch.ones(5))
    torch.testing.assert_close(mean(4), whole)


@pytest.mark.parametrize("name", GAMES)
@pytest.mark.parametrize("augment", ["diff", "ada"])
def test_what_the_critic_sees_can_be_augmented(name: str, augment: str) -> None:
    game = styled(name, augment=augment, ada_images=8)
    trainer = trained(game, 2)
    assert trainer.is_finite()
    if augment == "ada":
        assert game.chance_to_change >= 0
    small = ganvas.make(name, spaces={"x": Image(4, 16, 16)}, **TINY, augment=augment)
    rows = Rows({"x": Image(4, 16, 16)}, {"x": torch.rand(16, 4, 16, 16)})
    Trainer(small, [rows], rounds=10).round()  # at the first size, with alpha


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="spectral-norm does not fit .* scale of their own"):
        styled("stylegan2", spectral_norm=True)
    with pytest.raises(UsageError, match="spectral-norm-maker does not fit"):
        styled("stylegan", spectral_norm_maker=True)
    with pytest.raises(UsageError, match="replay does not fit stylegan: .* another size"):
        styled("stylegan", replay=0.5)
    assert styled("stylegan2", replay=0.5, replay_pool=8)
    with pytest.raises(UsageError, match="virtual-norm"):
        styled("stylegan2", virtual_norm=8)


@pytest.mark.parametrize("name", GAMES)
def test_the_players_moves_are_those_of_a_duel(name: str) -> None:
    game = styled(name)
    moves = list(game.play(iter([Batch(x=torch.rand(8, 1, 16, 16))])))
    assert [move.players for move in moves] == [(game.D,), (game.G,)]
    assert "r1" in moves[0].figures

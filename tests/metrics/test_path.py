"""Perceptual path lengths, in z and in W, against closed forms."""

import math

import pytest
import torch
from figures import subject

from ganvas.core import Config, Image, registry
from ganvas.metrics import FIGURES, path
from ganvas.metrics.path import slerp
from tiny import WIDTH, Tiny, tiny


class Straight(Tiny):
    """Its pictures are linear in w, so paths are straight and equally fast everywhere."""

    def paint(self, w, noises):
        A = torch.linspace(-1, 1, WIDTH * 3 * 256).view(WIDTH, -1)
        return 0.1 * (w[:, 0] @ A).view(-1, 3, 16, 16) + 0.3


def features(x):
    return x.double().flatten(1)


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    monkeypatch.setattr(path, "PATHS", 250)


def figure(name, game, seed=0):
    x = torch.zeros(4, 3)
    about = subject(x, x, space=game.output, game=game, features=features, seed=seed)
    assert FIGURES[name].misfit(about) is None
    return FIGURES[name](about).value()


def test_slerp_keeps_length_and_goes_at_even_speed():
    a, b = torch.tensor([[3.0, 0.0]]), torch.tensor([[0.0, 3.0]])
    at = slerp(a, b, torch.tensor([[1 / 3]]))
    expected = 3 * torch.tensor([[math.cos(math.pi / 6), math.sin(math.pi / 6)]])
    assert torch.allclose(at, expected)
    assert slerp(a, torch.zeros(1, 2), torch.tensor([[0.5]])).isfinite().all()


@pytest.mark.parametrize("name", ["ppl_w", "ppl_w_end"])
def test_in_w_of_pictures_linear_in_w_it_is_the_distance_of_the_ends(name, monkeypatch):
    """|G(w + ε (w' - w)) - G(w)|² / ε² = |G(w') - G(w)|², wherever on the path."""
    monkeypatch.setattr(path, "EXTREMES", 0.0)
    torch.manual_seed(0)
    game = Straight(Config(), Image(3, 16, 16)).eval()
    value = figure(name, game)
    draws = torch.Generator().manual_seed(7)
    z = torch.randn(2, 4000, WIDTH, generator=draws)
    with torch.no_grad():
        x, y = (game.paint(game.styles(rows), []).flatten(1).double() for rows in z)
    expected = float((x - y).square().sum(1).mean() / x.square().sum(1).mean())
    assert value.value == pytest.approx(expected, 0.25)
    assert abs(value.value - expected) < 4 * value.error
    assert value.protocol["of"].startswith("w, ")


def test_ends_are_not_the_way_between():
    game = tiny()
    whole, ends = figure("ppl_w", game), figure("ppl_w_end", game)
    assert whole.protocol["of"] == "w, whole paths"
    assert whole.value > 0
    assert whole.value != ends.value
    assert figure("ppl_w", game).value == whole.value
    assert figure("ppl_w", game, seed=1).value != whole.value
    assert figure("ppl", game).protocol["of"] == "z, whole paths"


def test_labels_and_noise_maps_stay_along_a_path():
    """Else the step of 1e-3 would be nothing beside what they change."""
    free, told = figure("ppl_w", tiny()), figure("ppl_w", tiny(labels=True))
    assert told.value < 10 * free.value


def test_games_without_styles_have_no_w():
    game, x = registry.make("dcgan"), torch.zeros(4, 3)
    about = subject(x, x, space=game.output, game=game, features=features)
    assert FIGURES["ppl_w"].misfit(about) == "a game that draws from styles"
    assert FIGURES["ppl_w_end"].misfit(about) is not None

"""Points that pictures come from."""

import math

import pytest
import torch

from ganvas.core import Noise, UsageError, registry
from ganvas.core.truncation import truncated_normal
from ganvas.tools.latent import Latent
from tiny import LAYERS, WIDTH, tiny


@pytest.mark.parametrize("name", ["dcgan", "began", "infogan", "cgan"])
def test_points_are_what_sample_draws(name):
    game = registry.make(name).eval()
    latent = Latent(game, seed=3)
    points = latent.draw(4, 9)
    made, used = game.sample(4, seed=9, **latent.others)
    z = torch.cat([x for k, x in used.items() if isinstance(game.inputs[k], Noise)], 1)
    assert torch.equal(points, z)
    assert torch.allclose(latent.show(points), made.clamp(-1, 1), atol=1e-6)
    assert torch.equal(latent.at([9]), latent.draw(1, 9))


@pytest.mark.parametrize(("space", "shape"), [("z", (6,)), ("w", (6,)), ("w+", (6, 6))])
def test_styled_points_in_all_spaces_are_one_picture(space, shape):
    game = tiny()
    latent = Latent(game, space, seed=1)
    assert latent.shape == shape
    points = latent.draw(3, 5)
    assert points.shape == (3, *shape)
    assert torch.allclose(latent.show(points), Latent(game, "z", seed=1).show(
        Latent(game, "z").draw(3, 5)), atol=1e-6)  # fmt: skip
    assert Latent(game).space == "w"


def test_only_what_is_moved_changes():
    """Noise maps and labels are the same for all points, and another seed has others."""
    latent = Latent(tiny(labels=True), label="b", seed=0)
    w = latent.draw(1, 4).expand(5, WIDTH)
    x = latent.show(w, batch=2)
    assert torch.allclose(x, x[:1].expand_as(x), atol=1e-6)
    assert not torch.allclose(Latent(latent.game, label="b", seed=1).show(w), x)
    assert not torch.allclose(latent.draw(1, 4), Latent(latent.game, label=2).draw(1, 4))
    assert latent.to_json()["label"] == 1


def test_pictures_can_be_differentiated_by_points_if_these_ask():
    latent = Latent(tiny(), "w+")
    points = latent.draw(2, 0)
    assert not latent.show(points).requires_grad
    points.requires_grad_()
    (slope,) = torch.autograd.grad(latent.show(points)[0].sum(), points)
    assert (slope[0].abs().sum(1) > 0).all()
    assert not slope[1].any()
    with torch.no_grad():
        assert not latent.show(points).requires_grad


def test_showing_leaves_the_game_as_it_was():
    game = registry.make("dcgan").train()
    chance, before = game.chance, {k: x.clone() for k, x in game.state_dict().items()}
    latent = Latent(game)
    latent.show(latent.draw(3, 0))
    assert game.training
    assert game.chance is chance
    assert all(torch.equal(before[k], x) for k, x in game.state_dict().items())


def test_between_is_the_great_circle_for_normal_noise():
    latent = Latent(registry.make("dcgan"))
    a, b = torch.zeros(2, 1, 16)
    a[0, 0], b[0, 1] = 2.0, 4.0
    t = torch.linspace(0, 1, 5)
    way = latent.between(a, b, t)
    angle, length = t * math.pi / 2, 2 + 2 * t
    assert torch.allclose(way[:, 0], length * angle.cos(), atol=1e-6)
    assert torch.allclose(way[:, 1], length * angle.sin(), atol=1e-6)
    straight = latent.between(a, b, 0.25, "linear")
    assert torch.allclose(straight[0, :2], torch.tensor([1.5, 1.0]))
    assert torch.equal(latent.between(a, a, 0.3), a)
    assert latent.between(a, torch.zeros(1, 16), t).isfinite().all()


def test_between_takes_each_noise_its_own_way():
    """InfoGAN's z is normal, its codes are uniform: an arc, and a straight line."""
    latent = Latent(registry.make("infogan"))
    a, b = latent.draw(2, 0)[:, None]
    half = latent.between(a, b, 0.5)
    assert torch.allclose(half[:, 8:], (a + b)[:, 8:] / 2, atol=1e-6)
    assert not torch.allclose(half[:, :8], (a + b)[:, :8] / 2, atol=1e-3)
    assert half[:, :8].norm() == pytest.approx(float(a[:, :8].norm() + b[:, :8].norm()) / 2, 1e-5)


@pytest.mark.parametrize("space", ["w", "w+"])
def test_between_in_w_is_straight_or_around_the_mean(space):
    latent = Latent(tiny(), space)
    a, b = latent.draw(2, 0)[:, None]
    assert torch.allclose(latent.between(a, b, 0.5), (a + b) / 2, atol=1e-6)
    away = [(x - latent.centre).reshape(-1, WIDTH) for x in (a, b)]
    arc = (latent.between(a, b, 0.5, "spherical") - latent.centre).reshape(-1, WIDTH)
    lengths = [x.norm(dim=1) for x in away]
    assert torch.allclose(arc.norm(dim=1), (lengths[0] + lengths[1]) / 2, atol=1e-5)
    ends = latent.between(a, b, torch.tensor([0.0, 1.0]), "spherical")
    assert torch.allclose(ends, torch.cat([a, b]), atol=1e-5)


def test_the_norm_is_that_of_draws():
    for name in ("dcgan", "began", "infogan"):
        latent = Latent(registry.make(name))
        drawn = latent.draw(4000, 1).square().sum(1).mean().sqrt()
        assert latent.norm == pytest.approx(float(drawn), 0.03)
    one, each = (Latent(tiny(), space).norm for space in ("w", "w+"))
    assert each == pytest.approx(one * LAYERS**0.5, 1e-5)
    assert Latent(tiny(), truncation=0.1).norm == pytest.approx(one)


def test_truncation_in_z_and_in_w():
    latent = Latent(registry.make("dcgan"), truncation=0.5)
    drawn = latent.draw(50, 2)
    assert float(drawn.abs().max()) <= 0.5
    assert float(latent.draw(50, 2, truncation=1.5).abs().max()) > 0.5
    draws = torch.Generator().manual_seed(0)
    assert truncated_normal(1, 4, 0.5, draws).shape == (1, 4)
    game = tiny()
    full, half = Latent(game).draw(3, 0), Latent(game, truncation=0.5).draw(3, 0)
    assert torch.allclose(half - game.mean_style, 0.5 * (full - game.mean_style), atol=1e-6)
    in_z = Latent(game, "z", truncation=0.5)
    assert torch.allclose(in_z.show(in_z.draw(3, 0)), Latent(game).show(half), atol=1e-6)


def test_a_picture_that_is_needed_is_given():
    game = registry.make("spade").eval()
    picture = torch.zeros(1, *game.inputs["x"].shape)
    latent = Latent(game, x=picture)
    assert latent.show(latent.draw(2, 0)).shape == (2, *game.output.shape)


@pytest.mark.parametrize(
    ("name", "asked", "message"),
    [
        ("wgan_gp", {}, "makes points, no pictures"),
        ("seqgan", {}, "makes tokens, no pictures"),
        ("cyclegan", {}, "draws from no noise.*ganvas translate"),
        ("spade", {}, "give it one, x .*--x FILE"),
        ("dcgan", {"space": "w"}, "draws from no styles: it has space z"),
        ("dcgan", {"space": "x"}, "unknown latent space 'x'"),
        ("dcgan", {"label": 3}, "knows no classes"),
        ("cgan", {"label": 10}, "no class '10' among the 10"),
        ("cgan", {"label": "0,1"}, "one label for all pictures, please, not 2"),
        ("cgan", {"truncation": 0.5}, "noise is uniform"),
        ("dcgan", {"truncation": 0.0}, "threshold of at least 0.02"),
        ("dcgan", {"y": torch.zeros(1)}, "takes no 'y': beside noise it takes nothing else"),
    ],
)
def test_what_cannot_be_is_refused(name, asked, message):
    with pytest.raises(UsageError, match=message):
        Latent(registry.make(name), **asked)


def test_points_of_another_space_are_refused():
    game = tiny()
    with pytest.raises(UsageError, match=r"points of w\+ of tiny are \(n, 6, 6\), not \(2, 6\)"):
        Latent(game, "w+").show(torch.zeros(2, 6))
    with pytest.raises(UsageError, match="truncated in W.*take space w"):
        Latent(game, "z").draw(1, 0, truncation=0.5)

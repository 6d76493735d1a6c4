"""Projection: known points are found again, each row by itself, whatever the space."""

import math
from dataclasses import replace

import pytest
import torch

import ganvas
from ganvas.core import UsageError, registry
from ganvas.tools.aim import Aim
from ganvas.tools.chart import Chart, unevenness
from ganvas.tools.descent import LBFGS, Adam, pace
from ganvas.tools.latent import Latent
from ganvas.tools.projection import Search, project
from tiny import LAYERS, SIZES, WIDTH, tiny

QUICK = Search(seconds=None, draws=64, starts=4, steps=120, goal=60.0)


def lively(name: str):
    """A game whose random weights are large enough for z to be seen."""
    torch.manual_seed(0)
    game = registry.make(name).eval()
    with torch.no_grad():
        for parameter in game.G.best.parameters():
            parameter.mul_(4.0 if parameter.ndim > 1 else 1.0)
    return game


def valley(x):
    """Rosenbrock's: its floor is bent, its least value 0 at 1, 1 ..."""
    return (100 * (x[:, 1:] - x[:, :-1] ** 2) ** 2 + (1 - x[:, :-1]) ** 2).sum(1)


# -- descents ------------------------------------------------------------------------------------


def test_lbfgs_follows_a_bent_valley_to_its_end():
    torch.manual_seed(0)
    rows = LBFGS(torch.randn(6, 4, dtype=torch.float64))
    for _ in range(150):
        rows.go(valley)
    at_the_end = rows.value < 1e-12
    assert at_the_end.sum() >= 4  # there is a second, shallow valley
    assert torch.allclose(rows.x[at_the_end], torch.ones_like(rows.x[at_the_end]), atol=1e-5)


def test_lbfgs_needs_few_steps_where_all_is_quadratic():
    torch.manual_seed(1)
    a = torch.diag(torch.logspace(-1, 1, 8, dtype=torch.float64))
    rows = LBFGS(torch.randn(3, 8, dtype=torch.float64))
    for _ in range(40):
        rows.go(lambda x: ((x @ a) * x).sum(1))
    assert (rows.value < 1e-9).all()


@pytest.mark.parametrize("kind", [LBFGS, Adam])
def test_rows_know_nothing_of_each_other(kind):
    """Also when others have dropped out."""
    torch.manual_seed(2)
    begin = torch.randn(4, 3, dtype=torch.float64)
    together, alone = kind(begin), kind(begin[2:3])
    for i in range(30):
        together.go(valley, 0.05)
        alone.go(valley, 0.05)
        if i == 10:
            together.keep(torch.tensor([0, 2]))
    assert torch.allclose(together.x[1], alone.x[0], atol=1e-9)
    assert torch.allclose(together.value[1], alone.value[0], rtol=1e-6)


def test_adam_is_torchs():
    torch.manual_seed(3)
    begin = torch.randn(2, 5, dtype=torch.float64)
    rows, theirs = Adam(begin), begin.clone().requires_grad_()
    other = torch.optim.Adam([theirs], 0.03)
    for _ in range(25):
        rows.go(valley, 0.03)
        other.zero_grad()
        valley(theirs).sum().backward()
        other.step()
    assert torch.allclose(rows.x, theirs, atol=1e-9)


def test_a_row_without_a_finite_loss_stays_where_it_was():
    rows = LBFGS(torch.tensor([[2.0], [2.0]], dtype=torch.float64))

    def loss(x):
        return torch.where(x[:, 0] < 1.5, torch.nan, x[:, 0].square())

    for _ in range(40):
        rows.go(loss)
    assert (rows.x >= 1.5).all()
    assert rows.value.isfinite().all()


# -- coordinates ---------------------------------------------------------------------------------


@pytest.mark.parametrize("space", ["z", "w", "w+"])
def test_coordinates_and_back(space):
    latent = Latent(tiny(), space)
    chart, points = Chart(latent), latent.draw(500, 3)
    x = chart.coordinates(points)
    assert torch.allclose(chart.points(x), points, atol=1e-5)
    assert torch.allclose(chart.show(x[:4]), latent.show(points[:4]), atol=1e-5)
    assert float(x.square().mean()) == pytest.approx(1.0, abs=0.1)


def test_points_of_a_uniform_law_cannot_leave_it():
    latent = Latent(registry.make("cgan").eval(), "z")
    chart = Chart(latent)
    points = latent.draw(20, 0)
    assert torch.allclose(chart.points(chart.coordinates(points)), points, atol=2e-3)
    far = chart.points(100 * torch.randn(5, chart.size))
    assert latent.noises["z"].why_not(far) is None


def test_noise_maps_are_coordinates_if_asked():
    latent = Latent(tiny(), "w", seed=4)
    chart = Chart(latent, noises=True)
    x = chart.coordinates(latent.draw(2, 0))
    assert x.shape == (2, WIDTH + sum(size * size for size in SIZES))
    near = chart.show(x) - latent.show(latent.draw(2, 0))
    assert near.abs().mean() < 0.02
    for maps in chart.noises(3 * x + 1):  # whatever the coordinates, they stay noise
        assert torch.allclose(maps.mean((1, 2, 3)), torch.zeros(2), atol=1e-5)
        assert torch.allclose(maps.square().mean((1, 2, 3)), torch.ones(2), atol=1e-4)
    with pytest.raises(UsageError, match="dcgan has no noise maps"):
        Chart(Latent(registry.make("dcgan")), noises=True)


def test_white_noise_is_even_and_a_picture_in_it_is_not():
    torch.manual_seed(0)
    white = torch.randn(2, 1, 32, 32)
    drawn = white + 2 * torch.linspace(-1, 1, 32)
    found = unevenness([white]), unevenness([drawn])
    assert (found[0] < 0.1).all()
    assert (found[1] > 1).all()
    # By hand, of a map that is not halved.
    small = torch.randn(1, 1, 8, 8)
    right = (small[..., :] * torch.cat([small[..., -1:], small[..., :-1]], -1)).mean()
    below = (small * torch.cat([small[:, :, -1:], small[:, :, :-1]], 2)).mean()
    assert unevenness([small]) == pytest.approx(float(right**2 + below**2))


# -- projection ----------------------------------------------------------------------------------


def test_what_is_aimed_at():
    target = torch.zeros(1, 8, 8)
    x = torch.zeros(2, 1, 8, 8)
    x[1] = 0.5
    total, error = Aim(target)(x)
    assert torch.equal(total, torch.tensor([0, 0.25]))
    assert torch.equal(total, error)
    assert torch.equal(Aim(target, scales=True)(x)[0], torch.tensor([0, 0.5]))
    weight = torch.zeros(8, 8)
    weight[:, :2] = 1.0
    x[1, :, :, 2:] = 9.0  # where nothing counts
    assert torch.allclose(Aim(target, weight)(x)[1], torch.tensor([0, 0.25]))


@pytest.mark.parametrize(("space", "found_in"), [("z", "z"), ("w", "w"), ("w+", "w+")])
def test_a_known_point_of_a_game_with_styles_is_recovered(space, found_in):
    latent = Latent(tiny(), space, seed=1)
    point = latent.draw(1, 77)
    found = project(latent.game, latent.show(point)[0], QUICK, space=found_in, seed=1)
    assert found.psnr > 59
    assert torch.allclose(found.latent.show(found.point), latent.show(point), atol=0.05)
    if space == "w":
        assert (found.point - point).norm() < 0.3 * (point - latent.centre).norm()


def test_a_known_point_of_dcgan_is_recovered_and_told():
    game = lively("dcgan")
    (target,), used = game.sample(1, seed=5)
    told = []
    found = project(game, target, QUICK, tell=lambda *what: told.append(what))
    assert found.psnr > 59
    assert torch.allclose(found.point, used["z"], atol=0.1)
    assert found.picture.shape == target.shape
    assert found.steps == len(told) < QUICK.steps
    assert found.psnr == found.curve[-1][1]
    assert all(a[1] < b[1] for a, b in zip(found.curve, found.curve[1:], strict=False))
    again = project(game, target, QUICK)
    assert torch.equal(found.point, again.point)


def test_adam_finds_it_too():
    game = tiny()
    (target,), _ = game.sample(1, seed=5)
    adam = Search(method="adam", seconds=None, draws=64, starts=2, steps=150, goal=30.0)
    assert project(game, target, adam, space="w").psnr > 25


def test_the_class_is_found_unless_it_is_given():
    game = lively("acgan")
    latent = Latent(game, label=7)
    target = latent.show(latent.draw(1, 3))[0]
    found = project(game, target, QUICK)
    assert found.latent.to_json()["label"] == 7
    assert found.psnr > 59
    given = project(game, target, QUICK, label=2)
    assert given.latent.to_json()["label"] == 2
    assert given.psnr < found.psnr


def test_the_class_is_found_where_draws_alone_mislead(tmp_path):
    game = ganvas.pretrained("emoji-64", tmp_path / "run").game
    x, given = game.sample(2, seed=99)
    found = project(game, x[1], Search(seconds=None, goal=25.0))
    assert found.latent.to_json()["label"] == int(given["label"][1])
    assert found.psnr >= 25


def test_noise_maps_hold_what_styles_cannot():
    game = tiny()
    torch.manual_seed(0)
    (target,), _ = game.sample(1, seed=5)
    target = (target + 0.05 * torch.randn_like(target)).clamp(-1, 1)
    plain = project(game, target, QUICK, space="w")
    moved = replace(QUICK, noises=True, steps=60, starts=2)
    found = project(game, target, moved, space="w")
    assert found.psnr > plain.psnr + 3
    assert [tuple(noise.shape) for noise in found.noises] == [(1, 1, s, s) for s in SIZES]


def test_a_typical_point_stays_where_points_are_drawn():
    game = lively("dcgan")
    target = torch.rand(game.output.shape, generator=torch.Generator().manual_seed(0)) * 2 - 1
    few = Search(seconds=None, draws=64, starts=4, steps=60)
    free = project(game, target, few)
    kept = project(game, target, replace(few, typical=0.1))
    assert kept.point.norm() < 0.7 * free.point.norm()
    assert kept.psnr < free.psnr


def test_the_clock_ends_it():
    game = registry.make("dcgan").eval()
    target = torch.ones(game.output.shape)
    found = project(game, target, Search(seconds=0.3, steps=10_000, goal=99.0, patience=10_000))
    assert found.seconds < 3
    assert 0 < found.steps < 10_000


def test_the_rate_rises_and_falls():
    assert pace(0.0) < 0.05
    assert pace(0.1) == pace(0.74) == 1.0
    assert pace(0.875) == pytest.approx(0.5)
    assert pace(1.0) == pytest.approx(0.0, abs=1e-9)
    assert all(math.isfinite(pace(i / 99)) for i in range(100))


@pytest.mark.parametrize(
    ("game", "asked", "message"),
    [
        ("dcgan", {"space": "w"}, "dcgan draws from no styles"),
        ("dcgan", {"label": 3}, "dcgan knows no classes"),
        ("cyclegan", {}, "cyclegan draws from no noise"),
        ("wgan_gp", {}, "makes points"),
        ("tiny", {"space": "v"}, "unknown latent space 'v'"),
    ],
)
def test_what_cannot_be(game, asked, message):
    played = tiny() if game == "tiny" else registry.make(game).eval()
    with pytest.raises(UsageError, match=message):
        project(played, torch.zeros(played.output.shape), QUICK, **asked)


def test_bad_searches_and_pictures():
    with pytest.raises(UsageError, match="seconds must be above 0, not 0"):
        Search(seconds=0.0)
    with pytest.raises(UsageError, match="starts must be at least 1, not 0"):
        Search(starts=0)
    with pytest.raises(UsageError, match=r"makes pictures of \(1, 16, 16\), and this one has"):
        project(registry.make("dcgan"), torch.zeros(3, 16, 16))
    assert len(SIZES) == LAYERS

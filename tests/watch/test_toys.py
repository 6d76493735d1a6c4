import sys

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib.axes import Axes

from ganvas.watch import toys

RING = torch.linspace(0, 6.28, 200)
REAL = {toys.density: torch.randn(500, 1), toys.plane: torch.stack([RING.cos(), RING.sin()], 1)}


def slope(x: torch.Tensor) -> torch.Tensor:
    return 100 * x.sum(1) - 7  # far outside [0, 1]: no sigmoid is assumed


@pytest.fixture(params=[toys.density, toys.plane], ids=["density", "plane"])
def draw(request):
    return request.param


def pixels(picture) -> np.ndarray:
    return np.asarray(picture).astype(int)


def test_frames_of_a_run_fit_on_each_other(draw):
    """What does not depend on the generator is at the same place in every frame."""
    real = REAL[draw]
    frames = [pixels(draw(real, made, slope)) for made in (real, real * 0.1, real + 100)]
    assert len({frame.shape for frame in frames}) == 1
    assert frames[0].shape[0] > 400
    same = (frames[0] == frames[1]).all(2).mean()
    assert 0.8 < same < 1


def test_the_judge_is_drawn_if_there_is_one(draw):
    real = REAL[draw]
    without, one, other = (
        pixels(draw(real, real, judge)) for judge in (None, slope, lambda x: -(x[:, 0] ** 2))
    )
    assert (without != one).any()
    assert (one != other).any()


def colour_share(picture, colour: str) -> float:
    wanted = np.array(matplotlib.colors.to_rgb(colour)) * 255
    return float((np.abs(pixels(picture) - wanted).max(2) < 40).mean())


def test_points_that_flee_are_told(draw, monkeypatch):
    told, write = [], Axes.text
    monkeypatch.setattr(Axes, "text", lambda *a, **k: (told.append(a[3]), write(*a, **k))[1])
    made = REAL[draw].clone()
    draw(REAL[draw], made)
    assert told == []
    made[:7] = 1000
    draw(REAL[draw], made)
    assert told == ["7 generated outside this view"]


@pytest.mark.parametrize("value", [0.0, 1e30, float("nan"), float("inf")])
def test_a_judge_without_an_opinion_can_be_drawn(draw, value: float):
    draw(REAL[draw], REAL[draw], lambda x: torch.full((len(x),), value))


def test_a_law_of_one_point_can_be_drawn(draw):
    point = torch.ones_like(REAL[draw])
    draw(point, REAL[draw], slope)


def test_of_more_coordinates_the_first_two_are_drawn():
    made = torch.rand(50, 5)
    assert (pixels(toys.plane(made, made)) == pixels(toys.plane(made[:, :2], made[:, :2]))).all()


def test_a_collapsed_generator_is_a_peak_that_stays_in_view():
    real = REAL[toys.density]
    spread = colour_share(toys.density(real, real), toys.MADE)
    assert colour_share(toys.density(real, torch.zeros(500, 1)), toys.MADE) > spread / 20


def test_the_density_is_one():
    x = torch.linspace(-6, 6, 400)
    found = toys._kernel_density(torch.randn(20_000), x, 0.1)
    assert torch.trapezoid(found, x).item() == pytest.approx(1, abs=0.01)
    assert found.max().item() == pytest.approx(0.399, abs=0.05)
    half = torch.cat([torch.zeros(500), torch.full((500,), 99.0)])
    assert torch.trapezoid(toys._kernel_density(half, x, 0.1), x).item() == pytest.approx(0.5)


def test_nobody_elses_plots_are_touched(draw):
    before = dict(matplotlib.rcParams)
    draw(REAL[draw], REAL[draw], slope)
    assert dict(matplotlib.rcParams) == before
    assert "matplotlib.pyplot" not in sys.modules or not matplotlib.pyplot.get_fignums()

import pytest
import torch

from ganvas import data
from ganvas.core import UsageError
from ganvas.metrics.toy import modes_covered, share_of_good_samples


def real(name, n=2500):
    return data.load(name, split="test").tables[0].fetch(torch.arange(n))["x"]


@pytest.mark.parametrize(
    ("name", "share"), [("gaussian1d", 0.997), ("ring8", 0.989), ("grid25", 0.989)]
)
def test_the_real_law_is_perfect(name, share):
    x = real(name)
    assert modes_covered(x, name) == len(data.modes(name))
    assert share_of_good_samples(x, name) == pytest.approx(share, abs=0.006)


def test_a_collapsed_generator_covers_what_it_covers():
    x, label = (data.load("ring8").tables[0].fetch(torch.arange(8000))[f] for f in ("x", "label"))
    assert modes_covered(x[label < 3], "ring8") == 3
    assert share_of_good_samples(x[label < 3], "ring8") > 0.98


def test_samples_between_the_modes_are_no_good():
    between = torch.rand(1000, 2, generator=torch.Generator().manual_seed(0)) * 0.6 - 0.3
    assert modes_covered(between, "ring8") == 0
    assert share_of_good_samples(between, "ring8") == 0
    half = torch.cat([between, data.modes("ring8")[[0]].expand(1000, 2)])
    assert modes_covered(half, "ring8") == 1
    assert share_of_good_samples(half, "ring8") == 0.5


def test_a_stray_sample_is_no_mode_unless_one_is_enough():
    modes = data.modes("ring8")
    x = torch.cat([modes[0].expand(2499, 2), modes[[1]]])
    assert modes_covered(x, "ring8") == 1
    assert modes_covered(x, "ring8", fewest=1) == 2


def test_a_wider_circle_is_more_lenient():
    x = data.modes("ring8") + torch.tensor([0.07, 0.0])
    assert share_of_good_samples(x, "ring8") == 0
    assert share_of_good_samples(x, "ring8", std=4) == 1


def test_other_points_are_refused():
    with pytest.raises(UsageError, match="shape"):
        modes_covered(torch.zeros(4, 3), "ring8")
    with pytest.raises(UsageError, match="shape"):
        share_of_good_samples(torch.zeros(0, 2), "ring8")
    with pytest.raises(UsageError, match="no mixture"):
        modes_covered(torch.zeros(4, 2), "swissroll")

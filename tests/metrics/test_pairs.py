import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from tests.metrics.figures import subject

from ganvas.core import Image, UsageError
from ganvas.metrics import FIGURES, lpips, ms_ssim, psnr, ssim
from ganvas.metrics.figure import Rows


def pictures(n, side, seed, channels=1):
    draws = torch.Generator().manual_seed(seed)
    coarse = torch.rand(n, channels, 4, 4, generator=draws) * 2 - 1
    return torch.nn.functional.interpolate(coarse, (side, side), mode="bilinear")


def test_psnr_and_ssim_against_scikit_image():
    x = pictures(3, 160, 0)
    y = (x + 0.2 * torch.randn(x.shape, generator=torch.Generator().manual_seed(1))).clamp(-1, 1)
    for a, b, p, s in zip(x[:, 0].numpy(), y[:, 0].numpy(), psnr(x, y), ssim(x, y), strict=True):
        assert float(p) == pytest.approx(peak_signal_noise_ratio(a, b, data_range=2), rel=1e-6)
        gauss = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
        expected = structural_similarity(a, b, data_range=2, win_size=11, **gauss)
        assert float(s) == pytest.approx(expected, abs=0.02)  # they treat the border otherwise
    assert psnr(x, x).isinf().all()
    assert ssim(x, x).tolist() == pytest.approx([1] * 3)


@pytest.mark.parametrize("side", [8, 16, 33, 176])
def test_ms_ssim_falls_with_noise(side):
    x = pictures(4, side, 0, 3)
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(1))
    found = [float(ms_ssim(x, x + s * noise).mean()) for s in (0, 0.1, 0.3, 1)]
    assert found[0] == pytest.approx(1)
    assert found == sorted(found, reverse=True)


def test_lpips_says_how_to_get_its_weights():
    with pytest.raises(UsageError, match=r"ganvas\[hub\].*psnr and ssim need neither"):
        lpips(pictures(1, 64, 0, 3), pictures(1, 64, 1, 3))


def figure(fake, labels=None, **more):
    space = Image(1, *fake.shape[2:])
    about = subject(fake, fake, space=space, dims=None, labelled=labels is not None, **more)
    made = FIGURES["ms_ssim"](about)
    real = pictures(200, fake.shape[2], 9)
    made.real(Rows(real, label=torch.arange(200) % 2))
    made.fake(Rows(fake, label=labels))
    return made.value()


def test_alike_samples_score_high():
    varied, alike = pictures(200, 16, 0), pictures(1, 16, 0).repeat(200, 1, 1, 1)
    assert figure(alike).value == pytest.approx(1, abs=1e-4)
    found = figure(varied)
    assert found.value == pytest.approx(found.protocol["of real rows"], abs=5 * found.error)
    assert found.value < 0.8


def test_pairs_are_of_one_class_where_labels_are_told():
    """Two classes, each of one picture: alike within a class, and only so."""
    two = pictures(2, 16, 3)
    labels = torch.arange(200) % 2
    assert figure(two[labels]).value < 0.9
    assert figure(two[labels], labels).value == pytest.approx(1, abs=1e-4)


def test_what_is_too_small():
    small = subject(torch.zeros(2, 1), torch.zeros(2, 1), space=Image(1, 7, 20))
    assert FIGURES["ms_ssim"].misfit(small) == "pictures of at least 8x8 pixels"
    assert np.isfinite(figure(pictures(150, 8, 0)).value)

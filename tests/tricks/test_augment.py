from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck
from torch.nn.functional import affine_grid, grid_sample, pad

from ganvas.core import Chance, UsageError
from ganvas.tricks import augment
from ganvas.tricks.augment import ada, cut_out, diff_augment, jitter, next_p, translate

OCTAVE = math.log(2)


def always(x: Tensor, chance: Chance) -> Tensor:
    return ada(x, 1.0, chance)


def often(x: Tensor, chance: Chance) -> Tensor:
    return ada(x, torch.tensor(0.5), chance, flip=False)


ALL = pytest.mark.parametrize(
    "change", [jitter, translate, cut_out, diff_augment, always, often], ids=lambda f: f.__name__
)
SHAPES = pytest.mark.parametrize("shape", [(1, 8, 8), (3, 9, 16), (4, 7, 5), (1, 1, 4)])


def pictures(n: int, *shape: int) -> Tensor:
    return Chance("pictures").uniform(n, *shape) * 2 - 1


# -- what holds for all of them ----------------------------------------------------------------


@ALL
@SHAPES
def test_a_picture_stays_a_picture_of_its_size(change, shape: tuple[int, ...]) -> None:
    x = pictures(16, *shape)
    before = x.clone()
    y = change(x, Chance("test"))
    assert y.shape == x.shape
    assert y.dtype == x.dtype
    assert y.isfinite().all()
    assert torch.equal(x, before)
    assert not torch.equal(x, y)


@ALL
def test_the_place_decides_the_draws(change) -> None:
    x = pictures(8, 3, 8, 8)
    assert torch.equal(change(x, Chance(1, 2)), change(x, Chance(1, 2)))
    assert not torch.equal(change(x, Chance(1, 2)), change(x, Chance(1, 3)))
    same = change(x[:1].expand(8, -1, -1, -1), Chance(1))
    assert len({tuple(row.flatten().tolist()) for row in same}) > 4, "one draw for all rows"


@ALL
def test_a_row_meets_its_own_draw_however_the_batch_is_divided(change) -> None:
    x = pictures(8, 3, 8, 8)
    whole = change(x, Chance(1))
    parts = [change(x[2 * i : 2 * i + 2], Chance(1, part=i, parts=4)) for i in range(4)]
    torch.testing.assert_close(torch.cat(parts), whole, rtol=0, atol=1e-6)


@ALL
def test_gradients_and_their_gradients(change) -> None:
    x = pictures(2, 4, 3, 4).double().requires_grad_()
    assert gradcheck(lambda x: change(x, Chance(3)), x)
    assert gradgradcheck(lambda x: change(x, Chance(3)), x)


@ALL
def test_lower_precision_loses_no_more_than_its_own_digits(change) -> None:
    x = pictures(8, 3, 32, 32).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        y = change(x, Chance(1))
    assert y.dtype == torch.bfloat16
    assert torch.equal(y, change(x.float(), Chance(1)).bfloat16())


@ALL
def test_it_computes_where_the_pictures_are(change) -> None:
    assert change(pictures(2, 3, 8, 8).to("meta"), Chance(1)).device.type == "meta"


@pytest.mark.parametrize("change", [jitter, diff_augment, always])
def test_colours_it_does_not_know(change) -> None:
    with pytest.raises(UsageError, match="1, 3 or 4 channels.*not of 2 channels"):
        change(pictures(2, 2, 8, 8), Chance(1))


# -- DiffAugment -------------------------------------------------------------------------------


def test_jitter_has_the_strengths_of_the_paper() -> None:
    n = 4_000
    x = pictures(1, 3, 6, 6).expand(n, -1, -1, -1)
    y = jitter(x, Chance(1))

    def measured(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        grey = x.mean(1, keepdim=True)
        return x.mean((1, 2, 3)), grey.std((1, 2, 3)), (x - grey).std((1, 2, 3))

    (mean, luma, chroma), (mean_y, luma_y, chroma_y) = measured(x), measured(y)
    contrast = luma_y / luma
    for drawn, low, high in [
        (mean_y - mean, -0.5, 0.5),
        (contrast, 0.5, 1.5),
        (chroma_y / chroma / contrast, 0.0, 2.0),
    ]:
        assert drawn.min() > low - 1e-4
        assert drawn.max() < high + 1e-4
        shares = torch.histc(drawn, 4, low, high) / n
        torch.testing.assert_close(shares, torch.full((4,), 0.25), atol=0.03, rtol=0)


def test_grey_has_no_saturation_and_alpha_no_colour() -> None:
    x = pictures(64, 1, 4, 4)
    y = jitter(x, Chance(1))
    # Brightness and contrast only: the same straight line for all pixels of a picture.
    slope = y.std((2, 3)) / x.std((2, 3))
    lines = slope[..., None, None] * (x - x.mean((2, 3), keepdim=True))
    torch.testing.assert_close(y - y.mean((2, 3), keepdim=True), lines)
    assert slope.min() >= 0.5
    assert slope.max() <= 1.5

    x = pictures(8, 4, 6, 6)
    assert torch.equal(jitter(x, Chance(1))[:, 3], x[:, 3])
    assert torch.equal(jitter(x, Chance(1))[:, :3], jitter(x[:, :3], Chance(1)))


def test_translations_are_uniform_up_to_an_eighth() -> None:
    n, height, width = 6_000, 16, 24
    x = torch.arange(1.0, height * width + 1).view(1, 1, height, width).expand(n, -1, -1, -1)
    y = translate(x, Chance(1))
    places = []
    for before, after in zip(x, y, strict=True):
        offsets = (after - before)[after != 0]
        assert (offsets == offsets[0]).all()
        down, right = (after[0] != 0).any(1).nonzero(), (after[0] != 0).any(0).nonzero()
        moved = (
            (int(down[0]) or int(down[-1]) - height + 1),
            (int(right[0]) or int(right[-1]) - width + 1),
        )
        assert offsets[0] == -moved[0] * width - moved[1]
        places.append(moved)
    counts = {place: places.count(place) for place in set(places)}
    assert set(counts) == {(i, j) for i in range(-2, 3) for j in range(-3, 4)}
    assert min(counts.values()) > 0.6 * n / 35


def test_the_hole_has_half_of_each_side() -> None:
    n, height, width = 3_000, 8, 11
    hole = cut_out(torch.ones(n, 3, height, width), Chance(1)) == 0
    assert (hole == hole[:, :1]).all()
    rows, columns = hole[:, 0].any(2), hole[:, 0].any(1)
    assert torch.equal(hole[:, 0], rows[:, :, None] & columns[:, None, :])
    # 4 of 8 rows around one of 9 places: the outer ones leave 2 and 3. 6 of 11 columns around one
    # of 12: from 3 on.
    assert torch.equal(rows.sum(1).unique(), torch.tensor([2, 3, 4]))
    assert torch.equal(columns.sum(1).unique(), torch.tensor([3, 4, 5, 6]))
    assert (rows.sum(1) == 4).float().mean().item() == pytest.approx(5 / 9, abs=0.04)
    assert (columns.sum(1) == 6).float().mean().item() == pytest.approx(6 / 12, abs=0.04)


# -- adaptive augmentation ---------------------------------------------------------------------


@SHAPES
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_at_0_nothing_happens(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    x = pictures(8, *shape).to(dtype)
    assert torch.equal(ada(x, 0.0, Chance(1)), x)
    assert torch.equal(ada(x, torch.zeros(()), Chance(1)), x)


def test_the_more_p_the_fewer_pictures_stay_as_they_are() -> None:
    x = pictures(4_000, 1, 4, 4)
    for p in (0.05, 0.2):
        same = (ada(x, p, Chance(1)) == x).flatten(1).all(1).float().mean()
        # Flips do nothing half of the time, quarter turns one time in four; hue and saturation
        # change no grey; a jump below half a pixel (here always) rounds to 0.
        untouched = (1 - p / 2) ** 2 * (1 - p * 3 / 4) * (1 - p) ** 6
        assert same.item() == pytest.approx(untouched, abs=0.03)


def origins(n: int, p: float, flip: bool = True, side: int = 64) -> Tensor:
    x = torch.zeros(n, 1, 1, 1, dtype=torch.float64)
    dice = augment._Dice(p, Chance("geometry"), x)
    return augment._geometry(dice, torch.tensor([side, side]).double(), flip)


def test_the_geometry_has_the_strengths_of_the_paper() -> None:
    linear = origins(20_000, 1.0)[:, :2, :2]
    assert (linear.det() < 0).double().mean().item() == pytest.approx(0.5, abs=0.02)
    size = linear.det().abs().log() / 2
    assert size.mean().item() == pytest.approx(0, abs=0.005)
    assert size.std().item() == pytest.approx(0.2 * OCTAVE, rel=0.03)
    long, short = torch.linalg.svdvals(linear).T
    stretch = (long / short).log() / 2  # of either sign, seen without it
    assert stretch.square().mean().sqrt().item() == pytest.approx(0.2 * OCTAVE, rel=0.03)
    angle = torch.atan2(linear[:, 1, 0], linear[:, 0, 0])
    shares = torch.histc(angle, 8, -math.pi, math.pi) / len(angle)
    torch.testing.assert_close(shares, torch.full((8,), 1 / 8).double(), atol=0.015, rtol=0)


def test_each_part_of_the_geometry_comes_with_probability_p() -> None:
    p, n = 0.3, 40_000
    matrices = origins(n, p)
    linear, shift = matrices[:, :2, :2], matrices[:, :2, 2]
    assert (linear.det() < 0).double().mean().item() == pytest.approx(p / 2, abs=0.01)
    scaled = ((linear.det().abs() - 1).abs() > 1e-9).double().mean()
    assert scaled.item() == pytest.approx(p, abs=0.01)
    # Neither scaled nor stretched: a rotation by any angle or by quarters, perhaps mirrored.
    stiff = linear[(linear.mT @ linear - torch.eye(2)).abs().amax((1, 2)) < 1e-9]
    assert len(stiff) / n == pytest.approx((1 - p) ** 2, abs=0.01)
    askew = ((stiff - stiff.round()).abs().amax((1, 2)) > 1e-9).double().mean()
    assert askew.item() == pytest.approx(p, abs=0.01)
    straight = stiff[(stiff == stiff.round()).all(2).all(1) & (stiff.det() > 0)]
    for cos, sin in [(0, 1), (-1, 0), (0, -1)]:
        share = ((straight[:, 0, 0] == cos) & (straight[:, 1, 0] == sin)).double().mean()
        assert share.item() == pytest.approx(p / 4, abs=0.01)

    still = shift[(linear == torch.eye(2)).all(2).all(1)]
    whole = (still == still.round()).all(1)
    assert whole.double().mean().item() == pytest.approx(1 - p, abs=0.02)
    jumps = still[whole & (still != 0).any(1)]
    assert jumps.abs().max() == 8
    assert jumps.square().mean().item() == pytest.approx(64 / 3, rel=0.1)
    drift = still[~whole].square().mean().item()
    assert drift == pytest.approx(64 + p * 64 / 3, rel=0.1)


def test_letters_are_not_mirrored() -> None:
    assert (origins(2_000, 1.0, flip=False)[:, :2, :2].det() > 0).all()


def test_pixels_are_interpolated_as_torch_does_and_reflected_at_the_edges() -> None:
    height, width = 7, 10
    x = pictures(64, 3, height, width).double()
    origin = origins(64, 0.7, side=height)
    to_pixels = torch.tensor([(width - 1) / 2, (height - 1) / 2, 1]).double()
    theta = origin * to_pixels / to_pixels[:, None]
    grid = affine_grid(theta[:, :2], list(x.shape), align_corners=True)
    expected = grid_sample(x, grid, padding_mode="reflection", align_corners=True)
    torch.testing.assert_close(augment._warped(x, origin), expected)


def test_whole_pixels_move_exactly() -> None:
    x, one = pictures(4, 3, 8, 8), torch.ones(4)
    for matrix, expected in [
        (augment._scaled(-one, one), x.flip(3)),
        (augment._turned(0 * one, one), x.rot90(1, (2, 3))),
        (augment._turned(-one, 0 * one), x.rot90(2, (2, 3))),
        (
            augment._shifted(torch.tensor([[3.0, -2.0]]).expand(4, 2)),
            pad(x, (0, 3, 2, 0), "reflect")[:, :, :8, 3:],
        ),
    ]:
        assert torch.equal(augment._warped(x, matrix), expected)


def colours(p: float, *rgb: float, n: int = 20_000) -> Tensor:
    """What becomes of a picture of one colour: geometry does nothing to it."""
    x = torch.tensor(rgb).view(1, -1, 1, 1).expand(n, -1, 1, 1)
    return ada(x, p, Chance("colour"))[:, :, 0, 0]


@pytest.mark.parametrize("channels", [1, 3])
def test_luma_has_the_strengths_of_the_paper(channels: int) -> None:
    black, white = (colours(1.0, *[c] * channels).mean(1) for c in (0.0, 1.0))
    slope = white - black
    assert (slope < 0).float().mean().item() == pytest.approx(0.5, abs=0.02)
    assert slope.abs().log().mean().item() == pytest.approx(0, abs=0.02)
    assert slope.abs().log().std().item() == pytest.approx(0.5 * OCTAVE, rel=0.03)
    assert (black / slope).mean().item() == pytest.approx(0, abs=0.01)
    assert (black / slope).std().item() == pytest.approx(0.2, rel=0.03)


def test_chroma_has_the_strengths_of_the_paper() -> None:
    chroma = colours(1.0, 1.0, -1.0, 0.0) - colours(1.0, 0.0, 0.0, 0.0)
    torch.testing.assert_close(chroma.sum(1), torch.zeros(len(chroma)), atol=1e-4, rtol=0)
    gain = (chroma.norm(dim=1) / math.sqrt(2)).log()  # contrast and saturation
    assert gain.mean().item() == pytest.approx(0, abs=0.02)
    assert gain.std().item() == pytest.approx(math.hypot(0.5, 1) * OCTAVE, rel=0.03)
    along = (chroma[:, 0] - chroma[:, 1]) / math.sqrt(2)
    across = (chroma[:, 0] + chroma[:, 1] - 2 * chroma[:, 2]) / math.sqrt(6)
    shares = torch.histc(torch.atan2(across, along), 8, -math.pi, math.pi) / len(chroma)
    torch.testing.assert_close(shares, torch.full((8,), 1 / 8), atol=0.015, rtol=0)


def test_each_colour_comes_with_probability_p() -> None:
    p = 0.3
    black, grey, red = (colours(p, *c) for c in ((0.0, 0.0, 0.0), (0.5, 0.5, 0.5), (1.0, 0.0, 0.0)))
    gain = (grey - black).mean(1) * 2
    assert (black.abs().amax(1) > 1e-5).float().mean().item() == pytest.approx(p, abs=0.015)
    assert ((gain.abs() - 1).abs() > 1e-5).float().mean().item() == pytest.approx(p, abs=0.015)
    assert (gain < 0).float().mean().item() == pytest.approx(p / 2, abs=0.015)
    chroma = (red - black) - gain[:, None] / 3
    turned = (chroma[:, 1] - chroma[:, 2]).abs() > 1e-5
    assert turned.float().mean().item() == pytest.approx(p, abs=0.015)


def test_alpha_moves_and_is_not_coloured() -> None:
    x = pictures(64, 4, 8, 8)
    x[:, 3] = x[:, 0]
    y = ada(x, 1.0, Chance(1))
    assert torch.equal(ada(x[:, :3], 1.0, Chance(1)), y[:, :3])
    assert not torch.isclose(y[:, 3], x[:, 3]).flatten(1).all(1).any()
    x[:, 3] = 0.25
    assert (ada(x, 1.0, Chance(1))[:, 3] == 0.25).all()


# -- the controller ----------------------------------------------------------------------------


def test_p_goes_from_0_to_1_in_500k_images_and_back() -> None:
    p, sure, unsure = torch.zeros(()), torch.tensor(0.61), torch.tensor(0.59)
    for step in range(1, 2_001):
        p = next_p(p, sure, 250)
        assert p.item() == pytest.approx(step / 2_000, abs=1e-4)
    assert next_p(p, sure, 250) == 1
    for _ in range(1_000):
        p = next_p(p, unsure, 250)
    assert p.item() == pytest.approx(0.5, abs=1e-3)


def test_p_knows_its_limits_and_its_target() -> None:
    sure, unsure = torch.tensor(0.5), torch.tensor(-1.0)
    assert next_p(0.0, unsure, 64) == 0
    assert next_p(0.25, sure, 100, target=0.5, span=1_000).item() == 0.25
    assert next_p(0.25, sure, 100, target=0.4, span=1_000).item() == pytest.approx(0.35)
    assert next_p(0.79, sure, 100, target=0.4, span=1_000, most=0.8).item() == pytest.approx(0.8)

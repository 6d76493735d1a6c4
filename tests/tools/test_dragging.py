"""Dragging: a blob whose place is known goes where it is wanted, by the equations of the paper."""

import pytest
import torch
from blob import SIDE, blob, pixel

from ganvas.core import UsageError, registry
from ganvas.tools.dragging import KEEP, Dragging, at, disc, radii
from ganvas.tools.latent import Latent
from tiny import tiny

MIDDLE = (SIDE - 1) / 2
HERE, THERE = (11.0, 12.0), (17.0, 8.0)


def dragging(**more):
    fast = {"layer": "maps", "rate": 0.05}
    return Dragging(Latent(blob()), torch.zeros(1, 2), [HERE], [THERE], **fast, **more)


def test_the_blob_goes_to_its_target():
    moved = dragging()
    while not moved.done and moved.steps < 150:
        moved.step()
    assert moved.done
    way = torch.tensor(THERE) - torch.tensor(HERE)
    gone = pixel(moved.point)[0] - MIDDLE
    assert torch.allclose(gone, way, atol=1.5)  # the handle is where it is wanted, to a pixel
    assert moved.distances.max() <= 1
    assert torch.allclose(moved.latent.show(moved.point)[0], moved.picture, atol=1e-5)
    before = moved.steps
    moved.step()  # there is nothing left to do
    assert moved.steps == before
    moved.hold([THERE], [HERE])
    while not moved.done and moved.steps < 300:
        moved.step()
    assert torch.allclose(pixel(moved.point)[0] - MIDDLE, torch.zeros(2), atol=2.0)


def test_two_handles_and_a_third_that_stays():
    moved = Dragging(
        *(Latent(blob()), torch.zeros(1, 2), [(9, 12), (14, 12)], [(14, 12), (19, 12)]),
        **{"layer": "maps", "rate": 0.05},
    )
    while not moved.done and moved.steps < 150:
        moved.step()
    gone = pixel(moved.point)[0] - MIDDLE
    assert 3.5 < gone[0] < 6.5
    assert abs(float(gone[1])) < 1.5


def test_what_is_to_be_small_is_the_papers_equation():
    torch.manual_seed(0)
    features = torch.rand(1, 5, SIDE, SIDE)
    mask = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    mask[:, 6:] = True
    moved = dragging(mask=mask)
    d = (torch.tensor(THERE) - torch.tensor(HERE)) / (
        torch.tensor(THERE) - torch.tensor(HERE)
    ).norm()
    near = [(0.0, 0.0), (1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)]  # r_1 is 1 here
    assert moved.near_radius == 1
    pull = 0.0
    for x, y in near:
        q = torch.tensor([[HERE[0] + x, HERE[1] + y]])
        pull += (at(features, q) - at(features, q + d)).abs().mean() / len(near)
    moved.first = features + torch.rand(features.shape)
    kept = ((features - moved.first).abs() * ~mask).mean()
    assert moved.loss(features) == pytest.approx(float(pull + KEEP * kept), rel=1e-5)


def test_no_gradient_goes_through_what_is_to_be_moved():
    """Else the target would come to the handle (sg in eq. 1)."""
    moved, features = dragging(), torch.rand(1, 5, SIDE, SIDE, requires_grad=True)
    moved.targets[0] = moved.handles[0] + torch.tensor([6.0, 0])
    (slope,) = torch.autograd.grad(moved.loss(features), features)
    x, y = (int(p) for p in HERE)
    assert slope[0, :, y, x - 1].abs().max() == 0  # only ever taken as a source
    assert slope[0, :, y, x + 1].abs().max() > 0


def test_handles_are_found_again():
    moved = dragging()
    shifted = moved.first.roll((-1, 1), (2, 3))  # up and to the right
    moved._track(shifted)
    assert moved.handles.tolist() == [[12.0, 11.0]]


def test_features_between_pixels():
    features = torch.arange(12.0).view(1, 1, 3, 4)
    found = at(features, torch.tensor([[0.0, 0.0], [3.0, 2.0], [1.5, 0.5]]))
    assert torch.allclose(found, torch.tensor([[0.0], [11.0], [3.5]]), atol=1e-5)
    assert len(disc(1, torch.device("cpu"))) == 5
    assert disc(3, torch.device("cpu"))[0].tolist() == [0, 0]
    assert [radii((side, side)) for side in (16, 64, 512)] == [(1, 2), (2, 6), (3, 12)]


def test_what_is_not_in_the_mask_stays():
    mask = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    mask[:4, :4] = True  # the blob is not in it
    free, bound = dragging(), dragging(mask=mask)
    for _ in range(20):
        free.step()
        bound.step()
    off = [(m.picture - m.begun).abs().mean() for m in (bound, free)]
    assert off[0] < 0.3 * off[1]


@pytest.mark.parametrize("space", ["z", "w+"])
def test_any_generator_with_feature_maps(space):
    game = tiny() if space == "w+" else registry.make("dcgan").eval()
    latent = Latent(game, space)
    moved = Dragging(latent, latent.draw(1, 2), [(4, 4)], [(10, 9)])
    assert moved.layer.height == 8
    for _ in range(3):
        moved.step()
    assert not moved.picture.equal(moved.begun)
    if space == "w+":  # styles after the layer move nothing in it
        changed = (moved.point - moved.start).abs().amax((0, 2)) > 0
        assert changed.tolist() == [True, True, True, True, False, False]


@pytest.mark.parametrize(
    ("handles", "targets", "mask", "message"),
    [
        ([], [], None, "drag what?"),
        ([HERE], [], None, "each handle needs a target: 1 and 0 are given"),
        (
            [HERE],
            [(24, 3)],
            None,
            "24,3 lies outside of the picture, whose pixels are 0,0 to 23,23",
        ),
        ([(-1, 3)], [HERE], None, "-1,3 lies outside of the picture"),
        ([HERE], [(float("nan"), 3)], None, "nan,3 lies outside"),
        ([HERE], [THERE], torch.ones(8, 8), r"a mask has the size of the picture, \(24, 24\)"),
        ([HERE], [THERE], torch.zeros(SIDE, SIDE), "it shows no white"),
    ],
)
def test_what_cannot_be_dragged(handles, targets, mask, message):
    with pytest.raises(UsageError, match=message):
        Dragging(Latent(blob()), torch.zeros(1, 2), handles, targets, mask)


def test_numbers_that_cannot_be():
    with pytest.raises(UsageError, match="rate must be above 0 and keep 0 or more, not 0 and 20"):
        Dragging(Latent(blob()), torch.zeros(1, 2), [HERE], [THERE], rate=0.0)


def test_a_game_without_feature_maps_or_such_a_layer():
    game = registry.make("gan").eval()
    latent = Latent(game)
    with pytest.raises(UsageError, match="of no feature maps"):
        Dragging(latent, latent.draw(1, 0), [(3, 3)], [(5, 5)])
    with pytest.raises(UsageError, match="unknown layer"):
        Dragging(Latent(blob()), torch.zeros(1, 2), [HERE], [THERE], layer="nose")

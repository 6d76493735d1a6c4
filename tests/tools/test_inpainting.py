"""Holes: what counts around them, what fills them, and that nobody sees where they were."""

import pytest
import torch

from ganvas.core import UsageError, registry
from ganvas.tools.inpainting import FAR, importance, inpaint, liking, poisson
from ganvas.tools.projection import Search
from tiny import tiny

QUICK = Search(seconds=None, draws=64, starts=4, steps=80, goal=60.0)


def test_what_is_known_counts_more_beside_the_hole():
    hole = torch.zeros(20, 20, dtype=torch.bool)
    hole[8:12, 8:12] = True
    weight = importance(hole)
    assert not weight[hole].any()
    assert weight[0, 0] == FAR
    assert weight[7, 9] == pytest.approx(FAR + 3 * 4 / 49)  # of 7x7 pixels around, 3x4 are missing
    assert weight[7, 9] > weight[6, 9] > weight[5, 9] > weight[4, 9] == FAR


def test_a_hole_without_a_seam_solves_poissons_equation():
    torch.manual_seed(0)
    picture, drawn = torch.rand(2, 2, 9, 11) * 0.4
    hole = torch.zeros(9, 11, dtype=torch.bool)
    hole[2:6, 3:8] = True
    hole[0:3, 0:2] = True  # at the picture's edge there is no neighbour to agree with
    filled = poisson(picture, drawn, hole)
    assert torch.equal(filled[:, ~hole], picture[:, ~hole])
    at = hole.nonzero().tolist()
    number = {tuple(place): i for i, place in enumerate(at)}
    a, b = torch.zeros(len(at), len(at)).double(), torch.zeros(len(at), 2).double()
    for (y, x), i in number.items():
        for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if not (0 <= v < 9 and 0 <= u < 11):
                continue
            a[i, i] += 1
            b[i] += (drawn[:, y, x] - drawn[:, v, u]).double()
            if (v, u) in number:
                a[i, number[v, u]] -= 1
            else:
                b[i] += picture[:, v, u].double()
    wanted = torch.linalg.solve(a, b).T.float()
    assert torch.allclose(filled[:, hole], wanted.clamp(-1, 1), atol=1e-5)


def test_a_constant_off_is_forgotten():
    torch.manual_seed(1)
    picture = torch.rand(1, 8, 8) - 0.5
    hole = torch.zeros(8, 8, dtype=torch.bool)
    hole[3:6, 2:5] = True
    assert torch.allclose(poisson(picture, picture + 0.3, hole), picture, atol=1e-5)


def test_the_hole_of_a_drawn_picture_is_filled_with_what_was_there():
    game = tiny()
    (truth,), _ = game.sample(1, seed=3)
    hole = torch.zeros(16, 16, dtype=torch.bool)
    hole[4:10, 5:11] = True
    broken = torch.where(hole, torch.ones(()), truth)
    for blend in ("poisson", "paste"):
        found = inpaint(game, broken, hole, QUICK, prior=0.0, blend=blend, seed=0)
        assert torch.equal(found.picture[:, ~hole], truth[:, ~hole])
        assert (found.picture - truth)[:, hole].abs().mean() < 0.1
        assert found.projected.latent.space == "z"
    assert torch.equal(
        inpaint(game, broken, hole, QUICK, blend="none").picture.shape and hole, hole
    )


def test_what_the_discriminator_likes_counts():
    torch.manual_seed(0)
    game = registry.make("dcgan").eval()
    judge = liking(game, None, 0, {})
    x, _ = game.sample(32, seed=4)
    scores = game.judge(x)
    assert torch.equal(judge(x).argsort(descending=True), scores.argsort())
    hole = torch.zeros(16, 16, dtype=torch.bool)
    hole[4:12, 4:12] = True
    few = Search(seconds=None, draws=32, starts=2, steps=15)
    free = inpaint(game, x[0] * 0, hole, few, prior=0.0).drawn
    liked = inpaint(game, x[0] * 0, hole, few, prior=10.0).drawn
    assert judge(liked[None]) < judge(free[None])
    assert liking(tiny(), None, 0, {}) is None  # nobody who could judge


def test_masks_that_cannot_be():
    game, x = tiny(), torch.zeros(3, 16, 16)
    for hole, message in (
        (torch.zeros(16, 16, dtype=torch.bool), "it shows no hole"),
        (torch.ones(16, 16, dtype=torch.bool), "it shows nothing but a hole"),
        (torch.ones(8, 8, dtype=torch.bool), r"the mask has the shape \(8, 8\)"),
    ):
        with pytest.raises(UsageError, match=message):
            inpaint(game, x, hole, QUICK)

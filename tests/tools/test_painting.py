"""Painting: pictures follow strokes, the loss falls, and the start is not forgotten."""

import math

import pytest
import torch
from blob import SIDE, blob, pixel

from ganvas.core import UsageError, registry
from ganvas.tools.latent import Latent
from ganvas.tools.painting import Painting
from ganvas.tools.strokes import EDGES, Pull, Strokes, cell_of, histograms
from tiny import tiny


def spot(x, y, radius=1):
    where = torch.zeros(SIDE, SIDE)
    where[y - radius : y + radius + 1, x - radius : x + radius + 1] = 1
    return where


RED = torch.tensor([1.0, -1, -1])

# -- strokes -------------------------------------------------------------------------------------


def test_strokes_are_added_and_erased():
    none = Strokes.none(blob().output)
    assert none.empty
    strokes = none.coloured(spot(5, 5), RED).coloured(spot(6, 5), -RED).sketched(spot(12, 12))
    assert none.empty  # the earlier ones are still there, to go back to
    assert strokes.painted.sum() == 12
    assert torch.equal(strokes.colour[:, 5, 4], RED)
    assert torch.equal(strokes.colour[:, 5, 6], -RED)  # the later stroke lies on top
    left = strokes.erased(spot(6, 5)).erased(spot(12, 12))
    assert (left.painted.sum(), left.lines.sum()) == (3, 0)
    assert left.erased(torch.ones(SIDE, SIDE)).empty
    with pytest.raises(UsageError, match=r"size of the picture, \(24, 24\), not \(8, 8\)"):
        none.sketched(torch.zeros(8, 8))


def test_a_region_is_painted_elsewhere():
    picture = torch.rand(3, SIDE, SIDE) * 2 - 1
    strokes = Strokes.none(blob().output).moved(picture, spot(6, 7), (5, -2))
    assert torch.allclose(strokes.painted, spot(11, 5), atol=1e-4)
    assert torch.allclose(strokes.colour[:, 4:7, 10:13], picture[:, 6:9, 5:8], atol=1e-3)
    large = Strokes.none(blob().output).moved(picture, spot(12, 12, 2), (0, 0), times=2.0)
    assert large.painted[12 - 4 : 12 + 5, 12 - 4 : 12 + 5].min() > 0.5
    assert 81 <= (large.painted > 0).sum() <= 121
    with pytest.raises(UsageError, match="the region is empty"):
        strokes.moved(picture, torch.zeros(SIDE, SIDE), (1, 1))
    with pytest.raises(UsageError, match="moved by 90,0 the region leaves the picture"):
        strokes.moved(picture, spot(6, 7), (90, 0))


def test_what_strokes_pull():
    """By hand: the mean over what is painted, whatever its size and the rest of the picture."""
    none = Strokes.none(blob().output)
    pictures = torch.stack([torch.zeros(3, SIDE, SIDE), RED[:, None, None].expand(3, SIDE, SIDE)])
    pictures[1, :, 0, 0] = 9.0
    assert torch.allclose(Pull(none.coloured(spot(9, 9), RED))(pictures), torch.tensor([1.0, 0]))
    faint = none.coloured(spot(9, 9, 3) * 0.3, RED)
    assert torch.allclose(Pull(faint)(pictures), torch.tensor([1.0, 0]))
    assert torch.equal(Pull(none)(pictures), torch.zeros(2))


def test_histograms_know_the_direction_of_edges_and_not_their_side():
    ramp = torch.linspace(-1, 1, SIDE).expand(1, 1, SIDE, SIDE)
    along, other, down = (histograms(x) for x in (ramp, -ramp, ramp.mT))
    assert along.shape == (1, 8, SIDE // cell_of(ramp), SIDE // cell_of(ramp))
    assert (along[0, :, 4, 4].argmax(), down[0, :, 4, 4].argmax()) == (0, 4)
    assert torch.allclose(along, other)
    # |g| max(0, cos 2(φ - θ))² at φ = 0, over its length and what is faint
    angles = torch.arange(8) * math.pi / 8
    wanted = 2 / (SIDE - 1) * (2 * angles).cos().clamp(min=0) ** 2
    wanted = wanted / (wanted.square().sum() + 0.4**2).sqrt()
    assert torch.allclose(along[0, :, 4, 4], wanted, atol=1e-3)
    assert histograms(torch.zeros(1, 1, SIDE, SIDE)).max() < 0.02


def test_lines_want_edges_like_theirs():
    line = torch.zeros(SIDE, SIDE)
    line[:, 12] = 1
    pull = Pull(Strokes.none(blob().output).sketched(line))
    pictures = torch.stack([(x * 2 - 1).expand(3, SIDE, SIDE) for x in (line, line.T, 0 * line)])
    same, across, flat = pull(pictures)
    assert same < 1e-6
    assert EDGES * 0.5 < flat < across


# -- painting ------------------------------------------------------------------------------------


def test_the_blob_goes_where_its_colour_is_painted_and_the_loss_falls():
    latent = Latent(blob())
    painting = Painting(latent, torch.zeros(1, 2), candidates=2)
    assert painting.settled
    painting.step()  # nothing is painted yet
    assert (painting.steps, painting.picture.equal(painting.begun)) == (0, True)
    painting.constrain(Strokes.none(latent.game.output).coloured(spot(15, 9), RED))
    first = float(painting.pull(painting.begun[None]))
    painting.step()
    assert not painting.picture.equal(painting.begun)  # the first step already shows something
    while not painting.settled and painting.steps < 120:
        painting.step()
    assert float(painting.losses[0]) < 0.1 * first
    assert painting.steps < 120
    at = painting.picture[:, 8:11, 14:17].mean((1, 2))
    assert torch.allclose(at, RED, atol=0.2)
    assert torch.allclose(pixel(painting.best), torch.tensor([[15.0, 9.0]]), atol=0.6)
    assert torch.equal(painting.losses, painting.losses.sort().values)
    assert torch.allclose(latent.show(painting.points), painting.pictures, atol=1e-5)


def test_strokes_that_grow_are_followed_from_where_one_is():
    latent = Latent(blob())
    painting, none = Painting(latent, torch.zeros(1, 2), candidates=1), None
    for x in range(12, 18):
        none = Strokes.none(latent.game.output).coloured(spot(x, 12), RED)
        painting.constrain(none)
        for _ in range(4):
            painting.step()
    assert float(pixel(painting.best)[0, 0]) > 15
    x = painting.best
    painting.constrain(none)
    assert torch.equal(painting.best, x)
    painting.constrain(Strokes.none(latent.game.output))  # all is undone
    assert torch.equal(painting.picture, painting.begun)
    assert torch.equal(painting.best, painting.start)


def test_what_is_near_the_start_is_kept():
    game = registry.make("dcgan").eval()
    latent = Latent(game)
    start, where = latent.draw(1, 3), torch.zeros(16, 16)
    where[4:8, 4:8] = 1
    strokes = Strokes.none(game.output).coloured(where, torch.tensor([0.9]))
    far = []
    for near in (0.0, 10.0):
        painting = Painting(latent, start, candidates=1, near=near)
        painting.constrain(strokes)
        for _ in range(30):
            painting.step()
        far.append(float((painting.best - start).norm()))
    assert far[1] < 0.2 * far[0]


@pytest.mark.parametrize("space", ["z", "w", "w+"])
def test_candidates_the_way_and_other_beginnings(space):
    latent = Latent(tiny(), space)
    where = torch.zeros(16, 16)
    where[5:10, 5:10] = 1
    painting = Painting(latent, latent.draw(1, 1), candidates=3, seed=5)
    painting.constrain(Strokes.none(latent.game.output).coloured(where, RED))
    for _ in range(12):
        painting.step()
    assert painting.pictures.shape == (3, 3, 16, 16)
    way = painting.way(torch.linspace(0, 1, 3))
    assert torch.allclose(way[0], painting.begun, atol=1e-5)
    assert torch.allclose(way[-1], painting.picture, atol=1e-4)
    chosen = painting.points[1:2]
    painting.restart(6)
    assert len(painting.points) == 1
    painting.begin(chosen)
    assert torch.allclose(painting.best, chosen, atol=1e-5)
    assert painting.strokes.empty


def test_what_the_discriminator_likes_counts():
    torch.manual_seed(0)
    game = registry.make("dcgan").eval()
    latent, where = Latent(game), torch.zeros(16, 16)
    where[4:8, 4:8] = 1
    strokes, scores = Strokes.none(game.output).coloured(where, torch.tensor([0.9])), []
    for prior in (0.0, 10.0):
        painting = Painting(latent, latent.draw(1, 3), candidates=1, prior=prior)
        painting.constrain(strokes)
        for _ in range(20):
            painting.step()
        scores.append(float(game.judge(painting.picture[None])))
    assert scores[1] > scores[0]


def test_what_cannot_be_painted():
    latent = Latent(blob())
    with pytest.raises(UsageError, match="candidates must be at least 1, not 0"):
        Painting(latent, torch.zeros(1, 2), candidates=0)
    with pytest.raises(UsageError, match="near must be 0 or more, not -1"):
        Painting(latent, torch.zeros(1, 2), near=-1)
    with pytest.raises(UsageError, match="no discriminator that could judge"):
        Painting(latent, torch.zeros(1, 2), prior=0.1)
    with pytest.raises(UsageError, match="not by 1,1 and 0 times"):
        Strokes.none(latent.game.output).moved(torch.zeros(3, SIDE, SIDE), spot(5, 5), (1, 1), 0)
    with pytest.raises(UsageError, match="points of z of blob are"):
        Painting(latent, torch.zeros(1, 5))

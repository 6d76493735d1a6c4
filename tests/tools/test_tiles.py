"""Pictures of any size: tiles make what the whole makes, and leave no seams."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from ganvas.core import Image, UsageError, registry
from ganvas.tools import anysize, memory
from ganvas.tools.anysize import AnySize
from ganvas.tools.norms import WholeNorms
from ganvas.tools.tiles import Cut, places, reflected, tiled


def picture(channels: int, height: int, width: int) -> Tensor:
    """Dark at the upper left, bright and busy at the lower right."""
    draws = torch.Generator().manual_seed(0)
    y, x = torch.meshgrid(
        torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij"
    )
    noise = torch.rand(channels, height, width, generator=draws) - 0.5
    return (0.5 * (x + y) + noise * (x > 0) + 0.2 * torch.sin(9 * x * y)).clamp(-1, 1)


def local_net() -> nn.Module:
    """Halves and doubles again; no pixel depends on one that is further than 9 away."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.ReflectionPad2d(3), nn.Conv2d(1, 4, 7), nn.ReLU(), nn.Conv2d(4, 4, 3, 2, 1), nn.ReLU(),
        nn.ReflectionPad2d(1), nn.Conv2d(4, 4, 3), nn.ConvTranspose2d(4, 2, 3, 2, 1, 1), nn.Tanh(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("tile", "overlap", "step"), [((40, 40), (27, 27), 2), ((48, 64), (30, 33), 4)]
)
def test_a_network_that_looks_no_further_than_the_overlap_makes_the_same(tile, overlap, step):
    net, x = local_net(), picture(1, 96, 64)
    with torch.no_grad():
        made = tiled(net, x, Cut(tile, overlap, step), 3, lambda _: None)
        torch.testing.assert_close(made, net(x[None])[0], rtol=0, atol=1e-4)
        narrow = tiled(net, x, Cut(tile, (8, 8), step), 3, lambda _: None)
    assert (narrow - net(x[None])[0]).abs().max() > 1e-4  # and no smaller one would do


@pytest.mark.parametrize("size", [(40, 40), (41, 97), (100, 40), (63, 80)])
@pytest.mark.parametrize("overlap", [0, 1, 7, 39])
def test_the_shares_of_all_tiles_add_to_one(size, overlap):
    total = torch.zeros(2 * size[0], 2 * size[1])
    for top, left, share in places(Cut((40, 40), (overlap, overlap), 1, 2), size):
        assert share.min() >= 0
        total[2 * top : 2 * top + 80, 2 * left : 2 * left + 80] += share
    torch.testing.assert_close(total, torch.ones_like(total))


def test_tiles_of_an_enlarger_lie_where_they_should():
    x, up = picture(3, 50, 70), nn.Upsample(scale_factor=3)
    made = tiled(up, x, Cut((20, 32), (6, 6), 1, 3), 4, lambda _: None)
    torch.testing.assert_close(made, up(x[None])[0])


def test_a_picture_goes_on_mirrored_as_far_as_it_must():
    row = torch.tensor([[[1.0, 2.0, 3.0]]])
    assert reflected(row, (1, 9)).flatten().tolist() == [1, 2, 3, 2, 1, 2, 3, 2, 1]
    assert reflected(row[..., :1], (2, 2)).tolist() == [[[1, 1], [1, 1]]]


# -- instance norm -------------------------------------------------------------------------------


def test_instance_norms_with_the_statistics_of_the_whole_make_the_whole():
    """CycleGAN's network: tile by tile what it makes of the whole, to the last digits."""
    torch.manual_seed(0)
    net, x = registry.make("cyclegan", width=4, blocks=1).G.net, picture(1, 160, 120)
    norms = WholeNorms(net)
    with torch.no_grad():
        with norms.learning():
            whole = net(x[None])[0]

        def alike(tiles: Tensor) -> Tensor:
            with norms.known_to_all():
                return net(tiles)

        cut = Cut((112, 112), (84, 84), 4)
        made, alone = (tiled(f, x, cut, 2, lambda _: None) for f in (alike, net))
    torch.testing.assert_close(made, whole, rtol=0, atol=1e-4)
    assert (alone - whole).abs().max() > 0.1
    assert len(norms.known) == len(norms.layers) == 7
    torch.testing.assert_close(net(x[None])[0], whole)  # nobody listens any more


def steps(y: Tensor, at: set[int]) -> tuple[float, float]:
    """The mean step from column to column where a tile begins or ends, and elsewhere.

    Columns are four pixels wide: within these, an untrained network makes a pattern of its own.
    """
    columns = avg_pool2d(y, 4)
    step = (columns[..., 1:] - columns[..., :-1]).abs().mean((0, 1))
    there = torch.tensor([4 * (i + 1) in at for i in range(len(step))])
    return float(step[there].mean()), float(step[~there].mean())


def test_no_seam_shows_where_tiles_end():
    """Steps at the ends of tiles are like steps elsewhere; of tiles laid side by side they are not.

    The game here shares reduced statistics, as for a picture that memory does not hold whole.
    """
    torch.manual_seed(0)
    game = registry.make("cyclegan", width=4, blocks=2)
    y, x = torch.meshgrid(torch.linspace(-1, 1, 64), torch.linspace(-1, 1, 256), indexing="ij")
    x = (0.7 * x + 0.3 * torch.sin(5 * x * y))[None]  # smooth: what jumps is a seam
    make = AnySize(game, game.directions()["y"], tile=64)
    cut = make.cut((64, 256))
    starts = cut.starts((64, 256))[1]
    ends = {s for start in starts for s in (start, start + 64)} - {0, 256}
    at, elsewhere = steps(make(x), ends)
    assert at < 1.5 * elsewhere
    with torch.no_grad():
        beside = torch.cat([game.G.net(part[None])[0] for part in x.split(64, 2)], 2)
    at, elsewhere = steps(beside, {64, 128, 192})
    assert at > 2 * elsewhere
    whole = AnySize(game, game.directions()["y"])(x)
    assert (make(x) - whole).abs().mean() < 0.6 * (beside - whole).abs().mean()


# -- sizes and memory ----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1, 1), (3, 50), (16, 16), (37, 22), (64, 8)])
@pytest.mark.parametrize("name", ["cyclegan", "pix2pix"])
def test_any_size(name, size):
    torch.manual_seed(0)
    usual = {"width": 4, "blocks": 1} if name == "cyclegan" else {"width": 4, "layers": 1}
    spaces = {"x": Image(1, 16, 16), "y": Image(3, 16, 16)}
    game = registry.make(name, spaces=spaces, **usual)
    make = AnySize(game, game.directions()["y"], seed=3)
    x = picture(1, *size)
    made = make(x)
    assert made.shape == (3, *size)
    assert torch.equal(made, make(x))
    assert made.abs().max() <= 1


def test_the_trained_size_is_what_the_game_generates():
    torch.manual_seed(0)
    game = registry.make("cyclegan", width=4, blocks=1)
    x = picture(1, 16, 16)
    made, _ = game.sample(1, x=x[None])
    torch.testing.assert_close(AnySize(game, game.directions()["y"])(x), made[0])


def test_noise_depends_on_the_seed_alone():
    torch.manual_seed(0)
    spaces = {"x": Image(1, 16, 16), "y": Image(1, 16, 16)}
    game = registry.make("pix2pix", spaces=spaces, width=4, layers=1)
    x = picture(1, 40, 24)
    way = game.directions()["y"]
    one, same, other = (AnySize(game, way, seed=s)(x) for s in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_memory_is_what_tensors_take():
    assert memory.peak(lambda: torch.zeros(1000)) == 4000

    def twice() -> Tensor:
        x = torch.zeros(1000)
        for _ in range(5):
            x = x + 1  # what it was before is gone then
        return x

    assert memory.peak(twice) == 8000


def test_a_picture_that_memory_does_not_hold_is_cut(monkeypatch):
    torch.manual_seed(0)
    game = registry.make("cyclegan", width=4, blocks=1)
    make = AnySize(game, game.directions()["y"])
    assert make.cut((512, 512)) is None
    assert 4 * 2 * 4 <= make.bytes_per_pixel < 4 * 4 * 4  # two or three times all maps
    monkeypatch.setattr(anysize, "MEMORY", 128 * 128 * make.bytes_per_pixel)
    assert make.cut((512, 512)).tile == (128, 128)
    assert make.cut((64, 512)).tile == (64, 128)
    used = []
    monkeypatch.setattr(
        make, "_make", lambda x, before=make._make: used.append(x.shape) or before(x)
    )
    make(picture(1, 200, 180))
    assert max(shape[0] * shape[2] * shape[3] for shape in used) <= 128 * 128


@pytest.mark.parametrize(
    ("name", "tile", "message"),
    [
        ("cyclegan", 30, "must be multiples of 4, 32 or more, not 30"),
        ("cyclegan", 16, "must be multiples of 4, 32 or more, not 16"),
        ("pix2pix", 32, "takes pictures of 16x16 alone, so its tiles are of that size, not 32"),
    ],
)
def test_tiles_that_cannot_be(name, tile, message):
    spaces = {"x": Image(1, 16, 16), "y": Image(1, 16, 16)}
    layers = {"layers": 1}
    game = registry.make(name, spaces=spaces, width=4, **layers)
    with pytest.raises(UsageError, match=message):
        AnySize(game, game.directions()["y"], tile=tile)

import numpy as np
import pytest
import torch
from PIL import Image

from ganvas.watch.pictures import GAP, animation, grid


def flat(*values: float, channels: int = 1, height: int = 16, width: int = 16) -> torch.Tensor:
    """One image for each value, of that value all over."""
    return torch.tensor(values)[:, None, None, None].expand(-1, channels, height, width)


def test_tiles_are_large_sharp_and_apart():
    chess = torch.ones(4, 1, 8, 8)
    chess[:, :, ::2, ::2] = -1
    pixels = np.asarray(grid(chess, 2))
    assert set(np.unique(pixels)) == {0, GAP, 255}  # no blur: no value between
    assert pixels.shape == (2 * 64 + 3 * 4, 2 * 64 + 3 * 4)
    gaps = [(0, 4), (68, 72), (136, 140)]
    assert all((pixels[a:b] == GAP).all() and (pixels[:, a:b] == GAP).all() for a, b in gaps)
    assert pixels[4, 4] == 0
    assert pixels[4, 4 + 8] == 255  # the next of the 8x8 pixels is 8 pixels on


def test_tiles_are_in_reading_order_and_the_last_row_may_be_short():
    pixels = np.asarray(grid(flat(-1.0, 0.0, 1.0), 2))
    centres = [pixels[36, 36], pixels[36, 104], pixels[104, 36], pixels[104, 104]]
    assert centres == [0, 128, 255, GAP]


@pytest.mark.parametrize(
    ("height", "width", "n", "size"),
    [
        (16, 16, 64, (548, 548)),
        (28, 28, 64, (84 * 8 + 5 * 9, 84 * 8 + 5 * 9)),
        (16, 48, 4, (2 * 192 + 12, 2 * 64 + 12)),
        (64, 16, 1, (72, 264)),
        (1, 1, 1, (72, 72)),
    ],
)
def test_small_images_are_enlarged_by_a_whole_factor(height, width, n, size):
    assert grid(torch.zeros(n, 3, height, width)).size == size


@pytest.mark.parametrize(("side", "n"), [(1024, 4), (256, 64), (300, 1), (16, 10_000), (5000, 1)])
def test_no_picture_is_larger_than_a_screen(side: int, n: int):
    images = torch.zeros(1, 1, side, side).expand(n, -1, -1, -1)
    assert max(grid(images).size) <= 1250


def test_transparency_lets_a_checkerboard_show_through():
    rgba = torch.ones(1, 4, 16, 16)
    rgba[:, 1:3] = -1  # red
    rgba[:, 3, :, 8:] = -1  # its right half transparent
    pixels = np.asarray(grid(rgba))[4:-4, 4:-4]
    assert (pixels[:, :32] == (255, 0, 0)).all()
    assert len(np.unique(pixels[:, 32:])) == 2
    assert pixels[:, 32:].min() > 200


@pytest.mark.parametrize(
    ("channels", "mode"), [(1, "L"), (2, "L"), (3, "RGB"), (4, "RGB"), (7, "RGB")]
)
def test_any_number_of_channels_can_be_shown(channels: int, mode: str):
    assert grid(torch.zeros(3, channels, 8, 8)).mode == mode


def test_what_is_no_colour_is_shown_as_the_nearest():
    images = flat(-9.0, 9.0, float("nan"), float("inf"))
    pixels = np.asarray(grid(images, 4))
    assert pixels[36, [36, 104, 172, 240]].tolist() == [0, 255, 128, 255]


def test_a_header_and_groups_take_room_of_their_own():
    images = flat(*[1.0] * 8)
    plain = grid(images, 4)
    assert grid(images, 4, group=2).width == plain.width + 8
    headed = grid(images, 4, header=["one", "a name that is far too long", "", "4"])
    assert headed.size == (plain.width, plain.height + 22)
    strip = np.asarray(headed)[:22]
    assert strip.max() > 200  # there is something written ...
    assert (strip[:, 136:140] == GAP).all()  # ... but not beyond its column


def test_words_beside_rows_take_room_of_their_own():
    images = flat(*[1.0] * 4)
    plain, named = grid(images, 2), grid(images, 2, side=["one", "a longer name"])
    margin = named.width - plain.width
    assert named.height == plain.height
    assert 60 < margin < 140
    pixels = np.asarray(named)
    assert np.array_equal(pixels[:, margin + 4 :], np.asarray(plain)[:, 4:])
    assert all(half[:, :margin].max() > 200 for half in np.array_split(pixels, 2))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_an_animation_has_every_frame_of_the_last_ones_size(tmp_path, kind):
    frames = [Image.new("RGB", (20, 10), (i * 40, 0, 0)) for i in range(5)]
    file = tmp_path / "a"
    animation([Image.new("RGB", (9, 9)), *frames], file, kind, seconds=0.2, rest=1.5)
    with Image.open(file) as moving:
        assert (moving.format, moving.n_frames, moving.size) == (kind, 5, (20, 10))
        if kind == "GIF":
            assert moving.info["duration"] == 200
            moving.seek(4)
            assert moving.info["duration"] == 1500
            assert moving.convert("RGB").getpixel((3, 3))[0] == 160

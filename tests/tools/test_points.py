"""Points as files, and pictures as a game makes them."""

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from safetensors.torch import save_file

from ganvas.core import DataError, Image, UsageError, registry
from ganvas.tools import points
from ganvas.tools.given import hole, output_of, picture
from ganvas.tools.latent import Latent
from tiny import SIZES, tiny


@pytest.mark.parametrize("space", ["z", "w", "w+"])
def test_points_come_back_with_what_was_held_still(space, tmp_path):
    latent = Latent(tiny(labels=True), space, label="b", seed=7)
    drawn, noises = latent.draw(3, 1), [torch.randn(3, 1, s, s) for s in SIZES]
    points.write(tmp_path / "p.safetensors", latent, drawn, noises)
    again, found, maps = points.read(tmp_path / "p.safetensors", latent.game)
    assert torch.equal(found, drawn)
    assert again.to_json() == latent.to_json()
    assert torch.equal(again.show(found), latent.show(drawn))
    assert all(torch.equal(a, b) for a, b in zip(maps, noises, strict=True))


def test_several_noises_are_inputs_by_name(tmp_path):
    latent = Latent(registry.make("infogan").eval(), seed=2)
    points.write(tmp_path / "p.safetensors", latent, latent.draw(2, 0))
    rows, about = points.tensors(tmp_path / "p.safetensors")
    assert {k: tuple(x.shape[1:]) for k, x in rows.items()} == {
        k: s.shape for k, s in latent.game.inputs.items()
    }
    assert about == {"game": "infogan", "space": "z", "seed": "2"}
    assert torch.equal(points.read(tmp_path / "p.safetensors", latent.game)[1], latent.draw(2, 0))


def test_files_that_hold_no_points_of_this_game(tmp_path):
    file, game = tmp_path / "p.safetensors", tiny()
    with pytest.raises(UsageError, match="there is no file"):
        points.read(file, game)
    file.write_bytes(b"nothing")
    with pytest.raises(DataError, match="cannot be read as safetensors"):
        points.read(file, game)
    latent = Latent(registry.make("dcgan").eval())
    points.write(file, latent, latent.draw(1, 0))
    with pytest.raises(UsageError, match="holds points of a dcgan, and this is a run of tiny"):
        points.read(file, game)
    about = {"game": game.name, "space": "w", "seed": "0"}
    save_file({"z": torch.zeros(1, 6)}, file, about)
    with pytest.raises(DataError, match="lacks 'w'"):
        points.read(file, game)
    save_file({"w": torch.zeros(1, 5)}, file, about)
    with pytest.raises(UsageError, match=r"points of shape \(5,\), and those of w .* have \(6,\)"):
        points.read(file, game)


# -- pictures ------------------------------------------------------------------------------------


def test_what_is_changed_is_said(tmp_path):
    ramp = np.linspace(0, 255, 12).astype(np.uint8)[None].repeat(8, 0)
    Pillow.fromarray(ramp).save(tmp_path / "grey.png")
    clear = Pillow.merge("RGBA", [Pillow.fromarray(ramp)] * 2 + [Pillow.new("L", (12, 8))] * 2)
    clear.save(tmp_path / "clear.png")
    x, notes = picture(tmp_path / "grey.png", Image(1, 8, 12), "crop")
    assert (x.shape, notes) == ((1, 8, 12), [])
    x, notes = picture(tmp_path / "grey.png", Image(3, 4, 4), "crop")
    assert x.shape == (3, 4, 4)
    assert notes == [
        "grey.png: 12x8 pixels: cropped and resized to 4x4, which the run makes",
        "grey.png: grey: taken as RGB, which the run makes",
    ]
    x, notes = picture(tmp_path / "clear.png", Image(1, 4, 6), "crop")
    assert (x == 1).all()  # all of it was transparent: white
    assert notes == [
        "clear.png: 12x8 pixels: resized to 6x4, which the run makes",
        "clear.png: transparent in parts: laid over white",
        "clear.png: RGB: turned into grey, which the run makes",
    ]
    assert picture(tmp_path / "clear.png", Image(4, 8, 12), "crop")[1] == []
    with pytest.raises(UsageError, match="there is no picture"):
        picture(tmp_path / "none.png", Image(1, 8, 8), "crop")
    (tmp_path / "torn.png").write_bytes(b"\x89PNG")
    with pytest.raises(DataError, match=r"cannot read the picture .*torn.png"):
        picture(tmp_path / "torn.png", Image(1, 8, 8), "crop")


def test_holes_are_white_in_a_mask_or_transparent_in_the_picture(tmp_path):
    level = np.full((8, 8), 99, np.uint8)
    alpha, white = np.full((8, 8), 255, np.uint8), np.zeros((8, 8), np.uint8)
    alpha[2:4, 1:5], white[4:6, 2:7] = 0, 255
    bands = [Pillow.fromarray(level)] * 3
    Pillow.merge("RGBA", [*bands, Pillow.fromarray(alpha)]).save(tmp_path / "clear.png")
    Pillow.merge("RGB", bands).save(tmp_path / "plain.png")
    Pillow.fromarray(white).save(tmp_path / "mask.png")
    space = Image(3, 8, 8)
    found = hole(tmp_path / "clear.png", None, space, "crop")
    assert torch.equal(found, torch.from_numpy(alpha == 0))
    found = hole(tmp_path / "plain.png", tmp_path / "mask.png", space, "crop")
    assert torch.equal(found, torch.from_numpy(white == 255))
    with pytest.raises(UsageError, match="where is the hole .* or make it transparent"):
        hole(tmp_path / "plain.png", None, space, "crop")
    with pytest.raises(UsageError, match="where is the hole"):
        hole(tmp_path / "clear.png", None, Image(4, 8, 8), "crop")
    Pillow.fromarray(white[:4]).save(tmp_path / "small.png")
    with pytest.raises(UsageError, match="small.png has 8x4 pixels, and .* 8x8"):
        hole(tmp_path / "plain.png", tmp_path / "small.png", space, "crop")


def test_games_without_pictures_for_files():
    assert output_of(registry.make("dcgan")) == Image(1, 16, 16)
    with pytest.raises(UsageError, match="makes points, no pictures"):
        output_of(registry.make("wgan_gp"))
    odd = tiny()
    odd.output = Image(2, 16, 16)
    with pytest.raises(UsageError, match="pictures of 2 channels; files have 1"):
        output_of(odd)

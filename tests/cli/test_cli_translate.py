"""`ganvas translate` and `ganvas import`."""

import numpy as np
import pytest
import torch
from PIL import Image

from ganvas.cli import import_, translate
from ganvas.cli.options import options_of
from ganvas.cli.pages import PAGES


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "in"
    (folder / "below").mkdir(parents=True)
    ramp = np.linspace(0, 255, 30)[None].repeat(20, 0).astype(np.uint8)
    Image.fromarray(ramp).save(folder / "ramp.png")
    Image.fromarray(ramp).save(folder / "below" / "ramp.jpg")
    (folder / "torn.png").write_bytes(b"\x89PNG\r\n")
    return folder


def test_a_folder_goes_into_a_folder(ganvas, images_run, folder, tmp_path):
    said = ganvas("translate {} {} {}", images_run, folder, tmp_path / "out")
    assert said.code == 0
    assert said.err == "skipped torn.png: not an image, or of a kind that is not read here\n"
    words = said.out.split()
    assert words[:4] == ["translated", "2", "pictures", "to"]
    assert words[-1] == str(tmp_path / "out" / "results.html")
    assert (tmp_path / "out" / "below" / "ramp.png").is_file()


def test_one_picture_the_other_way_in_tiles_as_json(ganvas, images_run, folder, tmp_path):
    command = "translate {} --to A --json --tile 32 {} {} --device cpu --seed 2"
    done = ganvas(command, images_run, folder / "ramp.png", tmp_path / "out.png").json()
    assert (done["to"], done["page"], done["skipped"]) == ("A", None, {})
    assert done["written"] == {"ramp.png": str(tmp_path / "out.png")}
    with Image.open(tmp_path / "out.png") as made:
        assert (made.size, made.mode) == ((30, 20), "L")


def test_patterns_truth_and_a_page_elsewhere(ganvas, images_run, folder, tmp_path):
    command = "translate {} {} {} --truth {} --results {}"
    paths = folder / "**" / "ramp.*", tmp_path / "out", folder, tmp_path / "see.html"
    said = ganvas(command, images_run, *paths)
    assert said.code == 0, said.err
    assert "psnr" in said.out
    assert (tmp_path / "see.html").read_text().count("<figcaption>truth") == 2
    none = ganvas("translate {} {} {} --results none", images_run, folder, tmp_path / "none")
    assert (none.code, (tmp_path / "none" / "results.html").exists()) == (0, False)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("", 2, "translate with which run?"),
        ("nowhere a b", 2, "nowhere is no run"),
        ("{run}", 2, "translate what, and where to?"),
        ("{run} {folder}", 2, "translate what, and where to?"),
        ("{run} {folder} {folder}/out", 2, "lies inside"),
        ("{run} {folder} out --to C", 2, "--to must be A or B"),
        ("{run} {folder} out --label blond", 2, "has no option --label"),
        ("{run} {folder} out --tile 30", 2, "must be multiples of 4"),
        ("{run} {folder} out --device tpu", 2, "cannot compute on 'tpu'"),
        ("{run} {folder}/torn.png out.png", 1, "1 of 1 pictures cannot be read: torn.png"),
        ("{gan} {folder} out", 2, "makes no pictures of pictures"),
    ],
)
def test_wrong_use(
    ganvas, images_run, digits_run, folder, tmp_path, monkeypatch, words, code, message
):
    monkeypatch.chdir(tmp_path)
    given = {"run": f"'{images_run}'", "gan": f"'{digits_run}'", "folder": f"'{folder}'"}
    said = ganvas("translate " + words.format(**given))
    assert (said.code, said.out) == (code, "")
    assert message in said.err
    assert not (tmp_path / "out").exists()


def test_the_pages_name_every_option(ganvas, images_run):
    for option in options_of(translate.Ask()):
        assert f"  {option.word} " in PAGES["translate"], option.word
    for option in options_of(import_.Ask()):
        assert option.word in PAGES["import"], option.word
    assert "--tile" in ganvas("translate {} --help", images_run).out


def test_import(ganvas, images_run, tmp_path):
    """Weights of a resnet, put under the names of the CycleGAN repository."""
    from ganvas.core.run import Run

    state = {}
    for name, tensor in Run(images_run).game.G.net.state_dict().items():
        state[name.replace("layers", "model", 1).replace("layers", "conv_block")] = tensor
    torch.save(state, tmp_path / "latest_net_G.pth")
    run = tmp_path / "run"
    command = "import {} --from pytorch-cyclegan-and-pix2pix -o {} --size 12"
    said = ganvas(command, tmp_path / "latest_net_G.pth", run)
    assert said.code == 2  # the paper's discriminator does not fit into pictures of 12 pixels
    said = ganvas(command.replace("12", "32"), tmp_path / "latest_net_G.pth", run)
    assert (said.code, said.err) == (0, "")
    assert "cyclegan: resnet with 1 blocks, 4 maps, instance norm, 1 -> 1 channels" in said.out
    assert "untrained, as no file was given: F, D_X, D_Y" in said.out
    Image.new("L", (32, 32), 99).save(tmp_path / "x.png")
    assert ganvas("translate {} {} {}", run, tmp_path / "x.png", tmp_path / "y.png").code == 0
    assert ganvas("sample {} -n 1 --x {}", run, tmp_path / "x.png").code == 0
    measured = ganvas("evaluate {}", run)
    assert (measured.code, "this run has no data" in measured.err) == (2, True)
    again = ganvas(command.replace("12", "32") + " --json", tmp_path / "latest_net_G.pth", run)
    assert (again.code, "exists already" in again.err) == (2, True)
    assert "import from which repository?" in ganvas("import {}", tmp_path / "latest_net_G.pth").err
    assert "import which files?" in ganvas("import").err

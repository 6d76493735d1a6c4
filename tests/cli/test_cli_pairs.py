"""A game that learns from pairs, from a folder to what is made of a file."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from conftest import trained
from ganvas.core import Image as Space
from ganvas.core.run import Run
from ganvas.data.images import load_picture
from ganvas.playing import held_out_pairs

TINY = "pix2pix --steps 1 --batch 2 --width 2 --layers 1 --size 16"


def save(file: Path, x: np.ndarray) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(x).save(file)
    return file


def sides(number: int) -> tuple[np.ndarray, np.ndarray]:
    draws = np.random.default_rng(number)
    a = draws.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    return a, 255 - a


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Pairs beside each other in `ab`, the same in two folders in `apart`."""
    root = tmp_path_factory.mktemp("pairs")
    for part, n in (("train", 4), ("test", 2)):
        for i in range(n):
            a, b = sides(i)
            save(root / "ab" / part / f"{i}.png", np.concatenate([a, b], axis=1))
            save(root / "apart" / f"{part}A" / f"{i}.png", a)
            save(root / "apart" / f"{part}B" / f"{i}.png", b)
    return root


@pytest.fixture(scope="module")
def there(folder) -> Path:
    return trained(folder / "there", f"{TINY} --data {folder / 'ab'}")


@pytest.fixture(scope="module")
def back(folder) -> Path:
    return trained(folder / "back", f"{TINY} --data {folder / 'apart'} --to A")


def given(ganvas, run: Path, x: Path, out: Path) -> np.ndarray:
    """What a run was given when it was told to take `x`: bytes, channels last."""
    said = ganvas("sample {} -n 2 --x {} -o {}", run, x, out / "made.npz")
    assert said.code == 0, said.err
    with np.load(out / "made.npz", allow_pickle=False) as file:
        return file["x"]


@pytest.mark.parametrize("x", ["ab/test", "apart", "apart/testA"])
def test_of_pairs_the_side_is_taken_that_was_learned(ganvas, there, folder, tmp_path, x):
    got = given(ganvas, there, folder / x, tmp_path)
    assert (got == np.stack([sides(i)[0] for i in range(2)])).all()


@pytest.mark.parametrize("x", ["ab/test", "apart", "apart/testB"])
def test_and_the_other_one_in_the_other_direction(ganvas, back, folder, tmp_path, x):
    got = given(ganvas, back, folder / x, tmp_path)
    assert (got == np.stack([sides(i)[1] for i in range(2)])).all()


def test_of_one_file_too(ganvas, there, back, folder, tmp_path):
    file = folder / "ab" / "test" / "1.png"
    assert (given(ganvas, there, file, tmp_path)[0] == sides(1)[0]).all()
    assert (given(ganvas, back, file, tmp_path)[0] == sides(1)[1]).all()
    said = ganvas("sample {} -n 1 --x {} -o {}", there, file, tmp_path / "a.png")
    assert "1.png shows A and B beside each other: A is taken" in said.err
    plain = folder / "apart" / "testA" / "1.png"
    assert (given(ganvas, there, plain, tmp_path)[0] == sides(1)[0]).all()


def test_its_pictures_show_pairs_that_it_does_not_learn(there):
    shown = held_out_pairs(Run(there))
    assert shown is not None
    a, b = (torch.from_numpy(np.stack([sides(i)[k] for i in range(2)])) for k in (0, 1))
    for field, side in (("x", a), ("y", b)):
        bytes_of = ((shown[field] + 1) * 127.5).round().byte()
        assert torch.equal(bytes_of, side.permute(0, 3, 1, 2))


def test_pairs_are_measured_against_the_truth(ganvas, there):
    found = ganvas("evaluate {} --metrics psnr,l1 --json", there).json()["figures"]["l1"][
        "protocol"
    ]
    a, b = (np.stack([sides(i)[k] for i in range(2)]).astype(float) for k in (0, 1))
    assert found["of the input"] == pytest.approx(np.abs(a - b).mean() / 255, abs=1e-4)
    assert found["pairs"] == 2
    said = ganvas("evaluate {} --metrics l1", there).out
    assert f"(the input: {found['of the input']:.4g})" in said


def test_a_hole_in_a_grey_picture_is_read_from_its_alpha(ganvas, tmp_path):
    run = trained(tmp_path / "run", f"{TINY} --data digits --partner holed:0.2")
    x = np.dstack([np.full((16, 16, 3), 200, np.uint8), np.full((16, 16), 255, np.uint8)])
    x[4:8, 4:8] = 0
    got = given(ganvas, run, save(tmp_path / "hole.png", x), tmp_path)
    assert got.shape == (2, 16, 16, 2)
    assert (got[0, ..., 1] == x[..., 3]).all()
    assert (got[0, ..., 0] == x[..., 0]).all()


def test_input_and_output_stand_beside_each_other_whatever_their_channels(ganvas, tmp_path):
    run = trained(tmp_path / "run", f"{TINY} --data photos --partner edges")
    said = ganvas("sample {} -n 4 -o {}", run, tmp_path / "grid.png")
    assert said.code == 0
    with Image.open(tmp_path / "grid.png") as drawn:
        assert drawn.height > 4 * 64  # an input and an output in a row


def test_a_half_can_be_read_alone(folder):
    file = folder / "ab" / "train" / "0.png"
    a, b = (load_picture(file, Space(3, 16, 16), "crop", half) for half in "AB")
    assert torch.allclose(a, -b, atol=1e-6)

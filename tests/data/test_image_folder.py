import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from conftest import HEIGHT, WIDTH, jpeg, png, ramp, scene
from ganvas import data
from ganvas.core import DataError, Image, Label, UsageError
from ganvas.data import decode, examine, images
from ganvas.data.folder import survey


def plain(folder: Path, name: str, colour: object = "red", size=(8, 8), mode="RGB") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    Pillow.new(mode, size, colour).save(file)
    return file


def rows(source, field="x"):
    (table,) = [t for t in source.tables if field in t.spaces]
    return table.fetch(torch.arange(len(table)))[field]


@pytest.fixture(scope="module")
def loaded(nasty):
    """The nasty folder in RGB at the scene's own size, by file name."""
    folder, good, bad = nasty
    source = data.load(folder, size=(HEIGHT, WIDTH), channels=3)
    names = [f.name for f in survey(folder, "train").files if f.name not in bad]
    assert len(names) == good
    return source, dict(zip(names, (rows(source) * 127.5 + 127.5).round(), strict=True))


def original(mode="RGB"):
    return torch.from_numpy(np.array(scene(mode).convert("RGB"))).permute(2, 0, 1).float()


# -- kinds of files ----------------------------------------------------------------------------


def test_broken_files_are_named_counted_and_left_out(nasty, loaded):
    _, good, bad = nasty
    source = loaded[0]
    assert len(source.tables[0]) == good
    first = source.notes[0]
    assert first.startswith(f"{len(bad)} of {good + len(bad)} images cannot be read")
    assert "bomb.png (refused as a decompression bomb" in first
    assert not any("hidden" in note or "MACOSX" in note for note in source.notes)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        *[("rgb.png", 0), ("文字 и пробел é.bmp", 0), ("turned.tif", 0), ("cmyk.tif", 0)],
        *[("moving.gif", 3), ("palette.png", 9), ("key.gif", 20)],
        *[("turned.jpg", 6), ("lossy.webp", 6), ("cmyk.jpg", 6)],
    ],
)
def test_colours_survive_every_format(loaded, name, error):
    assert (loaded[1][name] - original()).abs().mean() <= error


@pytest.mark.parametrize("name", ["grey.png", "bit.png"])
def test_grey_becomes_rgb(loaded, name):
    mode = {"grey.png": "L", "bit.png": "1"}[name]
    assert torch.equal(loaded[1][name], original(mode))


@pytest.mark.parametrize("name", ["sixteen.png", "sixteen.tif", "float.tif", "thirty-two.tif"])
def test_deep_pictures_keep_their_range(loaded, name):
    level = loaded[1][name][0, 0]
    top = {"float.tif": 60000, "thirty-two.tif": 4000}.get(name, 65535)
    assert level.numpy() == pytest.approx(ramp(top * 255 / 65535, "float32")[0], abs=0.51)


def test_colours_of_16_bits_are_not_clipped(loaded):
    assert loaded[1]["colour16.png"].mean() == pytest.approx(40000 / 257, abs=1)


def test_transparency_is_laid_over_white_or_kept(nasty, loaded):
    alpha = torch.tensor(np.array(Pillow.linear_gradient("L").resize((WIDTH, HEIGHT)))) / 255
    over_white = original() * alpha + 255 * (1 - alpha)
    assert (loaded[1]["rgba.png"] - over_white).abs().max() <= 1
    assert loaded[1]["la.png"][:, 0].min() >= 250
    kept = images.load_picture(nasty[0] / "rgba.png", Image(4, HEIGHT, WIDTH))
    assert torch.equal(kept[3], (alpha * 255).round() / 127.5 - 1)
    assert decode.picture(nasty[0] / "palette transparent.png").mode == "RGBA"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("truncated.jpg", "truncated"),
        ("truncated.png", "truncated"),
        ("text.png", "not an image"),
        ("zero.jpeg", "empty"),
        ("bomb.png", "decompression bomb"),
        ("small bomb.png", "decompression bomb"),
        ("nan.tif", "not finite"),
        ("nowhere.png", "leads nowhere"),
        ("pipe.png", "not a regular file"),
    ],
)
def test_every_broken_file_has_a_reason(nasty, name, why):
    with pytest.raises(decode.Unreadable, match=why):
        decode.picture(nasty[0] / name)


def test_bombs_are_refused_before_they_are_decoded(tmp_path, monkeypatch):
    plain(tmp_path, "a.png", size=(20, 20))
    plain(tmp_path, "b.png", size=(9, 9))
    monkeypatch.setattr(Pillow, "MAX_IMAGE_PIXELS", 100)
    assert "a.png (refused as a decompression bomb" in data.load(tmp_path).notes[0]


def test_twelve_bits_in_sixteen_become_black_to_white(tmp_path):
    for i, top in enumerate((4095, 1000)):
        Pillow.fromarray(np.full((4, 4), top, np.uint16)).save(tmp_path / f"{i}.png")
    x = rows(data.load(tmp_path))
    assert x[0].unique().tolist() == [1.0]
    assert x[1].mean() == pytest.approx(2 * 1000 / 4095 - 1, abs=0.005)


def test_values_between_are_smooth_when_deep_pictures_shrink(tmp_path):
    board = (np.indices((64, 64)).sum(0) % 2 * 65535).astype(np.uint16)
    Pillow.fromarray(board).save(tmp_path / "board.png")
    assert rows(data.load(tmp_path, size=8)).abs().max() < 0.1  # grey, not aliased


def test_one_picture_can_be_read_alone(nasty):
    grey = images.load_picture(nasty[0] / "grey.png", Image(1, HEIGHT, WIDTH))
    assert torch.equal(grey[0] * 127.5 + 127.5, original("L")[0])
    x = images.load_picture(nasty[0] / "rgb.png", Image(4, 12, 18))
    assert Image(4, 12, 18).why_not(x[None]) is None
    assert (x[3] == 1).all()


# -- channels and sizes --------------------------------------------------------------------------


def test_channels_are_decided_by_what_one_sees(tmp_path):
    grey, colour, clear = (tmp_path / name for name in ("grey", "colour", "clear"))
    for i in range(3):
        plain(grey, f"{i}.png", (9 * i,) * 3)  # grey, though saved as RGB
        plain(colour, f"{i}.png", (90, i, 0, 255), mode="RGBA")  # opaque, though with alpha
        plain(clear, f"{i}.png", (90, i, 0, 100 if i else 255), mode="RGBA")
    channels = [data.load(f).spaces["x"].channels for f in (grey, colour, clear)]
    assert channels == [1, 3, 4]


@pytest.mark.parametrize("fit", ["crop", "pad"])
def test_what_is_decided_equals_what_is_asked_for(tmp_path, fit):
    clear = scene("RGBA")
    clear.putalpha(Pillow.linear_gradient("L").resize((WIDTH, HEIGHT)))
    clear.save(tmp_path / "clear.png")
    for i, angle in enumerate((0, 5, 10)):
        scene().rotate(angle).save(tmp_path / f"{i}.png")
    scene("L").save(tmp_path / "grey.png")
    decided = data.load(tmp_path, size=16, fit=fit)
    assert decided.spaces["x"].channels == 3
    asked = data.load(tmp_path, size=16, fit=fit, channels=3)
    assert torch.equal(rows(decided), rows(asked))
    assert decided.fingerprint == asked.fingerprint


@pytest.mark.parametrize(
    ("sizes", "chosen"),
    [
        ([(10, 20)] * 3, (10, 20)),
        ([(10, 20)] * 3 + [(9, 9), (8, 8)], (10, 20)),
        ([(10, 20), (30, 40), (50, 60)], (30, 30)),
        ([(600, 1200)], (256, 512)),
    ],
)
def test_a_size_is_chosen_and_said(tmp_path, sizes, chosen):
    for i, (height, width) in enumerate(sizes):
        plain(tmp_path, f"{i}.png", size=(width, height))
    source = data.load(tmp_path)
    assert source.spaces["x"].shape[1:] == chosen
    assert any(f"{chosen[0]}x{chosen[1]} (chosen" in note for note in source.notes)
    assert source.to_json()["size"] == list(chosen)


def test_fits_cut_pad_or_distort(tmp_path):
    left_to_right = np.repeat([[0, 255, 255, 0]], 2, 0).astype(np.uint8)
    Pillow.fromarray(left_to_right).save(tmp_path / "wide.png")
    middle = rows(data.load(tmp_path, size=2))
    assert middle.min() == 1
    assert rows(data.load(tmp_path, size=4, fit="pad"))[0, 0, [0, 3]].max() == -1
    assert rows(data.load(tmp_path, size=4, fit="pad"))[0, 0, 1].tolist() == [-1, 1, 1, -1]
    whole = rows(data.load(tmp_path, size=(2, 4), fit="stretch"))
    assert whole[0, 0].tolist() == [[-1, 1, 1, -1]] * 2
    for fit in ("crop", "pad", "stretch"):
        assert data.load(tmp_path, size=(7, 3), fit=fit).spaces["x"] == Image(1, 7, 3)


# -- what the places of files mean ---------------------------------------------------------------


def test_folders_are_classes_in_a_natural_order(tmp_path):
    for name in ("class 10", "class 2", "класс é"):
        for i in range(2):
            plain(tmp_path, f"{name}/{i}.png")
    plain(tmp_path, "class 2/deeper/3.png")
    (tmp_path / "empty").mkdir()
    (tmp_path / "only broken").mkdir()
    (tmp_path / "only broken" / "a.png").write_text("no")
    source = data.load(tmp_path)
    assert source.spaces["label"] == Label(3, ("class 2", "class 10", "класс é"))
    assert rows(source, "label").tolist() == [0, 0, 0, 1, 1, 2, 2]


def test_images_beside_the_classes_take_the_labels_away(tmp_path):
    for name in ("a/1.png", "b/1.png", "stray.png"):
        plain(tmp_path, name)
    source = data.load(tmp_path)
    assert "label" not in source.spaces
    assert any("beside the folders of classes" in note for note in source.notes)


def test_a_folder_in_a_folder_is_opened(tmp_path):
    for name in ("set/images/a/1.png", "set/images/b/1.png"):
        plain(tmp_path, name)
    assert data.load(tmp_path).spaces["label"].names == ("a", "b")


def test_train_and_test_are_kept_apart(tmp_path):
    for part, n in (("train", 3), ("test", 2)):
        for name in ("a", "b"):
            for i in range(n):
                plain(tmp_path, f"{part}/{name}/{i}.png", (i, n, 0))
    sizes = {
        split: len(data.load(tmp_path, split=split).tables[0]) for split in ("train", "test", "all")
    }
    assert sizes == {"train": 6, "test": 4, "all": 10}
    assert data.load(tmp_path, split="all").spaces["label"].names == ("a", "b")
    with pytest.raises(UsageError, match="no test part"):
        data.load(tmp_path / "train", split="test")


def test_two_domains_make_two_tables(tmp_path):
    for name, colour, n in (
        ("trainA", "red", 3),
        ("trainB", "blue", 2),
        ("testA", "red", 1),
        ("testB", "blue", 1),
    ):
        for i in range(n):
            plain(tmp_path / "cycle", f"{name}/{i}.png", colour)
    source = data.load(tmp_path / "cycle", fields=("x", "y"))
    assert [set(table.spaces) for table in source.tables] == [{"x"}, {"y"}]
    assert [len(table) for table in source.tables] == [3, 2]
    assert (rows(source)[:, 0] == 1).all()
    assert (rows(source, "y")[:, 2] == 1).all()
    assert source.to_json()["rows"] == {"x": 3, "y": 2}
    held_back = data.load(tmp_path / "cycle", fields=("x", "y"), split="test")
    assert [len(table) for table in held_back.tables] == [1, 1]
    assert data.load(tmp_path / "cycle").spaces["label"].names == ("A", "B")


def test_three_folders_are_no_two_domains(tmp_path):
    for name in "abc":
        plain(tmp_path, f"{name}/1.png")
    assert set(data.load(tmp_path, fields=("x", "y")).spaces) == {"x", "label"}
    shutil.rmtree(tmp_path / "c")
    assert set(data.load(tmp_path, fields=("x", "y")).spaces) == {"x", "y"}


def test_links_are_followed_but_not_in_circles(tmp_path):
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    plain(outside, "1.png")
    plain(inside, "2.png")
    (inside / "there").symlink_to(outside)
    (inside / "3.png").symlink_to(outside / "1.png")
    (outside / "back").symlink_to(inside)
    assert len(data.load(inside).tables[0]) == 3


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda f: None, "there is no folder"),
        (lambda f: f.mkdir(), "holds no images: it has no files at all"),
        (lambda f: (f.mkdir(), (f / "a.txt").touch()), "it has 1 .txt"),
        (lambda f: Pillow.new("L", (4, 4)).save(f, "PNG"), "is a file, expected a folder"),
    ],
)
def test_folders_without_images_say_what_to_do(tmp_path, make, words):
    make(tmp_path / "folder")
    with pytest.raises(UsageError, match=words):
        data.load(tmp_path / "folder")


def test_more_than_half_broken_is_an_error(tmp_path):
    for i in range(2):
        plain(tmp_path, f"good {i}.png")
        (tmp_path / f"bad {i}.jpg").write_bytes(jpeg(scene())[:300])
    assert len(data.load(tmp_path).tables[0]) == 2
    (tmp_path / "bad 3.png").write_bytes(png(4, 4, 8, 2, b"short"))
    with pytest.raises(DataError, match=r"3 of 5 images .* bad 0.jpg \(.*truncated"):
        data.load(tmp_path)


# -- in memory or not, and again -----------------------------------------------------------------


def test_what_does_not_fit_into_memory_is_decoded_when_fetched(
    nasty, loaded, monkeypatch, tmp_path
):
    monkeypatch.setattr(examine, "MEMORY", 0)
    source = data.load(nasty[0], size=(HEIGHT, WIDTH), channels=3)
    assert source.tables[0].slow
    assert not loaded[0].tables[0].slow
    assert torch.equal(rows(source), rows(loaded[0]))
    assert source.fingerprint == loaded[0].fingerprint
    for name in ("a/1.png", "b/1.png"):
        plain(tmp_path, name)
    fleeting = data.load(tmp_path)
    got = fleeting.tables[0].fetch(torch.tensor([1]))
    assert (got["x"].shape, got["label"].tolist()) == ((1, 3, 8, 8), [1])
    (tmp_path / "b" / "1.png").unlink()
    with pytest.raises(DataError, match=r"b/1.png could be read when training began"):
        fleeting.tables[0].fetch(torch.tensor([1]))


def test_a_folder_is_found_again_unless_it_changed(tmp_path, monkeypatch):
    for i, name in enumerate(("a/1.png", "a/2.png", "b/1.png")):
        plain(tmp_path, f"set/{name}", (i, 0, 0), size=(8 + i, 9))
    monkeypatch.chdir(tmp_path)
    source = data.load("set", fields=("x", "label"))
    told = json.loads(json.dumps(source.to_json()))
    monkeypatch.chdir("/")
    again = data.reload(told)
    assert torch.equal(rows(again), rows(source))
    assert again.spaces == source.spaces
    plain(tmp_path, "set/b/1.png", "blue", size=(10, 9))
    with pytest.raises(UsageError, match="no longer what it was"):
        data.reload(told)
    shutil.rmtree(tmp_path / "set")
    with pytest.raises(UsageError, match="there is no folder"):
        data.reload(told)


def test_names_that_cannot_be_printed_do_no_harm(tmp_path):
    for name in (b"a\xff\n\x1b[31m", b"[red]"):
        plain(tmp_path / name.decode("utf-8", "surrogateescape"), "1.png")
    source = data.load(tmp_path)
    assert all(name.isprintable() for name in source.spaces["label"].names)
    json.dumps(source.to_json(), ensure_ascii=False).encode()

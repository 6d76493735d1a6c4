"""`ganvas data prepare`: from a folder of pictures to a folder to train on."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from test_paired_data import SIDE, beside, fill, pixels, save

from ganvas import data
from ganvas.cli import main
from ganvas.core import DataError, UsageError
from ganvas.data import decode
from ganvas.data import prepare as module
from ganvas.data.prepare import prepare


def tree(folder: Path) -> list[str]:
    """What is below a folder, without the record."""
    files = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    return sorted(str(file) for file in files if file.name != "prepared.json")


def read(file: Path) -> np.ndarray:
    with Pillow.open(file) as opened:
        return np.array(opened)


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in tree(folder)}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Single pictures."""
    for i in range(20):
        save(tmp_path / "photos" / f"{i}.png", pixels(i, width=12))
    return tmp_path / "photos"


# -- from layout to layout -----------------------------------------------------------------------


def test_there_and_back_changes_nothing(tmp_path: Path) -> None:
    """A|B apart, beside each other, and apart again: the same bytes, and pairs as before."""
    for part, n in (("train", 4), ("val", 1), ("test", 2)):
        beside(tmp_path / "ab" / part, n=n)
    apart = prepare(tmp_path / "ab", tmp_path / "apart", layout="domains")
    assert apart.pairs == {"train": 4, "val": 1, "test": 2}
    assert list(apart.pictures) == ["trainA", "trainB", "valA", "valB", "testA", "testB"]
    assert (read(tmp_path / "apart" / "trainA" / "3.png") == pixels(3)).all()
    assert (read(tmp_path / "apart" / "testB" / "1.png") == pixels(1, "B")).all()
    prepare(tmp_path / "apart", tmp_path / "again", layout="side-by-side")
    assert tree(tmp_path / "again") == tree(tmp_path / "ab")
    for name in tree(tmp_path / "ab"):
        assert (read(tmp_path / "again" / name) == read(tmp_path / "ab" / name)).all()
    assert prepare(tmp_path / "ab", tmp_path / "same").layout == "side-by-side"
    assert contents(tmp_path / "same") == contents(tmp_path / "again")


@pytest.mark.parametrize("layout", ["side-by-side", "domains"])
def test_what_is_written_is_what_training_reads(tmp_path: Path, photos: Path, layout: str) -> None:
    prepare(photos, tmp_path / "out", partner="edges", size=8, layout=layout, split="80:20")
    got = {}
    for split in ("train", "test"):
        source = data.load(tmp_path / "out", fields=("x", "y"), paired=True, split=split)
        (table,) = source.tables
        got[split] = table.fetch(torch.arange(len(table)))
    assert [len(rows["x"]) for rows in got.values()] == [16, 4]
    direct = data.load(photos, size=8, fields=("x", "y"), paired=True, partner="edges").tables[0]
    wanted = direct.fetch(torch.arange(20))
    for rows in got.values():
        for x, y in zip(rows["x"], rows["y"], strict=True):
            (same,) = (wanted["y"] == y).flatten(1).all(1).nonzero().flatten().tolist()
            torch.testing.assert_close(x, wanted["x"][same].expand(3, -1, -1), atol=0.005, rtol=0)


def test_two_folders_become_pairs(tmp_path: Path) -> None:
    fill(tmp_path, "sketches/A", "drawings/B")
    for name in ("sketches/A", "drawings/B"):
        for file in (tmp_path / name).iterdir():
            x = pixels(int(file.stem), name[-1])
            save(tmp_path / name[:-2] / file.name, x)
            file.unlink()
        (tmp_path / name).rmdir()
    given = {"with_": tmp_path / "drawings", "layout": "side-by-side"}
    done = prepare(tmp_path / "sketches", tmp_path / "out", **given)
    assert (done.pairs, tree(tmp_path / "out")) == (
        {"train": 4},
        [f"train/{i}.png" for i in range(4)],
    )
    both = read(tmp_path / "out" / "train" / "2.png")
    assert (both == np.concatenate([pixels(2), pixels(2, "B")], axis=1)).all()


def test_two_unpaired_folders_become_domains(tmp_path: Path) -> None:
    for i in range(10):
        save(tmp_path / "horses" / f"h{i}.jpg", pixels(i))
        save(tmp_path / "zebras" / f"z{i}.jpg", pixels(i, "B"))
    done = prepare(
        tmp_path / "horses", tmp_path / "out", with_=tmp_path / "zebras", split="70:30", size=6
    )
    assert done.pictures == {"trainA": 7, "trainB": 7, "testA": 3, "testB": 3}
    assert done.pairs == {}
    assert done.unmatched == {}
    assert "no name is on both sides: nothing is paired" in done.notes
    source = data.load(tmp_path / "out", fields=("x", "y"))
    assert [len(table) for table in source.tables] == [7, 7]


def test_two_folders_of_any_name_are_sides_if_one_asks_for_them(tmp_path: Path) -> None:
    folder = fill(tmp_path / "set", "photo", "sketch")  # no sides by their names
    assert prepare(folder, tmp_path / "one").layout == "pictures"
    assert "photo/1.png" in tree(tmp_path / "one")
    done = prepare(folder, tmp_path / "two", layout="side-by-side")
    assert done.pairs == {"train": 4}
    assert "A is photo, B is sketch" in done.notes


def test_classes_and_names_are_kept(tmp_path: Path) -> None:
    for name in ("train/cats/1.jpg", "train/dogs/deep er/文字.jpg", "test/cats/1.jpg"):
        save(tmp_path / "set" / name, pixels(len(name)))
    done = prepare(tmp_path / "set", tmp_path / "out", size=4)
    assert tree(tmp_path / "out") == [
        "test/cats/1.png", "train/cats/1.png", "train/dogs/deep er/文字.png"
    ]  # fmt: skip
    assert done.pictures == {"train": 2, "test": 1}


def test_files_that_only_their_endings_tell_apart(tmp_path: Path) -> None:
    for i, ending in enumerate(("png", "bmp", "jpg")):
        save(tmp_path / "set" / f"1.{ending}", pixels(i))
    save(tmp_path / "set" / "2.jpg", pixels(3))
    prepare(tmp_path / "set", tmp_path / "out")
    assert tree(tmp_path / "out") == ["1.bmp.png", "1.jpg.png", "1.png.png", "2.png"]


# -- what pictures hold --------------------------------------------------------------------------


def test_depth_and_transparency_are_kept(nasty, tmp_path: Path) -> None:
    folder, good, bad = nasty
    done = prepare(folder, tmp_path / "out")
    assert len(tree(tmp_path / "out")) == good
    assert sorted(done.unreadable) == bad
    kinds = {"rgba.png": "RGBA", "grey.png": "L", "sixteen.png.png": "I;16", "float.png": "I;16"}
    for name, mode in kinds.items():
        with Pillow.open(tmp_path / "out" / name) as opened:
            assert opened.mode == mode
    assert read(tmp_path / "out" / "thirty-two.png").max() == 4000
    with Pillow.open(folder / "turned.jpg") as turned:
        assert read(tmp_path / "out" / "turned.jpg.png").shape[:2] == turned.size


def test_whole_numbers_of_16_bits_stay_as_they_are(tmp_path: Path) -> None:
    levels = np.linspace(0, 4000, 64).astype(np.uint16).reshape(8, 8)
    save(tmp_path / "set" / "a.png", levels)
    prepare(tmp_path / "set", tmp_path / "out")
    assert (read(tmp_path / "out" / "a.png") == levels).all()
    prepare(tmp_path / "set", tmp_path / "colour", channels=3)
    assert read(tmp_path / "colour" / "a.png").max() == round(4000 / 4095 * 255)
    done = prepare(
        tmp_path / "set", tmp_path / "negative", partner="negative", layout="side-by-side"
    )
    both = read(tmp_path / "negative" / "train" / "a.png").astype(int)
    assert both.dtype.kind == "i"
    assert np.abs(both[:, :8] + both[:, 8:] - 65535).max() <= 1
    assert any("written with 16 bits: 0 becomes black and 4095 white" in n for n in done.notes)


def test_beside_each_other_pictures_share_what_holds_both(tmp_path: Path) -> None:
    grey = pixels(0)[..., 0]
    clear = np.dstack([pixels(1), np.full((SIDE, SIDE), 100, np.uint8)])
    for side, x in (("A", grey), ("B", clear)):
        save(tmp_path / "set" / f"train{side}" / "1.png", x)
    prepare(tmp_path / "set", tmp_path / "out", layout="side-by-side")
    both = read(tmp_path / "out" / "train" / "1.png")
    assert (both[:, :SIDE] == np.dstack([grey, grey, grey, np.full_like(grey, 255)])).all()
    assert (both[:, SIDE:] == clear).all()


def test_a_hole_is_transparent_and_the_seed_moves_it(tmp_path: Path, photos: Path) -> None:
    for seed in (0, 0, 1):
        out = tmp_path / f"out {seed} {len(list(tmp_path.iterdir()))}"
        prepare(photos, out, partner="holed:0.2", size=16, seed=seed)
    one, same, other = (read(out / "trainA" / "3.png") for out in sorted(tmp_path.glob("out*")))
    assert one.shape == (16, 16, 4)
    assert set(one[..., 3].flatten().tolist()) == {0, 255}
    assert (one == same).all()
    assert (one[..., 3] != other[..., 3]).any()


@pytest.mark.parametrize(("fit", "corner"), [("crop", 255), ("pad", 0), ("stretch", 255)])
def test_sizes_and_fits_are_those_of_training(tmp_path: Path, fit: str, corner: int) -> None:
    save(tmp_path / "set" / "wide.png", np.full((8, 16), 255, np.uint8))
    prepare(tmp_path / "set", tmp_path / "out", size=(8, 8), fit=fit, layout="pictures")
    x = read(tmp_path / "out" / "wide.png")
    assert (x.shape, x[0, 0], x[4, 4]) == ((8, 8), corner, 255)


# -- the split -----------------------------------------------------------------------------------


def test_the_split_is_decided_by_seed_and_names(tmp_path: Path, photos: Path) -> None:
    def parts(out: str, **more: object) -> dict[str, str]:
        prepare(photos, tmp_path / out, split="80:10:10", **more)
        return {name.split("/")[1]: name.split("/")[0] for name in tree(tmp_path / out)}

    one = parts("one")
    assert sorted(one.values()).count("train") == 16
    assert list(one.values()).count("val") == list(one.values()).count("test") == 2
    assert parts("again") == one
    assert parts("smaller", size=4) == one
    assert parts("other", seed=1) != one
    save(photos / "one more.png", pixels(99))
    more = parts("more")
    assert sum(more[name] != one[name] for name in one) <= 3


def test_each_class_is_divided_in_the_same_proportion(tmp_path: Path) -> None:
    for name, n in (("cats", 20), ("dogs", 10)):
        for i in range(n):
            save(tmp_path / "set" / name / f"{i}.png", pixels(100 * n + i))
    prepare(tmp_path / "set", tmp_path / "out", split="90:10")
    counts = [len(list((tmp_path / "out" / "test" / name).iterdir())) for name in ("cats", "dogs")]
    assert counts == [2, 1]


def test_equal_pictures_come_into_the_same_part(tmp_path: Path) -> None:
    for i in range(30):
        save(tmp_path / "set" / f"{i}.png", pixels(i % 5))
    prepare(tmp_path / "set", tmp_path / "out", split="60:40")
    parts: dict[bytes, set[str]] = {}
    for name in tree(tmp_path / "out"):
        parts.setdefault(read(tmp_path / "out" / name).tobytes(), set()).add(name.split("/")[0])
    assert len(parts) == 5
    assert all(len(there) == 1 for there in parts.values())


@pytest.mark.parametrize(
    "split", ["", "80", "80:10:5:5", "a:b", "0:100", "100:0", "-1:2", "nan:1", "inf:1", "80/20"]
)
def test_what_is_no_split(tmp_path: Path, photos: Path, split: str) -> None:
    with pytest.raises(UsageError, match="--split takes the shares"):
        prepare(photos, tmp_path / "out", split=split)


def test_a_split_that_leaves_nothing(tmp_path: Path, photos: Path) -> None:
    with pytest.raises(UsageError, match="leaves nothing for val: there are only 20"):
        prepare(photos, tmp_path / "out", split="98:1:1")
    beside(tmp_path / "ab" / "train")
    beside(tmp_path / "ab" / "test")
    with pytest.raises(UsageError, match=r"has parts of its own \(train, test\)"):
        prepare(tmp_path / "ab", tmp_path / "out", split="80:20")


# -- what does not match -------------------------------------------------------------------------


def test_what_has_no_partner_is_left_out_or_kept_and_named(tmp_path: Path) -> None:
    folder = fill(tmp_path / "set", "trainA", "trainB")
    save(folder / "trainA" / "only here.png", pixels(9))
    (folder / "trainB" / "1.png").write_text("broken")
    together = prepare(folder, tmp_path / "together", layout="side-by-side")
    assert tree(tmp_path / "together") == [f"train/{i}.png" for i in (0, 2, 3)]
    assert together.unmatched == {"A": ["only here"]}
    assert list(together.unreadable) == ["trainB/1.png"]
    assert any(note.startswith("left out: 1 only in A") for note in together.notes)
    apart = prepare(folder, tmp_path / "apart")
    assert apart.pictures == {"trainA": 4, "trainB": 3}
    assert any("kept all the same: 1 only in A" in note for note in apart.notes)


def test_most_names_must_match_to_stand_beside_each_other(tmp_path: Path) -> None:
    for i in range(3):
        save(tmp_path / "set" / "trainA" / f"a{i}.png", pixels(i))
        save(tmp_path / "set" / "trainB" / f"b{i}.png", pixels(i))
    with pytest.raises(UsageError, match=r"only 0 of 6 names .*3 only in A: a0; a1"):
        prepare(tmp_path / "set", tmp_path / "out", layout="side-by-side")


def test_pairs_of_different_sizes_need_a_size(tmp_path: Path) -> None:
    folder = fill(tmp_path / "set", "trainA", "trainB")
    save(folder / "trainB" / "1.png", pixels(1, "B", width=12))
    with pytest.raises(UsageError, match=r"in 1 of 4 pairs .* sizes: 1; .*--size N"):
        prepare(folder, tmp_path / "out", layout="side-by-side")
    done = prepare(folder, tmp_path / "out", layout="side-by-side", size=8)
    assert any("different shapes in 1 pairs" in note for note in done.notes)
    assert len(data.load(tmp_path / "out", fields=("x", "y"), paired=True).tables[0]) == 4


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"partner": "gray"}, "did you mean 'grey'"),
        ({"partner": "smaller:4", "size": 16, "layout": "side-by-side"}, "--layout domains"),
        ({"partner": "smaller:5"}, "multiples of 5, not 8x12"),
        ({"partner": "edges", "layout": "pictures"}, "--partner makes pairs"),
        ({"layout": "domains"}, "no two sides for --layout domains"),
        ({"layout": "diagonal"}, "--layout must be one of pictures, side-by-side, domains"),
        ({"size": 0}, "size must be"),
        ({"channels": 2}, "channels must be"),
        ({"with_": "nowhere"}, "there is no folder 'nowhere'"),
        ({"with_": ".", "partner": "grey"}, "give one of them"),
        ({"with_": ".", "layout": "pictures"}, "--with makes pairs"),
    ],
)
def test_wishes_that_cannot_be(tmp_path: Path, photos: Path, more: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        prepare(photos, tmp_path / "out", **more)
    assert sorted(f.name for f in tmp_path.iterdir()) == ["photos"]


def test_both_sides_are_folders_of_their_own(tmp_path: Path, photos: Path) -> None:
    save(photos / "sub" / "1.png", pixels(1))
    for a, b in ((photos, photos), (photos, photos / "sub"), (photos / "sub", photos)):
        with pytest.raises(UsageError, match="lie in each other"):
            prepare(a, tmp_path / "out", with_=b)


def test_two_sides_need_no_partner(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has two sides already: --partner edges"):
        prepare(fill(tmp_path / "set", "A", "B"), tmp_path / "out", partner="edges")


# -- nothing of anybody's is lost ----------------------------------------------------------------


def test_it_writes_nowhere_but_into_a_new_folder(tmp_path: Path, photos: Path) -> None:
    before = contents(photos)
    (tmp_path / "link").symlink_to(photos)
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    for out, message in (
        (photos, "which is only read"),
        (photos / "sub" / "out", "which is only read"),
        (tmp_path / "link" / "out", "which is only read"),
        (tmp_path / "file", "is a file"),
        (tmp_path / "full", "is not empty"),
        (tmp_path, "is not empty"),
    ):
        with pytest.raises(UsageError, match=message):
            prepare(photos, out)
    assert contents(photos) == before
    (tmp_path / "empty").mkdir()
    assert prepare(photos, tmp_path / "empty").written
    assert prepare(photos, tmp_path / "new" / "deep" / "er").written
    assert contents(photos) == before


def test_what_fails_half_way_leaves_nothing(tmp_path: Path, photos: Path, monkeypatch) -> None:
    png, calls = module.pixels.png, []

    def full(x: np.ndarray) -> bytes:
        calls.append(x)
        if len(calls) > 5:
            raise OSError(28, "No space left on device")
        return png(x)

    monkeypatch.setattr(module.pixels, "png", full)
    with pytest.raises(OSError, match="No space left"):
        prepare(photos, tmp_path / "out")
    assert sorted(f.name for f in tmp_path.iterdir()) == ["photos"]


def test_the_folder_appears_when_all_of_it_is_there(
    tmp_path: Path, photos: Path, monkeypatch
) -> None:
    """Until then there is a hidden draft; what a kill leaves of one, the next attempt clears."""
    (tmp_path / ".out.draft" / "left over").mkdir(parents=True)
    png, seen = module.pixels.png, []

    def look(x: np.ndarray) -> bytes:
        seen.append(sorted(f.name for f in tmp_path.iterdir()))
        return png(x)

    monkeypatch.setattr(module.pixels, "png", look)
    prepare(photos, tmp_path / "out")
    assert seen == [[".out.draft", "photos"]] * 20
    assert sorted(f.name for f in tmp_path.iterdir()) == ["out", "photos"]
    assert not (tmp_path / "out" / "left over").exists()


def test_a_file_that_breaks_meanwhile_ends_it(tmp_path: Path, photos: Path, monkeypatch) -> None:
    picture = decode.picture
    seen = []

    def once(file: Path, side: int | None = None) -> Pillow.Image:
        seen.append(file)
        if len(seen) > 25:
            raise decode.Unreadable("gone")
        return picture(file, side)

    monkeypatch.setattr(decode, "picture", once)
    with pytest.raises(DataError, match="could be read a moment ago: gone"):
        prepare(photos, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_more_than_half_broken_is_an_error(tmp_path: Path, photos: Path) -> None:
    for i in range(11):
        (photos / f"{i}.png").write_text("broken")
    with pytest.raises(DataError, match="11 of 20 images"):
        prepare(photos, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_dry_run_writes_nothing_and_says_the_same(tmp_path: Path, photos: Path) -> None:
    given = {"partner": "grey", "size": 8, "split": "80:20"}
    dry = prepare(photos, tmp_path / "out", dry_run=True, **given).to_json()
    assert not (tmp_path / "out").exists()
    wet = prepare(photos, tmp_path / "out", **given).to_json()
    assert (dry.pop("written"), wet.pop("written")) == (False, True)
    assert dry == wet
    record = json.loads((tmp_path / "out" / "prepared.json").read_text())
    assert record["given"]["partner"] == "grey"
    assert record["pictures"] == {"trainA": 16, "trainB": 16, "testA": 4, "testB": 4}


# -- the command ---------------------------------------------------------------------------------


def test_the_command_tells_what_it_did(tmp_path: Path, photos: Path, capsys) -> None:
    (photos / "7.png").write_text("broken")
    out = tmp_path / "out"
    words = f"data prepare {photos} {out} --size 8 --partner edges --layout side-by-side"
    assert main([*words.split(), "--split", "80:10:10"]) == 0
    said = capsys.readouterr()
    for part in ("15 in train/, 2 in val/, 2 in test/", "A on the left, B on the right", "8x8",
                 f"ganvas train pix2pix --data {out}", "7.png", "not an image"):  # fmt: skip
        assert part in said.out
    assert main([*words.split()]) == 2
    assert "is not empty" in capsys.readouterr().err


def test_the_result_is_one_json_object(tmp_path: Path, photos: Path, capsys) -> None:
    words = ["--size", "4x6", "--fit", "pad", "--json", "--dry-run"]
    assert main(["data", "prepare", str(photos), str(tmp_path / "out"), *words]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["size"], told["layout"], told["written"]) == ([4, 6], "pictures", False)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "prepare what, and where to?"),
        ("{photos}", "prepare what, and where to?"),
        ("{photos} {out} more", "does not take 'more'"),
        ("{photos} {out} --sise 8", "did you mean --size?"),
        ("{photos} {out} --size eight", "--size must be like"),
        ("{photos} {out} --layout side", "--layout must be"),
        ("{photos} {out} --split 1", "--split takes the shares"),
    ],
)
def test_wrong_use_has_exit_code_2(
    tmp_path: Path, photos: Path, capsys, words: str, message: str
) -> None:
    typed = words.format(photos=photos, out=tmp_path / "out").split()
    assert main(["data", "prepare", *typed]) == 2
    assert message in capsys.readouterr().err


def test_help_is_there(capsys) -> None:
    assert main(["data", "prepare", "--help"]) == 0
    assert "--partner" in capsys.readouterr().out

"""Two sides of a folder: which pictures belong together, and what keeps them from doing so."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

import ganvas
from ganvas import data
from ganvas.core import DataError, Image, Label, UsageError
from ganvas.core.stream import Table
from ganvas.data import examine
from ganvas.data.check import check
from ganvas.data.source import Source
from ganvas.data.tables import Halved, Turned, Zipped

SIDE = 8


def pixels(number: int, side: str = "A", width: int = SIDE) -> np.ndarray:
    """A picture of its own for each number and side; B is the negative of A."""
    draws = np.random.default_rng(number)
    a = draws.integers(0, 256, (SIDE, width, 3), dtype=np.uint8)
    return a if side == "A" else 255 - a


def save(file: Path, x: np.ndarray) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(x).save(file)
    return file


def fill(folder: Path, *heads: str, n: int = 4) -> Path:
    """The same names in each of these folders: A and B by their last letter."""
    for head in heads:
        for i in range(n):
            side = head.partition("/")[0][-1].upper()
            save(folder / head / f"{i}.png", pixels(i, side))
    return folder


def beside(folder: Path, n: int = 4) -> Path:
    """Pictures that show A and B beside each other."""
    for i in range(n):
        both = np.concatenate([pixels(i), pixels(i, "B")], axis=1)
        save(folder / f"{i}.png", both)
    return folder


def load(folder: Path, **more: object) -> Source:
    return data.load(folder, fields=("x", "y"), paired=True, **more)


def rows(table: Table) -> dict[str, torch.Tensor]:
    return table.fetch(torch.arange(len(table)))


def all_of(source: Source) -> dict[str, torch.Tensor]:
    (table,) = source.tables
    return rows(table)


def are_pairs(got: dict[str, torch.Tensor]) -> bool:
    """B of a pair is the negative of A, and of nothing else."""
    return torch.allclose(got["x"], -got["y"], atol=1e-6)


# -- pairs that there are ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heads",
    [
        ("trainA", "trainB", "testA", "testB"),
        ("trainA", "trainB", "valA", "valB"),
        ("A", "B"),
        ("a", "b"),
        ("A/train", "B/train", "A/test", "B/test"),
        ("A/train", "B/train", "A/val", "B/val"),
    ],
)
def test_the_same_name_in_two_folders_is_a_pair(tmp_path: Path, heads: tuple[str, ...]) -> None:
    source = load(fill(tmp_path, *heads))
    got = all_of(source)
    assert len(got["x"]) == 4
    assert are_pairs(got)
    assert source.spaces == {"x": Image(3, SIDE, SIDE), "y": Image(3, SIDE, SIDE)}
    if len(heads) > 2:
        assert are_pairs(all_of(load(tmp_path, split="test")))
        both = all_of(load(tmp_path, split="all"))  # the same names in both parts are two pairs
        assert len(both["x"]) == 8
        assert are_pairs(both)
    else:
        with pytest.raises(UsageError, match="no test part"):
            load(tmp_path, split="test")


def test_endings_and_deeper_folders_do_not_part_a_pair(tmp_path: Path) -> None:
    save(tmp_path / "trainA" / "cats" / "1.png", pixels(1))
    save(tmp_path / "trainA" / "2.bmp", pixels(2))
    save(tmp_path / "trainB" / "cats" / "1.tif", pixels(1, "B"))
    save(tmp_path / "trainB" / "2.png", pixels(2, "B"))
    got = all_of(load(tmp_path))
    assert len(got["x"]) == 2
    assert are_pairs(got)


def test_two_files_of_one_name_keep_their_endings(tmp_path: Path) -> None:
    for side in "AB":
        save(tmp_path / f"train{side}" / "1.png", pixels(1, side))
        save(tmp_path / f"train{side}" / "1.bmp", pixels(2, side))
    assert are_pairs(all_of(load(tmp_path)))
    (tmp_path / "trainB" / "1.bmp").unlink()
    with pytest.raises(UsageError, match=r"2 only in A: 1.bmp; 1.png. .*1 only in B: 1\b"):
        load(tmp_path)


@pytest.mark.parametrize("wrapped", ["", "train", "set/train"])
def test_pictures_twice_as_wide_as_high_are_pairs(tmp_path: Path, wrapped: str) -> None:
    beside(tmp_path / wrapped)
    source = load(tmp_path)
    assert isinstance(source.tables[0], Halved)
    assert source.spaces == {"x": Image(3, SIDE, SIDE), "y": Image(3, SIDE, SIDE)}
    assert are_pairs(all_of(source))
    assert any("A on the left, B on the right" in note for note in source.notes)
    alone = data.load(tmp_path)
    assert alone.spaces == {"x": Image(3, SIDE, 2 * SIDE)}  # who wants no pairs gets them as is
    assert alone.fingerprint != source.fingerprint


def test_pairs_beside_each_other_keep_their_classes(tmp_path: Path) -> None:
    for name in ("cats", "dogs"):
        beside(tmp_path / "train" / name, n=2)
    source = load(tmp_path)
    assert source.spaces["label"] == Label(2, ("cats", "dogs"))
    got = all_of(source)
    assert got["label"].tolist() == [0, 0, 1, 1]
    assert are_pairs(got)


def test_each_half_gets_the_size_by_itself(tmp_path: Path) -> None:
    black, white = np.zeros((SIDE, SIDE), np.uint8), np.full((SIDE, SIDE), 255, np.uint8)
    for i in range(10):
        save(tmp_path / f"{i}.png", np.concatenate([black, white], axis=1))
    save(tmp_path / "odd.png", np.concatenate([black, black, white, white], axis=1))
    source = load(tmp_path, size=(4, 6))
    got = all_of(source)
    assert got["x"].shape == got["y"].shape == (11, 1, 4, 6)
    assert bool((got["x"] == -1).all() and (got["y"] == 1).all())  # no grey from across the middle
    assert any("1 image of another shape: divided in the middle too" in n for n in source.notes)


def test_broken_files_take_their_partners_along(tmp_path: Path) -> None:
    folder = fill(tmp_path / "apart", "trainA", "trainB")
    (folder / "trainB" / "2.png").write_text("broken")
    source = load(folder)
    got = all_of(source)
    assert len(got["x"]) == 3
    assert are_pairs(got)
    assert source.notes[0].startswith("1 of 8 images cannot be read: trainB/2.png")

    folder = beside(tmp_path / "beside")
    (folder / "1.png").write_bytes((folder / "1.png").read_bytes()[:60])
    got = all_of(load(folder))
    assert len(got["x"]) == 3
    assert are_pairs(got)
    for i in (0, 2):
        (folder / f"{i}.png").write_text("broken")
    with pytest.raises(DataError, match=r"3 of 4 images .* cannot be read"):
        load(folder)


# -- the other way round, in memory or not, and again ---------------------------------------------


@pytest.mark.parametrize("lie", ["apart", "beside"])
def test_the_other_direction(tmp_path: Path, lie: str) -> None:
    folder = beside(tmp_path) if lie == "beside" else fill(tmp_path, "trainA", "trainB")
    there, back = load(folder), load(folder, to="A")
    assert isinstance(back.tables[0], Turned)
    assert torch.equal(all_of(back)["x"], all_of(there)["y"])
    assert torch.equal(all_of(back)["y"], all_of(there)["x"])
    assert there.fingerprint != back.fingerprint  # figures of B are none of A


def test_unpaired_domains_can_be_turned_round_too(tmp_path: Path) -> None:
    for i in range(5):
        save(tmp_path / "horses" / f"h{i}.png", pixels(i))
        save(tmp_path / "zebras" / f"z{i % 3}.png", pixels(i, "B"))
    x, y = data.load(tmp_path, fields=("x", "y")).tables
    v, u = data.load(tmp_path, fields=("x", "y"), to="A").tables
    assert (len(x), len(y)) == (5, 3)
    assert torch.equal(rows(x)["x"], rows(v)["y"])
    assert torch.equal(rows(y)["y"], rows(u)["x"])


@pytest.mark.parametrize("lie", ["apart", "beside", "classes"])
@pytest.mark.parametrize("to", ["A", "B"])
def test_what_is_decoded_anew_is_the_same_bit_for_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lie: str, to: str
) -> None:
    if lie == "apart":
        fill(tmp_path, "trainA", "trainB")
    else:
        beside(tmp_path / "cats")
        beside(tmp_path / ("dogs" if lie == "classes" else "cats"))
    kept = load(tmp_path, size=(5, 7), to=to)
    monkeypatch.setattr(examine, "MEMORY", 0)
    again = load(tmp_path, size=(5, 7), to=to)
    assert again.tables[0].slow
    assert not kept.tables[0].slow
    assert again.spaces == kept.spaces
    one, other = all_of(kept), all_of(again)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[field], other[field]) for field in one)
    assert again.fingerprint == kept.fingerprint


@pytest.mark.parametrize("lie", ["apart", "beside"])
@pytest.mark.parametrize("to", ["A", "B"])
def test_pairs_are_found_again_and_so_is_what_was_held_back(
    tmp_path: Path, lie: str, to: str
) -> None:
    if lie == "apart":
        fill(tmp_path, "trainA", "trainB", "testA", "testB")
    else:
        beside(tmp_path / "train")
        beside(tmp_path / "test", n=2)
    source = load(tmp_path, size=6, to=to)
    told = json.loads(json.dumps(source.to_json()))
    again = all_of(data.reload(told))
    assert torch.equal(again["x"], all_of(source)["x"])
    held = data.held_out(told)
    assert held.given["split"] == "test"
    assert torch.equal(all_of(held)["y"], all_of(load(tmp_path, size=6, split="test", to=to))["y"])
    with pytest.raises(UsageError, match="no longer what it was"):
        data.reload({**told, "to": "B" if to == "A" else "A"})


# -- what is refused -----------------------------------------------------------------------------


def test_names_that_do_not_match_are_listed(tmp_path: Path) -> None:
    fill(tmp_path, "trainA", "trainB")
    save(tmp_path / "trainA" / "only here.png", pixels(9))
    for i in range(7):
        save(tmp_path / "trainB" / f"extra {i}.png", pixels(i))
    with pytest.raises(UsageError) as error:
        load(tmp_path)
    said = str(error.value)
    assert "(5 in A and 11 in B)" in said
    assert "1 only in A: only here" in said
    assert "7 only in B: extra 0; extra 1; extra 2; extra 3; extra 4 and 2 more" in said
    assert "ganvas data prepare" in said
    unpaired = data.load(tmp_path, fields=("x", "y"))
    assert [len(table) for table in unpaired.tables] == [5, 11]


def test_pictures_of_a_pair_have_one_size(tmp_path: Path) -> None:
    fill(tmp_path, "trainA", "trainB")
    save(tmp_path / "trainB" / "1.png", pixels(1, "B", width=12))
    with pytest.raises(UsageError, match=r"in 1 of 4 pairs .* sizes: 1 \(8x8, 8x12\)"):
        load(tmp_path)


def test_of_every_pair_one_is_broken(tmp_path: Path) -> None:
    fill(tmp_path, "trainA", "trainB", n=2)
    (tmp_path / "trainA" / "0.png").write_text("broken")
    (tmp_path / "trainB" / "1.png").write_text("broken")
    with pytest.raises(UsageError, match="of every pair one picture cannot be read"):
        load(tmp_path)


def test_a_folder_of_classes_has_no_pairs(tmp_path: Path) -> None:
    """Though the files of two classes often have the same names."""
    fill(tmp_path, "cats", "dogs")
    with pytest.raises(UsageError, match="has no pairs") as error:
        load(tmp_path)
    assert f"prepare {tmp_path}/cats OUT --with {tmp_path}/dogs" in str(error.value)
    assert "--partner grey, edges" in str(error.value)
    fill(tmp_path, "birds")
    with pytest.raises(UsageError, match="has no pairs") as error:
        load(tmp_path)
    assert "--with" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("edges", "no two rows belong together; .*--data digits --partner edges"),
        ("negatives", "no two rows belong together; .*--data digits --partner negative"),
        ("faces", "faces has no pairs; .*--partner grey, edges"),
        ("ring8", "no pairs of pictures: it holds Points"),
    ],
)
def test_built_in_sources_without_pairs_say_what_to_do(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load(name)


def test_a_side_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="to must be A or B, not 'C'"):
        load(fill(tmp_path, "trainA", "trainB"), to="C")
    with pytest.raises(UsageError, match="--to A is for games that learn between two sides"):
        data.load(tmp_path, to="A")


def test_two_domains_of_which_one_is_a_single_picture(tmp_path: Path) -> None:
    fill(tmp_path, "trainA", n=3)
    fill(tmp_path, "trainB", n=1)
    with pytest.raises(UsageError, match="has a single picture as y: cyclegan learns what"):
        ganvas.train("cyclegan", data=tmp_path, size=12, steps=1, out=tmp_path / "run", quiet=True)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("make", [beside, lambda folder: fill(folder, "cats", "dogs", "birds")])
def test_an_unpaired_game_needs_two_domains(tmp_path: Path, make) -> None:
    make(tmp_path / "set")
    with pytest.raises(UsageError, match=r"cyclegan needs y .*FOLDER/trainA and trainB"):
        ganvas.train("cyclegan", data=tmp_path / "set", size=12, steps=1, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


# -- what data check says of it ------------------------------------------------------------------


def test_the_check_counts_pairs(tmp_path: Path, capsys) -> None:
    fill(tmp_path / "apart", "trainA", "trainB", "testA", "testB")
    beside(tmp_path / "beside")
    apart, together = (check(tmp_path / name).would.pairs for name in ("apart", "beside"))
    assert (apart.layout, apart.number, apart.size) == ("domains", 8, (SIDE, SIDE))
    assert (together.layout, together.number) == ("side-by-side", 4)
    assert together.size == (SIDE, SIDE)
    assert ganvas_main(["data", "check", str(tmp_path / "beside")]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "that learn from pairs: yes, 4 pairs beside each other, A on the left, 8x8" in printed
    assert "ganvas data prepare FOLDER OUT --layout domains takes A and B apart" in printed
    assert ganvas_main(["data", "check", str(tmp_path / "apart")]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "between two domains: yes, A (x) and B (y)" in printed
    assert "that learn from pairs: yes, 8 pairs of the same name, 8x8 each" in printed


def test_the_check_names_what_has_no_partner(tmp_path: Path, capsys) -> None:
    fill(tmp_path, "trainA", "trainB")
    (tmp_path / "trainB" / "3.png").unlink()
    pairs = check(tmp_path).would.pairs
    assert pairs.unmatched == {"A": ["3"]}
    assert ganvas_main(["data", "check", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["would"]["pairs"]
    assert told["unmatched"] == {"A": ["3"]}
    assert "1 only in A: 3" in told["trouble"]
    for i in (1, 2):
        (tmp_path / "trainB" / f"{i}.png").unlink()
    assert ganvas_main(["data", "check", str(tmp_path)]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "between two domains: no; B has a single picture" in printed
    assert "that learn from pairs: no; not every picture has a partner (4 in A and 1 in B)" in (
        printed
    )


def test_the_check_of_single_pictures_points_to_partners(tmp_path: Path) -> None:
    pairs = check(fill(tmp_path, "cats", "dogs")).would.pairs
    assert (pairs.layout, pairs.number, pairs.trouble) == (None, 0, None)


def ganvas_main(words: list[str]) -> int:
    from ganvas.cli import main

    return main(words)


# -- tables --------------------------------------------------------------------------------------


def test_zipped_tables_run_in_step() -> None:
    from ganvas.data.source import Rows

    x, y = (Rows({f: Image(1, 2, 2)}, {f: torch.rand(5, 1, 2, 2)}) for f in "xy")
    both = Zipped([x, y])
    got = both.fetch(torch.tensor([4, 0]))
    assert len(both) == 5
    assert torch.equal(got["x"], x.columns["x"][[4, 0]])
    assert torch.equal(got["y"], y.columns["y"][[4, 0]])

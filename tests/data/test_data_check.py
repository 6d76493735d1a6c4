import json
from pathlib import Path

import pytest
from PIL import Image as Pillow

from conftest import jpeg, scene
from ganvas.cli import main
from ganvas.core import UsageError
from ganvas.data.check import check


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Two classes, one picture in both of them, one broken."""
    for name, n in (("dogs", 6), ("cats", 1)):
        (tmp_path / name).mkdir()
        for i in range(n):
            scene().rotate(10 * i).save(tmp_path / name / f"{i}.png")
    (tmp_path / "cats" / "[broken] é.jpg").write_bytes(jpeg(scene())[:200])
    (tmp_path / "readme.txt").touch()
    return tmp_path


def test_the_report_counts_what_there_is(nasty):
    folder, good, bad = nasty
    report = check(folder, size=32)
    assert (report.images, report.readable) == (good + len(bad), good)
    assert sorted(report.unreadable) == bad
    assert report.unreadable["zero.jpeg"] == "empty file"
    assert report.others == {".txt": 1}
    assert report.sizes["24x36"] == good - 2
    assert report.modes["I;16"] == 2
    assert report.deep == 4
    assert report.frames == 1
    assert ["sixteen.png", "sixteen.tif"] in report.duplicates
    assert any("turned.tif" in group and "rgb.png" in group for group in report.duplicates)
    assert report.would.size == (32, 32)
    assert report.would.channels == 3
    assert report.would.kept
    assert report.would.cut == pytest.approx(1 / 3, abs=0.1)
    assert report.trouble is None


def test_classes_are_weighed_and_duplicates_across_them_found(pets):
    report = check(pets)
    assert report.classes == {"cats": 1, "dogs": 6}
    assert report.would.domains == report.would.labels == ("cats", "dogs")
    assert report.duplicates == [["cats/0.png", "dogs/0.png"]]
    assert report.contradictions == 1


def test_the_command_prints_a_report(pets, capsys):
    assert main(["data", "check", str(pets)]) == 0
    printed = capsys.readouterr().out
    for words in ("8, of which 7 can be read", "cats/[broken] é.jpg", "out of balance", "24x36",
                  "1 could go", "yes, 2 classes", "no; cats has a single picture"):  # fmt: skip
        assert words in printed


def test_the_report_is_one_json_object(pets, capsys):
    assert main(["data", "check", str(pets), "--json", "--size", "8x16", "--fit", "pad"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["would"]["size"] == [8, 16]
    assert list(report["unreadable"]) == ["cats/[broken] é.jpg"]
    assert report == json.loads(json.dumps(check(pets, size=(8, 16), fit="pad").to_json()))


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_broken_folder_gets_its_whole_report_and_exit_code_1(tmp_path, capsys, flags):
    for i in range(12):
        (tmp_path / f"{i}.png").write_text("broken")
    assert main(["data", "check", str(tmp_path), *flags]) == 1
    captured = capsys.readouterr()
    assert all(f"{i}.png" in captured.out for i in range(12))
    assert "12 of 12 images" in captured.err
    if flags:
        assert json.loads(captured.out)["readable"] == 0


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["check", "{}/nowhere"], "there is no folder"),
        (["check", "{}"], "holds no images"),
        (["check"], "which folder"),
        (["check", "{}", "--size", "0"], "--size must be"),
        (["check", "{}", "--colour"], "--colour"),
        (["chekc", "{}"], "did you mean 'check'"),
        (["show", "digitz"], "did you mean 'digits'"),
        (["show"], "which source"),
        (["show", "digits", "-o", "{}/digits.doc"], "FILE.png"),
        (["list", "digits"], "does not take 'digits'"),
        ([], "list, show, check"),
    ],
)
def test_wrong_use_has_exit_code_2(tmp_path, capsys, words, complaint):
    assert main(["data", *(word.format(tmp_path) for word in words)]) == 2
    assert complaint in capsys.readouterr().err


def test_sources_are_listed_and_shown(tmp_path, capsys):
    assert main(["data", "list", "--json"]) == 0
    listed = {about["name"]: about for about in json.loads(capsys.readouterr().out)}
    assert listed["digits"]["rows"] == 1797
    assert listed["ring8"]["spaces"]["x"] == {"kind": "Points", "size": 2}
    assert main(["data", "list"]) == 0
    assert "swissroll" in capsys.readouterr().out
    assert main(["data", "show", "tokens"]) == 0
    assert "vocabulary" in capsys.readouterr().out
    assert main(["data", "show", "faces", "--size", "8", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["spaces"]["x"] == {"kind": "Image", "channels": 1, "height": 8, "width": 8}
    assert shown["rows"] == {"x": 100}


@pytest.mark.parametrize("name", ["digits", "negatives", "ring8", "gaussian1d", "{}"])
def test_a_source_is_drawn(pets, tmp_path_factory, capsys, name):
    file = tmp_path_factory.mktemp("drawn") / "some.png"
    assert main(["data", "show", name.format(pets), "-o", str(file)]) == 0
    with Pillow.open(file) as picture:
        assert min(picture.size) > 60
        assert picture.convert("L").getextrema()[1] > 200
    assert main(["data", "show", "tokens", "-o", str(file)]) == 2


def test_a_missing_folder_is_wrong_use_in_python_too(tmp_path):
    with pytest.raises(UsageError, match="there is no folder"):
        check(tmp_path / "nowhere")

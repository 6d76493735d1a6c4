"""Files into files: what is kept of them, what is said, what is refused."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from runs import fill, ramp, untrained
from torch import Tensor, nn

import ganvas
from ganvas.core import (
    Adam,
    Batch,
    Config,
    DataError,
    Game,
    Image,
    Label,
    Move,
    Player,
    Preset,
    UsageError,
    registry,
)
from ganvas.core.run import Run
from ganvas.tools import shots
from ganvas.tools.jobs import plan


@dataclass(frozen=True)
class PlainConfig(Config):
    """Nothing to set."""


class Plain(Game):
    """Gives back what it is given, as far as its output has room for it."""

    presets = {"default": Preset({"x": Image(1, 8, 8), "y": Image(1, 8, 8)})}
    multiple = 1

    def __init__(self, config: PlainConfig, x: Image, y: Image, label: Label | None = None) -> None:
        super().__init__(config)
        self.inputs, self.output = {"x": x}, y
        if label is not None:
            self.inputs["label"] = label
        self.G = Player(nn.Conv2d(1, 1, 1), Adam())

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        yield Move(self.G, self.G(next(data).x).mean())

    def generate(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        y, scale = x[:, : self.output.channels], self.output.height // self.inputs["x"].height
        if label is not None:
            y = torch.where(label[:, None, None, None] == 1, -y, y)
        return y.repeat_interleave(scale, 2).repeat_interleave(scale, 3)


@pytest.fixture(autouse=True)
def _known():
    registry._registered["plain"] = Plain
    yield
    registry._registered.pop("plain", None)


Plain.__module__ = "plain"


@pytest.fixture
def run_of(tmp_path):
    """Makes a run of `Plain` with so many channels in and out."""

    def make(before: int = 1, after: int = 1, scale: int = 1, **more: object) -> Run:
        spaces = {"x": Image(before, 8, 8), "y": Image(after, 8 * scale, 8 * scale)}
        if "label" in more:
            spaces["label"] = more.pop("label")
        return untrained(tmp_path / f"run{before}{after}{scale}{len(spaces)}", "plain", spaces)

    return make


@pytest.fixture
def folder(tmp_path):
    fill(tmp_path / "in")
    return tmp_path / "in"


def pixels(file) -> np.ndarray:
    with Pillow.open(file) as opened:
        return np.asarray(opened)


def test_a_folder_with_what_lies_below_it(run_of, folder, tmp_path):
    out = tmp_path / "out"
    done = ganvas.translate(run_of(3, 3), folder, out)
    assert set(done.written) == {"grey.png", "deep.png", "below/colour.jpg", "below/clear.png"}
    assert done.written["below/colour.jpg"] == str(out / "below" / "colour.png")
    assert list(done.skipped) == ["below/torn.png"]
    assert done.to == "B"
    assert np.array_equal(pixels(out / "below" / "colour.png"), pixels(folder / "below/colour.jpg"))
    assert np.array_equal(pixels(out / "grey.png")[..., 1], pixels(folder / "grey.png"))
    assert "2 pictures with grey: turned into RGB, which the game takes" in done.notes
    assert [note for note in done.notes if "8 bits a channel" in note]
    assert sorted(p.name for p in out.iterdir()) == [
        "below",
        "deep.png",
        "grey.png",
        "results.html",
    ]


def test_sixteen_bits_are_kept(run_of, folder, tmp_path):
    run = run_of()
    done = ganvas.translate(run, folder / "deep.png", tmp_path / "deep.png")
    before, after = pixels(folder / "deep.png"), pixels(tmp_path / "deep.png")
    assert after.dtype == np.uint16
    assert np.abs(before.astype(int) - after).max() <= 1
    assert (done.notes, done.page) == ([], None)
    Pillow.fromarray(ramp(4000, "uint16")).save(tmp_path / "twelve.tif")
    ganvas.translate(run, tmp_path / "twelve.tif", tmp_path / "t.tif")
    assert np.abs(ramp(4000, "uint16").astype(int) - pixels(tmp_path / "t.tif")).max() <= 1
    said = ganvas.translate(run, folder / "deep.png", tmp_path / "deep.jpg")
    assert said.notes == [
        "1 picture with more than 8 bits: written with 8 bits a channel, since JPEG has no more"
    ]


def test_transparency_is_kept_where_the_game_makes_none(run_of, folder, tmp_path):
    clear, out = folder / "below" / "clear.png", tmp_path / "clear.png"
    ganvas.translate(run_of(3, 3), clear, out)
    before, after = pixels(clear), pixels(out)
    assert np.array_equal(before[..., 3], after[..., 3])
    seen = before[..., 3] > 0
    assert np.array_equal(before[seen], after[seen])
    assert (after[~seen][:, :3] == 255).all()
    large = ganvas.translate(run_of(3, 3, 2), clear, tmp_path / "large.png")
    assert pixels(tmp_path / "large.png").shape == (40, 60, 4)
    assert large.notes == []


def test_what_a_format_cannot_hold_is_told(run_of, folder, tmp_path):
    said = ganvas.translate(run_of(3, 3), folder / "below/clear.png", tmp_path / "flat.jpg")
    assert said.notes == ["1 picture with transparency: laid over white, since JPEG has none"]
    assert pixels(tmp_path / "flat.jpg")[10, 0].min() > 245


def test_a_game_with_transparency_of_its_own(run_of, folder, tmp_path):
    run, clear, out = run_of(4, 4), folder / "below" / "clear.png", tmp_path / "clear.png"
    ganvas.translate(run, clear, out)
    assert np.array_equal(pixels(clear)[..., 3], pixels(out)[..., 3])
    done = ganvas.translate(run, folder / "below" / "colour.jpg", tmp_path / "opaque.png")
    assert (pixels(tmp_path / "opaque.png")[..., 3] == 255).all()
    assert done.notes == []


def test_of_a_game_that_fills_holes_transparency_is_the_hole(folder):
    shot = shots.read(folder / "below/clear.png")
    takes, makes = Image(4, 8, 8), Image(3, 8, 8)
    x, notes = shots.as_taken(shot, takes, makes)
    there = shot.alpha >= 0.5
    assert notes == []
    assert torch.equal(x[3], torch.where(there, 1.0, -1.0))
    assert (x[:3, ~there] == -1).all()
    assert torch.equal(x[:3, there], shot.colour[:, there])
    assert shots.finished(x[:3], shot, takes, makes).shape[0] == 3
    whole = shots.read(folder / "below/colour.jpg")
    assert shots.as_taken(whole, takes, makes)[1] == ["no transparent part, so no hole to fill"]


def test_the_page_shows_all_beside_each_other(run_of, folder, tmp_path):
    odd = folder / "<b>odd & 'name.png"
    Pillow.new("L", (30, 20), 90).save(odd)
    done = ganvas.translate(run_of(), folder, tmp_path / "out", truth=folder)
    page = (tmp_path / "out" / "results.html").read_text()
    assert done.page == str(tmp_path / "out" / "results.html")
    assert page.count("<section>") == len(done.written) == 5
    assert [page.count(f"<figcaption>{w}<") for w in ("input", "output", "truth")] == [5, 5, 5]
    assert "<b>odd" not in page
    assert 'href="below/colour.png"' in page
    assert not re.findall(r'(?:src|href)="(?!data:|[\w%/.-]+\.png")', page)
    assert 0 < done.figures["psnr"] < 60
    assert -1 < done.figures["ssim"] < 1
    assert "3 are equal to their truth and in no mean" in done.notes
    few = folder.parent / "few"
    few.mkdir()
    Pillow.new("L", (9, 9)).save(few / "grey.tif")
    elsewhere = ganvas.translate(
        done.run, folder, tmp_path / "two", page=tmp_path / "see.html", truth=few
    )
    assert [note for note in elsewhere.notes if "pictures have no truth" in note]
    assert [note for note in elsewhere.notes if "grey.png (9x9, not 30x20)" in note]
    assert not (tmp_path / "two" / "results.html").exists()
    assert ganvas.translate(done.run, odd, tmp_path / "one.png").page is None


def test_patterns_and_several_words(folder, tmp_path):
    jobs = plan(str(folder / "**" / "*.png"), tmp_path / "out").jobs
    assert {str(job.name) for job in jobs} == {
        "grey.png",
        "deep.png",
        "below/clear.png",
        "below/torn.png",
    }
    jobs = plan([folder / "grey.png", folder / "below"], tmp_path / "out").jobs
    assert {str(job.target.relative_to(tmp_path / "out")) for job in jobs} == {
        "grey.png", "below/clear.png", "below/colour.png", "below/torn.png",
    }  # fmt: skip
    (folder / "grey.jpg").write_bytes((folder / "below/colour.jpg").read_bytes())
    jobs = plan(str(folder / "gr*"), tmp_path / "out").jobs
    assert {job.target.name for job in jobs} == {"grey-png.png", "grey-jpg.png"}


@pytest.mark.parametrize(
    ("given", "output", "message"),
    [
        ("nowhere", "out", "there is no picture, folder or pattern"),
        ("in/*.tiff", "out", "no picture matches"),
        ("in/*", "out.png", "do not go into one file; give a folder"),
        ("in", "in/out", "lies inside .* which is translated"),
        ("in", "in", "lies inside .* which is translated"),
        ("in/grey.png", "in/grey.png", "would write over what is translated"),
        ("in/*.png", "in", "would write over what is translated"),
        ("in/grey.png", "grey.doc", "is written to FILE.png, .* or into FOLDER/"),
        ("in/grey.png", "none/grey.png", "there is no folder"),
        ("in/grey.png", "there.png", "are there already: .*there.png.*--overwrite"),
        ("in", "there.png", "is a file, and 5 pictures need a folder"),
    ],
)
def test_places_that_cannot_be(folder, tmp_path, monkeypatch, given, output, message):
    monkeypatch.chdir(tmp_path)
    Pillow.new("L", (4, 4)).save("there.png")
    with pytest.raises(UsageError, match=message):
        plan(given, output)


def test_overwrite(run_of, folder, tmp_path):
    run = run_of()
    for over in (False, True):
        ganvas.translate(run, folder / "grey.png", tmp_path / "out", overwrite=over)
    with pytest.raises(UsageError, match="are there already"):
        ganvas.translate(run, folder / "grey.png", tmp_path / "out")
    with pytest.raises(UsageError, match=r"there is a .*results.html already"):
        ganvas.translate(run, folder / "deep.png", tmp_path / "out")


def test_more_torn_than_whole_is_an_error_and_the_whole_are_there(run_of, folder, tmp_path):
    (folder / "below" / "clear.png").unlink()
    (folder / "below" / "gone.png").symlink_to(folder / "nowhere.png")
    with pytest.raises(DataError, match=r"2 of 3 pictures cannot be read: .*torn.png"):
        ganvas.translate(run_of(3, 3), folder / "below", tmp_path / "out")
    assert (tmp_path / "out" / "colour.png").exists()


# -- directions and domains ----------------------------------------------------------------------


def test_both_directions(tmp_path, folder):
    spaces = {"x": Image(1, 16, 16), "y": Image(3, 16, 16)}
    run = untrained(tmp_path / "run", "cyclegan", spaces, width=2, blocks=1)
    y = ganvas.translate(run, folder / "grey.png", tmp_path / "y.png")
    x = ganvas.translate(run, tmp_path / "y.png", tmp_path / "x.png", to="A")
    assert (y.to, x.to) == ("B", "A")
    assert (pixels(tmp_path / "y.png").ndim, pixels(tmp_path / "x.png").ndim) == (3, 2)
    turned = untrained(tmp_path / "to", "cyclegan", spaces, width=2, blocks=1, data={"to": "A"})
    usual = ganvas.translate(turned, folder / "grey.png", tmp_path / "a.png")
    assert usual.to == "A"
    assert np.array_equal(pixels(tmp_path / "a.png"), pixels(tmp_path / "y.png"))


def test_a_way_that_was_not_learned(run_of, folder, tmp_path):
    with pytest.raises(UsageError, match="plain translates one way, to B; .* the way to A"):
        ganvas.translate(run_of(), folder, tmp_path / "out", to="A")
    gan = untrained(tmp_path / "gan", "dcgan", {"x": Image(1, 16, 16)}, width=2)
    with pytest.raises(UsageError, match="makes no pictures of pictures: ganvas sample"):
        ganvas.translate(gan, folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_domain_by_its_name(run_of, folder, tmp_path):
    run = run_of(label=Label(2, ("as it is", "negative")))
    ganvas.translate(run, folder / "grey.png", tmp_path / "n.png", label="negative")
    ganvas.translate(run, folder / "grey.png", tmp_path / "i.png", label=torch.tensor([0]))
    assert np.array_equal(255 - pixels(tmp_path / "n.png"), pixels(tmp_path / "i.png"))
    for given, message in (
        ({}, "into which label\\? --label with one of: as it is, negative"),
        ({"label": "blond"}, "--label: no class 'blond' among the 2 classes"),
        ({"label": "all"}, "give one label for all pictures, not 2"),
        ({"domain": "negative"}, "plain takes no domain: beside pictures it takes label"),
    ):
        with pytest.raises(UsageError, match=message):
            ganvas.translate(run, folder, tmp_path / "out", **given)

"""Generators that come with ganvas are whole, draw what their cards show, and nothing else."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from assets.card import page
from assets.make_pretrained import command_of, data_of, drawn, plays
from assets.recipes import RECIPES
from PIL import Image as Pillow

import ganvas
from ganvas.core import CheckpointError, GanvasError, UsageError
from ganvas.core.absent import networks
from ganvas.core.run import Run
from ganvas.tools import pretrained

HOUSE = Path(__file__).parents[2]
NAMES = pretrained.names()
MOST = 25_000_000
"""Bytes of all together."""
SMALL = "digits"


@pytest.fixture
def shelf(tmp_path, monkeypatch) -> Path:
    """A copy of one generator with its index, to be spoilt; runs are made beside it."""
    home = tmp_path / "generators"
    shutil.copytree(pretrained.HOME / SMALL, home / SMALL)
    index = json.loads((pretrained.HOME / pretrained.INDEX).read_text("utf-8"))
    (home / pretrained.INDEX).write_text(json.dumps({SMALL: index[SMALL]}), "utf-8")
    monkeypatch.setattr(pretrained, "HOME", home)
    monkeypatch.chdir(tmp_path)
    return home


# -- those that come along -----------------------------------------------------------------------


def test_all_together_are_small_and_there_is_nothing_else():
    files = {p.relative_to(pretrained.HOME) for p in pretrained.HOME.rglob("*") if p.is_file()}
    told = {Path(n) / f for n, about in pretrained.shipped().items() for f in about.files}
    assert files == {Path(pretrained.INDEX), *told}
    assert sum((pretrained.HOME / file).stat().st_size for file in files) <= MOST
    assert sorted(NAMES) == NAMES
    assert set(NAMES) <= RECIPES.keys()


def test_the_page_has_them_all():
    text = (HOUSE / "docs" / "pretrained.md").read_text("utf-8")
    index = json.loads((pretrained.HOME / pretrained.INDEX).read_text("utf-8"))
    assert page(text, index) == text
    assert all(f"| `{name}` |" in text for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_what_was_measured(name):
    about = pretrained.find(name)
    for file, told in about.files.items():
        content = about.read(file)
        assert (len(content), hashlib.sha256(content).hexdigest()) == (
            told["bytes"],
            told["sha256"],
        )
    assert {"card.md", "config.json", "grid.png", "weights.safetensors"} == set(about.files)


@pytest.mark.parametrize("name", NAMES)
def test_it_draws_what_its_card_shows(name, tmp_path):
    run = pretrained.get(name, tmp_path / "run")
    made = np.asarray(drawn(run)).astype(int)
    with Pillow.open(pretrained.HOME / name / pretrained.GRID) as picture:
        shown = np.asarray(picture).astype(int)
    assert made.shape == shown.shape
    # Other processors add in another order: a pixel may be rounded the other way.
    assert np.abs(made - shown).max() <= 3
    assert np.abs(made - shown).mean() < 0.01
    assert shown.std() > 10


@pytest.mark.parametrize("name", NAMES)
def test_it_has_what_generates_and_nothing_more(name):
    run = Run(pretrained.HOME / name)
    assert run.plan.origin is not None
    assert run.plan.origin["pretrained"] == name
    kept = set(networks(run.game)) - set(run.plan.absent)
    assert kept
    assert run.clock.seconds > 0
    assert all(bool(torch.isfinite(x).all()) for x in run.game.state_dict().values())
    for network in kept:
        assert plays(run, network)


@pytest.mark.parametrize("name", NAMES)
def test_its_card_says_all_that_one_must_know(name):
    text, about, plan = (
        pretrained.card(name),
        pretrained.find(name),
        Run(pretrained.HOME / name).plan,
    )
    command = command_of(plan)
    assert f"`{command}`" in text
    assert data_of(command) == data_of(RECIPES[name].command)
    for heading in ("Data", "Figures", "Limits", "Deviations from the paper"):
        assert f"\n## {heading}\n" in text
    assert about.figure["title"] in text
    assert re.search(r"^\| saw \| [\d,]+ images in [\d,]+ rounds, [\d,]+ s \|$", text, re.M)
    assert "Protocol: data " in text
    for network in plan.absent:
        assert f"`{network}`" in text
    notice = (HOUSE / "NOTICE").read_text("utf-8")
    assert re.search(rf"^generators/.*\b{name}\b", notice, re.M)


# -- runs of them --------------------------------------------------------------------------------


def test_get_makes_a_run_and_takes_it_again(shelf, tmp_path):
    run = ganvas.pretrained(SMALL)
    assert run.folder == Path("runs/pretrained") / SMALL
    assert sorted(p.name for p in run.folder.iterdir()) == [
        "card.md",
        "config.json",
        "weights.safetensors",
    ]
    (run.folder / "sample-0.png").write_bytes(b"mine")
    assert pretrained.get(SMALL).folder == run.folder
    assert ganvas.load(f"pretrained:{SMALL}").folder == run.folder
    assert (run.folder / "sample-0.png").read_bytes() == b"mine"
    (tmp_path / "empty").mkdir()
    again = pretrained.get(SMALL, tmp_path / "empty")
    assert torch.equal(again.sample(3, seed=1), run.sample(3, seed=1))


def test_get_refuses_a_folder_with_something_else(shelf, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match=r"mine exists already, and is not digits as it came"):
        pretrained.get(SMALL, mine)
    assert [p.name for p in mine.iterdir()] == ["thesis.txt"]
    with pytest.raises(UsageError, match="exists already"):
        pretrained.get(SMALL, mine / "thesis.txt")
    run = pretrained.get(SMALL)
    with (run.folder / "weights.safetensors").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(UsageError, match="exists already"):
        pretrained.get(SMALL)


@pytest.mark.parametrize("file", ["weights.safetensors", "config.json", "card.md"])
def test_a_tampered_file_is_refused_and_leaves_nothing_behind(shelf, tmp_path, file):
    path = shelf / SMALL / file
    content = bytearray(path.read_bytes())
    expected = hashlib.sha256(content).hexdigest()
    content[-2] ^= 1
    path.write_bytes(content)
    found = hashlib.sha256(content).hexdigest()
    said = f"refused {path}: its SHA-256 is {found}, expected {expected}; install ganvas anew"
    with pytest.raises(GanvasError, match=re.escape(said)):
        pretrained.get(SMALL, tmp_path / "run")
    path.unlink()
    with pytest.raises(GanvasError, match=re.escape(f"cannot read {path} (No such file")):
        pretrained.get(SMALL)
    assert [p.name for p in tmp_path.iterdir()] == ["generators"]


def test_a_torn_index_is_refused(shelf):
    (shelf / pretrained.INDEX).write_text('{"digits": {"game": "dcgan"')
    with pytest.raises(GanvasError, match=r"cannot read .*index.json .*install ganvas anew"):
        pretrained.names()


@pytest.mark.parametrize("name", ["../digits", "digits/../digits", "/etc", ".", "..", "", "DIGITS"])
def test_names_that_are_none_are_refused(shelf, tmp_path, name):
    for use in (pretrained.get, pretrained.card, ganvas.pretrained):
        with pytest.raises(UsageError, match="unknown generator"):
            use(name)
    with pytest.raises(UsageError, match="unknown generator"):
        ganvas.load(f"pretrained:{name}")
    assert [p.name for p in tmp_path.iterdir()] == ["generators"]


def test_nothing_half_written_is_left(shelf, tmp_path, monkeypatch):
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if path.name == "weights.safetensors":
            write(path, content[:100])
            raise OSError(28, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(GanvasError, match=r"cannot write the run .*No space left on device"):
        pretrained.get(SMALL, tmp_path / "run")
    assert [p.name for p in tmp_path.iterdir()] == ["generators"]


def test_a_name_without_the_prefix_is_told_of_it(shelf):
    with pytest.raises(UsageError, match=r"there is no run digits; .* is pretrained:digits"):
        ganvas.load(SMALL)
    with pytest.raises(UsageError, match="nowhere is no run"):
        ganvas.load("nowhere")


# -- what is absent ------------------------------------------------------------------------------


def test_what_is_absent_is_refused_with_the_reason_and_never_random(shelf):
    run = pretrained.get(SMALL)
    why = r"runs/pretrained/digits has no D\.\w+: it came with what generates"
    with pytest.raises(UsageError, match=why):
        run.sample(4, best=0.5)
    with pytest.raises(UsageError, match=why):
        run.game.judge(torch.zeros(2, *run.game.output.shape))
    with pytest.raises(UsageError, match=r"has no .*and no .*: it came with what generates"):
        ganvas.resume(run.folder, steps=10**6, quiet=True)


def test_figures_of_the_last_weights_are_refused_where_only_the_average_is_there(shelf):
    run = pretrained.get(SMALL)
    assert "G.net" in run.plan.absent
    with pytest.raises(UsageError, match=r"has no G\.net"):
        ganvas.evaluate(run, metrics=["swd"], weights="last", n=100, features="random")
    found = ganvas.evaluate(run, metrics=["swd"], n=100, features="random")
    assert found.figures["swd"]["value"] > 0


def test_weights_without_what_must_be_there_are_refused(shelf):
    config = shelf / SMALL / "config.json"
    plain = json.loads(config.read_text("utf-8"))
    plain["origin"]["absent"].remove("D.net")
    config.write_text(json.dumps(plain), "utf-8")
    with pytest.raises(CheckpointError, match="does not fit dcgan"):
        Run(shelf / SMALL).game  # noqa: B018

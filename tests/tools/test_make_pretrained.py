"""A generator is made of a run: what generates is kept, measured, and told."""

from __future__ import annotations

import dataclasses
import json
import shlex

import pytest
import torch
from assets import make_pretrained
from assets.make_pretrained import command_of, keep, make
from assets.recipes import Recipe

import ganvas
from ganvas.cli import main
from ganvas.core import Settings, UsageError
from ganvas.core.run import Run
from ganvas.metrics.evaluation import evaluate
from ganvas.metrics.sides import Wish
from ganvas.tools import pretrained

TINY = {"batch": 2, "width": 4, "blocks": 1, "size": 12}
RECIPE = Recipe(
    command="ganvas train cyclegan --data edges --size 12",
    makes="edges of digits",
    licence="CC-BY-4.0",
    about="Edges of digits.",
    limits="All of them: it was trained for one step.",
    figure="swd",
    more=lambda run: {
        "extra": {
            "title": "Extra by pixels",
            "value": 0.5,
            "better": "higher",
            "protocol": {"what": "half of all"},
        }
    },
)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    folder = tmp_path_factory.mktemp("runs") / "both ways"
    return ganvas.train("cyclegan", data="edges", steps=1, out=folder, quiet=True, **TINY)


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """An empty shelf with a page, and measurements that take no time."""
    home, page = tmp_path / "generators", tmp_path / "page.md"
    page.write_text("| name | game |\n|---|---|\n\nSamples\n")
    for module in (pretrained, make_pretrained):
        monkeypatch.setattr(module, "HOME", home)
    monkeypatch.setattr(make_pretrained, "PAGE", page)
    wish = Wish(metrics=["swd"], n=100, features="random")
    monkeypatch.setattr(make_pretrained, "evaluate", lambda run, _: evaluate(run, wish))
    return home


def test_a_run_becomes_a_generator_both_ways(run, shelf, tmp_path):
    make("tiny", RECIPE, run, "a pocket calculator")
    assert pretrained.names() == ["tiny"]
    assert sorted(p.name for p in shelf.iterdir()) == ["index.json", "tiny"]
    kept = pretrained.get("tiny", tmp_path / "kept")
    assert set(kept.plan.absent) == {"D_X.net", "D_Y.net"}
    x = torch.rand(2, 1, 12, 12) * 2 - 1
    with torch.no_grad():
        for side, way in kept.game.directions().items():
            true = run.game.directions()[side].make(x)
            assert torch.allclose(way.make(x), true, atol=2e-2)
            assert not torch.equal(way.make(x), true)  # float16
    with pytest.raises(UsageError, match=r"has no D_Y\.net"):
        kept.game.D_Y(x)
    text = pretrained.card("tiny")
    for part in (command_of(run.plan), "a pocket calculator", "Edges of digits.", "half of all"):
        assert part in text
    assert "| Extra by pixels | 0.5 |" in text
    page = (tmp_path / "page.md").read_text()
    assert "|---|---|\n| `tiny` | `cyclegan` | 0.1 | Sliced Wasserstein" in page
    assert page.endswith("generators/tiny/grid.png)\n")


def test_the_same_run_gives_the_same_files(run, shelf):
    make("tiny", RECIPE, run, "x")
    before = json.loads((shelf / "index.json").read_text())
    make("tiny", RECIPE, run, "x")
    assert json.loads((shelf / "index.json").read_text()) == before


def test_pictures_that_float16_would_change_keep_float32(run, tmp_path, monkeypatch):
    assert keep("tiny", run, tmp_path)[0] == torch.float16
    monkeypatch.setattr(make_pretrained, "SAME", 200.0)
    dtype, near = keep("tiny", run, tmp_path)
    assert (dtype, near) == (torch.float32, float("inf"))


def test_a_run_of_other_data_is_refused(run, shelf):
    other = dataclasses.replace(RECIPE, command="ganvas train cyclegan --data edges --size 16")
    with pytest.raises(
        SystemExit, match="is of another recipe: ganvas train cyclegan --data edges"
    ):
        make("tiny", other, run, "x")
    assert not shelf.exists()


def test_the_command_of_a_run_trains_the_same(tmp_path):
    settings = Settings(clip_norm=2.0)
    options = {"lr": "1e-3@0 1e-3@0.5 0@1", "penalty": ("r1", "r2"), "ema": None}
    asked = {"data": "digits", "size": 8, "seed": 3, "steps": 1, "batch": 4, **options}
    run = ganvas.train("dcgan", settings=settings, out=tmp_path / "a", quiet=True, **asked)
    words = shlex.split(command_of(run.plan))
    assert words[:3] == ["ganvas", "train", "dcgan"]
    assert main([*words[1:], "--out", str(tmp_path / "b"), "--quiet"]) == 0
    again = Run(tmp_path / "b").plan
    assert dataclasses.replace(again, created=run.plan.created) == run.plan

"""The demo: are they digits? A judge says so who learned from digits that the game never saw."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import ganvas
from ganvas.cli import demo
from judge import Judge


@pytest.mark.slow
def test_the_digits_of_the_demo_are_digits(tmp_path: Path) -> None:
    """Half of the demo's rounds, so the marks are lower than those of benchmarks/learn.py."""
    run = ganvas.train(demo.GAME, data=demo.DATA, steps=600, out=tmp_path / "run", quiet=True)
    samples = run.sample(500, best=demo.BEST)
    for judge in (Judge(), Judge(swapped=True)):
        noise = judge(torch.rand(500, 1, 16, 16) * 2 - 1)
        assert noise.confidence < 0.85 or noise.fewest == 0  # the judge can say no
        verdict = judge(samples)
        assert verdict.confidence > 0.9
        assert verdict.fewest >= 15
        assert verdict.unique == 500


def test_the_command(tmp_path: Path) -> None:
    """The command as it is typed, but for its length."""
    short = "from ganvas.cli import demo, main; demo.SECONDS = 2; main()"
    words = [sys.executable, "-c", short, "demo", "--out", str(tmp_path / "run"), "--json"]
    said = subprocess.run(words, capture_output=True, text=True, check=True)
    told = json.loads(said.stdout)
    samples = np.load(told["samples"])["samples"]
    assert samples.shape == (1000, 16, 16, 1)
    assert len(np.unique(samples, axis=0)) == 1000
    with Image.open(told["picture"]) as picture:
        assert min(picture.size) >= 10 * 48  # ten tiles, large enough to see
    assert (tmp_path / "run" / "report.html").stat().st_size > 10_000
    assert "Two networks now play a game" in said.stderr

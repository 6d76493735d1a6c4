"""Singular values along a run, against torch's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from PIL import Image as Pictures
from torch import nn
from torch.nn.utils.parametrize import is_parametrized
from watched import StopAfter
from watched import play as play_toy

from ganvas.core import Points, Trainer, registry
from ganvas.data.source import Rows
from ganvas.watch import Spectra, report
from ganvas.watch.spectra import EXACT, PICTURE, SPECTRA, leading, read, weights

PLANE = {"x": Points(2)}


def trainer(folder: Path, rounds: int = 6, **config: object) -> tuple[Trainer, Spectra]:
    """A small game whose singular values are noted every second round."""
    torch.manual_seed(0)
    options = {"noise": 4, "hidden": 8, "spectra": 2, "spectral_norm": True, **config}
    game = registry.make("lsgan", spaces=PLANE, **options)
    x = torch.randn(40, 2, generator=torch.Generator().manual_seed(0))
    found = Spectra(folder)
    found.account.share = 1e9
    return Trainer(game, [Rows(PLANE, {"x": x})], rounds=rounds, listeners=[found]), found


@pytest.mark.parametrize("shape", [(5, 9), (9, 5), (6, 3, 3, 3), (1, 7), (2, 40)])
def test_small_matrices_exactly(shape: tuple[int, ...]) -> None:
    weight = torch.randn(*shape, generator=torch.Generator().manual_seed(0))
    expected = torch.linalg.svdvals(weight.flatten(1))[:3]
    torch.testing.assert_close(torch.tensor(leading(weight)[0]), expected)


def test_large_matrices_by_iteration_that_goes_on_from_where_it_was() -> None:
    draws = torch.Generator().manual_seed(0)
    weight = torch.randn(EXACT + 44, EXACT + 100, generator=draws) / 20
    spikes = torch.randn(2, EXACT + 44, 4, generator=draws)
    weight[:, : EXACT + 44] += 0.02 * spikes[0] @ spikes[1].T  # four directions stand out
    places = None
    for _ in range(3):
        weight = weight + 0.002 * torch.randn(weight.shape, generator=draws)
        found, places = leading(weight, places)
        expected = torch.linalg.svdvals(weight)[:3]
        torch.testing.assert_close(torch.tensor(found), expected, rtol=2e-3, atol=0)
    assert leading(weight.T, places)[0] == pytest.approx(found, rel=1e-3)


def test_orthogonal_weights_have_only_ones_and_broken_ones_no_values() -> None:
    weight = nn.init.orthogonal_(torch.empty(300, 400))
    assert leading(weight)[0] == pytest.approx([1, 1, 1], abs=1e-4)
    weight[3, 4] = torch.nan
    assert all(value != value for value in leading(weight)[0])


def test_every_weight_of_either_side_before_it_is_normalised(tmp_path: Path) -> None:
    played, _ = trainer(tmp_path)
    played.run()
    lines = read(tmp_path)
    assert [line["round"] for line in lines] == [0, 2, 4, 6]
    game = played.game
    assert lines[-1]["sigma"].keys() == dict(weights(game)).keys()
    layers = {n: m for n, m in game.D.net.named_modules() if isinstance(m, nn.Linear)}
    assert all(is_parametrized(layer) for layer in layers.values())
    for name, layer in layers.items():
        raw = layer.parametrizations.weight.original
        found = lines[-1]["sigma"][f"D.{name}"]
        expected = torch.linalg.svdvals(raw)[:3].tolist()
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-5)
    with Pictures.open(tmp_path / PICTURE) as picture:
        assert picture.width > 600
    report.write(tmp_path)
    assert "Singular values" in (tmp_path / "report.html").read_text()


def test_a_game_that_does_not_ask_is_left_alone(tmp_path: Path) -> None:
    played, _ = trainer(tmp_path, spectra=0)
    played.run()
    play_toy(Spectra(tmp_path), rounds=3)  # has no such option at all
    assert list(tmp_path.iterdir()) == []


def test_a_resumed_run_does_not_double_back(tmp_path: Path) -> None:
    first, _ = trainer(tmp_path)
    first.listeners.append(StopAfter(5))
    first.run()
    again, _ = trainer(tmp_path)
    early, _ = trainer(tmp_path)
    for _ in range(3):
        early.round()
    again.load(early.state(copied=True))
    again.run()
    assert [line["round"] for line in read(tmp_path)] == [0, 2, 3, 5, 6]


def test_where_a_look_costs_too_much_it_looks_less_often(tmp_path: Path) -> None:
    played, found = trainer(tmp_path, rounds=20)
    found.account.share, found.account.spent = 1e-6, 100.0
    played.run()
    assert [line["round"] for line in read(tmp_path)] == [0, 20]


def test_it_changes_nothing_in_the_run(tmp_path: Path) -> None:
    watched, _ = trainer(tmp_path)
    alone, _ = trainer(tmp_path)
    alone.listeners.clear()
    watched.run()
    alone.run()
    for name, value in watched.state().weights.items():
        assert torch.equal(value, alone.state().weights[name])


def test_weights_that_broke_are_noted_as_such(tmp_path: Path) -> None:
    played, found = trainer(tmp_path)
    with torch.no_grad():
        next(p for p in played.game.G.net.parameters() if p.dim() == 2).fill_(torch.inf)
    found.begin(played)
    line = json.loads((tmp_path / SPECTRA).read_text())
    assert [None] * 3 in line["sigma"].values()
    assert not found.failed

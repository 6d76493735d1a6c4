import json
import shutil
from dataclasses import replace

import pytest
import torch
from tests.metrics.figures import subject

import ganvas
from ganvas import data
from ganvas.core import CheckpointError, UsageError
from ganvas.core.chance import Chance
from ganvas.metrics import FIGURES, cache, comparison, scores
from ganvas.metrics.evaluation import evaluate, measure
from ganvas.metrics.figure import Rows
from ganvas.metrics.sides import Sides, Wish


def trained(tmp_path, game, steps=2, **more):
    return ganvas.train(game, steps=steps, out=tmp_path / game, quiet=True, **more)


FITS = {
    "dcgan": {
        "fid",
        "kid",
        "precision",
        "recall",
        "swd",
        "ms_ssim",
        "memorisation",
        "rarest_class",
    },
    "cgan": {"fid", "label_accuracy", "intra_fid", "inception_score"},
    "wgan_gp": {"modes", "good_share", "reverse_kl", "swd", "kid"},
    "vae": {"fid", "bound"},
    "seqgan": {"oracle_nll", "distinct"},
    "cyclegan": {"fid", "kid", "swd"},
}


@pytest.mark.parametrize("game", FITS)
def test_every_kind_of_game_is_measured(tmp_path, game):
    run = trained(tmp_path, game)
    n = None if game == "cyclegan" else 1000
    found = evaluate(run, Wish(n=n, allow_small=True))
    assert FITS[game] <= set(found.figures)
    assert found.left_out == {}
    for name, about in found.figures.items():
        assert about["value"] == about["value"], name  # a number
        assert abs(about["value"]) < float("inf")
        json.dumps(about, allow_nan=False)
    assert found.round == 2
    assert found.protocol.split == "test"
    again = evaluate(run, Wish(n=n, allow_small=True))
    assert again.figures == found.figures  # with what the cache knows of the real rows
    other = evaluate(run, Wish(n=n, allow_small=True, seed=1))
    assert other.figures != found.figures


def test_a_game_that_goes_from_class_to_class_has_no_truth_but_labels(tmp_path):
    tiny = {"width": 2, "blocks": 1, "batch": 4}
    run = trained(tmp_path, "stargan", steps=1, data="digits", size=16, **tiny)
    found = evaluate(run, Wish(allow_small=True))
    assert {"fid", "label_accuracy", "intra_fid"} <= set(found.figures)
    assert not {"psnr", "ssim", "l1"} & set(found.figures)


def test_measuring_leaves_a_game_as_it_was(tmp_path):
    run = trained(tmp_path, "dcgan")
    before = {k: v.clone() for k, v in run.game.state_dict().items()}
    evaluate(run, Wish(metrics=["fid"], n=100))
    last = evaluate(run, Wish(metrics=["fid"], n=100, weights="last"))
    assert last.protocol.weights == "last"
    assert all(torch.equal(v, before[k]) for k, v in run.game.state_dict().items())
    assert not run.game.training


def test_the_averages_are_not_the_last_weights(tmp_path):
    run = trained(tmp_path, "dcgan", steps=20)
    wish = Wish(metrics=["fid"], n=100)
    average, last = (evaluate(run, replace(wish, weights=w)) for w in ("average", "last"))
    assert average.figures["fid"]["value"] != last.figures["fid"]["value"]


def test_what_cannot_be_measured(tmp_path):
    run = trained(tmp_path, "dcgan")
    with pytest.raises(UsageError, match="at least 2 rows"):
        evaluate(run, Wish(n=1))
    with pytest.raises(UsageError, match="64 generated rows are too few.*at least 65"):
        evaluate(run, Wish(metrics=["fid"], n=64))
    assert "fid" in evaluate(run, Wish(n=64)).left_out  # one of many is left out, and it says why
    with pytest.raises(UsageError, match="inception's weights are not here"):
        evaluate(run, Wish(features="inception"))
    shutil.rmtree(run.folder / "checkpoints")
    (run.folder / "weights.safetensors").unlink()
    with pytest.raises(CheckpointError, match="no weights"):
        evaluate(ganvas.load(run.folder))
    run = trained(tmp_path, "cyclegan")
    with pytest.raises(UsageError, match="held-out rows to translate, not 5000"):
        evaluate(run, Wish(n=5000))


def test_memory_does_not_grow_with_the_rows():
    """What a figure holds is bounded: as many bytes after 30,000 rows as after 15,000."""
    real = data.load("ring8", split="test")
    space = real.spaces["x"]
    held = []
    for n in (15_000, 30_000):
        about = subject(torch.empty(n, 2), torch.empty(n, 2), space=space, source="ring8")
        sizes = 0
        for name in ("kid", "precision", "modes", "swd", "duplicates"):
            figure = FIGURES[name](about)
            for start in range(0, n, 500):
                x = Chance("rows", start).normal(500, 2)
                figure.real(Rows(x, features=x))
                figure.fake(Rows(x + 1, features=x + 1))
            sizes += sum(t.numel() for t in tensors(vars(figure)))
        held.append(sizes)
    assert held[1] <= 1.02 * held[0]


def tensors(thing):
    if isinstance(thing, torch.Tensor):
        yield thing
    elif isinstance(thing, dict):
        for value in thing.values():
            yield from tensors(value)
    elif isinstance(thing, list | tuple):
        for value in thing:
            yield from tensors(value)
    elif type(thing).__module__.startswith("ganvas.metrics") and hasattr(thing, "__dict__"):
        yield from tensors(vars(thing))


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_says_what_it_is(name):
    figure = FIGURES[name]
    assert figure.name == name
    assert figure.title
    assert figure.better in ("lower", "higher", "neither")
    assert figure.paper
    assert figure.__doc__


def test_what_is_kept_of_real_rows_is_as_good_as_the_rows(monkeypatch, tmp_path):
    monkeypatch.setenv("GANVAS_CACHE", str(tmp_path))
    real = data.load("digits", size=8, split="test")
    table = data.load("digits", size=8).tables[0]
    rows = table.fetch(torch.arange(600))

    def found(source=real):
        parts = [
            Rows(rows["x"][i : i + 100], label=rows["label"][i : i + 100])
            for i in range(0, 600, 100)
        ]
        space = source.spaces["x"]
        sides = Sides("some", source, "x", space, 600, lambda: iter(parts), real, labelled=True)
        return measure(sides, Wish(metrics=["all"], allow_small=True)).figures

    first = found()
    assert any(p.name.startswith("reference") for p in tmp_path.iterdir())
    fetched = []
    original = type(real.tables[0]).fetch
    monkeypatch.setattr(type(real.tables[0]), "fetch", lambda *a: fetched.append(1) or original(*a))
    assert found() == first
    assert not fetched  # nobody looked at the real rows again
    assert cache.find("reference", {"figure": "fid"}) is None
    changed = data.load("digits", size=8, split="train")
    assert found(changed)["fid"]["value"] != first["fid"]["value"]


def test_training_with_figures(tmp_path):
    run = ganvas.train(
        "dcgan", steps=7, evaluate_every=3, metrics=["fid"], out=tmp_path / "run", quiet=True
    )
    found = scores.read(run.folder)
    assert [s.round for s in found] == [3, 6, 7]
    best = min(found, key=lambda s: s.figures["fid"]["value"])
    kept = ganvas.load(run.folder / "best")
    assert kept.clock.round == best.round
    assert scores.read(kept.folder)[0].figures == best.figures
    same = evaluate(kept, Wish(metrics=["fid"]))
    assert same.figures == best.figures  # the best state, as it was
    ganvas.resume(run.folder, steps=9, evaluate_every=3, metrics=["fid"], quiet=True)
    assert [s.round for s in scores.read(run.folder)] == [3, 6, 7, 9]
    assert "Fréchet distance" in (run.folder / "report.html").read_text()


def test_measuring_does_not_change_the_training(tmp_path):
    quiet = {"steps": 6, "quiet": True}
    one = ganvas.train("dcgan", out=tmp_path / "a", **quiet)
    two = ganvas.train("dcgan", out=tmp_path / "b", evaluate_every=2, metrics=["fid"], **quiet)
    files = [run.folder / "weights.safetensors" for run in (one, two)]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_going_back_takes_later_scores_away(tmp_path):
    run = ganvas.train(
        "dcgan", steps=6, evaluate_every=2, metrics=["fid"], out=tmp_path / "run", quiet=True
    )
    earlier = scores.read(run.folder)
    ganvas.resume(run.folder, at=0, steps=4, evaluate_every=2, metrics=["fid"], quiet=True)
    again = scores.read(run.folder)
    assert [s.round for s in again] == [2, 4]
    assert again[0].figures == earlier[0].figures  # exactly: the same weights, the same draws
    assert ganvas.load(run.folder / "best").clock.round <= 4


def test_what_cannot_be_measured_is_said_before_training(tmp_path):
    with pytest.raises(UsageError, match="modes cannot be had"):
        ganvas.train("dcgan", out=tmp_path / "a", evaluate_every=2, metrics=["modes"])
    with pytest.raises(UsageError, match="give both"):
        ganvas.train("dcgan", out=tmp_path / "a", metrics=["fid"])
    with pytest.raises(UsageError, match="at least 1 round"):
        ganvas.train("dcgan", out=tmp_path / "a", evaluate_every=0)
    assert not (tmp_path / "a").exists()


def test_runs_side_by_side(tmp_path):
    runs = [
        ganvas.train(
            "dcgan", steps=4, seed=seed, evaluate_every=2, metrics=["fid", "kid"],
            out=tmp_path / f"r{seed}", quiet=True,
        )
        for seed in (0, 1)
    ]  # fmt: skip
    found = comparison.lines(runs)
    assert [len(line.measured) for line in found] == [2, 2]
    assert list(found[0].newest.figures) == ["fid", "kid"]
    assert comparison.plot(found).startswith(b"\x89PNG")
    with pytest.raises(UsageError, match="did you mean 'kid'"):
        comparison.lines(runs, ["kit"])
    (runs[1].folder / scores.FILE).unlink()
    with pytest.raises(UsageError, match="was not measured"):
        comparison.lines(runs)
    ganvas.evaluate(runs[1], metrics=["fid"], n=500)
    with pytest.raises(UsageError, match=r"different ways: n generated \(2000, 500\)"):
        comparison.lines(runs)

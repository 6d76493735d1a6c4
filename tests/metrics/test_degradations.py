"""Each figure must get worse as real digits are spoilt, and must notice what it is there for."""

import pytest
import torch
from torch.nn.functional import avg_pool2d

from ganvas import data
from ganvas.core import DataError, UsageError
from ganvas.core.chance import Chance
from ganvas.metrics.evaluation import measure
from ganvas.metrics.figure import Rows
from ganvas.metrics.sides import Sides, Wish

NAMES = ("fid", "kid", "precision", "recall", "density", "coverage", "swd", "rarest_class")


@pytest.fixture(scope="module")
def digits():
    return {split: data.load("digits", size=16, split=split) for split in ("train", "test")}


def figures(digits, spoil, names=NAMES, **wish):
    """Of the training half, spoilt, against the held-out half."""
    table = digits["train"].tables[0]
    rows = spoil(table.fetch(torch.arange(len(table))))
    parts = [Rows(x) for x in rows["x"].split(250)]
    real = digits["test"]
    sides = Sides(
        "spoilt", real, "x", real.spaces["x"], len(rows["x"]), lambda: iter(parts), digits["train"]
    )
    found = measure(sides, Wish(metrics=names, **wish))
    return {name: about["value"] for name, about in found.figures.items()}


def noisy(sigma):
    return lambda rows: {
        **rows, "x": rows["x"] + sigma * Chance("noise").normal(*rows["x"].shape)
    }  # fmt: skip


def blurred(times):
    def spoil(rows):
        x = rows["x"]
        for _ in range(times):
            x = avg_pool2d(x, 3, 1, 1, count_include_pad=False)
        return {**rows, "x": x}

    return spoil


def without(classes):
    return lambda rows: {name: t[rows["label"] >= classes] for name, t in rows.items()}


@pytest.fixture(scope="module")
def clean(digits):
    return figures(digits, lambda rows: rows)


def test_real_digits_are_good(clean):
    assert clean["fid"] < 1
    assert abs(clean["kid"]) < 0.01
    assert min(clean[name] for name in ("precision", "recall", "density", "coverage")) > 0.75
    assert clean["rarest_class"] > 0.9


@pytest.mark.parametrize(
    ("kind", "amounts"), [(noisy, (0.2, 0.5, 1.0)), (blurred, (1, 3, 9)), (without, (2, 5, 8))]
)
def test_the_distances_grow_with_the_damage(digits, clean, kind, amounts):
    for name in ("fid", "kid"):
        values = [clean[name]]
        values += [figures(digits, kind(amount), (name,))[name] for amount in amounts]
        assert values == sorted(values)
        assert values[-1] > values[0] + 0.02


def test_dropped_classes_cost_variety_not_fidelity(digits, clean):
    half = figures(digits, without(5))
    assert half["rarest_class"] < 0.2
    assert half["coverage"] < 0.75 * clean["coverage"]
    assert half["recall"] < clean["recall"]
    assert half["precision"] > clean["precision"] - 0.1


def test_noise_costs_fidelity(digits, clean):
    spoilt = figures(digits, noisy(0.7))
    assert spoilt["precision"] < 0.7 * clean["precision"]
    assert spoilt["density"] < 0.7 * clean["density"]
    assert spoilt["swd"] > 2 * clean["swd"]


def test_rows_that_are_not_finite_are_refused(digits):
    def broken(rows):
        rows["x"][300, 0, 3, 3] = torch.nan
        return rows

    with pytest.raises(DataError, match="generated rows 250 and following.*not finite"):
        figures(digits, broken)


def test_a_figure_that_does_not_fit_says_which_do(digits):
    with pytest.raises(UsageError, match="modes cannot be had here: it needs a toy law.*fid, kid"):
        figures(digits, lambda rows: rows, ("modes",))
    with pytest.raises(UsageError, match="did you mean 'fid'"):
        figures(digits, lambda rows: rows, ("fdi",))
    with pytest.raises(UsageError, match="a game that is told a label"):
        figures(digits, lambda rows: rows, ("label_accuracy",))
    with pytest.raises(UsageError, match="knows classes"):
        figures(digits, lambda rows: rows, ("inception_score",), features="random")

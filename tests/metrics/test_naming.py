import pytest
import torch
from tests.metrics.figures import subject

import ganvas
from ganvas import data
from ganvas.core import UsageError
from ganvas.metrics import FIGURES
from ganvas.metrics.evaluation import evaluate
from ganvas.metrics.figure import Rows
from ganvas.metrics.sides import Wish


def test_it_is_the_share_of_held_out_rows_named_rightly(tmp_path):
    run = ganvas.train("sgan", steps=20, out=tmp_path / "run", quiet=True)
    found = evaluate(run, Wish(metrics=["test_accuracy"])).figures["test_accuracy"]
    table = data.load("digits", size=16, split="test").tables[0]
    rows = table.fetch(torch.arange(len(table)))
    with torch.no_grad():
        right = (run.game.classify(rows["x"]).argmax(1) == rows["label"]).double().mean()
    assert found["value"] == pytest.approx(float(right))
    assert 0 < found["value"] < 1
    assert found["error"] == pytest.approx((right * (1 - right) / 896) ** 0.5)
    assert found["protocol"] == {"rows named": 896, "classes": 10}
    usual = evaluate(run, Wish(n=100, allow_small=True))
    assert {"test_accuracy", "fid"} <= set(usual.figures)
    assert usual.protocol.features["features"] == "classifier"


def test_whom_it_fits(tmp_path):
    run = ganvas.train("dcgan", steps=1, out=tmp_path / "dcgan", quiet=True)
    with pytest.raises(UsageError, match="a classifier of its own, such as sgan"):
        evaluate(run, Wish(metrics=["test_accuracy"], n=10))
    run = ganvas.train("sgan", steps=1, out=tmp_path / "sgan", quiet=True)
    with pytest.raises(UsageError, match="labelled rows that were held back"):
        evaluate(run, Wish(metrics=["test_accuracy"], n=10, split="train"))


def test_rows_are_counted_over_batches():
    game = ganvas.make("sgan")

    def says_dark(x):
        return torch.stack([-x.mean((1, 2, 3)), x.mean((1, 2, 3))], 1)

    game.classify = says_dark
    x = torch.linspace(-1, 1, 10).view(-1, 1, 1, 1).expand(-1, 1, 2, 2)
    label = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1, 1, 0])
    figure = FIGURES["test_accuracy"](subject(x, x, game=game, classes=2))
    for part in (slice(0, 7), slice(7, 10)):
        figure.real(Rows(x[part], label=label[part]))
    assert figure.value().value == pytest.approx(0.8)
    assert figure.value().error == pytest.approx((0.8 * 0.2 / 10) ** 0.5)

import pytest
import torch
from tests.metrics.figures import subject

from ganvas.core import UsageError
from ganvas.metrics import FIGURES, inception_score
from ganvas.metrics.figure import Rows


def sure(k, n):
    return torch.eye(k)[torch.arange(n) % k]


def test_known_distributions():
    assert inception_score(sure(7, 700), 10)[0] == pytest.approx(7)
    assert inception_score(torch.full((100, 7), 1 / 7), 10) == pytest.approx((1, 0))
    assert inception_score(sure(7, 1).repeat(700, 1), 10)[0] == pytest.approx(1)
    # two classes of four, sure in half of the cases and undecided between the two in the others
    p = torch.tensor([[1.0, 0, 0, 0], [0, 1, 0, 0], [0.5, 0.5, 0, 0], [0.5, 0.5, 0, 0]])
    assert inception_score(p, 1)[0] == pytest.approx(2**0.5)
    with pytest.raises(UsageError, match="9 rows do not make 10 parts"):
        inception_score(sure(3, 9), 10)


def test_in_batches_of_any_size():
    p = torch.randn(997, 5, generator=torch.Generator().manual_seed(0)).mul(3).softmax(1)
    values = []
    for batch in (997, 64, 3):
        figure = FIGURES["inception_score"](subject(p, p, probable=True))
        for rows in p.split(batch):
            figure.fake(Rows(rows, probabilities=rows))
        values.append(figure.value())
    assert values[0].value == pytest.approx(values[1].value) == pytest.approx(values[2].value)
    parts = [inception_score(p[i::10], 1)[0] for i in range(10)]
    assert values[0].value == pytest.approx(sum(parts) / 10)

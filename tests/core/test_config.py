import json
from dataclasses import dataclass
from typing import Literal

import pytest

from ganvas.core import Config, Rate, Schedule, UsageError
from ganvas.core.config import docs


@dataclass(frozen=True)
class Sample(Config):
    lr: Rate = 1e-3
    """The learning
    rate."""
    widths: tuple[int, ...] = (8, 16)
    """Widths."""
    loss: Literal["hinge", "logistic"] = "hinge"
    """The loss."""
    ema: float | None = None
    """The average."""


def test_a_config_survives_json():
    config = Sample(lr=Schedule.parse("1e-3@0 0@1"), widths=(1, 2, 3), ema=0.9)
    assert Sample.build(**json.loads(json.dumps(config.to_json()))) == config


def test_docs_are_the_docstrings_of_the_fields_and_of_the_bases_fields():
    found = docs(Sample)
    assert found["lr"] == "The learning rate."
    assert found["batch"].startswith("Images per step")
    assert list(found) == ["batch", "images", "lr", "widths", "loss", "ema"]


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"lrr": 1.0}, "did you mean 'lr'"),
        ({"lr": "fast"}, "cannot read the schedule"),
        ({"widths": [1, "2"]}, "widths must be"),
        ({"loss": "hing"}, "'hinge' | 'logistic'"),
        ({"batch": 2.5}, "batch must be int"),
        ({"batch": True}, "batch must be int"),
        ({"batch": 0}, "batch must be int, 1 or more, not 0"),
        ({"ema": "0.9"}, "ema must be"),
    ],
)
def test_wrong_fields_are_refused(values: dict, complaint: str):
    with pytest.raises(UsageError) as caught:
        Sample.build(**values)
    assert complaint in str(caught.value)


def test_a_schedule_is_piecewise_linear():
    schedule = Schedule.parse("2e-4@0 2e-4@0.5, 0@1")
    assert [schedule.at(p) for p in (0, 0.3, 0.5, 0.75, 1)] == pytest.approx(
        [2e-4, 2e-4, 2e-4, 1e-4, 0]
    )
    assert Schedule.parse(str(schedule)) == schedule


@pytest.mark.parametrize("text", ["", "1", "1@2", "1@0.5 2@0.1", "a@0"])
def test_a_schedule_that_makes_no_sense_is_refused(text: str):
    with pytest.raises(UsageError):
        Schedule.parse(text)

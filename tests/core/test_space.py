import json

import pytest
import torch

from ganvas.core import Chance, Image, Label, Noise, Points, Space, Tokens, UsageError

SPACES = [
    Noise(5),
    Noise(3, "uniform"),
    Label(4, ("a", "b", "c", "d")),
    Image(3, 4, 6),
    Points(2),
    Tokens(9, 7),
]


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_a_space_contains_what_it_draws_and_survives_json(space: Space):
    x = Chance("space").draw(space, 50)
    assert space.why_not(x) is None
    assert Space.from_json(json.loads(json.dumps(space.to_json()))) == space


@pytest.mark.parametrize(
    ("space", "x", "why"),
    [
        (Noise(5), torch.zeros(2, 4), "shape"),
        (Noise(2, "uniform"), torch.tensor([[0.0, 1.5]]), "outside"),
        (Label(4), torch.tensor([4]), "outside"),
        (Label(4), torch.tensor([1.0]), "dtype"),
        (Image(1, 2, 2), torch.full((1, 1, 2, 2), torch.nan), "not finite"),
        (Image(1, 2, 2), torch.full((1, 1, 2, 2), 3.0), "outside"),
        (Tokens(3, 2), torch.tensor([[0, 3]]), "outside"),
    ],
)
def test_a_space_says_why_something_is_not_in_it(space: Space, x: torch.Tensor, why: str):
    assert why in (space.why_not(x) or "")


def test_labels_are_read_by_number_name_and_all():
    label = Label(3, ("cat", "dog", "7"))
    assert label.parse("0,dog").tolist() == [0, 1]
    assert label.parse("all").tolist() == [0, 1, 2]
    with pytest.raises(UsageError, match="no class 'cow'.*cat, dog"):
        label.parse("cow")
    with pytest.raises(UsageError, match="no class 'dogs'.*did you mean 'dog'"):
        label.parse("dogs")
    with pytest.raises(
        UsageError, match=r"no class '1000' among the 1000 classes: 0, .*19, \.\.\.$"
    ):
        Label(1000).parse("1000")


def test_classes_may_be_of_several_sets():
    assert Label(3).sets == Label(3, ("a", "b", "c")).sets == (0, 0, 0)
    assert Label(4, ("hair=a", "mood=a", "hair=b", "mood=x=y")).sets == (0, 1, 0, 1)
    with pytest.raises(UsageError, match="all named SET=CLASS.*these are not: b, c"):
        _ = Label(3, ("a=1", "b", "c")).sets


def test_codes_are_read_as_numbers():
    code = Noise(2, "uniform")
    assert torch.equal(code.parse("0.5,-1"), torch.tensor([[0.5, -1.0]]))
    for wrong in ("0.5", "0.5,x", "0.5,2", "nan,0"):
        with pytest.raises(UsageError, match="expected 2 numbers"):
            code.parse(wrong)

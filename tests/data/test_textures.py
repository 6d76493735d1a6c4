from __future__ import annotations

import json

import pytest
import torch

from ganvas import data
from ganvas.core import Image, UsageError
from ganvas.data.textures import LEAST, MOST, VARIANTS, patch

FIELDS = ("x", "y", "texture")


def loaded(**more: object) -> data.Source:
    """Digits in three channels: quicker to load than photographs."""
    return data.load(
        "digits", size=32, channels=3, fields=FIELDS, paired=True, partner="edges", **more
    )


def test_a_patch_lies_at_its_place_and_the_rest_is_transparent() -> None:
    source = loaded(split="test")
    assert source.spaces == {
        "x": Image(1, 32, 32), "y": Image(3, 32, 32), "texture": Image(4, 32, 32)
    }  # fmt: skip
    rows = source.tables[0].fetch(torch.arange(40))
    texture, y = rows["texture"], rows["y"]
    there = texture[:, 3:] > 0
    assert torch.equal(texture[:, :3], torch.where(there, y, -1.0))
    assert set(texture[:, 3].unique().tolist()) == {-1.0, 1.0}
    for each in there[:, 0]:
        heights, widths = each.any(1).sum(), each.any(0).sum()
        assert heights == widths
        assert each.sum() == heights * widths
        assert LEAST * 32 <= heights <= MOST * 32 + 1
    assert len({tuple(each.nonzero()[0].tolist()) for each in there[:, 0]}) > 20


def test_training_meets_each_picture_with_several_patches() -> None:
    source = data.load("digits", fields=FIELDS, paired=True, partner="edges")
    table, n = source.tables[0], 901
    assert len(table) == n * VARIANTS
    one, other, again = table.fetch(torch.tensor([3, 3 + n, 3]))["texture"]
    assert not torch.equal(one, other)
    assert torch.equal(one, again)
    assert torch.equal(*table.fetch(torch.tensor([3, 3 + n]))["y"])


def test_it_is_found_again() -> None:
    source = loaded()
    told = json.loads(json.dumps(source.to_json()))
    assert told["fields"] == list(FIELDS)
    again = data.reload(told)
    assert again.fingerprint == source.fingerprint
    rows = torch.arange(5)
    assert torch.equal(
        again.tables[0].fetch(rows)["texture"], source.tables[0].fetch(rows)["texture"]
    )
    plain = data.load(
        "digits", size=32, channels=3, fields=FIELDS[:2], paired=True, partner="edges"
    )
    assert plain.fingerprint != source.fingerprint
    assert "texture" in data.held_out(told).spaces


def test_a_patch_lies_where_there_is_something_to_see() -> None:
    y = torch.zeros(3, 40, 40)
    y[:, :, 20:] = torch.rand(3, 40, 20)
    seen = [patch(y, torch.Generator().manual_seed(i))[3, :, 20:].max() for i in range(50)]
    assert sum(int(each > 0) for each in seen) >= 45


def test_pictures_it_cannot_take() -> None:
    with pytest.raises(UsageError, match="with 1 or 3 channels, not from .*channels=4"):
        data.load("digits", channels=4, fields=FIELDS, paired=True, partner="edges")

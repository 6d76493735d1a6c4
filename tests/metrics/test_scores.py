from dataclasses import replace

import pytest

from ganvas.core import DataError
from ganvas.metrics import scores
from ganvas.metrics.scores import Protocol, Scores

HOW = Protocol(
    "digits", "ab" * 32, "test", "x", {"kind": "Image"}, 896, 2000, 0, "average",
    {"features": "classifier", "weights sha256": "cd" * 32, "dims": 64},
)  # fmt: skip
FID = {"fid": {"title": "FID", "value": 3.0, "error": None, "better": "lower", "protocol": {}}}


def test_what_is_written_is_read(tmp_path):
    one = Scores("runs/a", "dcgan", HOW, FID, round=10, images=640)
    later = replace(one, round=20, images=1280)
    for given in (later, one):
        scores.write(tmp_path, given)
    assert scores.read(tmp_path) == [one, later]
    better = replace(one, figures={"fid": {**FID["fid"], "value": 2.0}})
    scores.write(tmp_path, better)  # the same state under the same protocol: replaced
    assert scores.read(tmp_path) == [better, later]
    scores.write(tmp_path, replace(one, protocol=replace(HOW, seed=1)))  # another protocol: beside
    assert len(scores.read(tmp_path)) == 3
    scores.forget_after(tmp_path, 10)
    assert {s.round for s in scores.read(tmp_path)} == {10}


def test_a_file_that_cannot_be_read_is_not_overwritten(tmp_path):
    (tmp_path / scores.FILE).write_text("{torn")
    with pytest.raises(DataError, match="cannot read"):
        scores.write(tmp_path, Scores("a", None, HOW, FID))
    assert (tmp_path / scores.FILE).read_text() == "{torn"


def test_differences_in_words():
    other = replace(HOW, n_generated=500, features={**HOW.features, "features": "random"})
    found = HOW.differences(other)
    assert len(found) == 2
    assert "n generated (2000, 500)" in found
    assert HOW.differences(HOW) == []
    assert len(HOW.differences(replace(HOW, fingerprint="ab" * 31 + "ff"))) == 1  # beyond the cut

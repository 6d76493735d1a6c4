import hashlib

import pytest
import torch
from sklearn.linear_model import LogisticRegression

from ganvas import data
from ganvas.core import DataError, Image, Points, Tokens, UsageError
from ganvas.metrics import cache, features, hub
from ganvas.metrics.classifier import Classifier

DIGITS = Image(1, 16, 16)


@pytest.fixture(scope="module")
def digits():
    return data.load("digits", size=16)


def rows(source):
    return source.tables[0].fetch(torch.arange(len(source.tables[0])))


def test_what_fits_what(digits):
    assert features.available(DIGITS, digits)[0] == "classifier"
    assert features.available(Image(1, 8, 8), digits)[0] == "random"  # of another size
    assert features.available(DIGITS)[0] == "random"
    assert features.available(Points(2)) == ["itself"]
    assert features.available(Tokens(5, 7)) == []


def test_the_classifier_knows_digits_that_it_has_not_seen(digits):
    space = features.features("auto", DIGITS, digits)
    held = rows(data.load("digits", size=16, split="test"))
    right = (space.probabilities(held["x"]).argmax(1) == held["label"]).float().mean()
    assert right > 0.95
    assert space.protocol()["accuracy on test rows"] == pytest.approx(float(right), abs=1e-4)
    assert space(held["x"]).shape == (len(held["x"]), space.dims)


def test_its_features_are_what_tells_the_classes_apart(digits):
    space = Classifier(digits)
    seen, held = rows(digits), rows(data.load("digits", size=16, split="test"))
    linear = LogisticRegression(max_iter=2000).fit(space(seen["x"]), seen["label"])
    assert linear.score(space(held["x"]), held["label"]) > 0.95


def test_it_is_trained_once_and_always_the_same(digits, monkeypatch, tmp_path):
    first = Classifier(digits)
    monkeypatch.setattr("ganvas.metrics.classifier._made", lambda *_: pytest.fail("trained again"))
    torch.manual_seed(5)
    assert Classifier(digits).weights == first.weights
    monkeypatch.undo()
    monkeypatch.setenv("GANVAS_CACHE", str(tmp_path))
    threads = torch.get_num_threads()
    small = data.load("digits", size=8)
    before = torch.random.get_rng_state()
    made = Classifier(small)
    assert torch.equal(torch.random.get_rng_state(), before)  # nobody else's draws change
    assert torch.get_num_threads() == threads
    (kept,) = tmp_path.iterdir()
    kept.unlink()
    torch.manual_seed(7)
    assert Classifier(small).weights == made.weights


def test_a_damaged_cache_is_made_anew(digits, monkeypatch, tmp_path):
    monkeypatch.setenv("GANVAS_CACHE", str(tmp_path))
    cache.keep("thing", {"a": 1}, {"x": torch.ones(3)}, {"why": "so"})
    tensors, about = cache.find("thing", {"a": 1})
    assert torch.equal(tensors["x"], torch.ones(3))
    assert about == {"why": "so"}
    assert cache.find("thing", {"a": 2}) is None
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-4])
    assert cache.find("thing", {"a": 1}) is None
    monkeypatch.setenv("GANVAS_CACHE", str(file / "below a file"))
    cache.keep("thing", {"a": 1}, {"x": torch.ones(3)}, {})  # costs time, nothing else


def test_random_features_are_the_same_everywhere():
    x = torch.rand(5, 3, 24, 20) * 2 - 1
    one, other = (features.features("random", Image(3, 24, 20)) for _ in range(2))
    assert one.weights == other.weights
    assert torch.equal(one(x), other(x))
    assert torch.linalg.matrix_rank(one(torch.rand(200, 3, 24, 20)).double()) == one.dims
    with pytest.raises(UsageError, match="know no classes"):
        one.probabilities(x)


@pytest.mark.parametrize(
    ("name", "space", "says"),
    [
        ("classifer", DIGITS, "did you mean 'classifier'"),
        ("classifier", DIGITS, "no labels to learn from; there are: random"),
        ("inception", Points(2), "there are: itself"),
        ("auto", Tokens(5, 7), "there are no features of tokens"),
        ("inception", DIGITS, "inception's weights are not here.*what works now"),
        ("dinov2", DIGITS, r"ganvas\[hub\]|add --download"),
    ],
)
def test_what_cannot_be_had(name, space, says, monkeypatch, tmp_path):
    monkeypatch.setenv("GANVAS_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(UsageError, match=says):
        features.features(name, space)


def test_weights_that_were_tampered_with_are_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("GANVAS_CACHE", str(tmp_path))
    (tmp_path / hub.INCEPTION).write_bytes(b"anything")
    with pytest.raises(DataError, match="refused"):
        features.features("inception", DIGITS)


def test_nothing_in_a_weights_file_is_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return (pytest.fail, ("code was run",))

    file = tmp_path / "weights.pth"
    torch.save({"x": Evil()}, file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    with pytest.raises(DataError, match="cannot read"):
        hub.published(file, digest[:8])


def test_inception_from_a_file(monkeypatch, tmp_path):
    """The published file's layout: a state dict without the batch counters, checked by its hash."""
    from ganvas.nets.inception import Inception

    monkeypatch.setenv("GANVAS_CACHE", str(tmp_path))
    torch.manual_seed(0)
    state = {k: v for k, v in Inception().state_dict().items() if "num_batches" not in k}
    torch.save(state, tmp_path / hub.INCEPTION)
    monkeypatch.setattr(
        hub, "PREFIX", hashlib.sha256((tmp_path / hub.INCEPTION).read_bytes()).hexdigest()[:8]
    )
    space = features.features("inception", DIGITS)
    x = torch.rand(2, 1, 16, 16)
    assert space(x).shape == (2, 2048)
    assert space.probabilities(x).shape == (2, 1008)
    assert space.protocol()["resizer"].startswith("bicubic")


def test_the_resizer_does_not_alias():
    """A chessboard of single pixels, reduced, is grey: without antialiasing it would be black."""
    board = (torch.arange(600).view(-1, 1) + torch.arange(600)) % 2 * 2.0 - 1
    assert hub.resized(board.view(1, 1, 600, 600), 299).abs().mean() < 0.05
    x = torch.rand(1, 4, 20, 20) * 2 - 1
    assert hub.resized(x, 30).shape == (1, 3, 30, 30)
    x[:, 3] = -1  # transparent: black
    assert torch.equal(hub.resized(x, 30), -torch.ones(1, 3, 30, 30))

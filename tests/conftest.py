"""What every test runs under: one thread (so that figures repeat), no window, no terminal."""

import hashlib
import os
import tempfile
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.pop("COLUMNS", None)  # pytest-xdist passes on the width of a terminal

# A cache of their own, which the workers of one session share.
session = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
os.environ["GANVAS_CACHE"] = str(Path(tempfile.gettempdir()) / f"ganvas-tests-{session}")


@pytest.fixture
def small_vgg(tmp_path, monkeypatch):
    """A cache with weights for VGG19, of the published layout but random and with fewer layers."""
    import torch

    from ganvas.metrics import vgg
    from ganvas.nets import perceptual

    monkeypatch.setattr(perceptual, "CONVOLUTIONS", (1, 1, 3, 1, 4))
    monkeypatch.setenv("GANVAS_CACHE", str(tmp_path))
    torch.manual_seed(0)
    state = perceptual.VGG19(5, 4, activated=True).state_dict()
    torch.save({**state, "classifier.0.weight": torch.zeros(3, 3)}, vgg.file())
    digest = hashlib.sha256(vgg.file().read_bytes()).hexdigest()
    monkeypatch.setattr(vgg, "PREFIX", digest[:8])

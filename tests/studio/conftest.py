"""A real server, a real browser, and a folder for what it saw."""

import os
import shutil
from pathlib import Path

import pytest
from tests.studio.people import Served

import ganvas

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None
)


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no chromium here")
    with playwright.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def screens() -> Path:
    """Where pictures of the pages are kept: GANVAS_SCREENS, or build/screens."""
    there = os.environ.get("GANVAS_SCREENS") or Path(__file__).parents[2] / "build" / "screens"
    folder = Path(there)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def trained(folder: Path, game: str, **options) -> ganvas.Run:
    return ganvas.train(game, out=folder, steps=2, quiet=True, save_every=1e9, **options)


@pytest.fixture(scope="session")
def runs(tmp_path_factory) -> dict[str, Path]:
    """Runs that were hardly trained: with classes, with codes, with styles."""
    home = tmp_path_factory.mktemp("runs")
    trained(home / "classes", "cgan", data="digits", images=None)
    trained(home / "codes", "infogan", data="digits", images=None)
    narrow = {"batch": 4, "channels": 1, "size": 32}
    trained(home / "styles", "stylegan2", data="digits", images=None, **narrow)
    return {folder.name: folder for folder in sorted(home.iterdir())}


@pytest.fixture(scope="session")
def studio(runs):
    pytest.importorskip("fastapi")
    pytest.importorskip("websockets")
    served = Served(runs)
    yield served
    served.close()

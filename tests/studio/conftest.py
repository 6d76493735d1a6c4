"""A real browser for the pages, and a folder for what it saw."""

import os
import shutil
from pathlib import Path

import pytest

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

"""A real server, a real browser, and a folder for what it saw."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.studio.people import Served

import ganvas

WIDE = {"width": 1280, "height": 860}
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


@pytest.fixture
def opened(studio, browser):
    """Opens a room; at the end nothing may have gone wrong in the page."""
    pages, troubles = [], []

    @contextmanager
    def open_at(room: str, viewport=WIDE, **how):
        context = browser.new_context(viewport=viewport, locale="en-US", **how)
        page = context.new_page()
        pages.append(context)
        page.on("console", lambda m: m.type in ("error", "warning") and troubles.append(m.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(f"{studio.url}#{room}")
        yield page

    yield open_at
    for context in pages:
        context.close()
    troubles = [t for t in troubles if "WebSocket" not in t and "422" not in t]
    assert troubles == []


@pytest.fixture
def look(screens):
    """Keeps what a page looks like, and lets axe look too, unless it has seen the like."""
    from axe_playwright_python.sync_playwright import Axe

    def seen(page, name: str, axe: bool = True) -> None:
        page.wait_for_timeout(150)
        page.screenshot(path=screens / f"{name}.png")
        if not axe:
            return
        wanted = {"resultTypes": ["violations"], "preload": False}
        found = Axe().run(page, options=wanted).response["violations"]
        bad = [
            (v["id"], [n["html"][:120] for n in v["nodes"][:3]])
            for v in found
            if v["impact"] in ("serious", "critical")
        ]
        assert not bad, f"{name}: {bad}"

    return seen

"""Makes the pictures of the Studio's rooms in docs/images anew, in a real browser.

    python -m assets.make_screens                  all of them
    python -m assets.make_screens paint drag       some of them

On the generators that come along, so they are to be made anew when one of those is. Takes Chromium.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tests.studio.conftest import CHROMIUM, WIDE
from tests.studio.people import Served
from tests.studio.test_rooms import ANSWER, BELOW, FILLED, begun, settled, stroke

from ganvas.tools.pretrained import HOME, names

if TYPE_CHECKING:
    from playwright.sync_api import Page

IMAGES = Path(__file__).parents[1] / "docs" / "images"


def main() -> None:
    """Serves the Studio, and looks at its rooms."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("rooms", nargs="*", help=f"some of: {', '.join(ROOMS)}; all if none")
    rooms = parser.parse_args().rooms or [*ROOMS]
    if unknown := set(rooms) - ROOMS.keys():
        parser.error(f"there is no picture of {', '.join(sorted(unknown))}")
    from playwright.sync_api import sync_playwright

    served = Served({name: HOME / name for name in names()})
    try:
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            for room in rooms:
                page = browser.new_page(viewport=WIDE, locale="en-US")
                where, act = ROOMS[room]
                page.goto(f"{served.url}#{where}")
                act(page)
                page.wait_for_timeout(500)
                settled(page)
                page.screenshot(path=IMAGES / f"studio-{room}.png")
            browser.close()
    finally:
        served.close()


def gallery(page: Page) -> None:
    """All pictures are there."""
    for card in range(3):
        page.locator(".card").nth(card).locator("img").first.wait_for()


def paint(page: Page) -> None:
    """A yellow face with two eyes and a mouth."""
    begun(page, ANSWER)
    colour(page, "#f9c21c", 14)
    stroke(page, (0.35, 0.35), (0.65, 0.35), (0.65, 0.6), (0.35, 0.6), (0.35, 0.4))
    colour(page, "#5b3a1a", 4)
    stroke(page, (0.38, 0.42), (0.38, 0.46))
    stroke(page, (0.62, 0.42), (0.62, 0.46))
    stroke(page, (0.38, 0.64), (0.5, 0.7), (0.62, 0.64))
    page.locator(".candidates li").nth(2).wait_for()


def drag(page: Page) -> None:
    """An eyebrow is lifted."""
    begun(page, BELOW)
    stroke(page, (0.3, 0.34), (0.27, 0.26))
    page.get_by_role("button", name="Drag", exact=True).click()
    page.get_by_text("steps (").or_(page.get_by_text("comes no nearer")).wait_for(timeout=60_000)


def repair(page: Page) -> None:
    """The middle of a digit is filled; the edge between before and after is half way."""
    begun(page, FILLED)
    page.get_by_role("button", name="The middle half").click()
    page.get_by_role("button", name="Fill the hole").click()
    page.get_by_text("came without its discriminator").wait_for(timeout=60_000)
    page.locator(".besides input").fill("0.5")


def translate(page: Page) -> None:
    """The first example, coloured."""
    page.locator(".examples .tile").nth(5).wait_for(timeout=60_000)
    page.locator(".large[src]").wait_for()


ROOMS: dict[str, tuple[str, Callable[[Page], None]]] = {
    "gallery": ("gallery", gallery),
    "paint": ("paint/emoji-64", paint),
    "drag": ("drag/emoji-64", drag),
    "repair": ("repair/digits", repair),
    "translate": ("translate/edges2emoji", translate),
}
"""By name: the address, and what is done there."""


def colour(page: Page, ink: str, width: int) -> None:
    """Takes another pen."""
    page.locator("input[type=color]").fill(ink)
    page.get_by_label("Width").fill(str(width))


if __name__ == "__main__":
    main()

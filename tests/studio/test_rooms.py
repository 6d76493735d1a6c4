"""Paint, drag and repair in a real browser: strokes, points and holes, and what comes of them."""

import base64
import io

import numpy as np
import pytest
from PIL import Image
from tests.studio.conftest import trained
from tests.studio.people import Served
from tests.studio.test_page import PHONE

from ganvas.tools.holes import hole_of

pytest.importorskip("fastapi")
ANSWER, BELOW, FILLED = ".answer .large", ".pad .below", ".beside .after"


@pytest.fixture(scope="module")
def studio(runs, tmp_path_factory):
    """With a run that has learned to fill holes, hardly."""
    folder = tmp_path_factory.mktemp("learned") / "filler"
    trained(folder, "context", data="photos", size=32, images=None, batch=4)
    served = Served({**runs, "filler": folder})
    yield served
    served.close()


def picture(page, selector: str) -> bytes:
    """The file that an <img> shows."""
    content = page.eval_on_selector(
        selector,
        """async (image) => {
          const bytes = new Uint8Array(await image.picture.blob.arrayBuffer());
          return btoa(String.fromCharCode(...bytes));
        }""",
    )
    return base64.b64decode(content)


def changes(page, selector: str, before: bytes) -> bytes:
    """Waits until a picture is another one."""
    for _ in range(300):
        if (now := picture(page, selector)) != before:
            return now
        page.wait_for_timeout(30)
    raise AssertionError("the picture stays the same")


def grey(content: bytes) -> np.ndarray:
    """The pixels of a file, in grey from 0 to 1."""
    with Image.open(io.BytesIO(content)) as opened:
        return np.asarray(opened.convert("L"), float) / 255


def pixels(page, selector: str) -> np.ndarray:
    return grey(picture(page, selector))


def stroke(page, *places, lift: bool = True) -> None:
    """Draws on the canvas; places are parts of its sides."""
    box = page.locator(".pad").bounding_box()
    (x, y), *rest = [(box["x"] + u * box["width"], box["y"] + v * box["height"])
                     for u, v in places]  # fmt: skip
    page.mouse.move(x, y)
    page.mouse.down()
    for u, v in rest:
        page.mouse.move(u, v, steps=6)
    if lift:
        page.mouse.up()


def settled(page) -> None:
    """Waits until nothing is looked for any more."""
    page.wait_for_function("() => !document.querySelector('[aria-busy=true]')", timeout=60_000)


def begun(page, selector: str) -> str:
    page.locator(f"{selector}[src]").wait_for(timeout=60_000)
    settled(page)
    return picture(page, selector)


# -- paint -------------------------------------------------------------------------------------


def test_a_stroke_changes_the_picture_towards_its_colour(opened, look):
    with opened("paint/digits") as page:
        start = begun(page, ANSWER)
        bar = (slice(12, 15), slice(3, 13))
        dark = pixels(page, ANSWER)[bar].mean()
        stroke(page, (0.25, 0.85), (0.8, 0.85), lift=False)
        changes(page, ANSWER, start)  # the pen is still down
        page.mouse.up()
        page.locator(".candidates li").nth(2).wait_for()
        settled(page)
        painted = picture(page, ANSWER)
        assert pixels(page, ANSWER)[bar].mean() > dark + 0.1
        look(page, "paint")
        page.keyboard.press("Control+z")
        settled(page)
        assert picture(page, ANSWER) == start
        page.get_by_role("button", name="Redo").click()
        changes(page, ANSWER, start)
        settled(page)
        page.get_by_label("From the start to the result").fill("0")
        settled(page)
        assert np.abs(pixels(page, ANSWER) - grey(start)).max() < 0.02
        page.get_by_role("button", name="Play").click()
        changes(page, ANSWER, start)
        page.get_by_role("button", name="Pause").wait_for()
        page.get_by_role("button", name="Candidate 2").click()
        settled(page)
        chosen = picture(page, ANSWER)
        page.get_by_role("button", name="Keep").click()
        page.locator("#tray .kept").wait_for()
        page.get_by_role("button", name="Go on from here").click()
        page.locator(".candidates li").first.wait_for(state="detached")
        assert np.abs(pixels(page, ANSWER) - grey(chosen)).max() < 0.02
        page.get_by_role("button", name="Undo").click()  # further back than that
        page.locator(".candidates li").nth(1).wait_for()
        page.get_by_role("button", name="Restart").click()
        page.wait_for_function("() => !document.querySelector('.candidates li')")
        assert np.abs(pixels(page, ANSWER) - grey(start)).max() < 0.02
        assert picture(page, ANSWER) != painted


def test_lines_pieces_that_move_and_the_eraser(opened, look):
    with opened("paint/digits") as page:
        start = begun(page, ANSWER)
        page.click("#theme")
        page.get_by_text("Lines").click()
        stroke(page, (0.2, 0.2), (0.8, 0.3))
        lined = changes(page, ANSWER, start)
        page.get_by_text("Erase").click()
        page.locator(".pad").focus()
        page.get_by_label("Width").fill("8")
        stroke(page, (0.1, 0.25), (0.9, 0.25))
        settled(page)
        assert np.abs(pixels(page, ANSWER) - grey(start)).max() < 0.02
        page.get_by_text("Move").click()
        stroke(page, (0.5, 0.5), (0.7, 0.5))
        moved = changes(page, ANSWER, start)
        assert moved != lined
        look(page, "paint-dark")
        page.click("#language")
        settled(page)
        look(page, "paint-dark-zh", axe=False)
        page.keyboard.press("Control+z")
        changes(page, ANSWER, moved)
        page.get_by_text("颜色", exact=True).first.click()
        page.locator(".pad").focus()
        page.keyboard.press("Space")
        for _ in range(5):
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Space")
        page.locator(".candidates li").nth(1).wait_for()


def test_an_upload_is_found_painted_and_given_back_with_its_detail(opened, look, tmp_path):
    photo = tmp_path / "photo.png"
    large = Image.new("L", (120, 120))
    large.paste(255, (50, 15, 70, 105))
    large.save(photo)
    with opened("paint/digits") as page:
        begun(page, ANSWER)
        page.set_input_files("input[type=file]", photo)
        page.get_by_text("The nearest picture that the generator draws").wait_for(timeout=60_000)
        found = picture(page, ANSWER)
        stroke(page, (0.2, 0.3), (0.5, 0.2))
        changes(page, ANSWER, found)
        settled(page)
        page.get_by_role("button", name="Take over").click()
        page.locator(f".carried {FILLED}[src]").wait_for(timeout=60_000)
        assert pixels(page, f".carried {FILLED}").shape == (120, 120)
        page.locator(".besides input").fill("0.5")
        look(page, "paint-transferred")


def test_a_line_that_breaks_in_mid_stroke_comes_back(opened, studio):
    with opened("paint/digits") as page:
        start = begun(page, ANSWER)
        stroke(page, (0.2, 0.8), (0.4, 0.8), lift=False)
        changes(page, ANSWER, start)
        page.evaluate("import('/live.js').then((live) => live.breakLine())")
        box = page.locator(".pad").bounding_box()
        x, y = box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.8
        page.mouse.move(x, y, steps=6)
        page.mouse.up()
        before = picture(page, ANSWER)
        page.locator(".candidates li").nth(1).wait_for()
        assert changes(page, ANSWER, start)
        assert before


# -- drag --------------------------------------------------------------------------------------


def test_what_is_dragged_moves(opened, look):
    with opened("drag/digits") as page:
        start = begun(page, BELOW)
        stroke(page, (0.5, 0.3), (0.7, 0.3))
        assert page.locator(".pairs-of li").count() == 1
        page.get_by_role("button", name="Drag", exact=True).click()
        changes(page, BELOW, start)
        page.get_by_text("steps (").or_(page.get_by_text("comes no nearer")).wait_for()
        dragged = picture(page, BELOW)
        look(page, "drag")
        page.locator(".pad").focus()
        page.keyboard.press("Control+z")
        assert changes(page, BELOW, dragged) == start
        page.get_by_role("button", name="Redo").click()
        assert changes(page, BELOW, start) == dragged
        page.get_by_role("button", name="Keep").click()
        page.locator("#tray .kept").wait_for()
        page.get_by_role("button", name="Clear").click()
        page.get_by_role("button", name="Add a pair").click()  # by numbers, without a pointer
        for label, value in (("From, across", 8), ("From, down", 4), ("To, down", 12)):
            page.get_by_label(label).fill(str(value))
        page.get_by_label("To, down").press("Tab")
        page.get_by_text("May change", exact=True).click()
        stroke(page, (0.3, 0.3), (0.7, 0.7))
        page.click("#theme")
        page.get_by_role("button", name="Drag", exact=True).click()
        page.get_by_role("button", name="Stop").click()
        page.get_by_role("button", name="Drag", exact=True).wait_for()
        look(page, "drag-dark")


# -- repair ------------------------------------------------------------------------------------


def test_a_hole_is_filled_and_what_is_known_stays(opened, look):
    with opened("repair/digits") as page:
        begun(page, FILLED)
        before = pixels(page, BELOW)
        page.get_by_role("button", name="The middle half").click()
        page.get_by_role("button", name="Fill the hole").click()
        page.get_by_text("came without its discriminator").wait_for(timeout=60_000)
        after, hole = pixels(page, FILLED), hole_of("centre:50%", before.shape).numpy()
        assert np.abs(after - before)[~hole].max() < 0.01
        filled = np.square(after - before)[hole].mean()
        assert filled < np.square(before - before[~hole].mean())[hole].mean()
        page.locator(".besides input").fill("0.5")
        look(page, "repair")
        page.get_by_role("button", name="Clear").click()
        page.get_by_role("button", name="Fill the hole").click()
        page.get_by_text("Paint a hole first").wait_for()
        stroke(page, (0.3, 0.3), (0.6, 0.3))
        page.keyboard.press("Control+z")
        page.get_by_role("button", name="80 % at random").click()
        page.click("#theme")
        page.click("#language")
        page.get_by_role("button", name="中间一半").wait_for()
        look(page, "repair-dark-zh")


def test_a_network_that_has_learned_it_fills_at_once(opened, look, tmp_path):
    with opened("repair/filler") as page:
        start = begun(page, FILLED)
        stroke(page, (0.3, 0.3), (0.6, 0.5), lift=False)
        changes(page, FILLED, start)  # the pen is still down
        page.mouse.up()
        page.get_by_text("Filled at once").wait_for()
        settled(page)
        assert np.abs(pixels(page, FILLED) - pixels(page, BELOW))[24:].max() < 0.01
        look(page, "repair-learned")
        torn = Image.new("RGBA", (64, 64), "orange")
        torn.paste((0, 0, 0, 0), (20, 20, 40, 40))
        torn.save(tmp_path / "torn.png")
        before = picture(page, FILLED)
        page.set_input_files("input[type=file]", tmp_path / "torn.png")  # its hole is what is clear
        changes(page, FILLED, before)


# -- all three ---------------------------------------------------------------------------------


def test_who_can_and_who_cannot(opened):
    with opened("paint/edges2emoji") as page:
        page.get_by_text("edges2emoji makes pictures of other pictures").wait_for()
        names = page.locator(".unfit button").all_inner_texts()
        assert "digits" in names
        assert not {"edges2emoji", "kai2ming", "filler"} & set(names)
        page.get_by_role("button", name="styles", exact=True).click()
        page.locator(".pad").wait_for()
        assert page.locator(".pick option").all_inner_texts() == names
        page.goto(page.url.split("#")[0] + "#gallery")
        filler = page.locator(".card", has=page.get_by_role("heading", name="filler"))
        filler.wait_for()
        buttons = filler.locator(".actions button").all_inner_texts()
        assert buttons == ["Repair", "Translate", "About"]


def test_editing_on_a_phone(opened, look):
    with opened("paint/digits", PHONE, has_touch=True, is_mobile=True) as page:
        page.click("#language")
        for room, selector in (("paint", ANSWER), ("drag", BELOW), ("repair", FILLED)):
            page.goto(page.url.split("#")[0] + f"#{room}/digits")
            page.locator(f".room.{room}").wait_for()
            begun(page, selector)
            look(page, f"phone-{room}-zh", axe=False)
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_what_makes_no_sense_is_refused(studio):
    with studio.person() as me:
        said, _ = me.ask("paint.stroke")
        assert "begin again" in said["error"]
        for room in ("paint", "drag"):
            said, _ = me.ask(f"{room}.open", run="kai2ming")
            assert "Choose a generator that draws from noise" in said["error"]
        said, _ = me.ask("repair.open", run="kai2ming")
        assert "has not learned to fill holes" in said["error"]
        said, found = me.ask("paint.open", run="digits", seed=3)
        assert said["ok"]["size"] == [16, 16, 1]
        assert found[-1][0]["point"]
        said, _ = me.ask("paint.stroke", files={"paint": b"123"})
        assert said["error"] == "paint is 1024 bytes, not 3"
        said, _ = me.ask("paint.transfer")
        assert "upload one" in said["error"]
        me.ask("drag.open", run="digits", seed=3)
        for points in ([], [1, 2, 3], [1, 2, 3, "x"], [1, 2, 3, 1e9]):
            said, _ = me.ask("drag.go", points=points)
            assert "points" in said["error"]
        me.ask("repair.open", run="digits", seed=3)
        said, _ = me.ask("repair.fill", files={"mask": b"\xff" * 256})
        assert "nothing but a hole" in said["error"]
        said, _ = me.ask("repair.hole", run="digits", hole="star:50%")
        assert "star" in said["error"]

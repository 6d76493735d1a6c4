"""The Studio's page in a real browser: each room, in both languages, by mouse and by keyboard."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from tests.studio.people import until

from ganvas.studio import desk
from ganvas.studio.app import PAGE

pytest.importorskip("fastapi")
HOME = Path(desk.__file__).parent / "page"
PHONE = {"width": 390, "height": 844}
FAMILIES = (
    *("task_", "way_", "makes_", "figure", "law_", "source_", "state_", "group_"),
    *("trouble_", "why_", "refereeSure_", "input_"),
)
"""Words whose key the page puts together."""


def picture(page, selector: str) -> bytes:
    """The pixels of an <img>, as the page has them."""
    return page.eval_on_selector(
        selector,
        """async (image) => {
          await image.decode();
          const canvas = document.createElement("canvas");
          canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
          canvas.getContext("2d").drawImage(image, 0, 0);
          return canvas.toDataURL();
        }""",
    )


def changes(page, selector: str, before: bytes) -> bytes:
    """Waits until a picture is another one."""
    for _ in range(200):
        try:
            if (now := picture(page, selector)) != before:
                return now
        except Exception as error:
            if "decode" not in str(error):  # the next one came while this was decoded
                raise
        page.wait_for_timeout(50)
    raise AssertionError("the picture stays the same")


# -- laws --------------------------------------------------------------------------------------


def test_the_page_asks_nobody_else_and_speaks_both_languages():
    files = {str(f.relative_to(HOME)): f.read_text("utf-8") for f in HOME.rglob("*") if f.is_file()}
    assert set(files) == {"index.html", *PAGE}
    for name, text in files.items():
        addresses = set(re.findall(r"https?://[^\s\"'`]+", text)) - {"http://www.w3.org/2000/svg"}
        assert not addresses, name
        assert "style=" not in text, name
        assert "innerHTML" not in text, name
    words = {"en": {}, "zh": {}}
    for text in files.values():
        for language in words:
            for block in re.findall(rf"^  {language}: \{{\n(.*?)^  \}}", text, re.DOTALL | re.M):
                words[language] |= dict(re.findall(r'^    (\w+): "(.*)",$', block, re.M))
    assert words["en"].keys() == words["zh"].keys()
    assert len(words["en"]) > 100
    for key, english in words["en"].items():
        fields = [set(re.findall(r"\{\w+\}", text)) for text in (english, words["zh"][key])]
        assert fields[0] == fields[1], key
    used = "".join(re.sub(r'^    \w+: ".*",$', "", text, flags=re.M) for text in files.values())
    said = set(re.findall(r'(?:word|label|hint|alt): \[?"(\w+)"', used))
    assert said <= words["en"].keys(), said - words["en"].keys()
    for key in words["en"]:
        family = key.startswith(FAMILIES)
        assert family or re.search(rf'"{key}"', used), f"nobody says {key}"


# -- rooms -------------------------------------------------------------------------------------


def test_the_gallery(opened, look):
    with opened("gallery") as page:
        page.locator(".card").nth(6).wait_for()
        page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
        assert page.locator(".card h2").all_inner_texts()[:5] == [
            "digits", "edges2emoji", "emoji-64", "emoji-styles", "kai2ming"]  # fmt: skip
        look(page, "gallery")
        offered = {
            card.locator("h2").inner_text(): card.locator(".actions button").all_inner_texts()
            for card in page.locator(".card").all()
        }
        drawing = ["Explore", "Paint", "Drag", "Repair", "Compare", "About"]
        assert offered["digits"] == offered["styles"] == drawing
        assert offered["kai2ming"] == ["Translate", "About"]
        page.fill("#search", "emoji")
        found = page.locator(".card:visible h2").all_inner_texts()
        assert found == ["edges2emoji", "emoji-64", "emoji-styles"]
        page.fill("#search", "nothing like that")
        page.get_by_text("No generator fits").wait_for()
        page.fill("#search", "")
        page.locator(".card").first.get_by_role("button", name="About").click()
        page.locator(".more p").first.wait_for()
        page.click("#theme")
        look(page, "gallery-dark")
        page.click("#language")
        page.get_by_role("heading", name="生成器").wait_for()
        page.fill("#search", "转换")
        assert page.locator(".card:visible").count() == 2
        page.fill("#search", "")
        look(page, "gallery-dark-zh", axe=False)
        page.locator(".card").first.get_by_role("button", name="修补").click()
        page.locator(".repair .pad").wait_for()
        assert page.url.endswith("#repair/digits")


def test_explore(opened, look):
    with opened("explore/digits") as page:
        page.locator(".tile img").nth(23).wait_for()
        for i in (0, 3, 5, 8, 11):
            page.locator(".tile").nth(i).click()
        assert page.locator("#tray .kept").count() == 5
        assert page.locator(".tile[aria-pressed=true]").count() == 5
        look(page, "explore-samples")
        first = picture(page, ".tile img")
        page.fill("input[type=number]", "500")
        page.keyboard.press("Enter")
        changes(page, ".tile img", first)

        page.click("#tab-map")
        page.locator(".large[src]").wait_for()
        page.wait_for_timeout(300)
        before = picture(page, ".large")
        box = page.locator(".plane").bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + 12, box["y"] + 12, steps=12)
        page.mouse.up()
        corner = changes(page, ".large", before)
        page.wait_for_timeout(200)
        look(page, "explore-map")
        page.keyboard.press("Shift+ArrowRight")
        changes(page, ".large", corner)
        page.get_by_role("button", name="Keep").click()
        assert page.locator("#tray .kept").count() == 6

        page.click("#tab-sum")
        page.locator(".large[src]").wait_for()
        page.wait_for_timeout(300)
        before = picture(page, ".large")
        page.locator("#tray .kept").nth(4).drag_to(page.locator(".place:not(.full)").nth(2))
        changes(page, ".large", before)
        look(page, "explore-sums")
        before = picture(page, ".large")  # and by keyboard: pick, then put
        page.locator("#tray .kept").nth(5).focus()
        page.keyboard.press("Enter")
        page.locator(".place:not(.full)").nth(1).focus()
        page.keyboard.press("Enter")
        changes(page, ".large", before)


def test_explore_directions_styles_and_films(opened, look):
    with opened("explore/styles") as page:
        page.locator(".tile img").nth(23).wait_for()
        page.click("#tab-directions")
        page.locator(".sliders input").nth(7).wait_for()
        page.locator(".large[src]").wait_for()
        before = picture(page, ".large")
        page.locator(".sliders input").first.focus()
        for _ in range(8):
            page.keyboard.press("PageUp")
        changes(page, ".large", before)
        look(page, "explore-directions")
        page.click("#tab-mix")
        page.locator(".large[src]").wait_for()
        before = picture(page, ".large")
        page.get_by_text("Middle").click()
        changes(page, ".large", before)
        page.click("#theme")
        look(page, "explore-mix-dark")
        page.select_option(".pick select", "digits")
        page.get_by_text("no styles to mix").wait_for()
        page.click("#tab-samples")
        for i in range(3):
            page.locator(".tile").nth(i).click()
        page.click("#tab-film")
        page.locator(".stops li").nth(2).wait_for()
        page.locator(".large[src]").wait_for()
        before = picture(page, ".large")
        page.get_by_role("button", name="Play").click()
        changes(page, ".large", before)
        page.get_by_role("button", name="Pause").click()
        look(page, "explore-film-dark")
        with page.expect_download() as made:
            page.get_by_role("button", name="Save as GIF").click()
        film = Image.open(io.BytesIO(Path(made.value.path()).read_bytes()))
        assert film.n_frames > 60
        assert film.size == (256, 256)


def test_explore_takes_what_the_spaces_ask_for(opened, look):
    with opened("explore/codes") as page:
        page.locator(".tile img").nth(23).wait_for()
        first = picture(page, ".tile img")
        page.select_option(".side select", "3")
        second = changes(page, ".tile img", first)
        page.get_by_label("code 1").focus()
        page.keyboard.press("End")
        changes(page, ".tile img", second)
        page.locator(".tile[title='Seed 1, 3']").wait_for()
        look(page, "explore-codes")


def test_translate_follows_the_pen(opened, look, tmp_path):
    with opened("translate/edges2emoji") as page:
        page.locator(".examples .tile").nth(5).wait_for(timeout=60_000)
        page.locator(".large[src]").wait_for()
        look(page, "translate")
        page.get_by_role("button", name="Clear").click()
        page.wait_for_timeout(300)
        before = picture(page, ".large")
        box = page.locator(".pad").bounding_box()
        x, y, side = box["x"], box["y"], box["width"]
        page.mouse.move(x + 0.3 * side, y + 0.3 * side)
        page.mouse.down()
        page.mouse.move(x + 0.7 * side, y + 0.3 * side, steps=8)
        during = changes(page, ".large", before)  # the pen is still down
        for u, v in ((0.7, 0.7), (0.3, 0.7), (0.3, 0.3)):
            page.mouse.move(x + u * side, y + v * side, steps=8)
        page.mouse.up()
        drawn = changes(page, ".large", during)
        page.wait_for_timeout(300)
        drawn = picture(page, ".large")
        look(page, "translate-drawn")
        page.keyboard.press("Control+z")
        undone = changes(page, ".large", drawn)
        page.keyboard.press("Control+y")
        assert changes(page, ".large", undone) == drawn
        page.keyboard.press("Space")  # the pen by keyboard
        for _ in range(12):
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Space")
        changes(page, ".large", drawn)
        photo = Image.new("RGB", (120, 90), "white")
        ImageDraw.Draw(photo).ellipse((20, 20, 90, 70), fill="red")
        photo.save(tmp_path / "photo.png")
        before = picture(page, ".large")
        page.set_input_files("input[type=file]", tmp_path / "photo.png")
        changes(page, ".large", before)
        outlined = picture(page, ".large")
        page.get_by_label("Draw its outlines first").uncheck()
        changes(page, ".large", outlined)
        (tmp_path / "broken.png").write_bytes(b"no picture")
        page.set_input_files("input[type=file]", tmp_path / "broken.png")
        page.get_by_text("this is no picture").wait_for()
        page.click("#language")  # what the server said, too
        page.get_by_text("这不是图片；接受 PNG").wait_for()


def test_compare(opened, look):
    with opened("compare/digits") as page:
        page.locator(".pairs li").nth(11).wait_for()
        page.wait_for_function("() => !document.querySelector('.pairs img:not([src])')")
        page.locator(".compare select").nth(0).wait_for()
        look(page, "compare")
        assert page.locator(".compare select").first.input_value() == "digits"
        page.get_by_role("button", name="More").click()
        page.locator(".pairs li").nth(23).wait_for()


def test_on_a_phone(opened, look):
    with opened("gallery", PHONE, has_touch=True, is_mobile=True) as page:
        page.locator(".card .wall img").first.wait_for()
        page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
        look(page, "phone-gallery")
        page.click("#language")
        for room in ("explore/digits", "translate/kai2ming", "compare/digits"):
            page.goto(page.url.split("#")[0] + f"#{room}")
            page.locator(".tile img, .large[src], .pairs img[src]").first.wait_for()
            page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
            if room == "explore/digits":
                page.locator(".tile").nth(2).tap()
            look(page, f"phone-{room.split('/')[0]}-zh", axe=False)
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        page.goto(page.url.split("#")[0] + "#explore/digits")
        for tab in ("map", "sum", "directions", "film"):
            page.locator(f"#tab-{tab}").tap()
            page.wait_for_timeout(150)
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], tab
        page.locator("#tab-map").tap()
        page.locator(".large[src]").wait_for()
        look(page, "phone-map-zh")


# -- what may happen -----------------------------------------------------------------------------


def test_a_connection_that_breaks_in_mid_stroke_comes_back(opened, studio, monkeypatch):
    with opened("translate/edges2emoji") as page:
        page.locator(".large[src]").wait_for(timeout=60_000)
        page.get_by_role("button", name="Clear").click()
        page.wait_for_timeout(300)
        before = picture(page, ".large")
        session = page.evaluate("import('/live.js').then((live) => live.sessionKey())")
        back, join = [], studio.desk.join
        monkeypatch.setattr(studio.desk, "join", lambda key: back.append(key) or join(key))
        box = page.locator(".pad").bounding_box()
        page.mouse.move(box["x"] + 80, box["y"] + 80)
        page.mouse.down()
        page.evaluate("import('/live.js').then((live) => live.breakLine())")
        page.mouse.move(box["x"] + 300, box["y"] + 300, steps=10)
        page.mouse.up()
        until(lambda: session in back)
        changes(page, ".large", before)
        assert page.evaluate("import('/live.js').then((live) => live.sessionKey())") == session
        monkeypatch.setattr(studio.desk, "grace", 0.2)
    page.context.close()
    until(lambda: session not in studio.desk.sessions)


def test_a_page_that_is_loaded_again_finds_what_was_kept(opened, studio):
    key = "import('/live.js').then((live) => live.sessionKey())"
    with opened("explore/digits") as page:
        page.locator(".tile img").nth(23).wait_for()
        for i in (2, 7):
            page.locator(".tile").nth(i).click()
        page.locator("#tray .kept").nth(1).wait_for()
        before, session = [picture(page, f"#tray li:nth-child({i}) img") for i in (1, 2)], None
        for _ in range(2):
            session = page.evaluate(key)
            page.reload()
            page.locator("#tray .kept").nth(1).wait_for()
            assert page.evaluate(key) == session
        assert [picture(page, f"#tray li:nth-child({i}) img") for i in (1, 2)] == before
        page.locator("#tray .off").first.click()
        page.locator(".tile img").nth(23).wait_for()
        page.click("#tab-map")
        page.locator(".large[src]").wait_for()  # from the one that is left, and samples
        with page.expect_popup() as copy:
            page.evaluate("window.open(location.href) && 0")
        other = copy.value
        other.locator(".tile img").nth(23).wait_for()
        assert other.evaluate(key) != session  # a tab and its copy are two people
        assert other.locator("#tray .kept").count() == 0


def test_the_keyboard_reaches_every_room(opened):
    with opened("gallery") as page:
        page.locator(".card").first.wait_for()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        for number, room in enumerate(desk.ROOMS, 1):
            page.keyboard.press(f"Alt+{number}")
            page.locator(f".room.{room}").wait_for()
            assert page.locator("nav [aria-current]").get_attribute("data-room") == room

import base64
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from watched import play

from ganvas.core import Image, Settings
from ganvas.watch import Log, Previews, Report
from ganvas.watch.report import write

CONFIG = {
    "game": "toy",
    "preset": "default",
    "config": {"batch": 8, "images": 1000, "lr": 0.001, "ema": None, "sizes": [4, 8]},
    "spaces": {"x": {"kind": "Image", "channels": 1, "height": 8, "width": 8}},
    "data": {"source": "nothing", "rows": {"x": 40}},
    "seed": 3,
    "settings": {"device": "cpu", "compile": False},
    "versions": {"torch": "2"},
    "created": "2024-05-06T07:08:09+00:00",
    "paper": {"title": "A Toy", "authors": "N. N.", "year": 2024, "url": "https://example.org/toy"},
}


class Page(HTMLParser):
    """What a browser would make of a page: elements, text, and whatever it would fetch or run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements[-1][0] not in ("style", "script"):
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]


def page(folder: Path) -> Page:
    return Page(write(folder).read_text("utf-8"))


def needs_nothing_else(page: Page) -> bool:
    """Whether every source is in the page itself, and nothing but its one script can run."""
    sources = [
        attrs[name] for _, attrs in page.elements for name in ("src", "srcset") if name in attrs
    ]
    handlers = [name for _, attrs in page.elements for name in attrs if name.startswith("on")]
    foreign = {"link", "iframe", "object", "embed", "base", "form", "image", "use"}
    return (
        all(str(source).startswith("data:image/") for source in sources)
        and not handlers
        and not foreign & {tag for tag, _ in page.elements}
        and len(page.all("script")) == len(page.all("style")) == 1
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    (folder / "config.json").write_text(json.dumps(CONFIG))
    listeners = Log(folder, every=0.0), Previews(folder), Report(folder)
    play(
        *listeners,
        rounds=30,
        space=Image(1, 8, 8),
        breaks_in=20,
        settings=Settings(snapshot_every=9),
    )
    return folder


def test_the_page_tells_of_the_run_and_needs_no_other_file(run: Path):
    told = Page((run / "report.html").read_text("utf-8"))
    assert needs_nothing_else(told)
    for words in (
        "toy", "A Toy", "N. N., 2024", "240 images seen", "30 rounds", "nothing data", "3 seed",
        "2024-05-06 07:08:09 UTC", "Samples", "Generated", "Real", "Losses", "Gradient norms",
        "number", "lr 0.001", "ema none", "sizes 4, 8", "x Image: channels 1, height 8, width 8",
        "compile no", "torch 2", "not finite in round 20", "loss/D",
        "The run went back to round 18.",
    ):  # fmt: skip
        assert words in told.text, words
    assert [a["href"] for a in told.all("a")] == ["https://example.org/toy"]


def test_every_preview_is_in_it_and_the_last_one_is_shown(run: Path):
    told = page(run)
    frames = sorted((run / "samples").glob("0*.png"))
    images = told.all("img")
    assert len(images) == len(frames) + 1 > 3
    for frame, image in zip(frames, images, strict=False):
        assert base64.b64decode(image["src"].partition(",")[2]) == frame.read_bytes()
    assert [i["data-caption"] for i in images][-2:] == ["after 240 images", ""]
    (slider,) = told.all("input")
    assert slider["max"] == slider["value"] == str(len(frames) - 1)


def test_stages_and_trouble_are_marked_in_the_curves(run: Path):
    told = page(run)
    charts = len([a for a in told.all("svg") if "data-curves" in a])
    marks = [a["class"] for a in told.all("g")]
    assert marks.count("stage") == marks.count("trouble") == charts >= 3


EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


def hostile(thing):
    """The same with evil text in the place of every text, names included."""
    match thing:
        case dict():
            return {key: hostile(v) for key, v in thing.items()} | {EVIL: EVIL}
        case list():
            return [*map(hostile, thing), EVIL]
        case str():
            return EVIL
    return thing


def test_whatever_is_in_the_files_stays_text(tmp_path: Path):
    (tmp_path / "config.json").write_text(json.dumps(hostile(CONFIG)))
    (tmp_path / "scores.json").write_text(json.dumps({EVIL: {EVIL: [EVIL]}}))
    lines = [
        {
            "round": i,
            "images": i * 8,
            "seconds": i,
            "stage": EVIL * (i % 2),
            f"loss/{EVIL}": i,
            EVIL: 2 * i,
        }
        for i in range(9)
    ]
    lines.append({"round": 9, "images": 80, "trouble": EVIL})
    (tmp_path / "stats.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "000000001.txt").write_text(EVIL)
    (tmp_path / "samples" / "000000002.png").write_text(EVIL)
    told = page(tmp_path)
    assert needs_nothing_else(told)
    assert told.text.count("alert(1)") > 10
    assert told.all("a") == []
    assert "default-src 'none'" in str(told.all("meta"))


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", " https://x", "//x", 7])
def test_only_web_addresses_become_links(tmp_path: Path, url):
    paper = {**CONFIG["paper"], "url": url}
    (tmp_path / "config.json").write_text(json.dumps({**CONFIG, "paper": paper}))
    assert page(tmp_path).all("a") == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{",
        '"x"',
        "[" * 100_000,
        "{}",
        '{"config": [1], "paper": 3, "data": null, "game": {}}',
        '{"config": {"images": "many"}, "minutes": true, "rounds": 0, "created": 5}',
        '{"seed": [[[[[[1]]]]]], "paper": {"year": {}}, "settings": {"": {"kind": [{}]}}}',
    ],
)
def test_a_page_can_be_made_of_anything(tmp_path: Path, text: str):
    (tmp_path / "config.json").write_text(text)
    (tmp_path / "stats.jsonl").write_text(
        '{"round": 1}\n{"round": 2, "images": "x", "a": 1}\n{"round": 3, "images": 1e999, "b": 2}\n'
        '{"round": 4, "images": 8, "seconds": null, "stage": 3, "c": NaN, "d": true, "e": "f"}\n'
        '{"round": 5, "images": 9, "g": 1e308}\n{"round": 6, "trouble": 3}\n'
    )
    assert needs_nothing_else(page(tmp_path))


def test_the_paper_of_a_known_game_needs_not_be_in_the_config(tmp_path: Path):
    (tmp_path / "config.json").write_text('{"game": "dcgan"}')
    assert [a["href"] for a in page(tmp_path).all("a")] == ["https://arxiv.org/abs/1511.06434"]


def test_large_pictures_become_small_ones(tmp_path: Path):
    (tmp_path / "samples").mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (1100, 900, 3), dtype=np.uint8)
    for i in (1, 2):
        Pillow.fromarray(noise).save(tmp_path / "samples" / f"{i:09d}.png")
    images = page(tmp_path).all("img")
    assert len(images) == 2
    for image in images:
        kind, _, data = image["src"].partition(",")
        assert kind == "data:image/jpeg;base64"
        with Pillow.open(io.BytesIO(base64.b64decode(data))) as picture:
            assert max(picture.size) == 720


def test_how_much_is_done_is_shown_until_it_is_all(tmp_path: Path):
    def bar(about: dict, line: dict) -> list[str]:
        (tmp_path / "config.json").write_text(json.dumps(about))
        (tmp_path / "stats.jsonl").write_text(json.dumps(line))
        found = [a.get("style") or "" for a in page(tmp_path).all("i")]
        return [style.removeprefix("width:") for style in found]

    line = {"round": 30, "images": 250, "seconds": 45}
    assert bar({"config": {"images": 1000}}, line) == ["25.0%"]
    assert bar({"config": {"images": 1000}, "rounds": 40}, line) == ["75.0%"]
    assert bar({"config": {"images": 1000}, "minutes": 1.5}, line) == ["50.0%"]
    assert bar({"config": {"images": 250}}, line) == []


def test_a_report_that_cannot_be_written_is_told_once(tmp_path: Path, caplog):
    (tmp_path / "report.html").mkdir()
    trainer = play(Report(tmp_path, every=0.0), rounds=3)
    assert trainer.clock.round == 3
    assert len(caplog.records) == 1
    assert not re.search(r"\.draft", " ".join(p.name for p in tmp_path.iterdir()))

"""People judge a run's images: a real server, real answers, a real browser."""

import io
import json
import re
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from PIL import Image
from scipy.stats import binomtest

import ganvas
from ganvas.core import UsageError
from ganvas.studio import listening
from ganvas.studio import serving as servers
from ganvas.studio.guard import Rules
from ganvas.studio.human import asking, ledger, tally, trials
from ganvas.studio.human.gallery import gallery
from ganvas.studio.human.trials import Trials, results

pytest.importorskip("fastapi")
uvicorn, httpx = pytest.importorskip("uvicorn"), pytest.importorskip("httpx")

PROGRAM = """
import ganvas
from ganvas.studio.human.asking import serve
folder, n = input().split("\\t")
serve(ganvas.load(folder), n=int(n), port=0, open_browser=False)
"""


def trained(folder: Path, game: str, **options) -> ganvas.Run:
    return ganvas.train(game, out=folder, steps=2, quiet=True, save_every=1e9, **options)


@pytest.fixture(scope="session")
def digits(tmp_path_factory) -> ganvas.Run:
    folder = tmp_path_factory.mktemp("judged") / "digits"
    return trained(folder, "dcgan", data="digits", images=None)


@pytest.fixture
def run(digits, tmp_path) -> ganvas.Run:
    """A copy that nobody has judged."""
    return ganvas.load(shutil.copytree(digits.folder, tmp_path / "run", symlinks=True))


class Asking:
    """What a page asks a server."""

    def __init__(self, url: str) -> None:
        self.url, self.web = url, httpx.Client(base_url=url, timeout=10, trust_env=False)

    def join(self, rater=None, again=False):
        return self.web.post("api/raters", json={"rater": rater, "again": again})

    def answer(self, state, machine=True, rating=3, **more):
        body = {"rater": state["rater"], "image": state["image"], "machine": machine}
        return self.web.post("api/answers", json={**body, "rating": rating, **more})


@pytest.fixture
def serving():
    """Serves a run from a thread of this process."""
    with ExitStack() as at_the_end:

        def serve(run: ganvas.Run, n: int = 3) -> Asking:
            listener = at_the_end.enter_context(listening.listening("127.0.0.1", 0))
            web, _ = asking.app(run, n=n, hosts=listening.names("127.0.0.1"))
            server = uvicorn.Server(uvicorn.Config(web, log_level="warning", server_header=False))
            thread = threading.Thread(target=server.run, args=([listener],))
            thread.start()
            at_the_end.callback(thread.join)
            at_the_end.callback(setattr, server, "should_exit", True)
            page = Asking(listening.address(listener))
            at_the_end.callback(page.web.close)
            return page

        yield serve


class Process:
    """A process that is ready to serve."""

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM], stdin=pipe, stdout=pipe, stderr=pipe, text=True
        )
        self.said = ""

    def serve(self, run: ganvas.Run, n: int = 3) -> Asking:
        self.process.stdin.write(f"{run.folder}\t{n}\n")
        self.process.stdin.flush()
        while "Ctrl-C" not in self.said:
            line = self.process.stderr.readline()
            assert line, self.said
            self.said += line
        return Asking(re.search(r"http://\S+", self.said)[0])

    def end(self, number: int) -> str:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=20)
        self.said += err
        return out


@pytest.fixture(scope="module", autouse=True)
def processes():
    """Started before they are needed: it takes seconds until they have imported everything."""
    two = [Process(), Process()]
    yield two
    for one in two:
        if one.process.poll() is None:
            one.end(signal.SIGKILL)


# -- the arithmetic ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    # Solved by hand: the p with (count/of - p)² = z² p (1 - p) / of, z = 1.95996.
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (1, 4, 0.0456, 0.6994)],
)
def test_the_interval_is_wilsons(count, of, low, high):
    assert tally.wilson(count, of) == pytest.approx((low, high), abs=5e-5)


def test_the_interval_agrees_with_scipy():
    for of in (1, 2, 7, 40, 1000):
        for count in {0, 1, of // 3, of - 1, of}:
            exact = binomtest(count, of).proportion_ci(0.95, method="wilson")
            assert tally.wilson(count, of) == pytest.approx((exact.low, exact.high), abs=1e-12)
    assert tally.wilson(0, 0) == (0.0, 1.0)


def judged(experiment: Trials, rater: str, says, rating=3, most=None) -> None:
    """Lets a rater answer; `says` tells from the image's kind whether a machine made it."""
    state = experiment.state(experiment.join(rater))
    while state["image"] and (most is None or state["done"] < most):
        real = experiment.images[state["image"]]
        mark = rating if isinstance(rating, int) else rating(real)
        state = experiment.answer(rater, state["image"], says(real), mark)


def test_what_answers_come_to(tmp_path):
    experiment = Trials(tmp_path, {"seed": 0}, 4)
    judged(experiment, "expert", lambda real: not real, lambda real: 5 if real else 2)
    judged(experiment, "believer", lambda real: False, 4)
    found = results(tmp_path)
    assert found["answers"] == 16
    assert (found["fooling"]["count"], found["fooling"]["of"]) == (4, 8)
    assert found["fooling"]["rate"] == 0.5
    assert (found["fooling"]["low"], found["fooling"]["high"]) == tally.wilson(4, 8)
    assert found["control"]["rate"] == 1.0
    assert found["correct"]["count"] == 12
    assert found["rating"]["made"] == {"mean": 3.0, "sd": pytest.approx((8 / 7) ** 0.5), "of": 8}
    assert found["rating"]["real"]["mean"] == 4.5
    by = {of["rater"]: of for of in found["raters"]}
    assert by["expert"]["fooling"]["rate"] == 0
    assert by["believer"]["fooling"]["rate"] == 1
    made = [image for image in found["images"] if not image["real"]]
    assert len(made) == 4
    assert len(found["images"]) == 8
    assert all((i["answers"], i["machine"], i["rating"]["mean"]) == (2, 1, 3.0) for i in made)
    assert json.loads(json.dumps(found)) == found


def test_nobody_and_nothing(tmp_path):
    with pytest.raises(UsageError, match="nobody has judged"):
        results(tmp_path)
    experiment = Trials(tmp_path, {}, 2)
    assert experiment.results()["fooling"]["rate"] is None
    assert "0 raters, 0 answers" in tally.told(results(tmp_path))


# -- who sees what, and what is kept ------------------------------------------------------------


def test_each_rater_sees_the_same_images_in_an_own_order(tmp_path):
    experiment = Trials(tmp_path, {}, 20)
    orders = {}
    for rater in ("Anna", "Bo"):
        state, order = experiment.state(experiment.join(rater)), []
        while state["image"]:
            order.append(state["image"])
            state = experiment.answer(rater, state["image"], True, 1)
        orders[rater] = order
    assert orders["Anna"] != orders["Bo"]
    assert set(orders["Anna"]) == set(orders["Bo"]) == set(experiment.images)
    assert state["done"] == state["total"] == 40


def test_a_torn_line_costs_nothing_but_itself(tmp_path):
    experiment = Trials(tmp_path, {"seed": 1}, 2)
    judged(experiment, "Anna", lambda real: True, most=2)
    file = tmp_path / ledger.LEDGER
    torn = file.read_bytes()[:-9]  # a kill in the midst of the second answer
    file.write_bytes(torn)
    again = Trials(tmp_path, {"seed": 1}, 2)
    assert again.state("Anna")["done"] == 1
    again.answer("Anna", again.state("Anna")["image"], False, 5)
    assert file.read_bytes().startswith(torn + b"\n")
    assert results(tmp_path)["answers"] == 2
    with file.open("a") as foreign:
        foreign.write('\n[1]\nnull\n{"kind": "answer", "rating": 9}\n{"kind": []}\n' + "[" * 9000)
    assert results(tmp_path)["answers"] == 2


def test_other_images_are_another_experiment(tmp_path):
    judged(Trials(tmp_path, {"seed": 1}, 2), "Anna", lambda real: True)
    other = Trials(tmp_path, {"seed": 2}, 2)
    assert other.state("Anna")["done"] == 0
    assert results(tmp_path)["answers"] == 0
    assert Trials(tmp_path, {"seed": 1}, 2).state("Anna")["done"] == 4
    assert results(tmp_path)["answers"] == 4  # those of the images served last


def test_a_slip_can_be_mended_until_the_next_answer(tmp_path):
    experiment = Trials(tmp_path, {}, 3)
    rater = experiment.join()
    first = experiment.state(rater)["image"]
    second = experiment.answer(rater, first, True, 1)
    assert second["previous"] == first
    assert experiment.answer(rater, first, False, 2)["image"] == second["image"]
    assert results(tmp_path)["answers"] == 1
    assert (
        results(tmp_path)["rating"]["made"]["of"] + results(tmp_path)["rating"]["real"]["of"] == 1
    )
    experiment.answer(rater, second["image"], False, 2)
    with pytest.raises(trials.Conflict):
        experiment.answer(rater, first, True, 1)


def test_names(tmp_path):
    experiment = Trials(tmp_path, {}, 1)
    assert experiment.join("  An\tna  ") == "An na"
    assert experiment.join() == "Rater 1"
    assert experiment.join("\u200b ") == "Rater 2"
    with pytest.raises(trials.Conflict):
        experiment.join("AN NA")
    assert experiment.join("an na", again=True) == "An na"
    assert len(experiment.join("x" * 300)) == 40
    with pytest.raises(trials.Unknown):
        experiment.state("nobody")


# -- which images ------------------------------------------------------------------------------


def test_nothing_but_pixels_tells_the_images_apart(digits):
    shown = gallery(digits, 5, 0)
    assert len(shown.real) == len(shown.made) == 5
    assert len(shown.examples) == 12
    assert not set(shown.examples) & set(shown.real)
    opened = [Image.open(io.BytesIO(file)) for file in (*shown.real, *shown.made)]
    assert {(i.size, i.mode, str(i.info)) for i in opened} == {((16, 16), "L", "{}")}
    assert shown.about["split"] == "test"
    assert gallery(digits, 5, 0) == shown
    assert gallery(digits, 5, 1).real != shown.real


def test_translations_are_judged_among_their_own_domain(tmp_path):
    small = {"batch": 2, "width": 4, "blocks": 1, "size": 12}
    shown = gallery(trained(tmp_path / "run", "cyclegan", data="negatives", **small), 4, 0)
    real, made = ([Image.open(io.BytesIO(f)) for f in files] for files in (shown.real, shown.made))
    assert len(made) == 4
    darkest = [sum(i.histogram()[:64]) for i in real]
    assert max(darkest) < 12 * 12 / 2  # negatives are dark on light


def test_what_cannot_be_judged_is_refused(digits, tmp_path):
    with pytest.raises(UsageError, match=r"only 896; ask for fewer with -n 896"):
        gallery(digits, 1000, 0)
    with pytest.raises(UsageError, match="at least 1"):
        gallery(digits, 0, 0)
    points = trained(tmp_path / "points", "wgan_gp", data="ring8")
    with pytest.raises(UsageError, match=r"makes points; people can judge.*images"):
        gallery(points, 4, 0)
    with pytest.raises(UsageError, match="10 to 60,000 ms, not 5"):
        asking.serve(digits, exposure=5)


def test_missing_libraries_and_taken_ports(digits, monkeypatch):
    with listening.listening("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"port {port} is taken.*--port {port + 1}"):
            asking.serve(digits, port=port)
    for host, port in (("127.0.0.1", 70_000), ("256.0.0.1", 0), ("192.0.2.1", 0)):
        with pytest.raises(UsageError, match=r"--port|--host"):
            asking.serve(digits, host=host, port=port)
    monkeypatch.setattr(servers, "find_spec", lambda name: None)
    with pytest.raises(
        UsageError, match=r"needs fastapi and uvicorn: pip install 'ganvas\[studio\]"
    ):
        asking.serve(digits)


# -- the server --------------------------------------------------------------------------------


def test_answers_survive_a_kill_and_results_are_told_at_the_end(run, processes):
    killed, ended = processes
    server = killed.serve(run)
    state = server.join("Anna").json()
    assert server.join("Anna").status_code == 409
    for _ in range(2):
        state = server.answer(state).json()
    server.join("小明")
    server.web.close()
    killed.end(signal.SIGKILL)

    server = ended.serve(run)
    assert server.web.get("api/next", params={"rater": "Anna"}).json() == state
    other = server.join("小明", again=True).json()
    assert other["done"] == 0
    while state["image"]:
        state = server.answer(state, machine=False, rating=5, seconds=1.5).json()
    assert state["score"]["answers"] == 6
    server.answer(other)
    told = server.web.get("results.json").json()
    server.web.close()
    out = ended.end(signal.SIGTERM)
    assert ended.process.returncode == 0
    assert told["answers"] == 7
    assert told == {**results(run.folder), "hidden": 0, "run": "run", "file": "human.jsonl"}
    assert "2 raters, 7 answers" in out
    assert f"of {told['fooling']['of']} generated images judged real" in out
    assert "Traceback" not in ended.said


def test_no_word_of_the_answer_before_the_reply(run, serving):
    server = serving(run)
    state = server.join("Anna").json()
    assert set(state) == {"rater", "done", "total", "image", "previous"}
    page = server.web.get(f"images/{state['image']}.png")
    assert page.headers["content-type"] == "image/png"
    assert page.headers["cache-control"] == "no-store"
    assert not {"etag", "last-modified", "server"} & set(page.headers)
    seen = server.web.get("results.json", params={"rater": "Anna"}).json()
    assert (seen["images"], seen["hidden"]) == ([], 6)
    state = server.answer(state).json()
    seen = server.web.get("results.json", params={"rater": "Anna"}).json()
    assert (len(seen["images"]), seen["hidden"]) == (1, 5)
    settings = server.web.get("api/settings").json()
    assert not set(settings["examples"]) & set(trials._images(ledger.read(run.folder)[0]))


def test_wrong_requests_are_turned_away(run, serving):
    server = serving(run)
    state, web = server.join("Anna").json(), server.web
    for wrong in (0, 6, 2.5, "3", None, True):
        assert server.answer(state, rating=wrong).status_code == 422
    assert server.answer(state, machine="yes").status_code == 422
    assert server.answer(state, seconds=-1).status_code == 422
    assert server.answer({**state, "image": "0123456789abcdef"}).status_code == 404
    assert server.answer({**state, "rater": "nobody"}).status_code == 404
    assert web.get("api/next", params={"rater": "nobody"}).status_code == 404
    later = next(i for i in trials._images(ledger.read(run.folder)[0]) if i != state["image"])
    assert server.answer({**state, "image": later}).status_code == 409
    assert web.post("api/answers", content=b"{").status_code == 422
    assert web.post("api/raters", content=b" " * 20_000).status_code == 413
    for path in ("..%2f..%2fconfig.json", "%2e%2e/config", "config.json", "human.jsonl"):
        for place in (f"images/{path}", f"images/{path}.png", path):
            assert web.get(place).status_code == 404
    for headers in (
        {"Host": "evil.example"},
        {"Host": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Host": "evil.example:80", "Origin": "http://evil.example:80"},
    ):
        assert web.post("api/raters", json={}, headers=headers).status_code == 403, headers
        assert web.get("results.json", headers=headers).status_code == 403, headers
    own = server.url.rstrip("/")
    assert web.get("results.json", headers={"Origin": own}).status_code == 200
    assert results(run.folder)["answers"] == 0


def test_others_may_come_where_they_were_let_in():
    there = {"host": "lab:8000", "origin": "http://lab:8000"}
    anybody, local = Rules(None), Rules()
    assert anybody.why_not("GET", "/", there) is None
    assert local.why_not("GET", "/", there)[0] == 403
    assert anybody.why_not("GET", "/", {**there, "origin": "http://other:8000"})[0] == 403
    assert local.why_not("GET", "/", {"host": "[::1]:8000"}) is None
    assert local.why_not("GET", "/", {"host": "[::1"})[0] == 403
    assert local.why_not("POST", "/", {"host": "localhost"})[0] == 411
    assert listening.names("0.0.0.0") is None
    assert "127.0.0.2" in listening.names("127.0.0.2")


def test_a_full_disk_loses_no_answer_silently(run, serving, monkeypatch):
    server = serving(run)
    state = server.join().json()

    def full(folder, line):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "append", full)
        answer = server.answer(state)
        assert answer.status_code == 507
        assert "No space left" in answer.json()["detail"]
        assert server.web.get("api/next", params={"rater": "Rater 1"}).json() == state
    assert server.answer(state).json()["done"] == 1


# -- the pages ---------------------------------------------------------------------------------


def test_the_pages_ask_nobody_else_and_speak_both_languages():
    folder = Path(asking.__file__).parent
    texts = {
        f.name: f.read_text("utf-8") for f in folder.iterdir() if f.suffix != ".py" and f.is_file()
    }
    assert set(texts) == {
        "human.html",
        "results.html",
        "human.css",
        "words.js",
        "human.js",
        "results.js",
    }
    for name, text in texts.items():
        addresses = set(re.findall(r"https?://[^\s\"'`]+", text)) - {"http://www.w3.org/2000/svg"}
        assert not addresses, name
        assert "style=" not in text
        assert "innerHTML" not in text
    english, chinese = re.split(r"^  zh: \{", texts["words.js"], flags=re.MULTILINE)
    ours, theirs = (
        dict(re.findall(r'^    (\w+): "(.*)",$', t, re.MULTILINE)) for t in (english, chinese)
    )
    assert ours.keys() == theirs.keys()
    for key in ours:
        assert set(re.findall(r"\{\w+\}", ours[key])) == set(re.findall(r"\{\w+\}", theirs[key])), (
            key
        )
    used = "".join(text for name, text in texts.items() if name != "words.js")
    assert set(re.findall(r'data-word="(\w+)"', used)) <= ours.keys()
    assert set(re.findall(r'say\("(\w+)"', used)) <= ours.keys()
    for key in ours:
        assert f'"{key}"' in used, f"nobody says {key}"


def test_a_rater_in_a_browser(run, serving, browser):
    troubles = []
    server = serving(run, n=2)
    page = browser.new_page(locale="en-US")
    page.on("console", lambda message: message.type == "error" and troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(server.url)
    page.fill("#name", "Anna")
    page.keyboard.press("Enter")
    place = page.locator("#place")
    for number, keys in enumerate(("y5", ["ArrowRight", "1"]), 1):
        place.get_by_text(f"Image {number} of 4").wait_for()
        page.wait_for_selector("#picture.shown.small")
        for key in keys:
            page.keyboard.press(key)
    place.get_by_text("Image 3 of 4").wait_for()
    before = page.get_attribute("#picture", "src")
    page.reload()
    place.get_by_text("Image 3 of 4").wait_for()
    assert page.get_attribute("#picture", "src") == before
    page.click("[data-language=zh]")
    place.get_by_text("第 3 张，共 4 张").wait_for()
    page.wait_for_selector("#picture.shown")
    page.keyboard.press("Backspace")
    place.get_by_text("第 2 张，共 4 张").wait_for()
    page.wait_for_selector("#picture.shown")
    for number in (3, 4, 5):  # the second once more, then the others
        page.click("[data-machine=false]")
        page.click("[data-rating='4']")
        if number < 5:
            place.get_by_text(f"第 {number} 张，共 4 张").wait_for()
            page.wait_for_selector("#picture.shown")
    page.get_by_text("谢谢你，Anna").wait_for()
    answers = [line for line in ledger.read(run.folder) if line["kind"] == "answer"]
    assert [(a["machine"], a["rating"]) for a in answers] == [
        (True, 5), (False, 1), (False, 4), (False, 4), (False, 4),
    ]  # fmt: skip
    page.click("#done a")
    page.click("[data-language=en]")
    told = results(run.folder)
    rate = f"{round(100 * told['fooling']['rate'])} %"
    page.get_by_text("of the time, generated images were mistaken").wait_for()
    assert page.inner_text("#rate") == rate
    assert page.inner_text("#raters tbody td:nth-child(2)") == "4"
    other = server.join("Bo").json()
    server.answer(other, machine=False)
    page.get_by_role("cell", name="Bo", exact=True).wait_for()  # by itself
    page.close()
    assert troubles == []

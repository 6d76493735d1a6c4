"""The Studio's server: who may speak to it, what it takes, and that nobody is in another's way."""

import gc
import io
import os
import random
import re
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
import weakref
import zlib
from pathlib import Path

import pytest
from PIL import Image
from tests.studio.conftest import trained
from tests.studio.people import Served, until

from ganvas.cli import main
from ganvas.core import UsageError
from ganvas.studio import desk, listening, uploads
from ganvas.studio.bench import Bench
from ganvas.studio.doing import KNOWN, Ask, Said
from ganvas.studio.guard import Rules
from ganvas.studio.places import places
from ganvas.studio.session import Session

httpx = pytest.importorskip("httpx")
websockets = pytest.importorskip("websockets")
from websockets.exceptions import ConnectionClosed, InvalidStatus  # noqa: E402
from websockets.sync.client import connect  # noqa: E402


@pytest.fixture
def web(studio):
    with httpx.Client(base_url=studio.url, timeout=30, trust_env=False) as client:
        yield client


def png(width=8, height=8, mode="RGB", **more) -> bytes:
    file = io.BytesIO()
    Image.new(mode, (width, height), 0).save(file, "PNG", **more)
    return file.getvalue()


# -- who may speak -----------------------------------------------------------------------------


def test_other_origins_and_names_are_refused(studio, web):
    for headers in (
        {"Host": "evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example:80", "Origin": "http://evil.example:80"},
    ):
        assert web.get("/", headers=headers).status_code == 403, headers
        assert web.post("api/pictures", content=png(), headers=headers).status_code == 403
    address = studio.url.replace("http", "ws") + "live"
    for origin in ("http://evil.example", "null", "http://localhost:1", None):
        with (
            pytest.raises(InvalidStatus, match="403"),
            connect(address, origin=origin, proxy=None),
        ):
            pass
    assert web.get("/", headers={"Origin": studio.origin}).status_code == 200


def test_a_token_lets_in(runs):
    served = Served({}, Rules(None, "correct-horse"))
    try:
        address = served.url.replace("http", "ws") + "live"
        with httpx.Client(base_url=served.url, trust_env=False) as web:
            assert web.get("/").status_code == 401
            assert web.get("/?token=wrong-horse").status_code == 401
            assert web.get("/main.js").status_code == 401
            with pytest.raises(InvalidStatus), connect(address, origin=served.origin, proxy=None):
                pass
            led = web.get("/%2Fevil.example/?token=correct-horse")
            assert led.headers["location"] == "/evil.example/"
            led = web.get("/?token=correct-horse")
            assert (led.status_code, led.headers["location"]) == (303, "/")
            assert "HttpOnly" in led.headers["set-cookie"]
            assert web.get("/").status_code == 200
            cookie = {"Cookie": f"ganvas-token={web.cookies['ganvas-token']}"}
            with connect(
                address, origin=served.origin, additional_headers=cookie, proxy=None
            ) as line:
                assert "hello" in line.recv(timeout=10)
    finally:
        served.close()


def test_what_is_dressed_and_what_is_not_there(studio, web):
    page = web.get("/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "server" not in page.headers
    for path in ("..%2f..%2fapp.py", "%2e%2e/app.py", "rooms/..%2fmain.js", "page/main.js", "docs"):
        assert web.get(path).status_code == 404, path
    with studio.person() as me:
        for name in ("../digits", "/etc", "digits/../digits", str(studio.desk.places["codes"]), ""):
            for do in ("explore.open", "gallery.card", "gallery.pictures", "compare.open"):
                assert "unknown run" in me.ask(do, run=name)[0]["error"]


# -- uploads -----------------------------------------------------------------------------------


def bomb(side: int) -> bytes:
    """A small PNG file that says it is huge."""

    def chunk(name: bytes, content: bytes) -> bytes:
        whole = name + content
        return struct.pack(">I", len(content)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(100_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_uploads_that_are_refused(studio, web):
    with studio.person() as me:
        mine = {"X-Session": me.key}

        def bring(content: bytes, headers=mine):
            return web.post("api/pictures", content=content, headers=headers)

        assert bring(png(), {}).status_code == 404
        assert bring(png(), {"X-Session": "somebody"}).status_code == 404
        for content, why in (
            (b"", "empty"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture"),
            (b"%PDF-1.4", "no picture"),
            (png(200, 200)[:90], "broken"),
            (bomb(30_000), "at most 50,000,000"),
            (bomb(4_000), "broken"),
        ):
            answer = bring(content)
            assert answer.status_code == 422, content[:20]
            assert why in answer.json()["error"]
        assert "at most" in said_to_a_head(
            studio, f"X-Session: {me.key}", "Content-Length: 9999999999"
        )
        assert "say how long" in said_to_a_head(studio, "Transfer-Encoding: chunked")
        assert len(studio.desk.sessions[me.key].uploads) == 0


def said_to_a_head(studio, *headers: str) -> str:
    """What a server says to the head of a request whose body never comes."""
    host, port = studio.url.split("/")[2].split(":")
    lines = [f"POST /api/pictures HTTP/1.1\r\nHost: {host}:{port}"]
    lines += headers
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        heard = b""
        while b"detail" not in heard and (more := line.recv(65536)):
            heard += more
        return heard.decode()


def test_uploads_that_are_changed_say_so(studio, web):
    turned = Image.new("RGB", (40, 20))
    exif = Image.Exif()
    exif[0x0112] = 6
    frames = [Image.new("RGB", (16, 16), (90 * i, 0, 0)) for i in range(3)]
    files = {kind: io.BytesIO() for kind in ("gif", "jpeg", "deep", "large")}
    frames[0].save(files["gif"], "GIF", save_all=True, append_images=frames[1:])
    turned.save(files["jpeg"], "JPEG", exif=exif)
    Image.new("I;16", (9, 9), 40_000).save(files["deep"], "PNG")
    Image.new("L", (5000, 100)).save(files["large"], "PNG")
    with studio.person() as me:
        said = {
            kind: web.post(
                "api/pictures", content=file.getvalue(), headers={"X-Session": me.key}
            ).json()
            for kind, file in files.items()
        }
        assert said["gif"]["notes"] == [["several frames: the first is taken", {}]]
        assert (said["jpeg"]["width"], said["jpeg"]["height"]) == (20, 40)
        assert said["deep"]["notes"] == [["more than 8 bits: brought to 8", {}]]
        assert (said["large"]["width"], said["large"]["height"]) == (2048, 41)
        for _ in range(uploads.KEPT):
            web.post("api/pictures", content=png(), headers={"X-Session": me.key})
        assert len(studio.desk.sessions[me.key].uploads) == uploads.KEPT
        gone = me.ask("translate.picture", run="edges2emoji", picture=said["gif"]["picture"])
        assert "no longer here" in gone[0]["error"]


# -- where it listens ----------------------------------------------------------------------------


def test_a_taken_port_leads_to_the_next():
    with listening.listening("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with listening.listening("127.0.0.1", port, onward=True) as second:
            assert port < second.getsockname()[1] < port + listening.TRIED
        with pytest.raises(UsageError, match="is taken"), listening.listening("127.0.0.1", port):
            pass


def test_the_verb_refuses_before_it_serves(tmp_path, capsys):
    assert main(["studio", str(tmp_path)]) == 2
    assert "no run and holds none" in capsys.readouterr().err
    assert main(["studio", "--ports", "1"]) == 2
    assert "--ports" in capsys.readouterr().err
    assert main(["studio", "--token", "short", "--no-open"]) == 2
    assert main(["studio", "--host", "192.0.2.1", "--no-open"]) == 2


def test_runs_are_known_by_names_of_their_own(runs, tmp_path):
    home = next(iter(runs.values())).parent
    assert places([str(home)]) == runs
    other = tmp_path / "classes"
    shutil.copytree(runs["classes"], other, symlinks=True)
    assert set(places([str(home), str(other)])) == {*runs, "classes-2"}
    assert places(["pretrained:digits"]) == {}


# -- runs that change ----------------------------------------------------------------------------


def test_weights_that_are_replaced_and_a_run_that_disappears(runs, tmp_path):
    folder = tmp_path / "mine"
    shutil.copytree(runs["classes"], folder)
    served = Served({"mine": folder})
    try:
        with served.person() as me:
            before = me.ask("explore.sample", run="mine", n=1)[1][0]
            again = me.ask("explore.sample", run="mine", n=1)[1][0]
            assert before[1] == again[1]
            import ganvas

            ganvas.resume(folder, steps=12, quiet=True)
            after = me.ask("explore.sample", run="mine", n=1)[1][0]
            assert after[1] != before[1]
            moved = folder.rename(tmp_path / "elsewhere")
            for do in ("explore.sample", "gallery.pictures", "compare.open"):
                assert "mine has gone" in me.ask(do, run="mine")[0]["error"]
            listed = [said["part"] for said, _ in me.ask("gallery.list")[1]]
            assert "has gone" in next(one for one in listed if one["run"] == "mine")["error"]
            moved.rename(folder)
            assert me.ask("explore.sample", run="mine", n=1)[1][0][1] == after[1]
            for file in folder.rglob("weights.safetensors"):
                file.write_bytes(b"nothing")
            assert "mine" in me.ask("explore.sample", run="mine", n=1)[0]["error"]
            assert "ok" in me.ask("explore.sample", run="digits", n=1)[0]
    finally:
        served.close()


# -- sessions ------------------------------------------------------------------------------------


def test_two_people_do_not_see_or_block_each_other(studio):
    with studio.person() as one, studio.person() as two:
        shown = one.ask("explore.sample", run="digits", n=4)[1]
        stops = [said["point"] for said, _ in shown]
        assert two.ask("explore.between", points=stops, at=0.5)[0]["error"]
        two.ask("explore.sample", run="digits", n=1)
        film = one.send("explore.film", points=stops, kind="gif", seconds=20, fps=25)
        one.hear()  # it has begun
        began = time.monotonic()
        assert "ok" in two.ask("explore.sample", run="digits", n=1)[0]
        waited = time.monotonic() - began
        frames = 0
        while "ok" not in (heard := one.hear())[0]:
            said, picture = heard
            assert said["id"] == film
            frames = said["frames"] if picture else said["part"]["of"]
        assert frames == 600
        assert waited < 1.5  # a film takes many steps, and one of them is waited for


def test_a_closed_tab_frees_its_session_and_a_lost_one_waits(runs):
    served = Served({}, grace=0.4)
    try:
        with served.person() as me:
            me.ask("explore.sample", run="digits", n=2)
            session = weakref.ref(served.desk.sessions[me.key])
            assert session()._kept
        until(lambda: not served.desk.sessions)
        gc.collect()
        assert session() is None

        with served.person() as me:
            point = me.ask("explore.sample", run="digits", n=1)[1][0][0]["point"]
            me.line.socket.shutdown(2)  # no goodbye
            until(lambda: not served.desk.sessions[me.key].there)
        with served.person(me.key) as back:
            assert back.hello == {"session": me.key, "again": True}
            assert "ok" in back.ask("explore.move", point=point, amounts=[1.0])[0]
            back.ask("kept.keep", point=point)
            said, shown = back.ask("kept.all")
            assert "ok" in said
            assert [head["point"] for head, _ in shown] == [point]
            back.line.socket.shutdown(2)
        until(lambda: not served.desk.sessions)
        with served.person(me.key) as new:
            assert not new.hello["again"]
        for _ in range(4):  # who comes back in time is not let go by an earlier parting
            with served.person(new.key) as new:
                time.sleep(0.2)
            assert new.key in served.desk.sessions
    finally:
        served.close()


def test_who_has_gone_makes_room(runs, monkeypatch):
    monkeypatch.setattr(desk, "PEOPLE", 2)
    served = Served({})
    try:
        with served.person() as stays:
            with served.person() as goes:
                address = served.url.replace("http", "ws") + "live"
                with (
                    connect(address, origin=served.origin, proxy=None) as line,
                    pytest.raises(ConnectionClosed),
                ):
                    line.recv(timeout=10)
            until(lambda: not served.desk.sessions[goes.key].there)
            with served.person() as comes:
                assert set(served.desk.sessions) == {stays.key, comes.key}
    finally:
        served.close()


def test_the_newest_request_of_a_key_wins(studio):
    with studio.person() as me:
        shown = me.ask("explore.sample", run="digits", n=4)[1]
        corners = [said["point"] for said, _ in shown]
        numbers = [
            me.send("explore.map", key="map", corners=corners, across=i / 40, down=0)
            for i in range(40)
        ]
        ends = {}
        while len(ends) < len(numbers):
            said, _ = me.hear()
            if "part" not in said:
                ends[said["id"]] = "ok" in said
        assert ends[numbers[-1]]
        assert not all(ends.values())


def test_what_makes_no_sense_is_refused(studio):
    for junk in (
        "{",
        "[]",
        '{"id": "x", "do": "y"}',
        '{"id": 1}',
        b"\0\0\0\xffno",
        b"",
        "[" * 9999,
    ):
        with studio.person() as me:
            me.line.send(junk)
            with pytest.raises(ConnectionClosed):
                me.hear()
    with studio.person() as me:
        for do, given in (
            ("explore.nothing", {}),
            ("__init__", {}),
            ("explore.sample", {"run": "digits", "n": 10**6}),
            ("explore.sample", {"run": "digits", "n": True}),
            ("explore.sample", {"run": "digits", "seed": -1}),
            ("explore.sample", {"run": 5}),
            ("explore.sample", {"run": "digits", "truncation": "much"}),
            ("explore.map", {"corners": ["p1"] * 4, "across": 0.5, "down": 0.5}),
            ("explore.sum", {"start": []}),
            ("explore.move", {"point": "p1", "amounts": [float("1e9")]}),
            ("translate.draw", {"run": "edges2emoji"}),
            ("translate.open", {"run": "digits"}),
            ("explore.open", {"run": "edges2emoji"}),
        ):
            said = me.ask(do, **given)[0]
            assert "error" in said, do
            assert "should not happen" not in said["error"]
        broken = me.ask("translate.draw", run="edges2emoji", files={"picture": b"no"})[0]
        assert "no picture" in broken["error"]
        assert "ok" in me.ask("explore.sample", run="digits", n=1)[0]


def test_the_bench_plays_a_step_of_each_in_turn():
    order, gate = [], threading.Event()

    def steps(ask):
        gate.wait(5)
        for i in range(3):
            order.append((ask.do, i))
            yield Said({})

    KNOWN.update({"one": steps, "two": steps})
    bench, sessions = Bench(), [Session(), Session()]
    bench.start()
    try:
        ends = []
        for session in sessions:
            session.attach(lambda frame: ends.append(frame) if '"ok"' in frame else None)
        for do, session in zip(("one", "two"), sessions, strict=True):
            bench.add(Ask(1, do, {}, {}, None, session, None))
        gate.set()
        until(lambda: len(ends) == 2)
        assert order == [(do, i) for i in range(3) for do in ("one", "two")]
        sessions[0].attach(lambda frame: None)  # reads nothing
        for _ in range(64):
            sessions[0].say("x")
        assert sessions[0].full
        bench.add(Ask(2, "one", {}, {}, None, sessions[0], None))
        bench.add(Ask(2, "two", {}, {}, None, sessions[1], None))
        until(lambda: len(ends) == 3)
        assert order[6:] == [("two", i) for i in range(3)]
    finally:
        for name in ("one", "two"):
            del KNOWN[name]
        bench.stop()


# -- rooms ---------------------------------------------------------------------------------------


def test_controls_come_from_the_spaces(studio):
    with studio.person() as me:
        told = {name: me.ask("explore.open", run=name)[0]["ok"] for name in
                ("digits", "classes", "codes", "styles")}  # fmt: skip
        assert told["digits"]["controls"] == []
        assert told["digits"]["truncation"]["of"] == "z"
        (label,) = told["classes"]["controls"]
        assert (label["kind"], label["choices"]) == ("menu", list("0123456789"))
        assert [c["kind"] for c in told["codes"]["controls"]] == ["menu", "sliders"]
        assert told["styles"]["styles"] > 0
        assert told["styles"]["truncation"]["of"] == "w"
        low, high = (
            [p for _, p in me.ask("explore.sample", run="codes", n=2, label=3, code=[x, 0])[1]]
            for x in (-1, 1)
        )
        assert low != high
        mixed = me.ask("explore.sample", run="styles", n=2)[1]
        a, b = (said["point"] for said, _ in mixed)
        said, shown = me.ask("explore.mix", a=a, b=b, styles="coarse")
        assert "ok" in said
        moved = me.ask("explore.move", point=shown[0][0]["point"], amounts=[2.0], layers="0-1")
        assert "ok" in moved[0]
        assert "ok" in me.ask("explore.directions", run="styles", method="sefa")[0]
        both = me.ask("explore.sum", start=[a], plus=[mixed[1][0]["point"]], rescale=True)
        assert "ok" in both[0]


def test_directions_are_looked_for_in_steps(runs):
    served = Served(runs)
    try:
        with served.person() as me:
            for run, method in (("codes", "sefa"), ("codes", "pca"), ("styles", "pca")):
                said, parts = me.ask("explore.directions", run=run, method=method)
                assert said["ok"]["n"] == 6
                done = [part["part"]["progress"] for part, _ in parts]
                assert len(done) > 5
                assert done == sorted(set(done))
                assert me.ask("explore.directions", run=run, method=method)[1] == []
    finally:
        served.close()


def test_a_film_is_a_film(studio):
    with studio.person() as me:
        stops = [said["point"] for said, _ in me.ask("explore.sample", run="digits", n=3)[1]]
        for kind, begins in (("gif", b"GIF8"), ("mp4", b"\0\0\0")):
            given = {"points": stops, "kind": kind, "seconds": 0.4, "fps": 10, "loop": True}
            said, parts = me.ask("explore.film", **given)
            assert "ok" in said, said
            head, film = parts[-1]
            assert film.startswith(begins)
            assert head["frames"] == 12


def test_a_drawing_is_translated_and_so_is_an_upload(studio, web):
    with studio.person() as me:
        facts = me.ask("translate.open", run="edges2emoji")[0]["ok"]
        assert facts["edges"]
        assert facts["ways"][0]["takes"] == {"width": 64, "height": 64, "channels": 1}
        drawing = Image.new("L", (64, 64), 255)
        drawing.paste(0, (20, 20, 44, 21))
        file = io.BytesIO()
        drawing.save(file, "PNG")
        said, ((head, picture),) = me.ask(
            "translate.draw", files={"picture": file.getvalue()}, run="edges2emoji", crisp=True
        )
        assert "ok" in said
        assert (head["width"], head["height"]) == (64, 64)
        assert Image.open(io.BytesIO(picture)).mode == "RGB"
        name = web.post("api/pictures", content=png(100, 60), headers={"X-Session": me.key}).json()[
            "picture"
        ]
        said, shown = me.ask(
            "translate.picture", run="edges2emoji", picture=name, edges=True, whole=True
        )
        assert [head["part"] for head, _ in shown] == ["input", "picture"]


def test_a_run_is_compared_with_its_past(runs, tmp_path):
    import ganvas

    folder = tmp_path / "mine"
    shutil.copytree(runs["classes"], folder)
    ganvas.resume(folder, steps=10, quiet=True)
    served = Served({"mine": folder})
    try:
        with served.person() as me:
            rounds = me.ask("compare.open", run="mine")[0]["ok"]["rounds"]
            assert rounds == [2, 10]
            both = {"left": "mine", "right": "mine", "left_round": 2, "n": 2}
            said, shown = me.ask("compare.sample", **both)
            assert said["ok"] == {"same": True}
            pictures = {head["part"]: picture for head, picture in shown}
            assert pictures["left-0"] != pictures["right-0"]
            assert (
                "no state of round 3"
                in me.ask("compare.sample", **{**both, "left_round": 3})[0]["error"]
            )
    finally:
        served.close()


def test_five_hundred_actions_leave_the_memory_flat(studio, capfd):
    draws = random.Random(0)
    with studio.person() as me:
        points = [said["point"] for said, _ in me.ask("explore.sample", run="digits", n=8)[1]]

        def act() -> None:
            some = draws.sample(points, 4)
            do, given = draws.choice([
                ("explore.sample", {"run": "digits", "n": 2, "seed": draws.randrange(1000)}),
                ("explore.map", {"corners": some, "across": draws.random(), "down": 0.3}),
                ("explore.sum", {"start": some[:1], "minus": some[1:2], "plus": some[2:]}),
                ("explore.move", {"point": some[0], "amounts": [draws.random()]}),
                ("explore.between", {"points": some, "at": draws.random()}),
                ("explore.nonsense", {}),
                ("compare.sample", {"left": "digits", "right": "digits", "n": 1}),
            ])  # fmt: skip
            me.ask(do, **given)

        for point in points:
            me.ask("kept.keep", point=point)
        for _ in range(200):
            act()
        before = memory()
        for _ in range(500):
            act()
        grown = memory() - before
    assert grown < 12 * 1024**2, f"{grown / 1024**2:.1f} MiB more"
    assert "Traceback" not in capfd.readouterr().err


def memory() -> int:
    """Bytes that this process holds."""
    gc.collect()
    with open("/proc/self/statm") as file:  # noqa: PTH123
        return int(file.read().split()[1]) * 4096


def test_the_verb_loads_no_torch_before_it_serves():
    program = (
        "import sys, ganvas.cli.studio, ganvas.studio.start, ganvas.studio.app; "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


def test_from_the_command_to_the_page_at_the_next_port(tmp_path):
    with listening.listening("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        words = [sys.executable, "-m", "ganvas", "studio", "--port", str(port), "--no-open"]
        here = {**os.environ, "PYTHONPATH": str(Path(uploads.__file__).parents[2])}
        with subprocess.Popen(
            words, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=here
        ) as process:
            said = ""
            while "Ctrl-C" not in said and (line := process.stderr.readline()):
                said += line
            assert f"port {port} is taken, so it is at" in said
            address = re.search(r"http://\S+", said)[0]
            assert "ganvas Studio" in httpx.get(address, trust_env=False).text
            process.terminate()
            rest = process.stderr.read()
    assert process.returncode == 0
    assert "Traceback" not in rest
    assert list(tmp_path.iterdir()) == []  # it writes nothing


def test_a_domain_is_chosen_by_name(tmp_path):
    small = {"batch": 4, "width": 4, "blocks": 1, "size": 16}
    folder = trained(tmp_path / "domains", "stargan", data="digits", images=None, **small).folder
    served = Served({"domains": folder})
    try:
        with served.person() as me:
            (way,) = me.ask("translate.open", run="domains")[0]["ok"]["ways"]
            (menu,) = way["choices"]
            assert menu["choices"] == list("0123456789")
            made = [
                me.ask(
                    "translate.draw", run="domains", files={"picture": png(16, 16)},
                    **{menu["name"]: i},
                )[1][0][1]
                for i in (0, 7)
            ]  # fmt: skip
            assert made[0] != made[1]
            shown = me.ask("translate.examples", run="domains")[1]
            assert len(shown) == 12
    finally:
        served.close()

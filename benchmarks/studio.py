"""How soon is the Studio there, and how soon does it answer? Measured in a real browser.

    python -m benchmarks.studio            everything, into results/studio.json
    python -m benchmarks.studio open       some of it: open, live, paint, drag
    python -m benchmarks.studio --table    what was measured

`open` is the time from `ganvas studio` until the page is served, until its shell is seen, and until
the gallery shows pictures that were drawn just then, in seconds, the median of several starts; the
browser runs already. `live` is the time from a request, made one after the other as while somebody
drags or draws, until its picture is decoded in the browser, in milliseconds: for the map of
`digits`, and for drawings of 64 pixels that `edges2emoji` and `kai2ming` translate. `paint` is the
time from a movement of the pen, in a stroke of 60 a second, until a picture is decoded that was
made for it, in milliseconds; `drag` how many steps a second the page shows of a drag half-way
across the picture. Both of the default networks at a size, with hardly trained weights. How busy
the machine was beside is said by `load`, the mean number of processes that wanted to run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

RESULTS = Path(__file__).parent.parent / "results" / "studio.json"
STARTS, ASKED, FIRST = 5, 200, 20
"""Starts of the server; requests, of which the first warm up."""

LIVE = """async ([run, n]) => {
  const { ask } = await import("/live.js");
  const times = [], corners = [], maps = run === "digits", edges = run === "edges2emoji";
  const pen = new OffscreenCanvas(64, 64), ink = pen.getContext("2d");
  ink.fillStyle = "#fff"; ink.fillRect(0, 0, 64, 64); ink.fillStyle = "#000";
  const met = ({ head }) => corners.push(head.point);
  if (maps) await ask("explore.sample", { run, n: 4 }, { onpicture: met });
  for (let i = 0; i < n; i++) {
    ink.fillRect(10 + i % 44, 20 + (i * 7) % 30, 2, 1);
    const began = performance.now();
    const files = maps ? undefined : { picture: await pen.convertToBlob() };
    const given = maps ? { corners, across: i / n, down: 0.4 } : { run, crisp: edges };
    await new Promise((done, no) => {
      const onpicture = async ({ blob }) => {
        await createImageBitmap(blob);
        times.push(performance.now() - began);
        done();
      };
      const what = maps ? "explore.map" : "translate.draw";
      ask(what, given, { key: "measured", files, onpicture }).catch(no);
    });
  }
  return times;
}"""


GENERATORS = (("dcgan", 32), ("dcgan", 64), ("stylegan2", 64))
MOVES, EVERY = 120, 16
"""Movements of a stroke, and milliseconds between two."""

WATCH = """() => {
  const moves = [], sent = [], seen = new Map(), find = (what) => document.querySelector(what);
  const image = find(".answer .large"), moved = () => moves.push(performance.now());
  find(".pad").addEventListener("pointermove", moved, true);
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (data instanceof ArrayBuffer) {
      const words = new Uint8Array(data, 4, new DataView(data).getUint32(0));
      sent.push([JSON.parse(new TextDecoder().decode(words)).id, performance.now()]);
    }
    return send.call(this, data);
  };
  image.addEventListener("load", async () => {
    const { id } = image.picture.head;
    try { await image.decode(); } catch { return; }
    if (!seen.has(id)) seen.set(id, performance.now());
  });
  window.waited = () => moves.map((move) => {
    const ask = sent.find(([, at]) => at >= move + 2);
    const after = ask ? [...seen].filter(([id]) => id >= ask[0]).map(([, at]) => at) : [];
    return after.length ? Math.min(...after) - move : null;
  }).filter((time) => time !== null);
}"""

DRAG = """async ([run, seed]) => {
  const { ask } = await import("/live.js");
  const { size: [w, h] } = await ask("drag.open", { run, seed });
  const began = performance.now(), points = [w / 4, h / 2, (3 * w) / 4, h / 2];
  let shown = 0;
  const onpicture = async ({ blob }) => { await createImageBitmap(blob); shown++; };
  const { steps } = await ask("drag.go", { points }, { onpicture });
  const seconds = (performance.now() - began) / 1000;
  return { steps: steps / seconds, pictures: shown / seconds };
}"""


@contextmanager
def served(*runs: Path) -> Iterator[str]:
    """The Studio in a process of its own; its address."""
    words = [sys.executable, "-m", "ganvas", "studio", *map(str, runs), "--port", "0", "--no-open"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = ""
        while "Ctrl-C" not in said and (line := process.stderr.readline()):
            said += line
        try:
            yield re.findall(r"http://\S+", said)[0]
        finally:
            process.terminate()


def opened(browser: Browser) -> list[dict[str, Any]]:
    """Seconds from the command on."""
    times: dict[str, list[float]] = {"served": [], "shell": [], "usable": []}
    for _ in range(STARTS):
        began = time.monotonic()
        with served() as address:
            times["served"].append(time.monotonic() - began)
            page = browser.new_page()
            page.goto(address)
            page.wait_for_selector("nav a")
            times["shell"].append(time.monotonic() - began)
            page.wait_for_selector(".card .wall img")
            times["usable"].append(time.monotonic() - began)
            page.close()
    found = {name: round(statistics.median(all_), 2) for name, all_ in times.items()}
    return [{"what": "open", "seconds": found, "starts": STARTS}]


def live(browser: Browser) -> list[dict[str, Any]]:
    """Milliseconds from a request to its picture."""
    rows = []
    with served() as address:
        page = browser.new_page()
        page.goto(address)
        page.wait_for_selector(".card .wall img")
        for run in ("digits", "edges2emoji", "kai2ming"):
            times = sorted(page.evaluate(LIVE, [run, ASKED])[FIRST:])
            ms = {
                "median": round(statistics.median(times), 1),
                "90 %": round(times[9 * len(times) // 10], 1),
            }
            room = "explore map" if run == "digits" else "translate"
            rows.append({"what": "live", "room": room, "run": run, "ms": ms})
        page.close()
    return rows


@contextmanager
def made() -> Iterator[dict[str, Path]]:
    """Runs of the default networks, by name."""
    import ganvas

    with tempfile.TemporaryDirectory() as folder:
        runs = {f"{game}-{size}": Path(folder) / f"{game}-{size}" for game, size in GENERATORS}
        for (game, size), run in zip(GENERATORS, runs.values(), strict=True):
            given = {"data": "emoji", "size": size, "steps": 2, "images": None, "quiet": True}
            ganvas.train(game, out=run, **given)
        yield runs


def painted(browser: Browser) -> list[dict[str, Any]]:
    """Milliseconds from a movement of the pen to the picture."""
    rows = []
    with made() as runs, served(*runs.values()) as address:
        for name in runs:
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            page.goto(f"{address}#paint/{name}")
            page.wait_for_selector(".answer .large[src]", timeout=120_000)
            page.wait_for_timeout(1000)
            page.evaluate(WATCH)
            box = page.locator(".pad").bounding_box()
            assert box is not None
            for i in range(MOVES):
                along = 0.1 + 0.8 * i / MOVES
                page.mouse.move(box["x"] + along * box["width"], box["y"] + 0.5 * box["height"])
                page.wait_for_timeout(EVERY)
                if i == 0:
                    page.mouse.down()
            page.wait_for_timeout(2000)
            times = sorted(page.evaluate("waited()")[FIRST:])
            page.close()
            ms = {
                "median": round(statistics.median(times), 1),
                "90 %": round(times[9 * len(times) // 10], 1),
            }
            rows.append({"what": "paint", "run": name, "ms": ms, "moves": len(times)})
    return rows


def dragged(browser: Browser) -> list[dict[str, Any]]:
    """Steps a second."""
    rows = []
    with made() as runs, served(*runs.values()) as address:
        page = browser.new_page()
        page.goto(address)
        page.wait_for_selector(".card .wall img", timeout=120_000)
        for name in runs:
            found = [page.evaluate(DRAG, [name, seed]) for seed in range(3)]
            median = {k: round(statistics.median(f[k] for f in found), 1) for k in found[0]}
            rows.append({"what": "drag", "run": name, "per second": median})
        page.close()
    return rows


PARTS: dict[str, Callable[[Browser], list[dict[str, Any]]]] = {
    "open": opened,
    "live": live,
    "paint": painted,
    "drag": dragged,
}


def table() -> Iterator[str]:
    """A line for each figure of each row."""
    rows = json.loads(RESULTS.read_text("utf-8"))["rows"] if RESULTS.exists() else []
    for row in rows:
        unit = next(unit for unit in ("seconds", "ms", "per second") if unit in row)
        figures = "".join(f"{name:>10} {value:<6g}" for name, value in row[unit].items())
        yield f"{row['what']:<6}{row.get('run', ''):<13}{unit:>11}:{figures}".rstrip()


def main() -> None:
    """Measures, prints, and keeps what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    parser.add_argument("--table", action="store_true", help="only print what was measured")
    options = parser.parse_args()
    if not options.table:
        measure(options.parts or list(PARTS))
    print("\n".join(table()))


def measure(asked: list[str]) -> None:
    """Measures parts, prints them, and keeps what was measured."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    old = json.loads(RESULTS.read_text("utf-8"))["rows"] if RESULTS.exists() else []
    rows = [row for row in old if row["what"] not in asked]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for part in asked:
            for row in PARTS[part](browser):
                row["load"] = round(os.getloadavg()[0], 1)
                print(json.dumps(row, ensure_ascii=False), flush=True)
                rows.append(row)
        browser.close()
    about = {
        "command": "python -m benchmarks.studio",
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "machine": platform.machine(),
    }
    RESULTS.write_text(json.dumps({**about, "rows": rows}, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()

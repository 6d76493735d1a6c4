"""How soon is the Studio there, and how soon does it answer? Measured in a real browser.

    python -m benchmarks.studio            everything, into results/studio.json
    python -m benchmarks.studio open       some of it: open, live

`open` is the time from `ganvas studio` until the page is served, until its shell is seen, and until
the gallery shows pictures that were drawn just then, in seconds, the median of several starts; the
browser runs already. `live` is the time from a request, made one after the other as while somebody
drags or draws, until its picture is decoded in the browser, in milliseconds: for the map of
`digits`, and for drawings of 64 pixels that `edges2emoji` and `kai2ming` translate. How busy the
machine was beside is said by `load`, the mean number of processes that wanted to run.
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


@contextmanager
def served() -> Iterator[str]:
    """The Studio in a process of its own; its address."""
    words = [sys.executable, "-m", "ganvas", "studio", "--port", "0", "--no-open"]
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


PARTS: dict[str, Callable[[Browser], list[dict[str, Any]]]] = {"open": opened, "live": live}


def main() -> None:
    """Measures, prints, and keeps what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    asked = parser.parse_args().parts or list(PARTS)
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

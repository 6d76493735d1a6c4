"""The parts of a run's report, from top to bottom, as HTML."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeGuard

from ganvas.watch.curves import Curve, Mark, chart, short_number
from ganvas.watch.files import frames, images_of, open_picture
from ganvas.watch.progress import duration

PLAIN = 120_000
"""Bytes: a larger picture is put into the page as a smaller JPEG."""
WORDS = ("round", "images", "seconds", "stage", "trouble", "kind")
"""What a line of figures has besides figures."""
TITLES = {
    "config": "Config",
    "data": "Data",
    "spaces": "Spaces",
    "settings": "How it was computed",
    "versions": "Versions",
}

SHARES = "Between 0 and 1"
"""The chart of figures that are most likely probabilities or rates."""

Line = dict[str, Any]
"""A line of `stats.jsonl`."""


def head(about: Mapping[str, Any], lines: list[Line]) -> str:
    """The game, its paper, and how far the run is."""
    last = lines[-1] if lines else {}
    seconds, data = last.get("seconds"), about.get("data")
    facts = {
        "images seen": _whole(last.get("images")),
        "rounds": _whole(last.get("round")),
        "of training": duration(seconds) if is_number(seconds) else "",
        "data": data.get("source") if isinstance(data, dict) else data,
        "preset": about.get("preset"),
        "seed": about.get("seed"),
        "begun": str(about.get("created") or "").replace("T", " ").replace("+00:00", " UTC"),
    }
    items = [
        f"<li><b>{escape(str(value))}</b><small>{name}</small></li>"
        for name, value in facts.items()
        if value not in (None, "")
    ]
    return (
        f"<header><h1>{escape(str(about.get('game', 'A run')))}</h1>{_paper(about.get('paper'))}"
        f'<ul class="facts">{"".join(items)}</ul>{_bar(about, last)}</header>'
    )


def _bar(about: Mapping[str, Any], last: Line) -> str:
    """How much of the run is done, as long as it is not all."""
    config, minutes = about.get("config"), about.get("minutes")
    goals = {
        "seconds": 60 * minutes if is_number(minutes) else None,
        "round": about.get("rounds"),
        "images": config.get("images") if isinstance(config, dict) else None,
    }
    for name, goal in goals.items():
        if is_number(goal) and goal > 0 and is_number(last.get(name)):
            part = last[name] / goal
            bar = f'<div class="bar"><i style="width:{100 * part:.1f}%"></i></div>'
            return bar if 0 < part < 1 else ""
    return ""


def _paper(paper: Any) -> str:
    if not isinstance(paper, dict):
        return ""
    title, url = escape(str(paper.get("title", ""))), str(paper.get("url", ""))
    if url.startswith(("https://", "http://")):
        title = f'<a href="{escape(url)}" rel="noreferrer">{title}</a>'
    who = ", ".join(str(paper[key]) for key in ("authors", "year") if key in paper)
    return f'<p class="paper">{title}<br>{escape(who)}</p>'


def troubles(lines: list[Line]) -> str:
    """What went wrong, and to where the run went back."""
    told = [
        f"<p>{escape(str(line['trouble']))} <small>The run went back to round "
        f"{_whole(line['round'])}.</small></p>"
        for line in lines
        if "trouble" in line
    ]
    return f'<h2>Trouble</h2><div class="card warning">{"".join(told)}</div>' if told else ""


def samples(folder: Path) -> str:
    """The previews as a reel, the last one shown, beside what is real."""
    shown = [embedded(f, f"after {images_of(f):,} images") for f in frames(folder)]
    reel = [html for html in shown if html]
    if not reel:
        return ""
    last = len(reel) - 1
    slider = f'<input type="range" min="0" max="{last}" value="{last}" aria-label="which sample">'
    control = f'<div class="reel"><button aria-label="play">▶</button>{slider}<span></span></div>'
    figures = [
        "<figure><figcaption>Generated <small>from the same inputs all along</small></figcaption>"
        f'<div class="frames">{"".join(reel)}</div>{control if last else ""}</figure>'
    ]
    for kind in ("png", "txt"):
        if html := embedded(folder / "samples" / f"real.{kind}"):
            figures.append(f"<figure><figcaption>Real</figcaption>{html}</figure>")
    return f'<h2>Samples</h2><div class="card samples">{"".join(figures)}</div>'


def embedded(file: Path, caption: str = "") -> str:
    """A preview as HTML; nothing if it is not there or damaged."""
    if file.suffix == ".txt":
        text = file.read_text("utf-8", errors="replace") if file.is_file() else ""
        return f'<pre data-caption="{caption}">{escape(text)}</pre>' if text else ""
    picture = open_picture(file)
    if picture is None:
        return ""
    kind, data = "png", file.read_bytes()
    if len(data) > PLAIN:
        memory = io.BytesIO()
        picture.thumbnail((720, 720))
        picture.convert("RGB").save(memory, "JPEG", quality=85)
        kind, data = "jpeg", memory.getvalue()
    source = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    return f'<img alt="samples {caption}" data-caption="{caption}" src="{source}">'


def curves(lines: list[Line]) -> str:
    """A chart for each kind of figure."""
    marks = list(_events(lines))
    charts = [
        chart(title, found, marks, span=(0.0, 1.0) if title == SHARES else None)
        for title, found in grouped(lines).items()
    ]
    return f'<h2>Curves</h2><div class="charts">{"".join(charts)}</div>' if charts else ""


def _events(lines: list[Line]) -> Iterable[Mark]:
    """Where stages began (after the first) and where there was trouble."""
    figures = [line for line in lines if "trouble" not in line and is_number(line.get("images"))]
    for before, after in pairwise(figures):
        if before.get("stage") != after.get("stage"):
            yield Mark(before["images"], str(after.get("stage")))
    for line in lines:
        if "trouble" in line and is_number(line.get("images")):
            yield Mark(line["images"], str(line["trouble"]), trouble=True)


def by_name(lines: list[Line]) -> dict[str, Curve]:
    """The curve of each logged figure."""
    curves: dict[str, Curve] = {}
    for line in lines:
        for name, value in line.items():
            if name not in WORDS and is_number(value) and is_number(line.get("images")):
                curves.setdefault(name, []).append((line["images"], value))
    return curves


def grouped(lines: list[Line]) -> dict[str, dict[str, Curve]]:
    """The curves of a run, by chart: losses, gradient norms, then figures of a kind together."""
    charts: dict[str, dict[str, Curve]] = {"Losses": {}, "Gradient norms": {}}
    for name, curve in by_name(lines).items():
        title, word = _chart_of(name, curve)
        charts.setdefault(title, {})[word] = curve
    speed = _speeds(lines)
    if len(speed) > 2:
        charts["Images per second"] = {"images/s": speed}
    return {title: found for title, found in charts.items() if found}


def _chart_of(name: str, curve: Curve) -> tuple[str, str]:
    """The chart that a figure belongs to, and its name there."""
    kind, slash, word = name.partition("/")
    if slash:
        return {"loss": "Losses", "gradient": "Gradient norms"}.get(kind, kind), word
    values = [value for _, value in curve]
    if min(values) >= 0 and 0.2 < max(values) <= 1:
        return SHARES, name
    return name, name


def _speeds(lines: list[Line]) -> Curve:
    moments = [
        (line["images"], line["seconds"])
        for line in lines
        if is_number(line.get("images")) and is_number(line.get("seconds"))
    ]
    return [(b[0], (b[0] - a[0]) / (b[1] - a[1])) for a, b in pairwise(moments) if b[1] > a[1]]


def figures(lines: list[Line]) -> str:
    """A table of the logged figures."""
    rows = "".join(_row(name, curve) for name, curve in by_name(lines).items())
    head = "<thead><tr><th></th><th>last</th><th>lowest</th><th>highest</th></tr></thead>"
    card = f'<div class="card wide"><table>{head}{rows}</table></div>'
    return f'<h2>Logged at the end</h2><div class="columns">{card}</div>' if rows else ""


def _row(name: str, curve: Curve) -> str:
    values = [value for _, value in curve]
    cells = [
        f'<td class="number">{short_number(value)}</td>'
        for value in (values[-1], min(values), max(values))
    ]
    return f"<tr><th>{escape(name)}</th>{''.join(cells)}</tr>"


def details(about: Mapping[str, Any]) -> str:
    """All of `config.json`."""
    parts = {TITLES[k]: v for k, v in about.items() if k in TITLES and isinstance(v, dict) and v}
    rest = {k: v for k, v in about.items() if k not in TITLES and k != "paper" and v is not None}
    parts |= {"Run": rest} if rest else {}
    cards = "".join(_card(title, values) for title, values in parts.items())
    return f'<h2>How it was made</h2><div class="columns">{cards}</div>' if cards else ""


def _card(title: str, values: Mapping[str, Any]) -> str:
    rows = [
        f"<tr><th>{escape(str(name))}</th><td>{escape(_told(value))}</td></tr>"
        for name, value in values.items()
    ]
    return f'<div class="card"><h3>{escape(title)}</h3><table>{"".join(rows)}</table></div>'


def _told(value: Any, depth: int = 0) -> str:
    """A value of JSON for people."""
    match value:
        case None | []:
            told = "none"
        case {"kind": kind, **rest} if depth < 4:
            told = f"{_told(kind, 4)}: {_told(rest, depth + 1)}"
        case dict() if depth < 4:
            told = ", ".join(f"{key} {_told(v, depth + 1)}" for key, v in value.items())
        case list() if depth < 4:
            told = ", ".join(_told(v, depth + 1) for v in value)
        case bool():
            told = "yes" if value else "no"
        case _:
            told = str(value)
    return told if len(told) <= 400 else told[:400] + "…"


def _whole(value: Any) -> str:
    return f"{value:,.0f}" if is_number(value) else ""


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a value is a finite number that can be drawn."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15

import json
import re
from html import unescape
from xml.etree import ElementTree

import pytest

from ganvas.watch.curves import BINS, LEFT, RIGHT, TOP, WIDTH, Mark, Scale, chart, short_number


def drawn(html: str) -> ElementTree.Element:
    """The figure, which must be well-formed."""
    return ElementTree.fromstring(html)


def line(html: str) -> list[tuple[float, float]]:
    (points,) = [e.get("points", "") for e in drawn(html).iter("polyline")]
    return [tuple(map(float, point.split(","))) for point in points.split()]


def labels(html: str) -> list[str]:
    return [e.text or "" for e in drawn(html).iter("text")]


def test_a_curve_runs_from_left_to_right_and_high_is_up():
    points = line(chart("a", {"a": [(0, 1.0), (50, 2.0), (100, 4.0)]}))
    xs, ys = zip(*points, strict=True)
    assert (xs[0], xs[-1]) == (LEFT, WIDTH - RIGHT)
    assert xs[1] == pytest.approx((xs[0] + xs[2]) / 2, abs=0.1)
    assert ys[0] > ys[1] > ys[2] > TOP
    assert (ys[0] - ys[1]) * 2 == pytest.approx(ys[1] - ys[2], abs=0.3)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 10, [0, 2, 4, 6, 8, 10]),
        (-1, 1, [-1, -0.5, 0, 0.5, 1]),
        (0, 193_000, [0, 50_000, 100_000, 150_000]),
        (0.1234, 0.1239, [0.1234, 0.1235, 0.1236, 0.1237, 0.1238, 0.1239]),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]):
    assert Scale(low, high, 0, 1).ticks() == pytest.approx(expected)


def test_what_spans_decades_has_a_log_scale():
    html = chart("norms", {"D": [(1, 1e-4), (2, 1e-2), (3, 1.0)]})
    assert "log scale" in html
    assert {"0.0001", "0.01", "1"} <= set(labels(html))
    (_, a), (_, b), (_, c) = line(html)
    assert a - b == pytest.approx(b - c, abs=0.2)


def test_a_few_peaks_do_not_flatten_the_rest():
    curve = [(i, -1.0 + i % 5 * 0.1) for i in range(100)]
    curve[3] = (3, 1000.0)
    html = chart("loss", {"D": curve})
    assert "cut off" in html
    ys = [y for _, y in line(html)]
    assert max(ys[10:]) - min(ys[10:]) > 50
    assert "cut off" not in chart("loss", {"D": curve[10:]})


def test_a_long_curve_is_drawn_as_means_over_a_band():
    html = chart("loss", {"D": [(i, float(i % 2)) for i in range(10_000)]})
    assert len(line(html)) <= BINS + 1
    assert len(html) < 40_000
    (band,) = drawn(html).iter("polygon")
    ys = [float(point.split(",")[1]) for point in band.get("points", "").split()]
    assert max(ys) - min(ys) > 100


@pytest.mark.parametrize("value", [0.0, 5.0, -3.0, 1e-30])
@pytest.mark.parametrize("length", [1, 3])
def test_a_curve_that_does_not_move_can_be_drawn(value: float, length: int):
    drawn(chart("a", {"a": [(i * 10, value) for i in range(length)]}))


def test_marks_stand_where_they_belong():
    marks = [Mark(50, "<second>"), Mark(75, "oh & no", trouble=True), Mark(500, "later")]
    html = chart("a", {"a": [(0, 1.0), (100, 2.0)]}, marks)
    groups = {g.get("class"): g for g in drawn(html).iter("g")}
    assert groups.keys() == {"stage", "trouble"}
    at = {kind: float(group.find("line").get("x1")) for kind, group in groups.items()}
    assert at["stage"] == pytest.approx((LEFT + WIDTH - RIGHT) / 2, abs=0.1)
    assert at["trouble"] > at["stage"]
    assert groups["trouble"].find("title").text == "oh & no"


def test_names_are_text_and_the_script_finds_the_values():
    name = "<b>\"D'(G(z))&"
    html = chart(name, {name: [(1, 0.5), (2, 0.25)]})
    assert '<b>"D' not in html
    data = json.loads(unescape(re.search('data-curves="(.*?)"', html)[1]))
    assert data == {"x": [0.0, 2], "curves": [[[1, 0.5], [2, 0.25]]]}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.123456, "0.123"),
        (-5.0, "-5"),
        (999.6, "1000"),
        (1234.4, "1234"),
        (9999.7, "10k"),
        (192_000, "192k"),
        (999_900, "1M"),
        (-2.5e6, "-2.5M"),
        (3e9, "3G"),
        (1e-7, "1e-07"),
    ],
)
def test_numbers_are_short(value: float, text: str):
    assert short_number(value) == text

"""The judgement on evidence made by hand: each trouble, and what only looks like it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ganvas.cli import train
from ganvas.core import registry
from ganvas.watch import report
from ganvas.watch.advice import ADVICE, tries
from ganvas.watch.evidence import Evidence
from ganvas.watch.verdicts import FOLLOWS, judge, scope

EVEN = [0.1] * 10
REAL = {
    "rows": 900, "size": 256, "distinct": 900, "spread": 9.0, "nearest": 3.0, "copies": 0.0,
    "contrast": 0.9, "heaps": EVEN, "classes": EVEN, "read": 0.98,
}  # fmt: skip


def look(number: int, **other) -> dict:
    """The look after `number` times 100 rounds of a run that goes well."""
    seen = {
        "round": 100 * number, "images": 6400 * number, "seconds": 4.0 * number, "stage": "play",
        "steps": {"G": 100 * number, "D": 100 * number}, "moved": {"G": 0.02, "D": 0.02},
        "sigma": {"G.out": 1.0 + number / 5, "D.out": 2.0}, "real": REAL, "makers": ["G"],
        "takes": {"z": "Noise"}, "judges": ["D"], "made": 128, "spread": 0.95, "gap": 0.01,
        "twins": 4.0, "nearest": 4.0, "copies": 0.0, "contrast": 0.9, "heaps": EVEN,
        "classes": EVEN, "changed": 0.1, "inputs": {}, "wins": 0.9,
    }  # fmt: skip
    return {**seen, **other}


START = look(0, spread=0.01, gap=1.5, classes=[1.0] + [0.0] * 9, wins=0.5, moved={})


def run(*others: dict, stats: tuple = (), first: dict = START, good: int | None = None) -> Evidence:
    """A run of ten looks, or of less `good` ones; the last ones are made of `others`."""
    well = [look(i) for i in range(1, 11 - len(others))][:good]
    bad = [look(10 - len(others) + i, **other) for i, other in enumerate(others, 1)]
    return Evidence(list(stats), [first, *well, *bad], {"lr": 1e-3, "batch": 64})


def names(evidence: Evidence) -> list[str]:
    return [found.trouble for found in judge(evidence)]


def some(**real) -> dict:
    return {"real": {**REAL, **real}}


FAR = {"gap": 0.5, "spread": 0.6}
TOLD = {"round": 300, "images": 19_200, "trouble": "the loss of D is not finite in round 350"}
LABELS = {"takes": {"z": "Noise", "label": "Label"}}
TURNING = [
    {"heaps": [0.5, 0.5, *[0.0] * 8], "gap": 0.2},
    {"heaps": [0.0, 0.0, 0.5, 0.5, *[0.0] * 6], "gap": 0.2},
]

TROUBLES = {
    "all rows the same": ("dead-data", run(*[some(distinct=1, spread=0.0)] * 10)),
    "all rows nearly the same": ("dead-data", run(*[some(spread=0.05)] * 10)),
    "labels by chance": ("random-labels", run(*[{**some(read=0.1), **LABELS}] * 10)),
    "went back": ("nan", run(stats=(TOLD,))),
    "samples no numbers": ("nan", run({"finite": False})),
    "G never moved": ("frozen", run(*[{"moved": {"G": 0.0, "D": 0.1}}] * 10)),
    "D never moved": ("frozen", run(*[{"moved": {"G": 0.1, "D": 1e-9}}] * 10)),
    "a layer grew": ("exploding", run({"sigma": {"G.out": 200.0, "D.out": 2.0}})),
    "a layer grew out of nothing": (
        "exploding",
        run(*[{"sigma": {"G.out": 90.0, "D.out": 2.0}}] * 9, first=look(0, sigma={"G.out": 0.0})),
    ),
    "a layer is no number": ("exploding", run({"sigma": {"G.out": None, "D.out": 2.0}})),
    "alike": ("collapse", run(*[{"spread": 0.05, "gap": 0.5}] * 3)),
    "alike but for one look": (
        "collapse",
        run(*[{"spread": s, "gap": 0.5} for s in (0.1, 0.01, 0.1, 0.02, 0.6, 0.1)], good=0),
    ),
    "one and the same since": (
        "collapse",
        run(*[{"spread": 1e-5, "gap": g} for g in (0.7, 0.5)], first=look(0, spread=0.1), good=0),
    ),
    "alike from the first": ("collapse", run(*[{"spread": 0.05, "gap": 0.5}] * 10)),
    "a class missing": ("partial-collapse", run(*[{"classes": [0, 0.2, *EVEN[2:]]}] * 5)),
    "kinds missing": (
        "partial-collapse",
        run(*[{**some(read=0.2), "heaps": [0, 0, 0, 0.4, *EVEN[4:]]}] * 6),
    ),
    "now this class, now that": (
        "partial-collapse",
        run(
            *[
                {"classes": [float(i == c) for i in range(10)], "gap": 0.6, "spread": 0.5}
                for c in (1, 8, 1, 5)
            ]
        ),
    ),
    "diversity fell": ("partial-collapse", run(*[{"spread": 0.45, "gap": 0.2}] * 3)),
    "D always right": ("strong-critic", run(*[{**FAR, "wins": 1.0}] * 5)),
    "D by chance": ("weak-critic", run(*[{**FAR, "wins": 0.5}] * 5)),
    "D the wrong way": ("weak-critic", run(*[{**FAR, "wins": 0.0}] * 5)),
    "copies": ("memorised", run(*[{"copies": 0.5, "contrast": 0.3}] * 3)),
    "label without effect": (
        "ignores-label",
        run(*[{**LABELS, "inputs": {"label": 0.001, "noise": 0.9}}] * 5),
    ),
    "label without meaning": ("ignores-label", run(*[{**LABELS, "obeys": 0.1}] * 9)),
    "noise without effect": (
        "ignores-noise",
        run(*[{"inputs": {"x": 0.9, "noise": 0.001}}] * 5),
    ),
    "in circles": ("oscillation", run(*TURNING * 5)),
    "no nearer": ("no-progress", run(*[{"gap": 0.3, "wins": 0.8}] * 9)),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_each_trouble_is_named_and_told_in_full(name: str):
    trouble, evidence = TROUBLES[name]
    (found,) = judge(evidence)
    assert found.trouble == trouble
    assert 0.5 <= found.sure <= 1
    assert any(c.isdigit() for c in found.seen) or trouble == "nan"
    assert 0 <= found.since <= 64_000
    assert "arXiv:" in found.paper or trouble == "nan"
    assert found.tries
    assert all(option.startswith("--") for option in found.tries)
    assert found.to_json()["word"] in ("certain", "likely", "perhaps")


CURVE = [{"images": i, "stage": "play", "gradient/G": 1.0} for i in range(60)]
BEGUN = look(0, **{**START, "sigma": {"G.out": 0.0, "D.out": 2.0}})
SILENT = {
    "a layer began as nothing": run(*[{"sigma": {"G.out": 9.0, "D.out": 2.0}}] * 9, first=BEGUN),
    "a good run": run(),
    "only the beginning": Evidence([], [START]),
    "nothing": Evidence(),
    "few rows": run(*[some(distinct=20, rows=20)] * 10),
    "a rate that fell to 0": run(*[{"moved": {"G": 0.0, "D": 0.0}}] * 2),
    "a player whose turn has not come": run(
        *[{"moved": {"G": 0.1, "D": 0.0}, "steps": {"G": 500, "D": 0}}] * 10
    ),
    "layers that learned": run({"sigma": {"G.out": 16.0, "D.out": 30.0}}),
    "it blurs": run(*[{"spread": 0.7, "gap": 0.05}] * 9),
    "it is early": Evidence([], [START, *[look(i, gap=1 / i, spread=i / 10) for i in (1, 2, 3)]]),
    "not yet unfolded": run(*[{"spread": 0.1 + i / 90, "gap": 1.4 - 0.1 * i} for i in range(10)]),
    "a class rare for a moment": run({"classes": [0, 0.2, *EVEN[2:]]}, {}),
    "another class each time": run(
        *[{"classes": [0.0 if i == k else 0.1 for i in range(10)]} for k in range(10)]
    ),
    "classes that cannot be told": run(*[{**some(read=0.5), "classes": [1] + [0] * 9}] * 10),
    "D always right, samples good": run(*[{"wins": 1.0, "gap": 0.02}] * 9),
    "D always right at first": run(*[{**FAR, "wins": 1.0}] * 3, {}),
    "D by chance, samples good": run(*[{"wins": 0.5, "gap": 0.01}] * 9),
    "blurred, so near to many rows": run(*[{"nearest": 1.0, "contrast": 0.95}] * 9),
    "a few dimensions": run(
        *[{**some(copies=0.33, contrast=0.5), "copies": 0.35, "contrast": 0.48}] * 9
    ),
    "a weak input": run(*[{"inputs": {"label": 0.1, "noise": 0.9}}] * 9),
    "a label not yet learned": run(*[{"obeys": 0.1, "gap": 0.08}] * 9),
    "turning and coming nearer": run(
        *[{**t, "gap": 0.29 / (i + 1)} for i, t in enumerate(TURNING * 3)]
    ),
    "one leap of the gradient": run(
        stats=(*CURVE, {"images": 60, "stage": "play", "gradient/G": 1e5})
    ),
}


@pytest.mark.parametrize("name", SILENT)
def test_what_only_looks_like_trouble_is_not_called_so(name: str):
    assert names(SILENT[name]) == []


def test_a_cause_is_told_and_not_what_follows_from_it():
    wild = {"sigma": {"G.out": 900.0, "D.out": 2.0}, "spread": 0.0, "gap": 4.0}
    assert names(run(*[wild] * 5)) == ["exploding", "collapse"]
    assert names(run(*[{**wild, "spread": 0.5}] * 9)) == ["exploding"]
    blind = {"wins": 0.0, "spread": 0.3, "gap": 3.0}
    assert names(run(*[blind] * 9)) == ["partial-collapse", "weak-critic"]
    assert FOLLOWS.keys() | set().union(*FOLLOWS.values()) <= ADVICE.keys()


def test_a_new_stage_begins_with_a_clean_slate():
    small = [look(i, gap=0.4, wins=1.0, stage="4x4") for i in range(1, 9)]
    grown = look(9, gap=0.9, wins=1.0, stage="8x8", spread=0.1)
    assert names(Evidence([], [START, *small])) == ["strong-critic"]
    assert names(Evidence([], [START, *small, grown])) == []
    calm = [{"images": i, "stage": "4x4", "gradient/G": 1.0} for i in range(50)]
    loud = [{"images": 50 + i, "stage": "8x8", "gradient/G": 1e4} for i in range(50)]
    assert names(run(stats=(*calm, *loud))) == []
    risen = [{**line, "stage": "4x4"} for line in loud]
    assert names(run(stats=(*calm, *risen))) == ["exploding"]


def test_a_gradient_that_vanished_is_part_of_the_evidence():
    stats = [{"images": i, "stage": "play", "gradient/G": 10.0 / 2**i} for i in range(20)]
    (found,) = judge(run(*[{**FAR, "wins": 1.0}] * 5, stats=tuple(stats)))
    assert "the gradient of G fell from 10 to" in found.seen


def test_more_looks_make_it_surer_and_since_is_the_first_of_them():
    few, many = (judge(run(*[{"spread": 0.05, "gap": 0.5}] * n))[0] for n in (2, 5))
    assert few.sure < many.sure
    assert (few.since, many.since) == (9 * 6400, 6 * 6400)


def test_silence_says_what_it_rests_on():
    assert "looked 11 times at variety, classes, copies, the judge" in scope(run())
    assert scope(Evidence([], [START])).startswith("too early to tell: looked once")
    assert scope(Evidence(CURVE)).startswith("nobody looked at what it makes; of 60 lines")


@pytest.mark.parametrize("game", registry.names())
def test_every_option_to_try_is_one_that_the_game_takes(game: str):
    preset = registry.preset_of(registry.find(game), "default")
    for name in ("default", "paper"):
        chosen = registry.preset_of(registry.find(game), name)
        config = registry.config_of(registry.find(game)).build(**chosen.config)
        known = {o.word: o for group in train.options(game, name).values() for o in group}
        values = {o.name: o for o in known.values()}
        for trouble in ADVICE:
            for option in tries(trouble, config.to_json()):
                word, value = option.split(" ", 1)
                read = known[word].parse(value.strip("'"))
                if known[word].name in config.to_json():
                    config.but(**{known[word].name: read})  # it is within the limits
                assert read != config.to_json().get(values[known[word].name].name)
    assert preset


def test_what_was_written_by_hand_is_not_trusted(tmp_path: Path):
    strange = [{"round": 1, "real": 3, "spread": "<b>"}, look(1, heaps=None), {"round": 2}]
    evil = look(9, spread=0.01, gap=0.5, steps={"G": 2000, "<script>": 2000}, makers=["G"])
    whole = look(0, steps={"G": 0, "<script>": 0}, moved={})
    evil["moved"] = {"G": 0.1, "<script>": 0.0}
    text = "".join(json.dumps(line) + "\n" for line in [*strange, whole, evil])
    (tmp_path / "referee.jsonl").write_text(text)
    assert len(Evidence.of(tmp_path).looks) == 2
    page = report.write(tmp_path).read_text()
    assert "&lt;script&gt; took 2,000 steps" in page
    assert "<script> took" not in page

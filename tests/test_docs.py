"""What the pages say is so: their commands exist, their example keeps the contract."""

from __future__ import annotations

import importlib
import json
import re
import shlex
import sys
from pathlib import Path

import pytest
from benchmarks import page as measured_page

from ganvas.cli.options import options_of
from ganvas.cli.pages import PAGES
from ganvas.cli.train import options as options_of_game
from ganvas.core import registry
from ganvas.testing import check_game
from ganvas.tools.explore.exploring import ACTIONS
from ganvas.watch.advice import ADVICE

HOME = Path(__file__).parents[1]
ENGLISH, CHINESE = "README.md", "README.zh-CN.md"


def page(name: str) -> str:
    return (HOME / name).read_text("utf-8")


def commands(text: str) -> list[str]:
    """The command at the beginning of each indented line, without what is said about it."""
    lines = re.findall(r"^    (\S.*)$", text, re.MULTILINE)
    return [re.split(r"  +", line)[0] for line in lines]


def python(text: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_both_readmes_say_the_same():
    english, chinese = page(ENGLISH), page(CHINESE)
    assert commands(english) == commands(chinese)
    assert python(english) == python(chinese)
    for part in (r"^#+ ", r"^\| `\w+` \| \[.*?\)", r"!\[", r"https://\S+?\)"):
        ours, theirs = (re.findall(part, text, re.MULTILINE) for text in (english, chinese))
        assert ours == theirs


@pytest.mark.parametrize("readme", [ENGLISH, CHINESE])
def test_the_table_of_games_is_whole_and_cites_what_the_games_cite(readme: str):
    table = dict(re.findall(r"^\| `(\w+)` \| \[.*?\]\((.*?)\)", page(readme), re.MULTILINE))
    assert table == {name: registry.find(name).paper.url for name in registry.names()}


def test_the_links_between_pages_lead_somewhere():
    for name in (
        ENGLISH,
        CHINESE,
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "docs/architecture.md",
        "docs/edit.md",
        "docs/explore.md",
        "docs/fidelity.md",
        "docs/figures.md",
        "docs/measured.md",
        "docs/referee.md",
        "docs/studio.md",
    ):
        for target in re.findall(r"\]\((?!http)([^)#]+)", page(name)):
            assert (HOME / name).parent.joinpath(target).exists(), f"{name} links to {target}"


WITH_COMMANDS = (
    *(ENGLISH, "CONTRIBUTING.md", "docs/edit.md", "docs/explore.md", "docs/referee.md"),
    "docs/studio.md",
)


@pytest.mark.parametrize("name", WITH_COMMANDS)
def test_every_command_exists(name: str):
    shown = [shlex.split(command) for command in commands(page(name))]
    for verb, *options in [words[1:] for words in shown if words[0] == "ganvas"]:
        assert verb in PAGES
        known = PAGES[verb]
        if verb == "train" and options[0] in registry.names():
            groups = options_of_game(options[0], "default").values()
            known += " ".join(option.word for group in groups for option in group)
        if verb == "explore":
            known += " ".join(option.word for option in options_of(ACTIONS[options[1]]()))
        unknown = [o for o in options if o.startswith("-") and o not in known]
        assert not unknown, f"ganvas {verb} has no {unknown}"
    targets = re.findall(r"^(\w+):", page("Makefile"), re.MULTILINE)
    assert {words[1] for words in shown if words[0] == "make"} <= set(targets)


def test_the_page_of_the_referee_has_every_trouble_and_what_was_measured():
    text = page("docs/referee.md")
    assert set(re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE)) == ADVICE.keys()
    rows = json.loads(page("results/referee.json"))["rows"]
    for name in {row["run"] for row in rows}:
        right = [row["right"] for row in rows if row["run"] == name]
        line = re.search(rf"^\| {re.escape(name)} \| .*?: (\d+) of (\d+) ", text, re.MULTILINE)
        assert line, name
        assert line.groups() == (str(sum(right)), str(len(right)))
    assert max(row["share"] for row in rows) < 0.02


@pytest.mark.parametrize("name", measured_page.PAGES)
def test_a_page_has_what_was_measured(name: str):
    text = page(f"docs/{name}")
    assert measured_page.filled(text, name) == text
    assert not re.search(r"^@\w+@$", text, re.MULTILINE)


def test_the_example_of_a_game_keeps_the_contract(tmp_path, monkeypatch):
    example = python(page("CONTRIBUTING.md"))[0]
    (tmp_path / "lsgan.py").write_text(example, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    try:
        check_game(importlib.import_module("lsgan").LSGAN)
    finally:
        registry._registered.pop("lsgan", None)
        sys.modules.pop("lsgan", None)

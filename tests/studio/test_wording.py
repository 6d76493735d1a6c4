"""What the server says to a person has its 中文 on the page."""

import ast
import re
from collections import Counter
from dataclasses import fields as fields_of
from pathlib import Path

import pytest

from ganvas.core import UsageError, registry
from ganvas.core.config import docs
from ganvas.studio import desk
from ganvas.studio.doing import Wrong
from ganvas.studio.offers import HIDDEN
from ganvas.studio.wording import Words, told, words_of
from ganvas.tools import pretrained

HOME = Path(desk.__file__).parent
TERMINAL = {"listening.py", "places.py", "serving.py", "start.py"}
"""What these say stands on a terminal."""
SAYING = {"Words", "Wrong", "Refused"}
ERRORS = {"UsageError", "GanvasError", "CheckpointError", "DataError"}


def files() -> list[Path]:
    return [file for folder in (HOME, HOME / "rooms") for file in sorted(folder.glob("*.py"))]


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def templates(tree: ast.Module) -> set[str]:
    """All templates of a file: first arguments, and what is called `template`."""
    found = [n.value for n in ast.walk(tree) if isinstance(n, ast.Assign)
             and [ast.unparse(t) for t in n.targets] == ["template"]]  # fmt: skip
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and name_of(call) in SAYING and call.args:
            first = call.args[0]
            if not (isinstance(first, ast.Name) and first.id == "template"):
                found.append(first)
    return {ast.literal_eval(each) for each in found}


def fields(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_all_that_the_server_says_is_known_in_both_languages():
    page = (HOME / "page" / "messages.js").read_text("utf-8")
    chinese = dict(re.findall(r'^    "(.*?)": "(.*)",$', page, re.M))
    said = set()
    for file in files():
        if file.name not in TERMINAL:
            said |= templates(ast.parse(file.read_text("utf-8")))
    assert said == chinese.keys(), said ^ chinese.keys()
    for template, text in chinese.items():
        assert re.search(r"[\u4e00-\u9fff]", text), template
        assert fields(template) == fields(text), template
        assert template.count("{") == len(re.findall(r"\{\w+\}", template)), template


@pytest.mark.parametrize("file", files(), ids=lambda file: file.stem)
def test_no_error_for_the_page_is_without_a_template(file):
    for call in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(call, ast.Call) and name_of(call) in ERRORS and file.name not in TERMINAL:
            first = call.args[0]
            assert not isinstance(first, ast.Constant | ast.JoinedStr), ast.unparse(call)


def test_options_that_several_games_share_are_explained_in_both_languages():
    page = (HOME / "page" / "rooms" / "helps.js").read_text("utf-8")
    chinese = re.findall(r'^    "(.*?)": "(.*)",$', page, re.M)
    seen = Counter()
    for game in registry.names():
        config = registry.config_of(registry.find(game))
        known = docs(config)
        seen.update(
            {
                known[field.name]
                for field in fields_of(config)
                if field.name in known.keys() - HIDDEN
            }
        )
    assert {text for text, _ in chinese} <= seen.keys()
    shared = {text for text, games in seen.items() if games > 1 and "{" not in text}
    assert shared - {text for text, _ in chinese} == set()
    assert all(re.search(r"[\u4e00-\u9fff]", text) for _, text in chinese)


def test_all_shipped_generators_are_explained_in_both_languages():
    page = (HOME / "page" / "rooms" / "gallery.js").read_text("utf-8")
    for name in pretrained.shipped():
        assert page.count(f"    makes_{name.replace('-', '_')}: ") == 2, name


def test_an_error_is_told_with_its_template():
    assert told(Wrong("{n} of {all}", n=1, all="x")) == {
        "error": "1 of x", "words": ["{n} of {all}", {"n": 1, "all": "x"}]}  # fmt: skip
    inside = UsageError(Words("{run} has gone", run="{odd}"))
    assert str(inside) == words_of(inside) == "{odd} has gone"
    assert told(UsageError("no {field} here"))["words"] == ["{error}", {"error": "no {field} here"}]

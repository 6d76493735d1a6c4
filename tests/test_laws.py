"""The laws of the house, checked over the syntax tree of every file in src/ganvas.

A law is a generator of breaches. Beside it stands a snippet that breaks it, since a law that cannot
fail is no law, and often one that looks like a breach and is none.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import pytest

SRC = Path(__file__).parents[1] / "src" / "ganvas"


@dataclass(frozen=True)
class File:
    """A source file; `path` is relative to src/ganvas."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def package(self) -> str:
        """The folder it is in, such as `zoo`; its own name for a file beside the folders."""
        return self.path.partition("/")[0].removesuffix(".py")

    @property
    def is_game(self) -> bool:
        return self.package == "zoo" and not self.path.endswith("__init__.py")


Breach = tuple[int, str]
Law = Callable[[File], Iterator[Breach]]


@dataclass(frozen=True)
class Entry:
    law: Law
    broken: File
    kept: File | None


LAWS: list[Entry] = []
FILES = [File(str(p.relative_to(SRC)), p.read_text("utf-8")) for p in sorted(SRC.rglob("*.py"))]


def law(path: str, *, broken: str, kept: str | None = None) -> Callable[[Law], Law]:
    """Makes a generator of breaches a law; the snippets are read as if they stood at `path`."""

    def add(found: Law) -> Law:
        LAWS.append(
            Entry(found, File(path, broken), None if kept is None else File(path, kept)),
        )
        return found

    return add


def named(entry: Entry) -> str:
    return entry.law.__name__


@pytest.mark.parametrize("entry", LAWS, ids=named)
def test_the_house_keeps_the_law(entry: Entry) -> None:
    breaches = [
        f"src/ganvas/{file.path}:{line}: {what}" for file in FILES for line, what in entry.law(file)
    ]
    assert not breaches, "\n".join([f"the law: {entry.law.__doc__}", *breaches])


@pytest.mark.parametrize("entry", LAWS, ids=named)
def test_the_law_can_fail(entry: Entry) -> None:
    assert list(entry.law(entry.broken))
    if entry.kept is not None:
        assert list(entry.law(entry.kept)) == []
    assert entry.law.__doc__


# -- the engine --------------------------------------------------------------------------------


@law(
    "zoo/gan.py",
    broken="def play(self, data):\n    loss.backward()\n    optimiser.step()",
    kept="(gradient,) = torch.autograd.grad(score, x)\nplayer.stepped()",
)
def only_the_trainer_descends(file: File) -> Iterator[Breach]:
    """Only core/trainer.py calls backward() and step(); a game yields a Move instead.

    The classifier that judges games plays none. Where edits go on, step() moves a point and no
    network: there nobody may have an optimiser.
    """
    if file.path in ("core/trainer.py", "metrics/classifier.py"):
        return
    edits = file.package in ("tools", "cli", "studio")
    for call in nodes(file.tree, ast.Call):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if name == "backward" or (name == "step" and not edits):
            yield call.lineno, f"calls {name}()"
    for line, name in imports(file) if edits else ():
        if name.startswith("torch.optim"):
            yield line, f"imports {name}"
    for found in nodes(file.tree, ast.Attribute) if edits else ():
        if found.attr == "optim":
            yield found.lineno, "takes an optimiser of torch"


@pytest.mark.parametrize("code", ["import torch.optim", "x = torch.optim.Adam(y)", "x.backward()"])
def test_edits_have_no_optimiser(code: str) -> None:
    assert list(only_the_trainer_descends(File("tools/painting.py", code)))
    assert not list(only_the_trainer_descends(File("tools/painting.py", "painting.step()")))


@law(
    "zoo/gan.py",
    broken="def play(self):\n    with no_grad():\n        if x:\n            yield move",
    kept="@contextmanager\ndef shown(self):\n    with self.pause():\n        yield",
)
def no_yield_inside_a_with(file: File) -> Iterator[Breach]:
    """Between two moves the trainer works, and a `with` around a yield would hold there too."""
    for function in nodes(file.tree, ast.FunctionDef | ast.AsyncFunctionDef):
        if any("contextmanager" in ast.unparse(d) for d in function.decorator_list):
            continue
        for block in of_the_same_function(function, ast.With | ast.AsyncWith):
            for found in of_the_same_function(block, ast.Yield | ast.YieldFrom):
                yield found.lineno, f"{function.name} yields inside the with of line {block.lineno}"


# -- who may import whom -----------------------------------------------------------------------

BELOW = {
    "core": {"core"},
    "losses": {"core", "losses"},
    "nets": {"core", "losses", "nets"},
    "data": {"core", "nets", "data"},
    "metrics": {"core", "nets", "data", "metrics"},
    "tricks": {"core", "losses", "nets", "tricks"},
    "zoo": {"core", "losses", "nets", "metrics", "tricks"},
    "watch": {"core", "nets", "data", "metrics", "watch"},
    "tools": {"core", "nets", "data", "metrics", "watch", "tools"},
    "studio": {"core", "nets", "data", "metrics", "watch", "tools", "auto", "studio"},
}
"""For each package, all of ganvas that it may import. The command line stands on all of them."""


@law(
    "zoo/wgan.py",
    broken="from ganvas.zoo.gan import GAN",
    kept="from ganvas.core import Game\nimport ganvas.losses.adversarial",
)
def imports_point_downwards(file: File) -> Iterator[Breach]:
    """core knows nobody above it; only api, cli and testing know games; and no game another."""
    for line, name in imports(file):
        whole, _, rest = name.partition(".")
        target = rest.partition(".")[0]
        if whole == "ganvas" and target not in BELOW.get(file.package, {target}):
            yield line, f"{file.package} imports {name}"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("core/trainer.py", "from ganvas.zoo import gan"),
        ("core/trainer.py", "import ganvas.data"),
        ("core/trainer.py", "from ..watch import progress"),
        ("core/trainer.py", "def lazy():\n    from ganvas import watch"),
        ("losses/penalties.py", "from ganvas.zoo.gan import GAN"),
        ("nets/resnet.py", "from ganvas.cli import main"),
        ("data/folder.py", "from ganvas.api import train"),
        ("zoo/wgan.py", "from . import gan"),
    ],
)
def test_no_kind_of_import_escapes(path: str, code: str) -> None:
    assert list(imports_point_downwards(File(path, code)))


HEAVY = {"fastapi", "uvicorn", "gradio", "tensorboard", "rich", "tyro"}
HEAVY |= {"matplotlib", "sklearn", "skimage", "scipy"}


def test_importing_ganvas_is_light() -> None:
    """`import ganvas` pulls in no server, no plots, and adds under 0.3 s to torch's own import."""
    program = (
        "import sys, time, torch; began = time.process_time(); import ganvas, ganvas.core; "
        "print(time.process_time() - began, *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    seconds, *modules = done.stdout.split()
    assert not {m.partition(".")[0] for m in modules} & HEAVY
    assert float(seconds) < 0.3


# -- games -------------------------------------------------------------------------------------


@law(
    "zoo/wgan.py",
    broken="class GAN(Game): ...\nclass WGAN(GAN): ...",
    kept="class Net(nn.Module): ...\nclass WGAN(Game): ...",
)
def one_final_game_for_each_file(file: File) -> Iterator[Breach]:
    """A file of the zoo holds one game, of Game or a Duel: games never inherit from games."""
    if not file.is_game:
        return
    classes = list(nodes(file.tree, ast.ClassDef))
    games = {c.name for c in classes if {"Game", "Duel", "UsualDuel", "StyledDuel"} & bases(c)}
    if len(games) != 1:
        yield 1, f"holds {len(games)} games: {', '.join(sorted(games))}"
    for c in classes:
        if games & bases(c):
            yield c.lineno, f"{c.name} inherits from the game {', '.join(games & bases(c))}"


@law(
    "zoo/gan.py",
    broken="'Generative Adversarial Nets. https://arxiv.org/abs/1406.2661. Figures: none.'",
    kept="'https://arxiv.org/abs/1. Figures: 1. Deviations: 0. Reproduce: `ganvas train gan`'",
)
def the_docstring_is_the_page(file: File) -> Iterator[Breach]:
    """A game's file begins with its page: source, figures, deviations, how to reproduce it."""
    page = ast.get_docstring(file.tree) or ""
    for part in ("https://", "Figures", "Deviations", "Reproduce: `ganvas "):
        if file.is_game and part not in page:
            yield 1, f"its docstring lacks {part!r}"


@law(
    "zoo/gan.py",
    broken="class GANConfig(Config):\n    noise: int = 64\n    lr: float = 1e-3\n    'The rate.'",
    kept="class GANConfig(Config):\n    noise: int = 64\n    'Size of z.'\nclass Net:\n    x: int",
)
def every_option_is_explained(file: File) -> Iterator[Breach]:
    """Each field of a config has a docstring: it is the field's help on the command line."""
    for c in nodes(file.tree, ast.ClassDef):
        known = file.package in ("core", "zoo", "tricks")
        if not (known and any(base.endswith(("Config", "Options")) for base in bases(c))):
            continue
        for field, after in zip(c.body, [*c.body[1:], None], strict=True):
            if isinstance(field, ast.AnnAssign) and not is_text(after):
                yield field.lineno, f"{c.name}.{ast.unparse(field.target)} has no docstring"


@law("zoo/gan.py", broken="import torch\n" * 251, kept="import torch\n" * 100)
def a_game_takes_50_to_250_lines(file: File) -> Iterator[Breach]:
    """Less than 50 lines is no page; more than 250 hold what belongs on the shelf (nets/)."""
    lines = file.text.count("\n")
    if file.is_game and not 50 <= lines <= 250:
        yield lines, f"has {lines} lines"


# -- sizes -------------------------------------------------------------------------------------


@law("core/x.py", broken="import os\n" * 301, kept="import os\n" * 300)
def files_have_at_most_300_lines(file: File) -> Iterator[Breach]:
    """A longer file holds more than one idea."""
    lines = file.text.count("\n")
    if lines > 300:
        yield lines, f"has {lines} lines"


@law(
    "core/x.py",
    broken="def f():\n" + "    x = 1\n" * 40,
    kept="def f():\n    '''Doc.\n" + "    \n" * 30 + "    '''\n" + "    x = 1\n" * 39,
)
def functions_have_at_most_40_lines(file: File) -> Iterator[Breach]:
    """From `def` to the end, without the docstring. A longer one does more than one thing."""
    for function in nodes(file.tree, ast.FunctionDef | ast.AsyncFunctionDef):
        lines = length(function)
        if is_text(function.body[0]):
            lines -= length(function.body[0])
        if lines > 40:
            yield function.lineno, f"{function.name} has {lines} lines"


# -- what is on disk is data, never code -------------------------------------------------------

UNPICKLERS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


@law(
    "core/x.py",
    broken="import pickle",
    kept="net.eval()\ntorch.load(f, weights_only=True)\nnp.load(f)\nnp.load(f, allow_pickle=False)",
)
def nothing_is_loaded_as_code(file: File) -> Iterator[Breach]:
    """Files are read with safetensors, JSON or torch.load(weights_only=True); none is executed."""
    for line, name in imports(file):
        if name.partition(".")[0] in UNPICKLERS:
            yield line, f"imports {name}"
    for call in nodes(file.tree, ast.Call):
        given = {k.arg: ast.unparse(k.value) for k in call.keywords}
        match ast.unparse(call.func):
            case "eval" | "exec" as name:
                yield call.lineno, f"calls {name}"
            case "torch.load" if given.get("weights_only") != "True":
                yield call.lineno, "torch.load without weights_only=True"
            case "np.load" | "numpy.load" if given.get("allow_pickle", "False") != "False":
                yield call.lineno, "np.load with allow_pickle"


@pytest.mark.parametrize(
    "code",
    [
        "from pickle import loads",
        "import joblib",
        "eval(text)",
        "exec(text)",
        "torch.load(f)",
        "torch.load(f, weights_only=False)",
        "np.load(f, allow_pickle=True)",
    ],
)
def test_no_kind_of_loading_escapes(code: str) -> None:
    assert list(nothing_is_loaded_as_code(File("core/x.py", code)))


# -- reading syntax trees ----------------------------------------------------------------------

Node = TypeVar("Node", bound=ast.AST)


def nodes(tree: ast.AST, kind: type[Node]) -> Iterator[Node]:
    return (node for node in ast.walk(tree) if isinstance(node, kind))


def of_the_same_function(node: ast.AST, kind: type[Node]) -> Iterator[Node]:
    """What lies below `node`, without the functions and lambdas defined there."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, kind):
            yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from of_the_same_function(child, kind)


def imports(file: File) -> Iterator[Breach]:
    """The line and the full name of each imported module, wherever in the file."""
    folder = ["ganvas", *file.path.split("/")[:-1]]
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            upwards = folder[: len(folder) - node.level + 1] if node.level else []
            module = ".".join([*upwards, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{module}.{alias.name}"


def bases(c: ast.ClassDef) -> set[str]:
    return {ast.unparse(base).rpartition(".")[2] for base in c.bases}


def is_text(node: ast.AST | None) -> bool:
    match node:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
    return False


def length(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1

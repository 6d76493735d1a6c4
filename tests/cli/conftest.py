"""Commands, run in this process, and one small run of each kind to draw from."""

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ganvas.cli import main


@dataclass
class Said:
    """What became of a command."""

    code: int
    out: str
    err: str

    def json(self):
        assert self.code == 0, self.err
        return json.loads(self.out)


Ganvas = Callable[..., Said]


@pytest.fixture
def ganvas(capsys) -> Ganvas:
    """Runs a command, such as `ganvas("sample {} -n 4", run)`, whose braces take paths."""

    def run(command: str, *paths: Path) -> Said:
        capsys.readouterr()
        words = shlex.split(command.format(*(shlex.quote(str(path)) for path in paths)))
        code = main(words)
        return Said(code, *capsys.readouterr())

    return run


def trained(folder: Path, options: str) -> Path:
    assert main(["train", *options.split(), "--out", str(folder), "--quiet"]) == 0
    return folder


@pytest.fixture(scope="session")
def runs(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("runs of the command line")


@pytest.fixture(scope="session")
def digits_run(runs) -> Path:
    return trained(runs / "gan", "gan --steps 3 --seed 7")


@pytest.fixture(scope="session")
def labels_run(runs) -> Path:
    return trained(runs / "cgan", "cgan --steps 1")


@pytest.fixture(scope="session")
def maps_run(runs) -> Path:
    return trained(runs / "dcgan", "dcgan --steps 1 --batch 8")


@pytest.fixture(scope="session")
def holes_run(runs) -> Path:
    return trained(
        runs / "context",
        "context --data digits --partner holed:centre --size 16 --steps 1 --batch 2 --width 2",
    )


@pytest.fixture(scope="session")
def points_run(runs) -> Path:
    return trained(runs / "wgan_gp", "wgan_gp --steps 1")


@pytest.fixture(scope="session")
def tokens_run(runs) -> Path:
    return trained(runs / "seqgan", "seqgan --steps 1 --batch 8")


@pytest.fixture(scope="session")
def images_run(runs) -> Path:
    return trained(runs / "cyclegan", "cyclegan --steps 1 --batch 2 --width 4 --blocks 1 --size 12")

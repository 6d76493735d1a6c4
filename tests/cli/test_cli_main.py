"""The words before any verb: help, versions, exit codes."""

import os
import resource
import subprocess
import sys
from importlib.metadata import version

import pytest

from ganvas.cli import main
from ganvas.cli.pages import PAGES

PYTHON = [sys.executable, "-W", "error"]


def test_help_is_quick_and_imports_nothing_heavy():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    heavy = "{m for m in ('torch', 'tyro', 'rich', 'numpy', 'matplotlib') if m in sys.modules}"
    code = f"import sys; from ganvas.cli import main; main(['--help']); print({heavy})"
    done = subprocess.run([*PYTHON, "-c", code], capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.stdout.endswith("set()\n")
    # Seconds of the processor, which do not depend on what else the machine does.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5


def test_the_module_is_the_command_and_a_closed_pipe_is_no_error():
    whole = subprocess.run([*PYTHON, "-m", "ganvas"], capture_output=True, text=True, check=False)
    assert (whole.returncode, whole.stdout, whole.stderr) == (0, PAGES[""], "")
    reader, writer = os.pipe()
    os.close(reader)
    cut = subprocess.run(
        [*PYTHON, "-m", "ganvas", "--help"], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert cut.stderr == b""


@pytest.mark.parametrize("words", ["", "--help", "-h", "help"])
def test_help(ganvas, words):
    said = ganvas(words)
    assert (said.code, said.out, said.err) == (0, PAGES[""], "")
    for verb in PAGES:
        assert f"  {verb} " in said.out or not verb


@pytest.mark.parametrize("verb", [verb for verb in PAGES if verb])
def test_every_verb_has_a_page_that_fits_a_terminal(ganvas, verb):
    said = ganvas(f"{verb} --help")
    assert (said.code, said.out, said.err) == (0, PAGES[verb], "")
    assert ganvas(f"help {verb}").out == said.out
    assert said.out.startswith(f"usage: ganvas {verb}")
    assert max(map(len, said.out.splitlines())) <= 80


def test_version(ganvas):
    said = ganvas("--version")
    assert (said.code, said.out) == (0, f"ganvas {version('ganvas')}\n")


def test_an_unknown_verb_names_the_nearest(ganvas):
    said = ganvas("trian dcgan")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("ganvas: error: unknown verb 'trian'; did you mean 'train'?")
    assert "there are: demo, list" in ganvas("xyzzy").err


def test_wrong_use_is_one_line_and_a_traceback_only_for_those_who_ask(ganvas, monkeypatch):
    said = ganvas("show dcgn")
    assert said.code == 2
    assert said.err == "ganvas: error: unknown game 'dcgn'; did you mean 'dcgan'?\n"
    monkeypatch.setenv("GANVAS_DEBUG", "1")
    assert "Traceback" in ganvas("show dcgn").err


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (OSError(28, "No space left on device", "x.png"), 1, "No space left on device: x.png\n"),
        (KeyboardInterrupt(), 130, ""),
        (SystemExit(2), 2, ""),
        (ZeroDivisionError("by nought"), 1, "ZeroDivisionError: by nought"),
    ],
)
def test_exit_codes_of_what_goes_wrong_inside(ganvas, monkeypatch, error, code, message):
    def fail(words):
        raise error

    monkeypatch.setattr("ganvas.cli.list.main", fail)
    said = ganvas("list")
    assert said.code == code
    assert message in said.err
    assert ("Traceback" in said.err) == isinstance(error, ZeroDivisionError)


def test_under_torchrun_the_first_process_complains_for_all(monkeypatch, capsys):
    monkeypatch.setenv("RANK", "1")
    assert main(["show", "dcgn"]) == 2
    assert capsys.readouterr().err == ""

"""The command line: one module for each verb, none of them imported before it is asked for."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from keyword import iskeyword

from ganvas.cli.pages import HELP, PAGES

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command: the words after `ganvas`.

    Args:
        argv: the words; those of the process if None.

    Returns:
        The exit code: 0 done, 2 wrong use, 1 failed (130 if a key interrupted it before there was
        anything to save).
    """
    words = [*(sys.argv[1:] if argv is None else argv)]  # `list` is a verb here
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that has no "×" still gets the rest
    try:
        code = _run(words)
        sys.stdout.flush()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BrokenPipeError:
        # The reader has gone (`| head`); nothing more can be said, at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        return _failed(error)
    return code


def _run(words: list[str]) -> int:
    if not words or words[0] in (*HELP, "help"):
        print(PAGES.get(" ".join(words[1:2]), PAGES[""]), end="")
        return 0
    if words[0] in ("--version", "-V"):
        from ganvas import __version__

        print(f"ganvas {__version__}")
        return 0
    verb, *rest = words
    verbs = [name for name in PAGES if name]
    if verb not in verbs:
        near = get_close_matches(verb, verbs, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(verbs)}"
        _complain(f"unknown verb {verb!r}; {hint} (ganvas --help says more)")
        return 2
    if rest and all(word in HELP for word in rest):
        print(PAGES[verb], end="")
        return 0
    module = f"{verb}_" if iskeyword(verb) else verb
    import_module(f"ganvas.cli.{module}").main(rest)
    return 0


def _failed(error: Exception) -> int:
    """Says what went wrong: in one message, or with a traceback if nobody foresaw it."""
    from ganvas.core.errors import GanvasError, UsageError

    foreseen = isinstance(error, GanvasError | OSError)
    if not foreseen or os.environ.get("GANVAS_DEBUG"):
        traceback.print_exception(error)
    if isinstance(error, UsageError) and _rank() > 0:
        return UsageError.exit_code  # every process was asked for the same; the first says it
    if isinstance(error, GanvasError):
        _complain(str(error))
        return error.exit_code
    if isinstance(error, OSError) and error.strerror:
        _complain(": ".join(map(str, filter(None, (error.strerror, error.filename)))))
        return 1
    _complain(f"{type(error).__name__}: {error}")
    if not foreseen:
        print("This should not happen: it is a mistake in ganvas or in the game.", file=sys.stderr)
    return 1


def _complain(message: str) -> None:
    process = f" (process {_rank()})" if _rank() else ""
    print(f"ganvas: error: {message}{process}", file=sys.stderr)


def _rank() -> int:
    """The number of this process under `torchrun`; 0 if it is alone."""
    return int(os.environ.get("RANK", "0"))

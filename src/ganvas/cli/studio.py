"""`ganvas studio [RUN...]`: a web page for everything that one does with pictures.

Options are read here by `argparse`, and not as elsewhere: those of `ganvas.cli.options` bring torch
along, which would take longer than the page.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NoReturn

from ganvas.cli.pages import HELP, PAGES

LEAST = 8
"""Characters of a token."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        from ganvas.core.errors import UsageError

        raise UsageError(f"{message}; see ganvas studio --help")


def main(words: Sequence[str]) -> None:
    """Serves the page until Ctrl-C.

    Raises:
        UsageError: for wrong options, what is no run, or an address that cannot be had.
    """
    if set(words) & set(HELP):
        print(PAGES["studio"], end="")
        return
    parser = _Parser(prog="ganvas studio", add_help=False, allow_abbrev=False)
    parser.add_argument("runs", nargs="*", metavar="RUN")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--token")
    parser.add_argument("--runs", dest="home", default="runs", metavar="FOLDER")
    parser.add_argument("--data", action="append", default=[], metavar="FOLDER")
    parser.add_argument("--no-open", action="store_true")
    asked = parser.parse_intermixed_args(list(words))
    if asked.token is not None and len(asked.token) < LEAST:
        parser.error(f"--token is too easily guessed: take {LEAST} characters or more")
    from ganvas.studio.start import studio

    studio(
        asked.runs,
        host=asked.host,
        port=asked.port,
        open_browser=not asked.no_open,
        token=asked.token,
        home=asked.home,
        data=asked.data,
    )

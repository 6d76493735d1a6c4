"""A server in a thread of its own, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any


def need(what: str, *modules: str) -> None:
    """Refuses to begin without the libraries.

    Raises:
        UsageError: if one is missing; it says how to get it.
    """
    if missing := [name for name in modules if find_spec(name) is None]:
        from ganvas.core.errors import UsageError

        raise UsageError(f"{what} needs {' and '.join(missing)}: pip install 'ganvas[studio]'")


def server_of(web: Any, **more: Any) -> Any:
    """A server (of uvicorn) for an application, which says nothing but what went wrong."""
    import uvicorn

    config = uvicorn.Config(
        web, log_level="warning", access_log=False, timeout_graceful_shutdown=2, lifespan="off",
        server_header=False, **more,
    )  # fmt: skip
    return uvicorn.Server(config)


def serve(
    web: Any,
    listener: socket.socket,
    show: str | None,
    *,
    ready: Callable[[], None] = lambda: None,
    **more: Any,
) -> None:
    """Runs the server until it is asked to end, by Ctrl-C or SIGTERM.

    Args:
        web: the application.
        listener: the socket.
        show: the address to open in the browser, if any.
        ready: is called once it serves.
        more: settings of uvicorn.

    Raises:
        GanvasError: if it ended by itself.
    """
    server, over = server_of(web, **more), threading.Event()

    def run() -> None:
        try:
            server.run([listener])
        finally:
            over.set()

    thread = threading.Thread(target=run, name="ganvas-studio")
    thread.start()
    try:
        with _ended_by_sigterm():
            while not server.started and not over.wait(0.01):
                pass
            if server.started:
                ready()
                if show:
                    webbrowser.open(show)
            over.wait()  # not join(), which takes a thread for ended once it was interrupted
        from ganvas.core.errors import GanvasError

        raise GanvasError("the server ended by itself; what it said stands above")
    except KeyboardInterrupt:
        print(file=sys.stderr)
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM ends it as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

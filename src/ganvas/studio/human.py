"""Serves the page on which people judge a run's images.

Real images that were held back and generated ones are shown one by one, shuffled. Of each a rater
says whether a machine made it, as in LAPGAN's experiment, and how much they like it, from 1 to 5,
as in CAN's. What comes of it is the fooling rate: the share of generated images judged real.

Emily Denton, Soumith Chintala, Arthur Szlam, Rob Fergus. NIPS 2015.
https://arxiv.org/abs/1506.05751
Ahmed Elgammal, Bingchen Liu, Mohamed Elhoseiny, Marian Mazzone. ICCC 2017.
https://arxiv.org/abs/1706.07068
"""

from __future__ import annotations

import errno
import ipaddress
import json
import secrets
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from ganvas.core import GanvasError, UsageError
from ganvas.core.run import Run
from ganvas.studio import tally
from ganvas.studio.gallery import gallery
from ganvas.studio.trials import Trials

BRIEFEST, LONGEST = 10, 60_000
"""Limits of an exposure, in milliseconds: a screen cannot show less, a minute is no exposure."""


def serve(
    run: Run,
    *,
    n: int = 40,
    seed: int = 0,
    host: str = "127.0.0.1",
    port: int = 8000,
    open_browser: bool = True,
    exposure: int | None = None,
    as_json: bool = False,
) -> None:
    """Serves the page until Ctrl-C, then prints what people said.

    Args:
        run: whose images are judged.
        n: images of each kind.
        seed: decides which.
        host: the address to listen at; others than this machine's own let others in.
        port: the port to listen at; any free one if 0.
        open_browser: show the page in the browser.
        exposure: milliseconds for which an image is shown; None until it is judged.
        as_json: print the results as one JSON object.

    Raises:
        UsageError: if a library is missing, the run has nothing to judge, or the port is taken.
    """
    _need("fastapi", "uvicorn")
    if exposure is not None and not BRIEFEST <= exposure <= LONGEST:
        raise UsageError(f"exposure must be {BRIEFEST} to {LONGEST:,} ms, not {exposure}")
    with _listening(host, port) as listener:
        print(f"drawing {n} images and loading {n} real ones ...", file=sys.stderr, flush=True)
        web, trials = app(run, n=n, seed=seed, exposure=exposure, hosts=_names(host))
        _say(_address(listener), host, run)
        _serve(web, listener, _address(listener) if open_browser else None)
    found = trials.results()
    print(
        json.dumps(found, ensure_ascii=False) if as_json else f"{run.folder}: {tally.told(found)}"
    )


def app(
    run: Run,
    *,
    n: int = 40,
    seed: int = 0,
    exposure: int | None = None,
    hosts: frozenset[str] | None = None,
) -> tuple[Any, Trials]:
    """The web application (of FastAPI) for a run, and the experiment behind it.

    Args:
        run, n, seed, exposure: as for `serve`.
        hosts: names by which the server may be called; None for any.
    """
    from ganvas.studio import web

    shown = gallery(run, n, seed)
    trials = Trials(run.folder, {**shown.about, "exposure": exposure}, n)
    pictures = dict(zip(trials.images, [*shown.real, *shown.made], strict=True))
    examples = {secrets.token_hex(8): file for file in shown.examples}
    everything = {**pictures, **examples}
    return web.app(trials, everything, list(examples), exposure=exposure, hosts=hosts), trials


def _need(*modules: str) -> None:
    if missing := [name for name in modules if find_spec(name) is None]:
        raise UsageError(
            f"the page for people needs {' and '.join(missing)}: pip install 'ganvas[studio]'"
        )


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens at the address.

    Raises:
        UsageError: if that is impossible; the message says what to do.
    """
    if not 0 <= port <= 65_535:
        raise UsageError(f"--port must be 0 to 65535, not {port}")
    try:
        family, *_, place = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(place[:2], family=family)
    except (OSError, UnicodeError) as error:
        raise UsageError(_why(error, host, port)) from error
    with listener:
        yield listener


def _why(error: OSError | UnicodeError, host: str, port: int) -> str:
    code = error.errno if isinstance(error, OSError) else None
    if code == errno.EADDRINUSE:
        return f"port {port} is taken; give another one (--port {port + 1}, or 0 for any free one)"
    if code in (errno.EACCES, errno.EPERM):
        return f"may not listen at port {port}; give one above 1023, such as --port 8000"
    return f"cannot listen at --host {host!r}: {error}; give an address of this machine"


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _names(host: str) -> frozenset[str] | None:
    """By which names a server at this address may be called."""
    return frozenset({"localhost", "127.0.0.1", "::1", host.lower()}) if _is_local(host) else None


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = "127.0.0.1" if listener.family == socket.AF_INET else "::1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def _say(address: str, host: str, run: Run) -> None:
    lines = [
        f"asking people about {run}",
        f"  judge    {address}",
        f"  results  {address}results",
        "Ctrl-C ends it; every answer is kept, and the same command goes on.",
    ]
    if not _is_local(host):
        lines.insert(3, f"  everybody who can reach {host} may judge and see the results")
    print("\n".join(lines), file=sys.stderr, flush=True)


def _serve(web: Any, listener: socket.socket, show: str | None) -> None:
    """Runs the server in a thread of its own until it is asked to end, by Ctrl-C or SIGTERM."""
    import uvicorn

    config = uvicorn.Config(
        web, log_level="warning", access_log=False, timeout_graceful_shutdown=2, lifespan="off",
        server_header=False,
    )  # fmt: skip
    server, over = uvicorn.Server(config), threading.Event()

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
            if show and server.started:
                webbrowser.open(show)
            over.wait()  # not join(), which takes a thread for ended once it was interrupted
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

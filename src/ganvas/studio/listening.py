"""The socket at which pages are served, and by which names it is called."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager

TRIED = 20
"""So many ports are tried where the next free one will do."""


@contextmanager
def listening(host: str, port: int, *, onward: bool = False) -> Iterator[socket.socket]:
    """A socket that listens at the address.

    Args:
        host: an address of this machine.
        port: the port; any free one if 0.
        onward: take the next free port if this one is taken.

    Raises:
        UsageError: if that is impossible; the message says what to do.
    """
    if not 0 <= port <= 65_535:
        raise _refusal(f"--port must be 0 to 65535, not {port}")
    last = min(port + TRIED - 1, 65_535) if onward and port else port
    for each in range(port, last + 1):
        try:
            listener = _opened(host, each)
        except (OSError, UnicodeError) as error:
            if not _is_taken(error) or each == last:
                raise _refusal(_why(error, host, port)) from error
        else:
            break
    with listener:
        yield listener


def _refusal(why: str) -> Exception:
    from ganvas.core.errors import UsageError  # torch comes with it: not before it is needed

    return UsageError(why)


def _opened(host: str, port: int) -> socket.socket:
    family, *_, place = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[0]
    listener = socket.create_server(place[:2], family=family)
    # Connections inherit it: a short answer does not wait 40 ms for the one before to be confirmed.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _is_taken(error: OSError | UnicodeError) -> bool:
    return isinstance(error, OSError) and error.errno == errno.EADDRINUSE


def _why(error: OSError | UnicodeError, host: str, port: int) -> str:
    if _is_taken(error):
        return f"port {port} is taken; give another one (--port {port + 1}, or 0 for any free one)"
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM):
        return f"may not listen at port {port}; give one above 1023, such as --port 8000"
    return f"cannot listen at --host {host!r}: {error}; give an address of this machine"


def is_local(host: str) -> bool:
    """Whether nobody but this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def names(host: str) -> frozenset[str] | None:
    """By which names a server at this address may be called; None for any."""
    return frozenset({"localhost", "127.0.0.1", "::1", host.lower()}) if is_local(host) else None


def address(listener: socket.socket) -> str:
    """Where a browser of this machine finds it."""
    host, port = listener.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = "127.0.0.1" if listener.family == socket.AF_INET else "::1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"

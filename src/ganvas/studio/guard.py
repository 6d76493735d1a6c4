"""Who may speak to a server of ours, over HTTP and WebSocket, and what it says of itself.

A page of another origin says so in `Origin`; one whose own name was made to point to this machine
(DNS rebinding) says so in `Host`. Where others than this machine are let in, a token is asked for:
whoever opens `/?token=...` gets it as a cookie.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ganvas.studio.wording import Words

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
LONGEST = 16_384
"""Bytes of a request's body, at most, unless a path has room for more."""
COOKIE = "ganvas-token"

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class Rules:
    """What is let through."""

    hosts: frozenset[str] | None = LOCAL
    """Names by which the server may be called; None for any."""
    token: str | None = None
    """What everybody must bring along, if anything."""
    room: Mapping[str, int] = field(default_factory=dict)
    """Bytes of a request's body, at most, for paths that take more than `LONGEST`."""

    def why_not(
        self, method: str, path: str, headers: Mapping[str, str]
    ) -> tuple[int, Words] | None:
        """Why a request is turned away: a status and a reason; None if it is not."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if self.hosts is not None and _name(f"//{host}") not in self.hosts:
            return 403, Words("this server answers only to its own name")
        if origin is not None and (_name(origin) is None or urlsplit(origin).netloc != host):
            return 403, Words("this server answers only its own pages")
        if method == "WEBSOCKET" and origin is None:
            return 403, Words("this server answers only its own pages")
        if method == "POST":
            length, most = headers.get("content-length", ""), self.room.get(path, LONGEST)
            if not length.isdecimal():
                return 411, Words("say how long the body is")
            if len(length) > 12 or int(length) > most:
                return 413, Words("a body has at most {most} bytes", most=f"{most:,}")
        return None

    def knows(self, given: str | None) -> bool:
        """Whether this is the token, or none is asked for."""
        if self.token is None:
            return True
        return given is not None and secrets.compare_digest(given.encode(), self.token.encode())


class Guard:
    """Turns away what other pages and strangers send; dresses all answers in `HEADERS`."""

    def __init__(self, app: Any, rules: Rules) -> None:
        self.app, self.rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        method = scope.get("method", "WEBSOCKET")
        headers = _headers(scope)
        refused = self.rules.why_not(method, scope["path"], headers)
        brings = self.rules.token is not None and self.rules.knows(_asked(scope))
        if refused is None and brings and method == "GET":
            await _let_in(scope["path"], self.rules.token or "", _dressed(send))
            return
        if refused is None and not self.rules.knows(_cookie(headers)):
            refused = 401, Words("open the page by its whole address, with ?token=...")
        if refused is None:
            await self.app(scope, receive, _dressed(send))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": refused[1]})
        else:
            await _refuse(*refused, _dressed(send))


def _dressed(send: Send) -> Send:
    async def dressed(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            extra = [(k.lower().encode(), v.encode()) for k, v in HEADERS.items()]
            message = {**message, "headers": [*message["headers"], *extra]}
        await send(message)

    return dressed


async def _refuse(code: int, why: Words, send: Send) -> None:
    body = json.dumps({"detail": why, "words": why.to_json()}).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": code, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _let_in(path: str, token: str, send: Send) -> None:
    """Makes the token of the address a cookie, and leads to the address without it."""
    cookie = f"{COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax"
    # A path that begins with two slashes would lead to another host.
    where = "/" + path.lstrip("/\\")
    headers = [(b"location", where.encode("ascii", "replace")), (b"set-cookie", cookie.encode())]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _asked(scope: Scope) -> str | None:
    return parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [None])[0]


def _cookie(headers: Mapping[str, str]) -> str | None:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return None if found is None else found.value


def _name(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _headers(scope: Scope) -> dict[str, str]:
    return {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}

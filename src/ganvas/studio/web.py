"""The web application that asks people: pages, pictures, answers, results. Needs FastAPI.

The browser learns the opaque name of one image at a time, and which kind it is only where results
are shown; those of a rater at work leave out what is still to come.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from importlib.resources import files
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel, Field

from ganvas.studio.ledger import LEDGER
from ganvas.studio.trials import Conflict, Trials, Unknown

PAGES = {
    "/": ("human.html", "text/html"),
    "/results": ("results.html", "text/html"),
    "/human.css": ("human.css", "text/css"),
    "/words.js": ("words.js", "text/javascript"),
    "/human.js": ("human.js", "text/javascript"),
    "/results.js": ("results.js", "text/javascript"),
}
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
LONGEST = 16_384
"""Bytes of a request's body, at most; a judgement takes some hundred."""

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data:; style-src 'self'; "
    "script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

Name = Annotated[str, Field(max_length=80)]


class Joining(BaseModel):
    """Who begins."""

    rater: Name | None = None
    again: bool = False


class Judgement(BaseModel):
    """What a rater says of an image."""

    rater: Name
    image: Annotated[str, Field(max_length=64)]
    machine: Annotated[bool, Field(strict=True)]
    rating: Annotated[int, Field(strict=True, ge=1, le=5)]
    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None


def app(
    trials: Trials,
    pictures: Mapping[str, bytes],
    examples: list[str],
    *,
    exposure: int | None = None,
    hosts: frozenset[str] | None = LOCAL,
) -> FastAPI:
    """The application.

    Args:
        trials: the experiment.
        pictures: PNG files by opaque name; no others are served.
        examples: which of them may be shown as real ones before the judging.
        exposure: milliseconds for which an image is shown; None until it is judged.
        hosts: names by which the server may be called; None for any.
    """
    web = FastAPI(title="ganvas", docs_url=None, redoc_url=None, openapi_url=None)
    web.add_middleware(Guard, hosts=hosts)
    _add_files(web, pictures)
    settings = {"examples": examples, "exposure": exposure, "total": len(trials.images)}
    _add_words(web, trials, settings)
    return web


def _add_files(web: FastAPI, pictures: Mapping[str, bytes]) -> None:
    """Pages, and pictures from memory: no path of a request ever meets the disk."""
    for path, (file, kind) in PAGES.items():
        content = (files("ganvas.studio") / file).read_bytes()
        web.add_api_route(path, _always(content, kind))

    @web.get("/images/{name}.png")
    def picture(name: str) -> Response:
        if name not in pictures:
            raise HTTPException(404, "no such image")
        return Response(pictures[name], media_type="image/png")


def _always(content: bytes, kind: str) -> Callable[[], Response]:
    return lambda: Response(content, media_type=kind)


def _add_words(web: FastAPI, trials: Trials, settings: dict[str, Any]) -> None:
    """What the pages say to the server, and hear from it."""

    @web.get("/api/settings")
    def about() -> dict[str, Any]:
        return settings

    @web.post("/api/raters", status_code=201)
    def join(who: Joining) -> dict[str, Any]:
        return _tried(lambda: trials.state(trials.join(who.rater, who.again)))

    @web.get("/api/next")
    def following(rater: Name) -> dict[str, Any]:
        return _tried(lambda: trials.state(rater))

    @web.post("/api/answers", status_code=201)
    def judged(said: Judgement) -> dict[str, Any]:
        return _tried(lambda: trials.answer(**said.model_dump()))

    @web.get("/results.json")
    def results(rater: Name | None = None) -> dict[str, Any]:
        found = trials.results(rater)
        return {**found, "run": trials.folder.name, "file": LEDGER}  # no paths to the browser


def _tried(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return ask()
    except Unknown as error:
        raise HTTPException(404, str(error)) from error
    except Conflict as error:
        raise HTTPException(409, str(error)) from error
    except OSError as error:
        raise HTTPException(507, f"the answer could not be saved: {error.strerror}") from error


class Guard:
    """Turns away what other pages send, by whatever name they reach this machine.

    A page of another origin says so in `Origin`; one whose own name was made to point to this
    machine (DNS rebinding) says so in `Host`.
    """

    def __init__(self, app: Any, hosts: frozenset[str] | None) -> None:
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def dressed(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                extra = [(k.lower().encode(), v.encode()) for k, v in HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        if refused := why_not(scope["method"], _headers(scope), self.hosts):
            code, why = refused
            body = json.dumps({"detail": why}).encode()
            headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
            await dressed({"type": "http.response.start", "status": code, "headers": headers})
            await dressed({"type": "http.response.body", "body": body})
            return
        await self.app(scope, receive, dressed)


def why_not(
    method: str, headers: Mapping[str, str], hosts: frozenset[str] | None
) -> tuple[int, str] | None:
    """Why a request is turned away: a status and a reason; None if it is not."""
    host, origin = headers.get("host", ""), headers.get("origin")
    if hosts is not None and _name(f"//{host}") not in hosts:
        return 403, "this server answers only to its own name"
    if origin is not None and (_name(origin) is None or urlsplit(origin).netloc != host):
        return 403, "this server answers only its own pages"
    if method == "POST":
        length = headers.get("content-length", "")
        if not length.isdecimal():
            return 411, "say how long the body is"
        if len(length) > 9 or int(length) > LONGEST:
            return 413, f"a body has at most {LONGEST} bytes"
    return None


def _name(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _headers(scope: Scope) -> dict[str, str]:
    return {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}

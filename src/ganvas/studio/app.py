"""The Studio's application (of FastAPI): the page, uploads, and the live connection."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from ganvas.studio import uploads
from ganvas.studio.desk import ROOMS, Desk
from ganvas.studio.doing import Ask, Wrong
from ganvas.studio.guard import Guard, Rules
from ganvas.studio.session import Frame, Session
from ganvas.studio.wording import told

KINDS = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
PAGE = (
    "style.css",
    "rooms.css",
    "train.css",
    "editing.css",
    "icon.svg",
    *(
        f"{name}.js"
        for name in (
            *("main", "shell", "live", "words", "messages", "dom", "controls", "canvas", "tray"),
            *("beginning", "beside", "curves", "plane"),
        )
    ),
    "rooms/lab.js",
    "rooms/terms.js",
    "rooms/helps.js",
    *(f"rooms/{name}.js" for name in ROOMS),
)
"""The files of the page beside index.html: no path of a request ever meets the disk."""
MESSAGE = 16 * 1024**2
"""Bytes of a message, at most."""
UPLOAD = "/api/pictures"
TRY_LATER = 1013
"""Why a connection is closed: too many people."""


def app(desk: Desk, rules: Rules | None = None) -> FastAPI:
    """The application.

    Args:
        desk: what all sessions share; its bench is to be started.
        rules: who may speak to it.
    """
    web = FastAPI(title="ganvas", docs_url=None, redoc_url=None, openapi_url=None)
    web.add_middleware(Guard, rules=rules or Rules(room={UPLOAD: uploads.BYTES}))
    home = files("ganvas.studio") / "page"
    web.add_api_route("/", _always((home / "index.html").read_bytes(), "text/html"))
    for name in PAGE:
        kind = KINDS[name.rpartition(".")[2]]
        web.add_api_route(f"/{name}", _always((home / name).read_bytes(), kind))
    _add_uploads(web, desk)
    _add_live(web, desk)
    return web


def _always(content: bytes, kind: str) -> Callable[[], Response]:
    return lambda: Response(content, media_type=kind)


def _add_uploads(web: FastAPI, desk: Desk) -> None:
    @web.post(UPLOAD)
    async def picture(request: Request) -> JSONResponse:
        session = desk.sessions.get(request.headers.get("x-session", ""))
        if session is None:
            return JSONResponse(told(Wrong("no such session; reload the page")), 404)
        content = await request.body()
        try:
            kept = await run_in_threadpool(session.uploads.add, content)
        except uploads.Refused as why:
            return JSONResponse(told(why), 422)
        return JSONResponse(kept.to_json(), 201)


def _add_live(web: FastAPI, desk: Desk) -> None:
    @web.websocket("/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        joined = desk.join(socket.query_params.get("session"))
        if joined is None:
            await socket.close(TRY_LATER, "too many people are here; try later")
            return
        await _Line(socket, desk, *joined).hold()


class _Line:
    """One connection, from its begin to its end."""

    def __init__(self, socket: WebSocket, desk: Desk, session: Session, again: bool) -> None:
        self.socket, self.desk, self.session, self.again = socket, desk, session, again
        self.loop, self.out = asyncio.get_running_loop(), asyncio.Queue[Frame]()

    def send(self, frame: Frame) -> None:
        """Takes a frame from any thread."""
        self.loop.call_soon_threadsafe(self.out.put_nowait, frame)

    async def hold(self) -> None:
        """Reads and writes until one of both ends."""
        self.desk.bench.drop(self.session)  # who comes back asks again
        self.session.attach(self.send)
        hello = {"session": self.session.key, "again": self.again}
        self.session.say(json.dumps({"hello": hello}))
        writing = asyncio.create_task(self._write())
        try:
            await self._read()
        finally:
            writing.cancel()
            if self.session.detach(self.send):  # nobody came back by another line meanwhile
                self.desk.left(self.session)

    async def _write(self) -> None:
        while True:
            frame = await self.out.get()
            try:
                if isinstance(frame, str):
                    await self.socket.send_text(frame)
                else:
                    await self.socket.send_bytes(frame)
            except (WebSocketDisconnect, RuntimeError):
                return
            self.session.sent(frame)
            if self.out.empty():
                self.desk.bench.look()

    async def _read(self) -> None:
        """Takes requests until the connection ends."""
        while True:
            message = await self.socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                self._take(*_parts(message))
            except (ValueError, KeyError, TypeError, struct.error, RecursionError):
                await self.socket.close(1003, "this is no request")
                return

    def _take(self, head: dict[str, Any], files: dict[str, bytes]) -> None:
        if "drop" in head:
            self.desk.bench.drop(self.session, str(head["drop"]))
            return
        key, given = head.get("key"), head.get("with", {})
        if not isinstance(given, dict) or not isinstance(key, str | None):
            raise TypeError
        id = head["id"]
        if not isinstance(id, int) or isinstance(id, bool):
            raise TypeError
        ask = Ask(id, str(head["do"]), given, files, key, self.session, self.desk)
        self.desk.bench.add(ask)


def _parts(message: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The head of a message, and the pictures that came along.

    Raises:
        ValueError: if it is none, as other errors of this kind.
    """
    if message.get("text") is not None:
        head = json.loads(message["text"])
        return _head(head), {}
    content: bytes = message["bytes"]
    (length,) = struct.unpack(">I", content[:4])
    head, at, files = _head(json.loads(content[4 : 4 + length])), 4 + length, {}
    for name, size in dict(head.get("files", {})).items():
        if not isinstance(size, int) or not 0 <= size <= len(content) - at:
            raise ValueError
        files[str(name)] = content[at : at + size]
        at += size
    return head, files


def _head(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise TypeError
    return found

"""`ganvas studio`: from the command to a page in the browser, the page first.

What makes pictures (torch, the networks) is loaded by the bench's thread while the page is
already served; so nothing here imports it.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from ganvas.studio import listening, serving
from ganvas.studio.guard import Rules
from ganvas.studio.places import folders, places


def studio(
    runs: Sequence[str] = (),
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    open_browser: bool = True,
    token: str | None = None,
    home: str = "runs",
    data: Sequence[str] = (),
) -> None:
    """Serves the Studio until Ctrl-C.

    Args:
        runs: runs, or folders that hold some, beside the generators that come along.
        host: the address to listen at; others than this machine's own ask for a token.
        port: the port to listen at, or the next that is free; any free one if 0.
        open_browser: show the page in the browser.
        token: what whoever opens the page must know; made up if None and the host needs one.
        home: where runs are put that are trained in the page.
        data: folders of images to train on there.

    Raises:
        UsageError: if a library is missing, a run or folder is none, or the address cannot be had.
    """
    serving.need("the Studio", "fastapi", "uvicorn", "websockets")
    there, pictures = places(runs), folders(data)
    if token is None and not listening.is_local(host):
        token = secrets.token_urlsafe(18)
    with listening.listening(host, port, onward=True) as listener:
        from ganvas.studio import uploads
        from ganvas.studio.app import MESSAGE, UPLOAD, app
        from ganvas.studio.desk import Desk

        desk = Desk(there, home=Path(home), data=pictures)
        desk.bench.start()
        rules = Rules(listening.names(host), token, {UPLOAD: uploads.BYTES})
        address = listening.address(listener)
        whole = address + (f"?token={token}" if token else "")
        taken = listener.getsockname()[1]
        try:
            serving.serve(
                app(desk, rules),
                listener,
                whole if open_browser else None,
                ready=lambda: _say(whole, host, port, taken, token),
                ws_max_size=MESSAGE,
                ws_per_message_deflate=False,
            )
        finally:
            desk.bench.stop()
            desk.trainings.close()


def _say(address: str, host: str, port: int, taken: int, token: str | None) -> None:
    lines = ["the Studio is open", f"  {address}", "Ctrl-C ends it."]
    if port not in (0, taken):
        lines.insert(1, f"  port {port} is taken, so it is at {taken}")
    if token and not listening.is_local(host):
        lines.insert(-1, f"  everybody who can reach {host} and has this address may use it")
    print("\n".join(lines), file=sys.stderr, flush=True)

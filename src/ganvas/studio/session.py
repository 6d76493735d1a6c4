"""One person at the page: what they ask for, and what is kept for them until they leave."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ganvas.studio.uploads import Uploads

if TYPE_CHECKING:
    from ganvas.studio.bench import Job

T = TypeVar("T")
Frame = str | bytes
UNSENT_FRAMES, UNSENT_BYTES = 64, 8 * 1024**2
"""Who reads slower than the server answers is not answered before they have read some."""


class Session:
    """What belongs to one person.

    `of(Kind)` is where a room keeps its own: an object of that class, made at first use. All of it
    is let go when the session is closed, a while after its connection has ended and none followed.
    """

    def __init__(self) -> None:
        self.key = secrets.token_urlsafe(18)
        """Who knows it may come back to this session."""
        self.uploads = Uploads()
        self.jobs: OrderedDict[int, Job] = OrderedDict()
        self.closed = False
        self._kept: dict[type, Any] = {}
        self._lock = threading.Lock()
        self._send: Callable[[Frame], None] | None = None
        self._frames = self._bytes = 0

    def of(self, kind: type[T]) -> T:
        """What a room keeps here."""
        if kind not in self._kept:
            self._kept[kind] = kind()
        return self._kept[kind]

    # -- the connection --------------------------------------------------------------------------

    @property
    def there(self) -> bool:
        """Whether somebody listens."""
        return self._send is not None

    def attach(self, send: Callable[[Frame], None]) -> None:
        """A connection begins: what is said goes there."""
        with self._lock:
            self._send, self._frames, self._bytes = send, 0, 0

    def detach(self, send: Callable[[Frame], None]) -> bool:
        """The connection has ended, unless another took its place; whether it was this one."""
        with self._lock:
            mine = self._send == send
            if mine:
                self._send = None
            return mine

    def say(self, frame: Frame) -> None:
        """Sends, if somebody is there."""
        with self._lock:
            send = self._send
            if send is None:
                return
            self._frames += 1
            self._bytes += len(frame)
        send(frame)

    def sent(self, frame: Frame) -> None:
        """A frame has gone out."""
        with self._lock:
            self._frames, self._bytes = max(0, self._frames - 1), max(0, self._bytes - len(frame))

    @property
    def full(self) -> bool:
        """Whether more waits to be read than should."""
        return self._frames >= UNSENT_FRAMES or self._bytes >= UNSENT_BYTES

    def close(self) -> None:
        """Lets go of everything."""
        self.closed = True
        with self._lock:
            self._send = None
        self._kept.clear()
        self.uploads.clear()

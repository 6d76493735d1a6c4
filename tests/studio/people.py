"""The Studio, served from this process, and people who speak to it."""

import asyncio
import json
import struct
import threading
import time
from contextlib import ExitStack, contextmanager
from itertools import count


def until(done, seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


class Served:
    """The Studio, served from a thread of this process."""

    def __init__(self, folders, rules=None, grace: float = 30.0, **more) -> None:
        from ganvas.studio import listening, serving
        from ganvas.studio.app import MESSAGE, app
        from ganvas.studio.desk import Desk

        self.stack = ExitStack()
        listener = self.stack.enter_context(listening.listening("127.0.0.1", 0))
        self.url = listening.address(listener)
        self.origin = self.url.rstrip("/")
        self.desk = Desk(folders, grace, **more)
        self.desk.bench.start()
        self.server = serving.server_of(
            app(self.desk, rules), ws_max_size=MESSAGE, ws_per_message_deflate=False
        )
        self.thread = threading.Thread(target=self._run, args=(listener,))
        self.thread.start()

    def _run(self, listener) -> None:
        asyncio.run(self.server.serve([listener]))

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join()
        self.desk.bench.stop()
        self.stack.close()

    @contextmanager
    def person(self, key=None):
        """Somebody with a connection of their own."""
        from websockets.sync.client import connect

        back = f"?session={key}" if key else ""
        address = self.url.replace("http", "ws") + "live" + back
        with connect(address, origin=self.origin, max_size=None, proxy=None) as line:
            yield Person(line)


class Person:
    """Asks, and hears."""

    def __init__(self, line) -> None:
        self.line, self.numbers = line, count(1)
        self.hello = json.loads(line.recv(timeout=30))["hello"]
        self.key = self.hello["session"]

    def send(self, do: str, key=None, files=None, **given) -> int:
        head = {"id": next(self.numbers), "do": do, "with": given}
        if key:
            head["key"] = key
        if files is None:
            self.line.send(json.dumps(head))
            return head["id"]
        head["files"] = {name: len(content) for name, content in files.items()}
        words = json.dumps(head).encode()
        self.line.send(struct.pack(">I", len(words)) + words + b"".join(files.values()))
        return head["id"]

    def hear(self):
        """The next message: what it says, and the picture if it is one."""
        got = self.line.recv(timeout=60)
        if isinstance(got, str):
            return json.loads(got), None
        (length,) = struct.unpack(">I", got[:4])
        return json.loads(got[4 : 4 + length]), got[4 + length :]

    def ask(self, do: str, files=None, **given):
        """The answer of a request, and its pictures and parts."""
        number, found = self.send(do, files=files, **given), []
        while True:
            said, picture = self.hear()
            if said["id"] != number:
                continue
            if "ok" in said or "error" in said or "dropped" in said:
                return said, found
            found.append((said, picture))

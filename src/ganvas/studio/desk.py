"""What all sessions share: the bench, the shelf, and who is there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ganvas.studio.bench import Bench
from ganvas.studio.doing import Wrong
from ganvas.studio.session import Session
from ganvas.studio.trainings import Trainings

if TYPE_CHECKING:
    from ganvas.studio.shelf import Shelf

ROOMS = ("gallery", "explore", "paint", "drag", "repair", "translate", "train", "compare")
"""The rooms, each a module of `ganvas.studio.rooms` and one of `page/rooms`, in their order."""
PEOPLE = 64
"""Sessions at a time."""
GRACE = 30.0
"""Seconds for which a session waits for the return of who has gone: a page that is loaded again
looks like a tab that is closed."""
HOME = Path("runs")


class Desk:
    """Begins work with `start`; what takes long to import is imported by the bench's thread.

    Args:
        places: the folder of each run, by name.
        grace: seconds for which a session waits after its connection has ended.
        home: where runs are put that are trained here.
        data: folders of pictures to train on, by name.
    """

    def __init__(
        self,
        places: Mapping[str, Path],
        grace: float = GRACE,
        *,
        home: Path = HOME,
        data: Mapping[str, Path] | None = None,
    ) -> None:
        self.places, self.grace, self.data = places, grace, dict(data or {})
        self.trainings = Trainings(home)
        self.bench = Bench(self._prepare)
        self.sessions: dict[str, Session] = {}
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        self._shelf: Shelf | None = None

    def _prepare(self) -> None:
        import torch

        from ganvas.studio.shelf import Shelf

        # The page wants a core too: pictures are sooner there, and more evenly.
        torch.set_num_threads(max(1, torch.get_num_threads() - 1))
        import_module("ganvas.studio.rooms.films")
        import_module("ganvas.studio.rooms.lab")
        import_module("ganvas.studio.beginnings")
        for room in ROOMS:
            import_module(f"ganvas.studio.rooms.{room}")
        self._shelf = Shelf(self.places)

    @property
    def shelf(self) -> Shelf:
        """The runs.

        Raises:
            Wrong: if they could not be found.
        """
        if self._shelf is None:
            raise Wrong("the Studio could not begin; its terminal says why")
        for training in self.trainings:
            if training.exists and training.folder not in self._shelf.places.values():
                self._shelf.add(training.folder, training.name)
        return self._shelf

    # -- who is there ----------------------------------------------------------------------------

    def join(self, key: str | None) -> tuple[Session, bool] | None:
        """The session of somebody who comes back, or a new one, and whether it is an old one.

        None if there are too many people.
        """
        if key is not None and key in self.sessions:
            if (waiting := self._waiting.pop(key, None)) is not None:
                waiting.cancel()
            return self.sessions[key], True
        if len(self.sessions) >= PEOPLE:
            if not self._waiting:
                return None
            self._let_go(next(iter(self._waiting)))
        session = Session()
        self.sessions[session.key] = session
        return session, False

    def left(self, session: Session) -> None:
        """The connection has ended; the session waits a while for another."""
        self.bench.drop(session)
        loop = asyncio.get_running_loop()
        self._waiting[session.key] = loop.call_later(self.grace, self._let_go, session.key)

    def _let_go(self, key: str) -> None:
        self._waiting.pop(key).cancel()
        self.bench.forget(self.sessions.pop(key))

"""What a run can do without: pictures, curves and bars, whose failure must not end it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from ganvas.core import Listener

warn = logging.getLogger("ganvas").warning


class Decoration(Listener):
    """A listener that tells of its first failure (a full disk, say) and lets the run go on."""

    failed = False

    @contextmanager
    def attempt(self, what: str) -> Iterator[None]:
        """Whatever goes wrong inside is told once, as not being able to `what`."""
        try:
            yield
        except Exception as error:
            if not self.failed:
                why = str(error) or type(error).__name__
                warn("cannot %s: %s. The run goes on without it.", what, why)
            self.failed = True

"""What every test runs under: one thread (so that figures repeat), no window, no terminal."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.pop("COLUMNS", None)  # pytest-xdist passes on the width of a terminal

# A cache of their own, which the workers of one session share.
session = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
os.environ["GANVAS_CACHE"] = str(Path(tempfile.gettempdir()) / f"ganvas-tests-{session}")

"""What every test runs under: one thread (so that figures repeat), no window, no terminal."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.pop("COLUMNS", None)  # pytest-xdist passes on the width of a terminal

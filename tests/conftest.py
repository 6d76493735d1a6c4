"""What every test runs under: one thread (so that figures repeat) and no window for plots."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

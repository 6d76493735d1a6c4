"""How fast do the large games learn, and what share of the machine is that?

    python -m benchmarks.speed                                  StyleGAN2 and R3GAN, all settings
    python -m benchmarks.speed r3gan --sizes 64 --width 0.25    some of it
    python -m benchmarks.speed --table                          what was measured

Each setting plays whole cycles of rounds, lazy regularisation included, on pictures of noise:
images a second (median of the cycles), the peak of memory, and the share of the machine's measured
peak: the floating point operations that a cycle's matrix products and convolutions take, counted by
torch's formulas, over its seconds, over those of a large product of matrices in the same precision.
Settings take turns in one process each, so that no one inherits another's memory. `--width` is the
part of the paper's feature maps; a CPU plays an eighth of them unless told otherwise.

Prints a line for each and keeps them in results/speed.json, by device.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import resource
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from ganvas.core import Game, Image, Settings, Trainer, registry
from ganvas.testing import StandIn

RESULTS = Path(__file__).parent.parent / "results" / "speed.json"
GAMES, SIZES, CYCLES = ("stylegan2", "r3gan"), (64, 128, 256), 3
WIDTHS: dict[str, tuple[str, ...]] = {"stylegan2": ("base", "widest"), "r3gan": ("base", "widest")}
"""The options that say how many feature maps there are."""


def game_of(name: str, size: int, width: float, batch: int) -> Game:
    """A game of the paper's kind for squares of a size, with a part of its feature maps."""
    preset = registry.preset_of(registry.find(name), "paper")
    with torch.device("meta"):
        usual = registry.make(name, preset="paper").config
    scaled = {key: max(8, int(getattr(usual, key) * width)) for key in WIDTHS[name]}
    spaces = {**preset.spaces, "x": Image(3, size, size)}
    torch.manual_seed(0)
    return registry.make(name, preset="paper", spaces=spaces, **{**scaled, "batch": batch})


def peak(device: torch.device, precision: str, size: int) -> float:
    """Floating point operations a second of a product of two square matrices."""
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    a = torch.randn(size, size, device=device, dtype=dtype)
    best = 0.0
    for _ in range(5):
        _wait(device)
        began = time.perf_counter()
        a @ a
        _wait(device)
        best = max(best, 2 * size**3 / (time.perf_counter() - began))
    return best


class Operations(TorchDispatchMode):
    """Counts the floating point operations of products and convolutions, gradients included.

    By torch's formulas, but without its counter, whose hooks on modules gradients of gradients do
    not go through.
    """

    total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        if func._overloadpacket in flop_registry:
            formula = flop_registry[func._overloadpacket]
            self.total += formula(*args, **(kwargs or {}), out_val=made)
        return made


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def memory(device: torch.device) -> float:
    """GiB at most, since the process began."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated() / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def measured(name: str, size: int, how: dict[str, Any], width: float, batch: int) -> dict[str, Any]:
    """One setting: images a second, memory, share of the peak."""
    settings = Settings(**how)
    game = game_of(name, size, width, batch)
    trainer = Trainer(game, [StandIn({"x": Image(3, size, size)}, 2 * batch)], settings=settings)
    cycle = max(1, game.config.penalty_every)
    with Operations() as counted:
        play(trainer, cycle)
    play(trainer, cycle)  # what was compiled is compiled by now
    seconds = [play(trainer, cycle) for _ in range(CYCLES)]
    taken = statistics.median(seconds)
    rate = counted.total / taken
    top = peak(trainer.device, settings.precision, 8192 if trainer.device.type == "cuda" else 2048)
    return {
        "images/s": round(cycle * batch / taken, 2),
        "spread": round((max(seconds) - min(seconds)) / taken, 3),
        "GiB": round(memory(trainer.device), 2),
        "GFLOP/s": round(rate / 1e9, 1),
        "peak GFLOP/s": round(top / 1e9, 1),
        "share of peak": round(rate / top, 3),
    }


def play(trainer: Trainer, rounds: int) -> float:
    """Plays; the seconds it took."""
    _wait(trainer.device)
    began = time.perf_counter()
    for _ in range(rounds):
        trainer.round()
    _wait(trainer.device)
    return time.perf_counter() - began


def settings() -> Iterator[dict[str, Any]]:
    """All ways to compute."""
    for precision, compiled, last in itertools.product(
        ("fp32", "bf16"), (False, True), (False, True)
    ):
        yield {"precision": precision, "compile": compiled, "channels_last": last}


def word_of(how: dict[str, Any]) -> str:
    return ", ".join(
        [
            how["precision"],
            "compiled" if how["compile"] else "eager",
            *(["channels last"] if how["channels_last"] else []),
        ]
    )


def device_name() -> str:
    """The device in words."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"CPU, {torch.get_num_threads()} threads"


def table() -> Iterator[str]:
    """All that was measured."""
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for device, about in kept.items():
        yield f"{device} (torch {about['torch']})"
        yield (
            f"{'game':<10}{'pixels':>7}{'width':>7}{'batch':>6}  {'setting':<30}"
            f"{'images/s':>9}{'GiB':>7}{'of peak':>9}"
        )
        for row in about["rows"]:
            figures = (
                f"{row['images/s']:>9.2f}{row['GiB']:>7.2f}{row['share of peak']:>9.1%}"
                if "images/s" in row
                else f"  {row['failed']}"
            )
            yield (
                f"{row['game']:<10}{row['size']:>7}{row['width']:>7g}{row['batch']:>6}  "
                f"{word_of(row['how']):<30}{figures}"
            )


def keep(row: dict[str, Any]) -> None:
    """Puts a row into results/speed.json, in place of the one of the same setting."""
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    about = kept.setdefault(device_name(), {"rows": []})
    about |= {"torch": torch.__version__, "python": platform.python_version()}
    named = ("game", "size", "width", "batch", "how")
    rows = [old for old in about["rows"] if any(old[key] != row[key] for key in named)]
    about["rows"] = sorted(
        [*rows, row], key=lambda r: (r["game"], r["size"], r["width"], word_of(r["how"]))
    )
    fresh = RESULTS.with_suffix(".new")
    fresh.write_text(json.dumps(kept, indent=2) + "\n")
    fresh.replace(RESULTS)


def alone(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its figures, measured in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.speed", "--one", json.dumps(row)]
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ, check=False)
    if done.returncode < 0:
        return {**row, "failed": signal.Signals(-done.returncode).name}
    if done.returncode:
        return {**row, "failed": (done.stderr.strip().splitlines() or ["stopped"])[-1][:100]}
    return {**row, **json.loads(done.stdout.splitlines()[-1])}


def main() -> None:
    """Measures what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("games", nargs="*", default=GAMES)
    parser.add_argument("--sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--width", type=float, default=1.0 if torch.cuda.is_available() else 0.125)
    parser.add_argument("--batch", type=int, default=32 if torch.cuda.is_available() else 8)
    ways = {word_of(how): how for how in settings()}
    parser.add_argument("--ways", nargs="*", choices=ways, default=list(ways), metavar="WAY",
                        help=f"some of: {'; '.join(ways)}")  # fmt: skip
    parser.add_argument("--table", action="store_true", help="only print what was measured")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        row = json.loads(asked.one)
        terms = (row["game"], row["size"], row["how"], row["width"], row["batch"])
        print(json.dumps(measured(*terms)))
        return
    for game, size, way in itertools.product(asked.games, asked.sizes, asked.ways):
        if asked.table:
            break
        row = {"game": game, "size": size, "width": asked.width, "batch": asked.batch}
        row["how"] = ways[way]
        row = alone(row)
        print(json.dumps(row), flush=True)
        keep(row)
    print("\n".join(table()))


if __name__ == "__main__":
    main()

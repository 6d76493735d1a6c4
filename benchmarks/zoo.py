"""What does a round of each game cost, and how much of it is the engine's?

    python -m benchmarks.zoo               every game, at its default preset
    python -m benchmarks.zoo gan dcgan     some of them

Prints a table (`--json`: the rows) and keeps the rows in results/zoo.json. OMP_NUM_THREADS=1 makes
runs on a shared machine easier to compare.

A round is one of the last stage, in its middle: the paper's own game, at the final size. Beside the
Trainer stands the plainest loop that plays the same moves: it takes from `play` each loss, clears
the movers' gradients, calls `backward` for them and `step`, and lets the averages follow. It has no
finite checks, figures, schedules, snapshots, or noise by place: it draws from one generator. The
networks begin equal and read rows of one source; the two sides take turns, a block of rounds each,
in one process, and the ratio is the median over pairs of blocks.

Memory is the most that building the game and playing some rounds of it add to a process that has
loaded torch and the data and has trained a small network. Each side has a process of its own.
"""

from __future__ import annotations

import argparse
import copy
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from benchmarks.engine import Round, alternate, figures_of, machine
from torch import Tensor

from ganvas import data
from ganvas.core import Batch, Chance, Game, Image, Player, Trainer, registry
from ganvas.data.source import Source

RESULTS = Path(__file__).parent.parent / "results" / "zoo.json"
FAR = 10**6
"""Rounds of a run that nobody plays to its end, so that any moment of it can be entered."""
MEMORY_ROUNDS = 5


class OneGenerator(Chance):
    """Draws as a loop written by hand does: from one generator that goes on and on."""

    def __init__(self) -> None:
        super().__init__("hand")
        self.source = torch.Generator().manual_seed(0)

    def generator(self) -> torch.Generator:
        """The one."""
        return self.source


def source_of(name: str) -> Source:
    """The data of a game's default preset."""
    cls = registry.find(name)
    preset = registry.preset_of(cls, "default")
    x = preset.spaces.get("x")
    size = (x.height, x.width) if isinstance(x, Image) else None
    return data.load(preset.data, size=size, fields=tuple(registry.needs(cls)))


def new_game(name: str, source: Source) -> Game:
    torch.manual_seed(0)
    return registry.make(name, spaces=source.spaces)


def middle_of_last_stage(game: Game) -> int:
    """The round, of `FAR`."""
    shares = [stage.share for stage in game.stages()]
    return round((1 - shares[-1] / 2 / sum(shares)) * FAR)


def by_engine(game: Game, source: Source) -> Trainer:
    """A trainer in the middle of the last stage."""
    trainer = Trainer(game, source.tables, rounds=FAR)
    trainer.clock.round = middle_of_last_stage(game)
    return trainer


def shuffled(source: Source, batch: int) -> Iterator[Batch]:
    """Batches from memory, epoch by epoch, the tables apart."""
    tables = [table.fetch(torch.arange(len(table))) for table in source.tables]
    lengths = [len(table) for table in source.tables]
    orders, places = [torch.empty(0, dtype=torch.int64)] * len(tables), [0] * len(tables)
    while True:
        fields: dict[str, Tensor] = {}
        for i, table in enumerate(tables):
            if places[i] + batch > len(orders[i]):
                orders[i], places[i] = torch.randperm(lengths[i]), 0
                while len(orders[i]) < batch:  # a table shorter than a batch
                    orders[i] = torch.cat([orders[i], torch.randperm(lengths[i])])
            rows = orders[i][places[i] : places[i] + batch]
            places[i] += batch
            fields |= {name: column[rows] for name, column in table.items()}
        yield Batch(**fields)


def by_hand(game: Game, source: Source) -> Round:
    """A round of the last stage as bare torch plays it."""
    clock, stages = game.clock, game.stages()
    clock.goal_rounds, clock.round = FAR, middle_of_last_stage(game)
    clock.stage, clock.stage_progress = len(stages) - 1, 0.5
    stage, game.chance = stages[-1], OneGenerator()
    for name, player in game.players.items():
        player.name = name
    params = {name: p.parameters_that_learn() for name, p in game.players.items()}
    steps = {name: p.recipe.build(params[name]) for name, p in game.players.items()}
    averages = {name: average_of(p) for name, p in game.players.items() if p.average is not None}
    feed = shuffled(source, stage.batch or game.config.batch)
    game.train()

    def play() -> None:
        for move in stage.play(feed):
            movers = [player.name for player in move.players]
            for name in movers:
                steps[name].zero_grad()
            move.loss.backward(inputs=[p for name in movers for p in params[name]])
            for name in movers:
                steps[name].step()
                if name in averages:
                    slow, fast, weight = averages[name]
                    torch._foreach_lerp_(slow, fast, weight)
        clock.round += 1  # what a game does now and then, it does as often here

    return play


def average_of(player: Player) -> tuple[list[Tensor], list[Tensor], float]:
    """A player's moving average, its weights, and how far the one goes to the other each step."""

    def tensors(net: torch.nn.Module) -> list[Tensor]:
        found = [*net.parameters(), *net.buffers()]
        return [t.detach() for t in found if t.is_floating_point()]

    assert player.average is not None
    assert player.ema is not None
    return tensors(player.average), tensors(player.net), 1 - player.ema


# -- what is measured ----------------------------------------------------------------------------


def measured(name: str, blocks: int, seconds: float) -> dict[str, Any]:
    """The row of a game."""
    source = source_of(name)
    game = new_game(name, source)
    hand = by_hand(copy.deepcopy(game), source)
    trainer = by_engine(game, source)
    trainer.round()
    began, images = time.perf_counter(), trainer.clock.images
    trainer.round()
    took, images = time.perf_counter() - began, trainer.clock.images - images
    rounds = max(1, round(seconds / took))
    times = alternate({"hand": hand, "engine": trainer.round}, blocks, rounds)
    figures = figures_of(times)
    memory = {f"{side}_mb": memory_of(name, side) for side in ("hand", "engine")}
    return {
        "game": name,
        "stage": game.stage.name,
        "parameters": sum(p.numel() for pl in game.players.values() for p in pl.net.parameters()),
        **figures,
        "rounds_per_block": rounds,
        "images_per_round": images,
        "images_per_second": round(images / figures["engine_ms"] * 1000, 1),
        **memory,
    }


def memory_of(name: str, side: str) -> float:
    """The memory of one side, in MB, in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.zoo", name, "--memory", side]
    here = Path(__file__).parent.parent
    said = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, cwd=here)
    return float(said.stdout)


def grown(name: str, side: str) -> float:
    """What a side adds to this process at the most, in MB."""
    source = source_of(name)
    warm_up()
    before = start_of_peak()
    game = new_game(name, source)
    play = by_engine(game, source).round if side == "engine" else by_hand(game, source)
    for _ in range(MEMORY_ROUNDS):
        play()
    return round(peak() - before, 1)


def warm_up() -> None:
    """Trains a small network, so that torch has loaded what it loads at first use."""
    net = torch.nn.Conv2d(2, 2, 3)
    step = torch.optim.Adam(net.parameters(), fused=True)
    x = torch.randn(2, 2, 8, 8, requires_grad=True)
    (slope,) = torch.autograd.grad(net(x).tanh().sum(), x, create_graph=True)
    slope.square().sum().backward()
    step.step()


def start_of_peak() -> float:
    """Forgets the highest memory so far where the system can (Linux); what it counts from, in MB.

    Elsewhere what was needed to load is in the way of what is smaller than that.
    """
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return peak()


def peak() -> float:
    """The most memory that this process has had, in MB."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    except (OSError, IndexError):
        unit = 2**20 if sys.platform == "darwin" else 2**10
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


# -- the words -----------------------------------------------------------------------------------

COLUMNS = {
    "game": "game",
    "parameters": "parameters",
    "engine_ms": "ms/round",
    "hand_ms": "by hand",
    "ratio": "ratio",
    "images_per_second": "images/s",
    "engine_mb": "MB",
    "hand_mb": "by hand",
}


def line(row: Mapping[str, Any] | None = None) -> str:
    """A line of the table; its head without a row."""
    cells = [head if row is None else row[key] for key, head in COLUMNS.items()]
    texts = [f"{cell:,}" if isinstance(cell, int | float) else cell for cell in cells]
    return texts[0].ljust(12) + "".join(text.rjust(12) for text in texts[1:])


def keep(row: dict[str, Any]) -> None:
    """Puts a row in the place of the game's older one."""
    before = json.loads(RESULTS.read_text())["rows"] if RESULTS.exists() else []
    rows = [old for old in before if old["game"] != row["game"]] + [row]
    report = {
        "command": "python -m benchmarks.zoo",
        **machine(),
        "rows": sorted(rows, key=lambda row: row["game"]),
    }
    RESULTS.write_text(json.dumps(report, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("games", nargs="*", help="some games; all if none")
    parser.add_argument("--blocks", type=int, default=20, help="of each side (20)")
    parser.add_argument("--seconds", type=float, default=0.3, help="that a block takes (0.3)")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--dry", action="store_true", help="do not write results/zoo.json")
    parser.add_argument("--memory", choices=["hand", "engine"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := set(options.games) - set(registry.names()):
        parser.error(f"there is no game {', '.join(sorted(unknown))}")
    if options.memory:
        print(grown(options.games[0], options.memory))
        return
    rows = []
    if not options.json:
        print(line())
    for name in options.games or registry.names():
        rows.append(measured(name, options.blocks, options.seconds))
        if not options.json:
            print(line(rows[-1]), flush=True)
        if not options.dry:
            keep(rows[-1])
    if options.json:
        print(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()

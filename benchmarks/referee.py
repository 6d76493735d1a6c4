"""Does the referee name the right trouble, and is it silent where there is none? What does it cost?

    python -m benchmarks.referee                        all runs, seeds 13 and 14
    python -m benchmarks.referee collapse dcgan         some of them
    python -m benchmarks.referee --seeds 0
    python -m benchmarks.referee --table                what was measured, as docs/referee.md has it

Each run is short and on one thread. Rigged runs must be found out: the trouble that was built in is
among those found at the end. Healthy runs must pass in silence: nothing is found at any moment.
The thresholds were set with seeds 0 to 12; the results are of other seeds. Prints a line for each
run and keeps all in results/referee.json. Half an hour.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from ganvas import data
from ganvas.core import Adam, Diverged, Game, Image, Listener, Table, Trainer, registry
from ganvas.core.plan import Plan
from ganvas.core.run import Run
from ganvas.data.source import Rows
from ganvas.watch import Log, Referee

RESULTS = Path(__file__).parent.parent / "results" / "referee.json"
Row = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A run: of which game, for how long, and what was done to it."""

    game: str
    rounds: int
    expected: tuple[str, ...] = ()
    """The trouble that was built in, or what it may be called; none for a healthy run."""
    data: str | None = None
    size: int | None = None
    table: Callable[[Table], Table] = lambda table: table
    rig: Callable[[Game], None] = lambda game: None
    config: dict[str, Any] = field(default_factory=dict)
    counts: bool = True
    """Whether the trouble is there for sure; what only may happen is told and not counted."""


# -- ways to spoil a run -------------------------------------------------------------------------


def black(table: Table) -> Table:
    return changed(table, x=lambda x: torch.full_like(x, -1.0))


def shuffled_labels(table: Table) -> Table:
    order = torch.randperm(len(table), generator=torch.Generator().manual_seed(1))
    return changed(table, label=lambda label: label[order])


def first_20(table: Table) -> Table:
    rows = table.fetch(torch.arange(20))
    return Rows(table.spaces, rows)


def changed(table: Table, **how: Callable[[torch.Tensor], torch.Tensor]) -> Table:
    rows = table.fetch(torch.arange(len(table)))
    return Rows(table.spaces, {k: how[k](v) if k in how else v for k, v in rows.items()})


def rate(player: str, lr: float, beta: float = 0.5) -> Callable[[Game], None]:
    """Another learning rate for one player."""

    def rig(game: Game) -> None:
        game.players[player].recipe = Adam(lr, (beta, 0.999))

    return rig


def nan_in_round(number: int) -> Callable[[Game], None]:
    """A loss that is not a number, once."""

    def rig(game: Game) -> None:
        play = game.play

        def spoiled(feed: Any) -> Iterator[Any]:
            for move in play(feed):
                if game.clock.round == number and game.clock.retries == 0:
                    move.loss = move.loss * float("nan")
                yield move

        game.play = spoiled  # type: ignore[method-assign]

    return rig


def deaf_to_labels(game: Game) -> None:
    """A generator whose path from the label is cut."""
    for net in (game.players["G"].net, game.players["G"].average):
        for weight in net.get_submodule("from_y").parameters():
            weight.requires_grad_(False).zero_()


RIGGED = {
    "collapse": Case(
        "gan",
        1000,
        ("collapse",),
        "ring8",
        config={"lr": 2e-2, "momentum": 0.9, "noise": 16, "ema": None},
    ),
    "collapse, hopping": Case(
        "gan",
        1000,
        ("partial-collapse", "collapse"),
        "ring8",
        config={"lr": 2e-3, "momentum": 0.9, "noise": 16, "ema": None},
    ),
    "frozen generator": Case("dcgan", 240, ("frozen",), rig=rate("G", 0.0, 0.0)),
    "frozen discriminator": Case("gan", 800, ("weak-critic", "frozen"), rig=rate("D", 1e-9)),
    "discriminator at 100x the rate": Case(
        "gan", 1000, ("strong-critic", "exploding"), rig=rate("D", 0.1)
    ),
    "generator at 1/100 of the rate": Case("gan", 1200, ("strong-critic",), rig=rate("G", 1e-5)),
    "exploding rate": Case("dcgan", 240, ("exploding",), config={"lr": "2e-3@0 2e-3@0.4 10@1"}),
    "exploding rate, points": Case(
        "wgan_gp", 350, ("exploding",), config={"lr": "3e-3@0 3e-3@0.4 10@1"}
    ),
    "shuffled labels": Case("cgan", 600, ("random-labels",), table=shuffled_labels),
    "deaf to labels": Case("cgan", 800, ("ignores-label",), rig=deaf_to_labels),
    "20 images": Case("gan", 2000, ("memorised",), table=first_20, config={"noise": 2}),
    "black images": Case("dcgan", 120, ("dead-data",), table=black),
    "NaN": Case("dcgan", 240, ("nan",), rig=nan_in_round(150)),
    "momentum 0.9": Case(
        "gan",
        1000,
        ("oscillation", "collapse", "partial-collapse"),
        "ring8",
        config={"lr": 2e-3, "momentum": 0.9, "noise": 2},
        counts=False,
    ),
    "began, loses classes": Case("began", 600, ("partial-collapse",), counts=False),
}
HEALTHY = {
    "dcgan": Case("dcgan", 500),
    "wgan_gp": Case("wgan_gp", 700),
    "wgan_gp, digits": Case("wgan_gp", 400, data="digits"),
    "vae": Case("vae", 3000),
    "gan": Case("gan", 1500),
    "cgan": Case("cgan", 1200),
    "wgan": Case("wgan", 350),
    "infogan": Case("infogan", 700),
    "seqgan": Case("seqgan", 2000),
    "cyclegan": Case("cyclegan", 250),
    "progan": Case("progan", 1000, size=8, config={"base": 64, "widest": 32}),
}
CASES = {**RIGGED, **HEALTHY}


# -- one run -------------------------------------------------------------------------------------


class Witness(Listener):
    """Remembers every trouble that was found at any moment."""

    def __init__(self, referee: Referee) -> None:
        self.referee, self.ever = referee, dict[str, int]()

    def after_round(self, trainer: Trainer) -> None:
        for found in self.referee.findings:
            self.ever.setdefault(found.trouble, trainer.clock.images)


def played(case: Case, seed: int, folder: Path) -> Row:
    """Plays a run and says what the referee said of it."""
    cls = registry.find(case.game)
    preset = registry.preset_of(cls, "default")
    usual = preset.spaces["x"]
    size = case.size or ((usual.height, usual.width) if isinstance(usual, Image) else None)
    needs = tuple(registry.needs(cls))
    source = data.load(case.data or preset.data, size=size, fields=needs)
    options = registry.config_of(cls).build(**{**preset.config, **case.config})
    plan = Plan.of(
        case.game, options, source.spaces, source.to_json(), seed=seed, rounds=case.rounds
    )
    game = plan.build()
    case.rig(game)
    tables = [case.table(table) for table in source.tables]
    trainer = Trainer(game, tables, seed=seed, rounds=case.rounds)
    Run.create(folder, plan)
    log = Log(folder)
    referee = Referee(folder, log)
    witness = Witness(referee)
    trainer.listeners = [log, referee, witness]
    try:
        trainer.run()
    except Diverged as error:
        print(error)
    found = [(f.trouble, f.sure, f.since) for f in referee.findings]
    names = {trouble for trouble, *_ in found}
    right = not witness.ever and not found if not case.expected else bool(names & {*case.expected})
    return {
        "expected": case.expected,
        "found": [dict(zip(("trouble", "sure", "since"), f, strict=True)) for f in found],
        "ever": witness.ever,
        "right": right,
        "images": trainer.clock.images,
        "seconds": round(trainer.clock.seconds, 1),
        "looks": len(referee._looks),
        "share": round(referee.account.spent / trainer.clock.seconds, 4),
    }


def summary(rows: list[Row]) -> Row:
    rigged = [row for row in rows if row["expected"] and CASES[row["run"]].counts]
    healthy = [row for row in rows if not row["expected"]]
    return {
        "rigged found out": f"{sum(r['right'] for r in rigged)} of {len(rigged)}",
        "healthy in silence": f"{sum(r['right'] for r in healthy)} of {len(healthy)}",
        "healthy in silence at the end": f"{sum(not r['found'] for r in healthy)} of them",
        "largest share of time": max(row["share"] for row in rows),
    }


def table() -> str:
    """The results as a table: a line for each case, all its seeds together."""
    lines = ["| run | named | also named | seconds | share of time |", "|---|---|---|---|---|"]
    kept = json.loads(RESULTS.read_text())["rows"]
    for name in CASES:
        rows = [row for row in kept if row["run"] == name]
        if not rows:
            continue
        found = {f["trouble"] for row in rows for f in row["found"]}
        ever = {trouble for row in rows for trouble in row["ever"]}
        if expected := rows[0]["expected"]:
            told = f"{' or '.join(expected)}: {sum(r['right'] for r in rows)} of {len(rows)}"
            told += "" if CASES[name].counts else " (not counted)"
        else:
            told = f"nothing: {sum(r['right'] for r in rows)} of {len(rows)}"
        also = [*sorted(found - {*expected}), *(f"{t} (for a while)" for t in sorted(ever - found))]
        seconds = sum(row["seconds"] for row in rows) / len(rows)
        share = max(row["share"] for row in rows)
        also = [t for t in also if t.split()[0] not in expected]
        lines.append(f"| {name} | {told} | {', '.join(also)} | {seconds:.0f} | {share:.1%} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", help=f"some of: {', '.join(CASES)}; all if none")
    parser.add_argument("--seeds", nargs="*", type=int, default=[13, 14])
    parser.add_argument("--keep", type=Path, help="a folder to keep the runs in, to look at them")
    parser.add_argument("--dry", action="store_true", help="do not touch results/referee.json")
    parser.add_argument("--table", action="store_true", help="print what was measured, no more")
    options = parser.parse_args()
    if options.table:
        print(table())
        return
    names = options.runs or list(CASES)
    if unknown := set(names) - set(CASES):
        parser.error(f"there is no run {', '.join(sorted(unknown))}")
    torch.set_num_threads(1)
    keep = options.keep or Path(tempfile.mkdtemp())
    for seed in options.seeds:
        for name in names:
            folder = keep / f"{name.replace(' ', '-')}-{seed}"
            row = {"run": name, "seed": seed, **played(CASES[name], seed, folder)}
            print(json.dumps(row), flush=True)
            if not options.dry:
                _add(row)


def _add(row: Row) -> None:
    same = (row["run"], row["seed"])
    before = json.loads(RESULTS.read_text())["rows"] if RESULTS.exists() else []
    rows = [old for old in before if (old["run"], old["seed"]) != same] + [row]
    report = {
        "command": "python -m benchmarks.referee",
        "torch": torch.__version__,
        "python": platform.python_version(),
        "threads": torch.get_num_threads(),
        **summary(rows),
        "rows": rows,
    }
    RESULTS.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()

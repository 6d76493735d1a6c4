"""What does the engine cost? Rounds through the Trainer against a hand-written loop.

    python benchmarks/engine.py            prints a table and writes results/engine.json

Both sides play the same networks on the same rows with the same optimisers, in one process and in
turn, a block of rounds each; the ratio is taken block by block and its median is the figure. The
hand-written loops do what a careful person would write, without checks, figures or averages beyond
the game's own: what remains is what the engine adds (finite checks, figures, noise by place).
"""

from __future__ import annotations

import argparse
import copy
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import softplus

from ganvas import data
from ganvas.core import Game, Trainer, registry
from ganvas.core.schedule import at

RESULTS = Path(__file__).parent.parent / "results" / "engine.json"
Round = Callable[[], None]


def adam(game: Game, name: str) -> torch.optim.Optimizer:
    """The optimiser of a player, written by hand."""
    player = game.players[name]
    recipe = player.recipe
    return torch.optim.Adam(player.net.parameters(), at(recipe.lr, 0), recipe.betas, fused=True)


def batches(x: Tensor, batch: int) -> Callable[[], Tensor]:
    """Shuffled batches, epoch by epoch."""
    order, at = torch.randperm(len(x)), 0

    def following() -> Tensor:
        nonlocal order, at
        if at + batch > len(x):
            order, at = torch.randperm(len(x)), 0
        at += batch
        return x[order[at - batch : at]]

    return following


def dcgan_by_hand(game: Game, x: Tensor) -> Round:
    """A round of DCGAN with R1 and averages of both, as one would write it down."""
    config, G, D = game.config, game.players["G"].net, game.players["D"].net
    slow_g, slow_d = copy.deepcopy(G), copy.deepcopy(D)
    step_g, step_d, following = adam(game, "G"), adam(game, "D"), batches(x, config.batch)

    def play() -> None:
        real = following().requires_grad_(config.r1 > 0)
        with torch.no_grad():
            fake = G(torch.randn(len(real), config.noise))
        real_score = D(real)
        loss = softplus(-real_score).mean() + softplus(D(fake)).mean()
        if config.r1 > 0:
            (slope,) = torch.autograd.grad(real_score.sum(), real, create_graph=True)
            loss = loss + config.r1 / 2 * slope.flatten(1).square().sum(1).mean()
        step_d.zero_grad()
        loss.backward()
        step_d.step()
        D.requires_grad_(False)
        loss = softplus(-D(G(torch.randn(len(real), config.noise)))).mean()
        step_g.zero_grad()
        loss.backward()
        step_g.step()
        D.requires_grad_(True)
        with torch.no_grad():
            torch._foreach_lerp_(list(slow_g.parameters()), list(G.parameters()), 0.005)
            torch._foreach_lerp_(list(slow_d.parameters()), list(D.parameters()), 0.005)

    return play


def wgan_gp_by_hand(game: Game, x: Tensor) -> Round:
    """A round of WGAN-GP: critic steps with the penalty, then one step of G."""
    config, (g, c) = game.config, game.players
    G, C, size = game.players[g].net, game.players[c].net, game.inputs["z"].shape[0]
    step_g, step_c, following = adam(game, g), adam(game, c), batches(x, config.batch)
    average = copy.deepcopy(G) if game.players[g].ema is not None else None

    def play() -> None:
        for _ in range(config.critic_steps):
            real = following()
            with torch.no_grad():
                fake = G(torch.randn(len(real), size))
            between = torch.rand(len(real), *[1] * (real.dim() - 1))
            between = (between * real + (1 - between) * fake).requires_grad_()
            (slope,) = torch.autograd.grad(C(between).sum(), between, create_graph=True)
            penalty = (slope.flatten(1).norm(dim=1) - 1).square().mean()
            loss = C(fake).mean() - C(real).mean() + game.weight * penalty
            step_c.zero_grad()
            loss.backward()
            step_c.step()
        C.requires_grad_(False)
        loss = -C(G(torch.randn(len(real), size))).mean()
        step_g.zero_grad()
        loss.backward()
        step_g.step()
        C.requires_grad_(True)
        if average is not None:
            with torch.no_grad():
                torch._foreach_lerp_(list(average.parameters()), list(G.parameters()), 0.005)

    return play


def pair(
    by_hand: Callable[[Game, Tensor], Round], name: str, words: str, blocks: int, rounds: int
) -> dict[str, Any]:
    """Times the two sides in alternating blocks."""
    source = data.load(words, size=16)
    torch.manual_seed(0)
    game = registry.make(name, spaces=source.spaces)
    x = source.tables[0].fetch(torch.arange(len(source.tables[0])))["x"]
    hand = by_hand(copy.deepcopy(game), x)
    trainer = Trainer(game, source.tables, rounds=10**9)
    sides: dict[str, Round] = {"hand": hand, "engine": trainer.round}
    times = alternate(sides, blocks, rounds)
    return {"game": name, "data": words, **figures_of(times), "rounds_per_block": rounds}


def alternate(sides: dict[str, Round], blocks: int, rounds: int) -> dict[str, list[float]]:
    """Milliseconds per round of each side, block by block; the sides take turns to begin."""
    for play in sides.values():
        for _ in range(rounds):
            play()
    times: dict[str, list[float]] = {side: [] for side in sides}
    for block in range(blocks):
        for side in sides if block % 2 else reversed(sides):
            began = time.perf_counter()
            for _ in range(rounds):
                sides[side]()
            times[side].append((time.perf_counter() - began) / rounds * 1000)
    return times


def figures_of(times: dict[str, list[float]]) -> dict[str, Any]:
    """Medians of both sides, and of their ratio, which is taken block by block."""
    ratios = [a / b for a, b in zip(times["engine"], times["hand"], strict=True)]
    return {
        "hand_ms": round(statistics.median(times["hand"]), 3),
        "engine_ms": round(statistics.median(times["engine"]), 3),
        "ratio": round(statistics.median(ratios), 4),
        "ratio_quartiles": [round(q, 4) for q in statistics.quantiles(ratios, n=4)[::2]],
        "blocks": len(ratios),
    }


def machine() -> dict[str, Any]:
    """What a result depends on beside the code."""
    return {
        "torch": torch.__version__,
        "python": platform.python_version(),
        "threads": torch.get_num_threads(),
        "machine": platform.machine(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--blocks", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--dry", action="store_true", help="do not write results/engine.json")
    options = parser.parse_args()
    rows = [
        pair(dcgan_by_hand, "dcgan", "digits", options.blocks, options.rounds),
        pair(wgan_gp_by_hand, "wgan_gp", "digits", options.blocks, max(1, options.rounds // 3)),
        pair(wgan_gp_by_hand, "wgan_gp", "ring8", options.blocks, options.rounds),
    ]
    for row in rows:
        print(row)
    if not options.dry:
        command = "python benchmarks/engine.py"
        report = {"command": command, **machine(), "rows": rows}
        RESULTS.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()

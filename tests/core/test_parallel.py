"""Real processes, talking through gloo."""

import json
import os
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import torch
from torch import nn

from ganvas.core import parallel

WORKER = """
    import json, os, signal, sys, torch
    from ganvas.core import Points, Settings, Trainer, parallel, registry
    from ganvas.testing import StandIn

    game, rounds, sync, die_at, out = sys.argv[1:]
    torch.manual_seed(0)
    torch.set_num_threads(1)
    cls = registry.find(game)
    spaces = registry.preset_of(cls, "default").spaces
    trainer = Trainer(
        registry.make(cls, batch=16), [StandIn(spaces)], seed=1,
        settings=Settings(device="cpu", sync_batchnorm=sync == "sync"), rounds=int(rounds),
    )
    lines = []
    while not trainer.clock.done:
        if parallel.rank() == 1 and trainer.clock.round == int(die_at):
            os.kill(os.getpid(), signal.SIGKILL)
        trainer.round()
        lines.append(trainer.figures())
    if parallel.rank() == 0:
        json.dump(lines, open(out, "w"))
    parallel.leave()
"""


def start(world: int, *arguments: object) -> list[subprocess.Popen]:
    """Starts `world` workers as torchrun would, without torchrun's own watching over them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {
        **os.environ,
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": port,
        "WORLD_SIZE": str(world),
    }
    shared["OMP_NUM_THREADS"] = "1"
    command = [sys.executable, "-c", textwrap.dedent(WORKER), *map(str, arguments)]
    return [
        subprocess.Popen(
            command, env={**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE, text=True,
        )
        for rank in range(world)
    ]  # fmt: skip


def losses(world: int, game: str, out: Path, *, sync: str = "no", rounds: int = 20) -> list[dict]:
    workers = start(world, game, rounds, sync, -1, out)
    for worker in workers:
        _, errors = worker.communicate(timeout=120)
        assert worker.returncode == 0, errors
    return json.loads(out.read_text())


def gap(one: list[dict], two: list[dict]) -> float:
    keys = [key for key in one[0] if key.startswith("loss/")]
    return max(abs(a[key] - b[key]) for a, b in zip(one, two, strict=True) for key in keys)


def test_two_processes_with_half_the_batch_follow_one(tmp_path: Path):
    one, two = (losses(n, "wgan_gp", tmp_path / f"{n}.json") for n in (1, 2))
    assert len(one) == len(two) == 20
    assert gap(one, two) < 1e-4


def test_shared_batch_norm_makes_two_processes_follow_one(tmp_path: Path):
    one = losses(1, "dcgan", tmp_path / "1.json", rounds=5)
    apart = losses(2, "dcgan", tmp_path / "2.json", rounds=5)
    shared = losses(2, "dcgan", tmp_path / "3.json", rounds=5, sync="sync")
    assert 20 * gap(one, shared) < gap(one, apart)


def test_a_dead_process_ends_the_others_with_an_error(tmp_path: Path):
    began = time.monotonic()
    alive, dead = start(2, "wgan_gp", 10_000, "no", 3, tmp_path / "out.json")
    _, errors = alive.communicate(timeout=100)
    dead.communicate(timeout=10)
    assert alive.returncode not in (0, None)
    assert "lost contact with another process" in errors
    assert time.monotonic() - began < 90


def test_shared_batch_norm_is_batch_norm_in_one_process():
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3))
    shared = nn.Sequential(nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3))
    shared.load_state_dict(plain.state_dict())
    parallel.share_batch_norms(shared)
    assert isinstance(shared[1], parallel.SharedBatchNorm)
    assert shared.state_dict().keys() == plain.state_dict().keys()
    x = torch.randn(6, 2, 4, 4)
    for _ in range(3):
        a, b = plain(x), shared(x)
        assert torch.allclose(a, b, atol=1e-5)
    (ga,) = torch.autograd.grad(a.square().sum() + a[0].sum(), plain[0].weight)
    (gb,) = torch.autograd.grad(b.square().sum() + b[0].sum(), shared[0].weight)
    assert torch.allclose(ga, gb, atol=1e-4)
    assert torch.allclose(plain.eval()(x), shared.eval()(x), atol=1e-5)


@pytest.mark.parametrize("flag", [True, False])
def test_alone_every_agreement_is_ones_own(flag: bool):
    assert parallel.anyone(flag, torch.device("cpu")) is flag
    assert parallel.agreed(1.5, torch.device("cpu")) == 1.5

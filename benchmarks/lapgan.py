"""Is each level of the pyramid sharper than the enlarged level before it?

    python -m benchmarks.lapgan             seeds 0, 1, 2 of the default, which trains on photos
    python -m benchmarks.lapgan --seeds 0
    python -m benchmarks.lapgan --table     what was measured

Of 1,000 pictures of the chain and of the held-out photographs, the power spectra are averaged over
pictures, colours and rings of one frequency, without the mean. The log-spectral distance is

    sqrt(mean over rings of (10 log10(made / real))²),  in dB,

once for l_k, the enlarged level before, and once for I_k, with the band that G_k added. The same
again where l_k is that of the held-out photographs themselves: what G_k alone does.

Prints a line for each run and keeps it in results/lapgan.json.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from benchmarks import kept
from torch import Tensor

import ganvas
from ganvas import data
from ganvas.core.run import Run
from ganvas.nets.pyramid import doubled, halved
from ganvas.watch.pictures import grid
from ganvas.zoo.lapgan import LAPGAN

PART = "levels, dB"
SAMPLES = 1000
SHOWN = 16


def spectrum(x: Tensor) -> Tensor:
    """The mean power on each ring of the frequencies 1, 2 ... half of the shorter side."""
    height, width = x.shape[-2:]
    x = x - x.mean((-2, -1), keepdim=True)
    power = torch.fft.fft2(x, norm="ortho").abs().square().mean((0, 1))
    vertical, horizontal = torch.fft.fftfreq(height) * height, torch.fft.fftfreq(width) * width
    ring = torch.hypot(vertical[:, None], horizontal).round()
    return torch.stack([power[ring == r].mean() for r in range(1, min(height, width) // 2 + 1)])


def distance(made: Tensor, real: Tensor) -> float:
    """The log-spectral distance of two sets of pictures, in dB."""
    ratio = 10 * torch.log10(spectrum(made) / spectrum(real))
    return float(ratio.square().mean().sqrt())


def measure(run: Run, folder: Path) -> dict[str, float]:
    """The distances of each level; a strip of the chain is drawn on the way."""
    game = run.game
    assert isinstance(game, LAPGAN)
    table = data.load("photos", split="test").tables[0]
    chosen = torch.randperm(len(table), generator=torch.Generator().manual_seed(0))[:SAMPLES]
    real = table.fetch(chosen)["x"]
    _, z = run.sample_with_inputs(SAMPLES)
    figures, strip = {}, []
    for k, (low, x) in zip(reversed(range(game.top + 1)), game.climb(z), strict=True):
        here, name = halved(real, k), f"{x.shape[-2]}x{x.shape[-1]}"
        figures[f"{name}, made"] = distance(x, here)
        strip += [enlarged(x, 2**k)] if k == game.top else [enlarged(low, 2**k), enlarged(x, 2**k)]
        if k == game.top:
            continue
        figures[f"{name}, enlarged only"] = distance(low, here)
        low, y = doubled(halved(here)), game.encode(None, here)
        refined = game.draw_picture(k, getattr(game, f"G{k}").best, z[f"z{k}"], low, y)
        figures[f"{name}, enlarged photographs"] = distance(low, here)
        figures[f"{name}, refined photographs"] = distance(refined, here)
    grid(torch.cat([*strip, real[:SHOWN]]), SHOWN).save(folder / "chain.png")
    return figures


def enlarged(x: Tensor, times: int) -> Tensor:
    """The first pictures, each pixel a square."""
    return x[:SHOWN].clamp(-1, 1).repeat_interleave(times, 2).repeat_interleave(times, 3)


def measured(_: str, seed: int, folder: Path) -> kept.Row:
    """One run's distances."""
    run = ganvas.train("lapgan", seed=seed, out=folder, quiet=True)
    with torch.no_grad():
        figures = measure(run, folder)
    figures = {"seconds": run.clock.seconds, **figures}
    return {"seed": seed, **{name: round(value, 3) for name, value in figures.items()}}


def table() -> Iterator[str]:
    """Mean and standard deviation of each distance."""
    for game in kept.those_with(PART, ["lapgan"]):
        for figure in kept.figures(game, PART):
            if figure != "seconds":
                yield f"{figure:<30}{kept.cell(game, PART, figure, '.2f')}"


if __name__ == "__main__":
    what = __doc__.splitlines()[0]
    kept.measure("python -m benchmarks.lapgan", what, PART, ["lapgan"], measured, table)

"""BEGAN: Boundary Equilibrium Generative Adversarial Networks.

The discriminator is an autoencoder: real is what it can copy well. It learns to copy data better
than samples, and a balance k_t, steered like a thermostat, keeps the two errors at a fixed ratio γ,
so neither player wins, and a single number says how far the game has come.

David Berthelot, Thomas Schumm, Luke Metz. 2017. https://arxiv.org/abs/1703.10717

    L(v) = |v - D(v)|, the mean over the pixels                                             (eq. 1)
    L_D = L(x) - k_t L(G(z_D)),   L_G = L(G(z_G))
    k_{t+1} = k_t + λ_k (γ L(x) - L(G(z_G))), kept in [0, 1]                         (section 3.4)
    M = L(x) + |γ L(x) - L(G(z_G))|                                                  (section 3.4.1)

Shapes: z (n, code), uniform in [-1, 1] -> x (n, channels, height, width); D maps x to a picture of
the same shape.

Figures: `M` is the measure of convergence: it falls while the pictures get better. `k` is k_t: 0
means that D learns from data alone, since the samples are copied too well already.

Deviations from the paper: the default is smaller, with a larger learning rate and a larger gain λ_k
for its much shorter run, and G is shown as a moving average. The paper halves its learning rate
when M stalls; ours falls with progress. Digits are ten kinds of picture where the paper's faces are
one, and G tends to settle on the kind that D copies most easily: hence the small code, γ = 1, and a
k_t that answers at once. What remains is soft, and some classes are rare or lost
(`python -m benchmarks.learn began` counts them).

Reproduce: `ganvas train began --data digits --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import elu, interpolate

from ganvas.core import (
    Adam,
    Batch,
    Config,
    Count,
    Game,
    Image,
    Move,
    Noise,
    Paper,
    Player,
    Preset,
    Schedule,
    Share,
    Weight,
    Whole,
)
from ganvas.nets.sizes import halvings

LATE_FALL = Schedule.parse("5e-4@0 5e-4@0.4 0@1")


@dataclass(frozen=True)
class BEGANConfig(Config):
    batch: Count = 16
    """Images per step, over all processes and micro-batches."""
    images: Count = 19_200
    """Length of the run: how many real images it sees (repeats counted)."""
    code: Count = 8
    """Size of z, and of the autoencoder's hidden state h (the paper: 64)."""
    width: Count = 16
    """Feature maps n beside the image; each halving adds as many in the encoder (paper: 128)."""
    smallest: Count = 4
    """Where halving ends: pixels of the shorter side, to below twice as many (the paper: 8)."""
    gamma: Weight = 1.0
    """Diversity ratio γ = L(G(z)) / L(x) to aim at (paper: 0.3 to 0.7): lower is less diverse."""
    lambda_k: Weight = 0.5
    """Gain λ_k by which k_t is steered (the paper: 0.001)."""
    carry_rounds: Whole = 0
    """Rounds over which each pair of equal layers grows from an identity (the paper: 16000)."""
    lr: float | Schedule = LATE_FALL
    """Adam's learning rate, for both players (the paper: 1e-4)."""
    ema: Share | None = 0.995
    """Decay of G's moving average, the one that is shown; None shows G itself."""


class Encoder(nn.Module):
    """x (n, channels, base·2^k) -> h (n, code)."""

    def __init__(self, channels: int, width: int, k: int, base: tuple[int, int], code: int) -> None:
        super().__init__()
        maps = [width * (i + 1) for i in range(k + 1)]
        self.enter = nn.Conv2d(channels, width, 3, 1, 1)
        self.same = nn.ModuleList(nn.Conv2d(m, m, 3, 1, 1) for m in maps[:-1])
        self.down = nn.ModuleList(nn.Conv2d(m, m + width, 3, 2, 1) for m in maps[:-1])
        self.out = nn.Linear(maps[-1] * base[0] * base[1], code)

    def forward(self, x: Tensor, carry: Tensor) -> Tensor:
        v = elu(self.enter(x))
        for same, down in zip(self.same, self.down, strict=True):
            v = elu(down(elu(same(v)).lerp(v, carry)))
        return self.out(v.flatten(1))


class Decoder(nn.Module):
    """h (n, code) -> x (n, channels, base·2^k), not squashed."""

    def __init__(self, channels: int, width: int, k: int, base: tuple[int, int], code: int) -> None:
        super().__init__()
        self.shape = (width, *base)
        self.enter = nn.Linear(code, width * base[0] * base[1])
        self.up = nn.ModuleList(
            nn.Conv2d(2 * width if i else width, width, 3, 1, 1) for i in range(k)
        )
        self.same = nn.ModuleList(nn.Conv2d(width, width, 3, 1, 1) for _ in range(k))
        self.out = nn.Conv2d(width, channels, 3, 1, 1)

    def forward(self, h: Tensor, carry: Tensor) -> Tensor:
        v = skip = self.enter(h).unflatten(1, self.shape)
        for i, (up, same) in enumerate(zip(self.up, self.same, strict=True)):
            v = torch.cat([v, skip], 1) if i else v
            v, skip = interpolate(elu(up(v)), scale_factor=2), interpolate(skip, scale_factor=2)
            v = elu(same(v)).lerp(v, carry)
        return self.out(v)


class Autoencoder(nn.Module):
    """x -> D(x), of the same shape."""

    def __init__(self, channels: int, width: int, k: int, base: tuple[int, int], code: int) -> None:
        super().__init__()
        self.encoder = Encoder(channels, width, k, base, code)
        self.decoder = Decoder(channels, width, k, base, code)

    def forward(self, x: Tensor, carry: Tensor) -> Tensor:
        return self.decoder(self.encoder(x, carry), carry)


class BEGAN(Game):
    paper = Paper(
        "BEGAN: Boundary Equilibrium Generative Adversarial Networks",
        "Berthelot, Schumm, Metz",
        2017,
        "https://arxiv.org/abs/1703.10717",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16)}),
        "paper": Preset(
            {"x": Image(3, 128, 128)},
            {
                "batch": 16,
                "code": 64,
                "width": 128,
                "smallest": 8,
                "gamma": 0.5,
                "lambda_k": 0.001,
                "lr": 1e-4,
                "carry_rounds": 16_000,
                "images": 8_000_000,
                "ema": None,
            },
            data="celeba",
        ),
    }

    k: Tensor
    carry: Tensor

    def __init__(self, config: BEGANConfig, x: Image) -> None:
        super().__init__(config)
        times = halvings("began", x.height, x.width, config.smallest)
        base = (x.height >> times, x.width >> times)
        self.inputs, self.output = {"z": Noise(config.code, "uniform")}, x
        sizes = (x.channels, config.width, times, base, config.code)
        recipe = Adam(config.lr, (0.5, 0.999))
        self.G = Player(Decoder(*sizes), recipe, ema=config.ema)
        self.D = Player(Autoencoder(*sizes), recipe)
        self.register_buffer("k", torch.zeros(()))
        self.register_buffer("carry", torch.zeros(()))

    def error(self, v: Tensor) -> Tensor:
        """L(v) of each sample: (n,)."""
        return (v - self.D(v, self.carry)).abs().flatten(1).mean(1)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        config, x = self.config, next(data).x
        # Replaced, never changed in place: losses of other micro-batches still hold the old ones.
        self.carry = torch.full_like(self.carry, self.carry_now())
        self.k = self.k.clamp(0, 1)
        fake = self.G.still(self.noise(len(x)), self.carry)
        real_error, fake_error = self.error(x).mean(), self.error(fake).mean()
        yield Move(self.D, real_error - self.k * fake_error)

        error = self.error(self.G(self.noise(len(x)), self.carry)).mean()
        balance = (config.gamma * real_error - error).detach()
        yield Move(self.G, error, M=real_error + balance.abs(), k=self.k)
        self.k = self.k + self.share * config.lambda_k * self.everywhere(balance)

    def carry_now(self) -> float:
        """From 1 at the first round to 0 after `carry_rounds`."""
        rounds = self.config.carry_rounds
        return max(0.0, 1 - self.clock.round / rounds) if rounds else 0.0

    def generate(self, z: Tensor) -> Tensor:
        return self.G.best(z, self.carry).clamp(-1, 1)

    def judge(self, x: Tensor) -> Tensor:
        return -self.error(x)
